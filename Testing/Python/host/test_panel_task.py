"""The panel follows the task of the chosen segmenters and of the shown result: one that nobody has written code for."""

from __future__ import annotations

import pytest
from task.metastases import LESION, METASTASES, head, write_segmenters


@pytest.fixture(scope="module")
def segmenters(tmp_path_factory):
    return write_segmenters(tmp_path_factory.mktemp("metastases"))


@pytest.fixture
def scan(host, panel):
    """The volume node of a head with a metastasis, whose name says no contrast."""
    import slicer
    import vtk

    matrix = vtk.vtkMatrix4x4()
    for axis, size in enumerate((-3.0, -3.0, 3.1)):
        matrix.SetElement(axis, axis, size)
    node = slicer.util.addVolumeFromArray(head(), ijkToRAS=matrix, name="scan")
    host.process()
    return node


def selector_of(panel, contrast):
    return panel.patient.rows[contrast].selector


def titles(combo):
    return [combo.itemText(index) for index in range(combo.count)]


@pytest.fixture
def finished(host, panel, user, scan, segmenters):
    """The result of a run on the scan, shown in the panel."""
    user.choose_segmenters_in(segmenters)
    assert panel.ui.flairSelector.isHidden() and panel.ui.flairSelectorLabel.isHidden()
    assert not panel.ui.runButton.enabled and "at least one series" in panel.ui.runButton.toolTip
    selector_of(panel, "CT").setCurrentNode(scan)
    host.process()
    assert panel.ui.runButton.enabled and panel.patient.rows["CT"].status.text.startswith("ready")
    user.run()
    assert panel.ui.errorLabel.text == ""
    return panel.assessment()


def test_a_patient_goes_from_series_to_report_in_another_task(host, panel, finished, scan, tmp_path, picture):
    import slicer

    assert finished.task == METASTASES and finished.nodes.reference_volume is scan
    assert panel.ui.statusTable.rowCount == 1 and panel.ui.statusTable.item(0, 0).text() == "Metastasis"
    assert titles(panel.ui.regionComboBox) == ["Metastasis"] and titles(panel.ui.backgroundComboBox) == ["CT"]
    assert panel.ui.verdictTable.item(0, 0).text() == "Metastasis"
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(finished.nodes.record, "MET", scan)
    assert mask[LESION].all() and mask.sum() == mask[LESION].sum()
    panel.parameterNode.overlay = type(panel.parameterNode.overlay)("disagreement")
    host.process()
    shown = {node.GetForegroundVolumeID() for node in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")}
    assert finished.nodes.map_of("disagreement", "MET").GetID() in shown
    report = finished.report_html()
    assert "metastasis" in report and "whole tumor" not in report and "FLAIR" not in report
    picture("another-task", views=True)
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    host.close_scene()
    assert slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    host.process()
    assert panel.assessment().task == METASTASES and titles(panel.ui.regionComboBox) == ["Metastasis"]
    assert selector_of(panel, "CT").currentNode().GetName() == "scan"


def test_a_long_name_does_not_widen_the_panel(host, panel, user, scan, segmenters):
    user.choose_segmenters_in(segmenters)
    before = host.least_width()
    scan.SetName("1.2.840.113619.2.5.1762583153.215519.978957063.78_CT_HEAD_" + 60 * "x")
    selector_of(panel, "CT").setCurrentNode(scan)
    host.set_size(330)
    assert host.least_width() <= max(before, 330)


def test_a_deleted_series_is_chosen_no_more(host, panel, user, scan, segmenters):
    import slicer

    user.choose_segmenters_in(segmenters)
    other = slicer.util.addVolumeFromArray(head(), name="other scan")
    selector_of(panel, "CT").setCurrentNode(scan)
    host.process()
    slicer.mrmlScene.RemoveNode(scan)
    host.process()
    assert panel.patient.volumes() == {} and selector_of(panel, "CT").currentNode() is None
    selector_of(panel, "CT").setCurrentNode(other)
    assert panel.patient.volumes() == {"CT": other}


def test_segmenters_of_another_task_than_the_first_do_not_run(host, panel, user, patient, packages, segmenters):
    import shutil

    both = host.folder / "both tasks"
    shutil.copytree(packages, both, dirs_exist_ok=True)
    shutil.copytree(segmenters, both, dirs_exist_ok=True)
    user.choose_segmenters_in(both)
    ui, table = panel.ui, panel.ui.segmenterTable
    assert (
        panel.segmenters.task().id == "glioma" and not ui.flairSelector.isHidden() and ui.otherSeriesWidget.isHidden()
    )
    texts = {package.card.id: table.item(row, 0).text() for row, package in enumerate(panel.segmenters.packages)}
    assert "outlines something else: metastases" in texts["met-0"] and "WT Dice" in texts["t-0"]
    table.selectRow(list(texts).index("met-0"))
    assert "etastasis" in ui.segmenterDetailsBrowser.plainText
    panel.parameterNode.segmenters = ["met-0", "met-1"]
    panel.parameterNode.segmentersChosen = True
    host.process()
    assert panel.segmenters.task() == METASTASES and ui.flairSelector.isHidden() and not ui.otherSeriesWidget.isHidden()
    assert panel.patient.volumes() == {}, "the series of the other task are not taken"
    panel.parameterNode.segmenters = ["t-0"]
    host.process()
    assert panel.patient.volumes() == patient


def test_what_a_scene_names_is_found_however_it_is_written_and_the_first_stands_for_what_is_gone(host, panel, result):
    panel.parameterNode.background = "T1C"  # as scenes from before there were tasks have it
    panel.parameterNode.region = "MET"
    host.process()
    assert panel.ui.backgroundComboBox.currentText == "T1c" and panel.ui.regionComboBox.currentText == "Whole tumor"
    assert panel.parameterNode.region == "MET", "another result may have it"
