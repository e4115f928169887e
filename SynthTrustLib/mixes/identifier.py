"""Names that a plan gives to segmenters, presets and sets."""

from __future__ import annotations

from SynthTrustLib.codec import FieldError, decode
from SynthTrustLib.segmenters.package.card import Identifier


def identifier(name: str, value: object) -> str:
    """A name for files, folders and the choice of segmenters, as the card of a segmenter allows it."""
    try:
        return decode(Identifier, value)
    except FieldError as error:
        raise ValueError(f"{name} {error.problem}") from error
