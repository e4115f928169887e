"""Outlines that were changed after the run, measured again: size, and overlap with those that were not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.scene.voxels import volume_geometry
from SynthTrustLib.trust.diameters import measure_diameters
from SynthTrustLib.vocabulary import REGION_NAMES, Region


@dataclass(frozen=True)
class EditedMeasure:
    """What one region of an edited outline measures now.

    Attributes
    ----------
    volume_ml, diameters_mm : float, tuple of float, or None
        None where the voxel size is not trusted; `diameters_mm` also where the region is empty.
    dice : tuple of float
        With every other outline of the run, lowest and highest; empty without others.
    """

    name: str
    region: Region
    voxels: int
    volume_ml: float | None
    diameters_mm: tuple[float, float] | None
    dice: tuple[float, ...]

    def in_words(self) -> tuple[str, str, str, str, str]:
        """Name, region, volume, diameters and Dice as a table shows them."""
        volume = f"{self.voxels} voxels" if self.volume_ml is None else f"{self.volume_ml:.1f} mL"
        diameters = "-" if self.diameters_mm is None else "{:.0f} x {:.0f} mm".format(*self.diameters_mm)
        dice = f"{min(self.dice):.2f} to {max(self.dice):.2f}" if self.dice else "-"
        return self.name, REGION_NAMES[self.region], volume, diameters, dice


def region_masks(node: Any, regions: tuple[Region, ...], volume: Any) -> dict[Region, npt.NDArray[np.bool_]]:
    """The regions of a segmentation node on the grid of `volume`, bool (k, j, i); a deleted segment is empty."""
    import slicer

    masks = {}
    for region in regions:
        if node.GetSegmentation().GetSegment(region) is None:
            masks[region] = np.zeros(volume.GetImageData().GetDimensions()[::-1], bool)
        else:
            masks[region] = slicer.util.arrayFromSegmentBinaryLabelmap(node, str(region), volume) > 0
    return masks


def measure_edited(result: Any) -> list[EditedMeasure]:
    """Measure every edited outline of a `StoredResult`, region by region."""
    return list(_measure(result))


def _measure(result: Any) -> Iterator[EditedMeasure]:
    volume = result.nodes.reference_volume
    edited = result.edited()
    if volume is None or not edited:
        return
    grid = volume_geometry(volume)
    trusted = spacing_trusted(result)
    masks = {identifier: region_masks(node, result.regions, volume) for identifier, node in result.outlines.items()}
    for identifier in edited:
        for region in result.regions:
            mask = masks[identifier][region]
            voxels = int(np.count_nonzero(mask))
            yield EditedMeasure(
                name=result.outline_name(identifier),
                region=region,
                voxels=voxels,
                volume_ml=voxels * grid.voxel_volume_ml if trusted else None,
                diameters_mm=_diameters(mask, grid) if trusted else None,
                dice=tuple(_dice_with_others(masks, identifier, region)),
            )


def _diameters(mask: npt.NDArray[np.bool_], grid: Geometry) -> tuple[float, float] | None:
    found = measure_diameters(mask, grid)
    return None if found is None else (found.longest, found.perpendicular)


def spacing_trusted(result: Any) -> bool:
    """Whether the run has believed the voxel sizes: then its volumes are in mL."""
    sizes = [row for row in result.scorecard.rows if row.key.startswith("volume.")]
    return any(row.unit == "mL" and row.value is not None for row in sizes)


def _dice_with_others(
    masks: Mapping[str, Mapping[Region, npt.NDArray[np.bool_]]], identifier: str, region: Region
) -> Iterator[float]:
    mine = masks[identifier][region]
    for other, regions in masks.items():
        if other == identifier or other == "pooled":
            continue
        theirs = regions[region]
        total = np.count_nonzero(mine) + np.count_nonzero(theirs)
        yield 2.0 * np.count_nonzero(mine & theirs) / total if total else 1.0
