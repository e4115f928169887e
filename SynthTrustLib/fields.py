"""Fields that a person wrote, as the type that they must have; a ValueError names the one that is wrong."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

_Entry = TypeVar("_Entry")


@contextmanager
def within(where: str) -> Iterator[None]:
    """Say of what is refused inside where it stands."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def section(
    name: str, value: object, known: Collection[str] | None = None, required: Collection[str] = ()
) -> Mapping[str, Any]:
    """Fields by name: none but the `known` (None for any), and all that are `required`."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {value!r}, but must be fields with their values")
    for field in value:
        if known is not None and field not in known:
            raise ValueError(f"{name} has the unknown field {field!r}")
    for field in required:
        if field not in value:
            raise ValueError(f"{name} lacks the field {field!r}")
    return value


def whole(name: str, value: object, least: int = 0) -> int:
    """A whole number from `least` on."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is {value!r}, but must be a whole number from {least} on")
    return value


def wholes(name: str, value: object, least: int = 0) -> tuple[int, ...]:
    """A list of whole numbers from `least` on."""
    return tuple(whole(name, entry, least) for entry in entries(name, value))


def number(name: str, value: object, low: float = 0.0, high: float = math.inf) -> float:
    """A finite number from `low` to `high`."""
    right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not right or not low <= value <= high:  # type: ignore[operator]
        end = "on" if high == math.inf else f"to {high:g}"
        raise ValueError(f"{name} is {value!r}, but must be a number from {low:g} {end}")
    return float(value)  # type: ignore[arg-type]


def text(name: str, value: object) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is {value!r}, but must be a text")
    return value


def texts(name: str, value: object) -> tuple[str, ...]:
    """A list of texts, all different."""
    return different(name, [text(name, entry) for entry in entries(name, value)])


def one_of(name: str, value: object, choices: Collection[str]) -> str:
    """One of these words."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} is {value!r}, but must be one of {', '.join(choices)}")
    return value


def entries(name: str, value: object) -> list[Any]:
    """A list; a text is none."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is {value!r}, but must be a list")
    return list(value)


def different(name: str, values: Sequence[_Entry]) -> tuple[_Entry, ...]:
    """The values, if none is among them twice."""
    for n, value in enumerate(values):
        if value in values[:n]:
            raise ValueError(f"{name} names {value!r} twice")
    return tuple(values)
