"""The files in and below a folder of somebody's images: no result of ours, and nothing that systems leave there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

LEFT_BY_SYSTEMS = frozenset(
    {
        "__MACOSX", "$RECYCLE.BIN", "RECYCLER", "System Volume Information", "lost+found", "#recycle", "#snapshot",
        "@eaDir", "@tmp", "@Recycle", "@Recently-Snapshot", "~snapshot",
    }
)  # fmt: skip
"""Folders of deleted, earlier and hidden files, as macOS, Windows and network drives keep them beside the others."""

_RESULT = "scorecard.json"
_ALSO_OF_RESULTS = frozenset({"report.html", "segmentations", "maps"})


@dataclass
class FilesBelow:
    """What lies in a folder."""

    files: list[Path] = field(default_factory=list)
    """In order; none that is hidden, as macOS leaves beside others."""
    closed: list[Path] = field(default_factory=list)
    """Folders that cannot be opened."""


def files_below(folder: Path, deepest: int, most: int | None = None) -> FilesBelow:
    """The files at most `deepest` folders down; links to folders are followed, each folder once.

    Stops as soon as there are more than `most` files.
    """
    found = FilesBelow()
    _look(folder, deepest, most, found, seen=set(), is_top=True)
    found.files.sort()
    return found


def is_result(folder: Path) -> bool:
    """Whether a run of ours has written the folder; False where that cannot be told."""
    try:
        return _is_result(path.name for path in folder.iterdir())
    except OSError:
        return False


def _is_result(names: Iterable[str]) -> bool:
    there = set(names)
    return _RESULT in there and bool(there & _ALSO_OF_RESULTS)


def _look(folder: Path, deepest: int, most: int | None, found: FilesBelow, *, seen: set[str], is_top: bool) -> None:
    where = os.path.realpath(folder)
    if where in seen:
        return
    seen.add(where)
    try:
        with os.scandir(folder) as entries:
            inside = {entry.name: _is_folder(entry) for entry in entries}
    except OSError:
        found.closed.append(folder)
        return
    if not is_top and _is_result(inside):
        return
    for name in sorted(inside):
        if not name.startswith(".") and not inside[name]:
            found.files.append(folder / name)
    for name in sorted(inside) if deepest else ():
        if most is not None and len(found.files) > most:
            return
        if inside[name] and not name.startswith(".") and name not in LEFT_BY_SYSTEMS:
            _look(folder / name, deepest - 1, most, found, seen=seen, is_top=False)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()  # of most file systems this asks for nothing but the listing
    except OSError:  # of a circle of links
        return False
