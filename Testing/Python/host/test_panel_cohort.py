"""The cohort's section: a worklist that loads patient after patient, verdicts in the cohort's folder, runs."""

from __future__ import annotations

import csv
import json
import sys

import pytest

sys.path.append(str(__import__("pathlib").Path(__file__).resolve().parents[1]))


@pytest.fixture(scope="module")
def cohort_folder(tmp_path_factory, packages):
    """Two patients with a result, one who failed and one who waits, as a run leaves them."""
    from runner import patients

    from SynthTrustLib.cohort.folder import claim, result_of
    from SynthTrustLib.cohort.keys import write_keys
    from SynthTrustLib.cohort.patient import Patient
    from SynthTrustLib.cohort.state import Outcome, PatientState, write_state
    from SynthTrustLib.runner.assess import AssessRequest, assess

    root = tmp_path_factory.mktemp("cohort")
    folder = root / "cohort"
    claim(folder, root)
    people = [Patient(f"Quirkwood {name}", root / name) for name in ("Ann", "Bob")]
    keys = {person.name: f"p{number:07d}" for number, person in enumerate(people)}
    for person in people:
        patients.write_patient(person.folder)
        request = AssessRequest(
            out=result_of(folder, keys[person.name]),
            case_folder=person.folder,
            segmenters="t-0,t-50,t-100",
            extra_segmenter_folders=(packages,),
            label=keys[person.name],
            write_scene=False,
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("SynthTrustLib.report.pictures.draw_pictures", lambda *_: {})
            assess(request)
        write_state(folder, PatientState(keys[person.name], Outcome.DONE, "f"))
    write_state(folder, PatientState("pfailed0", Outcome.FAILED, "f", "the file is truncated"))
    write_keys(folder, {**keys, "Quirkwood Cecil": "pfailed0", "Quirkwood Dora": "pwaiting"}, people)
    return folder


@pytest.fixture
def opened(host, panel, cohort_folder):
    panel.ui.cohortCollapsibleButton.collapsed = False
    panel.ui.cohortPathLineEdit.currentPath = str(cohort_folder)
    host.wait_until(panel.cohort.isIdle, seconds=60)
    host.process()
    return panel


def names(panel):
    table = panel.ui.cohortTable
    return [table.item(row, 0).text() for row in range(table.rowCount)]


def shown(panel):
    """What the patient is called whose result is shown."""
    return panel.cohort.logic.cohort.name(panel.cohort.logic.keyOf(panel.assessment()))


def load(host, panel, name):
    row = names(panel).index(name)
    panel.ui.cohortTable.cellDoubleClicked.emit(row, 0)
    host.wait_until(panel.cohort.isIdle, seconds=60)
    host.process()


def test_the_worklist_is_worst_first_with_names_from_the_local_file(host, opened, picture):
    panel = opened
    table = panel.ui.cohortTable
    assert sorted(names(panel)[:2]) == ["Quirkwood Cecil", "Quirkwood Dora"]
    assert sorted(names(panel)[2:]) == ["Quirkwood Ann", "Quirkwood Bob"]
    titles = [table.horizontalHeaderItem(n).text() for n in range(table.columnCount)]
    assert titles == ["Patient", "WT", "TC", "ET", "Verdict"]
    assert "unknown" in table.item(2, 1).toolTip() and table.item(0, 1).text() == "-"
    assert panel.ui.cohortLabel.text == "4 patients: 2 done, 1 failed, 1 waiting."
    table.selectRow(names(panel).index("Quirkwood Cecil"))
    host.process()
    assert panel.ui.cohortPatientLabel.text == "Failed. The file is truncated."
    table.selectRow(names(panel).index("Quirkwood Ann"))
    host.process()
    reasons = panel.ui.cohortPatientLabel.text.splitlines()
    assert reasons[0].startswith("WT: Whether") and len({r.partition(": ")[2] for r in reasons}) == len(reasons)
    picture("cohort")


def test_a_double_click_loads_a_patient_and_puts_the_one_before_away(host, opened, picture):
    import slicer

    panel = opened
    load(host, panel, "Quirkwood Ann")
    assert not panel.cohort._problem
    first = panel.assessment()
    assert first is not None and set(first.nodes.volumes) == {"T1", "T1c", "T2", "FLAIR"}
    assert shown(panel) == "Quirkwood Ann" and panel.parameterNode.flairVolume is first.nodes.volumes["FLAIR"]
    before = slicer.mrmlScene.GetNumberOfNodes()
    bold = [panel.ui.cohortTable.item(row, 0).font().bold() for row in range(4)]
    assert bold == [name == "Quirkwood Ann" for name in names(panel)]
    other = "Quirkwood Bob"
    load(host, panel, other)
    assert [result.id != first.id for result in panel.logic.assessments()] == [True]
    assert shown(panel) == other
    assert abs(slicer.mrmlScene.GetNumberOfNodes() - before) <= 2
    volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    assert len([v for v in volumes if panel.logic.isSeries(v)]) == 4
    picture("cohort-loaded", views=True)


def test_next_and_previous_walk_through_those_with_a_result(host, opened):
    panel = opened
    done = names(panel)[2:]
    assert panel.ui.nextPatientButton.enabled and not panel.ui.previousPatientButton.enabled
    for button, name in (("next", done[0]), ("next", done[1]), ("previous", done[0])):
        getattr(panel.ui, f"{button}PatientButton").click()
        host.wait_until(panel.cohort.isIdle, seconds=60)
        host.process()
        assert shown(panel) == name
    assert not panel.ui.previousPatientButton.enabled


def test_verdicts_of_two_readers_lie_side_by_side_in_the_cohorts_folder(host, opened, cohort_folder):
    panel = opened
    for reader, choice in (("A. B.", 1), ("C. D.", 3)):
        panel.ui.reviewerLineEdit.text = reader
        load(host, panel, "Quirkwood Ann")
        assert panel.ui.verdictTable.cellWidget(0, 1).currentIndex == 0, "another reader's verdict is not shown"
        panel.ui.verdictTable.cellWidget(0, 1).currentIndex = choice
        host.process()
        panel.ui.recordVerdictButton.click()
        host.process()
    row = names(panel).index("Quirkwood Ann")
    cell = panel.ui.cohortTable.item(row, 4)
    assert cell.text() == "differ" and "A. B." in cell.toolTip() and "C. D." in cell.toolTip()
    panel.ui.reviewerLineEdit.text = "A. B."
    load(host, panel, "Quirkwood Ann")
    assert panel.ui.verdictTable.cellWidget(0, 1).currentIndex == 1, "the reader's own comes back"
    panel.ui.exportVerdictsButton.click()
    rows = list(csv.DictReader((cohort_folder / "verdicts.csv").open(newline="", encoding="utf-8")))
    assert [(row["region"], row["decision"], row["reviewer"]) for row in rows] == [
        ("WT", "accept", "A. B."),
        ("WT", "reject", "C. D."),
    ]
    assert "Quirkwood" not in (cohort_folder / "verdicts.csv").read_text("utf-8")


def test_a_reader_who_is_named_late_loses_no_verdict_and_takes_none_over(host, opened, cohort_folder):
    from SynthTrustLib.cohort.verdicts import read_verdicts

    def choose(region, choice):
        panel.ui.verdictTable.cellWidget(2 * region, 1).currentIndex = choice
        host.process()

    panel = opened
    panel.ui.reviewerLineEdit.text = "G. H."
    load(host, panel, "Quirkwood Bob")
    choose(0, 1)
    panel.ui.recordVerdictButton.click()
    panel.ui.reviewerLineEdit.text = ""  # as on the next morning
    host.process()
    choose(2, 3)
    panel.ui.reviewerLineEdit.text = "G. H."
    host.process()
    boxes = [panel.ui.verdictTable.cellWidget(2 * region, 1).currentIndex for region in range(3)]
    assert boxes == [1, 0, 3], "what was recorded, and what was chosen before the name"
    panel.ui.recordVerdictButton.click()
    panel.ui.reviewerLineEdit.text = "I. J."
    host.process()
    assert panel.ui.verdictTable.cellWidget(0, 1).currentIndex == 0
    choose(1, 2)
    panel.ui.recordVerdictButton.click()
    key = panel.cohort.logic.keyOf(panel.assessment())
    kept = [(one.region, str(one.decision), one.reviewer) for one in read_verdicts(cohort_folder)[key]]
    assert kept == [("WT", "accept", "G. H."), ("ET", "reject", "G. H."), ("TC", "accept with edits", "I. J.")]

    choose(0, 1)
    host.answer = False
    load(host, panel, "Quirkwood Ann")
    assert "A verdict was chosen and not recorded" in host.dialogs[-1] and shown(panel) == "Quirkwood Bob"
    host.answer = True
    load(host, panel, "Quirkwood Ann")
    assert shown(panel) == "Quirkwood Ann"


def test_a_verdict_that_cannot_be_written_into_the_folder_is_shown_as_recorded(
    host, opened, monkeypatch, errors_of_slots
):
    def fails(result):
        raise OSError("read only")

    panel = opened
    load(host, panel, "Quirkwood Ann")
    panel.ui.reviewerLineEdit.text = "E. F."
    panel.ui.verdictTable.cellWidget(0, 1).currentIndex = 1
    host.process()
    monkeypatch.setattr(panel.cohort.logic, "keepVerdicts", fails)
    panel.ui.recordVerdictButton.click()
    assert "read only" in errors_of_slots.pop()
    assert panel.ui.verdictLabel.text.startswith("Recorded by E. F.")


def test_a_run_that_cannot_be_started_is_not_said_to_start(host, opened, monkeypatch, errors_of_slots):
    def fails(*unused, **options):
        raise OSError("no process")

    panel = opened
    monkeypatch.setattr(panel.cohort.logic, "learn", fails)
    panel.ui.cohortLearnButton.click()
    assert "no process" in errors_of_slots.pop()
    assert panel.ui.cohortStageLabel.text == ""


def test_images_that_have_gone_or_changed_are_said_in_one_sentence_and_nothing_is_put_away(host, opened, cohort_folder):
    panel = opened
    load(host, panel, "Quirkwood Ann")
    shown = panel.assessment().id
    flair = cohort_folder.parent / "Bob" / "flair.nii.gz"
    flair.rename(flair.with_name("x.away"))
    load(host, panel, "Quirkwood Bob")
    flair.with_name("x.away").rename(flair)
    assert "no longer where they were" in panel.ui.cohortLabel.text
    assert panel.assessment().id == shown
    load(host, panel, "Quirkwood Cecil")
    assert "no result to load" in panel.ui.cohortStageLabel.text


def test_what_is_no_cohort_is_said_and_an_empty_folder_waits_for_a_run(host, panel, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    for name, says in (("full", "it is no cohort"), ("empty", "an empty one to run patients into")):
        panel.ui.cohortPathLineEdit.currentPath = str(tmp_path / name)
        host.wait_until(panel.cohort.isIdle, seconds=60)
        host.process()
        assert says in panel.ui.cohortLabel.text


def test_a_cohort_opens_without_dask_and_pyarrow(cohort_folder):
    import subprocess

    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('dask', 'distributed', 'pyarrow', 'locket', 'pandas', 'sklearn')))\n"
        "from pathlib import Path\n"
        "from SynthTrustLib.cohort.open import open_cohort\n"
        f"assert len(open_cohort(Path({str(cohort_folder)!r})).lines) == 4\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_run_starts_from_the_panel_and_its_results_are_listed(host, user, panel, packages, tmp_path, picture):
    pytest.importorskip("distributed")
    from runner import patients

    patients.write_patient(tmp_path / "in" / "Quirkwood")
    (tmp_path / "out").mkdir()
    user.choose_segmenters_in(packages)
    panel.ui.cohortPathLineEdit.currentPath = str(tmp_path / "out")
    host.wait_until(panel.cohort.isIdle, seconds=60)
    assert not panel.ui.cohortRunButton.enabled
    panel.ui.cohortSourcePathLineEdit.currentPath = str(tmp_path / "in")
    host.process()
    assert panel.ui.cohortRunButton.enabled, panel.ui.cohortRunButton.toolTip
    panel.ui.cohortRunButton.click()
    assert panel.ui.cohortCancelButton.enabled
    host.wait_until(panel.cohort.isIdle, seconds=600)
    host.process()
    assert names(panel) == ["Quirkwood"], panel.ui.cohortLabel.text
    assert json.loads(next((tmp_path / "out" / "states").iterdir()).read_text())["outcome"] == "done"


def test_whoever_needs_a_look_is_run_where_a_person_accepts_it(host, user, panel, packages, tmp_path, picture):
    pytest.importorskip("distributed")
    from runner import patients

    hidden = tmp_path / "in" / "Quirkwood" / "not used"
    patients.write_patient(hidden.parent)
    hidden.mkdir()
    (hidden.parent / "flair.nii.gz").rename(hidden / "flair.nii.gz")
    (tmp_path / "out").mkdir()
    user.choose_segmenters_in(packages)
    panel.ui.cohortCollapsibleButton.collapsed = False
    panel.ui.cohortPathLineEdit.currentPath = str(tmp_path / "out")
    panel.ui.cohortSourcePathLineEdit.currentPath = str(tmp_path / "in")
    host.wait_until(panel.cohort.isIdle, seconds=60)
    panel.ui.cohortRunButton.click()
    host.wait_until(panel.cohort.isIdle, seconds=600)
    host.process()
    assert panel.ui.cohortLabel.text == "1 patient: 1 needs a look." and not panel.ui.cohortAcceptButton.enabled
    panel.ui.cohortTable.selectRow(0)
    host.process()
    assert panel.ui.cohortPatientLabel.text.splitlines()[0] == "Needs a look."
    assert "FLAIR: " in panel.ui.cohortPatientLabel.text and panel.ui.cohortAcceptButton.enabled
    picture("cohort-needs-a-look")

    host.answer = False
    panel.ui.cohortAcceptButton.click()
    assert panel.cohort.isIdle(), "it was declined"
    host.answer = True
    panel.ui.cohortAcceptButton.click()
    assert "FLAIR: " in host.dialogs[-1]
    host.wait_until(panel.cohort.isIdle, seconds=600)
    host.process()
    assert panel.ui.cohortLabel.text == "1 patient: 1 done." and not panel.ui.cohortAcceptButton.enabled


def test_a_run_that_is_cancelled_says_who_is_done_and_the_next_goes_on(host, user, panel, packages, tmp_path):
    pytest.importorskip("distributed")
    from runner import patients

    for name in ("Ann", "Bob"):
        patients.write_patient(tmp_path / "in" / name)
    (tmp_path / "out").mkdir()
    user.choose_segmenters_in(packages)
    panel.ui.cohortPathLineEdit.currentPath = str(tmp_path / "out")
    panel.ui.cohortSourcePathLineEdit.currentPath = str(tmp_path / "in")
    host.wait_until(panel.cohort.isIdle, seconds=60)
    panel.ui.cohortRunButton.click()
    host.wait_until(lambda: "0 of 2 patients" in panel.ui.cohortStageLabel.text, seconds=600)
    panel.ui.cohortCancelButton.click()
    host.wait_until(panel.cohort.isIdle, seconds=600)
    host.process()
    assert panel.ui.cohortStageLabel.text == "It was stopped. Whoever is done stays done."
    assert sorted(names(panel)) == ["Ann", "Bob"] and not panel.ui.cohortCancelButton.enabled
    panel.ui.cohortRunButton.click()
    host.wait_until(panel.cohort.isIdle, seconds=600)
    host.process()
    found = [path.name for path in (tmp_path / "out" / "patients").iterdir()]
    assert len(found) == 2 and not any(name.startswith(".") for name in found), "and nothing half-written"


def test_what_a_run_will_do_and_who_failed_stay_to_be_read(host, user, panel, packages, tmp_path):
    """A plan of five lines was shown one line after the other, and what was learned lost its first lines."""
    pytest.importorskip("distributed")
    from SynthTrustLib.runner.process.events import Noted, Progressed

    panel.ui.cohortCollapsibleButton.collapsed = False
    runs = panel.cohort.runs
    for n in range(30):
        runs.onEvent(Noted(f"line {n}"))
    runs.onEvent(Progressed("3 of 9 patients", 0.3, 0.3, 60.0))
    said = panel.ui.cohortStageLabel.text.splitlines()
    assert "3 of 9 patients" in said[0] and said[-1] == "line 29" and 5 < len(said) < 20

    (tmp_path / "in" / "Quirkwood").mkdir(parents=True)
    (tmp_path / "in" / "Quirkwood" / "t1.nii.gz").write_bytes(b"no image")
    (tmp_path / "out").mkdir()
    user.choose_segmenters_in(packages)
    panel.ui.cohortPathLineEdit.currentPath = str(tmp_path / "out")
    panel.ui.cohortSourcePathLineEdit.currentPath = str(tmp_path / "in")
    ended = []
    for again in (False, False, True):
        host.wait_until(panel.cohort.isIdle, seconds=60)
        panel.ui.cohortRetryCheckBox.checked = again
        panel.ui.cohortRunButton.click()
        host.wait_until(panel.cohort.isIdle, seconds=600)
        host.process()
        ended.append(json.loads(next((tmp_path / "out" / "states").iterdir()).read_text())["ended"])
        assert "1 patient: " in "\n".join(runs._notes)
    assert ended[0] == ended[1] != ended[2]


def test_a_hospital_learns_asks_before_it_is_used_and_takes_back(host, panel, packages, tmp_path, monkeypatch, picture):
    pytest.importorskip("distributed")
    from cohort.test_hospital import write_hospital
    from runner import patients

    from SynthTrustLib.cohort.hospital.examples import Witness
    from SynthTrustLib.runner.assess import AssessRequest, assess
    from SynthTrustLib.trust.learned import own

    monkeypatch.setenv(own.FOLDER_VARIABLE, str(tmp_path / "own"))
    patients.write_patient(tmp_path / "in")
    request = AssessRequest(
        out=tmp_path / "result",
        case_folder=tmp_path / "in",
        reference=tmp_path / "in" / "seg.nii.gz",
        segmenters="t-0,t-50,t-100",
        extra_segmenter_folders=(packages,),
        write_scene=False,
    )
    with monkeypatch.context() as patch:
        patch.setattr("SynthTrustLib.report.pictures.draw_pictures", lambda *_: {})
        example = json.loads((assess(request, witness=Witness(())) / "measured.json").read_text("utf-8"))
    cohort = write_hospital(tmp_path / "cohort", example, regions=("WT",))
    panel.ui.cohortCollapsibleButton.collapsed = panel.ui.cohortLearnCollapsibleButton.collapsed = False
    panel.ui.cohortPathLineEdit.currentPath = str(cohort)

    def press(button):
        host.wait_until(panel.cohort.isIdle, seconds=600)
        host.process()
        assert button.enabled, button.toolTip
        button.click()
        host.wait_until(panel.cohort.isIdle, seconds=600)
        host.process()

    ui = panel.ui
    with monkeypatch.context() as patch:
        patch.setattr("SynthTrustPanel.installing._isMissing", lambda module: module == "jinja2")
        host.answer = False
        press(ui.cohortLearnButton)
        assert "To show what was learned" in host.dialogs[-1] and not (cohort / "hospital.html").exists()
        assert "packages that it needs were not installed" in ui.cohortLabel.text
        host.answer = True
    assert not ui.cohortUseButton.enabled and not ui.cohortUndoButton.enabled
    press(ui.cohortLearnButton)
    said = ui.cohortStageLabel.text
    assert said.startswith("24 patients with a reference") and "Nothing was replaced" in said
    assert (cohort / "hospital.html").is_file() and own.last_kept() is None
    picture("cohort-learned")
    host.answer = False
    press(ui.cohortUseButton)
    assert own.last_kept() is None, "asked, and not wanted"
    host.answer = True
    press(ui.cohortUseButton)
    assert own.last_kept().name in ui.cohortLearnHintLabel.text
    press(ui.cohortUndoButton)
    assert own.last_kept() is None and "what SynthTrust ships" in ui.cohortStageLabel.text


def test_who_needs_a_look_is_not_said_twice(host, opened):
    from dataclasses import replace

    cohort = opened.cohort.logic.cohort
    line = replace(cohort.lines[0], outcome="needs a look", reason="needs a look: missing:FLAIR")
    opened.cohort.logic.cohort = replace(cohort, lines=[line])
    assert opened.cohort.about(line.key) == "Needs a look. Missing:FLAIR."


def test_a_patient_who_was_put_away_is_let_go_of(host, opened):
    """Slicer's memory is not filled by whoever was looked at: no Python object keeps their nodes."""
    import gc
    import weakref

    panel = opened
    load(host, panel, "Quirkwood Ann")
    panel.ui.spotTable.selectRow(0)
    host.process()
    own = [*panel.assessment().nodes.own_nodes, *panel.assessment().nodes.volumes.values()]
    names = [(node.GetName(), weakref.ref(node)) for node in own]
    drawn = [node for node in own if hasattr(node, "GetSegmentation")]
    names += [(f"segments of {node.GetName()}", weakref.ref(node.GetSegmentation())) for node in drawn]
    del own, drawn
    load(host, panel, "Quirkwood Bob")
    host.process(300)
    gc.collect()
    assert len(names) > 20
    assert [name for name, node in names if node() is not None] == []
