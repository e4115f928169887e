"""Settling review spots in the panel: one click, undone and made again, and what leaves with the export."""

from __future__ import annotations

import json
from unittest.mock import Mock


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


def test_a_chosen_outline_is_shown_before_it_is_taken(host, panel, result):
    spots = panel.assessment().scorecard.review_spots
    spot = select(host, panel, next(n for n, spot in enumerate(spots) if others(spot)))
    assert not panel.ui.takeButton.enabled
    panel.ui.choiceComboBox.currentIndex = 1
    host.process()
    preview = next(node for node in panel.assessment().nodes.own_nodes if node.GetName() == "Preview")
    assert preview.GetDisplayNode().GetVisibility()
    press(host, panel.ui.takeButton)
    assert not preview.GetDisplayNode().GetVisibility()
    (decision,) = panel.logic.yourOutline(panel.assessment()).correction.settled
    assert decision.choice == others(spot)[0]


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
    import slicer

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
