"""How far the true border may lie from the pooled one, and the band of voxels between."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.maps.outlines import bounding_box
from SynthTrustLib.trust.measures.hausdorff import PERCENTILE, Surface
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.vocabulary import Region

Mask = npt.NDArray[np.bool_]


def border_distance(pooled: Mask, truth: Mask, spacing: Sequence[float]) -> float | None:
    """The distance in mm within which 95 % of the true border lies from the pooled border; None if either is empty."""
    drawn, true = Surface(pooled, spacing), Surface(truth, spacing)
    if drawn.empty or true.empty:
        return None
    return float(np.percentile(drawn.distances_from(true), PERCENTILE))


def border_band(pooled: Mask, margin_mm: float, spacing: Sequence[float]) -> Mask:
    """The voxels (k, j, i) whose centre lies within `margin_mm` of the border of the pooled outline, in and out."""
    band = np.zeros(pooled.shape, np.bool_)
    box = bounding_box(pooled, margin=math.ceil(margin_mm / min(spacing)) + 1)
    if box is not None:  # beyond the box there is no band, so the distances need not be known there
        inside = pooled[box]
        border = inside & ~ndimage.binary_erosion(inside)
        band[box] = ndimage.distance_transform_edt(~border, sampling=tuple(spacing)) <= margin_mm
    return band


def stated_margins(scorecard: Scorecard) -> dict[Region, float]:
    """Region -> the margin in mm that a scorecard states; regions where it is unknown or withdrawn are left out."""
    found = {}
    for row in scorecard.rows:
        if row.key.startswith("border_margin.") and isinstance(row.value, float) and row.region and not row.withdrawn:
            found[row.region] = row.value
    return found
