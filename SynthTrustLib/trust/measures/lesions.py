"""Lesions: the connected pieces of an outline that are large enough to count."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy import ndimage

SMALLEST_ML = 0.05
"""A connected piece below this volume is a speck, not a lesion."""

SMALLEST_VOXELS = 50
"""The same where the voxel size is not trusted: 0.05 mL at 1 mm."""

THREADS = 2
"""Pieces are found outside Python's lock."""

_NEIGHBOURS = ndimage.generate_binary_structure(3, 3)


def smallest_lesion(voxel_ml: float | None) -> int:
    """Fewest voxels of a lesion; `voxel_ml` is None where the voxel size is not trusted."""
    return SMALLEST_VOXELS if voxel_ml is None else max(1, int(np.ceil(SMALLEST_ML / voxel_ml - 1e-9)))


def lesion_words(trusted: bool) -> str:
    """The volume of the smallest lesion, in words."""
    return f"{SMALLEST_ML:g} mL" if trusted else f"{SMALLEST_VOXELS} voxels"


def lesions(outline: npt.NDArray[np.bool_], fewest_voxels: int) -> tuple[npt.NDArray[np.int32], tuple[int, ...]]:
    """Label the lesions of `outline` (k, j, i), voxels that touch by a face, an edge or a corner being one lesion.

    Returns the labels, 0 outside, where pieces that are too small keep one of their own, and which are of lesions,
    largest first.
    """
    labels = np.empty(outline.shape, np.int32)
    ndimage.label(outline, _NEIGHBOURS, output=labels)
    sizes = np.bincount(labels[outline])
    order = np.argsort(-sizes, kind="stable")
    return labels, tuple(int(label) for label in order if sizes[label] >= max(1, fewest_voxels))


def count_lesions(outlines: Iterable[npt.NDArray[np.bool_]], fewest_voxels: int) -> list[int]:
    """The number of lesions of each of several outlines (k, j, i)."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="lesions") as pool:
        return list(pool.map(lambda outline: len(lesions(outline, fewest_voxels)[1]), outlines))
