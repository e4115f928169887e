"""The voxel grid as a value: shape and position in space, compared with named tolerances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box
from SynthTrustLib.errors import GeometryError

if TYPE_CHECKING:
    import SimpleITK as sitk

POSITION_TOLERANCE_MM = 1e-2
"""Two grids are the same if no corner voxel lies further apart than this (float32 headers differ by about 1e-4)."""

SINGULAR_TOLERANCE = 1e-6
"""A direction matrix (unit columns) whose absolute determinant is smaller does not span space."""

_LETTERS = (("R", "L"), ("A", "P"), ("S", "I"))

MOST_SHEAR_DEGREES = 0.1
"""Axes that miss a right angle by no more than this were meant to be perpendicular: rounding in others' headers."""

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""From RAS to LPS and back, for homogeneous coordinates: DICOM and ITK count to the left and the back."""


Item = TypeVar("Item")


@dataclass(frozen=True)
class Turn:
    """How arrays (k, j, i) are reordered until their axes run another way."""

    axes: tuple[int, int, int]
    """The array axis (0 is k, 1 is j, 2 is i) that becomes the first, the second and the third."""
    flipped: tuple[bool, bool, bool]
    """Whether that array axis runs the other way."""

    def view(self, array: npt.NDArray) -> npt.NDArray:
        """`array` (..., k, j, i), turned. No copy: writing into it fills `array`."""
        before = array.ndim - 3
        first, second, third = (slice(None, None, -1 if flip else 1) for flip in self.flipped)
        return array.transpose(*range(before), *(before + axis for axis in self.axes))[..., first, second, third]

    def along(self, values: Sequence[Item]) -> tuple[Item, Item, Item]:
        """What belongs to (k, j, i), in the order of the turned array."""
        first, second, third = (values[axis] for axis in self.axes)
        return first, second, third

    def box_of(self, box: Box, shape: Sequence[int]) -> Box:
        """The box on the grid of `shape` (k, j, i) that is `box` when it is turned."""
        found = [slice(0)] * 3
        for axis, flip, side in zip(self.axes, self.flipped, box, strict=True):
            n = shape[axis]
            found[axis] = slice(n - side.stop, n - side.start) if flip else side
        return found[0], found[1], found[2]


@dataclass(frozen=True)
class Orientation(Turn):
    """How arrays (k, j, i) are reordered to (s, p, l): towards superior, posterior, and the patient's left."""

    shape: tuple[int, int, int]  # number of voxels along (s, p, l)
    spacing: tuple[float, float, float]  # voxel size in mm along (s, p, l)

    def original(self, along: Sequence[Item]) -> tuple[Item, Item, Item]:
        """What there is along (s, p, l), along (k, j, i)."""
        k, j, i = (along[self.axes.index(axis)] for axis in range(3))
        return k, j, i

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


@dataclass(frozen=True, eq=False)
class Geometry:
    """Shape and placement of a voxel grid."""

    shape: tuple[int, int, int]
    """Number of voxels along (k, j, i): the order of numpy views of MRML volumes and of SimpleITK arrays."""
    ijk_to_ras: npt.NDArray[np.float64]
    """Shape (4, 4). Maps the homogeneous voxel index (i, j, k, 1) to RAS coordinates in mm. Read-only."""

    def __post_init__(self) -> None:
        matrix = np.array(self.ijk_to_ras, dtype=np.float64)
        if matrix.shape != (4, 4) or not np.all(np.isfinite(matrix)):
            raise GeometryError(
                "the voxel-to-world matrix is not a finite 4x4 matrix",
                source="geometry",
                next_step="Export the image again with a valid header.",
            )
        spacing = np.linalg.norm(matrix[:3, :3], axis=0)
        if np.any(spacing <= 0) or abs(np.linalg.det(matrix[:3, :3] / spacing)) < SINGULAR_TOLERANCE:
            raise GeometryError(
                "the direction matrix is singular, so the voxel axes do not span space",
                source="geometry",
                next_step="Export the image again with a valid orientation.",
            )
        matrix.setflags(write=False)
        object.__setattr__(self, "ijk_to_ras", matrix)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size in mm along (k, j, i)."""
        si, sj, sk = np.linalg.norm(self.ijk_to_ras[:3, :3], axis=0)
        return float(sk), float(sj), float(si)

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in mL."""
        return float(abs(np.linalg.det(self.ijk_to_ras[:3, :3]))) / 1000.0

    @property
    def direction_ras(self) -> npt.NDArray[np.float64]:
        """Unit direction vectors of the i, j and k axes in RAS, as columns."""
        axes = self.ijk_to_ras[:3, :3]
        return np.asarray(axes / np.linalg.norm(axes, axis=0))

    @property
    def axial_axis(self) -> int:
        """The array axis (0, 1, 2 for k, j, i) that runs most along the body: across axial slices."""
        return self._axis_along(2)

    @property
    def sideways_axis(self) -> int:
        """The array axis that runs most from side to side."""
        return self._axis_along(0)

    def _axis_along(self, world: int) -> int:
        return 2 - int(np.argmax(np.abs(self.direction_ras[world])))

    def _cosines(self, axes: str) -> npt.NDArray[np.float64]:
        """Of the angles between anatomical axes (rows), each by its letter, and the array axes k, j, i (columns)."""
        world = [next(n for n, pair in enumerate(_LETTERS) if letter in pair) for letter in axes]
        signs = [1.0 if letter == _LETTERS[n][0] else -1.0 for n, letter in zip(world, axes, strict=True)]
        return np.asarray(self.direction_ras[world, ::-1] * np.array(signs)[:, None])

    def turn_to(self, axes: str) -> Turn:
        """The assignment of array axes to anatomical ones with the largest cosines.

        `axes`: ``"SPL"``: the first axis is to run nearest to superior, the second to posterior, the third to left.
        """
        cosines = self._cosines(axes)
        a, b, c = max(permutations(range(3)), key=lambda axes: sum(abs(cosines[n, axes[n]]) for n in range(3)))
        return Turn((a, b, c), (bool(cosines[0, a] < 0), bool(cosines[1, b] < 0), bool(cosines[2, c] < 0)))

    @property
    def orientation(self) -> Orientation:
        """How the grid lies in the patient."""
        turn = self.turn_to("SPL")
        return Orientation(turn.axes, turn.flipped, turn.along(self.shape), turn.along(self.spacing))

    @property
    def tilt_degrees(self) -> float:
        """Largest angle between a voxel axis and the anatomical axis that it stands for."""
        chosen = np.abs(self._cosines("SPL"))[range(3), self.orientation.axes]
        return float(np.degrees(np.arccos(np.clip(chosen.min(), 0.0, 1.0))))

    @property
    def axis_codes(self) -> str:
        """Where the i, j and k axes run to, one letter each: ``"LPS"`` for i to the left, j to the back, k up."""
        direction = self.direction_ras
        main = np.argmax(np.abs(direction), axis=0)
        return "".join(_LETTERS[main[a]][0 if direction[main[a], a] > 0 else 1] for a in range(3))

    @property
    def kji_to_lps(self) -> npt.NDArray[np.float64]:
        """Maps the homogeneous voxel index (k, j, i, 1) to LPS coordinates in mm, as highdicom's volumes do."""
        return np.asarray((LPS @ self.ijk_to_ras)[:, [2, 1, 0, 3]])

    @property
    def shear_degrees(self) -> float:
        """By how much the angle between two axes misses 90 degrees, at most."""
        cosines = self.direction_ras.T @ self.direction_ras - np.eye(3)
        return float(np.degrees(np.arcsin(np.clip(np.abs(cosines).max(), 0, 1))))

    def perpendicular(self) -> Geometry:
        """The nearest grid with perpendicular axes: same spacing, same centre, directions by polar decomposition."""
        u, _, vt = np.linalg.svd(self.direction_ras)
        matrix = np.array(self.ijk_to_ras)
        matrix[:3, :3] = (u @ vt) * np.linalg.norm(matrix[:3, :3], axis=0)
        middle = (np.array(self.shape[::-1]) - 1) / 2
        matrix[:3, 3] += (self.ijk_to_ras[:3, :3] - matrix[:3, :3]) @ middle
        return Geometry(self.shape, matrix)

    def apart_mm(self, other: Geometry) -> float:
        """How far apart the two grids put the same corner voxel, at most; both have one shape."""
        return float(np.max(np.linalg.norm(self.corners_ras() - other.corners_ras(), axis=1)))

    def corners_ras(self) -> npt.NDArray[np.float64]:
        """RAS coordinates (mm) of the eight corner voxels' centres, shape (8, 3)."""
        k, j, i = (n - 1 for n in self.shape)
        index = np.array([(a, b, c, 1) for a in (0, i) for b in (0, j) for c in (0, k)], dtype=np.float64)
        return np.asarray((index @ self.ijk_to_ras.T)[:, :3])

    def ras(self, kji: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """RAS coordinates (mm) of voxel indices (k, j, i), shape (..., 3) -> (..., 3)."""
        ijk = np.asarray(kji, dtype=np.float64)[..., ::-1]
        return np.asarray(ijk @ self.ijk_to_ras[:3, :3].T + self.ijk_to_ras[:3, 3])

    def is_same(self, other: Geometry, tolerance_mm: float = POSITION_TOLERANCE_MM) -> bool:
        """Whether both grids have the same shape and every corner within `tolerance_mm`."""
        return self.shape == other.shape and self.apart_mm(other) <= tolerance_mm

    def require_same(self, other: Geometry, name: str, other_name: str) -> None:
        """Raise GeometryError, naming both inputs, unless the grids are the same."""
        if not self.is_same(other):
            raise GeometryError(
                f"its voxel grid {self.describe()} is not that of {other_name} {other.describe()}",
                source=name,
                next_step=f"Resample {name} onto {other_name}.",
            )

    def describe(self) -> str:
        """Shape and spacing in words, in (i, j, k) order as users know it from headers."""
        k, j, i = self.shape
        sk, sj, si = self.spacing
        return f"({i}x{j}x{k} voxels of {si:.3g}x{sj:.3g}x{sk:.3g} mm)"

    def cropped(self, box: Box) -> Geometry:
        """The grid of a part of this one."""
        matrix = np.array(self.ijk_to_ras)
        matrix[:3, 3] = self.ras([part.start for part in box])
        k, j, i = (part.stop - part.start for part in box)
        return Geometry((k, j, i), matrix)

    @classmethod
    def from_kji_to_lps(cls, shape: tuple[int, int, int], affine: npt.ArrayLike) -> Geometry:
        """The grid of a matrix as `kji_to_lps` gives it."""
        return cls(shape, LPS @ np.asarray(affine, np.float64)[:, [2, 1, 0, 3]])

    @classmethod
    def from_sitk(cls, image: sitk.Image | sitk.ImageFileReader) -> Geometry:
        """The grid of a SimpleITK image, or of a header that was read (their world is LPS); the first three axes."""
        n = image.GetDimension()
        matrix = np.eye(4)
        direction = np.array(image.GetDirection(), dtype=np.float64).reshape(n, n)[:3, :3]
        matrix[:3, :3] = direction * np.array(image.GetSpacing()[:3], dtype=np.float64)
        matrix[:3, 3] = image.GetOrigin()[:3]
        i, j, k = image.GetSize()[:3]
        return cls((k, j, i), LPS @ matrix)

    def to_sitk(self, array: npt.NDArray[np.generic]) -> sitk.Image:
        """An image of `array` (k, j, i) on this grid."""
        import SimpleITK as sitk

        if array.shape != self.shape:
            raise GeometryError(
                f"an array of shape {array.shape} does not fit the grid {self.describe()}",
                source="array",
                next_step="Pass an array in (k, j, i) order on the same grid.",
            )
        image = sitk.GetImageFromArray(array)
        lps = LPS @ self.ijk_to_ras
        spacing = np.linalg.norm(lps[:3, :3], axis=0)
        image.SetSpacing(spacing.tolist())
        image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
        image.SetOrigin(lps[:3, 3].tolist())
        return image
