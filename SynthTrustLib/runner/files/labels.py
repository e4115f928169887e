"""Overlapping regions as one label map, in the convention of BraTS 2023."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from SynthTrustLib.vocabulary import Region


def label_map(masks: Mapping[Region, npt.NDArray[np.bool_]]) -> npt.NDArray[np.uint8]:
    """One label per voxel from the outlines of the regions, all of one shape (k, j, i).

    1 is the core that does not enhance (TC without ET), 2 edema and infiltration (WT without TC), 3 is ET.

    WT reads as labels 1+2+3, TC as 1+3, ET as 3; where only WT is known, all of it has label 2. Segmenters' regions
    are nested. Where those of somebody else are not, the innermost wins: a stray voxel of an inner region outside the
    outer one joins it, as a label map cannot say otherwise.
    """
    shapes = [mask.shape for mask in masks.values()]
    labels = np.zeros(shapes[0], np.uint8)
    for region, label in ((Region.WT, 2), (Region.TC, 1), (Region.ET, 3)):
        if region in masks:
            labels[masks[region]] = label
    return labels
