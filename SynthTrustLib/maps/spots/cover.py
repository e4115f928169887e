"""Neighbourhoods that hold as much expected error as possible: the best first, then the best of what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, bounding_box, shifted

ACROSS_MM = 30.0
"""No neighbourhood is wider along any axis of the grid: what a reader sees at a glance and settles at once."""

ACROSS_VOXELS, ACROSS_SLICES = 30, 5
"""The same where voxel sizes are not trusted, within an axial slice and across: such scans have slices of 5 to 7 mm."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """What is disputed in a box and in no better one; `mask` (k, j, i) fills the box, which is no larger than that.

    The box counts from the corner of what was searched.
    """

    box: Box
    mask: npt.NDArray[np.bool_]
    weight: int


def size_in_voxels(geometry: Geometry, trusted: bool) -> tuple[int, int, int]:
    """How many voxels a neighbourhood holds at most along k, j and i."""
    if trusted:
        k, j, i = (max(1, int(ACROSS_MM / size + 1e-6)) for size in geometry.spacing)
    else:
        k, j, i = (ACROSS_SLICES if axis == geometry.axial_axis else ACROSS_VOXELS for axis in range(3))
    return k, j, i


def neighbourhoods(
    disputed: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.integer],
    size: Sequence[int],
    geometry: Geometry,
    corner: Sequence[int] = (0, 0, 0),
) -> Iterator[Neighbourhood]:
    """Neighbourhoods in the order of their weight, until nothing disputed is left.

    Of several that weigh the same, the first in space comes first, however the grid is flipped.

    `disputed`: shape (k, j, i); a part of the grid that starts at its voxel `corner`. `weights`: shape (k, j, i); above
    0 where it is disputed; integers, so that sums do not depend on the order of the voxels. `size`: the most voxels
    along each axis.
    """
    left = disputed.copy()
    unsettled = np.where(left, weights, 0).astype(np.int32)
    size = [min(one, there) for one, there in zip(size, left.shape, strict=True)]
    sums = _box_sums(unsettled, size)
    while (heaviest := int(sums.max(initial=0))) > 0:
        at = _first_in_space(np.argwhere(sums == heaviest), size, geometry, corner)
        k, j, i = (slice(start, start + length) for start, length in zip(at, size, strict=True))
        box = (k, j, i)
        tight = bounding_box(left[box])
        assert tight is not None
        inner = shifted(tight, box)
        yield Neighbourhood(inner, left[inner].copy(), heaviest)
        left[inner], unsettled[inner] = False, 0
        _renew(sums, unsettled, size, inner)


def _box_sums(weights: npt.NDArray[np.int32], size: Sequence[int]) -> npt.NDArray[np.int32]:
    """The sum over every box of this size, by its first corner."""
    for axis, length in enumerate(size):
        summed = np.cumsum(weights, axis=axis, dtype=np.int32)  # 2e9 are more than a head holds, in thousandths
        first = np.take(summed, [length - 1], axis=axis)
        stop = weights.shape[axis]
        later = _cut(summed, axis, length, stop) - _cut(summed, axis, 0, stop - length)
        weights = np.concatenate([first, later], axis=axis)
    return weights


def _cut(array: npt.NDArray[np.int32], axis: int, start: int, stop: int) -> npt.NDArray[np.int32]:
    along = [slice(None)] * array.ndim
    along[axis] = slice(start, stop)
    return array[tuple(along)]


def _renew(sums: npt.NDArray[np.int32], weights: npt.NDArray[np.int32], size: Sequence[int], changed: Box) -> None:
    """Sum again over those boxes that share a voxel with `changed`."""
    starts = [max(0, s.start - n + 1) for s, n in zip(changed, size, strict=True)]
    stops = [min(there, s.stop) for s, there in zip(changed, sums.shape, strict=True)]
    boxes = tuple(slice(start, stop) for start, stop in zip(starts, stops, strict=True))
    voxels = tuple(slice(start, stop + n - 1) for start, stop, n in zip(starts, stops, size, strict=True))
    sums[boxes] = _box_sums(weights[voxels], size)


def _first_in_space(
    corners: npt.NDArray[np.intp], size: Sequence[int], geometry: Geometry, corner: Sequence[int]
) -> tuple[int, int, int]:
    middles = corners + (np.asarray(size) - 1) / 2 + np.asarray(corner)
    ras = np.round(geometry.ras(middles), 3)
    k, j, i = (int(n) for n in corners[np.lexsort((ras[:, 2], ras[:, 1], ras[:, 0]))[0]])
    return k, j, i
