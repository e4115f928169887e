"""The mean of a map in the worst small block: a place to worry about is not averaged away by a large head."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.part import Box

PATCH_VOXELS = 10
"""Edge of the block. ValUES (ICLR 2024) and Zenk 2024 aggregate uncertainty by patches of 10x10x10 voxels."""


def worst_patch(volume: npt.NDArray[np.float32], support: Box) -> float:
    """Highest mean of `volume` (k, j, i; not negative, 0 outside `support`) in any block of 10x10x10 voxels.

    The block slides voxel by voxel and stays inside the volume; along an axis that is shorter it is as long as that.
    """
    size = [min(PATCH_VOXELS, n) for n in volume.shape]
    # Zeros around the support do not raise a mean, so only the box matters, if a whole block fits into it.
    box = []
    for axis, extent, n in zip(support, size, volume.shape, strict=True):
        missing = max(0, extent - (axis.stop - axis.start))
        start = max(0, min(axis.start, n - extent, axis.start - missing // 2))
        box.append(slice(start, min(n, max(axis.stop, start + extent))))
    return float(max(0.0, ndimage.uniform_filter(volume[tuple(box)], size, mode="constant").max()))
