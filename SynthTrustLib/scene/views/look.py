"""What the views show of a run, all of it at once: overlay, region, images, layout, and nothing of the other runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from SynthTrustLib.maps.kind import MapKind
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.palette import RECORD, Colour, rgb
from SynthTrustLib.scene.nodes.colours import COLOURS_PER_TABLE, segmenter_colours, table_colours
from SynthTrustLib.scene.nodes.outlines import LINE_WIDTH, RECORD_LINE_WIDTH, show_segment
from SynthTrustLib.scene.nodes.preview import remove_previews
from SynthTrustLib.scene.nodes.spots import set_spots_visible
from SynthTrustLib.scene.result.attributes import Role, changing
from SynthTrustLib.scene.result.stored import StoredResult
from SynthTrustLib.scene.views import slices as views
from SynthTrustLib.scene.views.layout import page_of, view_tag


class Arrangement(StrEnum):
    """How the views are arranged."""

    PLANES = "planes"
    ONE = "one"
    SIDE_BY_SIDE = "side by side"
    THREE_D = "3D"


THIN_LINE_WIDTH, OWN_LINE_WIDTH = 1, 3
"""Of the outline of record and of a segmenter's, in its own view."""

_SLICER_LAYOUTS = {
    Arrangement.PLANES: "SlicerLayoutFourUpView",
    Arrangement.ONE: "SlicerLayoutOneUpRedSliceView",
    Arrangement.THREE_D: "SlicerLayoutOneUp3DView",
}


@dataclass(frozen=True)
class Look:
    """What to show.

    `overlay` is a map, ``"contours"`` or ``"none"``; `threshold` hides the values of a map that are closer to zero;
    `margin` adds the band around the border of record.
    """

    overlay: str
    region: str
    background: str
    arrangement: Arrangement
    page: int
    opacity: float
    threshold: float
    legend: bool
    margin: bool = False


def show(
    result: StoredResult, look: Look, layout_node: Any, others: Iterable[StoredResult] = (), *, arrange: bool = True
) -> None:
    """Bring the views of the layout in line with `look`.

    `layout_node`: the application's. `others`: runs of which nothing is shown any more. `arrange`: whether to arrange
    the views, too; otherwise they stay as the user has arranged them.
    """
    for other in others:
        hide(other)
    shown = [*result.outlines.values(), result.margin, result.nodes.first(Role.CORRECTED)]
    with changing(node.GetDisplayNode() for node in shown if node is not None):
        _show(result, look, layout_node, arrange)


def _show(result: StoredResult, look: Look, layout_node: Any, arrange: bool) -> None:
    if arrange:
        _arrange(result, look, layout_node)
    set_spots_visible(result.nodes, True)
    region = look.region if look.region in result.regions or not result.regions else result.regions[0]
    views.show_region(result.nodes, region)
    # Without its own outline, a view of a segmenter would show the same map as the next one, under another name.
    each_its_own = look.arrangement is Arrangement.SIDE_BY_SIDE and look.overlay in MAPS
    # Under a map too the outline of record is shown: it says where the outline is that the map is about.
    _set_outlines_visible(result, look.overlay == "contours" or each_its_own, record=look.overlay != "none")
    for node in result.outlines.values():
        node.GetDisplayNode().SetOpacity2DOutline(look.opacity)
    _show_surface(result, look)
    _show_margin(result, region if look.margin else None)
    _show_only(result.nodes.first(Role.CORRECTED), region if look.overlay != "none" else None)
    remove_previews(result.nodes.scene, result.id, but=region)
    layer = result.nodes.map_of(look.overlay, region)
    if layer is not None:
        _set_threshold(layer, MAPS[look.overlay], look.threshold)
        _set_legend(layer, look.legend)
        views.show_map(result.nodes, look.overlay, region, look.opacity, result.nodes.volumes.get(look.background))
    else:
        views.hide_maps(result.nodes)
        views.show_volume(
            result.nodes.scene, result.nodes.volumes.get(look.background) or result.nodes.reference_volume
        )


def hide(result: StoredResult) -> None:
    """Take everything of a run off the views, the patient's images aside."""
    _set_outlines_visible(result, False, record=False)
    _show_margin(result, None)
    _show_only(result.nodes.first(Role.CORRECTED), None)
    remove_previews(result.nodes.scene, result.id)
    set_spots_visible(result.nodes, False)
    views.hide_maps(result.nodes)


def contour_colours(result: StoredResult, region: str) -> list[tuple[str, Colour]]:
    """Name and colour of every outline of a region, in order. Not the nodes' names, which a second run numbers."""
    names = {card.id: card.name for card in result.segmenters}
    colours = []
    for identifier, node in result.nodes.drawn.items():
        segment = node.GetSegmentation().GetSegment(region)
        if segment is not None:
            red, green, blue = segment.GetColor()
            colours.append((names.get(identifier, identifier.capitalize()), (red, green, blue)))
    return colours


def _arrange(result: StoredResult, look: Look, layout_node: Any) -> None:
    if look.arrangement is Arrangement.SIDE_BY_SIDE and result.segmenters:
        views.show_side_by_side(result.nodes, layout_node, result.segmenters, look.page)
        return
    views.show_together(result.nodes)
    wanted = getattr(layout_node, _SLICER_LAYOUTS.get(look.arrangement, "SlicerLayoutFourUpView"))
    if layout_node.GetViewArrangement() != wanted:
        layout_node.SetViewArrangement(wanted)


def _set_outlines_visible(result: StoredResult, visible: bool, *, record: bool) -> None:
    drawn = result.nodes.drawn
    for identifier, node in result.outlines.items():
        own = record if node is result.nodes.record else visible and identifier in drawn
        node.GetDisplayNode().SetVisibility(own)


def _show_surface(result: StoredResult, look: Look) -> None:
    """The outline of record as a surface in 3D, under a map too; those of all segmenters would hide each other."""
    for node in result.outlines.values():
        node.GetDisplayNode().SetVisibility3D(node is result.nodes.record)
    record = result.nodes.record
    if record is None:
        return
    # Side by side it lies over the one outline that a view is for.
    thin = look.arrangement is Arrangement.SIDE_BY_SIDE
    record.GetDisplayNode().SetSliceIntersectionThickness(THIN_LINE_WIDTH if thin else RECORD_LINE_WIDTH)
    for node in result.nodes.outlines.values():
        if node is record:
            continue
        node.GetDisplayNode().SetSliceIntersectionThickness(OWN_LINE_WIDTH if thin else LINE_WIDTH)
    if look.arrangement not in (Arrangement.PLANES, Arrangement.THREE_D):
        return
    if not record.GetSegmentation().ContainsRepresentation("Closed surface"):
        record.CreateClosedSurfaceRepresentation()


def _show_margin(result: StoredResult, region: str | None) -> None:
    """The band around the border of record of one region, or none."""
    if result.margin is not None:
        _show_only(result.margin, region)
        result.margin.GetDisplayNode().SetVisibility3D(False)


def _show_only(node: Any | None, region: str | None) -> None:
    """Of a segmentation, where there is one, a region or nothing."""
    if node is not None:
        node.GetDisplayNode().SetVisibility(region is not None)
        show_segment(node, region)


def _set_threshold(layer: Any, kind: MapKind, threshold: float) -> None:
    display = layer.GetDisplayNode()
    if not kind.signed:
        display.SetThreshold(threshold, kind.window[1])
        return
    # What lies around zero can only be hidden by the colours.
    table = display.GetColorNode()
    colours = table_colours(kind, threshold)
    was = table.StartModify()
    for index in range(COLOURS_PER_TABLE):
        table.SetOpacity(index, float(colours[index, 3]))
    table.EndModify(was)


def _set_legend(layer: Any, visible: bool) -> None:
    for index in range(layer.GetNumberOfDisplayNodes()):
        display = layer.GetNthDisplayNode(index)
        if display.IsA("vtkMRMLColorLegendDisplayNode"):
            display.SetVisibility(visible)


def page_view_titles(result: StoredResult, page: int) -> dict[str, tuple[str, Colour]]:
    """Tag of each side-by-side view of a page -> name and colour of the segmenter in it, as its outline has it."""
    colours = segmenter_colours(result.segmenters)
    if result.scorecard.record in colours:
        colours[result.scorecard.record] = rgb(RECORD)
    shown = page_of(result.segmenters, page)
    return {view_tag(place): (card.name, colours[card.id]) for place, card in enumerate(shown)}
