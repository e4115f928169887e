"""The maps that a run makes and everything shows. A new one is an entry here, an icon and a test."""

from __future__ import annotations

import numpy as np

from SynthTrustLib import palette
from SynthTrustLib.maps.kind import Caption, MapKind
from SynthTrustLib.maps.mix_fit import PROPORTION, MixFit, why_no_slope
from SynthTrustLib.maps.slab import Array, Slab


def _mix_influence(slab: Slab) -> Array:
    """Least-squares slope of the probability against the synthetic fraction, 0 where chance may have made it."""
    slope = np.zeros_like(slab.pooled)
    if slab.mixes is None:
        return slope
    difference = np.empty_like(slope)
    # The weights sum to 0, so the mean may be taken off, and members that agree then give exactly 0.
    for weight, member in zip(slab.mixes.weights[PROPORTION].astype(np.float32), slab.members, strict=True):
        np.subtract(member, slab.pooled, out=difference)
        difference *= weight
        slope += difference
    _hide_chance(slope, slab.members, slab.mixes)
    return slope


def _hide_chance(slope: Array, members: Array, mixes: MixFit) -> None:
    """Set `slope` (k, j, i) to 0 where seeds of one mix differ so much that it may be chance."""
    variance = mixes.seed_variance(members.reshape(len(members), -1))
    if variance is not None:
        limit = mixes.chance_factor * np.sqrt(variance) * np.linalg.norm(mixes.weights[PROPORTION])
        slope[np.abs(slope) <= limit.reshape(slope.shape)] = 0


MAPS = {
    kind.id: kind
    for kind in (
        MapKind(
            id="disagreement",
            name="disagreement",
            quantity="Disagreement between segmenters",
            scale="disagreement: highest minus lowest probability",
            legend=("0 all say the same",),
            window=(0.0, 1.0),
            stops=palette.MAGMA,
            caption=Caption(
                "Disagreement map",
                "Axial MRI slices for each region with the disagreement map in colour: dark violet is little, pale "
                "yellow is full disagreement.",
                "Highest minus lowest probability among the segmenters, 0 to 1, never rescaled for a patient.",
                "The disagreement map is not among this report's pictures.",
            ),
            compute=lambda slab: slab.high - slab.low,
            alone="Only one segmenter ran, so there is no other to disagree with it.",
        ),
        MapKind(
            id="uncertainty",
            name="uncertainty",
            quantity="Uncertainty: entropy of the mean probability / ln 2",
            scale="uncertainty: entropy of the mean probability (1 = a coin toss)",
            legend=("0 certain",),
            window=(0.0, 1.0),
            stops=palette.VIRIDIS,
            caption=Caption(
                "Uncertainty map",
                "Axial MRI slices for each region with the uncertainty map in colour: dark violet is little, yellow "
                "is most uncertain.",
                "Entropy of the mean probability, 0 to 1: high at blurred borders and where segmenters contradict "
                "each other.",
                "The uncertainty map is not among this report's pictures.",
            ),
            compute=lambda slab: slab.uncertainty,
        ),
        MapKind(
            id="mix_influence",
            name="mix influence",
            quantity="Change of probability per unit of synthetic fraction",
            scale="mix influence: blue = called tumor by real training data, orange = by synthetic",
            legend=("+ synthetic scans say tumor", "- real scans say tumor"),
            window=(-1.0, 1.0),
            stops=palette.REAL_TO_SYNTHETIC,
            caption=Caption(
                "Mix influence map",
                "Axial MRI slices for each region with the mix influence in colour: blue where segmenters call tumor "
                "the more real cases they saw, orange where they call tumor the more synthetic cases they saw.",
                "Change of probability from all-real to all-synthetic training, \u22121 to 1, by least squares.",
                "It needs segmenters of at least three different synthetic fractions.",
            ),
            compute=_mix_influence,
            why_not=why_no_slope,
        ),
    )
}
"""By id, in the order in which they are shown."""
