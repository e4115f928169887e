"""Review spots: where settling what the jury disputes of the outline of record is expected to pay most.

A voxel is disputed if a juror draws it otherwise than the outline of record. Borders are drawn a little differently by
everyone, so what is disputed is one thin shell around most tumors. It is cut into neighbourhoods that a reader can
settle by one decision: the box, at most `cover.ACROSS_MM` wide, that holds the most expected error, then the best of
what is left. The expected error is the sum, over disputed voxels, of the probability that the record is wrong there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, product

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part, around, common, inside, is_filled, shifted
from SynthTrustLib.maps.spots.cover import neighbourhoods, size_in_voxels
from SynthTrustLib.maps.spots.error_rates import ErrorRates
from SynthTrustLib.maps.spots.reason import spot_reason
from SynthTrustLib.maps.spots.spot import (
    INCLUDE,
    LEAVE_OUT,
    ReviewSpot,
    ReviewSpots,
    SpotChoice,
    Taken,
    UnlistedDoubt,
    taking,
)
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.significant import significant

CLINICAL_ML = 0.5
"""What is disputed in less than a ball of 10 mm, the smallest that RANO calls measurable, is no spot."""

CLINICAL_VOXELS = 100
"""The same where voxel sizes are not trusted, for voxels of 0.9 x 0.9 x 6 mm."""

LISTED, OF_EACH_REGION = 12, 3
"""More spots would not be looked at; so many of every region are listed before the others are weighed."""

TAKEN: tuple[Taken, ...] = ("all", "added", "removed")

STEPS = 1000
"""Expected errors are counted in steps of a thousandth of a voxel."""


@dataclass(frozen=True, eq=False)
class _Region:
    """One region inside `box`: who draws what, and how likely the record is wrong; arrays (k, j, i)."""

    index: int
    name: str
    box: Box
    record: npt.NDArray[np.bool_]
    record_voxels: int
    jurors: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.float32]
    calibrated: bool

    disputed: npt.NDArray[np.bool_]

    @cached_property
    def both(self) -> float:
        """The voxels of the record and of the truth, as far as they are expected to differ."""
        missed = float(self.wrong.sum(dtype=np.float64, where=~self.record))
        return 2 * self.record_voxels + missed - float(self.wrong.sum(dtype=np.float64, where=self.record))

    def gain(self, errors: float) -> float:
        """By how much the Dice rises if so many wrong voxels are set right."""
        return min(1.0, errors / max(self.both, errors, 1.0))


@dataclass(frozen=True, eq=False)
class _Place:
    region: _Region
    box: Box  # within the region's
    mask: npt.NDArray[np.bool_]
    gain: float

    @property
    def where(self) -> Box:
        return shifted(self.box, self.region.box)


def find_review_spots(
    stack: ProbabilityStack,
    maps: TrustMaps,
    *,
    spacing_trusted: bool,
    roles: Roles | None = None,
    visible: Collection[str] | None = None,
    limit: int = LISTED,
    errors: ErrorRates | None = None,
) -> ReviewSpots:
    """The `limit` places that are expected to pay most, ranked from 1, and what lies in none of them.

    The same patient gives the same spots in the same order, however the voxel grid is flipped and whatever the order
    of the segmenters. Where nothing is disputed there are none.

    `stack`: of everybody who ran. `maps`: of the jury. `spacing_trusted`: where False, sizes are counted in voxels and
    slices, and volumes are None. `roles`: by default everybody is a juror, and the pooled outline is the record.
    `visible`: the regions that the patient's contrasts can show (`Task.visible`); by default all. Doubt about another
    one is no place to look, as a reader cannot see it either. `errors`: how often such records were wrong; without it
    the share of the jury against the record stands for it.
    """
    if roles is None:
        roles = Roles(POOLED, tuple(card.id for card in stack.segmenters))
    fewest = CLINICAL_VOXELS
    if spacing_trusted:
        fewest = max(1, round(CLINICAL_ML / stack.geometry.voxel_volume_ml))
    size = size_in_voxels(stack.geometry, spacing_trusted)
    regions = [
        region
        for index, name in enumerate(maps.regions)
        if visible is None or name in visible
        if (region := _region(stack, maps, roles, index, errors)) is not None
    ]
    found = [
        (number >= OF_EACH_REGION, place)
        for region in regions
        for number, place in enumerate(_places(region, size, stack.geometry, fewest, limit))
    ]
    # Sorting is stable, so that the spots of a region stay in the order in which they were cut out.
    best = sorted(found, key=lambda one: (one[0], -one[1].gain, one[1].region.index))[:limit]
    chosen = sorted((place for _, place in best), key=lambda place: (-place.gain, place.region.index))
    volume_ml = stack.geometry.voxel_volume_ml if spacing_trusted else None
    spots = [_spot(rank, place, stack, maps, roles, volume_ml) for rank, place in enumerate(chosen, start=1)]
    return ReviewSpots(
        tuple(_with_others(spot, spots, stack) for spot in spots),
        tuple(_unlisted(regions, chosen, volume_ml)),
    )


def piece(disputed: Part[np.bool_], spot: ReviewSpot, earlier: Iterable[ReviewSpot]) -> npt.NDArray[np.bool_]:
    """What belongs to a spot, inside its neighbourhood: disputed there, and in none of the `earlier` of its region."""
    found = disputed.within(spot.slices)
    for other in earlier:
        if other.region == spot.region and other.rank < spot.rank:
            both = common(other.slices, spot.slices)
            if is_filled(both):
                found[inside(both, spot.slices)] = False
    return found


def disputed_part(record: Part[np.bool_], jurors: Iterable[Part[np.bool_]]) -> Part[np.bool_]:
    """Where a juror draws otherwise than the record."""
    everyone = list(jurors)
    box = around(one.box for one in (record, *everyone))
    mine = record.within(box)
    differs = np.zeros(mine.shape, np.bool_)
    for one in everyone:
        differs |= one.within(box) != mine
    return Part.of(differs, [side.start for side in box])


def _region(
    stack: ProbabilityStack, maps: TrustMaps, roles: Roles, index: int, errors: ErrorRates | None
) -> _Region | None:
    """What is disputed of a region; None where nothing is."""
    name = maps.regions[index]
    jurors = [stack.outlines[identifier][name] for identifier in _jury(stack, roles)]
    drawn = maps.outlines[name] if roles.record == POOLED else stack.outlines[roles.record][name]
    somewhere = disputed_part(drawn, jurors)
    if not somewhere.count:
        return None
    box = somewhere.box
    record, members = drawn.within(box), np.stack([one.within(box) for one in jurors])
    differs = members != record
    disputed, against = differs.any(axis=0), differs.mean(axis=0, dtype=np.float32)
    wrong, calibrated = against, False
    if errors is not None:
        ids = [card.id for card in stack.segmenters]
        pooled = roles.record == POOLED
        own = maps.part(maps.pooled, index) if pooled else stack.part(ids.index(roles.record), index)
        learned = errors.of(name, record[disputed], against[disputed], own.within(box)[disputed])
        if learned is not None:
            wrong, calibrated = np.zeros_like(against), True
            wrong[disputed] = learned
    return _Region(index, name, box, record, drawn.count, members, wrong, calibrated, disputed)


def _jury(stack: ProbabilityStack, roles: Roles) -> list[str]:
    return [card.id for card in stack.segmenters if card.id in roles.jury]


def _places(
    region: _Region, size: tuple[int, int, int], geometry: Geometry, fewest: int, limit: int
) -> Iterator[_Place]:
    """The best places of a region of at least `fewest` voxels, at most `limit`."""
    left = region.disputed.copy()
    weights = np.where(left, np.maximum(1, np.rint(region.wrong * STEPS)), 0).astype(np.int32)
    corner = [side.start for side in region.box]
    found = 0
    for one in islice(neighbourhoods(left, weights, size, geometry, corner), 2 * limit):
        if found == limit:
            return
        if np.count_nonzero(one.mask) < fewest:
            continue
        mask = left[one.box].copy()  # with what was too small for a spot of its own
        left[one.box] = False
        found += 1
        yield _Place(region, one.box, mask, significant(region.gain(weights[one.box][mask].sum() / STEPS)))


def _spot(
    rank: int, place: _Place, stack: ProbabilityStack, maps: TrustMaps, roles: Roles, voxel_ml: float | None
) -> ReviewSpot:
    region, mask = place.region, place.mask
    values = maps.part(maps["disagreement"], region.index).within(place.where)[mask].astype(np.float64)
    kji = _centre(place, stack.geometry)
    r, a, s = (float(x) for x in np.round(stack.geometry.ras(kji), 3))
    jurors = region.jurors[(slice(None), *place.box)][:, mask]
    ids = _jury(stack, roles)
    cards = [card for card in stack.segmenters if card.id in ids]
    places = [n for n, card in enumerate(stack.segmenters) if card.id in ids]
    means = stack.at(mask, place.where, region.index)[places].mean(axis=1)
    outlined = jurors.mean(axis=1)
    voxels = int(np.count_nonzero(mask))
    record = region.record[place.box][mask]
    return ReviewSpot(
        rank=rank,
        region=region.name,
        ras=(r, a, s),
        kji=kji,
        peak_value=significant(values.max()),
        mean_value=significant(values.sum() / voxels),
        voxels=voxels,
        volume_ml=None if voxel_ml is None else significant(voxels * voxel_ml),
        reason=spot_reason(stack.task.noun(region.name), cards, outlined, means, float(record.mean())),
        box=tuple((side.start, side.stop) for side in place.where),  # type: ignore[arg-type]
        expected_gain=place.gain,
        calibrated=region.calibrated,
        seen_by=tuple(one for one, share in zip(ids, outlined, strict=True) if share > 0.5),
        choices=tuple(_choices(region, record, dict(zip(ids, jurors, strict=True)), maps, place)),
    )


def _choices(
    region: _Region,
    record: npt.NDArray[np.bool_],
    jurors: dict[str, npt.NDArray[np.bool_]],
    maps: TrustMaps,
    place: _Place,
) -> Iterator[SpotChoice]:
    """What each choice would change; those that change nothing, or the same as one before them, are left out."""
    pooled = maps.outlines[region.name].within(place.where)[place.mask]
    sides = {INCLUDE: np.ones_like(record), LEAVE_OUT: np.zeros_like(record), POOLED: pooled, **jurors}
    seen = {record.tobytes()}
    for (name, side), taken in sorted(product(sides.items(), TAKEN), key=lambda one: TAKEN.index(one[1])):
        drawn = taking(record, side, taken)
        if drawn.tobytes() in seen:
            continue
        seen.add(drawn.tobytes())
        added, removed = int(np.count_nonzero(drawn & ~record)), int(np.count_nonzero(record & ~drawn))
        both = 2 * region.record_voxels + added - removed
        common = 2 * (region.record_voxels - removed)
        yield SpotChoice(name, added, removed, significant(1 - common / both), taken)


def _centre(place: _Place, geometry: Geometry) -> tuple[int, int, int]:
    """The voxel of the place with most expected error around it; of several the first in space."""
    weights = np.where(place.mask, place.region.wrong[place.box], 0).astype(np.float64)
    size = [2 * (length // 6) + 1 for length in weights.shape]
    near = np.round(ndimage.uniform_filter(weights, size, mode="constant")[place.mask], 9)
    index = np.argwhere(place.mask) + [side.start for side in place.where]
    ras = np.round(geometry.ras(index), 3)
    k, j, i = (int(n) for n in index[np.lexsort((ras[:, 2], ras[:, 1], ras[:, 0], -near))[0]])
    return k, j, i


def _with_others(spot: ReviewSpot, spots: list[ReviewSpot], stack: ProbabilityStack) -> ReviewSpot:
    """The spot, whose reason names the other regions that are disputed at its place."""
    there = {
        other.region
        for other in spots
        if other.region != spot.region
        and all(side.start <= at < side.stop for side, at in zip(other.slices, spot.kji, strict=True))
    }
    if not there:
        return spot
    nouns = [stack.task.noun(name) for name in stack.task.ordered(there)]
    also = f" The {' and the '.join(nouns)} {'is' if len(nouns) == 1 else 'are'} disputed near it, too."
    return replace(spot, reason=spot.reason + also)


def _unlisted(regions: list[_Region], chosen: list[_Place], voxel_ml: float | None) -> Iterator[UnlistedDoubt]:
    for region in regions:
        left = region.disputed.copy()
        everything = float(region.wrong[left].sum(dtype=np.float64))
        for place in chosen:
            if place.region is region:
                left[place.box] = False
        voxels = int(np.count_nonzero(left))
        if voxels:
            share = float(region.wrong[left].sum(dtype=np.float64)) / everything if everything else 1.0
            volume = None if voxel_ml is None else significant(voxels * voxel_ml)
            yield UnlistedDoubt(region.name, voxels, volume, significant(min(1.0, share)))
