"""Tables as people and programs save them: any usual delimiter and encoding, JSON, empty rows, paths of Windows."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.regular_file import read_regular

_DELIMITERS = ",;\t"

_DELIMITER_LINE = "sep="
"""Begins a first line that tells spreadsheets the delimiter, and holds no columns."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AGAIN = "Save it as CSV in UTF-8; the manual shows an example."
_JSON = ".json"


@dataclass(frozen=True)
class TableFile:
    """What stands in a table; all of it without spaces around."""

    columns: tuple[str, ...]
    """In lower case; empty for a column without a name."""
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    """The place of each row that is not empty, counted from 1, and its cells that are not empty, by column."""
    place: str = "line"
    """What is counted: lines of a text, objects of JSON."""


def read_table_file(path: Path) -> TableFile:
    """Read a table whose cells are parted by commas, semicolons or tabs, as in its first line.

    A file that ends in ``.json`` is a list of objects instead, one a row. Raises InputError if it cannot be read as
    such, two columns have one name, or a row has a cell beyond the columns.
    """
    if path.suffix.lower() == _JSON:
        return _of_objects(path)
    lines = list(_lines(path))
    if not lines:
        return TableFile((), ())
    columns = _columns(lines[0][1], path)
    rows = []
    for number, cells in lines[1:]:
        if any(cells[len(columns) :]):
            what = f"line {number} has more cells than there are columns"
            raise _wrong(what, path, "Put paths with a comma in quotes, and correct the line.")
        rows.append((number, {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}))
    return TableFile(columns, tuple(rows))


def _of_objects(path: Path) -> TableFile:
    try:
        found = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise _wrong(f"the table cannot be read as JSON ({error})", path) from None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise _wrong("it is no list of objects, one a case", path, "Write each case as an object in a list.")
    tables = [dict(zip(_columns(row, path), map(_as_text, row.values()), strict=True)) for row in found]
    columns = tuple(dict.fromkeys(column for table in tables for column in table))
    filled = [{column: cell for column, cell in table.items() if column and cell} for table in tables]
    return TableFile(columns, tuple((n, cells) for n, cells in enumerate(filled, 1) if cells), "object")


def _columns(names: Iterable[str], path: Path) -> tuple[str, ...]:
    columns = tuple(name.strip().lower() for name in names)
    twice = [column for n, column in enumerate(columns) if column and column in columns[:n]]
    if twice:
        raise _wrong(f"two of its columns are called {twice[0]!r}", path, "Leave one of them out.")
    return columns


def _as_text(value: Any) -> str:
    return "" if value is None or value is False else str(value).strip()


def path_in_table(table: Path, cell: str) -> Path:
    """The file that a cell names, relative to the table; written with backslashes where nothing else is there."""
    path = table.parent / cell
    if "\\" in cell and not os.path.exists(path):  # noqa: PTH110 - unlike Path.exists, it never raises
        return table.parent / cell.replace("\\", "/")
    return path


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """The number of each line that is not empty, and its cells."""
    text = _text(path)
    first, _, rest = text.partition("\n")
    before = 0
    delimiter = max(_DELIMITERS, key=first.count)
    if first.lower().startswith(_DELIMITER_LINE):
        delimiter, text, before = first[len(_DELIMITER_LINE) :].strip(" \r\"'") or "\t", rest, 1
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        every = [(before + reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except (csv.Error, TypeError) as error:
        raise _wrong(f"the table cannot be read ({error})", path) from None
    return [(number, cells) for number, cells in every if any(cells)]


def _text(path: Path) -> str:
    try:
        raw = read_regular(path)
    except OSError as error:
        what = f"the table cannot be opened ({error.strerror or type(error).__name__})"
        raise _wrong(what, path, "Check that it is there and that you may read it.") from None
    if raw.startswith(_WORKBOOKS):
        raise _wrong("it is a workbook of a spreadsheet program, not a table in CSV", path)
    try:
        return raw.decode("utf-16" if raw.startswith(_UTF_16) else "utf-8").lstrip("\ufeff")
    except UnicodeDecodeError:
        raise _wrong("the table holds letters that are not in UTF-8", path) from None


def _wrong(what: str, path: Path, next_step: str = _SAVE_AGAIN) -> InputError:
    return InputError(what, source=path.name, next_step=next_step)
