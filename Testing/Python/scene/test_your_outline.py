"""The reviewer's own outline in the scene."""

from __future__ import annotations

import time
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
import slicer
from scene.reading import segment_array

from SynthTrustLib.outcome.correction import Correction
from SynthTrustLib.runner.files.corrections import corrections_html
from SynthTrustLib.scene.build import build_scene
from SynthTrustLib.scene.nodes.voxels import oriented_mask, volume_array, volume_geometry
from SynthTrustLib.scene.result.assessment import find_assessments, remove_assessment
from SynthTrustLib.scene.result.attributes import ROLE, Role, nodes_of_class
from SynthTrustLib.scene.result.stored import StoredResult
from SynthTrustLib.scene.result.your_outline import CORRECTION, YourOutline
from SynthTrustLib.scene.views import look


@pytest.fixture
def result(parts):
    from SynthTrustLib.scene.standalone import standalone_scene

    with standalone_scene() as scene:
        yield StoredResult(build_scene(scene, *parts))


@pytest.fixture
def yours(result):
    return YourOutline(result)


def drawn(result, node):
    return segment_array(node, "WT", volume_geometry(result.nodes.reference_volume))


def spot_of(result, region="WT"):
    return next(spot for spot in result.scorecard.review_spots if spot.region == region)


def test_before_a_decision_nothing_of_it_is_in_the_scene(result, yours):
    assert yours.node is None and yours.edited_regions() == ()
    assert yours.can_be_settled(spot_of(result))


def test_a_decision_makes_an_outline_of_its_own_and_leaves_the_record_alone(result, yours):
    record = drawn(result, result.nodes.record)
    yours.settle(spot_of(result), "include", "Dr. A")
    now = drawn(result, yours.node)
    assert now.sum() > record.sum() and not (record & ~now).any()
    assert np.array_equal(drawn(result, result.nodes.record), record)
    assert yours.node.GetName() == "Your outline"
    assert "WT" in yours.edited_regions()
    before, after = yours.sizes()["WT"]
    assert (before.voxels, after.voxels) == (record.sum(), now.sum())
    assert after.volume_ml > before.volume_ml and after.diameters_mm > before.diameters_mm


def test_undo_and_redo_change_the_same_node(result, yours):
    yours.settle(spot_of(result), "include", "")
    node, after = yours.node, yours.sizes()["WT"][1]
    assert not yours.undo().settled
    assert yours.node is node and yours.edited_regions() == ()
    yours.redo()
    assert yours.sizes()["WT"][1] == after


def test_decisions_are_found_again_in_a_scene_that_was_read(result, yours):
    yours.settle(spot_of(result), "leave-out", "Dr. A")
    again = YourOutline(StoredResult(find_assessments(result.nodes.scene)[0]))
    assert again.correction == yours.correction
    assert again.node is yours.node


def previews(scene):
    return [node for node in nodes_of_class(scene, "vtkMRMLModelNode") if node.GetAttribute(ROLE) == Role.PREVIEW]


@pytest.mark.parametrize("text", ['{"settled": 3}', "{"])
def test_decisions_that_were_damaged_are_none(result, yours, text):
    yours.settle(spot_of(result), "include", "Dr. A")
    result.nodes.scorecard.SetAttribute(CORRECTION, text)
    assert yours.correction == Correction()


def test_a_preview_decides_nothing_and_leaves_nothing_behind(result, yours):
    spot, scene = spot_of(result), result.nodes.scene
    before = scene.GetNumberOfNodes()
    for choice in spot.choices[:2]:
        yours.preview(spot, choice)
        assert len(previews(scene)) == 1
    assert yours.node is None and not yours.correction.settled
    yours.hide_preview()
    assert scene.GetNumberOfNodes() == before


def test_a_preview_is_no_outline_of_the_result_and_nobody_is_offered_it(result, yours):
    outlines = dict(result.outlines)
    yours.preview(spot_of(result), spot_of(result).choices[0])
    (preview,) = previews(result.nodes.scene)
    assert result.outlines == outlines and yours.edited_regions() == ()
    assert preview.GetHideFromEditors()
    assert not preview.GetSaveWithScene() and not preview.GetDisplayNode().GetSaveWithScene()
    assert not preview.GetDisplayNode().GetVisibility3D()


def test_a_preview_is_not_saved_with_the_scene(result, yours, tmp_path):
    yours.settle(spot_of(result), "include", "")
    yours.preview(spot_of(result, "TC"), spot_of(result, "TC").choices[0])
    result.nodes.scene.SetURL(str(tmp_path / "saved.mrml"))
    result.nodes.scene.Commit()
    saved = (tmp_path / "saved.mrml").read_text("utf-8")
    assert "Your outline" in saved and 'name="Preview"' not in saved
    assert saved.count("<ModelDisplay") == 0


def test_a_preview_goes_with_its_result_and_with_its_region(result, yours):
    spot, layout = spot_of(result), slicer.vtkMRMLLayoutNode()
    wanted = look.Look("contours", "WT", "FLAIR", look.Arrangement.PLANES, 0, 1.0, 0.1, False)
    yours.preview(spot, spot.choices[0])
    look.show(result, wanted, layout, arrange=False)
    assert previews(result.nodes.scene)
    look.show(result, replace(wanted, region="TC"), layout, arrange=False)
    assert not previews(result.nodes.scene)
    yours.preview(spot, spot.choices[0])
    look.hide(result)
    assert not previews(result.nodes.scene)
    yours.preview(spot, spot.choices[0])
    remove_assessment(result.nodes)
    assert not previews(result.nodes.scene)


def test_the_reviewers_outline_goes_and_comes_with_its_result_and_follows_the_region(result, yours):
    yours.settle(spot_of(result), "include", "")
    display, layout = yours.node.GetDisplayNode(), slicer.vtkMRMLLayoutNode()
    wanted = look.Look("contours", "TC", "FLAIR", look.Arrangement.PLANES, 0, 1.0, 0.1, False)
    look.show(result, wanted, layout, arrange=False)
    assert display.GetVisibility()
    assert [display.GetSegmentVisibility(region) for region in result.regions] == [False, True, False]
    look.hide(result)
    assert not display.GetVisibility()
    look.show(result, replace(wanted, overlay="none"), layout, arrange=False)
    assert not display.GetVisibility()


def test_what_was_drawn_by_hand_is_kept_when_another_spot_is_settled(result, yours):
    node = yours.open_for_painting()
    spot, grid = spot_of(result), volume_geometry(result.nodes.reference_volume)
    by_hand = drawn(result, node)
    by_hand[spot.kji] = not by_hand[spot.kji]
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    image = oriented_mask(by_hand, tuple(slice(0, n) for n in grid.shape), grid)
    logic.SetBinaryLabelmapToSegment(image, node, "WT", logic.MODE_REPLACE)
    yours.painted(spot, "Dr. A")
    yours.settle(spot_of(result, "TC"), "keep", "Dr. A")
    assert drawn(result, node)[spot.kji] == by_hand[spot.kji]


def test_strokes_come_back_whatever_was_pressed_meanwhile(result, yours):
    spot, grid = spot_of(result), volume_geometry(result.nodes.reference_volume)
    yours.painted(spot, "Dr. A")  # the panel says so, and then the reviewer draws
    by_hand = drawn(result, yours.node)
    by_hand[spot.kji] = not by_hand[spot.kji]
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    image = oriented_mask(by_hand, tuple(slice(0, n) for n in grid.shape), grid)
    logic.SetBinaryLabelmapToSegment(image, yours.node, "WT", logic.MODE_REPLACE)

    yours.undo()
    assert drawn(result, yours.node)[spot.kji] != by_hand[spot.kji]
    yours.redo()
    assert np.array_equal(drawn(result, yours.node), by_hand)
    yours.settle(spot, "keep", "Dr. A")
    yours.undo()
    assert np.array_equal(drawn(result, yours.node), by_hand)

    again = YourOutline(result)  # as after the scene was loaded
    other = next(one for one in result.scorecard.review_spots if one.rank != spot.rank)
    again.settle(other, "include", "Dr. A")
    again.undo()
    assert np.array_equal(drawn(result, again.node), by_hand), "and what was taken back nearby is gone"


def test_every_settled_spot_is_in_the_report_before_and_after(result, yours):
    for spot in result.scorecard.review_spots:
        yours.settle(spot, "keep", "")
    settled = len(result.scorecard.review_spots)
    html = corrections_html(yours)
    assert html.count('aria-label="Before"') == html.count('aria-label="After"') == settled >= 3
    assert "Spot 1, " in html and "bar 10 mm" in html and "axial slice" in html


def test_an_image_that_lies_elsewhere_is_not_shown_under_the_outline(result, yours):
    contrast, voxels = yours.image("TC")
    node = result.nodes.volumes[contrast]
    assert np.array_equal(voxels, volume_array(node))
    node.SetOrigin(0.0, 0.0, 3.0)
    other, _ = yours.image("TC")
    assert other != contrast
    yours.settle(spot_of(result), "include", "")
    result.nodes.scene.RemoveNode(result.nodes.reference_volume)
    gone = YourOutline(StoredResult(find_assessments(result.nodes.scene)[0]))
    assert gone.image("TC") is None


def test_a_decision_and_its_measures_take_less_than_a_fifth_of_a_second(result, yours):
    yours.settle(spot_of(result), "include", "")
    start = time.process_time()
    yours.settle(spot_of(result), "leave-out", "")
    yours.sizes()
    assert time.process_time() - start < 0.2


def test_a_click_reads_and_measures_only_what_it_has_changed(result, yours, monkeypatch):
    """Reading every member anew at each click took half a second on a patient."""
    from SynthTrustLib.scene.result import your_outline as module

    yours.settle(spot_of(result), "include", "")
    yours.sizes()
    read, measured = Mock(wraps=module.image_part), Mock(wraps=module.region_size)
    disputed = Mock(wraps=module.disputed_of)
    for name, counted in (("image_part", read), ("region_size", measured), ("disputed_of", disputed)):
        monkeypatch.setattr(module, name, counted)
    changed = yours.edited_regions()
    yours.undo()
    yours.sizes()
    assert read.call_count == len(changed) < 3
    assert not measured.called, "it is as the outline of record again"
    yours.settle(spot_of(result, "TC"), "keep", "")
    yours.sizes()
    assert read.call_count == len(changed)
    assert not measured.called and not disputed.called


def test_regions_that_nobody_has_changed_are_measured_once(result, yours, monkeypatch):
    from SynthTrustLib.scene.result import your_outline as module

    measured = Mock(wraps=module.region_size)
    monkeypatch.setattr(module, "region_size", measured)
    yours.prepare()
    assert measured.call_count == len(result.regions)
    yours.settle(spot_of(result), "include", "")
    assert yours.sizes()["WT"][0] != yours.sizes()["WT"][1]
    assert measured.call_count == len(result.regions) + len(yours.edited_regions())


def test_what_was_edited_by_hand_in_between_is_read_again(result, yours):
    yours.settle(spot_of(result), "include", "")
    before = yours.sizes()["WT"][1]
    grid = volume_geometry(result.nodes.reference_volume)
    half = drawn(result, yours.node)
    half[:, :, half.shape[2] // 2 :] = False
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    image = oriented_mask(half, tuple(slice(0, n) for n in grid.shape), grid)
    logic.SetBinaryLabelmapToSegment(image, yours.node, "WT", logic.MODE_REPLACE)
    assert yours.sizes()["WT"][1].voxels == half.sum() != before.voxels


def test_an_outline_that_was_deleted_is_made_again(result, yours):
    yours.settle(spot_of(result), "include", "")
    after = yours.sizes()["WT"][1]
    result.nodes.scene.RemoveNode(yours.node)
    assert yours.node is None
    yours.undo()
    yours.redo()
    assert yours.node is not None and yours.sizes()["WT"][1] == after
