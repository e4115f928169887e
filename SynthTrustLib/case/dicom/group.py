"""Which DICOM frames make one stack. Identifiers of series are not trusted alone, in either direction.

Anonymizers and archives give every file a series of its own, or all contrasts the same one: what was measured in the
same way, under one number and description, belongs together, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.examination import tell_examinations
from SynthTrustLib.case.dicom.frame import DicomFrame, DicomHeader
from SynthTrustLib.case.dicom.patient import tell_patients
from SynthTrustLib.case.dicom.stack import SeveralVolumes, plan_stack
from SynthTrustLib.case.file.image import MINIMUM_VOXELS
from SynthTrustLib.errors import SynthTrustError

SAME_AXES = 0.02
"""Planes whose direction cosines differ by less than this belong to one stack."""

SAME_PIXEL = 1e-3
"""Pixel sizes that differ by less than this share are the same; headers are rounded."""

SAME_TIMING = 0.1
"""Repetition and inversion times that differ by less than this share are the same."""

CLOSEST = 0.8
"""Pieces are put together only if their slices then lie at least this share of their thickness apart: of two series at
interleaved positions they would lie closer."""

_NO_GUESS = frozenset({"missing_slices", "gantry_tilt"})
"""Remarks on a stack of single images that do not speak against their being one series."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Frames that were measured in one way."""

    name: str  # the number of the series, and which part of it
    patient: str
    examination: str
    headers: tuple[DicomHeader, ...]  # the file of each frame
    frames: tuple[DicomFrame, ...]
    remarks: tuple[Check, ...] = ()
    refused: str = ""  # why it can be no volume, in words, where that is known already


def sort_into_stacks(headers: Sequence[DicomHeader]) -> list[Stack]:
    """The stacks that the frames of `headers` make, those of one series after each other.

    Stacks of different identifiers that are pieces of one are there as one, in the place of the first of them.
    """
    patients = tell_patients({header.patient for header in headers})
    examinations = tell_examinations((patients[header.patient], header.study) for header in headers)
    groups: dict[tuple[str, str, str], list[DicomHeader]] = {}
    for header in headers:
        patient = patients[header.patient]
        groups.setdefault((patient, examinations[patient, header.study], header.series), []).append(header)
    stacks: list[Stack] = []
    for (patient, examination, _), members in groups.items():
        stacks += _stacks_of_series(patient, examination, members)
    return [stack for pieces in _sorted_by(stacks, _may_be_pieces) for stack in _joined(pieces)]


def _stacks_of_series(patient: str, examination: str, headers: Sequence[DicomHeader]) -> list[Stack]:
    placed = [(header, frame) for header in headers for frame in header.frames]
    alike = [part for kind in _sorted_by(placed, _same_kind) for part in _parted_by_timing(kind)]
    numbers = {part[0][0].series_number for part in alike}
    stacks: list[Stack] = []
    for n, part in enumerate(alike, start=1):
        header = part[0][0]
        name = str(header.series_number) + (f", part {n}" if len(alike) > len(numbers) else "")
        remarks: tuple[Check, ...] = ()
        if len(alike) == 1 and header.expected > len(part) >= MINIMUM_VOXELS:
            text = f"{len(part)} of the {header.expected} images that its header announces are there"
            remarks = (Check("missing_images", "", Verdict.WARNING, text),)
        members, frames = zip(*part, strict=True)
        stacks.append(Stack(name, patient, examination, members, frames, remarks))
    turned = {m for n, one in enumerate(stacks) for m in range(n) if _turned(one, stacks[m]) for m in (m, n)}
    for n in turned:
        stacks[n] = replace(stacks[n], refused="its slices do not all face the same way")
    return stacks


_Placed = tuple[DicomHeader, DicomFrame]
_One = TypeVar("_One")


def _sorted_by(every: Sequence[_One], same: Callable[[_One, _One], bool]) -> list[list[_One]]:
    """Lists of what is the `same` as their first."""
    parts: list[list[_One]] = []
    for one in every:
        part = next((part for part in parts if same(part[0], one)), None)
        if part is None:
            parts.append([one])
        else:
            part.append(one)
    return parts


def _same_kind(one: _Placed, other: _Placed) -> bool:
    """Whether two frames are of one size, orientation, echo, number, description and kind of image."""
    (header, a), (other_header, b) = one, other
    if a.axes is None or b.axes is None:
        return a.axes is b.axes
    return header.series_number == other_header.series_number and _same_way(a, b) and _same_axes(a, b)


def _same_way(a: DicomFrame, b: DicomFrame) -> bool:
    return (
        a.shape == b.shape
        and all(abs(x - y) <= SAME_PIXEL * y for x, y in zip(a.pixel_mm, b.pixel_mm, strict=True))
        and (a.attributes.text, a.attributes.sequence_name) == (b.attributes.text, b.attributes.sequence_name)
        and a.attributes.agent is b.attributes.agent
        and a.attributes.image_type == b.attributes.image_type
        and abs((a.attributes.echo_time or 0.0) - (b.attributes.echo_time or 0.0)) < 1.0
    )


def _same_axes(a: DicomFrame, b: DicomFrame) -> bool:
    return a.axes is not None and b.axes is not None and float(np.abs(a.axes - b.axes).max()) < SAME_AXES


def _same_timing(one: _Placed, other: _Placed) -> bool:
    a, b = one[1].attributes, other[1].attributes
    pairs = ((a.repetition_time, b.repetition_time), (a.inversion_time, b.inversion_time))
    near = all(abs((x or 0.0) - (y or 0.0)) <= SAME_TIMING * max(x or 0.0, y or 0.0) for x, y in pairs)
    return near and a.scanning_sequence == b.scanning_sequence


def _parted_by_timing(placed: list[_Placed]) -> list[list[_Placed]]:
    """Several images at many positions are parted where their timing tells them apart, and left alone otherwise.

    Where no two share a position, a time that varies from slice to slice is an oddity of the scanner.
    """
    if not _collide(placed):
        return [placed]
    parts = _sorted_by(placed, _same_timing)
    return parts if all(not _collide(part) for part in parts) else [placed]


def _collide(placed: Sequence[_Placed]) -> bool:
    """Whether different images lie at one position."""
    at: dict[tuple[float, ...], set[object]] = {}
    for _, frame in placed:
        if frame.position is not None:
            at.setdefault(tuple(np.round(frame.position, 1)), set()).add(frame.image)
    return any(len(images) > 1 for images in at.values())


def _turned(one: Stack, other: Stack) -> bool:
    """Whether the slices of two parts of a series are parallel but turned or mirrored in their plane."""
    a, b = one.frames[0], other.frames[0]
    if a.axes is None or b.axes is None or not _same_way(replace(a, shape=b.shape, pixel_mm=b.pixel_mm), b):
        return False
    parallel = abs(float(np.cross(*a.axes) @ np.cross(*b.axes))) > 1 - SAME_AXES**2
    return parallel and not _same_axes(a, b) and sorted(a.shape) == sorted(b.shape)


def _may_be_pieces(one: Stack, other: Stack) -> bool:
    a, b = (one.headers[0], one.frames[0]), (other.headers[0], other.frames[0])
    return (
        (one.patient, one.examination) == (other.patient, other.examination)
        and one.headers[0].series != other.headers[0].series
        and not one.refused
        and not other.refused
        and one.frames[0].axes is not None
        and _same_kind(a, b)
        and _same_timing(a, b)
    )


def _joined(pieces: Sequence[Stack]) -> Sequence[Stack]:
    """One stack of the pieces if they make a regular one, else the pieces as they are."""
    frames = tuple(frame for piece in pieces for frame in piece.frames)
    singles = all(len({frame.image for frame in piece.frames}) == 1 for piece in pieces)
    if len(pieces) == 1 or len(frames) < MINIMUM_VOXELS or any(frame.position is None for frame in frames):
        return pieces
    try:
        plan = plan_stack(frames, "")
    except (SeveralVolumes, SynthTrustError):
        return _of_no_volume(pieces) if singles else pieces
    odd = {remark.name for remark in plan.remarks} - (_NO_GUESS if singles else {"gantry_tilt"})
    headers = tuple(header for piece in pieces for header in piece.headers)
    stated = frames[0].apart_mm or frames[0].thickness_mm
    if (
        odd
        or _collide(list(zip(headers, frames, strict=True)))
        or (stated and plan.geometry.spacing[0] < CLOSEST * stated)
        or not (stated or singles)
    ):
        return _of_no_volume(pieces) if singles else pieces
    text = f"it was in {len(pieces)} pieces with series identifiers of their own; they were put together"
    remark = Check("series_pieces", "", Verdict.WARNING, text)
    first = pieces[0]
    return [Stack(str(first.headers[0].series_number), first.patient, first.examination, headers, frames, (remark,))]


def _of_no_volume(pieces: Sequence[Stack]) -> list[Stack]:
    """The single images as one stack that is refused."""
    frames = tuple(frame for piece in pieces for frame in piece.frames)
    headers = tuple(header for piece in pieces for header in piece.headers)
    why = f"{len(pieces)} images with series identifiers of their own, which make no volume together"
    return [replace(pieces[0], headers=headers, frames=frames, refused=why)]
