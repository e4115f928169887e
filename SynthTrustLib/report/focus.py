"""Where the pictures look: the place of the largest disagreement, and the best slice of each region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.report.backdrop import Backdrop
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.vocabulary import Region


@dataclass(frozen=True)
class Focus:
    """A place (s, p, l) and the region whose outlines are shown there."""

    region: Region
    spl: tuple[int, int, int]
    reason: str


def find_focus(backdrop: Backdrop, maps: TrustMaps, scorecard: Scorecard) -> Focus:
    """The first review spot; without one, the voxel of the largest disagreement; without that, the head's centre."""
    for spot in sorted(scorecard.review_spots, key=lambda spot: spot.rank):
        if spot.region in maps.regions:
            return Focus(spot.region, backdrop.anatomy.spl(spot.kji), "place of the largest disagreement")
    inside = maps.disagreement[(slice(None), *maps.support)]
    if inside.size and float(inside.max()) > 0.0:
        region, *offset = (int(n) for n in np.unravel_index(int(inside.argmax()), inside.shape))
        k, j, i = (int(part.start or 0) + n for part, n in zip(maps.support, offset, strict=True))
        return Focus(maps.regions[region], backdrop.anatomy.spl((k, j, i)), "place of the largest disagreement")
    return Focus(maps.regions[0], backdrop.head_centre(), "no tumor found: centre of the head")


def best_slice(backdrop: Backdrop, maps: TrustMaps, region: Region, focus: Focus) -> tuple[int, int, int]:
    """A place on the axial slice that shows `region` best: the focus for its own region, else most disagreement.

    Without any disagreement the slice with the most pooled tumor, and without tumor the focus again.
    """
    if region is focus.region:
        return focus.spl
    index = maps.regions.index(region)
    for volume in (maps.disagreement[index], maps.pooled[index]):
        box = volume[maps.support]
        if box.size == 0 or float(box.max()) < 0.05:
            continue
        axis = backdrop.anatomy.axes[0]
        profile = box.sum(axis=tuple(other for other in range(3) if other != axis))
        start = [int(part.start or 0) for part in maps.support]
        voxel = [start[n] + size // 2 for n, size in enumerate(box.shape)]
        voxel[axis] = start[axis] + int(profile.argmax())
        return backdrop.anatomy.spl((voxel[0], voxel[1], voxel[2]))
    return focus.spl
