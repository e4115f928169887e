"""Where the pictures look: the place most worth a look, and the best slice of each region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from SynthTrustLib.case.part import Part
from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.report.backdrop import Backdrop
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import Evidence

WORTH_A_LOOK = 0.05
"""A map that nowhere reaches this has nothing to show."""


@dataclass(frozen=True)
class Focus:
    """A place (s, p, l) and the region whose outlines are shown there."""

    region: str
    spl: tuple[int, int, int]
    reason: str


def find_focus(backdrop: Backdrop, outcome: Outcome) -> Focus:
    """The first review spot; else the voxel of most disagreement; else the middle of the tumor; else the head's.

    Only regions whose status is known count, as there the disagreement was weighed; without any all that can be seen.
    """
    regions = _that_matter(backdrop, outcome)
    for spot in sorted(outcome.scorecard.review_spots, key=lambda spot: spot.rank):
        if spot.region in regions:
            return Focus(spot.region, backdrop.anatomy.spl(spot.kji), "first review spot")
    disagreement = outcome.maps["disagreement"]
    region = max(regions, key=lambda region: float(disagreement[region].values.max(initial=0.0)))
    most = disagreement[region]
    if float(most.values.max(initial=0.0)) >= WORTH_A_LOOK:
        k, j, i = (int(n) for n in np.unravel_index(int(most.values.argmax()), most.values.shape))
        return Focus(region, backdrop.anatomy.spl(_in_grid(most, (k, j, i))), "place of the largest disagreement")
    for region in regions:
        place = _fullest(backdrop, outcome.record[region])
        if place is not None:
            middle = "middle of the slice with most tumor"
            return Focus(region, place, middle if len(outcome.members) == 1 else f"no disagreement: {middle}")
    return Focus(regions[0], backdrop.head_centre(), "no tumor found: centre of the head")


def _that_matter(backdrop: Backdrop, outcome: Outcome) -> tuple[str, ...]:
    status = outcome.scorecard.section(Section.STATUS)
    known = {row.region for row in status if row.evidence is not Evidence.UNKNOWN}
    visible = outcome.task.visible(backdrop.case.contrasts)
    some = tuple(region for region in outcome.regions if region in known)
    return some or tuple(region for region in outcome.regions if region in visible) or outcome.regions


def best_slice(backdrop: Backdrop, outcome: Outcome, region: str, focus: Focus) -> tuple[int, int, int]:
    """A place on the axial slice that shows `region` best: the focus for its own region, else most disagreement.

    Without any disagreement the slice with most of the outline of record, and without tumor the focus again.
    """
    if region == focus.region:
        return focus.spl
    for part in (outcome.maps["disagreement"][region], outcome.record[region]):
        place = _fullest(backdrop, part)
        if place is not None:
            return place
    return focus.spl


def _fullest(backdrop: Backdrop, part: Part) -> tuple[int, int, int] | None:
    """The centre of mass of a volume on the axial slice with the largest sum; None where nothing is worth a look."""
    if float(part.values.max(initial=0)) < WORTH_A_LOOK:
        return None
    axis = backdrop.anatomy.axes[0]
    fullest = int(part.values.sum(axis=tuple(other for other in range(3) if other != axis)).argmax())
    plane = part.values.take(fullest, axis=axis)
    rows, columns = np.indices(plane.shape)
    weight = float(plane.sum())
    middle = [round(float((rows * plane).sum()) / weight), round(float((columns * plane).sum()) / weight)]
    middle.insert(axis, fullest)
    return backdrop.anatomy.spl(_in_grid(part, (middle[0], middle[1], middle[2])))


def _in_grid(part: Part, inside: tuple[int, int, int]) -> tuple[int, int, int]:
    """The voxel (k, j, i) of an index inside the part's box."""
    k, j, i = (side.start + n for side, n in zip(part.box, inside, strict=True))
    return k, j, i
