"""Settling review spots in the panel: one click, undone and made again, and what leaves with the export."""

from __future__ import annotations

import json
from unittest.mock import Mock

import pytest
import slicer


def select(host, panel, row):
    panel.ui.spotTable.selectRow(row)
    host.process()
    return panel.assessment().scorecard.review_spots[row]


def press(host, button):
    assert button.enabled
    button.click()
    host.process()


def others(spot):
    return [one.choice for one in spot.choices if one.choice not in ("include", "leave-out")]


def voxels(result, panel, region):
    return panel.logic.yourOutline(panel.assessment()).sizes()[region][1].voxels


def test_one_click_includes_a_piece_marks_the_spot_and_opens_the_next(host, panel, result, picture):
    spot = select(host, panel, 0)
    panel.parameterNode.reviewer = "Dr. A"
    before = result.nodes.record
    press(host, panel.ui.includeButton)
    host.process()
    (decision,) = panel.logic.yourOutline(panel.assessment()).correction.settled
    assert (decision.spot, decision.region, decision.choice, decision.reviewer) == (1, spot.region, "include", "Dr. A")
    assert "\u2713" in panel.ui.spotTable.item(0, 0).text()
    assert panel.ui.spotTable.currentRow() == 1
    was, now = panel.logic.yourOutline(panel.assessment()).sizes()[spot.region]
    assert now.voxels > was.voxels
    assert "before" in panel.ui.correctionLabel.text
    assert panel.assessment().nodes.record is before
    picture("settled-spot", views=True)


def test_a_click_does_not_read_the_scorecard_again(host, panel, result, monkeypatch):
    """The decision stands on the scorecard's node, which counts as changed then."""
    from SynthTrustLib.scene.result import stored

    select(host, panel, 0)
    known, parsed = panel.assessment().scorecard, Mock(wraps=stored.read_scorecard)
    monkeypatch.setattr(stored, "read_scorecard", parsed)
    press(host, panel.ui.includeButton)
    assert panel.assessment().scorecard is known and not parsed.called
    node = result.nodes.scorecard
    node.SetText(node.GetText().replace('"case_label": null', '"case_label": "Bed 4"'))
    assert panel.assessment().scorecard.case_label == "Bed 4"


def test_within_a_click_the_scene_is_searched_for_results_once(host, panel, result, monkeypatch):
    select(host, panel, 0)
    search = Mock(wraps=panel.logic._findAssessments)
    monkeypatch.setattr(panel.logic, "_findAssessments", search)
    panel.ui.includeButton.click()
    assert search.call_count <= 4


def test_to_go_to_a_spot_searches_the_scene_for_results_once(host, panel, result, monkeypatch):
    search = Mock(wraps=panel.logic._findAssessments)
    monkeypatch.setattr(panel.logic, "_findAssessments", search)
    panel.ui.nextSpotButton.click()
    assert search.call_count <= 2


def test_a_decision_can_be_taken_back_and_made_again(host, panel, result):
    assert not panel.ui.undoButton.enabled
    spot = select(host, panel, 0)
    press(host, panel.ui.leaveOutButton)
    after = voxels(result, panel, spot.region)
    press(host, panel.ui.undoButton)
    assert panel.ui.spotTable.item(0, 0).text() == "1"
    assert not panel.ui.undoButton.enabled and panel.ui.redoButton.enabled
    press(host, panel.ui.redoButton)
    assert voxels(result, panel, spot.region) == after


def previews():
    from SynthTrustLib.scene.result.attributes import ROLE, Role, nodes_of_class

    models = nodes_of_class(slicer.mrmlScene, "vtkMRMLModelNode")
    return [node for node in models if node.GetAttribute(ROLE) == Role.PREVIEW]


def area(node):
    return node.GetPolyData().GetNumberOfPolys()


@pytest.fixture
def with_others(host, panel, patient):
    """A spot is open at which one of several outlines can be taken."""
    from SynthTrustPanel import madeUpPatient

    radii = {"real": 7.0, "quarter": 8.0, "half": 9.0, "synthetic": 10.5}
    made = madeUpPatient.makeResult(patient, radii, dict(zip(radii, (0, 25, 50, 100), strict=True)))
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    host.process()
    spots = panel.assessment().scorecard.review_spots
    return select(host, panel, next(n for n, spot in enumerate(spots) if len(others(spot)) > 1))


def test_a_chosen_outline_is_shown_before_it_is_taken(host, panel, with_others, picture):
    assert not panel.ui.takeButton.enabled and not previews()
    panel.ui.choiceComboBox.currentIndex = 1
    host.process()
    assert len(previews()) == 1
    picture("preview-of-a-spot", views=True)
    assert previews() and panel.ui.spotTable.currentRow() == with_others.rank - 1, "another palette leaves all open"
    press(host, panel.ui.takeButton)
    assert not previews()
    (decision,) = panel.logic.yourOutline(panel.assessment()).correction.settled
    assert decision.choice == others(with_others)[0]


def test_another_palette_leaves_the_selected_spot_and_recolours_the_hint_of_none(host, panel, result):
    from SynthTrustPanel import theme

    spot = select(host, panel, 1)
    for dark in (True, False):
        host.set_theme(dark)
        host.process()
        assert [index.row() for index in panel.ui.spotTable.selectionModel().selectedRows()] == [1]
        assert panel.ui.includeButton.enabled and panel.ui.spotReasonLabel.text.startswith(spot.reason[:10])
    panel.ui.spotTable.clearSelection()
    for dark in (True, False):
        host.set_theme(dark)
        host.process()
        assert panel.ui.spotReasonLabel.palette.windowText().color() == theme.fadedColour()


def test_every_outline_can_be_shown_and_taken_by_keys_alone(host, panel, with_others):
    keys = dict(panel.correction.shortcuts())
    shown = []
    for _ in others(with_others):
        keys["Ctrl+Shift+G"]()
        host.process()
        shown += [area(node) for node in previews()]
    assert len(shown) == len(others(with_others)) > 1
    keys["Ctrl+Shift+G"]()
    assert panel.ui.choiceComboBox.currentIndex == 0 and not previews()
    keys["Ctrl+Shift+G"]()
    keys["Ctrl+Shift+T"]()
    (decision,) = panel.logic.yourOutline(panel.assessment()).correction.settled
    assert decision.choice == others(with_others)[0]


def test_a_preview_goes_when_the_choice_the_spot_or_the_panel_is_left(host, panel, with_others):
    combo = panel.ui.choiceComboBox
    for leave in (
        lambda: setattr(combo, "currentIndex", 0),
        lambda: panel.look.step(1),
        panel.exit,
        panel.cleanup,
    ):
        panel.look.openSpot(with_others)
        host.process()
        combo.currentIndex = 1
        host.process()
        assert previews()
        leave()
        host.process()
        assert not previews()


def test_a_preview_goes_when_another_result_or_none_is_shown(host, panel, patient, with_others):
    from SynthTrustPanel import madeUpPatient

    first = panel.assessment().id
    panel.ui.choiceComboBox.currentIndex = 1
    other = madeUpPatient.makeResult(patient)
    panel.showAssessment(other.id)
    host.process()
    assert not previews()
    panel.showAssessment(first)
    host.process()
    panel.look.openSpot(with_others)
    host.process()
    panel.ui.choiceComboBox.currentIndex = 1
    assert previews()
    panel.logic.delete(panel.assessment())
    host.process()
    assert not previews()


def test_pointing_at_an_outline_of_the_open_list_shows_it_and_closing_the_list_shows_the_chosen_one(
    host, panel, with_others
):
    combo = panel.ui.choiceComboBox
    combo.currentIndex = 1
    (chosen,) = (area(node) for node in previews())
    combo.showPopup()
    host.process()
    sizes = []
    for index in range(1, combo.count):
        combo.highlighted.emit(index)
        sizes += [area(node) for node in previews()]
    assert len(sizes) == combo.count - 1 and len(set(sizes)) > 1
    combo.highlighted.emit(0)
    assert not previews()
    combo.hidePopup()
    host.wait_until(lambda: [area(node) for node in previews()] == [chosen], seconds=5)
    assert combo.currentIndex == 1


def test_a_preview_follows_qt_5_which_tells_the_text(host, panel, with_others):
    panel.correction.onHover(panel.ui.choiceComboBox.itemText(2))
    by_text = [area(node) for node in previews()]
    panel.correction.onHover(2)
    assert by_text == [area(node) for node in previews()] != []


def test_without_a_selected_spot_nothing_can_be_settled(panel, result):
    for button in (panel.ui.includeButton, panel.ui.leaveOutButton, panel.ui.keepButton, panel.ui.paintButton):
        assert not button.enabled


def test_what_was_settled_is_exported_with_before_and_after(host, panel, result, tmp_path):
    spot = select(host, panel, 0)
    panel.parameterNode.reviewer = "Dr. A"
    press(host, panel.ui.includeButton)
    files = {path.name: path for path in panel.logic.export(panel.assessment(), tmp_path)}
    record = json.loads(files["corrections.json"].read_text("utf-8"))
    assert [(one["spot"], one["choice"], one["reviewer"]) for one in record["settled"]] == [(1, "include", "Dr. A")]
    sizes = record["sizes"][spot.region]
    assert sizes["after"]["voxels"] > sizes["before"]["voxels"]
    html = files["report.html"].read_text("utf-8")
    assert "Corrected outline, before and after" in html and "included" in html and "Dr. A" in html
    assert html.count('aria-label="Before"') == html.count('aria-label="After"') == 1
    assert "your-outline.nii.gz" in files


def test_painting_is_limited_to_the_neighbourhood(host, panel, result, monkeypatch):
    editor = Mock()
    monkeypatch.setattr(slicer.util, "selectModule", lambda name: None)
    monkeypatch.setattr(slicer.util, "getModuleWidget", lambda name: Mock(editor=editor))
    settings = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor.mrmlSegmentEditorNode.return_value = settings
    spot = select(host, panel, 0)
    press(host, panel.ui.paintButton)
    yours = panel.logic.yourOutline(panel.assessment())
    assert yours.correction.at(spot).choice == "painted"
    assert yours.node.GetSegmentation().GetSegment("neighbourhood") is not None
    assert not yours.node.GetDisplayNode().GetSegmentVisibility("neighbourhood")
    editor.setCurrentSegmentID.assert_called_with(spot.region)
    editor.setActiveEffectByName.assert_called_with("Paint")
    assert settings.GetMaskMode() == slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment
    assert settings.GetMaskSegmentID() == "neighbourhood"


def test_an_outline_is_measured_again_only_where_it_has_changed(host, panel, result, monkeypatch):
    from SynthTrustLib.scene.result import your_outline

    spot = select(host, panel, 0)
    press(host, panel.ui.includeButton)
    measured = Mock(wraps=your_outline.region_size)
    monkeypatch.setattr(your_outline, "region_size", measured)
    for opacity in (0.2, 0.4):  # whatever is moved in the panel
        panel.parameterNode.opacity = opacity
        host.process()
    assert not measured.called
    panel.logic.yourOutline(panel.assessment()).settle(spot, "leave-out", "Dr. A")
    panel.updateFromParameterNode()
    assert measured.called


@pytest.mark.standin  # Slicer's own editor corrects a mask that its segmentation does not have
def test_who_comes_back_from_painting_may_paint_everywhere_again(host, panel, result):
    import slicer

    settings = slicer.vtkMRMLSegmentEditorNode()
    settings.SetSingletonTag("SegmentEditor")
    settings = slicer.mrmlScene.AddNode(settings)
    inside = slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment
    for segment, expected in (
        ("mine", inside),
        ("neighbourhood", slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere),
    ):
        settings.SetMaskMode(inside)
        settings.SetMaskSegmentID(segment)
        panel.exit()
        panel.enter()
        assert settings.GetMaskMode() == expected


def test_nothing_was_painted_where_the_segment_editor_cannot_be_opened(host, panel, result, monkeypatch):
    import slicer

    monkeypatch.setattr(slicer.util, "selectModule", Mock(side_effect=RuntimeError("no main window")))
    spot = select(host, panel, 0)
    with pytest.raises(RuntimeError, match="no main window"):
        panel.logic.editing.paintAtSpot(panel.assessment(), spot, "Dr. A")
    assert panel.logic.yourOutline(panel.assessment()).correction.settled == ()
