"""Verdicts lie in the cohort's folder: the last of each reader, on the result that is there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from SynthTrustLib.codec import encode
from SynthTrustLib.cohort.state import Outcome, PatientState, write_state
from SynthTrustLib.cohort.verdicts import VERDICTS, add_verdicts, ended, read_verdicts
from SynthTrustLib.errors import InputError
from SynthTrustLib.trust.verdict import Decision, Verdict

RUN = PatientState("pone", Outcome.DONE, "f", ended="2026-12-01T10:00:00+00:00")
ACCEPT = Verdict("WT", Decision.ACCEPT, "", "A. B.", "2026-12-01T11:00:00+00:00")


@pytest.fixture
def cohort(tmp_path):
    write_state(tmp_path, RUN)
    return tmp_path


def test_what_a_reader_records_is_all_that_the_reader_thinks(cohort):
    other = replace(ACCEPT, reviewer="C. D.", decision=Decision.REJECT)
    core = replace(ACCEPT, region="TC")
    add_verdicts(cohort, "pone", [ACCEPT, core], ended(cohort, "pone"))
    add_verdicts(cohort, "pone", [other], ended(cohort, "pone"))
    assert read_verdicts(cohort) == {"pone": (ACCEPT, core, other)}
    add_verdicts(cohort, "pone", [core], ended(cohort, "pone"))
    assert read_verdicts(cohort) == {"pone": (other, core)}, "the whole tumor is not judged any more"


@pytest.mark.parametrize("older", [False, True], ids=["of this version", "as version 0.1 wrote it"])
def test_a_verdict_on_an_earlier_result_counts_no_longer(cohort, older):
    path = add_verdicts(cohort, "pone", [ACCEPT], ended(cohort, "pone"))
    if older:
        path.write_text(json.dumps(encode((ACCEPT,))), "utf-8")
    assert read_verdicts(cohort) == {"pone": (ACCEPT,)}
    write_state(cohort, replace(RUN, ended="2026-12-01T12:00:00+00:00"))
    assert read_verdicts(cohort) == {}
    assert list((cohort / VERDICTS / "pone").iterdir()) == [path], "nothing is lost"
    anew = replace(ACCEPT, time="2026-12-01T13:00:00+00:00")
    add_verdicts(cohort, "pone", [anew], ended(cohort, "pone"))
    assert read_verdicts(cohort) == {"pone": (anew,)}


def test_a_verdict_on_a_result_that_was_replaced_meanwhile_is_refused(cohort):
    judged = ended(cohort, "pone")
    write_state(cohort, replace(RUN, ended="2026-12-01T12:00:00+00:00"))
    with pytest.raises(InputError, match="run again since"):
        add_verdicts(cohort, "pone", [ACCEPT], judged)
    assert read_verdicts(cohort) == {}
