"""Objects with named fields: frozen dataclasses and TypedDicts.

A field with a default may be missing. A class may have three attributes and a method for its JSON: ``FORMAT``, the
version of its form, which is written and must be read; ``QUIET``, the names of fields that are not written where they
have their default, so that files from before there was the field stay as they are; ``DERIVED``, the names of properties
that are written too, for others to read, and must agree with the rest when they are read (a derived number that is not
finite is null); and ``check_fields()``, which is called on what was read and raises FieldError where fields contradict
each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from SynthTrustLib.codec.errors import FieldError, FormatError
from SynthTrustLib.codec.kinds import Kind, names, read_at, refused

TOLERANCE = 1e-6
"""A derived number may differ from what the others make it by this much."""

FORMAT = "format"


@dataclass(frozen=True)
class Field:
    """One field: its kind, and whether it must be there."""

    kind: Kind
    required: bool


@dataclass(frozen=True)
class Object:
    """An object that a class describes."""

    name: str
    about: str
    fields: Mapping[str, Field]
    make: Callable[..., Any] | None  # makes the value of the fields; None where JSON stays as it is
    derived: Mapping[str, Kind]  # name -> kind of the properties that are written, too
    format: int | None

    words = "an object"

    def read(self, data: Any) -> Any:
        if self.format is not None and FORMAT in names(data):
            found = data[FORMAT]
            if isinstance(found, int) and not isinstance(found, bool) and found != self.format:
                raise FormatError(found, self.format)
        known = self.known
        for name in names(data):
            if name not in known:
                raise FieldError("is not a field that SynthTrust knows", str(name))
        for name, required in known.items():
            if required and name not in data:
                raise FieldError("is missing", name)
        if self.format is not None and (data[FORMAT] != self.format or isinstance(data[FORMAT], bool)):
            raise refused(data[FORMAT], str(self.format)).inside(FORMAT)
        values = {name: read_at(name, field.kind, data[name]) for name, field in self.fields.items() if name in data}
        stated = {name: read_at(name, kind, data[name]) for name, kind in self.derived.items()}
        if self.make is None:
            return data
        try:
            made = self.make(**values)
            for name, value in stated.items():
                _agree(name, value, getattr(made, name))
            if hasattr(made, "check_fields"):
                made.check_fields()
        except FieldError as error:
            error.between_fields = True
            raise
        return made

    @cached_property
    def known(self) -> dict[str, bool]:
        """Name -> whether it must be there."""
        first = {FORMAT: True} if self.format is not None else {}
        own = {name: field.required for name, field in self.fields.items()}
        return first | own | dict.fromkeys(self.derived, True)


def _agree(name: str, stated: float | None, derived: float) -> None:
    if not math.isfinite(derived):
        if stated is not None:
            raise FieldError("must be null, as it cannot be told", name)
    elif stated is None or abs(stated - derived) > TOLERANCE:
        raise FieldError(f"is {stated if stated is None else f'{stated:g}'}, but the rest makes it {derived:g}", name)
