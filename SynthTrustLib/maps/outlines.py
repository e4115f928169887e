"""When a voxel belongs to an outline: one rule for maps, scorecard and spots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.vocabulary import Region

POOLED_THRESHOLD = 0.5
"""The pooled probability is outlined here, and a segmenter whose card names no threshold of its own."""

Box = tuple[slice, slice, slice]


def threshold_of(card: SegmenterCard, region: Region) -> float:
    """The probability from which a segmenter outlines a region."""
    return float(card.thresholds.get(region, POOLED_THRESHOLD))


def outlined(probability: npt.NDArray[np.floating], threshold: float = POOLED_THRESHOLD) -> npt.NDArray[np.bool_]:
    """Which voxels are outlined: those whose probability is at least `threshold`; of any shape."""
    return np.greater_equal(probability, np.float32(threshold))


def segmenter_outline(
    card: SegmenterCard, volumes: npt.NDArray[np.float32], regions: Sequence[Region], region: Region
) -> npt.NDArray[np.bool_]:
    """A segmenter's outline of one of `regions` at its own threshold, from its probabilities (region, k, j, i).

    A region holds those inside it, also where the segmenter outlines these from a lower probability on.
    """
    threshold = threshold_of(card, region)
    mask = outlined(volumes[regions.index(region)], threshold)
    for volume, inner in zip(volumes, regions, strict=True):
        if tuple(Region).index(inner) > tuple(Region).index(region) and threshold_of(card, inner) < threshold:
            mask |= outlined(volume, threshold_of(card, inner))
    return mask


def member_outlines(stack: ProbabilityStack, region_index: int, box: Box) -> npt.NDArray[np.bool_]:
    """Every segmenter's outline of one region inside `box`, shape (segmenter, k, j, i)."""
    region = stack.regions[region_index]
    answers = stack.probabilities[(slice(None), slice(None), *box)]
    outlines = np.empty((len(answers), *answers.shape[2:]), np.bool_)
    for outline, volumes, card in zip(outlines, answers, stack.segmenters, strict=True):
        outline[:] = segmenter_outline(card, volumes, stack.regions, region)
    return outlines


def pooled_outline(maps: TrustMaps, region_index: int, box: Box) -> npt.NDArray[np.bool_]:
    """The outline of the pooled probability inside `box`, shape (k, j, i)."""
    return outlined(maps.pooled[(region_index, *box)])


def bounding_box(mask: npt.NDArray[np.bool_], margin: int = 0) -> Box | None:
    """The smallest box around the True voxels, None without any; `margin` voxels wider, where the array goes on."""
    slices = []
    for axis, size in enumerate(mask.shape):
        filled = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        if not filled.size:
            return None
        slices.append(slice(max(0, int(filled[0]) - margin), min(size, int(filled[-1]) + 1 + margin)))
    k, j, i = slices
    return k, j, i


def shifted(box: Box, within: Box) -> Box:
    """`box`, which counts from the corner of `within`, counted from where `within` counts."""
    k, j, i = (slice(w.start + b.start, w.start + b.stop) for b, w in zip(box, within, strict=True))
    return k, j, i
