"""What a small JSON file beside the images declares about them: above all, that the patient is synthetic."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.errors import InputError
from SynthTrustLib.regular_file import read_regular_text

DECLARATION_NAMES = (".synthtrust-case.json", "patient.json")
"""Looked for beside the images, in this order. ``patient.json`` is a common name: it counts only with our keys."""

_LARGEST_BYTES = 1 << 16


@dataclass(frozen=True)
class Declaration:
    """What a file declares of the images beside it."""

    synthetic: bool = False
    """The images were made by a computer; no such patient exists."""
    label: str | None = None
    """A title for the pages. Taken only for a synthetic patient: of a real one it could be a name."""
    source: str = ""
    """The file that says so; empty where there was none."""


def read_declaration(folders: Iterable[Path]) -> Declaration:
    """The declaration found in the first of `folders` that has one.

    Raises InputError if ``.synthtrust-case.json`` is there but damaged: a synthetic patient must not pass for a real
    one.
    """
    for folder in folders:
        for name in DECLARATION_NAMES:
            path = folder / name
            if path.is_file() and path.stat().st_size <= _LARGEST_BYTES:
                declared = _parse(path)
                if declared is not None:
                    return declared
    return Declaration()


def _parse(path: Path) -> Declaration | None:
    ours = path.name == DECLARATION_NAMES[0]
    try:
        content = json.loads(read_regular_text(path))
    except (OSError, ValueError):
        content = None
    synthetic = content.get("synthetic") if isinstance(content, dict) else None
    if not isinstance(synthetic, bool):
        if ours:
            raise InputError(
                "the file does not say whether the patient is synthetic",
                source=path.name,
                next_step='Write {"synthetic": true} or {"synthetic": false} into it, or remove it.',
            )
        return None
    label = content.get("label") if synthetic else None
    return Declaration(synthetic, label if isinstance(label, str) and label.strip() else None, path.name)
