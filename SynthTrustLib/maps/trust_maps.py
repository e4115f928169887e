"""The voxel maps of trust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part
from SynthTrustLib.maps.kind import MapKind
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.segmenters.outlines import Outlines, pooled_outlines


@dataclass(frozen=True, eq=False)
class TrustMaps:
    """The maps of a run, float32, fixed ranges, never rescaled per case. They fill `support` and are 0 outside it."""

    geometry: Geometry
    regions: tuple[str, ...]
    support: Box
    pooled: npt.NDArray[np.float32]
    """Shape (region, k, j, i), 0..1. Mean probability of the segmenters. Outlined at 0.5."""
    between: npt.NDArray[np.float32]
    """Shape (region, k, j, i), 0..1. Mutual information / ln 2: uncertainty minus the mean of the segmenters' own
    entropies (ValUES, ICLR 2024)."""
    layers: Mapping[str, npt.NDArray[np.float32]]
    """Id -> map of shape (region, k, j, i), or (k, j, i) where it is one of the patient (see `maps.registry`)."""
    missing: Mapping[str, str]
    """Id -> why these segmenters allow no such map."""

    def __getitem__(self, identifier: str) -> npt.NDArray[np.float32]:
        return self.layers[identifier]

    def volumes(self) -> Iterator[tuple[MapKind, str | None, npt.NDArray[np.float32]]]:
        """Every map that there is, in `support`, with what it is and of which region; None: of the patient."""
        for kind in MAPS.values():
            if kind.id in self.layers:
                values = self.layers[kind.id]
                for region, volume in zip(kind.of(self.regions), values if kind.per_region else [values], strict=True):
                    yield kind, region, volume

    def part(self, values: npt.NDArray[np.float32], index: int) -> Part[np.float32]:
        """One region of `pooled`, of `between` or of a map."""
        return Part(self.support, values[index])

    @cached_property
    def outlines(self) -> Outlines:
        """What the pooled probability outlines."""
        return pooled_outlines(self.pooled, self.regions, self.support)

    @property
    def shown(self) -> Mapping[str, Mapping[str | None, Part[np.float32]]]:
        """The maps that leave a run, by id and region; views of these."""
        parts: dict[str, dict[str | None, Part[np.float32]]] = {}
        for kind, region, volume in self.volumes():
            parts.setdefault(kind.id, {})[region] = Part(self.support, volume)
        return parts
