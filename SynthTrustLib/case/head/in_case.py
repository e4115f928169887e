"""The look at the head in a contrast of a case, taken once for everything that asks for it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import HeadLook, look_at_head
from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase

_TAKEN: WeakKeyDictionary[ContrastVolume, tuple[Geometry, HeadLook]] = WeakKeyDictionary()
"""As long as a volume lives, whose array is read-only; on another grid than it was taken on it is taken anew."""


def look_in(case: PatientCase, contrast: str) -> HeadLook:
    """`look_at_head` of a contrast that is in the case."""
    return look_in_volume(case.volumes[contrast], case.geometry)


def look_in_volume(volume: ContrastVolume, grid: Geometry) -> HeadLook:
    """`look_at_head` of `volume`, which lies on `grid`."""
    taken = _TAKEN.get(volume)
    if taken is not None and taken[0] is grid:
        return taken[1]
    look = look_at_head(volume.array, grid)
    remember_look(volume, grid, look)
    return look


def remember_look(volume: ContrastVolume, grid: Geometry, look: HeadLook) -> None:
    """Keep a look that was taken at the same voxels on the same `grid` already."""
    if not volume.array.flags.writeable:
        _TAKEN[volume] = grid, look
