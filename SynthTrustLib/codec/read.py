"""From JSON to values."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from SynthTrustLib.codec.errors import FieldError
from SynthTrustLib.codec.types import kind_of

_Value = TypeVar("_Value")


def decode(kind: type[_Value], data: Any) -> _Value:
    """The value of a class (or other type hint) that parsed JSON describes.

    Raises FieldError if a field is missing, unknown, mistyped, out of range or contradicts another; FormatError if the
    whole is of another version.
    """
    hint: Any = kind
    value: _Value = kind_of(hint).read(data)
    return value


def parse(text: str | bytes) -> Any:
    """The JSON in a text. Raises FieldError if it is none. NaN and infinity are not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FieldError("is not readable JSON") from error


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")
