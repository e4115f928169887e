"""Coverage: do the synthetic cases spread as widely as the real ones?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.intervals import Figure, resample_two
from SynthTrustLib.mixes.audit.congruence import BINS


def feature_spread(
    real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> dict[str, Figure]:
    """Variance ratio (synthetic / real) and entropy difference (bits, synthetic - real) of one feature (case,)."""
    return {
        "variance_ratio": resample_two(_variance_ratio, real, synthetic, random, draws),
        "entropy_difference": resample_two(_entropy_difference, real, synthetic, random, draws),
    }


def joint_spread(
    real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> dict[str, Figure]:
    """Spread over all features together; both tables standardized, shape (case, feature).

    Returns ``distance_to_centroid_ratio``: mean distance of the synthetic cases to their own centroid over the same of
    the real ones. ``real_in_synthetic_hull`` and ``synthetic_in_real_hull``: share of the cases of one set inside the
    convex hull of the other, on the first two principal components of the real cases.
    """
    center = real.mean(axis=0)
    _, _, axes = np.linalg.svd(real - center, full_matrices=False)
    plane = axes[:2].T
    flat_real, flat_synthetic = (real - center) @ plane, (synthetic - center) @ plane
    return {
        "distance_to_centroid_ratio": resample_two(_distance_ratio, real, synthetic, random, draws),
        "real_in_synthetic_hull": resample_two(lambda r, s: hull_share(s, r), flat_real, flat_synthetic, random, draws),
        "synthetic_in_real_hull": resample_two(hull_share, flat_real, flat_synthetic, random, draws),
    }


def hull_share(hull: npt.NDArray[Any], points: npt.NDArray[Any]) -> float:
    """Share of the points (case, 2) inside the convex hull of others; NaN where those span no area."""
    from scipy.spatial import Delaunay, QhullError

    try:
        return float((Delaunay(hull).find_simplex(points) >= 0).mean())
    except (QhullError, ValueError):
        return float("nan")


def _variance_ratio(real: npt.NDArray[Any], synthetic: npt.NDArray[Any]) -> float:
    variance = float(np.var(real))
    return float(np.var(synthetic)) / variance if variance > 0 else float("nan")


def _entropy_difference(real: npt.NDArray[Any], synthetic: npt.NDArray[Any]) -> float:
    edges = np.linspace(min(real.min(), synthetic.min()), max(real.max(), synthetic.max()) + 1e-9, BINS + 1)
    return _entropy(synthetic, edges) - _entropy(real, edges)


def _entropy(values: npt.NDArray[Any], edges: npt.NDArray[np.float64]) -> float:
    share = np.histogram(values, edges)[0] / len(values)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def _distance_ratio(real: npt.NDArray[Any], synthetic: npt.NDArray[Any]) -> float:
    wide, narrow = (np.linalg.norm(table - table.mean(axis=0), axis=1).mean() for table in (real, synthetic))
    return float(narrow / wide) if wide > 0 else float("nan")
