"""Arrays and grids to VTK and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import slicer
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part


def vtk_matrix(matrix: npt.NDArray[np.float64]) -> Any:
    """A vtkMatrix4x4 of a (4, 4) array."""
    result = vtkMatrix4x4()
    result.DeepCopy(np.asarray(matrix, np.float64).ravel().tolist())
    return result


def image_data(array: npt.NDArray) -> Any:
    """A vtkImageData of a copy of `array` (k, j, i), with unit spacing, as MRML volumes hold it."""
    image = vtkImageData()
    image.SetDimensions(*reversed(array.shape))
    scalars = numpy_support.numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=True)
    scalars.SetName("ImageScalars")
    image.GetPointData().SetScalars(scalars)
    return image


def oriented_mask(mask: npt.NDArray[np.bool_], box: Box, geometry: Geometry) -> Any:
    """A vtkOrientedImageData whose extent is `box` of the grid `geometry`; `mask` (k, j, i) covers the box only."""
    image = slicer.vtkOrientedImageData()
    k, j, i = box
    image.SetExtent(i.start, i.stop - 1, j.start, j.stop - 1, k.start, k.stop - 1)
    scalars = numpy_support.numpy_to_vtk(np.ascontiguousarray(mask, np.uint8).ravel(), deep=True)
    scalars.SetName("ImageScalars")
    image.GetPointData().SetScalars(scalars)
    image.SetImageToWorldMatrix(vtk_matrix(geometry.ijk_to_ras))
    return image


def image_part(image: Any, label: int, geometry: Geometry) -> Part[np.bool_] | None:
    """Where a vtkOrientedImageData has the value `label`, if its voxels are those of the grid `geometry`; else None."""
    scalars, extent = image.GetPointData().GetScalars(), image.GetExtent()
    if scalars is None or any(first > last for first, last in zip(extent[::2], extent[1::2], strict=True)):
        return Part.of(np.zeros((1, 1, 1), np.bool_))
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    to_world = np.reshape([matrix.GetElement(row, column) for row in range(4) for column in range(4)], (4, 4))
    # A file begins at its own first voxel, so that the matrices differ by a shift of whole voxels.
    to_grid = np.linalg.inv(geometry.ijk_to_ras) @ to_world
    start = np.rint(to_grid[:3, 3])
    if not np.allclose(to_grid[:3], np.column_stack([np.eye(3), start]), atol=1e-3):
        return None
    i, j, k = (int(first + shift) for first, shift in zip(extent[::2], start, strict=True))
    values = numpy_support.vtk_to_numpy(scalars).reshape(
        [b - a + 1 for a, b in zip(extent[4::-2], extent[5::-2], strict=True)]
    )
    if min(i, j, k) < 0 or any(
        a + n > size for a, n, size in zip((k, j, i), values.shape, geometry.shape, strict=True)
    ):
        return None
    return Part.of(values == label, (k, j, i))


def volume_array(node: Any) -> npt.NDArray:
    """The voxels (k, j, i) of a vtkMRMLScalarVolumeNode: a view, not a copy."""
    image = node.GetImageData()
    return numpy_support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])


def volume_geometry(node: Any) -> Geometry:
    """The grid of a volume node in its own RAS frame, before any parent transform."""
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    values = [matrix.GetElement(row, column) for row in range(4) for column in range(4)]
    return Geometry(node.GetImageData().GetDimensions()[::-1], np.array(values).reshape(4, 4))
