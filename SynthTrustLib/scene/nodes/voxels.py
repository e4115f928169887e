"""Arrays and grids to VTK and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import slicer
import vtk
from vtk.util import numpy_support

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box


def vtk_matrix(matrix: npt.NDArray[np.float64]) -> Any:
    """A vtkMatrix4x4 of a (4, 4) array."""
    result = vtk.vtkMatrix4x4()
    result.DeepCopy(np.asarray(matrix, np.float64).ravel().tolist())
    return result


def image_data(array: npt.NDArray) -> Any:
    """A vtkImageData of a copy of `array` (k, j, i), with unit spacing, as MRML volumes hold it."""
    image = vtk.vtkImageData()
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


def volume_array(node: Any) -> npt.NDArray:
    """The voxels (k, j, i) of a vtkMRMLScalarVolumeNode: a view, not a copy."""
    image = node.GetImageData()
    return numpy_support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])


def volume_geometry(node: Any) -> Geometry:
    """The grid of a volume node in its own RAS frame, before any parent transform."""
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    values = [matrix.GetElement(row, column) for row in range(4) for column in range(4)]
    return Geometry(node.GetImageData().GetDimensions()[::-1], np.array(values).reshape(4, 4))
