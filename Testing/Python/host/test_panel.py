"""The panel, used as a person would, in the stand-in for Slicer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def patient(host, panel):
    from SynthTrustPanel import madeUpPatient

    volumes = madeUpPatient.makeVolumes()
    host.process()
    return volumes


@pytest.fixture
def result(host, panel, patient):
    """A finished run, shown in the panel."""
    from SynthTrustPanel import madeUpPatient

    made = madeUpPatient.makeResult(patient)
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    host.process()
    return made


def choose_folder(host, panel, folder: Path) -> None:
    panel.ui.segmenterFolderPathLineEdit.setProperty("currentPath", str(folder))
    host.process()


def spots_shown(panel) -> int:
    return panel.ui.spotTable.rowCount()


def run(host, panel) -> None:
    panel.ui.runButton.click()
    host.wait_until(lambda: not panel.logic.isRunning(), seconds=240)
    host.process()


def test_without_a_patient_run_says_what_is_missing(host, panel, picture):
    assert not panel.ui.runButton.isEnabled()
    assert "series" in panel.ui.runButton.toolTip()
    picture("empty")


def test_the_series_are_chosen_by_name_and_the_reason_is_shown(host, panel, patient):
    assert panel.ui.flairSelector.currentNode() is patient["FLAIR"]
    assert panel.ui.t1cSelector.currentNode() is patient["T1c"]
    assert "'flair' in its name" in panel.ui.flairStatusLabel.text()


def test_a_choice_that_was_taken_back_is_not_made_again_by_itself(host, panel, patient):
    panel.ui.t2Selector.setCurrentNode(None)
    host.process()
    assert panel.parameterNode.t2Volume is None
    assert panel.ui.t2StatusLabel.text().startswith("missing")


def test_one_volume_for_two_contrasts_blocks_the_run_and_says_why(host, panel, patient, packages):
    choose_folder(host, panel, packages)
    panel.ui.t1Selector.setCurrentNode(patient["FLAIR"])
    host.process()
    assert not panel.ui.runButton.isEnabled()
    assert "FLAIR too" in panel.ui.runButton.toolTip()


def test_a_voxel_size_that_is_none_blocks_the_run(host, panel, patient, packages):
    choose_folder(host, panel, packages)
    panel.ui.voxelSizeLineEdit.setText("0.5 x 5")
    host.process()
    assert "three numbers" in panel.ui.runButton.toolTip()
    panel.ui.voxelSizeLineEdit.setText("0.5 x 0.5 x 5 mm")
    host.process()
    assert panel.ui.runButton.isEnabled()


def test_a_preset_checks_its_members_and_a_box_makes_an_own_choice(host, panel, patient, packages, picture):
    choose_folder(host, panel, packages)
    assert sorted(panel.segmenters.chosenIds()) == ["t-0", "t-100", "t-50"]
    from PySide6.QtCore import Qt

    panel.ui.segmenterTable.item(0, 0).setCheckState(Qt.CheckState.Unchecked)
    host.process()
    assert len(panel.parameterNode.segmenters) == 2
    assert panel.ui.presetComboBox.currentData() == "own"
    panel.ui.segmenterTable.selectRow(1)
    host.process()
    assert "made for a test" in panel.ui.segmenterDetailsBrowser.toPlainText()
    picture("patient")


def test_a_run_shows_progress_and_ends_with_a_scorecard(host, panel, patient, packages):
    choose_folder(host, panel, packages)
    seen = []
    told = panel.run.onProgress
    panel.run.onProgress = lambda event: (seen.append(event.overall), told(event))
    run(host, panel)
    assert panel.ui.errorLabel.text() == ""
    assert seen == sorted(seen) and seen[-1] == 1.0
    result = panel.assessment()
    assert list(result.nodes.outlines) == ["t-0", "t-50", "t-100"]
    assert result.nodes.reference_volume is patient["FLAIR"]
    assert panel.ui.statusTable.rowCount() == 3
    assert "as measured on this computer" in panel.ui.estimateLabel.text()
    assert list(host.folder.glob("ST*/")) == [], "temporary files are left"


def test_a_cancelled_run_leaves_nothing_and_can_be_run_again(host, panel, patient, packages):
    choose_folder(host, panel, packages)
    panel.ui.runButton.click()
    assert panel.ui.cancelButton.isEnabled() and not panel.ui.runButton.isEnabled()
    panel.ui.cancelButton.click()
    host.wait_until(lambda: not panel.logic.isRunning(), seconds=120)
    host.process()
    assert "cancelled" in panel.ui.errorLabel.text()
    assert panel.logic.assessments() == []
    assert panel.ui.runButton.isEnabled()
    assert list(host.folder.glob("ST*/")) == []


def test_closing_the_scene_ends_a_run_without_a_word(host, panel, patient, packages):
    choose_folder(host, panel, packages)
    panel.ui.runButton.click()
    child = panel.logic._child
    host.close_scene()
    assert not panel.logic.isRunning()
    host.wait_until(lambda: child._process.poll() is not None, seconds=60)
    assert panel.logic.assessments() == [] and host.dialogs == []


def test_an_error_of_the_run_is_one_sentence_with_a_next_step(host, panel, patient, packages, picture):
    choose_folder(host, panel, packages)
    panel.segmenters.chosenIds = lambda: ["gone"]
    run(host, panel)
    assert "there is no segmenter" in panel.ui.errorLabel.text()
    assert "Choose segmenters" in panel.ui.errorLabel.text()
    picture("error")


def test_the_result_fills_scorecard_spots_and_verdict(host, panel, result, picture):
    from PySide6.QtCore import Qt

    assert panel.ui.statusTable.item(0, 0).text() == "Whole tumor"
    tree = panel.ui.scorecardTree
    titles = [tree.topLevelItem(n).text(0) for n in range(tree.topLevelItemCount())]
    assert "Size" in titles and "Agreement between segmenters" in titles
    unknown = tree.findItems("unknown", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive, 3)
    assert unknown, "there are always rows that cannot be known"
    for item in unknown:
        color = item.foreground(3).color()
        assert color.red() == color.green() == color.blue(), "unknown is grey"
    assert spots_shown(panel) == len(result.scorecard.review_spots) > 0
    assert panel.ui.verdictTable.rowCount() == 3
    picture("result", views=True)


def test_every_overlay_can_be_shown(host, panel, result, picture):
    import slicer

    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    for index, kind in enumerate(("contours", "disagreement", "uncertainty", "mix_influence", "none")):
        panel.ui.overlayComboBox.setCurrentIndex(index)
        host.process()
        layer = slicer.mrmlScene.GetNodeByID(red.GetForegroundVolumeID() or "none")
        assert (layer.GetAttribute("SynthTrust.Subject") if layer else None) == (kind if 0 < index < 4 else None)
        outlined = result.nodes.outlines["real"].GetDisplayNode().GetVisibility()
        assert bool(outlined) == (kind == "contours")
        if kind in ("disagreement", "mix_influence"):
            picture(f"overlay-{kind}", views=True)


def test_side_by_side_gives_each_segmenter_its_view(host, panel, result, picture):
    panel.ui.layoutComboBox.setCurrentIndex(2)
    host.process()
    views = {name: node.GetDisplayNode().GetViewNodeIDs() for name, node in result.nodes.outlines.items()}
    for place, name in enumerate(("real", "half", "synthetic"), start=1):
        assert [v for v in views[name] if "SynthTrust" in v] == [f"vtkMRMLSliceNodeSynthTrust{place}"]
    picture("side-by-side", views=True)


def test_a_review_spot_moves_every_view_there(host, panel, result):
    import slicer

    panel.ui.nextSpotButton.click()
    host.process()
    spot = result.scorecard.review_spots[0]
    red = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(spot.ras[2], abs=3.0)
    assert panel.parameterNode.region.value == spot.region


def test_a_verdict_needs_a_name_and_is_exported(host, panel, result, tmp_path):
    assert not panel.ui.recordVerdictButton.isEnabled()
    panel.ui.verdictTable.cellWidget(0, 1).setCurrentIndex(3)
    panel.ui.verdictTable.item(0, 2).setText("leaks into the ventricle")
    panel.ui.reviewerLineEdit.setText("A. B.")
    host.process()
    panel.ui.recordVerdictButton.click()
    host.process()
    assert panel.ui.verdictLabel.text().startswith("Recorded by A. B.")
    panel.ui.exportPathLineEdit.setProperty("currentPath", str(tmp_path))
    panel.ui.exportButton.click()
    (folder,) = tmp_path.iterdir()
    record = json.loads((folder / "scorecard.json").read_text("utf-8"))
    assert record["provenance"]["review"]["verdicts"][0]["comment"] == "leaks into the ventricle"
    assert "leaks into the ventricle" in (folder / "report.html").read_text("utf-8")
    assert (folder / "pooled.nii.gz").is_file()


def test_an_edited_outline_is_measured_again_at_once(host, panel, result):
    import slicer

    pooled, volume = result.nodes.pooled, result.nodes.reference_volume
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(pooled, "WT", volume)
    mask[:] = 0
    mask[10:14, 20:30, 15:20] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "WT", volume)
    host.process(700)
    assert panel.ui.editedTable.item(0, 2).text() == "3.8 mL"  # 200 voxels of 3 x 2.5 x 2.5 mm


def test_two_runs_are_kept_compared_and_deleted(host, panel, result, patient, picture):
    from SynthTrustPanel import madeUpPatient

    second = madeUpPatient.makeResult(patient)
    panel.onRunEnded(panel.logic.assessment(second.id), None)
    host.process()
    assert panel.ui.assessmentComboBox.count() == 2
    panel.ui.compareComboBox.setCurrentIndex(1)
    host.process()
    assert panel.ui.scorecardTree.headerItem().text(2) == "Compared"
    picture("compare")
    panel.ui.deleteAssessmentButton.click()  # in testing mode the question is answered with yes
    host.process()
    assert [r.id for r in panel.logic.assessments()] == [result.id]
    assert panel.parameterNode.assessment == result.id


def test_everything_is_there_again_after_saving_and_loading(host, panel, result, tmp_path):
    import slicer

    panel.ui.overlayComboBox.setCurrentIndex(2)
    panel.ui.layoutComboBox.setCurrentIndex(2)
    host.process()
    rows = result.scorecard.rows
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    host.close_scene()
    assert panel.assessment() is None
    assert slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    host.process()
    assert panel.assessment().id == result.id and panel.assessment().scorecard.rows == rows
    assert panel.parameterNode.overlay.value == "uncertainty"
    assert slicer.app.layoutManager().layout == 57100
    composite = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeSynthTrust1")
    layer = slicer.mrmlScene.GetNodeByID(composite.GetForegroundVolumeID())
    assert layer.GetAttribute("SynthTrust.Subject") == "uncertainty"


def test_every_control_has_a_tooltip_and_the_tab_order_follows_the_panel(panel):
    from PySide6 import QtWidgets
    from standin import widgets

    kinds = (QtWidgets.QAbstractButton, QtWidgets.QLineEdit, QtWidgets.QComboBox, QtWidgets.QAbstractItemView)
    for name, widget in vars(panel.ui).items():
        if isinstance(widget, (*kinds, *widgets.CTK[1:])) and not name.startswith("qt_"):
            assert widget.toolTip(), name


def test_the_self_test_passes(host, packages):
    host.close_scene()
    test = host.module.SynthTrustTest()
    test.segmenterFolder, test.segmenters = str(packages), ["t-0", "t-100"]
    test.patientForARealRun = lambda logic: synthetic_patient()
    test.runTest()


def synthetic_patient():
    from SynthTrustPanel import madeUpPatient

    volumes = madeUpPatient.makeVolumes()
    for node in volumes.values():
        node.SetAttribute("SyntheticPatient", "1")
    return volumes
