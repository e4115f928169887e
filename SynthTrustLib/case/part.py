"""Parts of a grid: boxes, and arrays of which only the box around what is not zero is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Box = tuple[slice, slice, slice]
"""A part of a grid: slices with start and stop along (k, j, i)."""

NOWHERE: Box = (slice(0, 0), slice(0, 0), slice(0, 0))

Voxel = TypeVar("Voxel", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Part(Generic[Voxel]):
    """A volume that is zero (or False) outside of `box`; `values` (k, j, i) fill the box."""

    box: Box
    values: npt.NDArray[Voxel]

    @classmethod
    def of(cls, volume: npt.NDArray[Voxel], corner: Sequence[int] = (0, 0, 0)) -> Part[Voxel]:
        """A copy of what is not zero of `volume` (k, j, i), whose first voxel is the grid's voxel `corner`."""
        tight = bounding_box(volume) or NOWHERE
        k, j, i = (slice(s.start + at, s.stop + at) for s, at in zip(tight, corner, strict=True))
        return cls((k, j, i), volume[tight].copy())

    @cached_property
    def count(self) -> int:
        """The number of voxels that are not zero."""
        return int(np.count_nonzero(self.values))

    def within(self, box: Box) -> npt.NDArray[Voxel]:
        """The volume inside another box, a new array."""
        found = np.zeros(tuple(side.stop - side.start for side in box), self.values.dtype)
        both = common(self.box, box)
        if is_filled(both):
            found[inside(both, box)] = self.values[inside(both, self.box)]
        return found

    def whole(self, shape: Sequence[int]) -> npt.NDArray[Voxel]:
        """The volume on the whole grid of this shape (k, j, i), a new array."""
        k, j, i = (slice(0, size) for size in shape)
        return self.within((k, j, i))

    def common(self, other: Part[Voxel]) -> int:
        """The number of voxels that are not zero in both."""
        return int(np.count_nonzero(self.within(other.box).astype(bool) & other.values.astype(bool)))


def bounding_box(mask: npt.NDArray, margin: int = 0) -> Box | None:
    """The smallest box around what is not zero, None without any; `margin` voxels wider, where the array goes on."""
    slices = []
    for axis, size in enumerate(mask.shape):
        filled = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        if not filled.size:
            return None
        slices.append(slice(max(0, int(filled[0]) - margin), min(size, int(filled[-1]) + 1 + margin)))
    k, j, i = slices
    return k, j, i


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all these; `NOWHERE` without any."""
    filled = [box for box in boxes if is_filled(box)]
    if not filled:
        return NOWHERE
    k, j, i = (slice(min(box[a].start for box in filled), max(box[a].stop for box in filled)) for a in range(3))
    return k, j, i


def grown(box: Box, margin: int, shape: Sequence[int]) -> Box:
    """`box` with so many voxels more on every side, where the grid goes on; a box of nothing stays one."""
    if not is_filled(box):
        return box
    k, j, i = (slice(max(0, s.start - margin), min(n, s.stop + margin)) for s, n in zip(box, shape, strict=True))
    return k, j, i


def is_filled(box: Box) -> bool:
    """Whether a box holds a voxel."""
    return all(side.start < side.stop for side in box)


def common(one: Box, other: Box) -> Box:
    """What two boxes share; not `is_filled` where that is nothing."""
    k, j, i = (slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return k, j, i


def inside(box: Box, within: Box) -> Box:
    """`box`, counted from the corner of `within`: the inverse of `shifted`."""
    k, j, i = (slice(b.start - w.start, b.stop - w.start) for b, w in zip(box, within, strict=True))
    return k, j, i


def shifted(box: Box, within: Box) -> Box:
    """`box`, which counts from the corner of `within`, counted from where `within` counts."""
    k, j, i = (slice(w.start + b.start, w.start + b.stop) for b, w in zip(box, within, strict=True))
    return k, j, i
