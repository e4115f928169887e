"""Whether a piece of brain seems to be gone: a space filled with fluid near the surface that the other side lacks.

Segmenters for untreated tumors have never seen what an operation leaves. The rules were set on 22 untreated patients,
of whom none may be taken for operated, and on the same patients with simulated cavities: no operated patient was at
hand, so how many real cavities this finds is unknown. Cysts look the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import HeadLook
from SynthTrustLib.case.part import bounding_box
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.vocabulary import Contrast

BRIGHT_T2, DARK_FLAIR, DARK_T1 = 1.4, 0.5, 0.65
"""Fluid against the median of the brain in the same contrast."""

CORE_MM = 5.0
"""A ball of this radius fits into a cavity, but not into a sulcus."""

SMALLEST_ML = 5.0

NEAR_SURFACE_MM = {Skull.OFF: 8.0, Skull.ON: 25.0}
"""How near to the surface of the brain, or of the head, a cavity comes; the ventricles lie deeper."""

MIRRORED = 0.5
"""A space of which more than this share has a space on the other side, too, is one of the brain's own."""

_MIRROR_TOLERANCE_MM = 8.0


def can_look_for_cavity(contrasts: Mapping[str, object], skull: Skull, *, spacing_trusted: bool) -> str:
    """Empty where a cavity can be looked for, else why not, in words."""
    if not spacing_trusted:
        return "the voxel size is not trusted"
    if skull not in NEAR_SURFACE_MM:
        return "it is not known whether the skull is on"
    if Contrast.T2 not in contrasts or not {Contrast.FLAIR, Contrast.T1, Contrast.T1C} & set(contrasts):
        return "it takes T2 and one of FLAIR, T1 and T1c"
    return ""


def cavity_ml(arrays: Mapping[str, npt.NDArray[np.float32]], look: HeadLook, geometry: Geometry, skull: Skull) -> float:
    """Volume (mL) of the largest space that could be a resection cavity; 0 if there is none.

    `arrays`, shape (k, j, i): on one grid, `geometry`, with `can_look_for_cavity`. `look`: of any of them.
    """
    spacing = [size * step for size, step in zip(geometry.spacing, look.steps, strict=True)]
    # Nothing beyond the head and what is near it matters, and distances take long.
    box = bounding_box(look.mask, margin=math.ceil(max(CORE_MM, _MIRROR_TOLERANCE_MM) / min(spacing)) + 1)
    if box is None:
        return 0.0
    head = look.mask[box]
    depth = ndimage.distance_transform_edt(head, sampling=spacing)
    brain = depth > (0.5 if skull is Skull.ON else 0.3) * depth.max()
    if not brain.any():
        return 0.0
    fluid = head.copy()
    dark = [Contrast.FLAIR] if Contrast.FLAIR in arrays else [c for c in (Contrast.T1, Contrast.T1C) if c in arrays]
    for contrast in (Contrast.T2, *dark):
        coarse = look.sampled(arrays[contrast])[box]
        level = float(np.median(coarse[brain]))
        if level <= 0:
            return 0.0
        relative = coarse / level
        if contrast == Contrast.T2:
            fluid &= relative > BRIGHT_T2
        else:
            fluid &= relative < (DARK_FLAIR if contrast == Contrast.FLAIR else DARK_T1)
    core = ndimage.distance_transform_edt(fluid, sampling=spacing) >= CORE_MM
    if not core.any():
        return 0.0
    spaces, _ = ndimage.label(fluid & (ndimage.distance_transform_edt(~core, sampling=spacing) <= CORE_MM))
    near_space = ndimage.distance_transform_edt(spaces == 0, sampling=spacing) <= _MIRROR_TOLERANCE_MM
    on_other_side = _mirrored(near_space, head, geometry)
    voxel_ml = float(np.prod(spacing)) / 1000.0
    largest = 0.0
    for number in np.unique(spaces[core]):
        space = spaces == number
        ml = float(space.sum()) * voxel_ml
        if number and ml >= SMALLEST_ML and depth[space].min() <= NEAR_SURFACE_MM[skull]:
            largest = max(largest, ml if float(on_other_side[space].mean()) < MIRRORED else 0.0)
    return largest


def _mirrored(mask: npt.NDArray[np.bool_], head: npt.NDArray[np.bool_], geometry: Geometry) -> npt.NDArray[np.bool_]:
    """`mask` with left and right swapped about the middle of the head."""
    sideways = geometry.sideways_axis
    twice_the_middle = round(2 * float(np.mean(np.nonzero(head)[sideways])))
    there = twice_the_middle - np.arange(mask.shape[sideways])
    inside = (there >= 0) & (there < mask.shape[sideways])
    swapped = np.take(mask, np.clip(there, 0, mask.shape[sideways] - 1), axis=sideways)
    shape = [1, 1, 1]
    shape[sideways] = -1
    return np.asarray(swapped & inside.reshape(shape))
