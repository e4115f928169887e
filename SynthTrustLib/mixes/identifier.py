"""Names that a plan gives to segmenters, presets and sets."""

from __future__ import annotations

from SynthTrustLib.segmenters.package.card_json import ID_PATTERN, RESERVED_IDS


def identifier(name: str, value: object) -> str:
    """A name for files, folders and the choice of segmenters, as the card of a segmenter allows it."""
    if not isinstance(value, str) or not ID_PATTERN.fullmatch(value) or value in RESERVED_IDS:
        kept = ", ".join(sorted(RESERVED_IDS))
        raise ValueError(f"{name} is {value!r}, but must be lower case letters, digits and hyphens, and none of {kept}")
    return value
