"""Segmentations of the scene that no run has made: as label maps for the child, to compare or to measure against."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.label_convention import AUTO, BINARY, labels_by_name, labels_of, spelled_out
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.scene.attributes import nodes_of_class
from SynthTrustLib.scene.outlines import is_empty
from SynthTrustLib.scene.patient_nodes import geometry_of, is_result, refuse_result, write_array
from SynthTrustLib.vocabulary import REGION_NAMES, Region

COMPARED = "ComparedOutline"
"""Attribute of a segmentation node that joins the comparison: the convention that its segments are read with."""

_NUMBERED = re.compile(r"(?:segment|label)?[ _]*(\d{1,3})")
"""A segment that was a label of a map: ``Segment_4``."""

_REFERENCE_LABELS = {Region.WT: 2, Region.TC: 1, Region.ET: 3}
"""Of BraTS 2023, drawn one over the other."""


def given_outlines(scene: Any) -> list[Any]:
    """The segmentation nodes of the scene that no run has made and that are not hidden, in order."""
    nodes = nodes_of_class(scene, "vtkMRMLSegmentationNode")
    return [node for node in nodes if not is_result(node) and not node.GetHideFromEditors()]


def segments_of(node: Any, convention: str = AUTO) -> dict[Region, tuple[str, ...]]:
    """Ids of the segments that make up each region that a segmentation tells.

    Parameters
    ----------
    convention : str
        ``"auto"`` goes by the segments' names; where they are numbers, as in a label map that was loaded as a
        segmentation, by these, as `case.label_convention.labels_of` does. A single segment is the whole tumor. Any
        other convention goes by the numbers, or else by the order (from 1), of the segments.

    Raises
    ------
    InputError
        If the regions cannot be told; the segments are listed.
    """
    segmentation = node.GetSegmentation()
    ids = [segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments())]
    names = [segmentation.GetSegment(identifier).GetName() or "" for identifier in ids]
    matches = [_NUMBERED.fullmatch(name.lower()) for name in names]
    numbers = [int(match[1]) for match in matches if match]
    numbered = len(set(numbers)) == len(ids)
    by_number = dict(zip(numbers if numbered else range(1, len(ids) + 1), ids, strict=True))
    if convention.lower() != AUTO or (numbered and len(ids) > 1):
        told = labels_of(convention, by_number)
    elif len(ids) == 1:
        told = {Region.WT: tuple(by_number)}
    else:
        told = labels_by_name(dict(zip(by_number, names, strict=True)))
    stated = spelled_out(convention) or {}
    if not ids or not told or any(number not in by_number for group in stated.values() for number in group):
        listed = ", ".join(f"{number} {name!r}" for number, name in list(zip(by_number, names, strict=True))[:8])
        raise InputError(
            f"which regions its segments are cannot be told ({listed})" if ids else "it has no segment",
            source=node.GetName(),
            next_step=f"Name its segments {', '.join(REGION_NAMES.values())}, or state what they are.",
        )
    return {region: tuple(by_number[n] for n in group if n in by_number) for region, group in told.items()}


def write_outline(node: Any, volume: Any, path: Path, *, convention: str = AUTO, world: bool) -> str:
    """Write a segmentation as a label map on the grid of `volume`, whatever it was drawn on.

    Parameters
    ----------
    convention : str
        As of `segments_of`.
    world : bool
        As of `patient_nodes.geometry_of`.

    Returns
    -------
    str
        The label convention of the file.

    Raises
    ------
    InputError
        As `segments_of`.
    GeometryError
        If nothing of it lies where the volume is.
    """
    grid = geometry_of(volume, world=world)
    masks = _masks(node, segments_of(node, convention), volume, grid.shape)
    if not any(mask.any() for mask in masks.values()) and not is_empty(node):
        raise GeometryError(
            "the outline does not overlap the patient in space",
            source=node.GetName(),
            next_step="Choose an outline that was drawn on this examination.",
        )
    if set(masks) == {Region.WT}:
        write_array(grid, masks[Region.WT].astype(np.uint8), path)
        return BINARY
    # A bit for each region, as they overlap.
    labels = reduce(np.bitwise_or, [mask.astype(np.uint8) << bit for bit, mask in enumerate(masks.values())])
    write_array(grid, labels, path)
    values = range(1, 1 << len(masks))
    return ",".join(
        f"{region}={'+'.join(str(value) for value in values if value & (1 << bit))}" for bit, region in enumerate(masks)
    )


def write_reference(node: Any, volume: Any, path: Path, *, world: bool) -> None:
    """Write a reference segmentation as a mask with BraTS labels, or of the whole tumor where not all regions are told.

    Raises
    ------
    InputError
        As `segments_of`, or if a run has made it, the whole tumor is not told, or there is no voxel.
    """
    # Measured against itself, an outline has a Dice of 1. Who means a corrected one says so by copying it.
    refuse_result(
        node,
        next_step="Choose another reference; of an outline that you have corrected, "
        "copy the segments into a new segmentation and choose that.",
    )
    grid = geometry_of(volume, world=world)
    masks = _masks(node, segments_of(node), volume, grid.shape)
    if Region.WT not in masks:
        raise InputError(
            "none of its segments is named after the whole tumor",
            source=node.GetName(),
            next_step=f"Name its segments {', '.join(REGION_NAMES.values())}.",
        )
    labels = masks[Region.WT].astype(np.uint8)
    if set(masks) == set(Region):
        for region, label in _REFERENCE_LABELS.items():
            labels[masks[region]] = label
    if not labels.any():
        raise InputError("it is empty", source=node.GetName(), next_step="Choose another reference, or none.")
    write_array(grid, labels, path)


def _masks(
    node: Any, segments: dict[Region, tuple[str, ...]], volume: Any, shape: tuple[int, int, int]
) -> dict[Region, npt.NDArray[np.bool_]]:
    import slicer

    node.CreateBinaryLabelmapRepresentation()  # nothing to do but for surfaces
    masks = {region: np.zeros(shape, bool) for region in segments}
    for region, identifiers in segments.items():
        for identifier in identifiers:
            masks[region] |= slicer.util.arrayFromSegmentBinaryLabelmap(node, identifier, volume) > 0
    return masks
