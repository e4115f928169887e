"""Whether the voxel sizes in the headers can be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import HeadSize
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.errors import InputError

PLACEHOLDER_TOLERANCE_MM = 1e-4
"""All three sizes this close to 1 mm may be a placeholder."""

FLAT_HEAD = 0.62
"""Shortest over longest extent below which a head is impossibly flat (82 real patients: 0.72 and more with true sizes,
0.40 and less with placeholders)."""

FLAT_HEAD_MM = 100.0
"""A head, or a stripped brain, is taller than this along every axis."""

LARGEST_HEAD_MM = 330.0
"""No head is longer than this, neck included (seen with true sizes: 256)."""

LARGEST_BRAIN_MM, LARGEST_BRAIN_ML = 230.0, 2600.0
"""No stripped brain is longer or larger (seen with true sizes: 190 mm, 2100 mL)."""

SMALLEST_HEAD_MM = (110.0, 90.0)
"""The longest and the middle extent of any head or stripped brain, a small child's included, are larger, whatever few
slices were taken of it (seen with true sizes: 146 and 126 mm)."""

SMALLEST_WHOLE_MM, SMALLEST_WHOLE_ML = 80.0, 500.0
"""A head or brain that is not cut by the volume is longer than this along every axis, and larger (seen: 122 mm,
1072 mL)."""

SMALLEST_STATED_MM, LARGEST_STATED_MM = 0.1, 20.0


@dataclass(frozen=True)
class SpacingOpinion:
    """Whether the header's voxel sizes are believed, and why, in words."""

    trusted: bool
    reason: str


def judge_spacing(geometry: Geometry, head: HeadSize | None, skull: Skull = Skull.UNKNOWN) -> SpacingOpinion:
    """Compare the head's size by the header with what a head, or with the skull off a brain, can be."""
    if head is None:
        extent = np.sort(np.array(geometry.spacing) * geometry.shape)
        if extent[2] < SMALLEST_HEAD_MM[0] or extent[1] < SMALLEST_HEAD_MM[1]:
            return SpacingOpinion(False, f"a volume of {extent[2]:.3g} x {extent[1]:.3g} mm holds no head")
        return SpacingOpinion(True, "the head's size could not be measured, so the header is taken at its word")
    shortest, middle, longest = sorted(head.mm)
    what = "brain" if skull is Skull.OFF else "head"
    if longest > (LARGEST_BRAIN_MM if skull is Skull.OFF else LARGEST_HEAD_MM):
        return SpacingOpinion(False, f"the {what} would be {longest:.0f} mm long")
    if skull is Skull.OFF and head.ml > LARGEST_BRAIN_ML:
        return SpacingOpinion(False, f"the brain would have {head.ml:.0f} mL")
    if longest < SMALLEST_HEAD_MM[0] or middle < SMALLEST_HEAD_MM[1]:
        return SpacingOpinion(False, f"the {what} would be only {longest:.3g} x {middle:.3g} mm large")
    placeholder = np.allclose(geometry.spacing, 1.0, rtol=0, atol=PLACEHOLDER_TOLERANCE_MM)
    if placeholder and longest >= FLAT_HEAD_MM > shortest and shortest < FLAT_HEAD * longest:
        return SpacingOpinion(
            False,
            f"all sizes are exactly 1 mm, and the head would be {shortest:.0f} mm tall but {longest:.0f} mm long",
        )
    whole = [mm for mm, cut in zip(head.mm, head.cut, strict=True) if not cut]
    if whole and min(whole) < SMALLEST_WHOLE_MM:
        return SpacingOpinion(False, f"the whole {what} would be only {min(whole):.3g} mm long along one axis")
    if len(whole) == 3 and head.ml < SMALLEST_WHOLE_ML:
        return SpacingOpinion(False, f"the whole {what} would have only {head.ml:.3g} mL")
    return SpacingOpinion(True, f"the {what} has a possible size")


def with_spacing(geometry: Geometry, spacing_mm: tuple[float, float, float]) -> Geometry:
    """`geometry` with true voxel sizes (i, j, k) in mm as the user stated them; direction and origin stay.

    Raises InputError if a size is not between 0.1 and 20 mm.
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
