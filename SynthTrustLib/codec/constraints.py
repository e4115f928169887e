"""What a field's type does not say of its values, to be written into an Annotated: ``Annotated[int, Range(0)]``.

A text in an Annotated is the field's description in the schema.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Protocol, runtime_checkable


@runtime_checkable
class Constraint(Protocol):
    """Something that a value of the right type must fulfil."""

    def holds(self, value: Any) -> bool:
        """Whether the value fulfils it."""

    @property
    def words(self) -> str:
        """What the value must be, to be read after "must be"."""


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`, both allowed, above `above` and below `below`."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        return (
            (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    @property
    def words(self) -> str:
        limits = ((self.low, "from"), (self.above, "above"), (self.high, "to"), (self.below, "below"))
        return " ".join(["a number", *(f"{word} {limit:g}" for limit, word in limits if limit is not None)])


@dataclass(frozen=True)
class Pattern:
    """A text that the expression is found in; its ``$`` is the very end."""

    expression: str
    words: str

    def holds(self, value: str) -> bool:
        return self._compiled.search(value) is not None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", self.expression))


@dataclass(frozen=True)
class Size:
    """A list or object with at least `least` entries."""

    least: int

    def holds(self, value: Collection[Any]) -> bool:
        return len(value) >= self.least

    @property
    def words(self) -> str:
        return f"of {self.least} or more entries"


@dataclass(frozen=True)
class Unique:
    """A list whose entries all differ."""

    words = "a list without repetitions"

    def holds(self, value: Collection[Any]) -> bool:
        return len(set(value)) == len(value)


Text = Annotated[str, Pattern(r"\S", "a text that says something")]
Sha256 = Annotated[str, Pattern("^[0-9a-f]{64}$", "a SHA-256 in lower-case hexadecimal")]
Count = Annotated[int, Range(0)]
Fraction = Annotated[float, Range(0, 1)]


@dataclass(frozen=True)
class As:
    """JSON that stays as it is where another type hint is fulfilled, e.g. a TypedDict, or one of several."""

    hint: Any
