"""DICOM: the series of a folder, however deep and mixed, and one series as a volume with its place in space."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.evidence import evidence_of
from SynthTrustLib.case.dicom.file import looks_like_dicom
from SynthTrustLib.case.dicom.frame import NO_IMAGES, DicomHeader, SeriesAttributes, read_header
from SynthTrustLib.case.dicom.group import Stack, sort_into_stacks
from SynthTrustLib.case.dicom.planes import read_planes
from SynthTrustLib.case.dicom.stack import SeveralVolumes, StackPlan, plan_stack
from SynthTrustLib.case.file.image import MAXIMUM_BYTES, MINIMUM_VOXELS, ReadImage, require_image_content
from SynthTrustLib.case.file.not_finite import fill_surroundings
from SynthTrustLib.case.file.unit import in_any_unit
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import InputError

TURNED = "its header turns dark and bright around (it has a negative slope)"


@dataclass(frozen=True, eq=False)
class DicomSeries:
    """A stack of planes that belong together: a series, or the part of one with the same orientation, size and echo.

    Attributes
    ----------
    source : str
        ``"DICOM series 301"``: the scanner's number, never a description that could hold a name.
    patient, study : str
        Hashes that only tell two patients, or two examinations, apart.
    spellings : frozenset of str
        Hashes of the ways in which its headers write the patient.
    studies : frozenset of str
        The identifiers of studies in its headers.
    geometry : Geometry
        The regular grid that the volume will have.
    day : str
        On which it was scanned, YYYYMMDD; empty where its header does not say. Never printed.
    remarks : tuple of Check
        What was guessed about it as a series; those about its slices are in `plan`.
    """

    source: str
    number: int
    patient: str
    study: str
    spellings: frozenset[str]
    studies: frozenset[str]
    study_time: str
    attributes: SeriesAttributes
    plan: StackPlan
    day: str = field(default="", repr=False)
    remarks: tuple[Check, ...] = ()

    @property
    def geometry(self) -> Geometry:
        return self.plan.geometry

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are used, in slice order, each once."""
        return tuple(dict.fromkeys(frame.path for frame in self.plan.frames))


@dataclass(frozen=True, eq=False)
class DicomFolder:
    """What the DICOM files of a folder are."""

    series: tuple[DicomSeries, ...] = ()
    """Stacks that could be a contrast."""
    others: dict[Path, str] = field(default_factory=dict)
    """First file of everything else, and why it cannot be one, in words."""
    damaged: tuple[Path, ...] = ()
    """Files that could not be read."""
    unusable: dict[Path, SeriesAttributes] = field(default_factory=dict)
    """Of the `others`, those that are images of an MR series but no usable stack: how they were measured."""


def find_series(paths: Iterable[Path]) -> DicomFolder:
    """Sort DICOM files into series; files that are no DICOM are passed over."""
    headers: list[DicomHeader] = []
    damaged: list[Path] = []
    for path in paths:
        if looks_like_dicom(path):
            header = read_header(path)
            if header is not None:
                headers.append(header)
            elif path.name.upper() != "DICOMDIR":
                damaged.append(path)
        elif os.path.isfile(path) and not os.access(path, os.R_OK):  # noqa: PTH113 - unlike Path.is_file, never raises
            damaged.append(path)
    found: list[DicomSeries] = []
    others: dict[Path, str] = {}
    unusable: dict[Path, SeriesAttributes] = {}
    seen_others: set[tuple[str, str]] = set()
    for header in headers:
        if header.other and (header.series, header.other) not in seen_others:
            seen_others.add((header.series, header.other))
            others[header.path] = f"series {header.series_number}: {header.other}"
            if header.is_scan:
                unusable[header.path] = header.attributes
    cut_off = Counter(header.series for header in headers if header.other == NO_IMAGES)
    for stack in sort_into_stacks([header for header in headers if not header.other]):
        outcome = _as_series(stack)
        if isinstance(outcome, DicomSeries):
            count = cut_off[stack.headers[0].series]
            found.append(_with_row(outcome, f"{_files(count)} of it without an image") if count else outcome)
        else:
            path = stack.frames[0].path  # of an enhanced file there may be several stacks
            others[path] = f"{others[path]}; {outcome}" if path in others else outcome
            unusable[path] = stack.frames[0].attributes
    return DicomFolder(tuple(found), others, tuple(damaged), unusable)


def _with_row(series: DicomSeries, found: str) -> DicomSeries:
    """The series with a row on files that were `found` and may have been slices of it."""
    text = f"{found}: slices of it may be missing, as where a copy broke off"
    return replace(series, remarks=(*series.remarks, Check("damaged_files", "", Verdict.WARNING, text)))


def _files(count: int) -> str:
    return "there is 1 file" if count == 1 else f"there are {count} files"


def _as_series(stack: Stack) -> DicomSeries | str:
    """The stack as a series, or why it cannot be one."""
    frames, label = stack.frames, f"series {stack.name}"
    first = frames[0]
    if stack.refused:
        return f"{label}: {stack.refused}"
    if first.axes is None or any(frame.position is None for frame in frames) or min(first.pixel_mm) <= 0:
        return f"{label}: its images have no place in space"
    lengths = np.linalg.norm(first.axes, axis=1)
    if np.any(np.abs(lengths - 1) > 0.05) or abs(float(first.axes[0] @ first.axes[1])) > 0.05:
        return f"{label}: its image axes are not perpendicular"
    if min(first.shape) < MINIMUM_VOXELS or len(frames) < MINIMUM_VOXELS:
        return f"{label}: {len(frames)} images, a localizer or a fragment"
    if len(frames) * first.shape[0] * first.shape[1] * 4 > MAXIMUM_BYTES:
        return f"{label}: more voxels than SynthTrust can hold"
    try:
        plan = plan_stack(frames, f"DICOM {label}")
    except SeveralVolumes as several:
        return f"{label}: {several}, as dynamic and diffusion series have"
    except InputError as error:
        return f"{label}: {error.what}"
    if min(plan.geometry.shape) < MINIMUM_VOXELS:
        return f"{label}: {plan.geometry.shape[0]} slices, a localizer or a fragment"
    if plan.geometry.shape[0] * first.shape[0] * first.shape[1] * 4 > MAXIMUM_BYTES:
        return f"{label}: more voxels than SynthTrust can hold"
    return DicomSeries(
        source=f"DICOM {label}",
        number=stack.headers[0].series_number,
        patient=stack.patient,
        study=stack.examination,
        spellings=frozenset(header.patient.spelling for header in stack.headers),
        studies=frozenset(header.study.uid for header in stack.headers),
        study_time=stack.headers[0].study.when,
        attributes=first.attributes,
        plan=plan,
        day=stack.headers[0].study.day,
        remarks=stack.remarks,
    )


def series_at(path: Path) -> DicomSeries:
    """The one series in a folder, or the series in a file's folder that the file belongs to.

    Raises InputError if there is none, or the folder holds several.
    """
    inside = path if path.is_dir() else path.parent
    folder = find_series(sorted(p for p in inside.iterdir() if p.is_file() and not p.name.startswith(".")))
    matching = [series for series in folder.series if path.is_dir() or _has_file(series, path)]
    if len(matching) == 1:
        count = len(folder.damaged)
        return _with_row(matching[0], f"{_files(count)} in its folder that cannot be read") if count else matching[0]
    if matching:
        names = ", ".join(series.source.removeprefix("DICOM series ") for series in matching[:6])
        raise InputError(
            f"the folder holds {len(matching)} DICOM series ({names})",
            source=path.name,
            next_step="Give one file of the series that is meant.",
        )
    why = next(iter(folder.others.values()), "no DICOM images that could be read are there")
    raise InputError(
        f"this is no DICOM series that can be used ({why})",
        source=path.name,
        next_step="Give the folder of one MRI series, or one of its files.",
    )


def _has_file(series: DicomSeries, path: Path) -> bool:
    """Whether `path`, however it is spelled, is one of the series' files, copies of its slices among them."""
    files = {*(frame.path for frame in series.plan.frames), *(frame.path for _, frame in series.plan.spare)}
    return path in files or any(path.name.casefold() == one.name.casefold() and path.samefile(one) for one in files)


def read_series(series: DicomSeries) -> ReadImage:
    """Decode a series into one volume on its regular grid.

    Raises InputError if a file is damaged or compressed in a way that cannot be decoded; one line, the file's name in
    it.
    """
    planes = read_planes(series.plan)
    plan = series.plan
    if plan.shifts.any():
        for n, shift in enumerate(plan.shifts):
            planes.values[n] = ndimage.shift(planes.values[n], shift, order=1, cval=0.0)
    values, scaled = in_any_unit(_interpolated(planes.values, plan))
    array, filled = fill_surroundings(values, series.source)
    require_image_content(array, series.source)
    turned = [Check("slope", "", Verdict.WARNING, TURNED)] if any(frame.slope < 0 for frame in plan.frames) else []
    return ReadImage(
        array=array,
        geometry=plan.geometry,
        sha256=planes.sha256,
        source=series.source,
        remarks=(*series.remarks, *plan.remarks, *planes.remarks, *turned, *scaled, *filled),
        files=tuple(frame.path if frame else None for frame in plan.sources),
        patient=series.spellings,
        told=evidence_of(series.attributes),
        day=series.day,
    )


def _interpolated(planes: npt.NDArray[np.float32], plan: StackPlan) -> npt.NDArray[np.float32]:
    if len(plan.below) == len(planes) and all(source is not None for source in plan.sources):
        return planes
    weight = plan.weight.astype(np.float32)[:, None, None]
    return np.asarray((1 - weight) * planes[plan.below] + weight * planes[plan.below + 1])
