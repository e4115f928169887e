"""The review spots as points that nobody can move by accident."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import slicer

from SynthTrustLib.maps.trust_maps import ReviewSpot
from SynthTrustLib.scene.attributes import Mark, Role, add, new_node
from SynthTrustLib.scene.colours import rgb

COLOUR = "#ffe34d"
GLYPH = "ThickCross2D"
"""Hides less of the tissue than the usual sphere."""

GLYPH_SCALE, TEXT_SCALE = 3.0, 3.5
"""Per cent of the view."""


def review_spot_points(scene: Any, spots: Sequence[ReviewSpot], run: str) -> Any | None:
    """A locked point list, one point per spot in the order of rank; None where Slicer was built without markups."""
    if not hasattr(slicer, "vtkMRMLMarkupsFiducialNode"):
        return None
    node = new_node(scene, "vtkMRMLMarkupsFiducialNode")
    for spot in spots:
        index = node.AddControlPoint(list(spot.ras), f"{spot.rank} {spot.region}")
        node.SetNthControlPointDescription(index, spot.reason)
        node.SetNthControlPointLocked(index, True)
    node.SetLocked(True)
    display = new_node(scene, "vtkMRMLMarkupsFiducialDisplayNode")
    for set_color in (display.SetColor, display.SetSelectedColor, display.SetActiveColor):
        set_color(*rgb(COLOUR))
    display.SetGlyphTypeFromString(GLYPH)
    display.SetUseGlyphScale(True)
    display.SetGlyphScale(GLYPH_SCALE)
    display.SetTextScale(TEXT_SCALE)
    scene.AddNode(display)
    node.SetAndObserveDisplayNodeID(display.GetID())
    return add(scene, node, "Review spots", Mark(run, Role.REVIEW_SPOTS))
