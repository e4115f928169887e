"""The planes of a stack as numbers: rescaled one by one, padding and inverted values put right, copies compared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.frame import DicomFrame
from SynthTrustLib.case.dicom.pixels import StoredPixels, decode, unreadable
from SynthTrustLib.case.dicom.stack import MOST_REPEATED, StackPlan
from SynthTrustLib.case.file.image import MAXIMUM_BYTES
from SynthTrustLib.errors import InputError
from SynthTrustLib.regular_file import read_regular


@dataclass(frozen=True, eq=False)
class Planes:
    """What the files of a stack hold."""

    values: npt.NDArray[np.float32]
    """Shape (len(plan.frames), rows, columns)."""
    sha256: str
    """Of the files' bytes, in the order in which they were read; and of which frames, where they hold others, too."""
    remarks: tuple[Check, ...]
    """What was put right; their subject is empty."""


def read_planes(plan: StackPlan) -> Planes:
    """Decode the frames of `plan`.

    Raises InputError if a file is damaged or cannot be decoded; one line, the file's name in it.
    """
    digest = hashlib.sha256()
    wanted = [*enumerate(plan.frames), *((len(plan.frames) + n, frame) for n, (_, frame) in enumerate(plan.spare))]
    values = np.empty((len(wanted), *plan.frames[0].shape), np.float32)
    inverted, lossy = np.zeros(len(wanted), bool), False
    by_file: dict[tuple[object, tuple[int, int, int]], list[tuple[int, DicomFrame]]] = {}
    for n, frame in wanted:
        by_file.setdefault((frame.path, (frame.frames, *frame.shape)), []).append((n, frame))
    for frames in by_file.values():
        first = frames[0][1]
        stored, raw = _read_file(first)
        digest.update(raw)
        if len(frames) < first.frames:  # of an enhanced file with several contrasts
            digest.update(repr([frame.frame for _, frame in frames]).encode())
        lossy = lossy or stored.lossy
        for n, frame in frames:
            values[n] = _rescaled(stored, frame)
            inverted[n] = stored.inverted
    remarks = _without_padding(values)
    if lossy:
        remarks.append(Check("lossy", "", Verdict.WARNING, "its images were compressed with loss"))
    if inverted.any():
        if not inverted.all():
            raise InputError(
                "some of its images say that low values are bright (MONOCHROME1), others do not",
                source=plan.frames[int(np.argmax(inverted))].path.name,
                next_step="Export the whole series again.",
            )
        remarks.append(_turn_round(values))
    remarks += _compare_spare(values, plan)
    return Planes(values[: len(plan.frames)], digest.hexdigest(), tuple(remarks))


def _read_file(frame: DicomFrame) -> tuple[StoredPixels, bytes]:
    path = frame.path
    try:
        if path.stat().st_size > 2 * MAXIMUM_BYTES:
            raise unreadable(path, "it is larger than SynthTrust can hold")
        raw = read_regular(path)
    except OSError as error:
        raise unreadable(path, error.strerror or type(error).__name__) from None
    return decode(path, raw, (frame.frames, *frame.shape)), raw


def _rescaled(stored: StoredPixels, frame: DicomFrame) -> npt.NDArray[np.float32]:
    """The frame as its own slope and intercept say; NaN where it is padding."""
    plane = stored.values[frame.frame].astype(np.float32)
    if (frame.slope, frame.intercept) != (1.0, 0.0):
        plane = plane * np.float32(frame.slope) + np.float32(frame.intercept)
    if stored.padding is not None:
        plane[stored.padding[frame.frame]] = np.nan
    return plane


def _without_padding(values: npt.NDArray[np.float32]) -> list[Check]:
    """Puts the lowest value where padding is."""
    padding = np.isnan(values)
    count = int(np.count_nonzero(padding))
    if not count or count == values.size:
        return []
    lowest = np.nanmin(values)
    values[padding] = lowest
    text = f"{count} voxels of padding, where the scanner saw nothing, were set to the lowest value ({lowest:g})"
    return [Check("padding", "", Verdict.CHANGED, text)]


def _turn_round(values: npt.NDArray[np.float32]) -> Check:
    """Inverts `values` where the air around the head is bright in them, as the header says; the row for it."""
    rows, columns = values.shape[1] // 16 + 1, values.shape[2] // 16 + 1
    edge = [values[:, :rows], values[:, -rows:], values[:, :, :columns], values[:, :, -columns:]]
    around = float(np.median(np.concatenate([part.ravel() for part in edge])))
    if around < float(np.mean(values)):
        text = "its header says that low values are bright (MONOCHROME1), but its air is dark: they were left as is"
        return Check("inverted", "", Verdict.WARNING, text)
    np.subtract(values.max(), values, out=values)
    text = "its values are stored inverted (MONOCHROME1: low is bright); they were turned round"
    return Check("inverted", "", Verdict.WARNING, text)


def _compare_spare(values: npt.NDArray[np.float32], plan: StackPlan) -> list[Check]:
    """Rows for what lies at one position more than once: copies, or different images."""
    differing = {
        at for n, (at, _) in enumerate(plan.spare, start=len(plan.frames)) if not np.array_equal(values[n], values[at])
    }
    if len(differing) > MOST_REPEATED * len(plan.frames):
        raise InputError(
            f"at {len(differing)} of its {len(plan.frames)} positions there are different images",
            source=plan.frames[0].path.name,
            next_step="Several series seem to be mixed: export each of them again.",
        )
    if differing:
        text = f"at {len(differing)} positions there are different images; the first of each was used"
        return [Check("different_slices", "", Verdict.CONCERN, text)]
    if plan.spare:
        text = f"{len(plan.spare)} slices were there more than once; the first of each was used"
        return [Check("duplicate_slices", "", Verdict.CHANGED, text)]
    return []
