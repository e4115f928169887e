"""Whether an outline lies where a tumor can lie, is no larger than one, and enhances where it says that it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.in_case import look_in
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.task.task import PARTS

Masks = Mapping[str, npt.NDArray[np.bool_]]

LARGEST_TUMOR_ML = 500.0
"""No glioma with its edema is larger (50 patients of BraTS: 232 mL); a brain is, and so is all that is no tumor."""

LARGEST_SHARE_OF_HEAD = 1 / 3
"""The same where millimetres are placeholders (50 patients of BraTS: 0.16 of the brain)."""

MOST_OUTSIDE_HEAD = 0.2
"""Outlines reach over the border of a head by their own inaccuracy, but not with more than this."""

SELDOM_BRIGHTER = 0.35
"""A voxel of enhancing tumor is brighter on T1c than one of the rest of the core with a probability of 0.81 or more (49
patients of BraTS with enough of both), so where the labels of the two are exchanged of 0.19 or less."""

_FEWEST_VOXELS = 50
_PART_OF_A_VOXEL = 1e-3
_SAMPLE = 20_000


def check_place(masks: Masks, case: PatientCase, subject: str) -> Iterator[Check]:
    """Concerns about an outline on the case's grid, whose rows are about `subject`."""
    whole = next((mask for mask in masks.values() if np.count_nonzero(mask) >= _FEWEST_VOXELS), None)
    if whole is None:
        return
    look = look_in(case, case.reference)
    coarse = look.sampled(whole)
    share = float(coarse.sum()) / max(1, int(look.mask.sum())) if look.separable else 0.0
    ml = float(np.count_nonzero(whole)) * case.geometry.voxel_volume_ml
    if ml > LARGEST_TUMOR_ML if case.spacing_trusted else share > LARGEST_SHARE_OF_HEAD:
        size = f"it holds {ml:.0f} mL" if case.spacing_trusted else f"it holds {share:.0%} of the head"
        text = f"{size}, which is no tumor: it may be a mask of the brain, or have inside and outside exchanged"
        yield Check("outline_size", subject, Verdict.CONCERN, text)
    elif look.separable and coarse.any() and (outside := float(np.mean(~look.mask[coarse]))) > MOST_OUTSIDE_HEAD:
        text = f"{outside:.0%} of it lies outside of the head: it may be of another patient, or its header is wrong"
        yield Check("outline_place", subject, Verdict.CONCERN, text)
    for contrast in _darker_in(masks, case):
        outer, inner, enhancing = map(case.task.part, PARTS)
        text = (
            f"its enhancing tumor is darker on {contrast} than the rest of its core, as where the labels of the two "
            f"are exchanged; if that is so, state the labels, such as {outer}=1+2+3,{inner}=1+3,{enhancing}=1"
        )
        yield Check("outline_order", subject, Verdict.CONCERN, text)


def _darker_in(masks: Masks, case: PatientCase) -> Iterator[str]:
    """The contrast with an agent, if the enhancing part is darker there than the rest of the core."""
    core, bright = case.task.part("core"), case.task.part("enhancing")
    agents = [contrast.id for contrast in case.task.contrasts if contrast.agent and contrast.id in case.volumes]
    if core not in masks or bright not in masks or not agents:
        return
    contrast = agents[0]
    signal = case.volumes[contrast].array
    enhancing, rest = signal[masks[bright]], signal[masks[core] & ~masks[bright]]
    if min(enhancing.size, rest.size) < _FEWEST_VOXELS:
        return
    one, other = (np.sort(values[:: 1 + values.size // _SAMPLE]) for values in (enhancing, rest))
    below = np.searchsorted(other, one, side="left") + np.searchsorted(other, one, side="right")
    if float(below.mean()) / (2 * other.size) < SELDOM_BRIGHTER:
        yield contrast


def shares_voxels(grid: Geometry, patient: Geometry) -> bool:
    """Whether `grid` is the patient's but for its ends, as that of a segmentation cropped to the tumor is."""
    onto = np.linalg.inv(patient.ijk_to_ras) @ grid.ijk_to_ras
    axes = np.abs(onto[:3, :3]).round()  # of a permutation, whose axes may run backwards
    exact = np.allclose(np.abs(onto[:3, :3]), axes, atol=_PART_OF_A_VOXEL) and bool(np.all(axes.sum(axis=0) == 1))
    return exact and np.allclose(onto[:3, 3], onto[:3, 3].round(), atol=_PART_OF_A_VOXEL)


def share_outside(mask: npt.NDArray[np.bool_], grid: Geometry, patient: Geometry) -> float:
    """The share (0..1) of the voxels of `mask`, on `grid`, that lie outside of the patient's volume."""
    indices = np.argwhere(mask)[:, ::-1]
    if not len(indices):
        return 0.0
    onto = np.linalg.inv(patient.ijk_to_ras) @ grid.ijk_to_ras
    there = indices @ onto[:3, :3].T + onto[:3, 3]
    ends = np.array(patient.shape[::-1]) - 0.5
    return float(np.mean(np.any((there < -0.5) | (there > ends), axis=1)))
