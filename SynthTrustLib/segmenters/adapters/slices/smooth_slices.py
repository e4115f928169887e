"""What a network says of a slice, tempered by what it says of the slices on either side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.segmenters.package.card import SegmenterCard

SETTING = "slice_smoothing"
"""Its name in a card's ``preprocessing``: what each neighbour's part of a slice's probability is. 0 without it."""


def smoothing_of(card: SegmenterCard) -> float:
    """The share that a segmenter's card asks for."""
    return float(card.preprocessing.get(SETTING, 0.0))


def smooth_slices(volume: npt.NDArray[np.float32], share: float) -> None:
    """Replace each slice by (1 - 2 share) of itself and `share` of either neighbour, in place.

    A 2.5D network answers slice by slice, so that a false tumor often begins and ends within one. The first and the
    last slice stand in for the neighbour that they lack.

    `volume`, shape (region, K, rows, columns): probabilities 0..1, one axial slice after the other; may be a view.
    `share`: 0 (nothing is done) to 1/3, at which a slice and its neighbours count the same.
    """
    if share == 0:
        return
    last = volume.shape[1] - 1
    before = volume[:, 0].copy()
    for k in range(last + 1):
        this = volume[:, k].copy()
        after = volume[:, min(k + 1, last)]
        volume[:, k] = np.float32(share) * (before + after) + np.float32(1 - 2 * share) * this
        before = this
