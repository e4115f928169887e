"""What every part of the scorecard is computed from: the outlines, cut to the box around them once.

The jury's agreement tells how far the outline of record can be trusted; others may be shown beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.part import Box, Part, around, grown
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.task.task import TaskRegion

DILATION = 2
"""The dilated union reaches this many voxels (through faces) beyond the outlines: the border in doubt lies in it."""


@dataclass(frozen=True, eq=False)
class RegionOutlines:
    """The outlines of one region."""

    index: int
    what: TaskRegion
    box: Box
    """Around all outlines and `DILATION` voxels more, on the case's grid; empty where nobody outlines anything."""
    everyone: npt.NDArray[np.bool_]
    """Shape (segmenter, k, j, i). The outline inside `box` of everybody who ran, at their own thresholds, in the order
    of the stack."""
    jurors: tuple[int, ...]
    """The jury's places among them."""
    pooled: npt.NDArray[np.bool_]
    """Shape (k, j, i). The outline of the jury's mean probability at 0.5 inside `box`."""
    record_place: int | None = None
    """Who of `everyone` draws the outline of record; None for the pooled one."""

    @property
    def region(self) -> str:
        """The region's id."""
        return self.what.id

    @property
    def name(self) -> str:
        """The region on screen."""
        return self.what.name

    @property
    def noun(self) -> str:
        """What is found in the region, in a sentence."""
        return self.what.noun

    @cached_property
    def members(self) -> npt.NDArray[np.bool_]:
        """The jury's outlines, shape (juror, k, j, i)."""
        return self.everyone if len(self.jurors) == len(self.everyone) else self.everyone[list(self.jurors)]

    @property
    def record(self) -> npt.NDArray[np.bool_]:
        """The outline of record, shape (k, j, i)."""
        return self.pooled if self.record_place is None else np.asarray(self.everyone[self.record_place])

    @cached_property
    def record_voxels(self) -> int:
        """Number of voxels inside the outline of record."""
        return int(np.count_nonzero(self.record))

    @cached_property
    def voxels(self) -> tuple[int, ...]:
        """Number of voxels that each juror outlines."""
        return tuple(int(np.count_nonzero(member)) for member in self.members)

    @cached_property
    def pooled_voxels(self) -> int:
        """Number of voxels inside the pooled outline."""
        return int(np.count_nonzero(self.pooled))

    @cached_property
    def votes(self) -> npt.NDArray[np.int32]:
        """How many jurors outline each voxel, shape (k, j, i)."""
        return np.asarray(self.members.sum(axis=0, dtype=np.int32))

    @cached_property
    def dilated_union(self) -> npt.NDArray[np.bool_]:
        """The voxels that any juror outlines and `DILATION` voxels around them, shape (k, j, i)."""
        union = self.votes > 0
        if not union.any():
            return np.asarray(union)
        return np.asarray(ndimage.binary_dilation(union, iterations=DILATION))

    @property
    def nobody(self) -> bool:
        """Whether no juror outlines a single voxel."""
        return not any(self.voxels)


@dataclass(frozen=True, eq=False)
class Material:
    """A patient, what the segmenters say, the maps, and the outlines of every region.

    `stack` is the jury's, and so are the maps; `everyone` is all that ran, the outline of record among them.
    """

    case: PatientCase
    stack: ProbabilityStack
    maps: TrustMaps
    outlines: tuple[RegionOutlines, ...]
    everyone: ProbabilityStack
    roles: Roles

    @property
    def trusted(self) -> bool:
        """Whether rows in mm and mL can be had."""
        return self.case.spacing_trusted

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in mL, as the header has it."""
        return self.stack.geometry.voxel_volume_ml

    @property
    def record_card(self) -> SegmenterCard | None:
        """Who draws the outline of record; None for the pooled one."""
        return next((card for card in self.everyone.segmenters if card.id == self.roles.record), None)

    @property
    def record_words(self) -> str:
        """The outline of record in a sentence."""
        card = self.record_card
        return "the pooled outline" if card is None else f"the outline of {card.name}"

    def record_probability(self, outlines: RegionOutlines) -> Part[np.float32]:
        """The probabilities of a region that the outline of record is drawn from, 0..1."""
        if outlines.record_place is None:
            return self.maps.part(self.maps.pooled, outlines.index)
        return self.everyone.part(outlines.record_place, outlines.index)


def gather(case: PatientCase, stack: ProbabilityStack, maps: TrustMaps, roles: Roles | None = None) -> Material:
    """Outline every region once.

    `maps`: of the jury alone. `roles`: by default everybody is a juror, and the pooled outline is the record. Raises
    GeometryError if the case, the probabilities and the maps do not share one grid.
    """
    stack.geometry.require_same(case.geometry, "probabilities", "the patient")
    maps.geometry.require_same(case.geometry, "maps", "the patient")
    ids = [card.id for card in stack.segmenters]
    if roles is None:
        roles = Roles(POOLED, tuple(ids))
    jurors = tuple(place for place, identifier in enumerate(ids) if identifier in roles.jury)
    record = None if roles.record == POOLED else ids.index(roles.record)
    outlines = tuple(_outline(stack, maps, index, jurors, record) for index in range(len(stack.regions)))
    return Material(case, stack.only(roles.jury), maps, outlines, stack, roles)


def _outline(
    stack: ProbabilityStack, maps: TrustMaps, index: int, jurors: tuple[int, ...], record: int | None
) -> RegionOutlines:
    region = stack.regions[index]
    everyone, pooled = [stack.outlines[card.id][region] for card in stack.segmenters], maps.outlines[region]
    tight = around([one.box for one in (*everyone, pooled)])
    box = grown(tight, DILATION + 1, stack.geometry.shape)
    masks = np.stack([one.within(box) for one in everyone])
    return RegionOutlines(index, stack.task.region(region), box, masks, jurors, pooled.within(box), record)
