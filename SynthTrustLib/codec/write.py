"""From values to JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from SynthTrustLib.codec.objects import FORMAT


def encode(value: Any) -> Any:
    """What `json.dump` can write, and `decode` makes an equal value of.

    Paths become absolute, so that whoever reads them may work in another folder; sets are sorted.
    """
    if is_dataclass(value) and not isinstance(value, type):
        written = {FORMAT: value.FORMAT} if hasattr(value, "FORMAT") else {}
        quiet = getattr(value, "QUIET", ())
        written |= {
            one.name: encode(getattr(value, one.name))
            for one in fields(value)
            if one.init and not (one.name in quiet and getattr(value, one.name) == one.default)
        }
        return written | {name: _finite(getattr(value, name)) for name in getattr(value, "DERIVED", ())}
    if isinstance(value, Mapping):
        return {str(key): encode(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [encode(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(encode(one) for one in value)
    if isinstance(value, Path):
        return str(value.absolute())
    return str(value) if isinstance(value, str) else value


def to_text(value: Any, indent: int | None = 2) -> str:
    """A value as a file of JSON. Raises ValueError if it holds a number that is not finite."""
    return json.dumps(encode(value), ensure_ascii=False, allow_nan=False, indent=indent)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
