"""Review spots: the places where the segmenters contradict each other, most worth a look first.

An area in doubt is a connected set of voxels (faces, edges and corners connect) whose disagreement is at least `DOUBT`.
Borders are drawn a little differently by everyone, so every tumor wears a thin rim of doubt. To tell places from rims:

- An area is cut at its thin parts: what remains of it is the part that is more than two voxels thick (a morphological
  opening; across thick slices one voxel is enough). Each connected piece of that is a spot.
- An area that is thin everywhere is a rim if it touches tumor that all segmenters see, and is left out: rims are what
  the interval of the volume tells. One that touches no such tumor (a small lesion that only some see) is a spot.

Spots are ranked by the integral of disagreement times depth over the spot, where depth is the distance to the nearest
voxel outside the spot, less the voxel size, so that a rim has none. Thin spots come last, by the integral of
disagreement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, bounding_box, grown, shifted
from SynthTrustLib.maps.spot_reason import spot_reason
from SynthTrustLib.maps.trust_maps import ReviewSpot, TrustMaps
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.significant import significant

DOUBT = 0.5
"""A voxel with at least this disagreement is in doubt: the lowest and the highest probability lie on both sides of
0.5, so that some segmenters outline it and some do not."""

FEWEST_VOXELS = 8
"""Smaller spots (a cube of 2x2x2 voxels) are left out."""

THICK = 1.6
"""Slices this many times thicker than the smallest voxel size are thick."""

SAME_PLACE = 0.5
"""Spots of two regions are one place if they share at least this part of the smaller one."""

AROUND = 3
"""The reason of a spot is that of the voxels this close to its peak, along every axis."""

_FACES = ndimage.generate_binary_structure(3, 1)
_ALL_NEIGHBOURS = ndimage.generate_binary_structure(3, 3)
_SLICE_APART = 1e3  # voxels; larger than any distance within a slice
_DIGITS = 9  # sums in another order differ by rounding only; that must not change the ranks


@dataclass(frozen=True, eq=False)
class _Place:
    """A candidate: `mask` (k, j, i) inside `box` of the case's grid."""

    region_index: int
    box: Box
    mask: npt.NDArray[np.bool_]
    score: float
    total: float
    peak_kji: tuple[int, int, int]
    ras: tuple[float, float, float]
    peak: float
    also: list[str] = field(default_factory=list)

    @property
    def order(self) -> tuple[float, ...]:
        return (-self.score, -self.total, self.region_index, *self.ras)


def find_review_spots(
    stack: ProbabilityStack,
    maps: TrustMaps,
    *,
    spacing_trusted: bool,
    visible: Collection[str] | None = None,
    limit: int = 12,
) -> tuple[ReviewSpot, ...]:
    """The `limit` places most worth a look, ranked from 1.

    The same patient gives the same spots in the same order, however the voxel grid is flipped and whatever the order
    of the segmenters. Spots that lie in the same place for several regions are one; it carries the region with the
    highest score and names the others in its reason. Without disagreement there are none.

    Parameters
    ----------
    spacing_trusted : bool
        Where False, axial slices are taken as thick, depth is counted in voxels, and `volume_ml` is None.
    visible : collection of str, optional
        The regions that the patient's contrasts can show (`Task.visible`); by default all. Doubt about another one is
        no place to look, as a reader cannot see it either.
    """
    found: list[_Place] = []
    for region_index, region in enumerate(maps.regions):
        if visible is not None and region not in visible:
            continue
        found += _places(stack, maps, region_index, spacing_trusted)
    chosen: list[_Place] = []
    for place in sorted(found, key=lambda place: place.order):
        same = next((other for other in chosen if _same_place(place, other)), None)
        if same is None:
            chosen.append(place)
        elif (region := maps.regions[place.region_index]) not in same.also:
            same.also.append(region)
    return tuple(_spot(rank, place, stack, maps, spacing_trusted) for rank, place in enumerate(chosen[:limit], start=1))


def _places(stack: ProbabilityStack, maps: TrustMaps, region_index: int, spacing_trusted: bool) -> Iterator[_Place]:
    box = bounding_box(maps["disagreement"][(region_index, *stack.support)] >= DOUBT)
    if box is None:
        return
    box = shifted(box, stack.support)
    box = grown(box, 1, stack.geometry.shape)
    disagreement = maps["disagreement"][(region_index, *box)]
    agreed = np.asarray(_drawn(stack, maps.regions[region_index], box).all(axis=0))
    spacing = _spacing(stack.geometry, spacing_trusted)
    thick_axes = [axis for axis in range(3) if spacing[axis] > THICK * min(spacing)]
    areas = np.asarray(ndimage.label(disagreement >= DOUBT, _ALL_NEIGHBOURS)[0])
    for label, tight in enumerate(ndimage.find_objects(areas), start=1):
        wider = grown(tight, 1, disagreement.shape)
        area = areas[wider] == label
        if np.count_nonzero(area) < FEWEST_VOXELS:
            continue
        for piece, thick in _pieces(area, agreed[wider], thick_axes):
            inner = bounding_box(piece)
            if inner is None or np.count_nonzero(piece) < FEWEST_VOXELS:
                continue
            where = shifted(inner, shifted(wider, box))
            depth = _depth(piece[inner], spacing) if thick else np.zeros(piece[inner].shape)
            yield _measure(
                piece[inner], depth, maps["disagreement"][(region_index, *where)], region_index, where, stack
            )


def _spacing(geometry: Geometry, trusted: bool) -> tuple[float, float, float]:
    """Voxel size (k, j, i) for depth: in mm, or in voxels and with axial slices too far apart to count across them."""
    if trusted:
        return geometry.spacing
    axial = geometry.axial_axis
    k, j, i = (_SLICE_APART if axis == axial else 1.0 for axis in range(3))
    return k, j, i


def _pieces(
    area: npt.NDArray[np.bool_], agreed: npt.NDArray[np.bool_], thick_axes: Sequence[int]
) -> Iterator[tuple[npt.NDArray[np.bool_], bool]]:
    """The spots of one area in doubt, each with whether it is thick; all arrays on one grid."""
    core = ndimage.binary_erosion(area, _flat(_FACES, thick_axes))
    if not core.any():
        if not (ndimage.binary_dilation(area, _FACES) & agreed).any():
            yield area, False
        return
    # Grown by corners too, so that round pieces keep theirs.
    grown = ndimage.binary_dilation(core, _flat(_ALL_NEIGHBOURS, thick_axes)) & area
    pieces = np.asarray(ndimage.label(grown, _ALL_NEIGHBOURS)[0])
    for label in range(1, int(pieces.max()) + 1):
        yield pieces == label, True


def _flat(neighbours: npt.NDArray[np.bool_], thick_axes: Sequence[int]) -> npt.NDArray[np.bool_]:
    """`neighbours` (3, 3, 3) without those across thick slices."""
    flat = neighbours.copy()
    for axis in thick_axes:
        np.moveaxis(flat, axis, 0)[::2] = False
    return flat


def _depth(piece: npt.NDArray[np.bool_], spacing: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Distance to the nearest voxel outside the piece, less that of its outermost voxels."""
    # Padded, so that the border of the array is a border of the piece.
    distance = ndimage.distance_transform_edt(np.pad(piece, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    return np.asarray(np.maximum(distance - min(spacing), 0))


def _measure(
    mask: npt.NDArray[np.bool_],
    depth: npt.NDArray[np.float64],
    disagreement: npt.NDArray[np.float32],
    region_index: int,
    box: Box,
    stack: ProbabilityStack,
) -> _Place:
    values = disagreement[mask].astype(np.float64)
    index = np.argwhere(mask) + [axis.start for axis in box]
    ras = np.round(stack.geometry.ras(index), 3)
    # The highest disagreement; of several the deepest; of several the first in space, which no flip changes.
    best = np.lexsort((ras[:, 2], ras[:, 1], ras[:, 0], -np.round(depth[mask], 6), -values))[0]
    k, j, i = (int(n) for n in index[best])
    r, a, s = (float(x) for x in ras[best])
    return _Place(
        region_index=region_index,
        box=box,
        mask=mask,
        score=significant(float(np.sum(values * depth[mask])), _DIGITS),
        total=significant(float(np.sum(values)), _DIGITS),
        peak_kji=(k, j, i),
        ras=(r, a, s),
        peak=float(values[best]),
    )


def _spot(rank: int, place: _Place, stack: ProbabilityStack, maps: TrustMaps, spacing_trusted: bool) -> ReviewSpot:
    region = maps.regions[place.region_index]
    also = [stack.task.noun(name) for name in stack.task.ordered(place.also)]
    voxels = int(np.count_nonzero(place.mask))
    near = _around_the_peak(place)
    outlined = _drawn(stack, region, place.box)[:, near].mean(axis=1)
    means = stack.probabilities[(slice(None), place.region_index, *place.box)][:, near].mean(axis=1)
    return ReviewSpot(
        rank=rank,
        region=region,
        ras=place.ras,
        kji=place.peak_kji,
        peak_value=significant(place.peak),
        mean_value=significant(place.total / voxels),
        voxels=voxels,
        volume_ml=significant(voxels * stack.geometry.voxel_volume_ml) if spacing_trusted else None,
        reason=spot_reason(stack.task.noun(region), also, stack.segmenters, outlined, means),
    )


def _around_the_peak(place: _Place) -> npt.NDArray[np.bool_]:
    """The part of the spot at most `AROUND` voxels from its peak, which is where a click leads.

    A spot may be larger than one contradiction: beside what one segmenter alone sees may lie what only another sees.
    """
    near = np.zeros_like(place.mask)
    peak = [at - axis.start for at, axis in zip(place.peak_kji, place.box, strict=True)]
    near[tuple(slice(max(0, at - AROUND), at + AROUND + 1) for at in peak)] = True
    return np.asarray(place.mask & near)


def _same_place(one: _Place, other: _Place) -> bool:
    """Whether two spots of different regions lie in the same place."""
    if one.region_index == other.region_index:
        return False
    low = [max(a.start, b.start) for a, b in zip(one.box, other.box, strict=True)]
    high = [min(a.stop, b.stop) for a, b in zip(one.box, other.box, strict=True)]
    if any(a >= b for a, b in zip(low, high, strict=True)):
        return False
    parts = [
        place.mask[tuple(slice(a - s.start, b - s.start) for a, b, s in zip(low, high, place.box, strict=True))]
        for place in (one, other)
    ]
    smaller = min(np.count_nonzero(one.mask), np.count_nonzero(other.mask))
    return bool(np.count_nonzero(parts[0] & parts[1]) >= SAME_PLACE * smaller)


def _drawn(stack: ProbabilityStack, region: str, box: Box) -> npt.NDArray[np.bool_]:
    """Every segmenter's outline of one region inside `box`, shape (segmenter, k, j, i)."""
    return np.stack([stack.outlines[card.id][region].within(box) for card in stack.segmenters])
