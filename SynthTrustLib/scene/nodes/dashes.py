"""The border of a mask as dashes: a surface with holes, so that every slice view cuts it into a dashed line.

Slicer draws segmentations and models with unbroken lines only. Here the gaps are in the surface itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

from SynthTrustLib.case.geometry import Geometry

DASH_MM = 3.0
"""Length of a dash and of a gap, on average; no less than two voxels within a slice."""

_TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
"""A rotation that leaves no axis and no diagonal of the grid where it was: no straight border falls into one gap."""


def dashed_border(mask: npt.NDArray[np.bool_], corner: tuple[int, int, int], geometry: Geometry) -> Any:
    """Every other piece of the border of a mask, as a vtkPolyData of squares between voxels, in RAS.

    `mask`, shape (k, j, i): a part of the grid that begins at its voxel `corner`. At the rim of this part there is no
    border.
    """
    squares = np.concatenate([_faces(mask, axis) for axis in range(3)]) + np.asarray(corner)
    points = geometry.ras(squares)
    size = max(DASH_MM, 2 * float(np.median(geometry.spacing)))
    cells = np.floor(points.mean(axis=1) @ _TURN.T / size).astype(np.int64)
    shown = points[cells.sum(axis=1) % 2 == 0]
    return _polygons(shown)


def _faces(mask: npt.NDArray[np.bool_], axis: int) -> npt.NDArray[np.float64]:
    """The squares between voxels inside and outside along an axis: (square, 4 corners, kji) in voxels."""
    near, far = np.moveaxis(mask, axis, 0)[:-1], np.moveaxis(mask, axis, 0)[1:]
    at = np.argwhere(near != far).astype(np.float64)
    at[:, 0] += 0.5
    around = np.array([[0, -0.5, -0.5], [0, -0.5, 0.5], [0, 0.5, 0.5], [0, 0.5, -0.5]])
    moved = at[:, None] + around
    order = [0, 1, 2]
    order.insert(axis, order.pop(0))  # back to where the axis was
    return np.asarray(moved[..., order])


def _polygons(squares: npt.NDArray[np.float64]) -> Any:
    data, points, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    count = len(squares)
    points.SetData(numpy_support.numpy_to_vtk(np.ascontiguousarray(squares.reshape(-1, 3)), deep=True))
    offsets = numpy_support.numpy_to_vtkIdTypeArray(np.arange(0, 4 * count + 1, 4, dtype=np.int64), deep=True)
    corners = numpy_support.numpy_to_vtkIdTypeArray(np.arange(4 * count, dtype=np.int64), deep=True)
    cells.SetData(offsets, corners)
    data.SetPoints(points)
    data.SetPolys(cells)
    return data
