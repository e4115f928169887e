"""Scorecard, verdict and export: what is read, compared, judged and written."""

from __future__ import annotations

import json
import shutil
import sys

import pytest


def items_of(tree):
    """Every item of a tree, with the depth that it lies at."""
    waiting = [(tree.topLevelItem(n), 0) for n in range(tree.topLevelItemCount)]
    while waiting:
        item, depth = waiting.pop(0)
        yield item, depth
        waiting = [(item.child(n), depth + 1) for n in range(item.childCount())] + waiting


def test_each_region_has_status_figures_and_a_reason(panel, result, picture):
    from qt import QColor, QTextDocument

    table = panel.ui.statusTable
    shown = [[table.item(row, column).text() for column in range(table.columnCount)] for row in range(3)]
    assert shown == [[region, "unknown"] for region in ("Whole tumor", "Tumor core", "Enhancing tumor")]
    document = QTextDocument()
    document.setHtml(panel.ui.statusReasonLabel.text)
    whole = document.toPlainText().partition("Tumor core")[0].replace("\u00a0", " ")
    dice = result.scorecard.row("pairwise_dice.WT.mean").value
    assert "Volume 46.0 mL (jury 33.5 to 76.3)" in whole and f"Agreement {dice:.2f} (" in whole
    assert "no thresholds were calibrated" in whole
    grey, unknown = panel.ui.statusReasonLabel.text.partition("color:")[2].split(";", 1)
    grey = QColor(grey)
    assert unknown.lstrip('">').startswith("Due") and grey.red() == grey.green() == grey.blue()
    assert "worst block of voxels" in panel.ui.statusReasonLabel.toolTip
    assert "research use only" in panel.ui.researchUseLabel.text
    picture("result", views=True)


def test_every_row_of_the_scorecard_is_in_the_tree_with_its_evidence(panel, result):
    from qt import Qt

    tree = panel.ui.scorecardTree
    titles = [tree.topLevelItem(n).text(0) for n in range(tree.topLevelItemCount)]
    assert "Size" in titles and "Agreement between segmenters" in titles
    rows = {item.data(0, Qt.UserRole): item for item, _ in items_of(tree)}
    rows.pop(None)
    wanted = {row.key: row for row in result.scorecard.rows if row.section != "status"}
    assert set(rows) == set(wanted)
    for key, item in rows.items():
        assert item.text(3) == wanted[key].evidence
        if wanted[key].evidence == "unknown":
            color = item.foreground(3).color()
            assert color.red() == color.green() == color.blue(), "unknown is grey"
    assert rows["volume.WT.real"].parent() is rows["volume.WT.pooled"]
    assert rows["volume.WT.real"].text(0) == "real (self-test)"


def test_the_reason_of_a_selected_row_is_shown(host, panel, result):
    from qt import Qt

    tree = panel.ui.scorecardTree
    item = next(i for i, _ in items_of(tree) if i.data(0, Qt.UserRole) == "mix_share.WT")
    tree.setCurrentItem(item)
    host.process()
    assert panel.ui.reasonLabel.text.startswith("Unknown. " + result.scorecard.row("mix_share.WT").reason)


def test_rows_that_nobody_has_foreseen_are_shown_too(host, panel, patient, result):
    """Another section's figures, calibrated or not, need no change of the panel."""
    import json

    from SynthTrustLib.codec import encode
    from SynthTrustLib.scene.result.stored import StoredResult

    record = encode(result.scorecard)
    new = next(row for row in record["rows"] if row["key"] == "predicted_dice.WT")
    new |= {"key": "margin.WT.p90", "value": 3.0, "unit": "mm", "evidence": "measured", "status": "check"}
    new |= {"label": "Border margin, whole tumor", "interval": [2.0, 4.0], "interval_meaning": "90 % of patients"}
    new |= {"track_record": "It held for 9 of 10.", "withdrawn": "These scans are unlike any before."}
    result.nodes.scorecard.SetText(json.dumps(record))
    assert StoredResult(result.nodes).scorecard.row("margin.WT.p90").value == 3.0
    panel.scorecard._filled = ()
    panel.updateFromParameterNode()
    item = next(item for item, _ in items_of(panel.ui.scorecardTree) if item.text(0) == "Border margin")
    assert [item.text(column) for column in (1, 2, 3)] == ["3.0\u00a0mm", "2.0 to 4.0", "measured"]
    assert item.font(1).strikeOut(), "a withdrawn figure is struck through"
    assert "Withdrawn: These scans" in item.toolTip(1) and "Track record: It held" in item.toolTip(1)


def test_the_dose_response_of_this_patient_is_a_native_plot(host, panel, result):
    import slicer

    panel.ui.plotButton.click()
    view = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLPlotViewNode")
    assert view is not None and view.GetPlotChartNodeID() == result.nodes.chart.GetID()


def test_two_runs_are_kept_compared_and_deleted(host, panel, result, patient, picture):
    import slicer
    from SynthTrustPanel import madeUpPatient

    second = madeUpPatient.makeResult(patient)
    panel.onRunEnded(panel.logic.assessment(second.id), None)
    host.process()
    combo = panel.ui.assessmentComboBox
    titles = [combo.itemText(n) for n in range(combo.count)]
    assert len(titles) == len(set(titles)) == 2, "results of one minute are told apart"
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    folders = {hierarchy.GetItemParent(hierarchy.GetItemByDataNode(r.nodes.pooled)) for r in (result, second)}
    assert {hierarchy.GetItemName(folder).removeprefix("SynthTrust ") for folder in folders} == set(titles)
    assert not result.nodes.pooled.GetDisplayNode().GetVisibility(), "only the shown result is drawn"
    panel.ui.compareComboBox.currentIndex = 1
    host.process()
    assert panel.ui.scorecardTree.headerItem().text(2) == "Compared"
    picture("compare")
    panel.ui.deleteAssessmentButton.click()  # in testing mode the question is answered with yes
    host.process()
    assert [r.id for r in panel.logic.assessments()] == [result.id]
    assert panel.parameterNode.assessment == result.id
    assert all(slicer.mrmlScene.IsNodePresent(node) for node in patient.values())


def test_results_of_two_patients_are_told_apart_and_each_is_shown_on_its_own_images(host, user, panel, result):
    import slicer
    from SynthTrustPanel import madeUpPatient

    other = madeUpPatient.makeVolumes("other")
    second = madeUpPatient.makeResult(other)
    panel.showAssessment(second.id)
    host.process()
    combo = panel.ui.assessmentComboBox
    assert [combo.itemText(n).partition(" · ")[0] for n in range(2)] == ["other FLAIR", "patient FLAIR"]
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert red.GetBackgroundVolumeID() == other["FLAIR"].GetID()
    assert panel.parameterNode.flairVolume is other["FLAIR"], "views and panel agree on who is shown"
    combo.currentIndex = 1
    host.process()
    assert panel.parameterNode.assessment == result.id
    assert panel.parameterNode.flairVolume is result.nodes.reference_volume
    assert red.GetBackgroundVolumeID() == result.nodes.reference_volume.GetID()


def test_a_verdict_needs_a_name_and_is_exported(host, user, panel, result, tmp_path, picture):
    assert not panel.ui.recordVerdictButton.enabled
    assert "who" in panel.ui.recordVerdictButton.toolTip
    panel.ui.verdictTable.cellWidget(0, 1).currentIndex = 3
    panel.ui.verdictTable.cellWidget(1, 0).text = "leaks into the ventricle"
    panel.ui.reviewerLineEdit.text = "A. B."
    host.process()
    panel.ui.recordVerdictButton.click()
    host.process()
    assert panel.ui.verdictLabel.text.startswith("Recorded by A. B.")
    user.export(tmp_path)
    picture("verdict")
    (folder,) = tmp_path.iterdir()
    record = json.loads((folder / "scorecard.json").read_text("utf-8"))
    assert record["provenance"]["review"]["verdicts"][0]["comment"] == "leaks into the ventricle"
    assert "leaks into the ventricle" in (folder / "report.html").read_text("utf-8")
    assert "leaks into the ventricle" in (folder / "verdict.csv").read_text("utf-8")
    assert (folder / "pooled.nii.gz").is_file()


def test_outlines_go_back_to_the_archive_that_the_patient_came_from(
    host, user, panel, patient, result, tmp_path, monkeypatch
):
    from types import SimpleNamespace

    import slicer
    from dicom_files import FLAIR_TIMING, T1_TIMING, study, write_series

    from SynthTrustLib.case.dicom.outline import read_dicom_segments

    pytest.importorskip("highdicom", reason="DICOM results need highdicom")
    assert not panel.ui.exportDicomCheckBox.enabled and not panel.ui.exportDatabaseCheckBox.enabled
    assert "DICOM database" in panel.ui.exportDicomCheckBox.toolTip
    flair, pooled = patient["FLAIR"], result.nodes.pooled
    voxels = slicer.util.arrayFromVolume(flair).clip(0).astype("uint16")
    write_series(tmp_path / "in", voxels, shared=study(), **FLAIR_TIMING)
    files = {f"1.2.{n}": str(path) for n, path in enumerate(sorted((tmp_path / "in").iterdir()))}
    write_series(tmp_path / "t1", voxels, shared=study(), **T1_TIMING)
    others = {f"1.3.{n}": str(path) for n, path in enumerate(sorted((tmp_path / "t1").iterdir()))}
    database = SimpleNamespace(fileForInstance=(files | others).get, isOpen=True)
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    imported = []
    utils = SimpleNamespace(importDicom=lambda *arguments: imported.append(arguments) or True)  # as DICOMLib's
    monkeypatch.setitem(sys.modules, "DICOMLib", SimpleNamespace(DICOMUtils=utils))
    flair.SetAttribute("DICOM.instanceUIDs", " ".join(files))
    patient["T1"].SetAttribute("DICOM.instanceUIDs", " ".join(others))
    result.mark_edited(pooled.GetSegmentation())
    panel.export._dicomOf = None
    panel.updateFromParameterNode()
    panel.ui.exportDicomCheckBox.checked = True
    panel.ui.exportSegmentationsCheckBox.checked = False
    host.process()
    assert panel.ui.exportDatabaseCheckBox.enabled and not panel.ui.exportDatabaseCheckBox.checked
    panel.ui.exportDatabaseCheckBox.checked = True
    (tmp_path / "out").mkdir()
    user.export(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert imported == [(str(folder), database, True)], "on request, and as copies"
    assert panel.ui.exportLabel.text.replace("\u200b", "").endswith("Slicer's DICOM database has the DICOM files, too.")
    database.isOpen = False
    user.export(tmp_path / "out")
    assert len(imported) == 1 and "open it in the module DICOM" in panel.ui.exportLabel.text
    shutil.rmtree(max((tmp_path / "out").iterdir(), key=lambda path: path.stat().st_mtime))
    panel.ui.exportSegmentationsCheckBox.checked = True
    written = {path.name: path for path in (tmp_path / "out").glob("*/*.dcm")}
    record = result.scorecard.record
    assert set(written) == {
        *(f"seg_{name}.dcm" for name in result.outlines), f"labelmap_{record}.dcm", "measurements.dcm",
    }  # fmt: skip
    found = read_dicom_segments(written["seg_pooled.dcm"])
    for segment in found.segments:
        region, mask = segment.label.split()[0], found.mask(segment.number)
        ours = slicer.util.arrayFromSegmentBinaryLabelmap(pooled, str(region), flair) > 0
        assert mask.sum() == ours.sum() > 0
    import pydicom

    segs = {name: path for name, path in written.items() if name.startswith("seg_")}
    kinds = {name: pydicom.dcmread(path).SegmentSequence[0].SegmentAlgorithmType for name, path in segs.items()}
    referred = pydicom.dcmread(segs["seg_pooled.dcm"]).SourceImageSequence
    assert len(referred) == len(files) + len(others)
    assert kinds.pop("seg_pooled.dcm") == "SEMIAUTOMATIC" and set(kinds.values()) == {"AUTOMATIC"}


def test_an_edited_outline_is_measured_again_at_once(host, panel, result, picture, monkeypatch):
    import slicer

    from SynthTrustLib.scene.result import edited_outlines

    original = edited_outlines.outlines_now
    pooled, volume = result.nodes.pooled, result.nodes.reference_volume
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(pooled, "WT", volume)
    mask[:] = 0
    for region in ("TC", "ET"):
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, region, volume)
    mask[10:14, 20:30, 15:20] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "WT", volume)
    host.wait_until(lambda: panel.ui.editedTable.rowCount == 3, seconds=60)
    outline, now = (panel.ui.editedTable.item(0, column).text() for column in range(2))
    assert outline.endswith("\nWhole tumor")
    assert now.startswith("3.8 mL, 27 x 13 mm, Dice ")  # 200 voxels of 3 x 2.5 x 2.5 mm
    low, high = (float(end) for end in now.rpartition("Dice ")[2].split(" to "))
    assert 0 <= low <= high < 0.2, "a small box has little in common with the outlines"
    picture("edited")
    read = []
    monkeypatch.setattr(
        edited_outlines, "outlines_now", lambda node, *rest: (read.append(node), original(node, *rest))[1]
    )
    mask[14] = mask[13]
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "WT", volume)
    host.wait_until(lambda: panel.ui.editedTable.item(0, 1).text().startswith("4.7 mL"), seconds=60)
    assert set(read) == {pooled}, "outlines that have not changed are not read again: that takes seconds"


def test_what_is_drawn_into_an_inner_region_alone_counts_in_those_around_it_too(user, panel, result, tmp_path):
    import slicer

    from SynthTrustLib.case.file.read import read_image
    from SynthTrustLib.scene.result.edited_outlines import EditedOutlines

    pooled, volume = result.nodes.pooled, result.nodes.reference_volume
    before = slicer.util.arrayFromSegmentBinaryLabelmap(pooled, "WT", volume) > 0
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(pooled, "ET", volume)
    assert not before[2:4, 2:6, 2:6].any()
    mask[2:4, 2:6, 2:6] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "ET", volume)
    result.mark_edited(pooled.GetSegmentation())
    measured = {measure.region: measure.size.voxels for measure in EditedOutlines().measure(result)}
    assert measured["WT"] == before.sum() + 32 and measured["TC"] >= measured["ET"] == mask.sum()
    user.export(tmp_path)
    (written,) = tmp_path.glob("*/pooled.nii.gz")
    assert (read_image(written).array > 0).sum() == measured["WT"], "what is exported is what was measured"


def test_edit_opens_the_segment_editor(host, panel, result, monkeypatch):
    opened = []
    monkeypatch.setattr(panel.logic.editing, "openInSegmentEditor", lambda *what: opened.append(what))
    panel.ui.editButton.click()
    ((shown, region),) = opened
    assert shown.id == result.id and region == "WT"


def test_painting_one_region_leaves_the_others(panel, result, monkeypatch):
    from unittest.mock import Mock

    import slicer

    editor = Mock()
    monkeypatch.setattr(slicer.util, "getModuleWidget", lambda name: Mock(editor=editor))
    settings = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    assert settings.GetOverwriteMode() != settings.OverwriteNone
    for found in (settings, None):
        editor.mrmlSegmentEditorNode.return_value = found
        panel.logic.editing.openInSegmentEditor(result, "TC")
        editor.setCurrentSegmentID.assert_called_with("TC")
    editor.setSegmentationNode.assert_called_with(result.nodes.pooled)
    assert settings.GetOverwriteMode() == settings.OverwriteNone


def test_an_update_searches_the_scene_for_results_once_and_what_follows_is_seen(panel, result, patient, monkeypatch):
    from SynthTrustPanel import madeUpPatient

    from SynthTrustLib.scene.result import stored as stored_result

    searched = []
    find = stored_result.find_assessments
    monkeypatch.setattr(stored_result, "find_assessments", lambda scene: (searched.append(scene), find(scene))[1])
    panel.parameterNode.opacity = 0.35
    panel.updateFromParameterNode()
    assert len(searched) == 1
    later = madeUpPatient.makeResult(patient)
    assert [found.id for found in panel.logic.assessments()] == [later.id, result.id]


def test_an_export_needs_a_folder(panel, result, tmp_path):
    panel.ui.exportPathLineEdit.currentPath = str(tmp_path)
    assert panel.ui.exportButton.enabled
    for path in ("", str(tmp_path / "nowhere")):
        panel.ui.exportPathLineEdit.currentPath = path
        assert not panel.ui.exportButton.enabled
        assert "folder that exists" in panel.ui.exportButton.toolTip


@pytest.fixture
def piece_by_piece(host, monkeypatch):
    """Long work does one piece in each turn of the event loop, however quick this computer is."""
    from SynthTrustPanel import slices

    monkeypatch.setattr(slices, "SLICE_SECONDS", 0.0)


def test_an_export_tells_how_far_it_is_and_its_message_goes_with_its_result(
    host, user, panel, patient, result, tmp_path, piece_by_piece
):
    from SynthTrustPanel import madeUpPatient

    panel.ui.exportPathLineEdit.currentPath = str(tmp_path)
    panel.ui.exportButton.click()
    assert not panel.ui.exportButton.enabled and "being written" in panel.ui.exportButton.toolTip
    seen = set()
    while not panel.ui.exportButton.enabled:
        seen.add(panel.ui.exportLabel.text)
        host.process()
    assert any(text.endswith("%") for text in seen)
    (folder,) = tmp_path.iterdir()
    told = panel.ui.exportLabel.text
    written = told.replace("\u200b", "")
    assert written == f"{len(list(folder.iterdir()))} files were written to {folder}"
    other = madeUpPatient.makeResult(patient)
    panel.showAssessment(other.id)
    host.process()
    assert panel.ui.exportLabel.text == ""
    panel.showAssessment(result.id)
    host.process()
    assert panel.ui.exportLabel.text == told


def test_an_export_that_fails_can_be_begun_again(host, panel, result, tmp_path, monkeypatch, errors_of_slots):
    """Slicer shows an error and raises it again: what the panel shows must be right before."""

    def failing(*unused, **parts):
        yield 0.5
        raise OSError("no room")

    monkeypatch.setattr(panel.logic.files, "exporting", failing)
    panel.ui.exportPathLineEdit.currentPath = str(tmp_path)
    panel.ui.exportButton.click()
    host.wait_until(panel.export.isIdle)
    host.process()
    assert "no room" in errors_of_slots.pop()
    assert panel.ui.exportButton.enabled and panel.ui.exportLabel.text == ""


def test_an_export_that_is_interrupted_leaves_nothing(host, panel, result, tmp_path, piece_by_piece):
    panel.ui.exportPathLineEdit.currentPath = str(tmp_path)
    panel.ui.exportButton.click()
    while not list(tmp_path.iterdir()):
        host.process()
    assert not panel.export.isIdle()
    host.close_scene()
    assert list(tmp_path.iterdir()) == []


def test_what_dicom_seg_needs_is_asked_for_before_anything_is_written(host, user, panel, result, tmp_path, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: name != "highdicom" and find(name, *rest))
    monkeypatch.setattr(panel.logic.files, "dicomFiles", lambda shown: ["a file"])
    asked = []
    monkeypatch.setattr(
        panel.logic.files, "exporting", lambda *unused, dicom, **also: asked.append(dicom) or (n for n in ())
    )
    panel.export._dicomOf = None
    panel.updateFromParameterNode()
    panel.ui.exportDicomCheckBox.checked = True
    host.answer = False
    user.export(tmp_path)
    (question,) = host.dialogs
    assert "To write DICOM SEG" in question and "highdicom, about 5 MB" in question
    assert asked == [] and list(tmp_path.iterdir()) == [] and "was not started" in panel.ui.exportLabel.text
    host.answer = True
    monkeypatch.setattr(panel.export, "_onExported", lambda *unused: setattr(panel.export, "_slices", None))
    panel.ui.exportButton.click()
    host.process()
    assert host.dialogs[2:] == ["pip_ensure: highdicom>=0.27"] and asked == [True]
    panel.ui.exportDicomCheckBox.checked = False


def test_where_the_node_of_the_shown_result_is_deleted_another_is_shown(host, panel, result, patient):
    import slicer
    from SynthTrustPanel import madeUpPatient

    second = madeUpPatient.makeResult(patient)
    panel.onRunEnded(panel.logic.assessment(second.id), None)
    host.process()
    slicer.mrmlScene.RemoveNode(second.nodes.scorecard)
    host.process()
    assert panel.assessment().id == result.id and panel.ui.statusTable.rowCount == 3
