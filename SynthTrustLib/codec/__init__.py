"""JSON and the library's values, by the types of their fields: what does not fit is refused by name.

Frozen dataclasses become values; a TypedDict describes JSON that stays as it is. Nothing is converted that JSON can
tell apart: "3" is no number, and 1 is no truth value. Schemas for others are made of the same types.
"""

from SynthTrustLib.codec.constraints import (
    As,
    Count,
    Fraction,
    Pattern,
    Range,
    Sha256,
    Size,
    Text,
    Unique,
)
from SynthTrustLib.codec.errors import FieldError, FormatError
from SynthTrustLib.codec.read import decode, parse
from SynthTrustLib.codec.write import encode, to_text

__all__ = [
    "As",
    "Count",
    "FieldError",
    "FormatError",
    "Fraction",
    "Pattern",
    "Range",
    "Sha256",
    "Size",
    "Text",
    "Unique",
    "decode",
    "encode",
    "parse",
    "to_text",
]
