"""What a choice at a spot would draw, as a dashed line in the slice views: a model that no scene file ever holds."""

from __future__ import annotations

from typing import Any

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part
from SynthTrustLib.palette import FOCUS, rgb
from SynthTrustLib.scene.nodes.dashes import dashed_border
from SynthTrustLib.scene.result.assessment import remove_node
from SynthTrustLib.scene.result.attributes import REGION, ROLE, RUN, Mark, Role, add, new_node, nodes_of_class

NAME = "Preview"
LINE_WIDTH = 3


def show_preview(scene: Any, outline: Part, box: Box, geometry: Geometry, reference: Any, run: str, region: str) -> Any:
    """Draw the border of a region inside `box` of the grid, in place of an earlier preview; returns the model node.

    It moves with `reference`, the volume of the grid `geometry`. It is no segmentation, nobody is offered it, and it is
    not saved.
    """
    remove_previews(scene)
    display = new_node(scene, "vtkMRMLModelDisplayNode")
    display.SetSaveWithScene(False)
    display.SetColor(*rgb(FOCUS))
    display.SetVisibility2D(True)
    display.SetVisibility3D(False)
    display.SetSliceIntersectionThickness(LINE_WIDTH)
    scene.AddNode(display)
    node = new_node(scene, "vtkMRMLModelNode")
    node.SetSaveWithScene(False)
    node.SetHideFromEditors(True)
    node.SetSelectable(False)
    k, j, i = (side.start for side in box)
    node.SetAndObservePolyData(dashed_border(outline.within(box), (k, j, i), geometry))
    node.SetAndObserveDisplayNodeID(display.GetID())
    node.SetAndObserveTransformNodeID(reference.GetTransformNodeID())
    return add(scene, node, NAME, Mark(run, Role.PREVIEW, region=region))


def remove_previews(scene: Any, run: str | None = None, but: str | None = None) -> None:
    """Take the previews of a run out of the scene, by default of all runs; those of the region `but` stay."""
    for node in nodes_of_class(scene, "vtkMRMLDisplayableNode"):
        if node.GetAttribute(ROLE) != Role.PREVIEW or run not in (None, node.GetAttribute(RUN)):
            continue
        if but is None or node.GetAttribute(REGION) != but:
            remove_node(scene, node)
