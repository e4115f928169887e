"""How far the true border may lie from the pooled one, and the band of voxels between."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Part, grown
from SynthTrustLib.trust.measures.hausdorff import PERCENTILE, Surface
from SynthTrustLib.trust.scorecard import Scorecard

Mask = npt.NDArray[np.bool_]


def border_distance(pooled: Mask, truth: Mask, spacing: Sequence[float]) -> float | None:
    """The distance in mm within which 95 % of the true border lies from the pooled border; None if either is empty."""
    drawn, true = Surface(pooled, spacing), Surface(truth, spacing)
    if drawn.empty or true.empty:
        return None
    return float(np.percentile(drawn.distances_from(true), PERCENTILE))


def border_band(pooled: Part[np.bool_], margin_mm: float, geometry: Geometry) -> Part[np.bool_]:
    """The voxels whose centre lies within `margin_mm` of the border of the pooled outline, in and out."""
    # Beyond the box there is no band, so the distances need not be known there.
    box = grown(pooled.box, math.ceil(margin_mm / min(geometry.spacing)) + 1, geometry.shape)
    inside = pooled.within(box)
    if not inside.any():
        return pooled
    border = inside & ~ndimage.binary_erosion(inside)
    return Part(box, ndimage.distance_transform_edt(~border, sampling=geometry.spacing) <= margin_mm)


def stated_margins(scorecard: Scorecard) -> dict[str, float]:
    """Region -> the margin in mm that a scorecard states; regions where it is unknown or withdrawn are left out."""
    found = {}
    for row in scorecard.rows:
        if row.key.startswith("border_margin.") and isinstance(row.value, float) and row.region and not row.withdrawn:
            found[row.region] = row.value
    return found
