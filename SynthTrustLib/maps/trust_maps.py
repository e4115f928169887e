"""The voxel maps of trust, and the places that they say are worth a look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part
from SynthTrustLib.codec import Count, Fraction, Range, Text
from SynthTrustLib.maps.kind import MapKind
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.segmenters.outlines import Outlines, pooled_outlines
from SynthTrustLib.task.task import Id


@dataclass(frozen=True, eq=False)
class TrustMaps:
    """The maps of a run, float32, fixed ranges, never rescaled per case.

    Attributes
    ----------
    pooled : shape (region, k, j, i), range 0..1
        Mean probability of the segmenters. Outlined at 0.5.
    between : shape (region, k, j, i), range 0..1
        Mutual information / ln 2: uncertainty minus the mean of the segmenters' own entropies (ValUES, ICLR 2024).
    layers : mapping
        Id -> map of shape (region, k, j, i), or (k, j, i) where it is one of the patient (see `maps.registry`).
    missing : mapping
        Id -> why these segmenters allow no such map.
    """

    geometry: Geometry
    regions: tuple[str, ...]
    support: Box
    pooled: npt.NDArray[np.float32]
    between: npt.NDArray[np.float32]
    layers: Mapping[str, npt.NDArray[np.float32]]
    missing: Mapping[str, str]

    def __getitem__(self, identifier: str) -> npt.NDArray[np.float32]:
        return self.layers[identifier]

    def volumes(self) -> Iterator[tuple[MapKind, str | None, npt.NDArray[np.float32]]]:
        """Every map (k, j, i) that there is, with what it is and of which region; None: of the patient."""
        for kind in MAPS.values():
            if kind.id in self.layers:
                values = self.layers[kind.id].reshape(-1, *self.geometry.shape)
                for region, volume in zip(kind.of(self.regions), values, strict=True):
                    yield kind, region, volume

    @cached_property
    def outlines(self) -> Outlines:
        """What the pooled probability outlines."""
        return pooled_outlines(self.pooled, self.regions, self.support)

    @property
    def shown(self) -> Mapping[str, Mapping[str | None, Part[np.float32]]]:
        """The maps that leave a run, by id and region; views of these."""
        parts: dict[str, dict[str | None, Part[np.float32]]] = {}
        for kind, region, volume in self.volumes():
            parts.setdefault(kind.id, {})[region] = Part(self.support, volume[self.support])
        return parts


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
    region: Id
    ras: tuple[float, float, float]
    kji: tuple[Count, Count, Count]
    peak_value: Fraction
    mean_value: Fraction
    voxels: Annotated[int, Range(1)]
    volume_ml: Annotated[float, Range(above=0)] | None
    reason: Text
