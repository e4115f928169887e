"""What a patient's scans look like, in a few numbers: intensities and edges of each contrast.

Taken from the image as the networks see it (`slices.preprocess.prepare`), so that real and synthetic patients can
be compared, whatever the scanner's units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.task.glioma import GLIOMA

VERSION = 2
"""Raised whenever a feature, or one of the plain facts, is computed in another way."""

INTENSITY_QUANTILES = (0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98)
EDGE_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
SLICES = 24
"""Evenly spaced axial slices that are looked at; neighbouring ones say the same."""

_FLOOR = 1e-3

Views = dict[str, npt.NDArray[np.float64]]
"""``"T1"`` -> features of this contrast."""


def appearance(image: npt.NDArray[np.floating], contrasts: Sequence[str] = GLIOMA.contrast_ids) -> Views:
    """Features of a prepared image, shape (contrast, K, H, W) in the order of `contrasts`, 0 where there is no head.

    Returns per contrast: quantiles of the intensity in the head, and of the logarithm of its steps from pixel to pixel
    and of its roughness (second difference) within slices. A missing contrast, all 0, has none.
    """
    count = image.shape[1]
    chosen = np.unique(np.linspace(0, count - 1, min(SLICES, count)).round().astype(int))
    part = np.asarray(image[:, chosen], np.float32)
    return {contrast: _contrast(part[n]) for n, contrast in enumerate(contrasts) if part[n].any()}


def to_record(views: Views) -> dict[str, list[float]]:
    """The features as JSON can hold them."""
    return {name: [float(f"{value:.6g}") for value in values] for name, values in views.items()}


def from_record(record: Mapping[str, list[float]]) -> Views:
    """The inverse of `to_record`."""
    return {name: np.asarray(values, np.float64) for name, values in record.items()}


def _contrast(volume: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    head = volume > 0
    intensities = np.quantile(volume[head], INTENSITY_QUANTILES)
    steps, roughness = [], []
    for axis in (1, 2):
        step = np.diff(volume, axis=axis)
        inside = _pairs(head, axis)
        steps.append(np.abs(step[inside]))
        second = np.diff(step, axis=axis)
        roughness.append(np.abs(second[_pairs(inside, axis)]))
    edges = [np.quantile(np.log(_FLOOR + np.concatenate(part)), EDGE_QUANTILES) for part in (steps, roughness)]
    return np.concatenate([intensities, *edges]).astype(np.float64)


def _pairs(mask: npt.NDArray[np.bool_], axis: int) -> npt.NDArray[np.bool_]:
    """Where a voxel and its next along `axis` are both in the mask."""
    first = tuple(slice(None, -1) if n == axis else slice(None) for n in range(mask.ndim))
    second = tuple(slice(1, None) if n == axis else slice(None) for n in range(mask.ndim))
    return np.asarray(mask[first] & mask[second])
