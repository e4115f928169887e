"""Names for what is cached: they change whenever the bytes or the settings behind a result do."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.mixes.labelled import LabelledCase
from SynthTrustLib.segmenters.card import MODEL_FILE, SegmenterCard


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, the first 24 hexadecimal digits."""
    return fingerprint(value)[:24]


def case_identity(entry: LabelledCase) -> str:
    """Of a labelled case: its name, what its images and its label hold, and what the label's numbers mean."""
    images = {str(contrast): _content(path) for contrast, path in entry.contrasts.items()}
    meanings = None if entry.label_values is None else sorted(entry.label_values.items())
    return digest([entry.cohort, entry.id, images, _bytes(entry.label), entry.regions, meanings])


def weights_of(card: SegmenterCard) -> str:
    """SHA-256 of a segmenter's weights, as its card states and its package checks it."""
    return str(card.hashes[MODEL_FILE])


def segmenter_identity(card: SegmenterCard) -> str:
    """Of a segmenter's outlines: its weights, and what makes outlines of them."""
    return digest([weights_of(card), card.settings_hash])


def _content(path: Path) -> str:
    """Of an image: the size of a gzip file and its own checksum, the last 8 bytes (RFC 1952); all bytes of another.

    Images are many and large, and are asked for at each start; the checksum tells a change at once.
    """
    if path.suffix != ".gz":
        return _bytes(path)
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 8))
        return f"{size} {stream.read().hex()}"


def _bytes(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
