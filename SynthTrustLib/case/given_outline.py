"""An outline that was drawn elsewhere, by hand or by another program, brought onto the patient's grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import POSITION_TOLERANCE_MM, Geometry
from SynthTrustLib.case.label_convention import AUTO, BINARY, BRATS, labels_of
from SynthTrustLib.case.patient_case import PatientCase, Verdict
from SynthTrustLib.case.read import read_image
from SynthTrustLib.case.resample import overlap, resample_labels
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.vocabulary import Region

Masks = dict[Region, npt.NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class GivenOutline:
    """Regions that a file tells, on the case's grid.

    Attributes
    ----------
    masks : dict of Region to ndarray of bool, shape (k, j, i)
    sha256 : str
        Of the file's bytes.
    """

    masks: Masks
    sha256: str


def load_outline(
    path: Path, case: PatientCase, *, convention: str = AUTO, what: str = "outline", may_be_empty: bool = True
) -> GivenOutline:
    """Read a label map (NIfTI, NRRD, MetaImage) or a DICOM SEG onto the case's grid, nearest neighbour.

    Parameters
    ----------
    convention : str
        What the labels mean: ``"auto"`` (0/1 tells WT, else BraTS), ``"brats"``, ``"binary"`` (every label is WT), or
        spelled out, such as ``"WT=1+2+3,TC=1+3,ET=3"``. Of a DICOM SEG ``"auto"`` goes by the segments' own names, and
        the numbers are those of its segments.
    what : str
        What the file is to be, for messages.

    Raises
    ------
    InputError
        If the file cannot be read, or holds values that are not such labels; the values are named.
    GeometryError
        If it does not overlap the patient in space, or none of it falls on a voxel of the patient.
    """
    from SynthTrustLib.case.dicom_outline import is_dicom_outline, read_dicom_outline

    path = Path(path)
    if is_dicom_outline(path):
        found = read_dicom_outline(path, convention)
        return GivenOutline(_placed(found.masks, found.geometry, case, what, path.name), found.sha256)
    image = read_image(path, blank_allowed=may_be_empty)
    values = [float(v) for v in np.unique(image.array)]
    meaning = labels_of(convention, values)
    if meaning is None:
        wrong = [v for v in values if v not in (0.0, 1.0, 2.0, 3.0, 4.0)]
        shown = ", ".join(f"{v:g}" for v in wrong[:6]) + (", ..." if len(wrong) > 6 else "")
        raise InputError(
            f"it holds the values {shown}, which are not {what} labels",
            source=image.source,
            next_step=f"Give a mask with 0 and 1 ({BINARY}), or with BraTS labels 1, 2 and 3 or 4 ({BRATS}).",
        )
    masks = {region: np.isin(image.array, numbers) for region, numbers in meaning.items()}
    return GivenOutline(_placed(masks, image.geometry, case, what, image.source), image.sha256)


def _placed(
    masks: Mapping[Region, npt.NDArray[np.bool_]], grid: Geometry, case: PatientCase, what: str, source: str
) -> Masks:
    """`masks` of `grid` on the case's grid."""
    grid = _as_its_contrast_was_read(grid, case)
    if grid.is_same(case.geometry) or _is_before_restating(grid, case):
        return dict(masks)
    grid = _moved_with_its_contrast(grid, case)
    if not overlap(case.geometry, grid):
        raise GeometryError(
            f"the {what} does not overlap the patient in space",
            source=source,
            next_step="Give the mask that was drawn on this examination.",
        )
    placed = {r: resample_labels(mask.astype(np.uint8), grid, case.geometry).astype(bool) for r, mask in masks.items()}
    if any(mask.any() for mask in masks.values()) and not any(mask.any() for mask in placed.values()):
        raise GeometryError(
            f"none of the {what} falls on the patient's voxels: it lies beside them or is thinner than they are",
            source=source,
            next_step="Give the mask on the grid of the series that it was drawn on.",
        )
    return placed


def _is_before_restating(grid: Geometry, case: PatientCase) -> bool:
    """Whether `grid` is the case's but for the voxel size that the user stated in the header's place."""
    restated = any(check.name == "spacing" and check.verdict is Verdict.CHANGED for check in case.checks)
    return (
        restated
        and grid.shape == case.geometry.shape
        and np.allclose(grid.direction_ras, case.geometry.direction_ras, atol=1e-4)
        and np.allclose(grid.ijk_to_ras[:3, 3], case.geometry.ijk_to_ras[:3, 3], atol=POSITION_TOLERANCE_MM)
    )


def _as_its_contrast_was_read(grid: Geometry, case: PatientCase) -> Geometry:
    """The contrast's grid for an outline that another program has saved where the header's other statement puts it."""
    if any(grid.is_same(volume.native) for volume in case.volumes.values()):
        return grid
    for volume in case.volumes.values():
        if volume.elsewhere is not None and grid.is_same(volume.elsewhere):
            return volume.native
    return grid


def _moved_with_its_contrast(grid: Geometry, case: PatientCase) -> Geometry:
    """Where `grid` lies once the contrast that it was drawn on has been moved onto the reference."""
    for volume in case.volumes.values():
        if volume.moved is not None and grid.is_same(volume.native):
            return Geometry(grid.shape, np.linalg.inv(volume.moved) @ grid.ijk_to_ras)
    return grid
