"""Segmenters side by side."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import builders
import pytest

from SynthTrustLib.scene.build import build_scene
from SynthTrustLib.scene.result.attributes import nodes_of_class
from SynthTrustLib.scene.views import layout
from SynthTrustLib.scene.views import slices as views
from SynthTrustLib.segmenters.package.card import TrainingMix
from SynthTrustLib.vocabulary import Region


def cards(count):
    return [builders.card(f"m{n}", name=f"member {n} <&> more") for n in range(count)]


def view_labels(xml):
    root = ElementTree.fromstring(xml)
    return [view.find("property[@name='viewlabel']").text for view in root.iter("view")]


def tags(xml):
    return [view.get("singletontag") for view in ElementTree.fromstring(xml).iter("view")]


@pytest.mark.parametrize(("count", "pages"), [(1, [1]), (5, [5]), (6, [6]), (7, [6, 1]), (13, [6, 6, 1])])
def test_every_segmenter_has_one_view_on_one_page(count, pages):
    segmenters = cards(count)
    assert layout.page_count(segmenters) == len(pages)
    shown = [view_labels(layout.layout_xml(segmenters, page)) for page in range(len(pages))]
    assert [len(labels) for labels in shown] == pages
    assert [label for labels in shown for label in labels] == [str(number + 1) for number in range(count)]


def test_the_first_page_shows_every_mix_before_any_second_seed():
    mixes = [(f"m{synthetic} seed {seed}", synthetic, seed) for synthetic in (0, 5, 10, 15) for seed in (1, 2)]
    segmenters = [
        builders.card(name, training_mix=TrainingMix(20 - synthetic, synthetic, generator="g", seed=seed))
        for name, synthetic, seed in mixes
    ]
    shown = [card.id for page in (0, 1) for card in layout.page_of(segmenters, page)]
    assert shown == [name for wanted in (1, 2) for name, _, seed in mixes if seed == wanted]


def test_views_of_a_page_are_distinct_and_linked_with_each_other():
    xml = layout.layout_xml(cards(6))
    assert tags(xml) == [layout.view_tag(place) for place in range(6)]
    groups = {view.find("property[@name='viewgroup']").text for view in ElementTree.fromstring(xml).iter("view")}
    assert groups == {str(layout.VIEW_GROUP)}


def test_a_page_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="page 1 of 3"):
        layout.layout_xml(cards(3), page=1)


def test_a_layout_can_be_registered_again_with_other_segmenters(scene):
    node = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    assert layout.register_layout(node, cards(2)) == layout.register_layout(node, cards(4)) == layout.layout_id(0)
    assert len(tags(node.GetLayoutDescription(layout.layout_id(0)))) == 4


def test_side_by_side_each_segmenter_is_in_its_own_view(scene, parts):
    nodes = build_scene(scene, *parts)
    layout_node = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    identifier = views.show_side_by_side(nodes, layout_node, parts.stack.segmenters)
    assert layout_node.GetViewArrangement() == identifier
    page_views = {f"vtkMRMLSliceNode{layout.view_tag(place)}" for place in range(6)}
    for place, node in enumerate(nodes.outlines.values()):
        shown_in = set(node.GetDisplayNode().GetViewNodeIDs())
        assert shown_in & page_views == {f"vtkMRMLSliceNode{layout.view_tag(place)}"}
        assert "vtkMRMLSliceNodeRed" in shown_in
        assert scene.GetNodeByID(f"vtkMRMLSliceNode{layout.view_tag(place)}").GetOrientation() == "Axial"
        composite = views.composite_node(scene, layout.view_tag(place))
        assert composite.GetBackgroundVolumeID() == nodes.reference_volume.GetID()
    views.show_together(nodes)
    assert all(not node.GetDisplayNode().GetViewNodeIDs() for node in nodes.outlines.values())


def test_segmenters_of_other_pages_are_in_no_view_of_this_page(scene, parts):
    nodes = build_scene(scene, *parts)
    segmenters = [*cards(6), *parts.stack.segmenters]
    views.show_side_by_side(nodes, scene.GetFirstNodeByClass("vtkMRMLLayoutNode"), segmenters, page=0)
    for node in nodes.outlines.values():
        assert not [name for name in node.GetDisplayNode().GetViewNodeIDs() if "SynthTrust" in name]


def test_a_view_is_named_after_the_segmenter_that_is_in_it_on_every_page(scene, parts):
    nodes = build_scene(scene, *parts)
    layout_node = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    segmenters = [*cards(4), *parts.stack.segmenters]
    for page in (0, 1, 0):
        views.show_side_by_side(nodes, layout_node, segmenters, page)
        for place, card in enumerate(layout.page_of(segmenters, page)):
            view = scene.GetSingletonNode(layout.view_tag(place), "vtkMRMLSliceNode")
            assert view.GetLayoutLabel() == str(6 * page + place + 1), "there is room for two letters"
            if card.id in nodes.outlines:
                assert view.GetID() in nodes.outlines[card.id].GetDisplayNode().GetViewNodeIDs()


def test_one_region_is_outlined_at_a_time(scene, parts):
    nodes = build_scene(scene, *parts)
    views.show_region(nodes, Region.TC)
    for node in (*nodes.outlines.values(), nodes.pooled):
        shown = {region for region in Region if node.GetDisplayNode().GetSegmentVisibility(region)}
        assert shown == {Region.TC}


def test_hiding_maps_leaves_the_foreground_of_others(scene, parts):
    nodes = build_scene(scene, *parts)
    red, green = views.composite_node(scene, "Red"), views.composite_node(scene, "Green")
    views.show_map(nodes, *next(iter(nodes.maps)))
    green.SetForegroundVolumeID(nodes.reference_volume.GetID())
    views.hide_maps(nodes)
    assert not red.GetForegroundVolumeID()
    assert green.GetForegroundVolumeID() == nodes.reference_volume.GetID()


def test_every_slice_view_jumps_to_the_first_review_spot(scene, parts):
    nodes = build_scene(scene, *parts)
    place = views.point_of_interest(nodes)
    assert place == pytest.approx(parts.scorecard.review_spots[0].ras)
    views.jump_to(scene, place)
    for node in nodes_of_class(scene, "vtkMRMLSliceNode"):
        matrix = node.GetSliceToRAS()
        assert [matrix.GetElement(axis, 3) for axis in range(3)] == pytest.approx(place)
