"""What the views show of an assessment: region, map, place; together or side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import slicer
from vtkmodules.vtkRenderingCore import vtkTextActor

from SynthTrustLib.palette import Colour
from SynthTrustLib.scene.nodes.outlines import show_segment
from SynthTrustLib.scene.nodes.voxels import volume_array, volume_geometry
from SynthTrustLib.scene.result.assessment import AssessmentNodes
from SynthTrustLib.scene.result.attributes import nodes_of_class
from SynthTrustLib.scene.views.layout import (
    VIEWS_PER_PAGE,
    page_of,
    register_layout,
    slice_view_tags,
    view_label,
    view_tag,
)
from SynthTrustLib.segmenters.package.card import SegmenterCard

MAP_OPACITY = 0.7
TITLE = "SynthTrust title"
TITLE_SIZE = 14


def show_outlines(nodes: AssessmentNodes) -> None:
    """Show every outline of a run that was built hidden, but the pooled one where another is of record."""
    for node in nodes.drawn.values():
        node.GetDisplayNode().SetVisibility(True)


def show_region(nodes: AssessmentNodes, region: str) -> None:
    """Outline `region` only, in every segmentation of the run: all at once would be a tangle."""
    for node in nodes.segmentations.values():
        show_segment(node, region)


def show_map(
    nodes: AssessmentNodes,
    kind: str,
    region: str,
    opacity: float = MAP_OPACITY,
    background: Any | None = None,
) -> None:
    """Lay one map over a volume, by default the reference, in the views of the layout, whatever they have shown."""
    layer = nodes.map_of(kind, region)
    show_volume(nodes.scene, background or nodes.reference_volume)
    changed = []
    layers = {layer.GetID()}
    for composite in _shown_composites(nodes.scene):
        layers.add(composite.GetForegroundVolumeID())
        if composite.GetForegroundVolumeID() != layer.GetID():
            changed.append(composite.GetLayoutName())
        was = composite.StartModify()
        composite.SetForegroundVolumeID(layer.GetID())
        composite.SetForegroundOpacity(opacity)
        composite.EndModify(was)
    _refresh_legends(nodes, layers)
    show_legends(nodes.scene, changed)


def show_volume(scene: Any, volume: Any | None) -> None:
    """Show a volume in the views of the layout, under what lies over it."""
    if volume is None:
        return
    for composite in _shown_composites(scene):
        if composite.GetBackgroundVolumeID() != volume.GetID():
            composite.SetBackgroundVolumeID(volume.GetID())


def hide_maps(nodes: AssessmentNodes) -> None:
    """Take the maps of this run off the MRI; other foregrounds stay."""
    identifiers = {layer.GetID() for layer in nodes.maps.values()}
    hidden = set()
    for composite in nodes_of_class(nodes.scene, "vtkMRMLSliceCompositeNode"):
        if composite.GetForegroundVolumeID() in identifiers:
            hidden.add(composite.GetForegroundVolumeID())
            composite.SetForegroundVolumeID(None)
    _refresh_legends(nodes, hidden)


def shown_volumes(scene: Any) -> list[Any]:
    """The volume nodes that the views of the layout show under what lies over them, each once."""
    ids = dict.fromkeys(composite.GetBackgroundVolumeID() for composite in _shown_composites(scene))
    nodes = [scene.GetNodeByID(identifier) for identifier in ids if identifier]
    return [node for node in nodes if node is not None]


def _shown_composites(scene: Any) -> list[Any]:
    """Of the slice views that the layout shows; of all where no layout shows any. Each that changes costs time."""
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    shown = slice_view_tags(layout.GetCurrentLayoutDescription() or "") if layout is not None else ()
    composites = nodes_of_class(scene, "vtkMRMLSliceCompositeNode")
    return [node for node in composites if node.GetLayoutName() in shown] or composites


def jump_to(scene: Any, ras: Sequence[float]) -> None:
    """Centre every slice view on a point (RAS, mm)."""
    for node in nodes_of_class(scene, "vtkMRMLSliceNode"):
        node.JumpSliceByCentering(*(float(value) for value in ras))


def show_slices_at(scene: Any, ras: Sequence[float], tags: Collection[str] | None = None) -> None:
    """Move slice views, all or those of some tags, to the slice through a point (RAS, mm), but not sideways."""
    for node in nodes_of_class(scene, "vtkMRMLSliceNode"):
        if tags is None or node.GetSingletonTag() in tags:
            node.JumpSliceByOffsetting(*(float(value) for value in ras))


def center_of(view: Any) -> tuple[float, float, float]:
    """Where the middle of a slice view is (RAS, mm)."""
    matrix = view.GetSliceToRAS()
    return matrix.GetElement(0, 3), matrix.GetElement(1, 3), matrix.GetElement(2, 3)


def point_of_interest(nodes: AssessmentNodes) -> tuple[float, float, float]:
    """Review spot 1; without spots the highest disagreement; without that the middle of the reference (RAS, mm)."""
    spots = nodes.review_spots
    if spots is not None and spots.GetNumberOfControlPoints():
        position = [0.0, 0.0, 0.0]
        spots.GetNthControlPointPositionWorld(0, position)
        return position[0], position[1], position[2]
    for (kind, _), layer in nodes.maps.items():
        array = volume_array(layer)
        if kind == "disagreement" and array.max() > 0:
            r, a, s = volume_geometry(layer).ras(np.unravel_index(int(array.argmax()), array.shape))
            return float(r), float(a), float(s)
    geometry = volume_geometry(nodes.reference_volume)
    r, a, s = geometry.ras([(n - 1) / 2 for n in geometry.shape])
    return float(r), float(a), float(s)


def show_side_by_side(
    nodes: AssessmentNodes, layout_node: Any, segmenters: Sequence[SegmenterCard], page: int = 0
) -> int:
    """Switch to the page's layout: each segmenter's outlines in its own view, over the reference volume.

    In the views of this layout a segmenter's outlines are in their own view only; the outline of record is in all
    of them. Returns the id of the layout. `show_together` takes it back.
    """
    identifier = register_layout(layout_node, segmenters, page)
    layout_node.SetViewArrangement(identifier)
    reference = nodes.reference_volume
    shown = page_of(segmenters, page)
    places = {card.id: place for place, card in enumerate(shown)}
    for place in range(len(shown)):
        # A layout names a view once, when the view is new: on the next page it would keep the name of this one.
        view = nodes.scene.GetSingletonNode(view_tag(place), "vtkMRMLSliceNode")
        view.SetLayoutLabel(view_label(page, place))
        composite = composite_node(nodes.scene, view_tag(place))
        if reference is not None:
            composite.SetBackgroundVolumeID(reference.GetID())
        composite.SetLinkedControl(True)
        composite.SetHotLinkedControl(True)
    tags = {view_tag(place) for place in range(VIEWS_PER_PAGE)}
    views = nodes_of_class(nodes.scene, "vtkMRMLAbstractViewNode")
    others = [view.GetID() for view in views if view.GetSingletonTag() not in tags]
    for segmenter, node in nodes.outlines.items():
        if node is nodes.record:
            continue
        own = [f"vtkMRMLSliceNode{view_tag(places[segmenter])}"] if segmenter in places else []
        _limit_to(node.GetDisplayNode(), [*own, *others])
    return identifier


def show_together(nodes: AssessmentNodes) -> None:
    """Show every segmenter's outlines in every view again. The layout is the caller's to choose."""
    for node in nodes.outlines.values():
        _limit_to(node.GetDisplayNode(), [])


def show_title(window: Any, text: str, colour: Colour) -> None:
    """Write a title into the upper edge of a slice view (vtkRenderWindow), in place of an earlier one.

    The bar above a view has room for two letters, and Slicer's corner annotations are written over by its data probe.
    """
    renderer = window.GetRenderers().GetFirstRenderer()
    actors = [actor for actor in renderer.GetActors2D() if actor.GetObjectName() == TITLE]
    actor = actors[0] if actors else vtkTextActor()
    if not actors:
        actor.SetObjectName(TITLE)
        actor.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
        actor.SetPosition(0.5, 0.98)
        renderer.AddViewProp(actor)
    words = actor.GetTextProperty()
    words.SetFontFamilyToArial()
    words.SetFontSize(TITLE_SIZE)
    words.SetBold(True)
    words.SetShadow(True)
    words.SetJustificationToCentered()
    words.SetVerticalJustificationToTop()
    words.SetColor(*colour)
    actor.SetInput(text)


def composite_node(scene: Any, tag: str) -> Any:
    """The composite node of a slice view, as the view's logic finds it, by the name in the layout; made if need be."""
    for node in nodes_of_class(scene, "vtkMRMLSliceCompositeNode"):
        if node.GetLayoutName() == tag:
            return node
    node = slicer.vtkMRMLSliceCompositeNode()
    node.SetSingletonTag(tag)
    node.SetLayoutName(tag)
    return scene.AddNode(node)


def show_legends(scene: Any, tags: Collection[str]) -> None:
    """Let the slice views of these tags show the legends of their foregrounds.

    A view that is newer than a legend learns of it only when a user chooses a foreground there: this looks like that.
    """
    for composite in nodes_of_class(scene, "vtkMRMLSliceCompositeNode"):
        if composite.GetLayoutName() in tags and composite.GetForegroundVolumeID():
            composite.SetInteractionFlags(composite.ForegroundVolumeFlag)
            composite.Modified()
            composite.SetInteractionFlags(0)


def _refresh_legends(nodes: AssessmentNodes, changed: Collection[str | None]) -> None:
    """Let Slicer look again whether these volumes, by their ids, are shown: by itself it does so after clicks only."""
    for layer in nodes.maps.values():
        if layer.GetID() not in changed:
            continue
        for index in range(layer.GetNumberOfDisplayNodes()):
            display = layer.GetNthDisplayNode(index)
            if display.IsA("vtkMRMLColorLegendDisplayNode"):
                display.Modified()


def _limit_to(display: Any, view_ids: Sequence[str]) -> None:
    if [display.GetNthViewNodeID(index) for index in range(display.GetNumberOfViewNodeIDs())] == list(view_ids):
        return  # to remove none is a change, too
    display.RemoveAllViewNodeIDs()
    for identifier in view_ids:
        display.AddViewNodeID(identifier)
