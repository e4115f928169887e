"""What is known of a review spot: where it lies, what each side would draw, and what settling it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box
from SynthTrustLib.codec import Count, FieldError, Fraction, Pattern, Range, Text
from SynthTrustLib.segmenters.package.card import Identifier
from SynthTrustLib.task.task import Id

INCLUDE, LEAVE_OUT, KEEP = "include", "leave-out", "keep"
"""Choices at a spot that name no segmenter: all that is disputed is tumor, none of it is, the record is right."""

ALL, ADDED, REMOVED = "all", "added", "removed"
"""What is taken of somebody's outline: all of it, only what it adds to the record, only what it leaves out of it."""

Taken = Literal["all", "added", "removed"]

Choice = Annotated[str, Pattern("^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$", "lower case letters, digits and hyphens")]
"""One of the above, a segmenter's id, or ``"pooled"``, which no segmenter is called."""

Side = tuple[Count, Count]
"""First voxel and the one after the last, along one axis of the case's grid."""


@dataclass(frozen=True)
class SpotChoice:
    """What one decision at a spot would change."""

    choice: Choice
    """`INCLUDE`, `LEAVE_OUT`, or whose outline is taken here: a segmenter's id, or ``"pooled"``."""
    added: Count
    removed: Count
    """`added` and `removed`: voxels that come to the region and that go from it."""
    dice_change: Fraction
    """By how much the region's Dice rises if this is right here, and the outline of record is right elsewhere."""
    taken: Taken = "all"
    """What of that outline: `ALL`, `ADDED` or `REMOVED`."""


def taking(record: npt.NDArray[np.bool_], outline: npt.NDArray[np.bool_], taken: str = ALL) -> npt.NDArray[np.bool_]:
    """What is drawn where `outline`, or a part of it, is taken instead of the record; of any shape."""
    if taken == ADDED:
        return np.asarray(record | outline)
    return np.asarray(record & outline if taken == REMOVED else outline)


@dataclass(frozen=True)
class ReviewSpot:
    """A place worth a decision, ranked."""

    rank: Annotated[int, Range(1)]
    region: Id
    ras: tuple[float, float, float]
    """RAS coordinates in mm of the place in it where the outline of record is most likely wrong."""
    kji: tuple[Count, Count, Count]
    """The same voxel's index on the case's grid."""
    peak_value: Fraction
    """`mean_value` and `peak_value`: mean and highest disagreement of what is disputed, 0..1."""
    mean_value: Fraction
    voxels: Annotated[int, Range(1)]
    volume_ml: Annotated[float, Range(above=0)] | None
    """Volume of what is disputed; None where spacing is not trusted."""
    reason: Text
    """In words: who would draw what here."""
    box: tuple[Side, Side, Side] | None = None
    """The neighbourhood, along k, j, i. What is disputed in it and in no earlier spot's of its region belongs to the
    spot. None in results from before a spot could be settled."""
    expected_gain: Fraction | None = None
    """By how much the region's Dice is expected to rise if everything here is settled rightly."""
    calibrated: bool = False
    """Whether that was learned on labelled patients; otherwise it is the share of the jury against the record."""
    seen_by: tuple[Identifier, ...] = ()
    """The jurors that outline more than half of what is disputed."""
    choices: tuple[SpotChoice, ...] = ()
    """What can be chosen here beside keeping the outline of record."""

    def check_fields(self) -> None:
        if self.box is not None and any(start >= stop for start, stop in self.box):
            raise FieldError("holds no voxel", "box")

    @property
    def slices(self) -> Box:
        """The neighbourhood as slices along (k, j, i); of a spot that cannot be settled its voxel alone."""
        pairs = self.box or tuple((at, at + 1) for at in self.kji)
        k, j, i = (slice(start, stop) for start, stop in pairs)
        return k, j, i


@dataclass(frozen=True)
class UnlistedDoubt:
    """What is disputed of a region in no spot: in places too small to matter, or beyond the listed ones.

    `expected_share` is the share of the region's expected error that lies there.
    """

    region: Id
    voxels: Annotated[int, Range(1)]
    volume_ml: Annotated[float, Range(above=0)] | None
    expected_share: Fraction


@dataclass(frozen=True)
class ReviewSpots:
    """The listed spots, ranked from 1, and what lies in none of them."""

    listed: tuple[ReviewSpot, ...] = ()
    unlisted: tuple[UnlistedDoubt, ...] = ()
