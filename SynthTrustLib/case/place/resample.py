"""Bringing a volume onto another grid, and how much of that grid it covers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry

COARSER = 1.2
"""A target step this many times the source's is a downsampling that needs smoothing first."""

_FWHM_PER_SIGMA = 2.3548


def covered_share(of: Geometry, by: Geometry, points: int = 40) -> float:
    """Share (0..1) of the field of view `of` that lies inside the field of view `by`, on points^3 probe points."""
    axes = [(np.arange(points) + 0.5) * n / points - 0.5 for n in of.shape]
    probes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    ras = of.ras(probes)
    to_index = np.linalg.inv(by.ijk_to_ras)
    ijk = ras @ to_index[:3, :3].T + to_index[:3, 3]
    limits = np.array(by.shape[::-1])
    return float(np.mean(np.all((ijk >= -0.5) & (ijk <= limits - 0.5), axis=1)))


def overlap(one: Geometry, other: Geometry) -> bool:
    """Whether two fields of view share space; a thin one falls between the probes of the other, not between its own."""
    return covered_share(one, by=other) > 0.0 or covered_share(other, by=one) > 0.0


def resample(array: npt.NDArray[np.float32], native: Geometry, target: Geometry) -> npt.NDArray[np.float32]:
    """`array` (k, j, i) of grid `native` on grid `target`, linear, 0 outside.

    Axes along which the target is coarser are smoothed first (Gaussian whose full width at half maximum makes up the
    difference between the two steps), so that thin slices are averaged into thick ones as a scanner would. Where the
    nearest source voxel is exactly 0 the result is 0: smoothing must not make a halo around a stripped brain.
    """
    smooth = array
    for axis, step in enumerate(_steps_along(native, target)):
        if step > COARSER:
            sigma = float(np.sqrt(step**2 - 1.0)) / _FWHM_PER_SIGMA
            smooth = ndimage.gaussian_filter1d(smooth, sigma, axis=axis, mode="nearest")
    result = _onto(smooth, native, target, linear=True)
    result[_onto((array != 0).astype(np.uint8), native, target, linear=False) == 0] = 0
    return result


def resample_labels(array: npt.NDArray[np.integer], native: Geometry, target: Geometry) -> npt.NDArray[np.integer]:
    """Label `array` (k, j, i) of grid `native` on grid `target`, nearest neighbour, 0 outside."""
    return _onto(array, native, target, linear=False)


def _steps_along(native: Geometry, target: Geometry) -> list[float]:
    """Target step over native step, for each native axis (k, j, i): of the target axis that runs most along it."""
    cosines = np.abs(native.direction_ras.T @ target.direction_ras)
    steps = [target.spacing[2 - int(np.argmax(cosines[axis]))] / native.spacing[2 - axis] for axis in range(3)]
    return steps[::-1]


def _onto(array: npt.NDArray, native: Geometry, target: Geometry, *, linear: bool) -> npt.NDArray:
    import SimpleITK as sitk

    like = sitk.ResampleImageFilter()
    k, j, i = target.shape
    # A one-voxel image carries the target's placement without allocating its voxels.
    marker = Geometry((1, 1, 1), target.ijk_to_ras).to_sitk(np.zeros((1, 1, 1), np.uint8))
    like.SetSize([i, j, k])
    like.SetOutputSpacing(marker.GetSpacing())
    like.SetOutputOrigin(marker.GetOrigin())
    like.SetOutputDirection(marker.GetDirection())
    like.SetInterpolator(sitk.sitkLinear if linear else sitk.sitkNearestNeighbor)
    like.SetDefaultPixelValue(0)
    return sitk.GetArrayFromImage(like.Execute(native.to_sitk(array)))
