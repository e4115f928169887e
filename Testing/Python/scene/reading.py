"""Reads back what the library writes: scenes from files, voxels from segmentation nodes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import vtk
from vtk.util import numpy_support

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.vocabulary import Region


def unpack_mrb(path: Path, folder: Path) -> Path:
    """Unpack a bundle that `write_mrb` has written into `folder`. Returns the path of its .mrml file."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return next(folder.glob("*/*.mrml"))


def load_scene(scene: Any, mrml: Path) -> bool:
    """Read a .mrml file and the files beside it into a scene."""
    scene.SetURL(str(mrml))
    return bool(scene.Import(None))


def segment_array(node: Any, region: Region, geometry: Geometry) -> np.ndarray:
    """The voxels (k, j, i) of one region of a segmentation node, on the grid `geometry` that it was made on."""
    result = np.zeros(geometry.shape, bool)
    image = node.GetBinaryLabelmapInternalRepresentation(region)
    scalars = image.GetPointData().GetScalars()
    if scalars is None:
        return result
    # Segments that do not overlap may share one label map, each with a label of its own.
    label = node.GetSegmentation().GetSegment(region).GetLabelValue()
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    values = numpy_support.vtk_to_numpy(scalars).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)
    start = np.linalg.inv(geometry.ijk_to_ras) @ _first_voxel_ras(image)
    i, j, k = np.rint(start[:3]).astype(int)
    result[k : k + values.shape[0], j : j + values.shape[1], i : i + values.shape[2]] = values == label
    return result


def _first_voxel_ras(image: Any) -> np.ndarray:
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    i0, _, j0, _, k0, _ = image.GetExtent()
    return np.array(matrix.MultiplyPoint((i0, j0, k0, 1.0)))
