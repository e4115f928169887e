"""The two largest perpendicular diameters of a lesion, as RANO measures them.

RANO (Wen 2010; RANO 2.0, Wen 2023) measures in one axial slice the longest diameter and the longest diameter
perpendicular to it. Here the slice is the one where their product is largest, and a diameter is a chord of the convex
hull of the lesion's border, so that a notch in the outline does not shorten it. The border runs halfway between the
centres of the voxels inside and outside, as marching squares draws it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import bounding_box

MEASURABLE_MM = 10.0
"""A lesion is measurable if both diameters reach this length."""

_PLANE_NEIGHBOURS = np.ones((3, 3), np.bool_)
_EQUAL = 1e-9  # relative; chords this close are equally long

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Diameters:
    """Both diameters in mm, and the slice (index along the grid's axial axis) that they were measured in."""

    longest: float
    perpendicular: float
    slice_index: int

    @property
    def product(self) -> float:
        """In mm²."""
        return self.longest * self.perpendicular

    @property
    def measurable(self) -> bool:
        return min(self.longest, self.perpendicular) >= MEASURABLE_MM


def measure_diameters(
    lesion: npt.NDArray[np.bool_], geometry: Geometry, offset: tuple[int, int, int] = (0, 0, 0)
) -> Diameters | None:
    """Diameters of `lesion` (k, j, i), which starts at voxel `offset` of the grid; None if it is empty.

    Pieces that are apart within a slice are measured one by one, even if they join in another slice.
    """
    box = bounding_box(lesion)
    if box is None:
        return None
    axial = geometry.axial_axis
    to_mm = _plane_to_mm(geometry, [axis for axis in range(3) if axis != axial])
    slices = np.moveaxis(lesion[box], axial, 0)
    best: Diameters | None = None
    for limit, index, area in sorted(_pieces(slices, to_mm), key=lambda piece: (-piece[0], piece[1])):
        if best is not None and limit < best.product * (1 - _EQUAL):
            break
        longest, perpendicular = diameters_of_hull(border_points(area) @ to_mm.T)
        found = Diameters(longest, perpendicular, offset[axial] + box[axial].start + index)
        if best is None or _is_before(found, best):
            best = found
    return best


def _pieces(slices: npt.NDArray[np.bool_], to_mm: Points) -> Iterator[tuple[float, int, npt.NDArray[np.bool_]]]:
    """Every piece of every slice: what its product cannot exceed, its slice, and the piece alone.

    Two perpendicular chords span at least half their product, and no more than the rectangle around the piece holds.
    """
    pixel = abs(float(np.linalg.det(to_mm)))
    for index, area in enumerate(slices):
        pieces = np.asarray(ndimage.label(area, _PLANE_NEIGHBOURS)[0])
        for label, where in enumerate(ndimage.find_objects(pieces), start=1):
            alone = pieces[where] == label
            yield 2 * alone.size * pixel, index, alone


def _is_before(one: Diameters, other: Diameters) -> bool:
    """Whether `one` counts: it is larger, or as large in an earlier slice."""
    larger = one.product - other.product
    equal = abs(larger) <= _EQUAL * max(one.product, other.product)
    return one.slice_index < other.slice_index if equal else larger > 0


def border_points(area: npt.NDArray[np.bool_]) -> Points:
    """Points whose convex hull is that of the border of `area` (rows, columns), in voxels, shape (n, 2).

    Each voxel gives the four points half a voxel from its centre; only the ends of each row and column matter.
    """
    points = []
    for axis in (0, 1):
        lines = area if axis == 0 else area.T
        filled = np.flatnonzero(lines.any(axis=1))
        first = lines.argmax(axis=1)[filled] - 0.5
        last = lines.shape[1] - 1 - lines[:, ::-1].argmax(axis=1)[filled] + 0.5
        along = np.concatenate([filled, filled]).astype(np.float64)
        across = np.concatenate([first, last])
        points.append(np.column_stack([along, across] if axis == 0 else [across, along]))
    return np.concatenate(points)


def diameters_of_hull(points: Points) -> tuple[float, float]:
    """Longest chord of the convex hull of `points` (n, 2), and the longest chord perpendicular to it.

    Exact: the longest chord joins two corners; the length of a chord of fixed direction is concave and linear between
    the corners, so the longest perpendicular one starts at a corner. Of several longest chords, the one with the
    longest perpendicular counts.
    """
    from scipy.spatial import ConvexHull, QhullError  # here, as it would take a third of a second when a panel opens

    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError:  # all on one line
        spread = np.linalg.norm(points[:, None] - points[None], axis=2)
        return float(spread.max()), 0.0
    apart = corners[:, None] - corners[None]
    lengths = np.linalg.norm(apart, axis=2)
    longest = float(lengths.max())
    pairs = np.argwhere(np.triu(lengths, 1) >= longest * (1 - _EQUAL))
    return longest, max(_widest_chord(corners, apart[a, b] / lengths[a, b]) for a, b in pairs)


def _widest_chord(corners: Points, direction: Points) -> float:
    """Longest chord perpendicular to the unit vector `direction` of the convex polygon `corners`, in order."""
    along = corners @ direction
    across = corners @ np.array([-direction[1], direction[0]])
    next_along, next_across = np.roll(along, -1), np.roll(across, -1)
    position = along[:, None]  # of the chord, against every edge at once
    crossed = (np.minimum(along, next_along) <= position) & (position <= np.maximum(along, next_along))
    step = next_along - along
    flat = np.abs(step) <= 1e-12
    part = np.where(flat, 0.0, (position - along) / np.where(flat, 1.0, step))
    cuts = across + np.clip(part, 0, 1) * (next_across - across)
    others = np.where(flat, next_across, cuts)  # the far end of an edge that is crossed as a whole
    highest = np.where(crossed, np.maximum(cuts, others), -np.inf).max(axis=1)
    lowest = np.where(crossed, np.minimum(cuts, others), np.inf).min(axis=1)
    return float((highest - lowest).max())


def _plane_to_mm(geometry: Geometry, plane: list[int]) -> Points:
    """Maps voxel steps along the two array axes of the plane to mm in an orthonormal frame of it, shape (2, 2)."""
    steps = geometry.ijk_to_ras[:3, :3][:, [2 - axis for axis in plane]]
    return np.asarray(np.linalg.qr(steps)[1])
