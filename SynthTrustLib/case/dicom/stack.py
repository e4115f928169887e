"""From planes somewhere in space to one regular grid: order, duplicates, gaps, uneven distances, gantry tilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.frame import DicomFrame
from SynthTrustLib.case.geometry import LPS, Geometry
from SynthTrustLib.errors import InputError

SAME_PLACE_MM = 0.02
"""Planes closer than this lie at one position."""

EVEN_SHARE, EVEN_MM = 0.02, 0.03
"""Distances between slices that differ by less than this share, or by this many mm, are even (headers are rounded)."""

WHOLE_STEPS = 0.15
"""A distance this close to a multiple of the usual one is a gap of missing slices; else the distances vary."""

MOST_MISSING = 0.25
"""With a larger share of the slices missing the series is not a volume any more."""

MOST_REPEATED = 0.25
"""With different images at a larger share of the positions a series is several volumes, whole or not."""

TOO_CLOSE, TOO_FAR = 0.6, 1.5
"""Distances of slices, as shares of the one that the header states, at which a series is not as it was scanned."""

STRAIGHT_PIXELS = 0.25
"""Slices shifted in their plane against each other by less than this are left as they are."""


class SeveralVolumes(Exception):
    """Several images at each position: a dynamic, diffusion or multi-echo series."""


@dataclass(frozen=True, eq=False)
class StackPlan:
    """How frames become a volume."""

    geometry: Geometry
    frames: tuple[DicomFrame, ...]
    """Those that are used, in the order of their slices."""
    shifts: npt.NDArray[np.float64]
    """Shape (len(frames), 2). In pixels along (j, i), what each frame must be shifted by to lie straight above the
    others; all 0 if straight."""
    below: npt.NDArray[np.intp]
    weight: npt.NDArray[np.float64]
    """`below` and `weight`: shape (slices,). Slice n of the volume is ``(1 - weight[n]) * frame[below[n]] + weight[n] *
    frame[below[n] + 1]``."""
    sources: tuple[DicomFrame | None, ...]
    """The frame that lies at each slice of the volume, None where the slice was interpolated."""
    spare: tuple[tuple[int, DicomFrame], ...]
    """Frames that lie where another does, and which of `frames` was taken for them."""
    remarks: tuple[Check, ...]


def plan_stack(frames: Sequence[DicomFrame], source: str) -> StackPlan:
    """Put frames of one shape and orientation in order along their normal.

    The remarks' subject is empty: the caller knows which contrast it is. Raises SeveralVolumes if many positions hold
    several images that are no copies of each other. Raises InputError if too many slices are missing, or fewer than two
    positions are there.
    """
    remarks: list[Check] = []
    axes, pixel = _placement(frames[0])
    normal = np.cross(axes[0], axes[1])
    order = sorted(frames, key=lambda frame: (float(_position(frame) @ normal), frame.instance))
    heights = np.array([float(_position(frame) @ normal) for frame in order])
    first = np.concatenate([[True], np.diff(heights) > SAME_PLACE_MM])
    at = np.cumsum(first) - 1
    different = np.array([len({frame.image for frame in order[a:b]}) for a, b in _runs(first)])
    usual = int(np.bincount(different).argmax())
    if np.mean(different > 1) > MOST_REPEATED:
        raise SeveralVolumes(f"{usual} images at each position" if usual > 1 else "several images at many positions")
    used = tuple(frame for frame, keep in zip(order, first, strict=True) if keep)
    spare = tuple((int(n), frame) for n, frame, keep in zip(at, order, first, strict=True) if not keep)
    heights = heights[first]
    if len({frame.identity for frame in used}) < len(used):
        text = "different images of it share an identifier; each was used where it lies"
        remarks.append(Check("image_identifiers", "", Verdict.CHANGED, text))
    if len(used) < 2:
        raise InputError("it has slices at one position only", source=source, next_step="Give the whole series.")

    targets, gap_remark = _target_heights(heights, source)
    remarks += gap_remark
    below = np.clip(np.searchsorted(heights, targets, side="right") - 1, 0, len(used) - 2)
    weight = np.clip((targets - heights[below]) / (heights[below + 1] - heights[below]), 0.0, 1.0)
    step = float(targets[1] - targets[0])
    near = np.where(weight < 0.5, below, below + 1)
    exact = np.abs(heights[near] - targets) <= max(EVEN_SHARE * step, EVEN_MM)
    # A frame that lies at its slice is used as it is, rounding of its header included.
    weight = np.where(exact, (near > below).astype(np.float64), weight)
    sources = tuple(used[n] if there else None for n, there in zip(near, exact, strict=True))

    middle = len(used) // 2
    anchor = _position(used[middle])
    aside = np.array(
        [_position(f) - anchor - (h - heights[middle]) * normal for f, h in zip(used, heights, strict=True)]
    )
    shifts = np.stack([aside @ axes[1] / pixel[1], aside @ axes[0] / pixel[0]], axis=1)
    if np.abs(shifts).max() <= STRAIGHT_PIXELS:
        shifts = np.zeros_like(shifts)
    else:
        along = heights - heights[middle]
        slope = (aside.T @ along) / float(along @ along)
        angle = float(np.degrees(np.arctan(np.linalg.norm(slope))))
        text = f"the slices are not stacked straight (gantry tilt of {angle:.1f} degrees); they were straightened"
        remarks.append(Check("gantry_tilt", "", Verdict.WARNING, text))
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = axes[0] * pixel[0], axes[1] * pixel[1], normal * step
    matrix[:3, 3] = anchor + (targets[0] - heights[middle]) * normal
    rows, columns = used[0].shape
    geometry = Geometry((len(targets), rows, columns), LPS @ matrix)
    remarks += _check_distance(step, used[0])
    return StackPlan(geometry, used, shifts, below, weight, sources, spare, tuple(remarks))


def _runs(first: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where each run of frames at one position begins and ends."""
    starts = [int(n) for n in np.flatnonzero(first)]
    return list(pairwise([*starts, len(first)]))


def _check_distance(step: float, frame: DicomFrame) -> list[Check]:
    """Rows for slices further apart, or closer together, than the header says that they were scanned (mm)."""
    apart, thickness = frame.apart_mm, frame.thickness_mm
    if not apart or apart <= 0:
        return []
    if step < TOO_CLOSE * apart:
        text = (
            f"its slices lie {step:.2g} mm apart but were scanned every {apart:.2g} mm: two series may be mixed in it"
        )
        return [Check("mixed_slices", "", Verdict.CONCERN, text)]
    # Some scanners write the gap between slices there, not the distance: it is less than their thickness.
    if step > TOO_FAR * apart and thickness and apart >= 0.99 * thickness:
        text = f"its slices lie {step:.2g} mm apart but were scanned every {apart:.2g} mm: others seem to be missing"
        return [Check("missing_slices", "", Verdict.WARNING, text)]
    return []


def _target_heights(heights: npt.NDArray[np.float64], source: str) -> tuple[npt.NDArray[np.float64], list[Check]]:
    """Evenly spaced heights (mm along the normal) of the volume's slices, and what was uneven."""
    steps = np.diff(heights)
    usual = float(np.median(steps))
    tolerance = max(EVEN_SHARE * usual, EVEN_MM)
    span = float(heights[-1] - heights[0])
    if np.all(np.abs(steps - usual) <= tolerance):
        return np.linspace(heights[0], heights[-1], len(heights)), []
    multiples = np.round(steps / usual)
    if multiples.min() >= 1 and np.all(np.abs(steps / usual - multiples) <= WHOLE_STEPS * np.maximum(1, multiples / 2)):
        missing = int(np.sum(multiples - 1))
        if missing:
            if missing > MOST_MISSING * len(heights):
                raise InputError(
                    f"{missing} slices are missing between the {len(heights)} that are there",
                    source=source,
                    next_step="Export the whole series again.",
                )
            text = f"{missing} slices are missing inside the series; they were filled in from their neighbours"
            count = int(multiples.sum()) + 1
            return np.linspace(heights[0], heights[-1], count), [Check("missing_slices", "", Verdict.WARNING, text)]
    count = max(2, round(span / usual) + 1)
    if count > 4 * len(heights):
        raise InputError(
            f"the distances between its slices vary from {steps.min():.2g} to {steps.max():.2g} mm",
            source=source,
            next_step="Export the whole series again.",
        )
    text = (
        f"the distance between slices varies from {steps.min():.2f} to {steps.max():.2f} mm; "
        f"they were resampled evenly, every {span / (count - 1):.2f} mm"
    )
    return np.linspace(heights[0], heights[-1], count), [Check("slice_distance", "", Verdict.WARNING, text)]


def _position(frame: DicomFrame) -> npt.NDArray[np.float64]:
    assert frame.position is not None  # frames without one never reach a series
    return frame.position


def _placement(frame: DicomFrame) -> tuple[npt.NDArray[np.float64], tuple[float, float]]:
    """Perpendicular unit axes (2, 3) along i and j, and the pixel size along them."""
    assert frame.axes is not None
    row = frame.axes[0] / np.linalg.norm(frame.axes[0])
    column = frame.axes[1] - (frame.axes[1] @ row) * row
    return np.stack([row, column / np.linalg.norm(column)]), frame.pixel_mm
