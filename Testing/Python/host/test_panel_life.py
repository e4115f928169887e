"""The panel over time: saved and loaded scenes, reload, and what holds for all of its controls."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from unittest.mock import Mock

import pytest
from task.metastases import write_segmenters

from SynthTrustLib.resources import resource_path


def test_everything_is_there_again_after_saving_and_loading(host, user, panel, result, tmp_path):
    import slicer

    from SynthTrustLib.trust.verdict import Decision, Verdict
    from SynthTrustLib.vocabulary import Region

    result.set_verdicts([Verdict.now(Region.TC, Decision.ACCEPT, "fine", "A. B.")])
    user.choose(panel.ui.overlayComboBox, "Uncertainty")
    user.choose(panel.ui.regionComboBox, "Tumor core")
    user.choose(panel.ui.layoutComboBox, "Segmenters side by side")
    rows = result.scorecard.rows
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    host.close_scene()
    assert panel.assessment() is None and panel.ui.statusTable.isHidden()
    assert slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    host.process()
    assert panel.assessment().id == result.id and panel.assessment().scorecard.rows == rows
    assert panel.ui.flairSelector.currentNode().GetName() == "patient FLAIR"
    assert panel.parameterNode.overlay.value == "uncertainty"
    assert panel.ui.verdictLabel.text.startswith("Recorded by A. B.")
    assert panel.ui.openReportButton.enabled
    assert slicer.app.layoutManager().layout == 57100
    composite = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeSynthTrust1")
    layer = slicer.mrmlScene.GetNodeByID(composite.GetForegroundVolumeID())
    assert (layer.GetAttribute("SynthTrust.Subject"), layer.GetAttribute("SynthTrust.Region")) == ("uncertainty", "TC")


@pytest.mark.standin
def test_a_reload_keeps_the_result_and_ends_a_run(host, user, panel, result, packages):
    user.choose_segmenters_in(packages)
    panel.ui.runButton.click()
    process = panel.logic._child._process
    before = host.module.SynthTrustLogic
    panel.onReload()
    host.process()
    anew = host.widget
    assert anew is not panel and host.module.SynthTrustLogic is not before, "the panel's files are executed again"
    assert not anew.logic.isRunning() and anew.assessment().id == result.id
    assert anew.ui.statusTable.rowCount == 3
    assert all(shortcut.enabled for shortcut in anew._shortcuts), "Slicer does not enter a panel that is reloaded"
    host.wait_until(lambda: process.poll() is not None, seconds=120)


@pytest.mark.standin
def test_slicer_can_be_quit_during_a_run(host, user, panel, result, packages):
    import slicer

    user.choose_segmenters_in(packages)
    panel.ui.runButton.click()
    process = panel.logic._child._process
    host.quit()
    assert not panel.logic.isRunning() and not panel.Observations
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
    host.close_scene()
    host.wait_until(lambda: process.poll() is not None, seconds=120)


def side_by_side_in_a_new_session(monkeypatch):
    """The layout node, set to a layout that was never used: files and settings have its number and nothing else."""
    import slicer

    from SynthTrustLib.scene.views import layout

    node = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    while node.IsLayoutDescription(layout.layout_id()):
        monkeypatch.setattr(layout, "FIRST_LAYOUT_ID", layout.FIRST_LAYOUT_ID + layout.MAX_PAGES)
    node.SetViewArrangement(layout.layout_id())
    assert not node.GetCurrentLayoutDescription()
    return node


def test_a_scene_saved_side_by_side_has_its_views_before_anybody_opens_the_panel(host, monkeypatch):
    import slicer
    from SynthTrustPanel import madeUpPatient
    from SynthTrustPanel.parameters import Layout

    host.close_scene()
    made = madeUpPatient.makeResult(madeUpPatient.makeVolumes())
    parameters = host.module.SynthTrustLogic().getParameterNode()
    parameters.assessment, parameters.layout = made.id, Layout.SIDE_BY_SIDE
    node = side_by_side_in_a_new_session(monkeypatch)
    slicer.mrmlScene.InvokeEvent(slicer.mrmlScene.EndImportEvent)
    assert node.GetCurrentLayoutDescription().count("<view ") == len(made.nodes.outlines)
    composite = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeSynthTrust1")
    assert composite.GetBackgroundVolumeID() == made.nodes.reference_volume.GetID()
    host.close_scene()
    slicer.app.layoutManager().setLayout(node.SlicerLayoutFourUpView)


def test_a_scene_saved_side_by_side_whose_result_is_gone_shows_the_usual_views(host, monkeypatch):
    import slicer

    host.close_scene()
    node = side_by_side_in_a_new_session(monkeypatch)
    slicer.mrmlScene.InvokeEvent(slicer.mrmlScene.EndImportEvent)
    assert node.GetViewArrangement() == node.SlicerLayoutFourUpView


@pytest.mark.standin
def test_slicer_that_was_quit_side_by_side_starts_with_the_usual_views(host, monkeypatch):
    import slicer

    host.close_scene()
    node = side_by_side_in_a_new_session(monkeypatch)
    slicer.app.emit("startupCompleted()")
    assert node.GetViewArrangement() == node.SlicerLayoutFourUpView


def test_nodes_that_the_user_deletes_by_hand_are_missed_and_nothing_else(host, user, panel, result, patient):
    import slicer

    user.choose(panel.ui.overlayComboBox, "Disagreement")
    for node in (*result.nodes.maps.values(), *result.nodes.outlines.values(), *patient.values()):
        slicer.mrmlScene.RemoveNode(node)
        host.process()
    panel.logic.views.center(panel.assessment())
    assert panel.ui.statusTable.rowCount == 3, "the scorecard is still there"
    slicer.mrmlScene.RemoveNode(result.nodes.pooled)
    host.process()
    assert not panel.ui.editButton.enabled
    slicer.mrmlScene.RemoveNode(result.nodes.scorecard)
    host.process()
    assert panel.assessment() is None and panel.ui.statusTable.isHidden()


def test_a_result_that_cannot_be_read_does_not_hide_the_others(host, panel, result, patient, caplog):
    from SynthTrustPanel import madeUpPatient

    later = madeUpPatient.makeResult(patient)
    later.nodes.scorecard.SetText('{"schema": "of a later version"}')
    host.process()
    assert [found.id for found in panel.logic.assessments()] == [result.id]
    assert "cannot be read" in caplog.text
    assert panel.assessment().id == result.id


@pytest.mark.standin
def test_nothing_of_a_patient_is_left_when_slicer_is_quit(host, panel, result):
    panel.ui.openReportButton.click()
    panel.logic.files.writeLog()
    assert sorted(path.name for path in host.folder.glob("SynthTrust*")) == [
        "SynthTrust-report.html",
        "SynthTrust-run.log",
    ]
    host.quit()
    assert list(host.folder.glob("SynthTrust*")) == []


def test_entering_again_does_not_tie_the_panel_twice(host, panel, patient, monkeypatch):
    from SynthTrustPanel import logic

    wrapped = Mock()
    monkeypatch.setattr(logic, "SynthTrustParameterNode", wrapped)
    before = panel.parameterNode
    panel.exit()
    panel.enter()
    assert panel.parameterNode is before
    assert not wrapped.called, "each wrapper observes the node for good"


@pytest.mark.standin
def test_a_panel_that_was_made_and_not_shown_takes_no_keys(host, panel):
    host.close_module()
    made = host.make_widget()
    assert made._shortcuts and not any(shortcut.enabled for shortcut in made._shortcuts)
    made.enter()
    assert all(shortcut.enabled for shortcut in made._shortcuts)


def test_a_choice_that_this_version_does_not_know_gives_way_to_the_first(host, panel):
    node = panel.parameterNode.parameterNode
    node.SetDisableModifiedEvent(True)  # a scene of a later version
    node.SetParameter("overlay", "OF_LATER")
    node.SetParameter("layout", "ROUND")
    node.SetDisableModifiedEvent(False)
    read = panel.logic.getParameterNode()
    assert (read.overlay.value, read.layout.value) == ("contours", "planes")


@pytest.mark.standin
def test_who_corrects_a_line_in_the_middle_stays_there(host, panel):
    from PySide6.QtTest import QTest

    line = panel.ui.reviewerLineEdit
    line.text = "Dr. B."
    host.process()
    line.cursorPosition = 4
    for letter in "Ann ":
        QTest.keyClicks(line, letter)
        host.process()
    assert line.text == panel.parameterNode.reviewer == "Dr. Ann B."
    panel.parameterNode.reviewer = "C. D."
    host.process()
    assert line.text == "C. D."


def test_a_folder_can_be_browsed_for():
    """Where files are allowed too, CTK's button opens a dialog that takes no folder."""
    root = ElementTree.parse(resource_path("UI/SynthTrust.ui")).getroot()
    filters = {
        line.get("name"): set(line.findtext("property[@name='filters']/set").split("|"))
        for line in root.iterfind(".//widget[@class='ctkPathLineEdit']")
    }
    assert len(filters) == 4
    assert [name for name, allowed in filters.items() if "ctkPathLineEdit::Files" in allowed] == []


def test_a_path_that_is_emptied_is_let_go_of(host, user, panel, packages, tmp_path):
    """CTK tells of valid paths only, and an empty one is none."""
    user.choose_segmenters_in(packages)
    assert panel.ui.segmenterTable.rowCount == 3
    user.choose_segmenters_in("")
    assert panel.ui.segmenterTable.rowCount == 0
    panel.ui.cohortPathLineEdit.currentPath = panel.ui.cohortSourcePathLineEdit.currentPath = str(tmp_path)
    user.choose_segmenters_in(packages)
    host.wait_until(panel.cohort.isIdle)
    assert panel.ui.cohortRunButton.enabled, panel.ui.cohortRunButton.toolTip
    for line in (panel.ui.cohortSourcePathLineEdit, panel.ui.cohortPathLineEdit):
        line.currentPath = ""
        assert not panel.ui.cohortRunButton.enabled
        line.currentPath = str(tmp_path)
        host.wait_until(panel.cohort.isIdle)


def test_nothing_of_a_scene_that_was_closed_is_kept(host, user, panel, packages):
    import gc
    import weakref

    from SynthTrustPanel import madeUpPatient

    madeUpPatient.makeVolumes()
    user.choose_segmenters_in(packages)
    user.run()
    panel.ui.spotTable.selectRow(0)
    result = panel.assessment()
    result.mark_edited(result.nodes.record.GetSegmentation())
    panel.verdict.updateEdited()
    host.process()
    own = [*result.nodes.own_nodes, *result.nodes.volumes.values()]
    kept = [(node.GetName(), weakref.ref(node)) for node in own]
    del result, own
    host.close_scene()
    gc.collect()
    assert len(kept) > 20
    assert [name for name, node in kept if node() is not None] == []


@pytest.mark.standin
def test_every_control_has_a_tooltip(panel):
    from PySide6 import QtWidgets
    from standin import widgets

    kinds = (QtWidgets.QAbstractButton, QtWidgets.QLineEdit, QtWidgets.QComboBox, QtWidgets.QAbstractItemView)
    for name, widget in vars(panel.ui).items():
        named = not name.startswith("qt_") and not isinstance(widget, widgets.ctkCollapsibleButton)
        if named and isinstance(widget, (*kinds, *widgets.CTK[1:])):
            assert widget.toolTip, name


@pytest.mark.standin
def test_no_property_of_a_widget_is_made_up(panel, result):
    """PythonQt refuses to set what a Qt class does not have; PySide keeps it on the Python object without a word."""
    from PySide6 import QtCore, QtWidgets

    for part in panel.ui.SynthTrust.findChildren(QtWidgets.QWidget):
        if type(part).__module__.startswith("PySide6"):  # and no stand-in, which has what it needs
            own = {name: value for name, value in vars(part).items() if not isinstance(value, QtCore.SignalInstance)}
            kept = {name for name, value in own.items() if not callable(value)}  # methods are kept as soon as looked up
            assert not kept, part.objectName()


@pytest.mark.standin
@pytest.mark.parametrize("other_task", [False, True])
def test_tab_goes_down_the_panel(host, panel, user, result, tmp_path, other_task):
    from qt import QComboBox, Qt

    panel.ui.patientCollapsibleButton.collapsed = False
    panel.ui.segmentersCollapsibleButton.collapsed = False
    if other_task:
        user.choose_segmenters_in(write_segmenters(tmp_path))
    panel.ui.SynthTrust.window().show()
    host.process(30)
    named = {id(widget): name for name, widget in vars(panel.ui).items()}
    own = {id(row.selector): contrast for contrast, row in panel.patient.rows.items()}
    named |= own
    selectors = [panel.ui.referenceSelector, *(row.selector for row in panel.patient.rows.values())]
    lists = {id(s.findChild(QComboBox)): s for s in selectors}
    named |= {key: named[id(selector)] for key, selector in lists.items()}
    first = panel.ui.cohortCollapsibleButton
    order, widget = [first], first.nextInFocusChain()
    while widget is not first:
        is_reached = widget.focusPolicy & Qt.TabFocus and widget.visible and widget.focusProxy() is None
        if id(widget) in named and is_reached:
            order.append(widget)
        widget = widget.nextInFocusChain()
    places = [(w.mapTo(w.window(), w.rect.topLeft()).y(), w.mapTo(w.window(), w.rect.topLeft()).x()) for w in order]
    rows = [round(y / 12) for y, _ in places]
    assert len(order) > 35
    assert rows == sorted(rows), [named[id(w)] for w in order]
    reached = [named[id(w)] for w in order]
    assert ("CT" in reached) == other_task
    assert [named[id(s)] for s in selectors if s.visible and named[id(s)] not in reached] == []


@pytest.mark.standin
@pytest.mark.slow
def test_the_self_test_passes(host, packages, monkeypatch, tmp_path):
    from SynthTrustLib.segmenters.package import registry

    monkeypatch.setattr(registry, "resource_path", lambda relative: tmp_path)  # none of those that ship
    host.close_scene()
    test = host.module.SynthTrustTest()
    test.segmenterFolder = str(packages)
    test.patientForARealRun = lambda logic: synthetic_patient()
    test.longestBlock = 1.0  # computers differ; what is to be kept to is what Slicer's own self-test keeps to
    test.runTest()
    host.close_module()


def test_the_heartbeat_sees_how_long_nothing_was_answered(host):
    import time

    from SynthTrustPanel.heartbeat import Heartbeat

    with Heartbeat() as beat:
        host.process(30)
    assert beat.busiest > 0 and beat.longest > 0
    with Heartbeat() as beat:
        host.process(10)
        time.sleep(0.25)
        host.process(10)
    assert beat.longest >= 0.25 > beat.busiest
    with Heartbeat() as beat:
        until = time.thread_time() + 0.25
        while time.thread_time() < until:
            pass
    assert beat.busiest >= 0.25


def synthetic_patient():
    from SynthTrustPanel import madeUpPatient

    volumes = madeUpPatient.makeVolumes()
    for node in volumes.values():
        node.SetAttribute("SyntheticPatient", "1")
    return volumes


@pytest.mark.standin
def test_the_self_test_can_fail(host, packages, monkeypatch):
    import unittest

    host.close_scene()
    test = host.module.SynthTrustTest()
    for name in [name for name in dir(test) if name.startswith("check") and name != "checkExportHoldsTheVerdict"]:
        monkeypatch.setattr(test, name, lambda: None)
    monkeypatch.setattr(host.module.SynthTrustLogic, "export", lambda self, result, folder: [])
    outcome = unittest.TestResult()
    test.run(outcome)
    assert outcome.testsRun == 1 and not outcome.wasSuccessful()
