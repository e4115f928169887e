"""Where the head is in a volume, and whether its skull was removed: a coarse look that takes milliseconds.

The rules were set by looking at 82 real patients (22 stripped, 60 with their skull); the figures behind each constant
are given with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import Skull

COARSE_VOXELS = 128
"""The look samples at most this many voxels along each axis."""

CLEARED = 0.97
"""A stripped image has one value in at least this share of the voxels outside the head (seen: 0.99 and more)."""

CLEARED_TOLERANCE = 0.02
"""How far from that value, as a share of the head's 98th percentile: resampling leaves faint ringing around a brain."""

NOISY = 0.93
"""With a smaller share the scanner's own noise surrounds the head (seen with the skull on: 0.88 and less)."""

VALLEY_OF_BONE = 0.25
"""Depth of the dark ring of bone under the bright scalp, relative to the brain, that proves a skull in any image."""

NO_VALLEY = 0.18
"""A stripped brain has no deeper ring than this (seen: 0.16, sulci in T2)."""

_Voxel = TypeVar("_Voxel", bound=np.generic)

_HEAD_LEVEL = 0.12
"""Share of the 98th percentile above which a voxel of a noisy image belongs to the head."""

_PARTLY_EXACT = 0.5
"""Share of equal voxels on the faces of the volume from which this value is the background."""


@dataclass(frozen=True, eq=False)
class HeadLook:
    """What a coarse look at one contrast shows."""

    mask: npt.NDArray[np.bool_]
    """Shape (k', j', i'). The head, or the brain if stripped, on every `steps`-th voxel."""
    shown: npt.NDArray[np.bool_]
    """Shape (k', j', i'). Where the volume has any signal, small dark gaps closed: False outside its own field of
    view."""
    steps: tuple[int, int, int]
    """Sampling steps along (k, j, i)."""
    cleared: float
    """Range 0..1. Share of the voxels outside the head that have the background's value."""
    valley: float
    """Depth of the dark ring under the head's surface, relative to the mean brain signal; 0 if there is none."""
    separable: bool
    """False where the head cannot be told from its surroundings (grey background), so that `mask` says nothing."""

    def sampled(self, array: npt.NDArray[_Voxel]) -> npt.NDArray[_Voxel]:
        """The voxels of `array` (k, j, i), on the grid that was looked at, that `mask` and `shown` speak of; a view."""
        return array[tuple(slice(None, None, step) for step in self.steps)]


def background_value(array: npt.NDArray[np.float32], share: float = _PARTLY_EXACT) -> float | None:
    """The exact value of at least `share` of the finite voxels on the six faces; None if there is none."""
    faces = np.concatenate([array[index].ravel() for index in _faces()])
    faces = faces[np.isfinite(faces)]
    if not faces.size:
        return None
    # What at least half of them are lies in the middle of all: that is found without sorting them.
    middle = np.partition(faces, [(faces.size - 1) // 2, faces.size // 2])[[(faces.size - 1) // 2, faces.size // 2]]
    count, value = max((int(np.count_nonzero(faces == value)), -float(value)) for value in middle)
    return -value if count >= share * faces.size else None


def _faces() -> list[tuple[slice | int, ...]]:
    everything = slice(None)
    return [tuple(end if axis == other else everything for other in range(3)) for axis in range(3) for end in (0, -1)]


def look_at_head(array: npt.NDArray[np.float32], geometry: Geometry) -> HeadLook:
    """Find the head in `array` (k, j, i) on `geometry`."""
    steps = tuple(-(-n // COARSE_VOXELS) for n in array.shape)
    coarse = array[:: steps[0], :: steps[1], :: steps[2]]
    exact = background_value(array)
    above = coarse - (float(coarse.min()) if exact is None else exact)
    bright = above[above > 0]
    high = float(np.percentile(bright, 98)) if bright.size else 0.0
    silent = np.abs(above) <= CLEARED_TOLERANCE * high if exact is not None else np.zeros(coarse.shape, bool)
    # Around a cleared background no level is needed, and dark brain tissue then stays inside the mask.
    level_mask = above > _HEAD_LEVEL * high
    around = ~_grown(level_mask, 4)
    clean = bool(around.any()) and float(np.mean(silent[around])) > CLEARED
    mask = _largest_filled(~silent if clean else level_mask, geometry.axial_axis)
    outside = ~_grown(mask, 2)
    separable = bool(0.01 < float(mask.mean()) < 0.95 and outside.any())
    return HeadLook(
        mask=mask,
        shown=~_grown(~_grown(above != 0, 2), 2),
        steps=(steps[0], steps[1], steps[2]),
        cleared=float(np.mean(silent[outside])) if separable else 0.0,
        valley=_valley(above, mask, geometry, steps) if separable else 0.0,
        separable=separable,
    )


def _grown(mask: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    """`mask` dilated by a cube of 2 `by` + 1 voxels: axis by axis, in steps that grow with what is covered already."""
    grown = mask
    for axis in range(mask.ndim):
        reach = 0
        while reach < by:
            step = min(reach + 1, by - reach)
            ahead = (slice(None),) * axis + (slice(step, None),)
            behind = (slice(None),) * axis + (slice(None, -step),)
            wider = grown.copy()
            wider[ahead] |= grown[behind]
            wider[behind] |= grown[ahead]
            grown, reach = wider, reach + step
    return grown


def _largest_filled(mask: npt.NDArray[np.bool_], axial: int) -> npt.NDArray[np.bool_]:
    """The largest connected piece, with the holes of each axial slice filled."""
    slices = np.moveaxis(mask, axial, 0)
    # A structure without neighbours above and below does all slices at once.
    in_plane = np.zeros((3, 3, 3), bool)
    in_plane[1] = ndimage.generate_binary_structure(2, 1)
    filled = ndimage.binary_opening(slices, in_plane)
    gaps, count = ndimage.label(~filled, in_plane)
    open_gaps = np.zeros(count + 1, bool)
    for edge in (gaps[:, 0], gaps[:, -1], gaps[:, :, 0], gaps[:, :, -1]):
        open_gaps[edge] = True
    open_gaps[0] = False
    filled = ~open_gaps[gaps]
    labels, count = ndimage.label(filled)
    if count > 1:
        filled = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    return np.moveaxis(filled, 0, axial)


def _valley(
    above: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_], geometry: Geometry, steps: Sequence[int]
) -> float:
    """How much darker a ring under the surface is than both what lies outside and inside of it (bone: marked)."""
    axial = geometry.axial_axis
    heads, signal = np.moveaxis(mask, axial, 0), np.moveaxis(above, axial, 0)
    in_plane = [geometry.spacing[a] * steps[a] for a in range(3) if a != axial]
    filled = np.flatnonzero(heads.any(axis=(1, 2)))
    low, high = int(filled[0]), int(filled[-1])
    rings: list[list[float]] = [[] for _ in range(16)]
    for k in range(low + round(0.45 * (high - low)), low + round(0.75 * (high - low)) + 1):
        if not heads[k].any():
            continue
        around = box_around(heads[k], (1, 1))
        head = heads[k][around]
        # Ring width: 1/60 of the root of the head's area, about 2.5 mm in an adult, so no trust in spacing is needed.
        width = float(np.sqrt(head.sum() * in_plane[0] * in_plane[1])) / 60.0
        ring = (ndimage.distance_transform_edt(head, sampling=in_plane)[head] / width).astype(int)
        values = signal[k][around][head]
        for depth, medians in enumerate(rings):
            there = values[ring == depth]
            if there.size:
                medians.append(float(np.median(there)))
    profile = np.array([np.mean(medians) for medians in rings if medians])
    if profile.size < 10:
        return 0.0
    inner = float(profile[8:].mean())
    if inner <= 0:
        return 0.0
    profile /= inner
    return max(0.0, *(float(min(profile[:d].max(), profile[d + 1 :].max()) - profile[d]) for d in range(1, 8)))


def box_around(mask: npt.NDArray[np.bool_], margin: Sequence[int]) -> tuple[slice, ...]:
    """The smallest box around a slice's `mask` (not empty), with a margin along each axis."""
    ends = [np.flatnonzero(mask.any(axis=1 - axis))[[0, -1]] for axis in range(2)]
    return tuple(slice(max(0, int(low) - m), int(high) + 1 + m) for (low, high), m in zip(ends, margin, strict=True))


def skull_of(look: HeadLook) -> Skull:
    """What one contrast says about the skull."""
    if not look.separable:
        return Skull.UNKNOWN
    if look.valley >= VALLEY_OF_BONE:
        return Skull.ON
    if look.cleared >= CLEARED and look.valley <= NO_VALLEY:
        return Skull.OFF
    return Skull.ON if look.cleared < NOISY and look.valley > NO_VALLEY / 2 else Skull.UNKNOWN


def skull_of_case(looks: Mapping[str, HeadLook]) -> Skull:
    """What most contrasts say. A ring of bone is hard to mistake, so off needs a clear majority and on a plain one."""
    votes = [skull_of(look) for look in looks.values()]
    on, off = votes.count(Skull.ON), votes.count(Skull.OFF)
    if on > off:
        return Skull.ON
    return Skull.OFF if off > 2 * on else Skull.UNKNOWN


def common_head(looks: Sequence[HeadLook]) -> npt.NDArray[np.bool_] | None:
    """The coarse voxels that lie in the head for at least half of the contrasts that can tell; None if none can."""
    masks = [look.mask for look in looks if look.separable]
    return np.asarray(2 * np.sum(masks, axis=0) >= len(masks)) if masks else None


@dataclass(frozen=True)
class HeadSize:
    """How large the head, or the stripped brain, is by the header."""

    mm: tuple[float, float, float]
    """Length of its bounding box along (k, j, i)."""
    cut: tuple[bool, bool, bool] = (False, False, False)
    """Along (k, j, i): it reaches the end of the volume, so that it may be longer than what is seen."""
    ml: float = float("nan")
    """Volume of what is seen."""


def head_size(mask: npt.NDArray[np.bool_], steps: Sequence[int], geometry: Geometry) -> HeadSize:
    """The size of the head in a coarse mask, (k', j', i') with the sampling `steps`, in mm as the header has it."""
    lengths, cut = [], []
    for axis in range(3):
        filled = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        count = int(filled[-1] - filled[0] + 1) if filled.size else 0
        lengths.append(count * steps[axis] * geometry.spacing[axis])
        cut.append(bool(filled.size) and bool(filled[0] == 0 or filled[-1] == mask.shape[axis] - 1))
    ml = float(mask.sum()) * float(np.prod(steps)) * geometry.voxel_volume_ml
    return HeadSize((lengths[0], lengths[1], lengths[2]), (cut[0], cut[1], cut[2]), ml)
