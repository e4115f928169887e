"""The voxel grid as a value: shape and position in space, compared with named tolerances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import GeometryError

if TYPE_CHECKING:
    import SimpleITK as sitk

POSITION_TOLERANCE_MM = 1e-2
"""Two grids are the same if no corner voxel lies further apart than this (float32 headers differ by about 1e-4)."""

SINGULAR_TOLERANCE = 1e-6
"""A direction matrix (unit columns) whose absolute determinant is smaller does not span space."""

MOST_SHEAR_DEGREES = 0.1
"""Axes that miss a right angle by no more than this were meant to be perpendicular: rounding in others' headers."""

_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Geometry:
    """Shape and placement of a voxel grid.

    Attributes
    ----------
    shape : tuple of int
        Number of voxels along (k, j, i): the order of numpy views of MRML volumes and of SimpleITK arrays.
    ijk_to_ras : ndarray of float64, shape (4, 4)
        Maps the homogeneous voxel index (i, j, k, 1) to RAS coordinates in mm. Read-only.
    """

    shape: tuple[int, int, int]
    ijk_to_ras: npt.NDArray[np.float64]

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

    @classmethod
    def from_sitk(cls, image: sitk.Image) -> Geometry:
        """The grid of a 3D SimpleITK image (whose world is LPS)."""
        matrix = np.eye(4)
        direction = np.array(image.GetDirection(), dtype=np.float64).reshape(3, 3)
        matrix[:3, :3] = direction * np.array(image.GetSpacing(), dtype=np.float64)
        matrix[:3, 3] = image.GetOrigin()
        i, j, k = image.GetSize()
        return cls((k, j, i), _RAS_FROM_LPS @ matrix)

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
        lps = _RAS_FROM_LPS @ self.ijk_to_ras
        spacing = np.linalg.norm(lps[:3, :3], axis=0)
        image.SetSpacing(spacing.tolist())
        image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
        image.SetOrigin(lps[:3, 3].tolist())
        return image
