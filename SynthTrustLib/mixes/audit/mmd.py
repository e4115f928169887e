"""Maximum mean discrepancy (Gretton et al., JMLR 2012): one distance between two sets of cases, and its chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from SynthTrustLib.calibration.evaluate.intervals import subsample_two
from SynthTrustLib.mixes.audit.kernel import gaussian, median_distance
from SynthTrustLib.significant import number


def discrepancy(
    real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> dict[str, Any]:
    """Squared MMD, unbiased, Gaussian kernel of the median width; both standardized, (case, feature).

    0 (or slightly less) for equal distributions. ``p``: share of random relabellings of the cases that give as much.
    """
    pooled = np.concatenate([real, synthetic])
    kernel = gaussian(cdist(pooled, pooled), median_distance(pooled))

    def squared(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> float:
        n, m = len(first), len(second)
        inner = (kernel[np.ix_(first, first)].sum() - n) / (n * (n - 1))
        outer = (kernel[np.ix_(second, second)].sum() - m) / (m * (m - 1))
        return float(inner + outer - 2 * kernel[np.ix_(first, second)].mean())

    members = np.arange(len(pooled))
    if min(len(real), len(synthetic)) < 2:
        return {"value": None, "low": None, "high": None, "p": None}
    observed = subsample_two(squared, members[: len(real)], members[len(real) :], random, max(40, draws // 5))
    larger = 0
    for _ in range(draws):
        shuffled = random.permutation(members)
        larger += squared(shuffled[: len(real)], shuffled[len(real) :]) >= (observed["value"] or 0.0)
    return {**observed, "p": number((1 + larger) / (1 + draws))}
