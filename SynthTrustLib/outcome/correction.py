"""The reviewer's own outline: the outline of record, with what was decided at the review spots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box, Part, around, grown, inside, is_filled
from SynthTrustLib.codec import Range
from SynthTrustLib.maps.spots.find import disputed_part, piece
from SynthTrustLib.maps.spots.spot import INCLUDE, KEEP, LEAVE_OUT, Choice, ReviewSpot, Taken, taking
from SynthTrustLib.plain_text import make_plain
from SynthTrustLib.segmenters.outlines import Outlines
from SynthTrustLib.task.task import Id, Task
from SynthTrustLib.trust.scorecard import Scorecard, Section

PAINTED = "painted"
"""The choice of a spot where the reviewer has drawn by hand."""

ROOM = 10
"""Painting may leave a neighbourhood by so many voxels."""


TEMPERATURE = "temperature."
"""How the keys of rows about the pooled probability begin."""


@dataclass(frozen=True)
class Settled:
    """What was decided at a spot: by whom and when (UTC, ISO 8601)."""

    spot: Annotated[int, Range(1)]
    region: Id
    choice: Choice
    taken: Taken = "all"
    reviewer: str = ""
    time: str = ""

    def __post_init__(self) -> None:
        make_plain(self)

    @classmethod
    def now(cls, spot: ReviewSpot, choice: str, reviewer: str, taken: Taken = "all") -> Settled:
        """A decision at this moment."""
        time = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(spot.rank, spot.region, choice, taken, reviewer.strip(), time)


@dataclass(frozen=True)
class Correction:
    """Decisions in the order in which they were made, and those that were taken back and can be made again."""

    settled: tuple[Settled, ...] = ()
    undone: tuple[Settled, ...] = ()

    def settle(self, decision: Settled) -> Correction:
        """With one more decision; the last one at a spot counts."""
        return Correction((*self.settled, decision))

    def undo(self) -> Correction:
        """Without the last decision; the same where there is none."""
        if not self.settled:
            return self
        return Correction(self.settled[:-1], (*self.undone, self.settled[-1]))

    def redo(self) -> Correction:
        """With the decision that was taken back last; the same where there is none."""
        if not self.undone:
            return self
        return Correction((*self.settled, self.undone[-1]), self.undone[:-1])

    def at(self, spot: ReviewSpot) -> Settled | None:
        """What counts at a spot; None while it is open."""
        return next((one for one in reversed(self.settled) if one.spot == spot.rank), None)

    @property
    def counting(self) -> tuple[Settled, ...]:
        """The decisions that count, in the order in which they were made."""
        last = {one.spot: one for one in self.settled}
        return tuple(one for one in self.settled if last[one.spot] is one)

    def next_open(self, spots: Sequence[ReviewSpot], after: int = 0) -> ReviewSpot | None:
        """The next spot that is open, from the rank `after` on and around at the end; None if all are settled."""
        still = [spot for spot in spots if self.at(spot) is None]
        return min(still, key=lambda spot: (spot.rank <= after, spot.rank), default=None)


@dataclass(frozen=True, eq=False)
class Painted:
    """What the reviewer has drawn by hand at a spot, of its region: voxels that were added, and taken away."""

    added: Part[np.bool_]
    taken: Part[np.bool_]


def corrected(
    outlines: Mapping[str, Outlines],
    scorecard: Scorecard,
    correction: Correction,
    task: Task,
    painted: Mapping[int, Painted] | None = None,
    disputed: Outlines | None = None,
) -> Outlines:
    """The outline of record with the decisions that count.

    A region holds those inside it: what is included there is included around it, what is left out is left out inside.

    `outlines`: of every member by its id, and the pooled one. They are not changed. `painted`: rank of a spot -> what
    was drawn there by hand. `disputed`: region -> `disputed_of`, where that is known already: it takes most of the
    time.
    """
    record = outlines[scorecard.record]
    spots = {spot.rank: spot for spot in scorecard.review_spots}
    here = [(one, spots[one.spot]) for one in correction.counting if one.spot in spots]
    by_hand = painted or {}
    strokes = [part.box for one in by_hand.values() for part in (one.added, one.taken)]
    whole = around([*(part.box for part in record.values()), *(spot.slices for _, spot in here), *strokes])
    drawn = {region: part.within(whole) for region, part in record.items()}
    if disputed is None:
        disputed = {region: disputed_of(outlines, scorecard, region) for region in {spot.region for _, spot in here}}
    for one, spot in here:
        if one.choice == PAINTED:
            if spot.rank in by_hand:
                _paint(drawn, by_hand[spot.rank], spot.region, whole, task)
            continue
        mask = piece(disputed[spot.region], spot, scorecard.review_spots)
        mine = record[spot.region].within(spot.slices)
        side = _side(outlines, one.choice, mine, spot)
        where = inside(spot.slices, whole)
        values = np.where(mask, taking(mine, side, one.taken), drawn[spot.region][where])
        _draw(drawn, spot.region, where, values, mask, task)
    corner = [side.start for side in whole]
    return {region: Part.of(mask, corner) for region, mask in drawn.items()}


def disputed_of(outlines: Mapping[str, Outlines], scorecard: Scorecard, region: str) -> Part[np.bool_]:
    """What the jury disputes of a region of the outline of record."""
    jurors = [outlines[name][region] for name in scorecard.jury if name in outlines]
    return disputed_part(outlines[scorecard.record][region], jurors)


def _side(
    outlines: Mapping[str, Outlines], choice: str, record: npt.NDArray[np.bool_], spot: ReviewSpot
) -> npt.NDArray[np.bool_]:
    if choice in (INCLUDE, LEAVE_OUT):
        return np.full(record.shape, choice == INCLUDE)
    return record if choice == KEEP or choice not in outlines else outlines[choice][spot.region].within(spot.slices)


def _draw(
    drawn: Mapping[str, npt.NDArray[np.bool_]],
    region: str,
    where: Box,
    values: npt.NDArray[np.bool_],
    mask: npt.NDArray[np.bool_],
    task: Task,
) -> None:
    drawn[region][where] = values
    for other in drawn:
        if other in task.around(region):
            drawn[other][where] |= values & mask
        elif other in task.within(region):
            drawn[other][where] &= values | ~mask


def _paint(drawn: Mapping[str, npt.NDArray[np.bool_]], painted: Painted, region: str, whole: Box, task: Task) -> None:
    for part, value in ((painted.added, True), (painted.taken, False)):
        if is_filled(part.box):
            where = inside(part.box, whole)
            values = np.where(part.values, value, drawn[region][where])
            _draw(drawn, region, where, values, part.values, task)


def room(spot: ReviewSpot, shape: Sequence[int]) -> Box:
    """Where painting at a spot counts: its neighbourhood and a little around it, on a grid of this shape (k, j, i)."""
    return grown(spot.slices, ROOM, shape)


def edited_card(scorecard: Scorecard, regions: Iterable[str]) -> Scorecard:
    """The scorecard after the outline of these regions was edited: predictions of them are withdrawn.

    Taking the jury's pieces makes it agree with the jury, so what was learned of untouched outlines holds no more.
    The temperature is of the jury's probabilities, which nobody has edited.
    """
    changed = set(regions)
    rows = tuple(
        replace(row, withdrawn="Edited: before, it was this value.")
        if row.section is Section.PREDICTION
        and row.region in changed
        and row.value is not None
        and not row.key.startswith(TEMPERATURE)
        else row
        for row in scorecard.rows
    )
    return replace(scorecard, rows=rows)
