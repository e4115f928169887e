"""Regions as label maps with the task's labels, for gliomas those of BraTS 2023, and back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import NOWHERE, Part, bounding_box
from SynthTrustLib.segmenters.outlines import Outlines
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task


def are_nested(outlines: Outlines, task: Task = GLIOMA) -> bool:
    """Whether regions hold those inside them, and share no voxel with others, so that one label a voxel says it all."""
    for outer, inner in combinations(task.ordered(outlines), 2):
        held = outlines[inner].count if outer in task.around(inner) else 0
        if outlines[outer].common(outlines[inner]) != held:
            return False
    return True


def label_map(outlines: Outlines, shape: Sequence[int], task: Task = GLIOMA) -> npt.NDArray[np.uint8]:
    """One label per voxel of a grid of this shape (k, j, i), from nested regions.

    Of a glioma WT reads as labels 1+2+3, TC as 1+3, ET as 3; where only WT is known, all of it has label 2.
    """
    labels = np.zeros(tuple(shape), np.uint8)
    for region in task.ordered(outlines):
        labels[outlines[region].box][outlines[region].values] = task.region(region).label
    return labels


def outlines_of(labels: npt.NDArray[np.uint8], regions: Sequence[str], task: Task = GLIOMA) -> Outlines:
    """The regions that a label map (k, j, i) of `label_map` was made from."""
    box = bounding_box(labels) or NOWHERE
    corner = [side.start for side in box]
    return {region: Part.of(np.isin(labels[box], task.labels(region)), corner) for region in regions}
