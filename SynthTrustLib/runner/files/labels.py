"""Regions as label maps, in the convention of BraTS 2023, and back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import NOWHERE, Part, bounding_box
from SynthTrustLib.segmenters.outlines import Outlines
from SynthTrustLib.vocabulary import Region

_OWN_LABELS = {Region.WT: 2, Region.TC: 1, Region.ET: 3}
"""Of what is in a region and in none inside it: edema and infiltration, the core that does not enhance, and ET."""

_LABELS = {Region.WT: (1, 2, 3), Region.TC: (1, 3), Region.ET: (3,)}
"""Of all of a region."""

_IS_LABEL_OF = {region: np.isin(np.arange(256), labels) for region, labels in _LABELS.items()}


def are_nested(outlines: Outlines) -> bool:
    """Whether every region holds those inside it, so that one label a voxel says it all."""
    inwards = [outlines[region] for region in Region if region in outlines]
    return all(outer.common(inner) == inner.count for outer, inner in pairwise(inwards))


def label_map(outlines: Outlines, shape: Sequence[int]) -> npt.NDArray[np.uint8]:
    """One label per voxel of a grid of this shape (k, j, i), from nested regions.

    WT reads as labels 1+2+3, TC as 1+3, ET as 3; where only WT is known, all of it has label 2.
    """
    labels = np.zeros(tuple(shape), np.uint8)
    for region, label in _OWN_LABELS.items():
        if region in outlines:
            labels[outlines[region].box][outlines[region].values] = label
    return labels


def outlines_of(labels: npt.NDArray[np.uint8], regions: Sequence[Region]) -> Outlines:
    """The regions that a label map (k, j, i) of `label_map` was made from."""
    box = bounding_box(labels) or NOWHERE
    corner = [side.start for side in box]
    return {region: Part.of(_IS_LABEL_OF[region][labels[box]], corner) for region in regions}
