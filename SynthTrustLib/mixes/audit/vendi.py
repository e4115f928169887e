"""Diversity: how many different cases a set is worth (Friedman and Dieng, The Vendi Score, TMLR 2023)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from SynthTrustLib.calibration.evaluate.intervals import Figure, subsample_two
from SynthTrustLib.mixes.audit.kernel import gaussian, median_distance


def vendi_score(kernel: npt.NDArray[np.float64]) -> float:
    """exp of the entropy of the eigenvalues of K / n: 1 (all the same) to n (all different); K has a diagonal of 1."""
    eigenvalues = np.linalg.eigvalsh(kernel / len(kernel))
    eigenvalues = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-(eigenvalues * np.log(eigenvalues)).sum()))


def vendi_ratio(
    real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> Figure:
    """Vendi score of the synthetic cases over that of as many real ones; both standardized, (case, feature).

    The score grows with the number of cases, so the larger set is cut to the size of the smaller, several times over.
    """
    return subsample_two(
        lambda first, second: diversity_ratio(first, second, random, median_distance(real)),
        real,
        synthetic,
        random,
        max(40, draws // 5),
    )


def diversity_ratio(
    real: npt.NDArray[np.float64],
    synthetic: npt.NDArray[np.float64],
    random: np.random.Generator,
    width: float | None = None,
) -> float:
    """The ratio alone; `width` is the kernel's, by default the median distance of two real cases."""
    width = median_distance(real) if width is None else width
    size = min(len(real), len(synthetic))

    def score(table: npt.NDArray[Any]) -> float:
        cuts = [table[random.permutation(len(table))[:size]] for _ in range(8 if size < len(table) else 1)]
        return float(np.mean([vendi_score(gaussian(cdist(cut, cut), width)) for cut in cuts]))

    return score(synthetic) / score(real)
