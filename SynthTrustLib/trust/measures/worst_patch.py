"""The mean of a map in the worst small block: a place to worry about is not averaged away by a large head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from SynthTrustLib.case.part import Part

PATCH_VOXELS = 10
"""Edge of the block. ValUES (ICLR 2024) and Zenk 2024 aggregate uncertainty by patches of 10x10x10 voxels."""


def worst_patch(volume: Part[np.float32], shape: Sequence[int]) -> float:
    """Highest mean of `volume` (not negative) in any block of 10x10x10 voxels of a grid of this shape (k, j, i).

    The block slides voxel by voxel and stays inside the grid; along an axis that is shorter it is as long as that.
    """
    size = [min(PATCH_VOXELS, n) for n in shape]
    # Zeros around the part do not raise a mean, so only its box matters, if a whole block fits into it.
    sides = []
    for axis, extent, n in zip(volume.box, size, shape, strict=True):
        missing = max(0, extent - (axis.stop - axis.start))
        start = max(0, min(axis.start, n - extent, axis.start - missing // 2))
        sides.append(slice(start, min(n, max(axis.stop, start + extent))))
    box = sides[0], sides[1], sides[2]
    values = volume.values if box == volume.box else volume.within(box)
    return float(max(0.0, ndimage.uniform_filter(values, size, mode="constant").max()))
