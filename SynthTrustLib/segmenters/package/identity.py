"""Of a segmenter: identifiers that change whenever its weights, or the settings behind its outlines, do."""

from __future__ import annotations

from SynthTrustLib.fingerprint import digest
from SynthTrustLib.segmenters.package.card import MODEL_FILE, SegmenterCard


def weights_of(card: SegmenterCard) -> str:
    """SHA-256 of a segmenter's weights, as its card states and its package checks it."""
    return str(card.hashes[MODEL_FILE])


def segmenter_identity(card: SegmenterCard) -> str:
    """Of a segmenter's outlines: its weights, and what makes outlines of them."""
    return digest([weights_of(card), card.settings_hash])
