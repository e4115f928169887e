"""Plain facts about a scan that need no statistics to be understood: is the head cut off, how large is the brain?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.head.in_case import look_in
from SynthTrustLib.case.patient_case import PatientCase, Skull

Plain = dict[str, float | None]
"""``cut_off``: largest share of a side face that the head covers; ``brain_ml``: volume of the extracted brain."""


def plain_facts(case: PatientCase) -> Plain:
    """Facts of a case; None where one cannot be told (brain volume with the skull on, or without a trusted spacing)."""
    return {"cut_off": _cut_off(case), "brain_ml": _brain_ml(case)}


def _cut_off(case: PatientCase) -> float | None:
    """Largest share that the head covers of the face to the left, right, front or back of the volume, 0..1.

    Above and below, the neck and the vertex are often outside the slices, which says nothing.
    """
    look = look_in(case, case.reference)
    if not look.separable:
        return None
    axial = case.geometry.axial_axis
    faces: list[npt.NDArray[np.bool_]] = []
    for axis in range(3):
        if axis != axial:
            faces += [np.take(look.mask, 0, axis=axis), np.take(look.mask, -1, axis=axis)]
    return max(float(face.mean()) for face in faces)


def _brain_ml(case: PatientCase) -> float | None:
    if case.skull is not Skull.OFF or not case.spacing_trusted:
        return None
    brain = np.any([volume.array > volume.array.min() for volume in case.volumes.values()], axis=0)
    return float(np.count_nonzero(brain) * case.geometry.voxel_volume_ml)
