"""From a type hint to the kind of JSON that it stands for."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from SynthTrustLib.codec.constraints import As, Constraint
from SynthTrustLib.codec.kinds import (
    Anything,
    Choice,
    Constrained,
    Either,
    Kind,
    Many,
    Named,
    Number,
    PathText,
    Plain,
    Several,
    Whole,
)
from SynthTrustLib.codec.objects import Field, Object

_NULL = Plain("null", type(None))
_PLAIN: dict[Any, Kind] = {
    Any: Anything(),
    bool: Plain("true or false", bool),
    int: Whole("a whole number", int),
    float: Number(),
    str: Plain("a text", str),
    type(None): _NULL,
    Path: PathText(),
}


@cache
def kind_of(hint: Any) -> Kind:
    """The kind of JSON value that a type hint stands for.

    Raises TypeError if it is none of those that the codec knows.
    """
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        kind = kind_of(next((part.hint for part in parts[1:] if isinstance(part, As)), parts[0]))
        constraints = tuple(part for part in parts[1:] if isinstance(part, Constraint))
        return Constrained(kind, constraints, " ".join(part for part in parts[1:] if isinstance(part, str)))
    if origin is NotRequired:
        return kind_of(parts[0])
    if origin in (Union, types.UnionType):
        return Either(tuple(kind_of(part) for part in parts))
    if origin is Literal:
        return Choice(parts)
    if origin is tuple and parts[-1] is not ...:
        return Several(tuple(kind_of(part) for part in parts))
    if origin in (tuple, Sequence):
        return Many(kind_of(parts[0]), tuple)
    if origin in (list, frozenset):
        return Many(kind_of(parts[0]), origin)
    if origin in (dict, Mapping):
        return Named(kind_of(parts[0]), kind_of(parts[1]))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Choice(tuple(hint), hint)
    if is_typeddict(hint) or is_dataclass(hint):
        return _object(hint)
    raise TypeError(f"no JSON is known for {hint!r}")


def _object(cls: Any) -> Object:
    hints = get_type_hints(cls, include_extras=True)
    about = " ".join((cls.__doc__ or "").partition("\n\n")[0].split())
    if is_typeddict(cls):
        # Not __required_keys__, which overlooks what is written as text, as under `from __future__ import annotations`.
        required = cls.__total__
        known = {
            name: Field(kind_of(hint), required and get_origin(hint) is not NotRequired) for name, hint in hints.items()
        }
        return Object(cls.__name__, about, known, None, {}, None)
    known = {
        one.name: Field(kind_of(hints[one.name]), one.default is MISSING and one.default_factory is MISSING)
        for one in fields(cls)
        if one.init
    }
    derived = {}
    for name in getattr(cls, "DERIVED", ()):
        hint = get_type_hints(getattr(cls, name).fget, include_extras=True)["return"]
        derived[name] = Either((kind_of(hint), _NULL))
    return Object(cls.__name__, about, known, cls, derived, getattr(cls, "FORMAT", None))
