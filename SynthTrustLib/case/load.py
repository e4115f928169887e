"""From files to a PatientCase: read, compare, bring onto one grid, look before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case import preflight
from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.folder import read_series
from SynthTrustLib.case.file.declaration import Declaration, read_declaration
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.cavity import can_look_for_cavity, cavity_ml
from SynthTrustLib.case.head.hole import holes
from SynthTrustLib.case.head.in_case import look_in_volume, remember_look
from SynthTrustLib.case.head.look import (
    HeadLook,
    background_value,
    common_head,
    head_size,
    skull_of,
    skull_of_case,
)
from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase
from SynthTrustLib.case.place.align import Alignment, align, moved
from SynthTrustLib.case.place.resample import covered_share, resample
from SynthTrustLib.case.recognize.files import Recognized
from SynthTrustLib.case.recognize.one_examination import check_names
from SynthTrustLib.case.recognize.second_look import check_looks
from SynthTrustLib.case.spacing import SpacingOpinion, judge_spacing, with_spacing
from SynthTrustLib.case.unused import Unused, check_missing, check_unused
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

_Given = TypeVar("_Given")

FEW_VALUES = 8
"""An image with no more different values than this is a label mask."""

_CLEAR_FACES = 0.9
"""Share of the voxels on the faces of the volume with one exact value from which a brain is taken as cut out."""

_BELOW_BACKGROUND = 0.02
"""Share of voxels that may lie clearly below the background's value."""

_RINGING = 0.15
"""How far below the background interpolation takes voxels beside a stripped brain, as a share of the brain's 99th
percentile: splines overshoot (seen: 0.12 over 6 % of a published atlas-space volume)."""


def load_case(
    paths: Mapping[str, Path | Recognized],
    *,
    label: str | None = None,
    spacing_mm: tuple[float, float, float] | None = None,
    reference: str | None = None,
    synthetic: bool = False,
    unused: Sequence[Unused] = (),
    progress: Progress = silent,
    task: Task = GLIOMA,
) -> PatientCase:
    """Read one patient.

    `paths`: per contrast, at least one: an image file, the folder or a file of a DICOM series, or what
    `recognize_folder` found. What it was not sure of gets a row to check. `label`: a title that the user chose for
    every page. `spacing_mm`: true voxel size along (i, j, k) in mm as the user states it; replaces the header's and
    makes it trusted. `reference`: whose grid the case takes; the first that is there in the task's order (FLAIR, T1c,
    T2, T1), if not given. `synthetic`: whoever asks knows that no such patient exists; a file beside the images may say
    so, too. `unused`: what was found for the patient beside `paths`: it gets rows, too.

    Raises InputError or GeometryError if a file cannot be used, is given twice, or two contrasts do not overlap in
    space.
    """
    given = _of_task(paths, task)
    files = {c: image.path if isinstance(image, Recognized) else Path(image) for c, image in given.items()}
    # Stacks of an enhanced DICOM file share it.
    _refuse_same_path({c: p for c, p in files.items() if not (isinstance(i := given[c], Recognized) and i.series)})
    declared = read_declaration(dict.fromkeys(path.parent for path in files.values()))
    if synthetic and not declared.synthetic:
        declared = Declaration(True, source="whoever asked")
    images = _read_all(given, progress)
    case = assemble_case(
        images, label=label, spacing_mm=spacing_mm, reference=reference, declared=declared, progress=progress, task=task
    )
    recognized = [
        preflight.check_recognition(c, image.reason, image.confidence)
        for c, image in given.items()
        if isinstance(image, Recognized) and image.confidence < 1.0
    ]
    case = replace(
        case,
        checks=(
            *case.checks,
            *preflight.check_patient(images),
            *preflight.check_days(images),
            *check_names(_by_name(files, images)),
            *recognized,
            *_left_out(given, case),
            *check_unused(unused, given, task),
        ),
    )
    progress("Reading the patient", 1.0)
    return case


def assemble_case(
    images: Mapping[str, ReadImage],
    *,
    label: str | None = None,
    spacing_mm: tuple[float, float, float] | None = None,
    reference: str | None = None,
    declared: Declaration | None = None,
    progress: Progress = silent,
    task: Task = GLIOMA,
) -> PatientCase:
    """A PatientCase of images that are in memory already, wherever they came from. Arguments as in `load_case`.

    The arrays become part of the case and read-only.
    """
    declared = declared or Declaration()
    images = _of_task(images, task)
    _refuse_same_image(images)
    for contrast, image in images.items():
        _refuse_mask(contrast, image)
    chosen = reference or str(task.best_reference(images))
    if chosen not in images:
        raise InputError(
            f"{chosen} was chosen as the reference but was not given",
            source=chosen,
            next_step=f"Choose one of {', '.join(images)}.",
        )
    grid = images[chosen].geometry
    if spacing_mm is not None:
        images = _restate_spacing(images, grid, spacing_mm)
        grid = images[chosen].geometry

    given = images
    alignment = _compare_positions(images, chosen, stated=spacing_mm is not None)
    left_out = {contrast: images[contrast].source for contrast in images if contrast in alignment.left_out}
    images = {contrast: image for contrast, image in images.items() if contrast not in left_out}
    chosen, moves = alignment.reference, alignment.moves
    grid = images[chosen].geometry
    volumes: dict[str, ContrastVolume] = {}
    background: dict[str, str] = {}
    shares: dict[str, float] = {}
    for done, (contrast, image) in enumerate(images.items()):
        progress("Reading the patient", 0.7 + 0.25 * done / len(images))
        array, background[contrast] = _with_zero_background(image.array)
        placed = moved(image, moves[contrast]) if contrast in moves else image
        resampled = not placed.geometry.is_same(grid)
        shares[contrast] = 1.0
        if resampled:
            shares[contrast] = _require_overlap(contrast, placed, chosen, images[chosen])
            array = resample(array, placed.geometry, grid)
        array.setflags(write=False)
        volumes[contrast] = ContrastVolume(
            contrast,
            array,
            image.source,
            image.sha256,
            image.geometry,
            resampled,
            files=image.files,
            moved=moves[contrast].reference_to_moving if contrast in moves else None,
            elsewhere=image.elsewhere,
        )

    with ThreadPoolExecutor(len(volumes)) as pool:
        looks = dict(zip(volumes, pool.map(partial(_look, images=images, grid=grid), volumes.values()), strict=True))
    head = common_head(list(looks.values()))
    steps = looks[chosen].steps
    size = head_size(head, steps, grid) if head is not None and head.any() else None
    skull = skull_of_case(looks)
    stated = spacing_mm is not None
    opinion = SpacingOpinion(True, "stated by the user") if stated else judge_spacing(grid, size, skull)

    checks: list[Check] = []
    if declared.synthetic:
        checks.append(Check("origin", "case", Verdict.READY, f"a synthetic patient, as {declared.source} declares"))
    checks += preflight.check_contrasts(volumes, left_out, task)
    for contrast, volume in volumes.items():
        checks += [replace(remark, subject=contrast) for remark in images[contrast].remarks]
        checks += preflight.check_grid(volume, chosen, shares[contrast])
        array = images[contrast].array
        checks += preflight.check_sign(contrast, array, background_value(array, share=_CLEAR_FACES))
        checks += preflight.check_overrun(contrast, array)
    checks += alignment.checks
    checks += check_looks(given, volumes, looks)
    checks.append(preflight.check_spacing(grid, opinion.trusted, opinion.reason, stated))
    checks += preflight.check_orientation(grid)
    checks.append(preflight.check_skull(skull))
    arrays = {contrast: volume.array for contrast, volume in volumes.items()}
    if not can_look_for_cavity(volumes, skull, spacing_trusted=opinion.trusted):
        checks.append(preflight.check_cavity(cavity_ml(arrays, looks[chosen], grid, skull)))
    checks += preflight.check_coverage(looks)
    told = {check.subject for check in checks if check.name == "sign"}  # whose lost tissue is no hole of its own
    checks += preflight.check_holes({c: share for c, share in holes(arrays, looks).items() if c not in told})
    for contrast, volume in volumes.items():
        checks.append(preflight.check_intensity(contrast, volume.array, looks[contrast], background[contrast]))
    return PatientCase(
        geometry=grid,
        volumes=volumes,
        reference=chosen,
        spacing_trusted=opinion.trusted,
        skull=skull,
        checks=tuple(checks),
        label=label or declared.label,
        is_synthetic=declared.synthetic,
        task=task,
    )


def _by_name(files: Mapping[str, Path], images: Mapping[str, ReadImage]) -> dict[str, Path]:
    """The files that no header tells apart by patient and day."""
    return {contrast: path for contrast, path in files.items() if not images[contrast].patient}


def _left_out(given: Collection[str], case: PatientCase) -> list[Check]:
    """Rows of the contrasts that were given and are not in the case, where nobody has raised a concern about them."""
    said = {check.subject for check in case.concerns}
    return [
        check_missing(case.task.contrast(contrast), "it was given, but could not be used and was left out")
        for contrast in given
        if contrast not in case.volumes and contrast not in said
    ]


def _compare_positions(images: Mapping[str, ReadImage], reference: str, *, stated: bool) -> Alignment:
    """Which contrasts are to be moved onto the reference or left out, and the rows that say so.

    Moved only with a voxel size that can be believed: a rigid move means nothing where millimetres are placeholders.
    """
    still = images[reference]
    if not stated:
        look = still.look
        size = head_size(look.mask, look.steps, still.geometry) if look.separable else None
        if not judge_spacing(still.geometry, size, skull_of(look)).trusted:
            return align(images, reference, in_mm=False)
    for contrast, image in images.items():
        if contrast != reference:
            _require_overlap(contrast, image, reference, still)
    return align(images, reference)


def _look(volume: ContrastVolume, images: Mapping[str, ReadImage], grid: Geometry) -> HeadLook:
    """A look at the head in `volume`: that at its file where nothing was changed since."""
    image = images[volume.contrast]
    if volume.array is image.array and image.geometry.is_same(grid):
        remember_look(volume, grid, image.look)
    return look_in_volume(volume, grid)


def _of_task(given: Mapping[str, _Given], task: Task) -> dict[str, _Given]:
    """What was given, in the task's order."""
    strangers = [contrast for contrast in given if contrast not in task.contrast_ids]
    if strangers or not given:
        most = f"; {' and '.join(task.reference_order[:2])} tell most" if task.reference_order else ""
        raise InputError(
            f"{strangers[0]} is no contrast of the task {task.id}" if strangers else "no contrast was given",
            source="patient",
            next_step=f"Give at least one of {', '.join(task.contrast_ids)}{most}.",
        )
    return {contrast: given[contrast] for contrast in task.contrast_ids if contrast in given}


def read_found(image: Path | Recognized) -> ReadImage:
    """An image by its path, or as it was recognized in a folder."""
    if isinstance(image, Recognized):
        return read_series(image.series) if image.series else read_image(image.path)
    return read_image(Path(image))


def _read_all(paths: Mapping[str, Path | Recognized], progress: Progress) -> dict[str, ReadImage]:
    progress("Reading the patient", 0.0)
    images: dict[str, ReadImage] = {}
    with ThreadPoolExecutor(len(paths)) as pool:
        waiting = {pool.submit(read_found, path): contrast for contrast, path in paths.items()}
        for done, future in enumerate(as_completed(waiting), start=1):
            images[waiting[future]] = future.result()
            progress("Reading the patient", 0.7 * done / len(paths))
    return {contrast: images[contrast] for contrast in paths}  # whichever was read first: the same answer every time


def _refuse_same_path(paths: Mapping[str, Path]) -> None:
    seen: dict[Path, str] = {}
    for contrast, path in paths.items():
        first = seen.setdefault(path.resolve(), contrast)
        if first != contrast:
            raise _given_twice(path.name, first, contrast)


def _refuse_same_image(images: Mapping[str, ReadImage]) -> None:
    pairs = [(a, b) for n, a in enumerate(images) for b in list(images)[n + 1 :]]
    for a, b in pairs:
        one, other = images[a], images[b]
        if one.sha256 == other.sha256 or _same_voxels(one.array, other.array):
            raise _given_twice(other.source, a, b)


def _same_voxels(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> bool:
    if one.shape != other.shape:
        return False
    middle = one.shape[0] // 2
    return np.array_equal(one[middle], other[middle]) and np.array_equal(one, other)


def _given_twice(source: str, first: str, second: str) -> InputError:
    return InputError(
        f"the same image was given as {first} and as {second}",
        source=source,
        next_step=f"Give the right file for {first} and for {second}, or leave one out.",
    )


def _refuse_mask(contrast: str, image: ReadImage) -> None:
    if np.unique(image.array[::3, ::3, ::3]).size > FEW_VALUES:
        return
    values = np.unique(image.array)
    if values.size <= FEW_VALUES:
        raise InputError(
            f"it has only {values.size} different values, as a label mask has, but was given as {contrast}",
            source=image.source,
            next_step=f"Give the {contrast} series; give a reference mask as the reference.",
        )


def _restate_spacing(
    images: Mapping[str, ReadImage], grid: Geometry, spacing_mm: tuple[float, float, float]
) -> dict[str, ReadImage]:
    for contrast, image in images.items():
        if not image.geometry.is_same(grid):
            raise GeometryError(
                f"a voxel size can be stated only where all contrasts share one grid, and {contrast} has its own",
                source=image.source,
                next_step="Leave the voxel size out, or correct the headers of the files.",
            )
    restated = with_spacing(grid, spacing_mm)
    return {contrast: replace(image, geometry=restated) for contrast, image in images.items()}


def _require_overlap(contrast: str, image: ReadImage, reference: str, onto: ReadImage) -> float:
    share = 1.0 if image.geometry.is_same(onto.geometry) else covered_share(onto.geometry, by=image.geometry)
    if share == 0.0:
        raise GeometryError(
            f"{contrast} and {reference} ({onto.source}) do not overlap in space",
            source=image.source,
            next_step="Check that both files are of one patient and one examination, or register them first.",
        )
    return share


def _with_zero_background(array: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], str]:
    """The array with its exact background at 0 and nothing below it, and what was done for that in words, if anything.

    Others' tools rescale a stripped brain and leave its background at -1 or the like, or interpolate it with splines
    that ring below the background; everything after this expects 0 and no less. A grey background with darker tissue in
    it (real-part images) stays as it is.
    """
    background = background_value(array, share=_CLEAR_FACES)
    if background is None or float(array.min()) == background == 0.0:
        return array, ""
    high = float(np.percentile(array[::2, ::2, ::2], 99.8)) - background
    if high <= 0 or float(np.mean(array < background - _RINGING * high)) > _BELOW_BACKGROUND:
        return array, ""
    done = [f"the background's value {background:g} was moved to 0, and all others with it"] if background else []
    if float(array.min()) < background:
        done.append("what interpolation had left below the background was set to 0")
    return np.maximum(array - np.float32(background), np.float32(0)), "; ".join(done)
