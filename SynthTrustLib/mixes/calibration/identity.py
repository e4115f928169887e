"""Names for what is cached: they change whenever the bytes or the settings behind a result do."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.mixes.labelled import LabelledCase
from SynthTrustLib.segmenters.card import MODEL_FILE, SegmenterCard


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, the first 24 hexadecimal digits."""
    return fingerprint(value)[:24]


def case_identity(entry: LabelledCase) -> str:
    """Of a labelled case: its images' and its label's bytes, and what the label's numbers mean."""
    files = {str(contrast): _bytes(path) for contrast, path in entry.contrasts.items()}
    meanings = None if entry.label_values is None else sorted(entry.label_values.items())
    return digest([files, _bytes(entry.label), meanings])


def weights_of(card: SegmenterCard) -> str:
    """SHA-256 of a segmenter's weights, as its card states and its package checks it."""
    return str(card.hashes[MODEL_FILE])


def segmenter_identity(card: SegmenterCard) -> str:
    """Of a segmenter's outlines: its weights, and what makes outlines of them."""
    return digest([weights_of(card), card.settings_hash])


def _bytes(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
