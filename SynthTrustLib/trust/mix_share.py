"""How much of the disagreement the training mix explains, and how much is the luck of the training's random seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.maps.mix_fit import FRACTION_DIGITS
from SynthTrustLib.segmenters.card import SegmenterCard

NOT_ENOUGH_SEEDS = (
    "It needs at least two training mixes with several segmenters each that differ only in their random seed."
)


def mixes_with_seeds(segmenters: Sequence[SegmenterCard]) -> list[list[int]]:
    """Indices of the segmenters of each training mix that has several seeds, the same mix meaning the same family,
    synthetic fraction, generator, quality and diversity. Of segmenters with equal seeds only the first counts."""
    seeds: dict[tuple[object, ...], dict[int, int]] = defaultdict(dict)
    for index, card in enumerate(segmenters):
        mix = card.training_mix
        if not mix.known:
            continue
        fraction = round(mix.synthetic_fraction, FRACTION_DIGITS)
        seeds[(card.family, fraction, mix.generator, mix.quality, mix.diversity)].setdefault(mix.seed, index)
    return [list(members.values()) for members in seeds.values() if len(members) > 1]


def explained_share(probabilities: npt.NDArray[np.float32], groups: Sequence[Sequence[int]]) -> float | None:
    """Share of the variance among segmenters that lies between mixes, 0..1; None where there is none to explain.

    One-way random-effects analysis of variance (intraclass correlation ICC(1), unbalanced groups), with the sums of
    squares added up over voxels: the variance between mixes over itself plus the variance between seeds of one mix.
    An estimate below 0, which chance can give, counts as 0.

    Parameters
    ----------
    probabilities : ndarray, shape (segmenter, voxel)
    groups : at least two groups of at least two indices of segmenters
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
