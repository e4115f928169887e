"""How much of the disagreement the training mix explains, and how much is the luck of the training's random seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

NOT_ENOUGH_SEEDS = (
    "It needs at least two training mixes with several segmenters each that differ only in their random seed."
)


def explained_share(probabilities: npt.NDArray[np.float32], groups: Sequence[Sequence[int]]) -> float | None:
    """Share of the variance among segmenters that lies between mixes, 0..1; None where there is none to explain.

    One-way random-effects analysis of variance (intraclass correlation ICC(1), unbalanced groups), with the sums of
    squares added up over voxels: the variance between mixes over itself plus the variance between seeds of one mix.
    An estimate below 0, which chance can give, counts as 0.

    `probabilities`: shape (segmenter, voxel).
    """
    counts = np.array([len(group) for group in groups], np.float64)
    total = counts.sum()
    everyone = np.concatenate([np.asarray(group) for group in groups])
    grand = probabilities[everyone].mean(axis=0, dtype=np.float64)
    between = within = 0.0
    for group in groups:
        members = probabilities[list(group)].astype(np.float64)
        mean = members.mean(axis=0)
        between += len(group) * float(np.sum((mean - grand) ** 2))
        within += float(np.sum((members - mean) ** 2))
    between /= len(groups) - 1
    within /= total - len(groups)
    size = (total - np.sum(counts**2) / total) / (len(groups) - 1)
    variance_of_mixes = max(0.0, (between - within) / size)
    if variance_of_mixes + within <= 0:
        return None
    return float(variance_of_mixes / (variance_of_mixes + within))
