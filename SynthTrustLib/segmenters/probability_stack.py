"""What the segmenters say: one probability volume per segmenter and region, on the case's grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part
from SynthTrustLib.segmenters.outlines import Outlines, member_outlines
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task


@dataclass(frozen=True, eq=False)
class ProbabilityStack:
    """Probabilities of several segmenters, side by side."""

    probabilities: npt.NDArray[np.float32]
    """Shape (segmenter, region, k, j, i), in 0..1. They fill `support`."""
    segmenters: tuple[SegmenterCard, ...]
    regions: tuple[str, ...]
    geometry: Geometry
    support: Box
    """The box (k, j, i) around the head on the case's grid. Every probability outside it is exactly 0, and takes no
    memory."""
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Segmenter id -> reason, for segmenters that were asked for but could not run on this patient."""
    engine: str = ""
    """Name and version of what ran the networks, e.g. ``"OpenVINO 2026.4 (CPU, bf16)"``."""
    seconds: Mapping[str, float] = field(default_factory=dict)  # segmenter id -> inference time
    task: Task = GLIOMA

    @cached_property
    def outlines(self) -> Mapping[str, Outlines]:
        """What each segmenter outlines, by its id."""
        members = zip(self.segmenters, self.probabilities, strict=True)
        return {
            card.id: member_outlines(card, volumes, self.regions, self.support, self.task) for card, volumes in members
        }

    def part(self, place: int, index: int) -> Part[np.float32]:
        """One segmenter's probabilities of one region."""
        return Part(self.support, self.probabilities[place, index])

    def at(self, voxels: npt.NDArray[np.bool_], box: Box, index: int) -> npt.NDArray[np.float32]:
        """Every segmenter's probabilities of one region at the `voxels` (k, j, i) of a box: (segmenter, voxel)."""
        return np.stack([self.part(place, index).within(box)[voxels] for place in range(len(self.segmenters))])

    def only(self, ids: Sequence[str]) -> ProbabilityStack:
        """The members with these ids, in the order of the stack; no probability is copied where they follow each other.

        Raises KeyError if one of them is not there.
        """
        places = [place for place, card in enumerate(self.segmenters) if card.id in ids]
        if len(places) != len(set(ids)):
            raise KeyError(f"not all of {', '.join(ids)} are among {', '.join(c.id for c in self.segmenters)}")
        if len(places) == len(self.segmenters):
            return self
        together = places == list(range(places[0], places[-1] + 1))
        part = replace(
            self,
            probabilities=self.probabilities[slice(places[0], places[-1] + 1) if together else places],
            segmenters=tuple(self.segmenters[place] for place in places),
        )
        vars(part)["outlines"] = {card.id: self.outlines[card.id] for card in part.segmenters}  # outlined once
        return part
