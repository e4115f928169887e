"""Run: what it needs, how far it is, how it ends, and what it leaves."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def ready(user, patient, packages):
    """Everything chosen."""
    user.choose_segmenters_in(packages)
    return user


def temporary_folders(host):
    return list(host.folder.glob("ST*/"))


def test_a_run_shows_progress_and_ends_with_a_scorecard(host, panel, patient, ready, picture):
    seen = []
    told = panel.run.onProgress

    def watch(event):
        told(event)
        if not seen:
            picture("running")
        seen.append((event.overall, panel.ui.runProgressBar.value, panel.ui.stageLabel.text))

    panel.run.onProgress = watch
    ready.run()
    assert panel.ui.errorLabel.text == ""
    overall = [fraction for fraction, _, _ in seen]
    assert overall == sorted(overall) and overall[-1] == 1.0
    assert all(abs(shown - 100 * fraction) <= 1 and stage for fraction, shown, stage in seen)
    result = panel.assessment()
    assert list(result.nodes.outlines) == ["t-0", "t-50", "t-100"]
    assert result.nodes.reference_volume is patient["FLAIR"]
    assert panel.ui.statusTable.rowCount == 3
    assert "as measured on this computer" in panel.ui.estimateLabel.text
    assert temporary_folders(host) == [], "temporary files are left"


@pytest.fixture
def bare(monkeypatch):
    """Only what Slicer itself brings."""
    for name in ("jinja2", "matplotlib", "openvino", "onnxruntime", "torch", "psutil", "rich"):
        monkeypatch.setitem(sys.modules, name, None)


def test_the_panel_opens_and_says_what_is_missing_where_only_slicer_is_installed(host, bare, request, packages):
    ready = request.getfixturevalue("ready")
    panel = ready.widget
    assert panel.ui.segmenterTable.rowCount == 3 and panel.ui.runButton.enabled
    host.answer = False
    panel.ui.runButton.click()
    (question,) = host.dialogs
    for package in panel.logic.missingPackages():
        assert f"{package.name}, about {package.megabytes} MB" in question
    assert {"Jinja2", "Matplotlib"} < {package.name for package in panel.logic.missingPackages()}


def test_missing_packages_are_asked_for_with_their_size(host, panel, ready, monkeypatch):
    from SynthTrustLib.segmenters.engines.engine import Requirement

    needed = [Requirement("openvino>=2026.0", "OpenVINO", 60), Requirement("jinja2>=3.1", "Jinja2", 1)]
    monkeypatch.setattr(panel.logic, "missingPackages", lambda engine: needed)
    started = []
    monkeypatch.setattr(panel, "startRun", lambda: started.append(True))
    host.answer = False
    panel.ui.runButton.click()
    (question,) = host.dialogs
    assert "61 MB" in question and "OpenVINO, about 60 MB" in question
    assert started == [] and "was not started" in panel.ui.errorLabel.text
    host.answer = True
    panel.ui.runButton.click()
    assert host.dialogs[2:] == ["pip_ensure: openvino>=2026.0, jinja2>=3.1"] and started == [True]
    assert panel.ui.errorLabel.text == ""


def test_packages_that_cannot_be_installed_are_one_sentence_with_details(host, panel, ready, monkeypatch):
    import subprocess

    from SynthTrustLib.segmenters.engines.engine import cpu_requirement

    def fail(packages):
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(panel.logic, "missingPackages", lambda engine: [cpu_requirement()])
    monkeypatch.setattr(panel.logic, "installPackages", fail)
    panel.ui.runButton.click()
    assert "could not be installed" in panel.ui.errorLabel.text
    assert panel.ui.errorDetailsBrowser.isHidden()
    panel.ui.errorDetailsButton.click()
    assert not panel.ui.errorDetailsBrowser.isHidden()
    assert "pip" in panel.ui.errorDetailsBrowser.plainText


@pytest.fixture
def without_t2(host, panel, ready):
    """The user has taken T2 and T1c away, although both are loaded."""
    panel.ui.t2Selector.setCurrentNode(None)
    panel.ui.t1cSelector.setCurrentNode(None)
    host.process()
    return ready


def test_all_concerns_are_one_dialog_and_an_accepted_run_says_so_in_its_scorecard(host, panel, without_t2, picture):
    without_t2.run()
    (question,) = host.dialogs
    assert question.count("\u2022") == 2 and "patient T2" in question and "patient T1c" in question
    assert panel.ui.errorLabel.text == ""
    rows = {row.key: row for row in panel.assessment().scorecard.rows}
    for contrast in ("T1c", "T2"):
        assert rows[f"patient.missing.{contrast}"].value == "accepted concern"
    assert "patient T2" not in "".join(row.reason for row in rows.values())
    assert temporary_folders(host) == []


def test_declined_concerns_leave_nothing_and_the_panel_says_which(host, panel, without_t2, picture):
    host.answer = False
    without_t2.run()
    assert len(host.dialogs) == 1 and panel.logic.assessments() == []
    text = panel.ui.errorLabel.text
    assert "Nothing was run" in text and "T2: missing" in text and "T1c: missing" in text
    assert panel.ui.runButton.enabled and temporary_folders(host) == []
    picture("concerns")


def test_what_is_accepted_is_what_was_asked_about_whatever_is_chosen_meanwhile(host, panel, without_t2, patient):
    asked = panel.run.onConcerns

    def change_and_ask(error):
        panel.ui.flairSelector.setCurrentNode(None)
        host.process()
        asked(error)

    panel.run.onConcerns = change_and_ask
    without_t2.run()
    assert panel.assessment().nodes.reference_volume is patient["FLAIR"]


def test_a_scene_that_was_closed_before_the_question_is_not_asked_about(host, panel, without_t2):
    asked = panel.run.onConcerns

    def close_and_ask(error):
        host.close_scene()
        asked(error)

    panel.run.onConcerns = close_and_ask
    without_t2.run()
    assert host.dialogs == []


def test_a_cancelled_run_leaves_nothing_and_can_be_run_again(host, panel, ready):
    panel.ui.runButton.click()
    assert panel.ui.cancelButton.enabled and not panel.ui.runButton.enabled
    assert "under way" in panel.ui.runButton.toolTip
    panel.ui.cancelButton.click()
    host.wait_until(lambda: not panel.logic.isRunning(), seconds=300)
    host.process()
    assert "cancelled" in panel.ui.errorLabel.text
    assert panel.logic.assessments() == []
    assert panel.ui.runButton.enabled
    assert temporary_folders(host) == []


def test_stopping_is_said_until_the_run_has_stopped(host, panel, ready, monkeypatch):
    from SynthTrustLib.runner.process.events import Progressed

    panel.ui.runButton.click()
    monkeypatch.setattr(panel.logic, "cancel", lambda: None)
    panel.ui.cancelButton.click()
    panel.run.onProgress(Progressed("outlining", 0.5, 0.3, 20.0))
    panel.updateFromParameterNode()
    assert panel.ui.stageLabel.text == "Stopping…" and not panel.ui.cancelButton.enabled
    panel.logic.abandonRun()
    panel.updateFromParameterNode()
    panel.ui.runButton.click()
    assert panel.ui.stageLabel.text == "Starting…" and panel.ui.cancelButton.enabled


def test_the_panel_scrolls_to_what_happens_next(host, panel, patient, ready):
    def top_of(section):
        return section.mapTo(host.viewport, section.rect.topLeft()).y()

    host.set_size(400, 300)
    panel.ui.runButton.click()
    host.process(300)
    assert abs(top_of(panel.ui.runCollapsibleButton)) < 5
    host.wait_until(lambda: not panel.logic.isRunning(), seconds=600)
    host.process(600)
    assert abs(top_of(panel.ui.scorecardCollapsibleButton)) < 5


def test_closing_the_scene_ends_a_run_without_a_word(host, panel, ready):
    panel.ui.runButton.click()
    child = panel.logic._child
    host.close_scene()
    assert not panel.logic.isRunning()
    host.wait_until(lambda: child._process.poll() is not None, seconds=120)
    host.process(200)
    assert panel.logic.assessments() == [] and host.dialogs == []
    assert panel.ui.errorLabel.text == "" and temporary_folders(host) == []


@pytest.mark.standin
def test_an_error_is_one_sentence_with_a_next_step_and_a_log(host, panel, ready, picture):
    from pathlib import Path

    panel.segmenters.chosenIds = lambda: ["gone"]
    ready.run()
    assert "there is no segmenter" in panel.ui.errorLabel.text
    assert "Choose segmenters" in panel.ui.errorLabel.text
    picture("error")
    panel.ui.openLogButton.click()
    log = Path(host.qt.QDesktopServices.opened[-1].removeprefix("file://"))
    assert "there is no segmenter" in log.read_text("utf-8")


@pytest.mark.parametrize("end", ["cancel", "close the scene"])
def test_a_run_that_is_stopped_while_its_nodes_are_made_leaves_nothing(host, panel, ready, end, monkeypatch):
    import slicer
    from SynthTrustPanel import slices

    monkeypatch.setattr(slices, "SLICE_SECONDS", 0.0)  # one piece in a turn
    panel.ui.runButton.click()
    host.wait_until(lambda: "Showing the result" in panel.ui.stageLabel.text, seconds=600)
    host.wait_until(
        lambda: slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") or not panel.logic.isRunning()
    )
    assert panel.logic.isRunning() and panel.logic.assessments() == [], "a result is there when it is whole"
    if end == "cancel":
        panel.ui.cancelButton.click()
        assert "cancelled" in panel.ui.errorLabel.text
    else:
        host.close_scene()
    host.process(100)
    assert not panel.logic.isRunning() and panel.logic.assessments() == []
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    assert temporary_folders(host) == []


@pytest.mark.parametrize("share", [0.95, 2.0], ids=["while its surfaces are made", "when all is done"])
def test_stop_counts_as_long_as_the_result_is_not_shown(host, panel, ready, share, monkeypatch):
    import slicer
    from SynthTrustPanel import slices as module

    monkeypatch.setattr(module, "SLICE_SECONDS", 0.0)  # one piece in a turn
    panel.ui.runButton.click()
    host.wait_until(lambda: panel.logic._takingIn is not None, seconds=600)
    slices, done = panel.logic._takingIn[0], [0.0]
    slices._onProgress = done.append
    while slices._outcome is None and done[-1] < share:
        slices._timer.stop()
        slices._work()
    slices._timer.stop()
    assert slices._outcome is not None or 0.9 < done[-1] < 1.0
    panel.ui.cancelButton.click()
    host.process(100)
    assert "cancelled" in panel.ui.errorLabel.text and not panel.logic.isRunning()
    assert panel.logic.assessments() == []
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    assert temporary_folders(host) == []


def test_a_result_is_taken_in_without_work_that_is_done_twice_or_could_be_done_beside_it(
    host, panel, ready, monkeypatch
):
    import importlib
    import threading

    from SynthTrustPanel import slices
    from SynthTrustPanel.takingIn import NEEDED_BY_RESULTS

    from SynthTrustLib.scene.result import stored

    monkeypatch.setattr(slices, "SLICE_SECONDS", 0.0)  # one piece in a turn, after which an update could come
    imported, read, looked = {}, [], []
    load, parse, look = importlib.import_module, stored.read_scorecard, panel._arrivals.look

    def import_module(name, *rest):
        imported[name] = threading.current_thread()
        return load(name, *rest)

    def looks():
        looked.append(panel.logic._takingIn is not None)
        return look()

    monkeypatch.setattr(importlib, "import_module", import_module)
    monkeypatch.setattr(stored, "read_scorecard", lambda data: read.append(data) or parse(data))
    panel._arrivals.look = looks
    ready.run()
    assert panel.ui.statusTable.rowCount == 3
    assert not read, "the scorecard was read again from its text"
    assert sum(looked) <= 2, "the panel was updated for nodes that come one by one"
    assert set(NEEDED_BY_RESULTS) <= set(imported)
    assert not any(imported[name] is threading.main_thread() for name in NEEDED_BY_RESULTS)


def test_a_piece_that_processes_the_press_of_stop_is_taken_back_when_it_is_done(host):
    from SynthTrustPanel.slices import Slices

    told = []

    def steps():
        try:
            told.append(slices.stop())
            yield 0.5
            told.append("went on")
        finally:
            told.append("taken back")

    slices = Slices(steps(), lambda *end: told.append(end))
    host.process(50)
    assert told == [None, "taken back"]


def test_images_of_a_stated_voxel_size_are_read_while_slicer_stays_awake(host, panel, patient, ready, monkeypatch):
    import threading

    from SynthTrustLib.case import load

    threads = []
    original = load.load_case
    monkeypatch.setattr(
        load, "load_case", lambda *a, **k: (threads.append(threading.current_thread()), original(*a, **k))[1]
    )
    panel.parameterNode.voxelSize = "2.4 x 2.4 x 2.8"
    host.process()
    ready.run()
    assert threads and threading.main_thread() not in threads
    assert panel.assessment().nodes.reference_volume.GetSpacing() == pytest.approx((2.4, 2.4, 2.8))
