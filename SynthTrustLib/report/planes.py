"""From voxel axes to anatomy: which way up and which way round a slice is shown.

Pictures follow the radiological convention: axial slices are seen from the feet and coronal ones from the front, so the
patient's right is on the left of the picture; sagittal slices have the face on the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry

OBLIQUE_DEGREES = 5.0
"""Scan axes tilted further than this against the patient's axes are named as tilted beside the picture."""


class Plane(StrEnum):
    """A picture plane, named after the anatomical plane that the scan's own axes come closest to."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


@dataclass(frozen=True)
class Marks:
    """Letters at the edges of a picture: the direction of the patient that lies there."""

    left: str
    right: str
    top: str
    bottom: str


MARKS = {
    Plane.AXIAL: Marks("R", "L", "A", "P"),
    Plane.CORONAL: Marks("R", "L", "S", "I"),
    Plane.SAGITTAL: Marks("A", "P", "S", "I"),
}


@dataclass(frozen=True)
class Anatomy:
    """How arrays (k, j, i) of one grid are shown: reordered to (s, p, l), towards superior, posterior, patient's left.

    Attributes
    ----------
    axes : tuple of int
        The array axis (0 is k, 1 is j, 2 is i) that runs along s, p and l.
    flipped : tuple of bool
        Whether that array axis runs the other way.
    shape : tuple of int
        Number of voxels along (s, p, l).
    spacing : tuple of float
        Voxel size in mm along (s, p, l).
    tilt_degrees : float
        Largest angle between a scan axis and the patient axis that it stands for.
    """

    axes: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    tilt_degrees: float

    @classmethod
    def of(cls, geometry: Geometry) -> Anatomy:
        """The reordering for this grid: the assignment of axes with the largest cosines."""
        by_array_axis = geometry.direction_ras[:, ::-1]  # columns k, j, i
        cosines = np.stack([by_array_axis[2], -by_array_axis[1], -by_array_axis[0]])  # rows S, P, L
        rows = np.arange(3)
        axes = max(permutations(range(3)), key=lambda order: float(np.abs(cosines[rows, order]).sum()))
        chosen = cosines[rows, axes]
        return cls(
            axes=(axes[0], axes[1], axes[2]),
            flipped=(bool(chosen[0] < 0), bool(chosen[1] < 0), bool(chosen[2] < 0)),
            shape=(geometry.shape[axes[0]], geometry.shape[axes[1]], geometry.shape[axes[2]]),
            spacing=(geometry.spacing[axes[0]], geometry.spacing[axes[1]], geometry.spacing[axes[2]]),
            tilt_degrees=float(np.degrees(np.arccos(np.clip(np.abs(chosen).min(), 0.0, 1.0)))),
        )

    def view(self, array: npt.NDArray) -> npt.NDArray:
        """`array` (k, j, i) as (s, p, l). No copy."""
        steps = tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped)
        return array.transpose(self.axes)[steps]

    def spl(self, kji: tuple[int, int, int]) -> tuple[int, int, int]:
        """The index (s, p, l) of the voxel (k, j, i)."""
        s, p, left = (
            size - 1 - kji[axis] if flip else kji[axis]
            for axis, flip, size in zip(self.axes, self.flipped, self.shape, strict=True)
        )
        return s, p, left

    def kji(self, spl: tuple[int, int, int]) -> tuple[int, int, int]:
        """The voxel (k, j, i) of the index (s, p, l)."""
        voxel = [0, 0, 0]
        for axis, flip, size, index in zip(self.axes, self.flipped, self.shape, spl, strict=True):
            voxel[axis] = size - 1 - index if flip else index
        return voxel[0], voxel[1], voxel[2]

    def cut(self, array: npt.NDArray, plane: Plane, spl: tuple[int, int, int]) -> npt.NDArray:
        """The slice of `array` (k, j, i) through `spl`, as it is shown: row 0 at the top, column 0 at the left."""
        volume = self.view(array)
        s, p, left = spl
        if plane is Plane.AXIAL:
            return volume[s]
        if plane is Plane.CORONAL:
            return volume[::-1, p, :]
        return volume[::-1, :, left]

    def pixel(self, plane: Plane, spl: tuple[float, float, float]) -> tuple[float, float]:
        """(column, row) of the point `spl` on the slice that `cut` gives."""
        s, p, left = spl
        if plane is Plane.AXIAL:
            return left, p
        return (left if plane is Plane.CORONAL else p), self.shape[0] - 1 - s
