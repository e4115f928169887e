"""Pieces of the head that one contrast shows nothing of, as where a tumor or a face was cut out of it or masked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.head.look import HeadLook, background_value, common_head

SMALLEST_HOLE = 0.001
"""Share of the head: 1 to 2 mL in a brain (most seen in 13 real patients: 0.00003; a tumor cut out: 0.037)."""

_FROM_SURFACE = 2


def holes(arrays: Mapping[str, npt.NDArray[np.float32]], looks: Mapping[str, HeadLook]) -> dict[str, float]:
    """Share of the head (0..1) in the largest piece with exactly the background's value, where it is a hole.

    `arrays` are (k, j, i) on one grid. Only what lies between tissue of the same contrast, and is not background in any
    other one, counts: a field of view that ends within the head is no hole.
    """
    head = common_head(list(looks.values()))
    if head is None or len(looks) < 2:
        return {}
    inner = ndimage.binary_erosion(head, iterations=_FROM_SURFACE)
    empty = {}
    for contrast, look in looks.items():
        exact = background_value(arrays[contrast])
        empty[contrast] = look.sampled(arrays[contrast]) == exact if exact is not None else np.zeros_like(head)
    found: dict[str, float] = {}
    for contrast, own in empty.items():
        hole = own & inner
        for other in empty.keys() - {contrast}:
            hole &= ~empty[other]
        least = SMALLEST_HOLE * np.count_nonzero(head)
        if np.count_nonzero(hole) < least:
            continue
        labels, _ = ndimage.label(hole & _between_tissue(head & ~own))
        largest = int(np.bincount(labels.ravel())[1:].max(initial=0))
        if largest >= least:
            found[contrast] = largest / np.count_nonzero(head)
    return found


def _between_tissue(tissue: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Voxels with tissue on both sides along two of the three axes or more."""
    count = np.zeros(tissue.shape, np.uint8)
    for axis in range(3):
        before = np.logical_or.accumulate(tissue, axis=axis)
        behind = np.flip(np.logical_or.accumulate(np.flip(tissue, axis), axis=axis), axis)
        count += before & behind
    return count >= 2
