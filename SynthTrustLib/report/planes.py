"""From voxel axes to anatomy: which way up and which way round a slice is shown.

Pictures follow the radiological convention: axial slices are seen from the feet and coronal ones from the front, so the
patient's right is on the left of the picture; sagittal slices have the face on the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry, Orientation
from SynthTrustLib.case.part import Part

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


class Anatomy(Orientation):
    """The slices of arrays (k, j, i) of one grid, as they are shown."""

    @classmethod
    def of(cls, geometry: Geometry) -> Anatomy:
        return cls(**vars(geometry.orientation))

    def cut(self, array: npt.NDArray, plane: Plane, spl: tuple[int, int, int]) -> npt.NDArray:
        """The slice of `array` (k, j, i) through `spl`, as it is shown: row 0 at the top, column 0 at the left."""
        volume = self.view(array)
        s, p, left = spl
        if plane is Plane.AXIAL:
            return volume[s]
        if plane is Plane.CORONAL:
            return volume[::-1, p, :]
        return volume[::-1, :, left]

    def cut_part(self, part: Part, plane: Plane, spl: tuple[int, int, int]) -> npt.NDArray:
        """As `cut`, of a part of the grid: only the slice is made whole, as a grid of one."""
        across, at = list(Plane).index(plane), self.kji(spl)
        k, j, i = (
            slice(at[n], at[n] + 1) if n == self.axes[across] else slice(0, size)
            for n, size in enumerate(self.original(self.shape))
        )
        s, p, left = (0 if n == across else at for n, at in enumerate(spl))
        return self.cut(part.within((k, j, i)), plane, (s, p, left))

    def pixel(self, plane: Plane, spl: tuple[float, float, float]) -> tuple[float, float]:
        """(column, row) of the point `spl` on the slice that `cut` gives."""
        s, p, left = spl
        if plane is Plane.AXIAL:
            return left, p
        return (left if plane is Plane.CORONAL else p), self.shape[0] - 1 - s
