"""Outlines that were changed after the run, measured again: size, and overlap with those that were not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Part
from SynthTrustLib.scene.nodes.voxels import volume_geometry
from SynthTrustLib.scene.result.stored import EDITED
from SynthTrustLib.segmenters.outlines import POOLED, Outlines
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.measures.diameters import measure_diameters
from SynthTrustLib.trust.measures.overlap import dice


@dataclass(frozen=True)
class RegionSize:
    """What a region measures.

    `volume_ml` and `diameters_mm`: None where the voxel size is not trusted; `diameters_mm` also where it is empty.
    """

    voxels: int
    volume_ml: float | None
    diameters_mm: tuple[float, float] | None

    def in_words(self) -> tuple[str, str]:
        """Volume and diameters: ``12.3 mL``, or voxels without a trusted voxel size; ``41 x 30 mm``, or nothing."""
        volume = f"{self.voxels} voxels" if self.volume_ml is None else f"{self.volume_ml:.1f} mL"
        return volume, "" if self.diameters_mm is None else "{:.0f} x {:.0f} mm".format(*self.diameters_mm)


@dataclass(frozen=True)
class EditedMeasure:
    """What one region of an edited outline measures now."""

    name: str
    region: str
    region_name: str
    size: RegionSize
    dice: tuple[float, ...]
    """With every other outline of the run, lowest and highest; empty without others."""

    def in_words(self) -> tuple[str, str, str, str, str]:
        """Name, region, volume, diameters and Dice as a table shows them."""
        volume, diameters = self.size.in_words()
        dice = f"{min(self.dice):.2f} to {max(self.dice):.2f}" if self.dice else "-"
        return self.name, self.region_name, volume, diameters or "-", dice


def outlines_now(node: Any, regions: tuple[str, ...], volume: Any, task: Task) -> Outlines:
    """The regions of a segmentation node on the grid of `volume`; a deleted segment is empty.

    Where somebody has edited it, a region holds those inside it, also where only the inner one was drawn on.
    """
    import slicer

    shape = volume.GetImageData().GetDimensions()[::-1]
    drawn = {
        region: slicer.util.arrayFromSegmentBinaryLabelmap(node, region, volume) > 0
        for region in task.region_ids
        if node.GetSegmentation().GetSegment(region) is not None
    }
    found = {}
    for region in regions:
        held = (region, *(task.within(region) if node.GetAttribute(EDITED) else ()))
        masks = [drawn[part] for part in held if part in drawn]
        found[region] = Part.of(reduce(np.logical_or, masks, np.zeros(shape, bool)))
    return found


class EditedOutlines:
    """Measures the edited outlines of a run again and again, and reads only those anew that have changed."""

    def __init__(self) -> None:
        self._run = ""
        self._read: dict[str, tuple[tuple[int, ...], Outlines]] = {}

    def measure(self, result: Any) -> list[EditedMeasure]:
        """Measure every edited outline of a `StoredResult`, region by region."""
        if result.id != self._run:
            self._run, self._read = result.id, {}
        return list(self._measure(result))

    def _measure(self, result: Any) -> Iterator[EditedMeasure]:
        volume = result.nodes.reference_volume
        edited = result.edited()
        if volume is None or not edited:
            return
        grid = volume_geometry(volume) if spacing_trusted(result) else None
        for identifier in edited:
            for region in result.regions:
                part = self._part(result, identifier, region, volume)
                others = [name for name in result.outlines if name not in (identifier, POOLED)]
                yield EditedMeasure(
                    name=result.outline_name(identifier),
                    region=region,
                    region_name=result.task.name(region),
                    size=region_size(part, grid),
                    dice=tuple(_dice(part, self._part(result, other, region, volume)) for other in others),
                )

    def _part(self, result: Any, identifier: str, region: str, volume: Any) -> Part[np.bool_]:
        node = result.outlines[identifier]
        times = self._times(node, result.task.region_ids)
        known = self._read.get(identifier)
        if known is None or known[0] != times:
            outlines = outlines_now(node, result.regions, volume, result.task)
            # Reading them may have brought the label maps onto the grid of the volume.
            known = self._read[identifier] = (self._times(node, result.task.region_ids), outlines)
        return known[1][region]

    def _times(self, node: Any, regions: tuple[str, ...]) -> tuple[int, ...]:
        there = [region for region in regions if node.GetSegmentation().GetSegment(region) is not None]
        images = {region: node.GetBinaryLabelmapInternalRepresentation(region) for region in there}
        return tuple(int(images[region].GetMTime()) if images.get(region) else 0 for region in regions)


def region_size(part: Part[np.bool_], grid: Geometry | None) -> RegionSize:
    """What a region measures on a grid; without one, its voxels."""
    if grid is None:
        return RegionSize(part.count, None, None)
    k, j, i = (side.start for side in part.box)
    found = measure_diameters(part.values, grid, (k, j, i)) if part.count else None
    diameters = None if found is None else (found.longest, found.perpendicular)
    return RegionSize(part.count, part.count * grid.voxel_volume_ml, diameters)


def _dice(one: Part[np.bool_], other: Part[np.bool_]) -> float:
    return dice(one.common(other), one.count, other.count)


def spacing_trusted(result: Any) -> bool:
    """Whether the run has believed the voxel sizes: then its volumes are in mL."""
    sizes = [row for row in result.scorecard.rows if row.key.startswith("volume.")]
    return any(row.unit == "mL" and row.value is not None for row in sizes)
