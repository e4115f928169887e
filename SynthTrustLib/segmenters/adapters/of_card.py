"""The adapter that a card asks for."""

from __future__ import annotations

from SynthTrustLib.segmenters.adapters.adapter import Adapter
from SynthTrustLib.segmenters.adapters.patches.segmenter import Patches
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing
from SynthTrustLib.segmenters.adapters.slices.segmenter import Slices
from SynthTrustLib.segmenters.package.card import SegmenterCard


def adapter_of(card: SegmenterCard) -> Adapter:
    """What makes probabilities of the network that the card describes."""
    if card.adapter is not None:
        return Patches(card.adapter.image, card.contrasts)
    return Slices(Preprocessing.from_dict(card.preprocessing))
