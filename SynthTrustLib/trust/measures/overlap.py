"""How well outlines agree: Dice of every pair, Fleiss' kappa, spread of the volumes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def dice(common: int, one: int, other: int) -> float:
    """Dice coefficient from voxel counts, 0..1. Two empty outlines agree: 1. One empty outline: 0."""
    return 2.0 * common / (one + other) if one + other else 1.0


def mask_dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Dice coefficient of two masks of one shape."""
    return dice(int(np.count_nonzero(one & other)), int(np.count_nonzero(one)), int(np.count_nonzero(other)))


def pairwise_dice(outlines: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Dice of every pair of `outlines` (outline, k, j, i): symmetric, 1 on the diagonal, shape (outline, outline)."""
    bits = [np.packbits(outline) for outline in outlines]
    counts = [int(np.bitwise_count(one).sum(dtype=np.int64)) for one in bits]
    matrix = np.ones((len(bits), len(bits)))
    for a, b in zip(*np.triu_indices(len(bits), 1), strict=True):
        common = int(np.bitwise_count(bits[a] & bits[b]).sum(dtype=np.int64))
        matrix[a, b] = matrix[b, a] = dice(common, counts[a], counts[b])
    return matrix


def fleiss_kappa(votes: npt.NDArray[np.integer], raters: int) -> float | None:
    """Fleiss' kappa (Psychological Bulletin 76:378, 1971) of `raters` yes-or-no answers about each voxel.

    `votes` are the yes answers per voxel, any shape. 1 is perfect agreement, 0 what chance would give. None without a
    voxel, with one rater, or where all answers are the same (chance then agrees as well as the raters do).
    """
    if raters < 2 or not votes.size:
        return None
    tally = np.bincount(votes.ravel(), minlength=raters + 1)
    yes = np.arange(raters + 1)
    agreeing_pairs = yes * (yes - 1) + (raters - yes) * (raters - yes - 1)
    observed = float(tally @ agreeing_pairs) / (votes.size * raters * (raters - 1))
    share = float(tally @ yes) / (votes.size * raters)
    expected = share**2 + (1 - share) ** 2
    if math.isclose(expected, 1.0, abs_tol=1e-12):
        return None
    return (observed - expected) / (1 - expected)


def variation(volumes: Sequence[float]) -> float | None:
    """Coefficient of variation: sample standard deviation (n - 1) over mean. None with fewer than two, or mean 0."""
    if len(volumes) < 2 or not any(volumes):
        return None
    return float(np.std(volumes, ddof=1) / np.mean(volumes))
