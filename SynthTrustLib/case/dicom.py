"""DICOM: the series of a folder, however deep and mixed, and one series as a volume with its place in space."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.dicom_frame import (
    DicomFrame,
    DicomHeader,
    SeriesAttributes,
    looks_like_dicom,
    quiet,
    read_header,
)
from SynthTrustLib.case.dicom_stack import SeveralVolumes, StackPlan, plan_stack
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.itk_header import itk_warnings_off
from SynthTrustLib.case.not_finite import fill_surroundings
from SynthTrustLib.case.read import MAXIMUM_BYTES, MINIMUM_VOXELS, ReadImage, require_image_content
from SynthTrustLib.case.scratch import scratch_folder
from SynthTrustLib.errors import InputError

SAME_AXES = 0.02
"""Planes whose direction cosines differ by less than this belong to one stack."""

_UNCOMPRESSED = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"})


@dataclass(frozen=True, eq=False)
class DicomSeries:
    """A stack of planes that belong together: a series, or the part of one with the same orientation, size and echo.

    Attributes
    ----------
    source : str
        ``"DICOM series 301"``: the scanner's number, never a description that could hold a name.
    patient, study : str
        Hashes or UIDs that only tell two apart.
    geometry : Geometry
        The regular grid that the volume will have.
    """

    source: str
    number: int
    patient: str
    study: str
    study_time: str
    frame_of_reference: str
    attributes: SeriesAttributes
    plan: StackPlan

    @property
    def geometry(self) -> Geometry:
        return self.plan.geometry

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are used, in slice order, each once."""
        return tuple(dict.fromkeys(frame.path for frame in self.plan.frames))


@dataclass(frozen=True, eq=False)
class DicomFolder:
    """What the DICOM files of a folder are.

    Attributes
    ----------
    series : tuple of DicomSeries
        Stacks that could be a contrast.
    others : dict
        First file of everything else, and why it cannot be one, in words.
    damaged : tuple of Path
        Files that could not be read.
    unusable : dict
        Of the `others`, those that are images of an MR series but no usable stack: how they were measured.
    """

    series: tuple[DicomSeries, ...] = ()
    others: dict[Path, str] = field(default_factory=dict)
    damaged: tuple[Path, ...] = ()
    unusable: dict[Path, SeriesAttributes] = field(default_factory=dict)


def find_series(paths: Iterable[Path]) -> DicomFolder:
    """Sort DICOM files into series; files that are no DICOM are passed over."""
    groups: dict[tuple[str, str, str], list[DicomHeader]] = {}
    others: dict[Path, str] = {}
    seen_others: set[tuple[str, str]] = set()
    damaged: list[Path] = []
    for path in paths:
        if not looks_like_dicom(path):
            continue
        header = read_header(path)
        if header is None:
            if path.name.upper() != "DICOMDIR":
                damaged.append(path)
        elif header.other:
            if (header.series, header.other) not in seen_others:
                seen_others.add((header.series, header.other))
                others[path] = f"series {header.series_number}: {header.other}"
        else:
            groups.setdefault((header.patient, header.study, header.series), []).append(header)
    found: list[DicomSeries] = []
    unusable: dict[Path, SeriesAttributes] = {}
    for headers in groups.values():
        stacks = _stacks(headers)
        for n, stack in enumerate(stacks, start=1):
            name = f"{stack[0][0].series_number}" + (f", part {n}" if len(stacks) > 1 else "")
            outcome = _as_series(name, stack)
            if isinstance(outcome, DicomSeries):
                found.append(outcome)
            else:
                others[stack[0][1].path] = outcome
                unusable[stack[0][1].path] = stack[0][0].attributes
    return DicomFolder(tuple(found), others, tuple(damaged), unusable)


_Placed = tuple[DicomHeader, DicomFrame]


def _stacks(headers: Sequence[DicomHeader]) -> list[list[_Placed]]:
    """Frames of one series that share size, orientation, echo time and kind of image."""
    stacks: list[list[_Placed]] = []
    for header in headers:
        for frame in header.frames:
            for stack in stacks:
                if _belong_together(stack[0], (header, frame)):
                    stack.append((header, frame))
                    break
            else:
                stacks.append([(header, frame)])
    return stacks


def _belong_together(one: _Placed, other: _Placed) -> bool:
    (header, frame), (other_header, other_frame) = one, other
    if frame.axes is None or other_frame.axes is None:
        return frame.axes is other_frame.axes
    a, b = header.attributes, other_header.attributes
    return (
        frame.shape == other_frame.shape
        and np.allclose(frame.axes, other_frame.axes, atol=SAME_AXES)
        and np.allclose(frame.pixel_mm, other_frame.pixel_mm, rtol=1e-3)
        and a.image_type == b.image_type
        and abs((a.echo_time or 0.0) - (b.echo_time or 0.0)) < 1.0
    )


def _as_series(name: str, stack: list[_Placed]) -> DicomSeries | str:
    """The stack as a series, or why it cannot be one."""
    header, first = stack[0]
    frames = [frame for _, frame in stack]
    label = f"series {name}"
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
        number=header.series_number,
        patient=header.patient,
        study=header.study,
        study_time=header.study_time,
        frame_of_reference=header.frame_of_reference,
        attributes=header.attributes,
        plan=plan,
    )


def series_at(path: Path) -> DicomSeries:
    """The one series in a folder, or the series in a file's folder that the file belongs to.

    Raises
    ------
    InputError
        If there is none, or the folder holds several.
    """
    inside = path if path.is_dir() else path.parent
    folder = find_series(sorted(p for p in inside.iterdir() if p.is_file()))
    if path.is_dir():
        matching = list(folder.series)
    else:
        matching = [s for s in folder.series if any(frame.path == path for frame in s.plan.frames)]
    if len(matching) == 1:
        return matching[0]
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


def read_series(series: DicomSeries) -> ReadImage:
    """Decode a series into one volume on its regular grid.

    Raises
    ------
    InputError
        If a file is damaged or compressed in a way that cannot be decoded; one line, the file's name in it.
    """
    digest = hashlib.sha256()
    plan = series.plan
    planes = np.empty((len(plan.frames), *plan.geometry.shape[1:]), np.float32)
    at: dict[Path, list[int]] = {}
    for n, frame in enumerate(plan.frames):
        at.setdefault(frame.path, []).append(n)
    for path, where in at.items():
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise _unreadable(path, error.strerror or type(error).__name__) from None
        digest.update(raw)
        stored, scaled = _decode(path, raw, plan.frames[where[0]])
        for n in where:
            frame = plan.frames[n]
            planes[n] = stored[frame.frame]
            if not scaled and (frame.slope, frame.intercept) != (1.0, 0.0):
                planes[n] = planes[n] * np.float32(frame.slope) + np.float32(frame.intercept)
    if plan.shifts.any():
        for n, shift in enumerate(plan.shifts):
            planes[n] = ndimage.shift(planes[n], shift, order=1, cval=0.0)
    array, filled = fill_surroundings(_interpolated(planes, plan), series.source)
    require_image_content(array, series.source)
    return ReadImage(
        array=array,
        geometry=plan.geometry,
        sha256=digest.hexdigest(),
        source=series.source,
        remarks=(*plan.remarks, *filled),
        files=tuple(frame.path if frame else None for frame in plan.sources),
    )


def _interpolated(planes: npt.NDArray[np.float32], plan: StackPlan) -> npt.NDArray[np.float32]:
    if len(plan.below) == len(planes) and all(source is not None for source in plan.sources):
        return planes
    weight = plan.weight.astype(np.float32)[:, None, None]
    return np.asarray((1 - weight) * planes[plan.below] + weight * planes[plan.below + 1])


def _decode(path: Path, raw: bytes, frame: DicomFrame) -> tuple[npt.NDArray[Any], bool]:
    """Pixels (frame, row, column), and whether they are scaled already as the header says."""
    import pydicom

    compressed = False
    try:
        with quiet():
            data = pydicom.dcmread(BytesIO(raw), force=True)
            syntax = getattr(data.file_meta, "TransferSyntaxUID", None)
            if syntax is None:
                data.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
            compressed = syntax is not None and str(syntax) not in _UNCOMPRESSED
            pixels = np.asarray(data.pixel_array)
            bits, unsigned = int(data.BitsStored), int(data.PixelRepresentation) == 0
            if unsigned and not compressed and bits < 16 and pixels.dtype == np.uint16:
                pixels = pixels & np.uint16((1 << bits) - 1)  # old scanners keep overlays in the unused bits
        scaled = False
    except Exception:  # pydicom raises nearly anything on damaged files
        if not compressed:
            raise _unreadable(path, "its pixels are damaged or incomplete") from None
        pixels, scaled = _decode_with_itk(path, raw), True
    pixels = pixels.reshape(-1, *pixels.shape[-2:])
    if pixels.shape != (frame.frames, *frame.shape):
        raise _unreadable(path, "its pixels do not fit its header")
    return pixels, scaled


def _decode_with_itk(path: Path, raw: bytes) -> npt.NDArray[Any]:
    """For compressions that only GDCM knows, such as lossless JPEG."""
    import SimpleITK as sitk

    try:
        with scratch_folder() as folder, itk_warnings_off():
            copy = Path(folder, "slice.dcm")
            copy.write_bytes(raw)
            return sitk.GetArrayFromImage(sitk.ReadImage(str(copy)))
    except RuntimeError:
        raise _unreadable(path, "its compressed pixels are damaged or of a kind that cannot be read") from None


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(
        f"the DICOM file cannot be read ({why})",
        source=path.name,
        next_step="Copy or export the series again, uncompressed if it is possible.",
    )
