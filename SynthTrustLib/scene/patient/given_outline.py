"""Segmentations of the scene that no run has made: as label maps for the child, to compare or to measure against."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import vtk

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.outline.label_convention import AUTO, BINARY, in_words
from SynthTrustLib.case.outline.segments import Segment, regions_of
from SynthTrustLib.case.outline.slicer_segments import coded_type
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.scene.nodes.outlines import is_empty
from SynthTrustLib.scene.patient.nodes import geometry_of, is_result, refuse_result, write_array
from SynthTrustLib.scene.result.attributes import nodes_of_class
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

COMPARED = "ComparedOutline"
"""Attribute of a segmentation node that joins the comparison: the convention that its segments are read with."""


def given_outlines(scene: Any) -> list[Any]:
    """The segmentation nodes of the scene that no run has made and that are not hidden, in order."""
    nodes = nodes_of_class(scene, "vtkMRMLSegmentationNode")
    return [node for node in nodes if not is_result(node) and not node.GetHideFromEditors()]


def segments_of(node: Any, convention: str = AUTO, task: Task = GLIOMA) -> dict[str, tuple[str, ...]]:
    """Ids of the segments that make up each region that a segmentation tells, nested.

    `convention`: as of `case.outline.segments.regions_of`; segments without numbers in their names are counted from 1.
    Raises InputError if the regions cannot be told; the segments are listed.
    """
    told = regions_of(_segments(node), convention, node.GetName(), task)
    segment_id = node.GetSegmentation().GetNthSegmentID
    return {region: tuple(segment_id(number - 1) for number in numbers) for region, numbers in told.labels.items()}


def remarks_on(node: Any, convention: str = AUTO, task: Task = GLIOMA) -> tuple[str, ...]:
    """What is taken for granted when a segmentation is read so, and which segments are not used, as sentences."""
    segments = _segments(node)
    return regions_of(segments, convention, node.GetName(), task).remarks(segments)


def _segments(node: Any) -> list[Segment]:
    segmentation = node.GetSegmentation()
    found = []
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetSegment(segmentation.GetNthSegmentID(index))
        terminology = vtk.mutable("")
        segment.GetTag(segment.GetTerminologyEntryTagName(), terminology)
        found.append(Segment(index + 1, segment.GetName() or "", coded_type(str(terminology))))
    return found


def write_outline(
    node: Any, volume: Any, path: Path, *, convention: str = AUTO, world: bool, task: Task = GLIOMA
) -> str:
    """Write a segmentation as a label map on the grid of `volume`, whatever it was drawn on.

    `convention`: as of `segments_of`. `world`: as of `patient_nodes.geometry_of`.

    Returns the label convention of the file. Raises InputError as `segments_of`. Raises GeometryError if nothing of it
    lies where the volume is.
    """
    grid = geometry_of(volume, world=world)
    masks = _masks(node, segments_of(node, convention, task), volume, grid.shape)
    if not any(mask.any() for mask in masks.values()) and not is_empty(node):
        raise GeometryError(
            "the outline does not overlap the patient in space",
            source=node.GetName(),
            next_step="Choose an outline that was drawn on this examination.",
        )
    return _write_regions(masks, grid, path, task)


def write_reference(node: Any, volume: Any, path: Path, *, world: bool, task: Task = GLIOMA) -> str:
    """Write a reference segmentation as a label map of the regions that it tells; returns its label convention.

    Raises InputError as `segments_of`, or if a run has made it, the outermost region is not told, or there is no voxel.
    """
    # Measured against itself, an outline has a Dice of 1. Who means a corrected one says so by copying it.
    refuse_result(
        node,
        next_step="Choose another reference; of an outline that you have corrected, "
        "copy the segments into a new segmentation and choose that.",
    )
    grid = geometry_of(volume, world=world)
    masks = _masks(node, segments_of(node, task=task), volume, grid.shape)
    outermost = task.regions[0]
    if outermost.id not in masks:
        raise InputError(
            f"none of its segments is named after the {outermost.name}",
            source=node.GetName(),
            next_step=f"Name its segments {', '.join(region.name for region in task.regions)}.",
        )
    if not masks[outermost.id].any():
        raise InputError("it is empty", source=node.GetName(), next_step="Choose another reference, or none.")
    if set(masks) != set(task.region_ids):
        return _write_regions(masks, grid, path, task)
    labels = np.zeros(grid.shape, np.uint8)
    for region in task.ordered(masks):
        labels[masks[region]] = task.region(region).label
    write_array(grid, labels, path)
    return task.label_convention


def _write_regions(masks: Mapping[str, npt.NDArray[np.bool_]], grid: Geometry, path: Path, task: Task) -> str:
    """Write a label map with a bit for each region, as they overlap; returns its label convention."""
    outermost = task.region_ids[0]
    if set(masks) == {outermost}:
        write_array(grid, masks[outermost].astype(np.uint8), path)
        return BINARY
    labels = reduce(np.bitwise_or, [mask.astype(np.uint8) << bit for bit, mask in enumerate(masks.values())])
    write_array(grid, labels, path)
    values = range(1, 1 << len(masks))
    return in_words({r: tuple(value for value in values if value & (1 << bit)) for bit, r in enumerate(masks)})


def _masks(
    node: Any, segments: dict[str, tuple[str, ...]], volume: Any, shape: tuple[int, int, int]
) -> dict[str, npt.NDArray[np.bool_]]:
    import slicer

    node.CreateBinaryLabelmapRepresentation()  # nothing to do but for surfaces
    masks = {region: np.zeros(shape, bool) for region in segments}
    for region, identifiers in segments.items():
        for identifier in identifiers:
            masks[region] |= slicer.util.arrayFromSegmentBinaryLabelmap(node, identifier, volume) > 0
    return masks
