"""What one image of a head shows that another one of the same head does not.

An image is predicted from another one, brightness by brightness. Of a copy nothing is left over, whatever was done to
its scale; of T1 and T1c, what took up contrast agent is left over on the bright side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.head.look import HeadLook

LEVELS = 32
"""Steps of brightness, each with as many voxels."""

SIGMA = 0.8
"""Noise is smoothed by a Gaussian of this width (sampled voxels) first."""

MOST_VOXELS = 30_000
"""So many of the common head's voxels are compared, evenly chosen."""

_LEAST_VOXELS = 500
_QUANTILES = (0.1, 0.5, 1, 5, 25, 50, 75, 95, 99, 99.5, 99.9)
_LIMIT = 60.0


@dataclass(frozen=True, eq=False)
class Sampled:
    """An image ready to be compared: `values` and the inner `head`, (k', j', i'), every few voxels of its grid."""

    values: npt.NDArray[np.float32]
    head: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, array: npt.NDArray[np.float32], look: HeadLook) -> Sampled:
        """Of `array` (k, j, i), which `look` looked at."""
        return cls(ndimage.gaussian_filter(look.sampled(array), SIGMA), ndimage.binary_erosion(look.mask))


def pair_features(one: Sampled, other: Sampled) -> npt.NDArray[np.float64] | None:
    """Statistics of what is left over, (feature,) in a fixed order; None where the common head is too small.

    Both are sampled on one grid. `reverse` gives those of the two in reverse order.
    """
    where = np.flatnonzero(one.head & other.head)
    where = where[:: max(1, len(where) // MOST_VOXELS)]
    if len(where) < _LEAST_VOXELS:
        return None
    x, y = one.values.ravel()[where], other.values.ravel()[where]
    if min(x.std(), y.std()) == 0:
        return None
    return np.array([*_left_over(x, y), *_left_over(y, x), float(np.corrcoef(x, y)[0, 1])])


def _left_over(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> list[float]:
    """Of `y` once it is predicted from `x`: the share explained, the skewness and the quantiles of the rest."""
    edges = np.unique(np.quantile(x, np.linspace(0, 1, LEVELS + 1)[1:-1]))
    level = np.searchsorted(edges, x)
    count = np.bincount(level, minlength=len(edges) + 1)
    mean = np.bincount(level, y, minlength=len(edges) + 1) / np.maximum(count, 1)
    rest = y - mean[level]
    spread = float(rest.std()) + 1e-9 * float(y.std())
    quantiles = np.percentile(rest, _QUANTILES)
    middle = quantiles[6] - quantiles[4] + 1e-9 * float(y.std())
    skewness = float(np.clip(np.mean((rest / spread) ** 3), -8, 8))
    return [1 - rest.var() / y.var(), skewness, *np.clip(quantiles / middle, -_LIMIT, _LIMIT).tolist()]
