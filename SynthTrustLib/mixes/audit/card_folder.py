"""The folder of a card: refused before anything is measured where the card would mix with something else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from SynthTrustLib.errors import OutputError
from SynthTrustLib.runner.files.folder import writing

CARD_FILE, PAGE_FILE, METADATA_FILE = "audit.json", "audit.html", "croissant.json"
MEASURED, TRIED = "measured", "tried"
"""Folders of what is kept for the next time."""

_ENTRIES = {CARD_FILE, PAGE_FILE, METADATA_FILE, MEASURED, TRIED}


def refuse_folder(out: Path, work: Path | None, sets: Iterable[Path], synthetic: str, real: str) -> None:
    """Raise OutputError unless `out` is missing, empty, or holds an earlier card of the same sets and nothing else.

    Nor may it, or `work`, lie in one of the sets: what is written there would be taken for cases.

    `synthetic` and `real`: the names of the two sets that are compared.
    """
    for place in filter(None, (out, work)):
        for source in sets:
            if source.is_dir() and place.resolve().is_relative_to(source.resolve()):
                raise OutputError(
                    f"it lies in {source.name or source}, whose cases are audited",
                    source=str(place),
                    next_step="Name a folder outside of the sets.",
                )
        if place.exists() and not place.is_dir():
            raise OutputError("it is a file, not a folder", source=str(place), next_step="Choose another folder.")
    with writing(out):
        names = {path.name for path in out.iterdir() if not path.name.startswith(".")} if out.exists() else set()
    if foreign := sorted(names - _ENTRIES):
        raise OutputError(
            f"the folder holds files that are no card of a set ({foreign[0]})",
            source=str(out),
            next_step="Choose an empty or new folder; nothing in it was touched.",
        )
    before = _sets_of_card(out / CARD_FILE)
    if before is not None and before != (synthetic, real):
        raise OutputError(
            f"it holds the card of {before[0]} against {before[1]}",
            source=str(out),
            next_step="Choose another folder, or remove that card.",
        )


def require_writable(*folders: Path) -> None:
    """Make the folders, and raise OutputError where nothing can be written into one."""
    for folder in folders:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            trial = folder / ".trial"
            trial.write_bytes(b"")
            trial.unlink()


def _sets_of_card(path: Path) -> tuple[str, str] | None:
    """The names of the sets that a card compares; None where there is none, or it is damaged."""
    try:
        card = json.loads(path.read_text("utf-8"))
        return str(card["synthetic"]["name"]), str(card["real"]["name"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
