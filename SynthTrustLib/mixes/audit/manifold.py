"""Density and coverage: do synthetic cases lie where real ones lie, and does every real one have a neighbour?

Naeem et al., Reliable Fidelity and Diversity Metrics for Generative Models, ICML 2020, equations 6 and 7.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.intervals import Figure, resample_mean

NEIGHBOURS = 5


def density_and_coverage(
    real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> dict[str, Figure]:
    """Both standardized, (case, feature). Density is 1 and coverage near 1 for a second sample of the same patients.

    A real case's ball reaches to its k-th nearest real neighbour. Density counts the balls that a synthetic case lies
    in, divided by k; coverage is the share of balls that hold one. The intervals resample cases with the balls fixed.
    """
    if len(real) < 2 or not len(synthetic):
        nothing: Figure = {"value": None, "low": None, "high": None}
        return {"density": nothing, "coverage": nothing}
    return {name: resample_mean(parts, random, draws) for name, parts in _parts(real, synthetic).items()}


def density(real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64]) -> float:
    """The density alone."""
    return float(_parts(real, synthetic)["density"].mean())


def coverage(real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64]) -> float:
    """The coverage alone."""
    return float(_parts(real, synthetic)["coverage"].mean())


def _parts(real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    """What every synthetic case adds to the density, and every real one to the coverage."""
    from scipy.spatial.distance import cdist

    neighbours = min(NEIGHBOURS, len(real) - 1)
    reach = np.partition(cdist(real, real), neighbours, axis=1)[:, neighbours]  # itself is its nearest
    inside = cdist(real, synthetic) < reach[:, None]
    return {"density": inside.sum(axis=0) / neighbours, "coverage": inside.any(axis=1).astype(np.float64)}
