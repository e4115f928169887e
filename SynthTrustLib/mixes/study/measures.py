"""How well one outline fits one truth: overlap, border, volume, and whether the probabilities mean what they say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.part import bounding_box
from SynthTrustLib.trust.measures.hausdorff import Surface, hausdorff95
from SynthTrustLib.trust.measures.overlap import mask_dice
from SynthTrustLib.trust.measures.reliability import expected_error, in_bins

MARGIN = 3
"""Voxels around prediction and truth within which probabilities are judged."""


def measure_region(
    probability: npt.NDArray[np.float32],
    found: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    spacing: tuple[float, float, float] | None,
) -> dict[str, float | None]:
    """Figures of one region of one case, of which `found` is outlined; arrays (k, j, i), `spacing` in mm or None.

    Returns ``dice`` 0..1; ``hd95`` in mm, None without a trusted spacing or where one mask is empty; ``volume_error``,
    (found - true) / true, None where there is nothing to find; ``ece`` 0..1, None where neither mask has a voxel;
    ``kilovoxels``, the true size.
    """
    size = int(truth.sum())
    return {
        "dice": mask_dice(found, truth),
        "hd95": _apart(found, truth, spacing) if spacing is not None else None,
        "volume_error": (int(found.sum()) - size) / size if size else None,
        "ece": calibration_error(probability, found, truth),
        "kilovoxels": size / 1000,
    }


def _apart(
    found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_], spacing: tuple[float, float, float]
) -> float | None:
    """95 % Hausdorff distance in mm; 0 if both masks are empty, None if one is."""
    box = bounding_box(found | truth)
    if box is None:
        return 0.0
    return hausdorff95(Surface(found[box], spacing), Surface(truth[box], spacing))


def calibration_error(
    probability: npt.NDArray[np.float32], found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]
) -> float | None:
    """Expected calibration error within `MARGIN` voxels (in plane) of prediction and truth."""
    union = found | truth
    if not union.any():
        return None
    near = ndimage.binary_dilation(union, np.ones((1, 3, 3), bool), iterations=MARGIN)
    values = probability[near].astype(np.float64)
    return expected_error(in_bins(values, np.ones_like(values), truth[near].astype(np.float64)))
