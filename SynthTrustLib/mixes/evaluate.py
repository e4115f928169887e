"""Dice of a segmenter on held-out patients, with bootstrap intervals by patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.mixes.dataset import Sample, slab
from SynthTrustLib.vocabulary import Region

Predict = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Network input (slice, 12, H, W) -> probabilities (slice, 3, H, W)."""


def dice(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    """Overlap of two masks, 0..1; two empty masks agree (1), one empty and one not do not (0)."""
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def evaluate(predict: Predict, sample: Sample, threshold: float = 0.5, batch: int = 8) -> dict[Region, float]:
    """Dice of every region that the sample's label tells."""
    count = sample.label.shape[0]
    found = np.zeros((3, *sample.label.shape), bool)
    for start in range(0, count, batch):
        stop = min(count, start + batch)
        slabs = np.stack([slab(sample.image, k, sample.step) for k in range(start, stop)])
        found[:, start:stop] = predict(slabs).transpose(1, 0, 2, 3) > threshold
    return {
        region: dice(found[bit], (sample.label >> bit & 1).astype(bool))
        for bit, region in enumerate(Region)
        if sample.known[bit]
    }


def bootstrap_interval(values: Sequence[float], seed: int = 0, draws: int = 5000) -> tuple[float, float]:
    """95 % percentile interval of the mean, resampling patients."""
    from scipy.stats import bootstrap

    if len(values) < 2:
        return (float("nan"), float("nan"))
    result = bootstrap(
        (np.asarray(values, float),), np.mean, n_resamples=draws, method="percentile", rng=np.random.default_rng(seed)
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
