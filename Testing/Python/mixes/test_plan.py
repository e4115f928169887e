"""A plan says what differs between its mixes, and what it asks for is looked at before any training."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from labelled.labelled_folder import write_cohort, write_patient

from SynthTrustLib.cli import main
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.labelled.cases import find_cases
from SynthTrustLib.labelled.split import read_split
from SynthTrustLib.maps.mix_groups import comparable
from SynthTrustLib.mixes.make import Laboratory, _describe
from SynthTrustLib.mixes.plan import read_plan
from SynthTrustLib.mixes.preflight import check_plan, check_simulator
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK
from SynthTrustLib.segmenters.package.registry import find_packages, presets
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


def test_a_mix_of_fewer_patients_keeps_the_first_of_each_cohort_and_is_another_training(tmp_path):
    write_cohort(tmp_path / "data")
    cases = list(find_cases(tmp_path / "data"))[:4]
    whole, _, *_ = plan(tmp_path).segmenters
    fewer, *_ = plan(
        tmp_path, PLAN.replace("set: drawn, seeds", "kept_fraction: 0.5, factor: patients, set: drawn, seeds")
    ).segmenters
    assert fewer.keep_real(cases) == whole.keep_real(cases)[:2]
    assert _describe(fewer, plan(tmp_path)) == {**_describe(whole, plan(tmp_path)), "kept_fraction": 0.5}


def test_the_first_study_differs_in_one_factor_at_a_time():
    study = read_plan(resource_path("Study/plan.yaml"))
    ladder = [mix for mix in study.segmenters if mix.factor == "proportion"]
    assert sorted(mix.synthetic_fraction for mix in ladder) == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1]
    assert {mix.set for mix in ladder} == {"diffused"}
    budgets = {(mix.schedule.steps, mix.schedule.pixels) for mix in study.segmenters if mix.factor != "flagship"}
    assert len(budgets) == 1
    assert {mix.factor for mix in study.segmenters} >= {"quality", "diversity", "generator", "addition", "flagship"}
    assert study.generator is not None and study.split.exists()


def test_a_plan_may_change_the_familys_network(tmp_path):
    plan = tmp_path / "plan.yaml"
    text = resource_path("Study/plan.yaml").read_text("utf-8")
    assert read_plan(resource_path("Study/plan.yaml")).network == FAMILY_NETWORK
    plan.write_text(text + "network: {smoothing: binomial}\n", "utf-8")
    assert read_plan(plan).network == {**FAMILY_NETWORK, "smoothing": "binomial"}
    for wrong in ("smoothing: comb", "smoothing: 0", "depth: 3", "filters: [0]"):
        plan.write_text(text + f"network: {{{wrong}}}\n", "utf-8")
        with pytest.raises(InputError, match=wrong.split(":")[0]):
            read_plan(plan)


def test_the_split_of_the_second_plan_keeps_persons_and_parts_apart():
    first, second = (read_split(resource_path(f"Study/{name}.json")) for name in ("split", "split-2"))
    assert second["tcga-lgg"] == first["tcga-lgg"]
    assert {name: len(ids) for name, ids in second["brats"].items()} == {"train": 30, "calibration": 11, "test": 9}
    seen = {identifier for part in first["brats"].values() for identifier in part}
    assert seen < set(second["brats"]["train"])  # whom anybody looked at is for training


def test_the_shipped_segmenters_are_those_of_the_shipped_plans(tmp_path, monkeypatch):
    shipped = resource_path("Segmenters")
    newer, older = (
        Laboratory(read_plan(resource_path(f"Study/{name}.yaml")), tmp_path, tmp_path) for name in ("plan-2", "plan")
    )
    planned = {mix.id: (plan, mix) for plan in (older, newer) for mix in plan.plan.segmenters}
    monkeypatch.setattr("SynthTrustLib.mixes.make.write_package", None)  # a card that had to be renewed would fail
    for package in find_packages():
        said = {"source_cases": [], **package.card.training}
        monkeypatch.setattr(Laboratory, "_learned_from", lambda *_, said=said: said)  # the patients are not shipped
        plan, mix = planned[package.card.id]
        assert plan.trained(mix, shipped) is not None, mix.id
        other = replace(mix, schedule=replace(mix.schedule, seed=99))
        assert plan.trained(other, shipped) is None


def test_the_shipped_jury_is_no_half_and_all_synthetic_with_two_seeds_each():
    jury = [package.card for package in presets(find_packages())["ladder"]]
    assert [card.training_mix.synthetic_fraction for card in jury] == [0, 0, 0.5, 0.5, 1, 1]
    assert comparable(jury) == list(range(6))


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("set: few", "set: fewer", "fewer"),
        ("0.5, set: few,", "0.5,", "narrow has synthetic cases, but names no set"),
        ("1, set: drawn,", "1,", "more has synthetic cases, but names no set"),
        ("id: half", "id: real", "two segmenters are called real"),
        ("{generator: simulator, seed: 100, sources: 2}", "{generator: magic, seed: 100}", "magic"),
        ("seed: 100, sources: 2}", "seed: 100, quality: high}", "quality must be"),
        ("generator: simulator, seed: 100}", "generator: diffusion, quality: low, seed: 1}", "trained generator"),
        ("factor: diversity", "faktor: diversity", "faktor"),
        ("factor: diversity", "kept_fraction: 0.5", "narrow keeps a part of the training cases"),
        ("set: drawn, seeds", "kept_fraction: 1.5, set: drawn, seeds", "kept_fraction"),
        ("set: drawn, seeds", "kept_fraction: 0.5, set: drawn, seeds", "half and real differ in kept_fraction"),
        ("set: drawn, seeds", "factor: patients, set: drawn, seeds", "real has the factor patients, and keeps all"),
        ("0.5, set: drawn}", "0.5, set: drawn, schedule: {steps: 9}}", "half and real differ in schedule"),
        ("factor: diversity", "summary: Narrow.", "narrow and real differ in set"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused_in_words(tmp_path, old, new, word):
    assert old in PLAN
    with pytest.raises(InputError, match=word):
        plan(tmp_path, PLAN.replace(old, new))


REAL = "id: real, name: Real, summary: Real., synthetic_fraction: 0, set: drawn, seeds: [1, 2]"
GENERATOR = "generator: {folder: g, schedule: {SETTINGS}}\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("seeds: [1, 1]", r"real: seeds is \[1, 1\], but must be a list without repetitions"),
        ("seeds: []", r"real: seeds is \[\], but must be of 1 or more"),
        ("seeds: 3", "real: seeds is 3, but must be a list"),
        ("seeds: [1, -2]", r"real: seeds\[1\] is -2, but must be a number from 0"),
        ("schedule: {seed: -1}", "real: schedule.seed is -1, but must be a number from 0"),
        ("schedule: {seed: one}", "real: schedule.seed is 'one', but must be a whole number"),
        ("schedule: {rate: .nan}", "real: schedule.rate is nan, but must be a number"),
        ("schedule: {steps: true}", "real: schedule.steps is True, but must be a whole number"),
        ("factor: proportions", "real: factor is 'proportions', but must be 'proportion' or 'quality'"),
        ("presets: ladder", "real: presets is 'ladder', but must be a list"),
        ("presets: [Ladder]", r"real: presets\[0\] is 'Ladder', but must be lower case"),
        ('without_sites: "a: x"', "real: without_sites is 'a: x', but must be a list"),
        ("added_fraction: -1", "real: added_fraction is -1, but must be a number from 0"),
        ("added_fraction: .nan", "real: added_fraction is nan"),
        ("added_fraction: .inf", "real: added_fraction is inf"),
        ("id: ../a", "../a: id is '../a', but must be lower case letters, digits and hyphens"),
        ("id: all", "all: id is 'all', but must be .* none of all"),
        ('name: ""', "real: name is '', but must be a text"),
    ],
)
def test_a_segmenter_that_cannot_be_trained_is_refused_by_its_field(tmp_path, change, words):
    assert REAL in PLAN
    name = change.partition(":")[0]
    kept = [part for part in REAL.split(", ", 5) if not part.startswith(f"{name}:")]
    with pytest.raises(InputError, match=f"plan.yaml: the plan cannot be understood: {words}"):
        plan(tmp_path, PLAN.replace(REAL, ", ".join([*kept, change])))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sources: 2", "sources: x", "the set few: sources is 'x', but must be a number from 1"),
        ("sources: 2", "sources: 0", "the set few: sources is 0"),
        ("few: {generator: simulator, seed: 100,", "few: {generator: simulator,", "the set few: seed is missing"),
        ("  few:", "  ../few:", "the set ../few: name is '../few'"),
        ("sets:", "cases: {a: -1}\nsets:", "cases.a is -1"),
        ("sets:", "case: {a: 1}\nsets:", "case is not a field"),
    ],
)
def test_a_section_that_cannot_be_followed_is_refused_by_its_field(tmp_path, old, new, words):
    assert old in PLAN
    with pytest.raises(InputError, match=words):
        plan(tmp_path, PLAN.replace(old, new))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("stepps: 3", "generator: schedule.stepps is not a field"),
        ("steps: 100, snapshots: [300]", "generator: schedule.snapshots has one at step 300, later than the last, 100"),
        ("snapshots: 300", "generator: schedule.snapshots is 300, but must be a list"),
        ("crop: [100, 128]", r"generator: schedule.crop is \[100, 128\], but must be two multiples of 8"),
        ("rate: .inf", "generator: schedule.rate is inf"),
        ("network: {channel: [8]}", "generator: schedule.network.channel is not a field"),
        (
            "network: {channels: [8, 12]}",
            r"generator: schedule.network.channels is \[8, 12\], but must be 1 to 3 multiples",
        ),
    ],
)
def test_a_generator_that_cannot_be_trained_is_refused_by_its_setting(tmp_path, settings, words):
    with pytest.raises(InputError, match=words):
        plan(tmp_path, GENERATOR.replace("SETTINGS", settings) + PLAN)


def test_a_frozen_generator_may_have_seen_fewer_patients_than_are_for_training(tmp_path):
    frozen = "generator: {folder: g, frozen: FROZEN}\n"
    generator = plan(tmp_path, frozen.replace("FROZEN", "true") + PLAN).generator
    assert generator is not None and generator.frozen
    with pytest.raises(InputError, match="generator: frozen is 'yes', but must be true or false"):
        plan(tmp_path, frozen.replace("FROZEN", '"yes"') + PLAN)


def test_the_ladder_differs_in_the_share_alone():
    ladder = [mix for mix in read_plan(resource_path("Study/plan-2.yaml")).segmenters if mix.factor == "proportion"]
    assert sorted(mix.synthetic_fraction for mix in ladder) == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1]
    assert len({replace(mix.schedule, seed=0) for mix in ladder}) == 1


def test_a_set_of_low_quality_needs_an_early_snapshot(tmp_path):
    low = PLAN.replace("generator: simulator, seed: 100}", "generator: diffusion, quality: low, seed: 1}")
    with pytest.raises(InputError, match="the set drawn is of low quality, but the generator keeps no snapshot"):
        plan(tmp_path, GENERATOR.replace("SETTINGS", "snapshots: []") + low)


def test_a_sound_plan_passes(tmp_path):
    write_cohort(tmp_path / "data")
    check(tmp_path)


def test_more_cases_than_there_are_stop_the_plan(tmp_path):
    write_cohort(tmp_path / "data")
    with pytest.raises(InputError, match="a: the plan asks for 9 training cases, but there are 4"):
        check(tmp_path, PLAN + "cases: {a: 9}\n")
    with pytest.raises(InputError, match="5 source patients of a, but there are 4"):
        check(tmp_path, PLAN.replace("sources: 2", "sources: 5"))


def test_cases_of_a_cohort_that_the_split_lacks_stop_the_plan(tmp_path):
    write_cohort(tmp_path / "data")
    with pytest.raises(InputError, match="b: the plan asks for 0 cases of this cohort, which the split does not have"):
        check(tmp_path, PLAN + "cases: {b: 0}\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [("sets:", "cases: {a: 0}\nsets:"), ("id: real,", 'id: real, factor: site, without_sites: ["a: x", "a: y"],')],
)
def test_a_mix_without_any_training_case_stops_the_plan_by_its_name(tmp_path, old, new):
    write_cohort(tmp_path / "data")
    with pytest.raises(InputError, match="real: the plan leaves this segmenter without any training case"):
        check(tmp_path, PLAN.replace(old, new))


def test_a_plan_that_the_simulator_cannot_serve_is_refused_for_what_it_lacks(tmp_path):
    for cohort in ("a", "brats"):
        write_cohort(tmp_path / cohort, cohort=cohort)
    unknown, known = (list(find_cases(tmp_path / cohort)) for cohort in ("a", "brats"))
    with pytest.raises(InputError, match="a: the simulator knows only the cohorts brats and tcga-lgg"):
        check_simulator(plan(tmp_path), unknown, tmp_path / "a")
    with pytest.raises(InputError, match=r"brats.anatomy.whole-head-label-maps: .*BBillot/SynthSeg"):
        check_simulator(plan(tmp_path), known, tmp_path / "brats")
    maps = tmp_path / "brats" / "anatomy" / "whole-head-label-maps"
    maps.mkdir(parents=True)
    (maps / "head.nii.gz").write_bytes(b"")
    check_simulator(plan(tmp_path), known, tmp_path / "brats")
    table = tmp_path / "brats" / "cases.csv"
    table.write_text("")
    check_simulator(plan(tmp_path), known, table)  # a table of paths has them beside it


@pytest.mark.parametrize("command", ["train", "measure"])
def test_every_command_of_a_plan_checks_it_first(tmp_path, capsys, command):
    write_cohort(tmp_path / "data")
    (tmp_path / "plan.yaml").write_text(PLAN + "cases: {a: 9}\n")
    places = [f"--{name}={tmp_path / name}" for name in ("data", "work", "out")]
    assert main(["mixes", command, str(tmp_path / "plan.yaml"), *places]) == 2
    assert "a: the plan asks for 9 training cases, but there are 4" in capsys.readouterr().err


def test_nobody_is_measured_on_whom_the_segmenter_has_learned_from_whatever_another_split_says(
    tmp_path, capsys, monkeypatch
):
    write_cohort(tmp_path / "data")
    plan(tmp_path, PLAN.replace("set: drawn, seeds: [1, 2]", "set: drawn"))
    other = {"a": {"train": ["p1", "p2", "p3"], "calibration": [], "test": ["p0"]}}
    (tmp_path / "other.json").write_text(json.dumps({"command": "by hand", "cohorts": other}))
    learned = SimpleNamespace(card=SimpleNamespace(training={"real_cases": ["p0"]}))
    monkeypatch.setattr("SynthTrustLib.segmenters.package.folder.load_package", lambda *_: learned)
    places = [f"--{name}={tmp_path / name}" for name in ("data", "work", "out")]
    options = ["--only=real", "--part=test", f"--split={tmp_path / 'other.json'}"]
    assert main(["mixes", "measure", str(tmp_path / "plan.yaml"), *places, *options]) == 2
    assert "p0: the segmenter was trained on this patient" in capsys.readouterr().err


def commands(root):
    """The commands that take the training patients of a split from a folder."""
    common = [f"--{name}={root / place}" for name, place in [("data", "data"), ("split", "split.json"), ("work", "w")]]
    return {
        "generator": ["mixes", "generator", *common, f"--out={root / 'g'}"],
        "synthesize": ["mixes", "synthesize", *common, f"--out={root / 's'}", "--count=a=1"],
    }


@pytest.mark.parametrize("command", ["generator", "synthesize"])
def test_a_split_whose_patients_are_not_all_there_is_refused_by_the_first(tmp_path, capsys, command):
    write_cohort(tmp_path / "data")
    (tmp_path / "data" / "a" / "p2" / "seg.nii.gz").unlink()
    assert main(commands(tmp_path)[command]) == 2
    assert "p2: this case of the split is not among the labelled cases" in capsys.readouterr().err


def test_commands_refuse_what_they_cannot_do_in_words(tmp_path, capsys):
    write_cohort(tmp_path / "data")
    assert main([*commands(tmp_path)["generator"], "--steps=100"]) == 2
    assert "at step 300, later than the last, 100. Change --steps, --low-steps" in capsys.readouterr().err
    assert main(commands(tmp_path)["synthesize"]) == 2
    assert "a: the simulator knows only the cohorts brats and tcga-lgg" in capsys.readouterr().err


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
        check(tmp_path, PLAN.replace("id: half,", 'id: half, factor: site, without_sites: ["a: z"],'))


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
    ("text", "word"),
    [
        (b"PK\x03\x04\xff\xfe", "a workbook of a spreadsheet program"),
        (b"id,cohort,t1,label\nm0,b,t1.nii.gz,seg.nii.gz,x\n", "line 2 has more cells"),
        (b"id,cohort,t1,t1ce,label\nm0,b,t1.nii.gz,x,seg.nii.gz\n", "nothing reads its column 't1ce'"),
    ],
)
def test_a_manifest_that_would_be_misread_is_refused(tmp_path, text, word):
    (tmp_path / "cases.csv").write_bytes(text)
    with pytest.raises(InputError, match=word):
        list(find_cases(tmp_path / "cases.csv"))


def test_a_manifest_of_windows_names_its_files(tmp_path):
    write_patient(tmp_path / "data" / "p0", 0)
    (tmp_path / "cases.csv").write_text("id;cohort;t1;label\nm0;b;data\\p0\\t1.nii.gz;data\\p0\\seg.nii.gz\n", "utf-16")
    (case,) = find_cases(tmp_path / "cases.csv")
    assert case.label == tmp_path / "data/p0/seg.nii.gz" and case.load().contrasts


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
