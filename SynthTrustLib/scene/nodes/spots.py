"""The review spots as points that nobody can move by accident."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import slicer

from SynthTrustLib.maps.spots.spot import ReviewSpot
from SynthTrustLib.palette import FOCUS, rgb
from SynthTrustLib.scene.result.attributes import Mark, Role, add, new_node

GLYPH = "ThickCross2D"
"""Hides less of the tissue than the usual sphere."""

HIDDEN = "SynthTrust.HiddenWithResult"
"""Attribute of the points' display node: they were visible when another result was shown in the place of theirs."""

LABEL_DISTANCE_MM = 20.0
"""Labels of points that are closer would lie over each other."""

GLYPH_SCALE, TEXT_SCALE = 3.0, 3.5
"""Per cent of the view."""


def spot_labels(spots: Sequence[ReviewSpot], chosen: int | None = None) -> list[str]:
    """The label of each spot's point; empty where it would lie over that of the chosen spot or of a higher rank."""
    order = sorted(range(len(spots)), key=lambda index: (index != chosen, index))
    labelled: list[int] = []
    for index in order:
        if all(math.dist(spots[index].ras, spots[other].ras) >= LABEL_DISTANCE_MM for other in labelled):
            labelled.append(index)
    return [f"{spot.rank} {spot.region}" if index in labelled else "" for index, spot in enumerate(spots)]


def label_spots(node: Any, spots: Sequence[ReviewSpot], chosen: int | None) -> None:
    """Label the points of a point list so that the chosen spot (its index) has its label."""
    if node is None or node.GetNumberOfControlPoints() != len(spots):
        return  # somebody has changed the list
    was = node.StartModify()
    for index, label in enumerate(spot_labels(spots, chosen)):
        if node.GetNthControlPointLabel(index) != label:
            node.SetNthControlPointLabel(index, label)
    node.EndModify(was)


def set_spots_visible(nodes: Any, visible: bool) -> None:
    """Hide the points of an `AssessmentNodes` with its result, and show again those that were hidden so.

    Points that the user has hidden stay hidden.
    """
    node = nodes.review_spots
    display = node.GetDisplayNode() if node is not None else None
    if display is None:
        return
    if visible and display.GetAttribute(HIDDEN):
        display.SetAttribute(HIDDEN, None)
        display.SetVisibility(True)
    elif not visible and display.GetVisibility():
        display.SetAttribute(HIDDEN, "1")
        display.SetVisibility(False)


def review_spot_points(scene: Any, spots: Sequence[ReviewSpot], run: str) -> Any | None:
    """A locked point list, one point per spot in the order of rank; None where Slicer was built without markups."""
    if not hasattr(slicer, "vtkMRMLMarkupsFiducialNode"):
        return None
    node = new_node(scene, "vtkMRMLMarkupsFiducialNode")
    labels = spot_labels(spots)
    for spot, label in zip(spots, labels, strict=True):
        index = node.AddControlPoint(list(spot.ras))
        node.SetNthControlPointLabel(index, label)  # an empty one would be filled if it were there from the first
        node.SetNthControlPointDescription(index, spot.reason)
        node.SetNthControlPointLocked(index, True)
    node.SetLocked(True)
    display = new_node(scene, "vtkMRMLMarkupsFiducialDisplayNode")
    for set_color in (display.SetColor, display.SetSelectedColor, display.SetActiveColor):
        set_color(*rgb(FOCUS))
    display.SetGlyphTypeFromString(GLYPH)
    display.SetUseGlyphScale(True)
    display.SetGlyphScale(GLYPH_SCALE)
    display.SetTextScale(TEXT_SCALE)
    scene.AddNode(display)
    node.SetAndObserveDisplayNodeID(display.GetID())
    return add(scene, node, "Review spots", Mark(run, Role.REVIEW_SPOTS))
