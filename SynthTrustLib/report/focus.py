"""Where the pictures look: the place of the largest disagreement, and the best slice of each region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.report.backdrop import Backdrop
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.vocabulary import Region

WORTH_A_LOOK = 0.05
"""A map that nowhere reaches this has nothing to show."""


@dataclass(frozen=True)
class Focus:
    """A place (s, p, l) and the region whose outlines are shown there."""

    region: Region
    spl: tuple[int, int, int]
    reason: str


def find_focus(backdrop: Backdrop, maps: TrustMaps, scorecard: Scorecard) -> Focus:
    """The first review spot; else the voxel of most disagreement; else the middle of the tumor; else the head's."""
    for spot in sorted(scorecard.review_spots, key=lambda spot: spot.rank):
        if spot.region in maps.regions:
            return Focus(spot.region, backdrop.anatomy.spl(spot.kji), "place of the largest disagreement")
    inside = maps.disagreement[(slice(None), *maps.support)]
    if inside.size and float(inside.max()) >= WORTH_A_LOOK:
        region, k, j, i = (int(n) for n in np.unravel_index(int(inside.argmax()), inside.shape))
        spl = backdrop.anatomy.spl(_in_grid(maps, (k, j, i)))
        return Focus(maps.regions[region], spl, "place of the largest disagreement")
    for index, region_name in enumerate(maps.regions):
        place = _fullest(backdrop, maps, maps.pooled[index])
        if place is not None:
            most = "middle of the slice with most tumor"
            return Focus(region_name, place, most if len(scorecard.segmenters) == 1 else f"no disagreement: {most}")
    return Focus(maps.regions[0], backdrop.head_centre(), "no tumor found: centre of the head")


def best_slice(backdrop: Backdrop, maps: TrustMaps, region: Region, focus: Focus) -> tuple[int, int, int]:
    """A place on the axial slice that shows `region` best: the focus for its own region, else most disagreement.

    Without any disagreement the slice with the most pooled tumor, and without tumor the focus again.
    """
    if region is focus.region:
        return focus.spl
    index = maps.regions.index(region)
    for volume in (maps.disagreement[index], maps.pooled[index]):
        place = _fullest(backdrop, maps, volume)
        if place is not None:
            return place
    return focus.spl


def _fullest(backdrop: Backdrop, maps: TrustMaps, volume: npt.NDArray) -> tuple[int, int, int] | None:
    """The centre of mass of `volume` on the axial slice with the largest sum; None where nothing is worth a look."""
    box = volume[maps.support]
    if box.size == 0 or float(box.max()) < WORTH_A_LOOK:
        return None
    axis = backdrop.anatomy.axes[0]
    fullest = int(box.sum(axis=tuple(other for other in range(3) if other != axis)).argmax())
    plane = box.take(fullest, axis=axis)
    rows, columns = np.indices(plane.shape)
    weight = float(plane.sum())
    middle = [round(float((rows * plane).sum()) / weight), round(float((columns * plane).sum()) / weight)]
    middle.insert(axis, fullest)
    return backdrop.anatomy.spl(_in_grid(maps, (middle[0], middle[1], middle[2])))


def _in_grid(maps: TrustMaps, inside: tuple[int, int, int]) -> tuple[int, int, int]:
    """The voxel (k, j, i) of an index inside the support box."""
    k, j, i = (int(part.start or 0) + n for part, n in zip(maps.support, inside, strict=True))
    return k, j, i
