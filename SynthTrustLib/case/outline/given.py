"""An outline that was drawn elsewhere, by hand or by another program, brought onto the patient's grid."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.outline import is_dicom_outline, read_dicom_segments, refuse_other_dicom
from SynthTrustLib.case.file.image import require_image_content
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import POSITION_TOLERANCE_MM, Geometry
from SynthTrustLib.case.outline.label_convention import (
    AUTO,
    BINARY,
    in_words,
    known_labels,
    labels_of,
    nested_labels,
    spelled_out,
)
from SynthTrustLib.case.outline.order import core_surrounds_edema
from SynthTrustLib.case.outline.place import check_place, share_outside, shares_voxels
from SynthTrustLib.case.outline.segmented_file import SegmentedFile
from SynthTrustLib.case.outline.segments import listed, regions_of
from SynthTrustLib.case.outline.slicer_segments import read_slicer_segments
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.case.place.resample import overlap, resample_labels
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.task.task import BRATS, LABELS, PARTS, Task

Masks = dict[str, npt.NDArray[np.bool_]]

_WRONG_ORDER = (
    "its core surrounds its edema, as where labels have another order than BraTS: nnU-Net's is 1 edema, 2 necrosis, "
    "3 enhancing; if that is so, state {whole}=1+2+3,{core}=2+3,{enhancing}=3"
)

_LITTLE_LOST = 0.005
"""Share of an outline that may lie outside of the patient's volume without a row."""

_ONE_LABEL = (
    f"its only label is {{}}, which is read as the part of the tumor that {{}} gives this label; state {BINARY} "
    "if it is the {}, else {}"
)


NEARLY_WHOLE = 0.01
"""Values no further from whole numbers are those: programs that store labels as scaled integers round them so far."""

_ROUNDING = 1e-4
"""Differences from whole numbers up to this are those of float32, and need no word."""

FULL_SCALE = 255
"""The only label of masks from programs for pictures, whose white is this number."""

_WHO = {BRATS: "BraTS", LABELS: "the task"}


@dataclass(frozen=True, eq=False)
class GivenOutline:
    """Regions that a file tells, on the case's grid."""

    masks: Masks
    """Shape (k, j, i). Nested: ET lies in TC, and TC in WT."""
    sha256: str
    """Of the file's bytes."""
    checks: tuple[Check, ...] = ()
    """What was guessed, not used or lost on the way, and a concern where the labels seem to mean something else."""


@dataclass(frozen=True, eq=False)
class _Found:
    """What a file holds, on its own grid."""

    masks: Masks
    geometry: Geometry
    sha256: str
    source: str
    checks: tuple[Check, ...]


def load_outline(
    path: Path,
    case: PatientCase,
    *,
    convention: str = AUTO,
    what: str = "outline",
    name: str = "",
    may_be_empty: bool = True,
) -> GivenOutline:
    """Read a label map (NIfTI, NRRD, MetaImage), Slicer's ``.seg.nrrd`` or a DICOM SEG onto the case's grid.

    Nearest neighbour, where the grid is another one. Regions are nested, whatever the labels: a file that gives every
    voxel the label of one part only (``WT=2,TC=1,ET=3``) tells the same regions as one with ``WT=1+2+3,TC=1+3,ET=3``.

    `convention`: what the labels mean: ``"auto"`` (0/1 tells WT, else BraTS), ``"brats"``, ``"binary"`` (every label is
    WT), or spelled out, such as ``"WT=1+2+3,TC=1+3,ET=3"``. Where segments have names, as in a ``.seg.nrrd`` or a DICOM
    SEG, ``"auto"`` goes by these, and the numbers are those of the segments; see `segments.regions_of`. `what`: what
    the file is to be, for messages. `name`: what the user calls it, for the rows to check; `what` if not given.

    Raises InputError if the file cannot be read, holds values that are not such labels (they are named), or is empty
    and must not be. Raises GeometryError if it does not overlap the patient in space, or none of it falls on a voxel of
    the patient.
    """
    path, subject = Path(path), name or what
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir, it never raises
        raise InputError(
            f"this is a folder, not the {what}",
            source=path.name,
            next_step="Give the file itself, such as the DICOM SEG or the label map in it.",
        )
    file = read_dicom_segments(path) if is_dicom_outline(path) else read_slicer_segments(path)
    if file is not None:
        found = _of_segments(file, convention, subject, case.task)
    else:
        refuse_other_dicom(path, what)
        found = _of_labels(path, convention, what, subject, may_be_empty, case.task)
    if not may_be_empty and not any(mask.any() for mask in found.masks.values()):
        raise InputError(
            f"the {what} is empty: no voxel belongs to {' or '.join(case.task.name(region) for region in found.masks)}",
            source=found.source,
            next_step="Give a mask that holds a tumor, or state what its labels mean.",
        )
    if any(mask.all() for mask in found.masks.values()):
        raise InputError(
            f"every voxel of the {what} has one label, so it outlines nothing",
            source=found.source,
            next_step="Give a mask whose voxels outside the tumor are 0, or state what its labels mean.",
        )
    masks, on_the_way = _placed(found.masks, found.geometry, case, what, found.source, subject)
    checks = [*found.checks, *on_the_way]
    lost = [case.task.name(r) for r, mask in found.masks.items() if mask.any() and not masks[r].any()]
    if lost:
        text = f"none of its {' and '.join(lost)} falls on the patient's voxels: it is too thin, or lies beside them"
        checks.append(Check("outline_lost", subject, Verdict.WARNING, text))
    if core_surrounds_edema(masks, case.geometry.spacing, case.task):
        parts = {part: case.task.part(part) for part in PARTS}
        checks.append(Check("outline_order", subject, Verdict.CONCERN, _WRONG_ORDER.format(**parts)))
    checks += check_place(masks, case, subject)
    return GivenOutline(masks, found.sha256, tuple(checks))


def _of_segments(file: SegmentedFile, convention: str, subject: str, task: Task) -> _Found:
    told = regions_of(file.segments, convention, file.source, task)
    masks = {
        region: reduce(np.logical_or, map(file.mask, numbers), np.zeros(file.geometry.shape, bool))
        for region, numbers in told.labels.items()
    }
    remarks = (*file.remarks, *told.remarks(file.segments), _not_used(file.unnamed))
    checks = segment_checks(remarks, subject, quoted=listed([repr(name) for name in told.unused(file.segments)]))
    checks += _nesting(convention, subject, task)
    return _Found(masks, file.geometry, file.sha256, file.source, tuple(checks))


def _of_labels(path: Path, convention: str, what: str, subject: str, may_be_empty: bool, task: Task) -> _Found:
    image = read_image(path, blank_allowed=True)
    if not may_be_empty:
        require_image_content(image.array, image.source)
    array, remarks = _whole(image.array)
    values = [float(v) for v in np.unique(array)]
    inside = [value for value in values if value]
    if inside == [FULL_SCALE] and convention.lower() == AUTO:
        convention = BINARY
        remarks.append(f"its only label is {FULL_SCALE}, which is taken for the {task.regions[0].name}")
    meaning = labels_of(convention, values, task)
    if meaning is None:
        known = known_labels(task)
        words = ", ".join(f"{label:g}" for label in sorted(known))
        wrong = [v for v in values if v and v not in known]
        raise InputError(
            f"it holds the values {listed([f'{v:g}' for v in wrong])}, which are not labels of regions",
            source=image.source,
            next_step=f"Give a mask with 0 and 1 ({BINARY}), or with the labels {words} ({task.label_convention}).",
        )
    masks = {region: np.isin(array, numbers) for region, numbers in meaning.items()}
    used = {0, *(number for numbers in meaning.values() for number in numbers)}
    checks = [replace(remark, subject=subject) for remark in image.remarks]
    remarks.append(_not_used([value for value in inside if value not in used]))
    if spelled_out(convention, task) is not None:
        remarks.append(_not_there(sorted(used - {0, *values})))
    checks += segment_checks(remarks, subject)
    if convention.lower() == AUTO and len(inside) == 1 and inside != [1.0]:
        own = task.label_convention
        text = _ONE_LABEL.format(f"{inside[0]:g}", _WHO[own], task.regions[0].name, own)
        checks.append(Check("outline_labels", subject, Verdict.CONCERN, text))
    checks += _nesting(convention, subject, task)
    return _Found(masks, image.geometry, image.sha256, image.source, tuple(checks))


def _whole(array: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], list[str]]:
    """`array` with values that are nearly whole numbers as these, and what is to be said of it."""
    rounded = np.rint(array)
    off = np.abs(array - rounded)
    furthest = float(off.max())
    if not 0 < furthest <= NEARLY_WHOLE:
        return array, []
    said = f"its labels are no whole numbers ({array.flat[int(off.argmax())]:g} for one) and were rounded"
    return rounded, [said] if furthest > _ROUNDING else []


def segment_checks(remarks: Sequence[str], subject: str, *, quoted: str = "") -> list[Check]:
    """A row with what there is to say about the labels or segments of an outline; empty remarks say nothing."""
    text = "; ".join(filter(None, remarks))
    return [Check("outline_segments", subject, Verdict.WARNING, text, quoted)] if text else []


def _not_used(values: Sequence[float]) -> str:
    return f"no part of the tumor, so not used: label {listed([f'{value:g}' for value in values])}" if values else ""


def _not_there(labels: Sequence[int]) -> str:
    return f"stated, but no voxel has it: label {listed([str(label) for label in labels])}" if labels else ""


def _nesting(convention: str, subject: str, task: Task) -> list[Check]:
    """A row where a stated convention does not say itself that regions lie in one another."""
    stated = spelled_out(convention, task) or {}
    nested = nested_labels(stated, task)
    if all(set(numbers) == set(stated[region]) for region, numbers in nested.items()):
        return []
    text = f"outer regions take in the labels of the inner ones: {in_words(nested)}"
    return [Check("outline_nested", subject, Verdict.CHANGED, text)]


def _placed(
    masks: Masks, native: Geometry, case: PatientCase, what: str, source: str, subject: str
) -> tuple[Masks, list[Check]]:
    """`masks` of the grid `native` on the case's grid, and a row of what became of them on the way."""
    grid = _as_its_contrast_was_read(native, case)
    checks = []
    if grid is not native:
        text = "placed where its contrast lies, whose header has two statements, and not where its own header puts it"
        checks.append(Check("outline_placement", subject, Verdict.CHANGED, text))
    if grid.is_same(case.geometry) or _is_before_restating(grid, case):
        return dict(masks), checks
    as_drawn, grid = grid, _moved_with_its_contrast(grid, case)
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
    if not shares_voxels(grid, case.geometry):
        text = f"brought onto the grid of {case.reference}; its own was {native.describe()}"
        if grid is not as_drawn:
            text += ". It was moved with the contrast that it was drawn on"
        checks.append(Check("outline_grid", subject, Verdict.CHANGED, text))
    lost = share_outside(next(iter(masks.values())), grid, case.geometry)
    if lost > _LITTLE_LOST:
        text = f"{lost:.0%} of it lies outside of the images of {case.reference} and is lost"
        checks.append(Check("outline_cut", subject, Verdict.WARNING, text))
    alike, mm = _of_the_same_size(as_drawn, case)
    if alike:
        text = (
            f"it has as many voxels as {alike}, but its header puts them up to {mm:.0f} mm elsewhere: it may have been "
            "drawn on those and have lost their place"
        )
        checks.append(Check("outline_origin", subject, Verdict.CONCERN, text))
    return placed, checks


def _of_the_same_size(grid: Geometry, case: PatientCase) -> tuple[str, float]:
    """A contrast with as many voxels along each axis as `grid`, and by how much the two differ in place (mm).

    Empty where there is none, or one of them fills the same space, whatever way its axes run.
    """
    apart = {}
    for contrast, volume in case.volumes.items():
        if sorted(volume.native.shape) == sorted(grid.shape):
            across = volume.native.corners_ras()[:, None] - grid.corners_ras()[None]
            apart[contrast] = float(np.linalg.norm(across, axis=2).min(axis=1).max())
    nearest = min(apart, key=lambda contrast: apart[contrast], default="")
    if not nearest or apart[nearest] <= max(case.volumes[nearest].native.spacing):
        return "", 0.0
    return nearest, apart[nearest]


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
