"""What every part of the scorecard is computed from: the outlines, cut to the box around them once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.part import Box, around, grown
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.vocabulary import Region

DILATION = 2
"""The dilated union reaches this many voxels (through faces) beyond the outlines: the border in doubt lies in it."""


@dataclass(frozen=True, eq=False)
class RegionOutlines:
    """The outlines of one region.

    Attributes
    ----------
    box : tuple of slice
        Around all outlines and `DILATION` voxels more, on the case's grid; empty where nobody outlines anything.
    members : ndarray of bool, shape (segmenter, k, j, i)
        Each segmenter's outline inside `box`, at its own threshold.
    pooled : ndarray of bool, shape (k, j, i)
        The outline of the mean probability at 0.5 inside `box`.
    """

    index: int
    region: Region
    box: Box
    members: npt.NDArray[np.bool_]
    pooled: npt.NDArray[np.bool_]

    @cached_property
    def voxels(self) -> tuple[int, ...]:
        """Number of voxels that each segmenter outlines."""
        return tuple(int(np.count_nonzero(member)) for member in self.members)

    @cached_property
    def pooled_voxels(self) -> int:
        """Number of voxels inside the pooled outline."""
        return int(np.count_nonzero(self.pooled))

    @cached_property
    def votes(self) -> npt.NDArray[np.intp]:
        """How many segmenters outline each voxel, shape (k, j, i)."""
        return np.asarray(self.members.sum(axis=0, dtype=np.intp))

    @cached_property
    def dilated_union(self) -> npt.NDArray[np.bool_]:
        """The voxels that anyone outlines and `DILATION` voxels around them, shape (k, j, i)."""
        union = self.votes > 0
        if not union.any():
            return np.asarray(union)
        return np.asarray(ndimage.binary_dilation(union, iterations=DILATION))

    @property
    def nobody(self) -> bool:
        """Whether no segmenter outlines a single voxel."""
        return not any(self.voxels)


@dataclass(frozen=True, eq=False)
class Material:
    """A patient, what the segmenters say, the maps, and the outlines of every region."""

    case: PatientCase
    stack: ProbabilityStack
    maps: TrustMaps
    outlines: tuple[RegionOutlines, ...]

    @property
    def trusted(self) -> bool:
        """Whether rows in mm and mL can be had."""
        return self.case.spacing_trusted

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in mL, as the header has it."""
        return self.stack.geometry.voxel_volume_ml


def gather(case: PatientCase, stack: ProbabilityStack, maps: TrustMaps) -> Material:
    """Outline every region once.

    Raises
    ------
    GeometryError
        If the case, the probabilities and the maps do not share one grid.
    """
    stack.geometry.require_same(case.geometry, "probabilities", "the patient")
    maps.geometry.require_same(case.geometry, "maps", "the patient")
    outlines = tuple(_outline(stack, maps, index) for index in range(len(stack.regions)))
    return Material(case, stack, maps, outlines)


def _outline(stack: ProbabilityStack, maps: TrustMaps, index: int) -> RegionOutlines:
    region = stack.regions[index]
    members, pooled = [stack.outlines[card.id][region] for card in stack.segmenters], maps.outlines[region]
    tight = around([one.box for one in (*members, pooled)])
    box = grown(tight, DILATION + 1, stack.geometry.shape)
    return RegionOutlines(index, region, box, np.stack([one.within(box) for one in members]), pooled.within(box))
