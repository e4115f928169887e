"""Whether the voxel sizes in the headers can be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import InputError

PLACEHOLDER_TOLERANCE_MM = 1e-4
"""All three sizes this close to 1 mm may be a placeholder."""

FLAT_HEAD = 0.62
"""Shortest over longest extent below which a head is impossibly flat (82 real patients: 0.72 and more with true sizes,
0.40 and less with placeholders)."""

FLAT_HEAD_MM = 100.0
"""A head, or a stripped brain, is taller than this along every axis."""

LARGEST_HEAD_MM = 330.0
"""No head is longer than this."""

SMALLEST_STATED_MM, LARGEST_STATED_MM = 0.1, 20.0


@dataclass(frozen=True)
class SpacingOpinion:
    """Whether the header's voxel sizes are believed, and why, in words."""

    trusted: bool
    reason: str


def judge_spacing(geometry: Geometry, head_mm: tuple[float, float, float] | None) -> SpacingOpinion:
    """Compare the head's size along (k, j, i), in mm by the header, with what a head can be."""
    if head_mm is None:
        return SpacingOpinion(True, "the head's size could not be measured, so the header is taken at its word")
    shortest, longest = min(head_mm), max(head_mm)
    if longest > LARGEST_HEAD_MM:
        return SpacingOpinion(False, f"the head would be {longest:.0f} mm long")
    placeholder = np.allclose(geometry.spacing, 1.0, rtol=0, atol=PLACEHOLDER_TOLERANCE_MM)
    if placeholder and longest >= FLAT_HEAD_MM > shortest and shortest < FLAT_HEAD * longest:
        return SpacingOpinion(
            False,
            f"all sizes are exactly 1 mm, and the head would be {shortest:.0f} mm tall but {longest:.0f} mm long",
        )
    return SpacingOpinion(True, "the head has a possible size")


def with_spacing(geometry: Geometry, spacing_mm: tuple[float, float, float]) -> Geometry:
    """`geometry` with true voxel sizes (i, j, k) in mm as the user stated them; direction and origin stay.

    Raises
    ------
    InputError
        If a size is not between 0.1 and 20 mm.
    """
    sizes = np.asarray(spacing_mm, dtype=np.float64)
    if sizes.shape != (3,) or not np.all((sizes >= SMALLEST_STATED_MM) & (sizes <= LARGEST_STATED_MM)):
        raise InputError(
            f"{spacing_mm} is not a voxel size",
            source="stated voxel size",
            next_step=f"State three sizes (i, j, k) between {SMALLEST_STATED_MM:g} and {LARGEST_STATED_MM:g} mm.",
        )
    matrix = np.array(geometry.ijk_to_ras)
    matrix[:3, :3] = geometry.direction_ras * sizes
    return Geometry(geometry.shape, matrix)
