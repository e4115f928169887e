"""What a network says of a slice and of its mirror image, as one answer."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from SynthTrustLib.segmenters.engines.engine import Network
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage

SETTING = "mirrored"
"""Its name in a card's ``preprocessing``."""


def shown_once(package: SegmenterPackage) -> SegmenterPackage:
    """The package without mirror images, for who compares what networks have learned."""
    preprocessing = {name: value for name, value in package.card.preprocessing.items() if name != SETTING}
    return replace(package, card=replace(package.card, preprocessing=preprocessing))


def as_card_asks(network: Network, card: SegmenterCard) -> Network:
    """The network, or `MirroredNetwork` of it where the segmenter's card asks for that."""
    return MirroredNetwork(network) if card.preprocessing.get(SETTING, False) else network


class MirroredNetwork:
    """A network that is shown every batch twice, as it is and mirrored left to right.

    A brain is nearly symmetric, so that either answer is as good; their mean is better than both.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def run(self, batches: Iterable[npt.NDArray[np.float32]]) -> Generator[npt.NDArray[np.float32], None, None]:
        """See `Network.run`. The last axis of `batches` (slice, channel, row, column) runs from right to left."""
        with closing(self._network.run(_both(batches))) as answers:
            for answer in answers:
                mean = answer.copy()  # the engine's own memory holds the next answer soon
                mean += next(answers)[..., ::-1]
                mean *= np.float32(0.5)
                yield mean


def _both(batches: Iterable[npt.NDArray[np.float32]]) -> Iterator[npt.NDArray[np.float32]]:
    for batch in batches:
        yield batch
        yield np.ascontiguousarray(batch[..., ::-1])
