"""The Fréchet distance between two sets over radiomic features, as PyPI frd-score computes it (Konz et al., Medical
Image Analysis 2026, 103943): z-scores by the first set, then the distance between two normal distributions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def frechet_distance(real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64]) -> float:
    """Squared Fréchet distance of two tables (case, feature); frd-score's FRD is its natural logarithm.

    Features of which the real cases have no spread are left out, as frd-score does. Where it drops a case with a
    missing value, the value becomes the real mean here: no set is so large that it may lose cases. The trace of the
    root of the product of two covariances is the sum of the singular values of the product of the centered tables:
    exact, and quick where there are fewer cases than features.
    """
    mean, deviation = np.nanmean(real, axis=0), np.nanstd(real, axis=0)
    usable = np.isfinite(mean) & (deviation > 0)
    scores = [(table[:, usable] - mean[usable]) / deviation[usable] for table in (real, synthetic)]
    one, other = (np.where(np.isfinite(table), table, 0.0) for table in scores)
    difference = one.mean(axis=0) - other.mean(axis=0)
    first, second = ((table - table.mean(axis=0)) / np.sqrt(len(table) - 1) for table in (one, other))
    root = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    return float(difference @ difference + (first**2).sum() + (second**2).sum() - 2 * root)
