"""Columns of a table of paths that speak of a contrast by another name than its own: nobody would read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from SynthTrustLib.case.recognize.read_name import read_name
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Contrast


def refuse_misnamed(columns: Collection[str], used: Iterable[str], source: Path) -> None:
    """Raise InputError for a column such as ``t1ce``, where the contrast it speaks of has no column of its own.

    `columns`: in lower case. `used`: those that are read for another purpose.
    """
    for column in columns:
        if column in used or column in map(str.lower, Contrast):
            continue
        contrast = read_name(column).contrast
        if contrast is not None and contrast.lower() not in columns:
            raise InputError(
                f"nothing reads its column {column!r}, which seems to be of {contrast}",
                source=source.name,
                next_step=f"Call the column {contrast.lower()}, or otherwise if it holds something else.",
            )
