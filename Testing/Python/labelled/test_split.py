"""The split keeps patients together, sites balanced, and itself frozen."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from SynthTrustLib.cli import main
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.persons import joined_to_nobody, persons
from SynthTrustLib.labelled.split import PARTS, make_split, read_split, write_split
from SynthTrustLib.resources import resource_path


def patient(identifier: str, cohort: str = "a", site: str = "x", same: str | None = None) -> LabelledCase:
    return LabelledCase(identifier, cohort, site, same, {}, Path("seg.nii.gz"))


def places(split) -> dict[str, str]:
    return {case: part for parts in split.values() for part, cases in parts.items() for case in cases}


def test_cases_that_name_each_other_in_a_chain_are_one_person_called_by_the_smallest_id():
    chain = [patient("c", same="b"), patient("b", same="a"), patient("a"), patient("d")]
    expected = {"a": "a", "b": "a", "c": "a", "d": "d"}
    assert persons(chain) == persons(chain[::-1]) == expected
    star = [patient("c", same="b"), patient("a", same="b"), patient("b"), patient("d", same="d")]
    assert persons(star) == expected


def test_a_name_that_is_no_case_joins_those_who_give_it_and_is_nobody_s_own():
    cases = [patient("p1", same="1234"), patient("p2", same="1234"), patient("p3", same="1243"), patient("p4")]
    assert persons(cases) == {"p1": "p1", "p2": "p1", "1234": "p1", "p3": "p3", "1243": "p3", "p4": "p4"}
    assert [case.id for case in joined_to_nobody(cases)] == ["p3"]
    assert joined_to_nobody([patient("p1", same="p2"), patient("p2", same="p1")]) == []


def test_every_case_is_dealt_once_and_the_sizes_are_met():
    cases = [patient(f"p{n}", site="xyz"[n % 3]) for n in range(20)]
    split = make_split(cases, {"a": (12, 4, 4)}, seed=1)
    assert [len(split["a"][part]) for part in PARTS] == [12, 4, 4]
    assert sorted(places(split)) == sorted(case.id for case in cases)


def test_sites_are_spread_over_the_parts_in_their_shares():
    cases = [patient(f"p{n:02}", site="x" if n < 20 else "y") for n in range(40)]
    split = make_split(cases, {"a": (20, 10, 10)}, seed=3)
    site = {case.id: case.site for case in cases}
    for part, size in zip(PARTS, (20, 10, 10), strict=True):
        assert Counter(site[i] for i in split["a"][part]) == {"x": size // 2, "y": size // 2}


@pytest.mark.parametrize("seed", range(6))
def test_one_patient_in_two_cohorts_lands_in_one_part(seed):
    cases = [patient(f"a{n}") for n in range(9)] + [patient(f"b{n}", cohort="b") for n in range(9)]
    cases += [patient("a9", same="b9"), patient("b9", cohort="b")]
    where = places(make_split(cases, {"a": (6, 2, 2), "b": (6, 2, 2)}, seed=seed))
    assert where["a9"] == where["b9"]


@pytest.mark.parametrize("seed", range(6))
def test_scans_that_share_a_person_s_number_land_in_one_part(seed):
    cases = [patient(f"p{n}-{scan}", same=f"number-{n}") for n in range(6) for scan in "ab"]
    where = places(make_split(cases, {"a": (8, 2, 2)}, seed=seed))
    assert all(where[f"p{n}-a"] == where[f"p{n}-b"] for n in range(6))


def test_a_pinned_case_takes_the_rest_of_its_patient_along():
    cases = [patient(f"p{n}") for n in range(8)] + [patient("q1", same="q2"), patient("q2")]
    where = places(make_split(cases, {"a": (6, 2, 2)}, seed=1, pinned={"q2": "test"}))
    assert where["q1"] == where["q2"] == "test"


def test_the_same_seed_gives_the_same_split_whatever_the_order_of_the_cases():
    cases = [patient(f"p{n}", site="xy"[n % 2]) for n in range(12)]
    assert make_split(cases, {"a": (6, 3, 3)}, seed=5) == make_split(cases, {"a": (6, 3, 3)}, seed=5)


def test_sizes_that_do_not_add_up_are_refused_by_name():
    with pytest.raises(InputError, match="a: there are 3 labelled cases"):
        make_split([patient(f"p{n}") for n in range(3)], {"a": (3, 1, 1)}, seed=1)


def test_a_case_in_two_parts_is_refused_by_name(tmp_path):
    path = tmp_path / "split.json"
    write_split(path, {"a": {"train": ["p1"], "calibration": [], "test": ["p1"]}}, "by hand")
    with pytest.raises(InputError, match="p1"):
        read_split(path)


def test_the_command_lists_the_cases_whose_patient_nobody_else_is(tmp_path, capsys):
    for name in ("t1", "seg"):
        (tmp_path / f"{name}.nii.gz").write_bytes(b"")
    row = {"cohort": "a", "t1": "t1.nii.gz", "label": "seg.nii.gz"}
    rows = [row | {"id": f"p{n}", "same_patient_as": same} for n, same in enumerate(("p1", None, "p9"))]
    (tmp_path / "cases.json").write_text(json.dumps(rows))
    command = ["mixes", "split", str(tmp_path / "cases.json"), "--sizes", "a=2,1,0", "--out", str(tmp_path / "s.json")]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        "a: 2 train, 1 calibration, 0 test",
        "p2: same_patient_as names p9, which no other case is or names",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("{", "cannot be read"),
        ("[]", "must be an object"),
        ("{}", "cohorts is missing"),
        ('{"cohorts": {"a": {"train": [], "test": []}}}', "cohorts.a.calibration is missing"),
        ('{"cohorts": {"a": {"train": "p1", "calibration": [], "test": []}}}', "train is 'p1', but must be a list"),
        ('{"cohorts": {"a": {"train": ["p", "p"], "calibration": [], "test": []}}}', "the case p stands there twice"),
    ],
)
def test_a_file_that_is_no_split_is_refused_in_words(tmp_path, text, words):
    path = tmp_path / "split.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        read_split(path)
    assert caught.value.source == str(path)


def test_the_frozen_split_has_the_promised_sizes_and_keeps_the_odd_ones_for_the_test():
    split = read_split(resource_path("Study/split.json"))
    assert [len(split["brats"][part]) for part in PARTS] == [12, 5, 5]
    assert [len(split["tcga-lgg"][part]) for part in PARTS] == [30, 15, 15]
    assert {"BraTS-GLI-00002-000", "BraTS2021_01306"} <= set(split["brats"]["test"])
    assert json.loads(resource_path("Study/split.json").read_text())["command"].startswith("synthtrust mixes split")
