"""Text from files and users as it may go anywhere: a scene's XML, DICOM, HTML, JSON, a terminal, a label.

Names of files, headers, cards and comments can hold what no reader sees: control characters that make a scene
unreadable or move a terminal's cursor, line breaks that make one row two, marks that turn the order of what follows,
and halves of characters that no file can be written with. All of it is taken out where text becomes one of our values.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def plain_text(text: str) -> str:
    """`text` in one line of visible characters; itself where it is that already."""
    plain = _NO_CHARACTER.sub("\ufffd", _INVISIBLE.sub("", _BREAKS.sub(" ", text)))
    return text if plain == text else plain.strip()


def plain_values(value: Any) -> Any:
    """`value` with `plain_text` in every text of it, as deep as it goes in sequences and mappings."""
    if isinstance(value, str):
        return value if isinstance(value, Enum) else plain_text(value)
    if isinstance(value, Mapping):
        return {plain_values(key): plain_values(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(plain_values(item) for item in value)
    return value


def make_plain(record: Any, *names: str) -> None:
    """Make the texts of a frozen dataclass plain: of the fields `names`, or of all; for its ``__post_init__``."""
    for name in names or [field.name for field in fields(record)]:
        object.__setattr__(record, name, plain_values(getattr(record, name)))


def page_templates(*folders: Path, **options: Any) -> jinja2.Environment:
    """Where the templates of an HTML page are read: every word of theirs is plain and escaped.

    `options` are more of jinja's own.
    """
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders, encoding="utf-8"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_in_html,
        **options,
    )


def _in_html(value: Any) -> Any:
    """What jinja's ``finalize`` makes of a value before it is escaped: its text plain; markup stays as it is."""
    return plain_text(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def csv_text(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A table as RFC 4180 has it (commas, CRLF) whose cells are plain and no spreadsheet takes for a formula.

    None is an empty cell.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)  # the default dialect is RFC 4180's
    writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in line] for line in lines)
    return buffer.getvalue()


def _cell(cell: object) -> object:
    """Words that a spreadsheet would take for a formula get an apostrophe in front; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    text = plain_text(cell)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
