"""The kinds of JSON values: each reads one, and refuses what is not of its kind."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from SynthTrustLib.codec.constraints import Constraint
from SynthTrustLib.codec.errors import FieldError

_SHOWN = 60
"""Characters of a wrong value that a message shows."""


class Kind(Protocol):
    """One kind of JSON value; `words` say what it is."""

    @property
    def words(self) -> str: ...

    def read(self, data: Any) -> Any:
        """The value that parsed JSON stands for. Raises FieldError if it is of another kind."""


def refused(data: Any, words: str) -> FieldError:
    """The error of a value that is not what `words` say it must be."""
    shown = repr(data)
    shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
    return FieldError(f"is {shown}, but must be {words}")


@dataclass(frozen=True)
class Plain:
    """A JSON value that Python has a type for."""

    words: str
    type: type

    def read(self, data: Any) -> Any:
        if not isinstance(data, self.type) or (isinstance(data, bool) and self.type is not bool):
            raise refused(data, self.words)
        return data


class Whole(Plain):
    """A whole number; 2.0 is one, as in JSON Schema."""

    def read(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            return int(data)
        return int(super().read(data))


class Number:
    """A finite number."""

    words = "a number"

    def read(self, data: Any) -> float:
        if isinstance(data, int | float) and not isinstance(data, bool):
            try:
                if math.isfinite(data):
                    return float(data)
            except OverflowError:
                pass
        raise refused(data, self.words)


class Anything:
    """Whatever JSON can hold."""

    words = "anything"

    def read(self, data: Any) -> Any:
        return data


class PathText:
    """A path, as text."""

    words = "a path"

    def read(self, data: Any) -> Path:
        if not isinstance(data, str) or not data:
            raise refused(data, self.words)
        return Path(os.fspath(data))


@dataclass(frozen=True)
class Choice:
    """One of these values: a Literal, or the words of an Enum."""

    values: tuple[Any, ...]
    enum: type[StrEnum] | None = None

    @property
    def words(self) -> str:
        return " or ".join(repr(str(value) if isinstance(value, str) else value) for value in self.values)

    def read(self, data: Any) -> Any:
        if not any(data == value and isinstance(data, bool) == isinstance(value, bool) for value in self.values):
            raise refused(data, self.words)
        return self.enum(data) if self.enum else data


@dataclass(frozen=True)
class Constrained:
    """A kind of which only some values will do."""

    kind: Kind
    constraints: tuple[Constraint, ...]
    description: str

    @property
    def words(self) -> str:
        return self.constraints[0].words if self.constraints else self.kind.words

    def read(self, data: Any) -> Any:
        value = self.kind.read(data)
        for constraint in self.constraints:
            if not constraint.holds(value):
                raise refused(data, constraint.words)
        return value


@dataclass(frozen=True)
class Many:
    """A list whose entries are all of one kind."""

    entry: Kind
    make: Callable[[list[Any]], Any]

    words = "a list"

    def read(self, data: Any) -> Any:
        return self.make([read_at(n, self.entry, one) for n, one in enumerate(entries(data))])


@dataclass(frozen=True)
class Several:
    """A list of so many entries, each of its kind."""

    kinds: tuple[Kind, ...]

    @property
    def words(self) -> str:
        return f"a list of {len(self.kinds)}"

    def read(self, data: Any) -> tuple[Any, ...]:
        if len(entries(data)) != len(self.kinds):
            raise refused(data, self.words)
        return tuple(read_at(n, kind, one) for n, (kind, one) in enumerate(zip(self.kinds, data, strict=True)))


@dataclass(frozen=True)
class Named:
    """An object whose names are of one kind, and so are its values."""

    name: Kind
    value: Kind

    words = "an object"

    def read(self, data: Any) -> dict[Any, Any]:
        found = {}
        for name, value in names(data).items():
            found[read_at(name, self.name, name)] = read_at(name, self.value, value)
        return found


@dataclass(frozen=True)
class Either:
    """One of several kinds, tried in order."""

    kinds: tuple[Kind, ...]

    @property
    def words(self) -> str:
        return " or ".join(kind.words for kind in self.kinds)

    def read(self, data: Any) -> Any:
        deepest: FieldError | None = None
        for kind in self.kinds:
            try:
                return kind.read(data)
            except FieldError as error:
                if deepest is None or len(error.path) > len(deepest.path):
                    deepest = error
        assert deepest is not None
        raise deepest if deepest.path or deepest.between_fields else refused(data, self.words)


def read_at(key: str | int, kind: Kind, data: Any) -> Any:
    """What stands at `key`; an error says so."""
    try:
        return kind.read(data)
    except FieldError as error:
        raise error.inside(key)  # noqa: B904 - it is the same error


def entries(data: Any) -> Sequence[Any]:
    """A list; a text is none."""
    if not isinstance(data, list | tuple):
        raise refused(data, "a list")
    return data


def names(data: Any) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(data, Mapping):
        raise refused(data, "an object")
    return data
