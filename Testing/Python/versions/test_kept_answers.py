"""This version says of the small sample patient what the kept one has said, but for what is intended."""

from __future__ import annotations

from copy import deepcopy

import pytest
from versions.kept import FOLDER

from Testing.Versions.compare import ANSWERS, INTENDED
from Testing.Versions.differences import differences, listing, read_intended
from Testing.Versions.patients import ROOT, small_runs
from Testing.Versions.sides import read_facts, run

COMPARED = {
    "row volume.WT.real-only": "value",
    "row volume.WT.outside-spelled-out": "value",
    "row reference_dice.TC.synthetic-only": "value",
    "row status.WT": "status",
    "outline synthetic-50 ET": "value",
    "probabilities real-only TC sum": "value",
    "dice WT real-only synthetic-50": "value",
}
"""Place -> field: some of what the kept version said of the small patient, and every later one has to say."""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small/outside", "small/package"])
def test_the_same_patient_gets_the_same_answers(name, tmp_path):
    pytest.importorskip("openvino", reason="OpenVINO is not installed: pip install 'synthtrust[cpu]'")
    pytest.importorskip("slicer", reason="slicer-core is not installed: pip install 'synthtrust[scene]'")
    (one,) = [one for one in small_runs(tmp_path / "patient", FOLDER) if one.name == name]
    before = {name: read_facts(ANSWERS)[name]}
    after = {name: run(ROOT, one, tmp_path / "result")}
    text, left = listing(differences(before, after), read_intended(INTENDED), before)
    assert not left, text


@pytest.mark.parametrize("place", COMPARED)
def test_another_answer_is_no_intended_difference(place):
    before = {"small/outside": read_facts(ANSWERS)["small/outside"]}
    after = deepcopy(before)
    fact, field = after["small/outside"][place], COMPARED[place]
    fact[field] = "agree" if field == "status" else fact[field] + 1
    text, left = listing(differences(before, after), read_intended(INTENDED), before)
    assert left == 1 and f"{place}: {field}" in text
