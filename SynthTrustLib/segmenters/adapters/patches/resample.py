"""Volumes on other grids, as nnU-Net and as MONAI do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.segmenters.adapters.patches.settings import NNUNET

Volume = npt.NDArray[np.float32]

ANISOTROPIC = 3.0
"""nnU-Net's: slices are resampled one by one where the largest voxel edge is more than this many times the smallest."""

IMAGE_ORDER, ANSWER_ORDER = 3, 1
"""nnU-Net's spline orders: cubic for images, linear for answers. MONAI's are linear both."""


@dataclass(frozen=True)
class Resampling:
    """From one grid to another over the same field of view, and back."""

    convention: Literal["nnU-Net", "MONAI"]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    new_shape: tuple[int, int, int]
    new_spacing: tuple[float, float, float]  # `spacing` and `new_spacing`: mm along the axes

    def there(self, volume: Volume) -> Volume:
        """An image of `shape` on the new grid."""
        if self.shape == self.new_shape:
            return volume
        if self.convention == NNUNET:
            return _same_edges(volume, self.new_shape, IMAGE_ORDER, self._thick_axis(self.spacing, self.new_spacing))
        return _same_first_centre(volume, self.new_shape, self._steps)

    def back(self, volume: Volume) -> Volume:
        """An answer of `new_shape` on the first grid."""
        if self.shape == self.new_shape:
            return volume
        if self.convention == NNUNET:
            return _same_edges(volume, self.shape, ANSWER_ORDER, self._thick_axis(self.new_spacing, self.spacing))
        return _same_first_centre(volume, self.shape, tuple(1 / step for step in self._steps))

    @property
    def _steps(self) -> tuple[float, ...]:
        """Voxels of the first grid from one voxel of the new one to the next."""
        return tuple(new / old for old, new in zip(self.spacing, self.new_spacing, strict=True))

    @staticmethod
    def _thick_axis(spacing: Sequence[float], new_spacing: Sequence[float]) -> int | None:
        """The axis across slices so far apart that nothing is interpolated between them, if there is one."""
        for candidate in (spacing, new_spacing):
            if max(candidate) / min(candidate) > ANISOTROPIC:
                thickest = [n for n, mm in enumerate(candidate) if mm == max(candidate)]
                return thickest[0] if len(thickest) == 1 else None
        return None


def plan(
    convention: Literal["nnU-Net", "MONAI"],
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
    wanted: Sequence[float | None] | None,
) -> Resampling:
    """The resampling of a volume to the wanted voxel size; None, all of it or an axis, leaves the size alone."""
    target = tuple(own if new is None else float(new) for own, new in zip(spacing, wanted or spacing, strict=True))
    if convention == NNUNET:
        sizes = [round(own / new * n) for n, own, new in zip(shape, spacing, target, strict=True)]
    else:
        sizes = [round((n - 1) * own / new + 1.0) for n, own, new in zip(shape, spacing, target, strict=True)]
    new_shape = tuple(max(1, n) for n in sizes)
    return Resampling(convention, shape, spacing, new_shape, target)  # type: ignore[arg-type]


def _same_edges(volume: Volume, shape: Sequence[int], order: int, thick_axis: int | None) -> Volume:
    """Splines over the same field of view, no value outside the volume's range; across a thick axis the nearest."""
    if thick_axis is None:
        return _zoom(volume, shape, order)
    in_plane = [n for axis, n in enumerate(shape) if axis != thick_axis]
    slices = np.moveaxis(volume, thick_axis, 0)
    n, wanted = len(slices), shape[thick_axis]
    source = np.floor((np.arange(wanted) + 0.5) * n / wanted).astype(int)
    out = np.empty((wanted, *in_plane), np.float32)
    for index in range(n):
        if (source == index).any():
            out[source == index] = _zoom(slices[index], in_plane, order)
    return np.moveaxis(out, 0, thick_axis)


def _zoom(array: Volume, shape: Sequence[int], order: int) -> Volume:
    if array.shape == tuple(shape):
        return array
    factors = [new / old for new, old in zip(shape, array.shape, strict=True)]
    out = ndimage.zoom(array, factors, order=order, mode="nearest", grid_mode=True)
    if order > 1:
        np.clip(out, array.min(), array.max(), out=out)
    return np.asarray(out, np.float32)


def _same_first_centre(volume: Volume, shape: Sequence[int], steps: Sequence[float]) -> Volume:
    """Linear interpolation at multiples of `steps` voxels, the border's values beyond it."""
    out = ndimage.affine_transform(volume, np.asarray(steps), output_shape=tuple(shape), order=1, mode="nearest")
    return np.asarray(out, np.float32)
