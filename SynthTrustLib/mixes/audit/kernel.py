"""The Gaussian kernel that the set-against-set figures share, with the median distance of real cases as its width."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist


def median_distance(table: npt.NDArray[np.float64]) -> float:
    """Median distance between two cases of a table (case, feature); 1 where there is none."""
    distances = pdist(table)
    median = float(np.median(distances)) if distances.size else 0.0
    return median if median > 0 else 1.0


def gaussian(distances: npt.NDArray[np.float64], width: float) -> npt.NDArray[np.float64]:
    """exp(-d^2 / (2 width^2)), elementwise."""
    return np.asarray(np.exp(-(distances**2) / (2 * width**2)))
