"""The voxel maps of trust, and the places that they say are worth a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part
from SynthTrustLib.codec import Count, Fraction, Range, Text
from SynthTrustLib.segmenters.outlines import Outlines, pooled_outlines
from SynthTrustLib.vocabulary import Region


@dataclass(frozen=True, eq=False)
class TrustMaps:
    """Maps per region, float32, shape (region, k, j, i), fixed ranges, never rescaled per case.

    Attributes
    ----------
    pooled : range 0..1
        Mean probability of the segmenters. Outlined at 0.5.
    disagreement : range 0..1
        Highest minus lowest probability among the segmenters.
    uncertainty : range 0..1
        Binary entropy of the mean probability / ln 2 (total uncertainty).
    between : range 0..1
        Mutual information / ln 2: `uncertainty` minus the mean of the segmenters' own entropies (ValUES, ICLR 2024).
    mix_influence : range -1..1, or None
        Change of probability per unit of synthetic fraction (least squares over the segmenters), clipped to -1..1.
        0 where seeds of one mix differ so much that it cannot be told from chance, if any mix has several seeds. None
        with fewer than three distinct synthetic fractions.
    mix_influence_reason : str
        Why `mix_influence` is None; empty otherwise.
    """

    geometry: Geometry
    regions: tuple[Region, ...]
    support: Box
    pooled: npt.NDArray[np.float32]
    disagreement: npt.NDArray[np.float32]
    uncertainty: npt.NDArray[np.float32]
    between: npt.NDArray[np.float32]
    mix_influence: npt.NDArray[np.float32] | None
    mix_influence_reason: str = ""

    @cached_property
    def outlines(self) -> Outlines:
        """What the pooled probability outlines."""
        return pooled_outlines(self.pooled, self.regions, self.support)

    @property
    def shown(self) -> Mapping[str, Mapping[Region, Part[np.float32]]]:
        """The maps that leave a run, by name and region; views of these."""
        volumes = {
            "disagreement": self.disagreement,
            "uncertainty": self.uncertainty,
            "mix_influence": self.mix_influence,
        }
        return {
            name: {r: Part(self.support, volume[self.support]) for r, volume in zip(self.regions, all_, strict=True)}
            for name, all_ in volumes.items()
            if all_ is not None
        }


@dataclass(frozen=True)
class ReviewSpot:
    """A place worth a look, ranked.

    Attributes
    ----------
    ras : tuple of float
        RAS coordinates in mm of the voxel with the highest value inside the spot.
    kji : tuple of int
        The same voxel's index on the case's grid.
    reason : str
        In words: what is uncertain here and between which segmenters.
    volume_ml : float or None
        Volume of the connected area that is in doubt; None where spacing is not trusted.
    mean_value, peak_value : float
        Mean and highest disagreement in the area, 0..1.
    """

    rank: Annotated[int, Range(1)]
    region: Region
    ras: tuple[float, float, float]
    kji: tuple[Count, Count, Count]
    peak_value: Fraction
    mean_value: Fraction
    voxels: Annotated[int, Range(1)]
    volume_ml: Annotated[float, Range(above=0)] | None
    reason: Text
