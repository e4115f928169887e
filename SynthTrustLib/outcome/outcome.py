"""The one value that leaves a run: files, pictures, DICOM objects, scene and panel are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Part
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.outlines import POOLED, Outlines
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.measures.margin import border_band, stated_margins
from SynthTrustLib.trust.scorecard import Scorecard


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run has found. It holds no probability, so nobody has to say again what is outlined."""

    geometry: Geometry
    """The grid of outlines and maps."""
    regions: tuple[str, ...]
    """What is outlined, outermost first."""
    outlines: Mapping[str, Outlines]
    """Of every member by its id, in the order of `members`, and of the jury's mean as `POOLED`. Regions are masks of
    their own: they are nested where their member says so, and an outline made elsewhere is kept as it was read."""
    maps: Mapping[str, Mapping[str | None, Part[np.float32]]]
    """By id (see `maps.registry`), with None in the place of a region where it is one of the patient. A map that could
    not be computed is missing."""
    scorecard: Scorecard
    """With the members' cards, what was changed on the way, the review spots, and where everything comes from."""

    @property
    def task(self) -> Task:
        """What was outlined, on which images."""
        return self.scorecard.task

    @property
    def members(self) -> tuple[SegmenterCard, ...]:
        """The cards of those who ran."""
        return self.scorecard.segmenters

    @property
    def record(self) -> Outlines:
        """The outline of record, which status, sizes and predictions are about."""
        return self.outlines[self.scorecard.record]

    @property
    def pooled(self) -> Outlines:
        """What the jury outlines together."""
        return self.outlines[POOLED]

    @cached_property
    def margins(self) -> Mapping[str, float]:
        """Region -> the margin in mm that is stated of its border; see `stated_margins`."""
        return stated_margins(self.scorecard)

    def margin_band(self, region: str) -> Part[np.bool_]:
        """The voxels within the stated margin of a region's border of record, in and out; found once."""
        if region not in self._bands:
            self._bands[region] = border_band(self.record[region], self.margins[region], self.geometry)
        return self._bands[region]

    @cached_property
    def _bands(self) -> dict[str, Part[np.bool_]]:
        return {}


def outcome_of(stack: ProbabilityStack, maps: TrustMaps, scorecard: Scorecard) -> Outcome:
    """What a run has found, from the members' answers, their maps and the scorecard."""
    outlines = {**stack.outlines, POOLED: maps.outlines}
    return Outcome(stack.geometry, stack.regions, outlines, maps.shown, scorecard)
