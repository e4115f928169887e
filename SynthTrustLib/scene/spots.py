"""The review spots as points that nobody can move by accident."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import slicer

from SynthTrustLib.maps.trust_maps import ReviewSpot
from SynthTrustLib.scene.attributes import Role, add_node, mark
from SynthTrustLib.scene.colours import rgb

COLOUR = "#ffe34d"
GLYPH_SIZE_MM = 4.0
TEXT_SCALE = 2.5


def review_spot_points(scene: Any, spots: Sequence[ReviewSpot], run: str) -> Any | None:
    """A locked point list, one point per spot in the order of rank; None where Slicer was built without markups."""
    if not hasattr(slicer, "vtkMRMLMarkupsFiducialNode"):
        return None
    node = add_node(scene, "vtkMRMLMarkupsFiducialNode", "Review spots")
    node.CreateDefaultDisplayNodes()
    for spot in spots:
        index = node.AddControlPoint(list(spot.ras), f"{spot.rank} {spot.region}")
        node.SetNthControlPointDescription(index, spot.reason)
        node.SetNthControlPointLocked(index, True)
    node.SetLocked(True)
    display = node.GetDisplayNode()
    for set_color in (display.SetColor, display.SetSelectedColor, display.SetActiveColor):
        set_color(*rgb(COLOUR))
    display.SetGlyphTypeFromString("CrossDot2D")
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(GLYPH_SIZE_MM)
    display.SetTextScale(TEXT_SCALE)
    return mark(node, run, Role.REVIEW_SPOTS)
