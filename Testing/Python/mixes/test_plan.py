"""A plan says what differs between its mixes, and what it asks for is looked at before any training."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from mixes.labelled_folder import write_cohort, write_patient

from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.mixes.labelled import find_cases
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.mixes.plan import read_plan
from SynthTrustLib.mixes.preflight import check_plan
from SynthTrustLib.mixes.split import read_split
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.package import load_package
from SynthTrustLib.vocabulary import Region

PLAN = """
family: test
split: split.json
sets:
  drawn: {generator: simulator, seed: 100}
  few: {generator: simulator, seed: 100, sources: 2}
segmenters:
  - {id: real, name: Real, summary: Real., synthetic_fraction: 0, set: drawn, seeds: [1, 2]}
  - {id: half, name: Half, summary: Half., synthetic_fraction: 0.5, set: drawn}
  - {id: narrow, name: Narrow, summary: Narrow., synthetic_fraction: 0.5, set: few, factor: diversity}
  - {id: more, name: More, summary: More., synthetic_fraction: 0, added_fraction: 1, set: drawn, factor: addition}
"""


def plan(folder, text=PLAN):
    path = folder / "plan.yaml"
    path.write_text(text)
    return read_plan(path)


def check(folder, text=PLAN):
    check_plan(plan(folder, text), read_split(folder / "split.json"), {c.id: c for c in find_cases(folder / "data")})


def test_seeds_make_several_segmenters_of_one_mix(tmp_path):
    mixes = plan(tmp_path).segmenters
    assert [mix.id for mix in mixes] == ["real", "real-seed-2", "half", "narrow", "more"]
    assert [mix.schedule.seed for mix in mixes[:2]] == [1, 2]
    shared = plan(tmp_path, PLAN.replace("seeds: [1, 2]", "seeds: [1, 2], presets: [ladder]")).segmenters[:2]
    assert [mix.presets for mix in shared] == [("ladder",), ("ladder",)]


def test_added_cases_leave_all_real_ones_and_replacing_ones_do_not(tmp_path):
    write_cohort(tmp_path / "data")
    cases = list(find_cases(tmp_path / "data"))[:4]
    mixes = {mix.id: mix for mix in plan(tmp_path).segmenters}
    assert [len(mixes[name].keep_real(cases)) for name in ("real", "half", "more")] == [4, 2, 4]
    assert [mixes[name].counts({"a": 4})["a"] for name in ("real", "half", "more")] == [0, 2, 4]
    assert plan(tmp_path).set_counts("drawn", {"a": 4}) == {"a": 4}
    assert plan(tmp_path).set_counts("few", {"a": 4}) == {"a": 2}


def test_the_shipped_study_differs_in_one_factor_at_a_time():
    study = read_plan(resource_path("Study/plan.yaml"))
    ladder = [mix for mix in study.segmenters if mix.factor == "proportion"]
    assert sorted(mix.synthetic_fraction for mix in ladder) == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1]
    assert {mix.set for mix in ladder} == {"diffused"}
    budgets = {(mix.schedule.steps, mix.schedule.pixels) for mix in study.segmenters if mix.factor != "flagship"}
    assert len(budgets) == 1
    assert {mix.factor for mix in study.segmenters} >= {"quality", "diversity", "generator", "addition", "flagship"}
    assert study.generator is not None and study.split.exists()


def test_the_shipped_segmenters_are_those_of_the_shipped_plan(tmp_path, monkeypatch):
    shipped = resource_path("Segmenters")

    def as_the_card_says(_, mix):
        return {"source_cases": [], **load_package(shipped / mix.id).card.training}

    monkeypatch.setattr(Laboratory, "_learned_from", as_the_card_says)  # the patients are not shipped
    monkeypatch.setattr("SynthTrustLib.mixes.make.write_package", None)  # a card that had to be renewed would fail
    laboratory = Laboratory(read_plan(resource_path("Study/plan.yaml")), tmp_path, tmp_path)
    for mix in laboratory.plan.segmenters:
        assert laboratory.trained(mix, shipped) is not None, mix.id
    other = replace(mix, schedule=replace(mix.schedule, seed=99))
    assert laboratory.trained(other, shipped) is None


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("set: few", "set: fewer", "fewer"),
        ("0.5, set: few,", "0.5,", "narrow has synthetic cases, but names no set"),
        ("1, set: drawn,", "1,", "more has synthetic cases, but names no set"),
        ("id: half", "id: real", "two segmenters are called real"),
        ("{generator: simulator, seed: 100, sources: 2}", "{generator: magic, seed: 100}", "magic"),
        ("seed: 100, sources: 2}", "seed: 100, quality: high}", "quality 'high'"),
        ("generator: simulator, seed: 100}", "generator: diffusion, quality: low, seed: 1}", "trained generator"),
        ("factor: diversity", "faktor: diversity", "faktor"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused_in_words(tmp_path, old, new, word):
    assert old in PLAN
    with pytest.raises(InputError, match=word):
        plan(tmp_path, PLAN.replace(old, new))


def test_a_sound_plan_passes(tmp_path):
    write_cohort(tmp_path / "data")
    check(tmp_path)


def test_more_cases_than_there_are_stop_the_plan(tmp_path):
    write_cohort(tmp_path / "data")
    with pytest.raises(InputError, match="a: the plan asks for 9 training cases, but there are 4"):
        check(tmp_path, PLAN + "cases: {a: 9}\n")
    with pytest.raises(InputError, match="5 source patients of a, but there are 4"):
        check(tmp_path, PLAN.replace("sources: 2", "sources: 5"))


def test_a_label_with_a_strange_value_stops_the_plan_by_its_case(tmp_path):
    write_cohort(tmp_path / "data", sizes=(4, 2, 2))
    write_patient(tmp_path / "data" / "a" / "p8", 8, label_value=7)
    split = json.loads((tmp_path / "split.json").read_text())
    split["cohorts"]["a"]["test"].append("p8")
    (tmp_path / "split.json").write_text(json.dumps(split))
    with pytest.raises(InputError, match=r"p8: its label seg.nii.gz holds the value 7"):
        check(tmp_path)


def test_a_label_on_another_grid_stops_the_plan_by_its_case(tmp_path):
    write_cohort(tmp_path / "data", sizes=(4, 2, 2))
    write_patient(tmp_path / "data" / "a" / "p8", 8, label_shape=(9, 64, 64))
    split = json.loads((tmp_path / "split.json").read_text())
    split["cohorts"]["a"]["test"].append("p8")
    (tmp_path / "split.json").write_text(json.dumps(split))
    with pytest.raises(GeometryError, match="p8: its label"):
        check(tmp_path)


def test_a_patient_in_two_parts_stops_the_plan_by_its_case(tmp_path):
    write_cohort(tmp_path / "data")
    meta = tmp_path / "data" / "a" / "p8" / "meta.json"
    meta.write_text(json.dumps({"site": "x", "same_patient_as": "p0"}))
    with pytest.raises(InputError, match="p8: this patient is in two parts of the split: here in test, as p0 in train"):
        check(tmp_path)


def test_two_parts_that_share_a_patient_by_a_third_name_stop_the_plan(tmp_path):
    write_cohort(tmp_path / "data")
    for name in ("p1", "p5"):
        (tmp_path / "data" / "a" / name / "meta.json").write_text(json.dumps({"site": "x", "same_patient_as": 1234}))
    with pytest.raises(InputError, match=r"p5: this patient is in two parts .* in calibration, as p1 in train"):
        check(tmp_path)


def test_a_case_that_is_not_there_stops_the_plan_by_its_name(tmp_path):
    write_cohort(tmp_path / "data")
    (tmp_path / "data" / "a" / "p3" / "seg.nii.gz").unlink()
    with pytest.raises(InputError, match="p3: this case of the split"):
        check(tmp_path)


def test_a_site_that_nobody_comes_from_stops_the_plan(tmp_path):
    write_cohort(tmp_path / "data")
    with pytest.raises(InputError, match="'a: z'"):
        check(tmp_path, PLAN.replace("id: half,", 'id: half, without_sites: ["a: z"],'))


def test_a_manifest_reads_as_a_folder_does_and_says_what_labels_mean(tmp_path):
    write_patient(tmp_path / "data" / "a" / "p0", 0)
    row = {
        "id": "m0",
        "cohort": "b",
        "site": "s",
        "flair": "data/a/p0/flair.nii.gz",
        "t1": "data/a/p0/t1.nii.gz",
        "label": "data/a/p0/seg.nii.gz",
        "label_values": "1=edema 2=edema 4=enhancing",
    }
    table = tmp_path / "cases.csv"
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerow(row)
    (tmp_path / "cases.json").write_text(json.dumps([row]))
    for path in (table, tmp_path / "cases.json"):
        (case,) = find_cases(path)
        assert (case.id, case.cohort, case.site) == ("m0", "b", "s")
        (plain,) = find_cases(tmp_path / "data")
        masks, usual = case.masks(case.load()), plain.masks(plain.load())
        np.testing.assert_array_equal(masks[Region.WT], usual[Region.WT])
        np.testing.assert_array_equal(masks[Region.ET], usual[Region.ET])
        np.testing.assert_array_equal(masks[Region.TC], usual[Region.ET])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"label": ""}, "lacks id, cohort or label"),
        ({"t1": "", "flair": ""}, "no contrast"),
        ({"t1": "nowhere.nii.gz"}, "nowhere.nii.gz does not exist"),
        ({"label_values": "1=cyst"}, "1=cyst"),
    ],
)
def test_a_manifest_row_that_cannot_be_used_is_refused_by_its_case(tmp_path, change, word):
    for name in ("t1", "flair", "seg"):
        (tmp_path / f"{name}.nii.gz").write_bytes(b"")
    row = {"id": "m0", "cohort": "b", "t1": "t1.nii.gz", "flair": "flair.nii.gz", "label": "seg.nii.gz"} | change
    (tmp_path / "cases.json").write_text(json.dumps([row]))
    with pytest.raises(InputError, match=word) as caught:
        list(find_cases(tmp_path / "cases.json"))
    assert caught.value.source == "m0"
