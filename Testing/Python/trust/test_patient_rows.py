"""The input's rows: concerns are among them whatever raised them, and say whether a person has accepted them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase, Skull
from SynthTrustLib.trust.rows.patient import patient_rows
from SynthTrustLib.vocabulary import Contrast, Status


@pytest.fixture
def case():
    grid = Geometry((2, 2, 2), np.eye(4))
    volume = ContrastVolume(Contrast.FLAIR, np.zeros(grid.shape, np.float32), "DOE.nii", "", grid)
    return PatientCase(grid, {Contrast.FLAIR: volume}, Contrast.FLAIR, True, Skull.ON)


def concern(name="looks", subject="FLAIR", text="looks like T1, was given as FLAIR", **more) -> Check:
    return Check(name, subject, Verdict.CONCERN, text, **more)


def row_of(case: PatientCase, key: str):
    return {row.key: row for row in patient_rows(case)}[key]


def test_only_concerns_whose_keys_are_accepted_are_accepted(case):
    case = replace(case, checks=(concern(), concern("missing", "T2"), Check("looks", "T1", Verdict.WARNING, "w")))
    accepted = case.accepting(["looks:FLAIR", "looks:T1", "nonsense"])
    assert [check.key for check in accepted.concerns if check.accepted] == ["looks:FLAIR"]
    assert len(accepted.concerns) == 2 and not accepted.checks[2].accepted


def test_a_concern_is_a_row_to_check_and_says_when_a_person_has_accepted_it(case):
    case = replace(case, checks=(concern(quoted="DOE_flair.nii"),))
    row = row_of(case, "patient.looks.FLAIR")
    assert (row.value, row.status) == ("concern", Status.CHECK)
    assert row.reason == "Looks like T1, was given as FLAIR."
    row = row_of(case.accepting(["looks:FLAIR"]), "patient.looks.FLAIR")
    assert (row.value, row.status) == ("accepted concern", Status.CHECK)
    assert row.reason.endswith("; a person has accepted this before the run.")


def test_a_concern_about_what_has_a_row_of_its_own_is_not_lost(case):
    case = replace(case, checks=(concern("spacing", "case", "a head of 19 mm"), concern("contrast", "T2")))
    assert row_of(case, "patient.concern.spacing").reason == "A head of 19 mm."
    assert row_of(case, "patient.concern.contrast.T2").value == "concern"


def test_of_two_checks_of_one_key_the_worst_counts_and_no_text_is_lost(case):
    ready = Check("registration", "T1", Verdict.READY, "lies over it")
    case = replace(case, checks=(ready, concern("registration", "T1", "is upside down")))
    row = row_of(case, "patient.registration.T1")
    assert (row.value, row.reason) == ("concern", "Is upside down; lies over it.")


def test_an_outlines_name_makes_a_key_that_the_schema_takes(case):
    case = replace(case, checks=(concern("order", "Dr. B (头)"),))
    assert row_of(case, "patient.order.Dr-B-").status is Status.CHECK


def test_outlines_whose_names_no_key_can_hold_have_rows_of_their_own(case):
    names = ("张", "李", "R 1", "R-1")
    case = replace(case, checks=tuple(concern("order", name) for name in names))
    labels = {row.label: row.key for row in patient_rows(case)}
    assert len({labels[f"Order of {name}"] for name in names}) == 4


def test_a_contrast_that_was_dropped_is_not_said_to_be_not_given(case):
    assert row_of(case, "patient.contrast.T2").reason.startswith("Not given")
    case = replace(case, checks=(concern("missing", "T2", "missing, although"),))
    assert row_of(case, "patient.contrast.T2").reason.startswith("Something like it was there")
