"""What has become of a patient: whoever is done stays done."""

from __future__ import annotations

import pytest

from SynthTrustLib.cohort.folder import has_result, result_of
from SynthTrustLib.cohort.state import Outcome, PatientState, read_states, settle
from SynthTrustLib.cohort.work import task

DONE = PatientState("pone", Outcome.DONE, "f")
FAILED = PatientState("pone", Outcome.FAILED, "f", "the disk is full")


@pytest.fixture
def finished(tmp_path):
    """A cohort in which another host has finished the patient."""
    result_of(tmp_path, "pone").mkdir(parents=True)
    (result_of(tmp_path, "pone") / "scorecard.json").write_text("{}")
    settle(tmp_path, DONE)
    return tmp_path


def test_who_fails_at_a_patient_whom_another_has_finished_changes_nothing(finished):
    assert settle(finished, FAILED) == DONE
    assert read_states(finished) == {"pone": DONE}


def test_a_task_that_fails_then_says_that_the_patient_is_done(finished, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(task, "_assess", fail)
    job = {"cohort": str(finished), "key": "pone", "fingerprint": "f", "patient": {}}
    monkeypatch.setattr(task, "_what_became", lambda error, job: (Outcome.FAILED, "the disk is full", ()))
    assert task.run_patient(job)["outcome"] == "done"


@pytest.mark.parametrize("left", ["", "{", '{"rows": ['])
def test_a_scorecard_that_was_cut_off_is_no_result(finished, left):
    assert has_result(finished, "pone")
    (result_of(finished, "pone") / "scorecard.json").write_text(left)
    assert not has_result(finished, "pone") and settle(finished, FAILED) == FAILED


@pytest.mark.parametrize("change", ["other images", "no result", "unreadable images"])
def test_a_failure_counts_where_what_was_done_is_something_else(finished, change):
    failed = FAILED
    if change == "other images":
        failed = PatientState("pone", Outcome.FAILED, "g", "the disk is full")
    elif change == "no result":
        (result_of(finished, "pone") / "scorecard.json").unlink()
    else:
        failed = PatientState("pone", Outcome.FAILED, "", "the disk is full")
    assert settle(finished, failed) == failed
    assert read_states(finished) == {"pone": failed}
