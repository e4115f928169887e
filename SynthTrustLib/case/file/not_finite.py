"""Voxels without a number, as other programs leave them around a brain (NaN), and where they may be put up with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.head.look import background_value
from SynthTrustLib.errors import InputError


def fill_surroundings(array: npt.NDArray[np.float32], source: str) -> tuple[npt.NDArray[np.float32], tuple[Check, ...]]:
    """`array` (k, j, i) with every voxel finite, and the row that says what was filled; itself where nothing was.

    Only what surrounds the head is filled, with the background's value: voxels that hang together with the faces of the
    volume through others that are not finite or have that value, in every slice of every axis that the head is cut by.
    Where a face cuts the head, a spot that tissue surrounds on that face is a hole in the head and no surrounding.
    Raises InputError if voxels inside the head, or all of them, are not finite.
    """
    low, high = float(array.min()), float(array.max())  # NaN anywhere makes both NaN
    if np.isfinite(low) and np.isfinite(high):
        return array, ()
    bad = ~np.isfinite(array)
    finite = array[~bad]
    if not finite.size:
        raise _not_finite(source, array.size, "of all its voxels")
    exact = background_value(array)
    value = np.float32(min(0.0, float(finite.min())) if exact is None or not np.isfinite(exact) else exact)
    around = bad | (array == value)
    labels, _ = ndimage.label(around)
    at_faces = np.unique(np.concatenate([_open_on_face(labels, axis, end) for axis in range(3) for end in (0, -1)]))
    outside = np.isin(labels, at_faces[at_faces > 0])
    inside = bad & (~outside | _between(~around, bad))
    if inside.any():
        raise _not_finite(source, int(inside.sum()), "inside the head")
    count = int(bad.sum())
    filled = np.where(bad, value, array)
    text = f"{count} voxels around the head ({count / array.size:.1%}) were not numbers; they were set to {value:g}"
    return filled, (Check("not_finite", "", Verdict.CHANGED, text),)


def _open_on_face(labels: npt.NDArray[np.int32], axis: int, end: int) -> npt.NDArray[np.int32]:
    """Labels on one face of the volume, but for spots within what the face cuts of the head: those are holes in it."""
    face = np.take(labels, end, axis=axis)
    spots, _ = ndimage.label(face > 0)
    rim = np.concatenate([spots[[0, -1]].ravel(), spots[:, [0, -1]].ravel()])
    return np.unique(face[np.isin(spots, rim[rim > 0])])


def _between(tissue: npt.NDArray[np.bool_], bad: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Gaps of the head: planes without tissue, with voxels that are not finite, that have tissue on both sides."""
    gaps = np.zeros(tissue.shape, bool)
    for axis in range(3):
        full = np.moveaxis(tissue, axis, 0).reshape(tissue.shape[axis], -1).any(axis=1)
        broken = np.moveaxis(bad, axis, 0).reshape(bad.shape[axis], -1).any(axis=1)
        planes = np.flatnonzero(full)
        if planes.size:
            index = np.arange(full.size)
            empty = ~full & broken & (index > planes[0]) & (index < planes[-1])
            gaps |= np.expand_dims(empty, tuple(a for a in range(3) if a != axis))
    return gaps


def _not_finite(source: str, count: int, where: str) -> InputError:
    return InputError(
        f"{count} voxels are not finite numbers (NaN or infinite) {where}",
        source=source,
        next_step="Export the image again without them; outside of the head they do no harm.",
    )
