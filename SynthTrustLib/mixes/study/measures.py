"""How well one outline fits one truth: overlap, border, volume, and whether the probabilities mean what they say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.mixes.evaluate import dice

BINS = 10
MARGIN = 3
"""Voxels around prediction and truth within which probabilities are judged."""


def measure_region(
    probability: npt.NDArray[np.float32],
    found: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    spacing: tuple[float, float, float] | None,
) -> dict[str, float | None]:
    """Figures of one region of one case, of which `found` is outlined; arrays (k, j, i), `spacing` in mm or None.

    Returns
    -------
    dict
        ``dice`` 0..1; ``hd95`` in mm, None without a trusted spacing or where one mask is empty; ``volume_error``,
        (found - true) / true, None where there is nothing to find; ``ece`` 0..1, None where neither mask has a voxel;
        ``kilovoxels``, the true size.
    """
    size = int(truth.sum())
    return {
        "dice": dice(found, truth),
        "hd95": hausdorff95(found, truth, spacing) if spacing is not None else None,
        "volume_error": (int(found.sum()) - size) / size if size else None,
        "ece": calibration_error(probability, found, truth),
        "kilovoxels": size / 1000,
    }


def hausdorff95(
    first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_], spacing: tuple[float, float, float]
) -> float | None:
    """The larger 95th percentile of border-to-border distances in mm; 0 if both masks are empty, None if one is."""
    if not first.any() or not second.any():
        return 0.0 if not first.any() and not second.any() else None
    box = ndimage.find_objects((first | second).astype(np.uint8))[0]
    borders = []
    for mask in (first[box], second[box]):
        padded = np.pad(mask, 1)
        borders.append((padded & ~ndimage.binary_erosion(padded))[1:-1, 1:-1, 1:-1])
    distances = [ndimage.distance_transform_edt(~border, sampling=spacing) for border in borders]
    return float(max(np.percentile(distances[1][borders[0]], 95), np.percentile(distances[0][borders[1]], 95)))


def calibration_error(
    probability: npt.NDArray[np.float32], found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]
) -> float | None:
    """Expected calibration error in ten bins, within `MARGIN` voxels (in plane) of prediction and truth."""
    union = found | truth
    if not union.any():
        return None
    near = ndimage.binary_dilation(union, np.ones((1, 3, 3), bool), iterations=MARGIN)
    values, hits = probability[near].astype(np.float64), truth[near]
    index = np.minimum((values * BINS).astype(int), BINS - 1)
    counts = np.bincount(index, minlength=BINS)
    sums = np.bincount(index, values, minlength=BINS)
    true = np.bincount(index, hits, minlength=BINS)
    return float(np.abs(sums - true).sum() / counts.sum())
