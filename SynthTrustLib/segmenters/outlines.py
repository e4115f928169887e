"""When a voxel belongs to an outline: the one rule, for everything that is computed, written and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box, Part
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

POOLED_THRESHOLD = 0.5
"""The pooled probability is outlined here, and a segmenter whose card names no threshold of its own."""

POOLED = "pooled"
"""In the place of a segmenter's id: the outline of the mean probability."""

Outlines: TypeAlias = Mapping[str, Part[np.bool_]]
"""One mask a region, each in the box around it."""


def threshold_of(card: SegmenterCard, region: str) -> float:
    """The probability from which a segmenter outlines a region."""
    return float(card.thresholds.get(region, POOLED_THRESHOLD))


def outlined(probability: npt.NDArray[np.floating], threshold: float = POOLED_THRESHOLD) -> npt.NDArray[np.bool_]:
    """Which voxels are outlined: those whose probability is at least `threshold`; of any shape."""
    return np.greater_equal(probability, np.float32(threshold))


def member_masks(
    card: SegmenterCard, volumes: npt.NDArray[np.float32], regions: Sequence[str], task: Task = GLIOMA
) -> dict[str, npt.NDArray[np.bool_]]:
    """What a segmenter outlines at its own thresholds, from its probabilities (region, k, j, i).

    A region holds those inside it, also where the segmenter outlines these from a lower probability on.
    """
    levels = {region: threshold_of(card, region) for region in regions}
    masks = {region: outlined(volume, levels[region]) for region, volume in zip(regions, volumes, strict=True)}
    for region, mask in masks.items():
        for inner in masks:
            if region in task.around(inner) and levels[inner] < levels[region]:
                mask |= masks[inner]
    return masks


def member_outlines(
    card: SegmenterCard, volumes: npt.NDArray[np.float32], regions: Sequence[str], support: Box, task: Task = GLIOMA
) -> Outlines:
    """As `member_masks`, of probabilities that fill `support`."""
    return cropped(member_masks(card, volumes, regions, task), support)


def pooled_outlines(pooled: npt.NDArray[np.float32], regions: Sequence[str], support: Box) -> Outlines:
    """What is outlined of a mean probability (region, k, j, i) that fills `support`."""
    return cropped({region: outlined(volume) for region, volume in zip(regions, pooled, strict=True)}, support)


def cropped(masks: Mapping[str, npt.NDArray[np.bool_]], support: Box) -> Outlines:
    """Masks (k, j, i) of the box `support`, each in the box around it."""
    corner = [side.start or 0 for side in support]
    return {region: Part.of(mask, corner) for region, mask in masks.items()}
