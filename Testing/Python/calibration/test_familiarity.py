"""Which scans are familiar: to the calibration patients' groups, and to the training set of each mix."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import builders
import numpy as np
import pytest
from segmenters import onnx_models

from SynthTrustLib.calibration.evaluate import familiarity
from SynthTrustLib.calibration.evaluate.familiarity import evaluate_shifts
from SynthTrustLib.calibration.evaluate.shifts import RESECTION, cropped, shifts
from SynthTrustLib.calibration.fit.familiarity import fit_familiarity
from SynthTrustLib.calibration.fit.groups import FEWEST, fit_groups, left_out_scores
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.mixes.familiar_mixes import fit_mixes
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing
from SynthTrustLib.trust.learned.calibration import Calibrated, Calibration
from SynthTrustLib.trust.learned.in_distribution import compare, in_distribution_rows
from SynthTrustLib.trust.learned.unfamiliarity import distances, unfamiliarity
from SynthTrustLib.trust.measures.plain_checks import plain_facts
from SynthTrustLib.vocabulary import Contrast


def patients(count, contrasts=("T1", "FLAIR"), seed=0, centre=0.0):
    random = np.random.default_rng(seed)
    return {
        f"{seed}-{n}": {name: centre + random.normal(size=6) * [3, 2, 1, 0.5, 0.2, 0.1] for name in contrasts}
        for n in range(count)
    }


def test_patients_with_the_same_contrasts_are_a_group_if_there_are_enough_of_them():
    groups = fit_groups({**patients(FEWEST), **patients(FEWEST - 1, ("T2",), seed=1)})
    assert [group["contrasts"] for group in groups] == [["T1", "FLAIR"]]
    assert len(groups[0]["patients"]) == FEWEST


def test_a_stranger_is_less_familiar_than_every_member_and_a_new_member_is_not():
    known = patients(20)
    groups = fit_groups(known)
    members = sorted(left_out_scores(known, groups).values())
    assert abs(np.median(members)) < 0.5
    stranger = {"T1": np.full(6, 30.0), "FLAIR": np.zeros(6)}
    assert unfamiliarity(groups, stranger) > members[-1]
    new = [unfamiliarity(groups, views) for views in patients(20, seed=2).values()]
    assert np.median(new) < members[-1]


def cohort(count, random, contrasts=tuple(Contrast)):
    """Patients of one feature a contrast, drawn alike, and a group that expects just these."""
    view = {
        "mean": [0.0],
        "scale": [1.0],
        "components": [[1.0]],
        "centre": [0.0, 0.0],
        "precision": [[1.0, 0.0], [0.0, 1.0]],
        "typical": 1.0,
    }
    group = {"contrasts": list(contrasts), "patients": [], "views": {str(name): view for name in contrasts}}
    drawn = {f"p{n}": {str(name): random.normal(size=1) for name in contrasts} for n in range(count)}
    return [group], {case: (views, {"cut_off": None, "brain_ml": None}) for case, views in drawn.items()}


@pytest.mark.parametrize("contrasts", [("T1",), ("T1", "FLAIR"), tuple(Contrast)])
def test_one_of_twenty_patients_alike_is_flagged_whichever_contrasts_he_has(contrasts):
    groups, everyone = cohort(20, np.random.default_rng(0))
    flagged = 0
    for case, (views, _) in everyone.items():
        others = {name: look for name, look in everyone.items() if name != case}
        familiar = compare(fit_familiarity(groups, {}, others), {name: views[name] for name in contrasts})
        assert familiar.patients == 19
        flagged += familiar.out
    assert flagged == 1


def test_a_patient_is_compared_with_those_who_have_all_of_his_contrasts_and_needs_four_of_them():
    random = np.random.default_rng(0)
    groups, calibration = cohort(7, random)
    for n in range(3):
        calibration[f"p{n}"] = ({"T1": np.zeros(1)}, calibration[f"p{n}"][1])
    stranger = {"T1": np.full(1, 9.0), "T2": np.full(1, 9.0)}
    familiar = compare(fit_familiarity(groups, {}, calibration), stranger)
    assert (familiar.patients, familiar.p, familiar.out) == (4, pytest.approx(1 / 5), False), "four cannot flag"
    assert not familiar.withdrawn
    calibration["p3"] = calibration["p0"]
    familiar = compare(fit_familiarity(groups, {}, calibration), stranger)
    assert (familiar.patients, familiar.p, familiar.out) == (3, None, False)
    assert familiar.why_not == "Unknown: n = 3 known patients with T1, T2, and a p-value needs 4."
    assert compare(fit_familiarity(groups, {}, calibration), {"T1": np.zeros(1)}).patients == 7


def test_training_patients_are_compared_with_too_each_as_one_whom_his_group_does_not_know():
    known = patients(20)
    groups, nothing = fit_groups(known), {"cut_off": None, "brain_ml": None}
    looks = {case: (views, nothing) for case, views in known.items()}
    new = {f"new {case}": (views, nothing) for case, views in patients(5, seed=2).items()}
    record = fit_familiarity(groups, looks, new)
    first = next(iter(known))
    without = fit_groups({case: views for case, views in known.items() if case != first})
    for view in groups[0]["views"]:
        scale = groups[0]["views"][view]["typical"] / without[0]["views"][view]["typical"]
        left_out = distances(without, known[first])[0][view] / scale
        assert record["distances"][first][0][view] == pytest.approx(left_out, rel=1e-3)
        assert record["distances"][first][0][view] > distances(groups, known[first])[0][view]
    assert compare(record, next(iter(known.values()))).patients == 25


def test_a_file_from_before_distances_were_kept_has_nobody_to_compare_with_and_is_no_error():
    groups, _ = cohort(0, np.random.default_rng(0))
    old = {"groups": groups, "scores": {"p0": 0.1}, "plain": {"patients": 1, "cut_off": [0, 1], "brain_ml": None}}
    assert compare(old, {"T1": np.zeros(1)}).why_not.startswith("Unknown: n = 0 known patients with T1")


def test_a_plain_fact_is_compared_with_those_of_whom_it_is_known():
    groups, calibration = cohort(3, np.random.default_rng(0))
    facts = [{"cut_off": 0.1 * n, "brain_ml": 1000.0 if n else None} for n in range(3)]
    known = {case: (views, plain) for (case, (views, _)), plain in zip(calibration.items(), facts, strict=True)}
    record = fit_familiarity(groups, {}, known)
    assert record["plain_facts"]["cut_off"] == {"patients": 3, "low": 0.0, "high": pytest.approx(0.22)}
    assert record["plain_facts"]["brain_ml"] == {"patients": 2, "low": 900.0, "high": pytest.approx(1100.0)}
    calibrated = Calibrated(Calibration("test", "0" * 64, {"in_distribution": record}), None, tuple(Contrast))
    familiar = compare(record, known["p0"][0])
    rows = {row.key: row for row in in_distribution_rows(calibrated, familiar, (), builders.case())}
    assert "what 2 training and calibration patients have" in rows["brain_volume"].reason
    assert "what 3 training and calibration patients have" in rows["field_of_view"].reason


def test_a_mix_is_compared_with_its_own_training_set_which_is_looked_at_once(tmp_path):
    random = np.random.default_rng(0)
    head = builders.ball((8, 32, 32), radius=12)
    samples = [
        Sample(
            f"case-{n}",
            "a",
            False,
            (head * random.uniform(0.4, 1.0, (4, 8, 32, 32)) * [[[[1.0]]], [[[1.0]]], [[[0.0]]], [[[1.0]]]]).astype(
                "f2"
            ),
            np.zeros((8, 32, 32), np.uint8),
            (True, False, False),
            1,
        )
        for n in range(FEWEST + 1)
    ]
    asked = []

    def samples_of(mix):
        asked.append(mix.id)
        return samples

    laboratory = SimpleNamespace(
        plan=SimpleNamespace(segmenters=[SimpleNamespace(id="real"), SimpleNamespace(id="elsewhere")]),
        samples=samples_of,
    )
    package = onnx_models.package(tmp_path / "packages", "real")
    (fitted,) = fit_mixes(laboratory, [package], tmp_path / "cache").values()
    assert [group["contrasts"] for group in fitted["groups"]] == [["T1", "T1c", "FLAIR"]]
    assert len(fitted["scores"]) == FEWEST + 1
    assert list(fit_mixes(laboratory, [package], tmp_path / "cache").values()) == [fitted]
    assert asked == ["real"]
    earlier = fit_mixes(laboratory, [package], tmp_path / "cache")
    assert fit_mixes(laboratory, [package], tmp_path / "elsewhere", earlier=earlier) == earlier
    assert asked == ["real"], "what is known of the same weights is taken over"
    fit_mixes(laboratory, [package], tmp_path / "elsewhere", earlier={"other weights": fitted})
    assert asked == ["real", "real"]


def test_a_head_that_the_image_cuts_off_is_told_by_the_share_of_the_side_that_it_covers():
    case = builders.case((16, 60, 60))
    assert plain_facts(case)["cut_off"] == 0
    cut = cropped(case, 0)
    assert cut.geometry.shape[2] < 60
    assert plain_facts(cut)["cut_off"] > 0.1


@pytest.mark.parametrize("name", [name for name in shifts() if name not in (RESECTION, "cropped field of view")])
def test_a_shift_changes_the_images_the_same_way_every_time_and_leaves_the_case_alone(name):
    case = builders.case((10, 30, 30))
    before = {contrast: volume.array.copy() for contrast, volume in case.volumes.items()}
    one, two = (shifts()[name](case, 3) for _ in range(2))
    changed = [c for c in case.contrasts if c not in one.volumes or not np.array_equal(one.volumes[c].array, before[c])]
    assert changed
    for contrast in one.contrasts:
        np.testing.assert_array_equal(one.volumes[contrast].array, two.volumes[contrast].array)
    for contrast, array in before.items():
        np.testing.assert_array_equal(case.volumes[contrast].array, array)


def test_a_shift_that_needs_several_contrasts_is_impossible_with_one():
    alone = builders.case((10, 30, 30), contrasts=(Contrast.FLAIR,))
    assert shifts()["wrong contrast order"](alone, 0) is None
    assert shifts()["missing contrast"](replace(alone), 0) is None
    assert shifts()["T1c alone"](alone, 0) is None


def test_a_resection_leaves_fluid_on_one_side_at_the_surface():
    pytest.importorskip("resector")
    case = builders.case((20, 60, 60))
    operated = shifts()[RESECTION](case, 1)
    changed = np.argwhere(np.abs(operated.volumes["T2"].array - case.volumes["T2"].array) > 1)
    middle = np.argwhere(case.volumes["T2"].array > 0)[:, case.geometry.sideways_axis].mean()
    assert len(changed) > 30
    side = changed[:, case.geometry.sideways_axis] - middle
    assert np.all(side > -1) or np.all(side < 1)


def test_what_is_said_before_a_run_counts_if_it_is_not_said_of_the_patient_as_he_is(tmp_path, monkeypatch):
    sample = resource_path("SamplePatient")
    images = {contrast: sample / f"{contrast.lower()}.nii.gz" for contrast in ("T1", "T2", "FLAIR")}
    entry = LabelledCase("sample", "brats", "a", None, images, sample / "truth.nii.gz")
    two = {name: shifts()[name] for name in ("wrong contrast order", "missing contrast")}
    monkeypatch.setattr(familiarity, "shifts", lambda: two)
    nobody = {"groups": [], "scores": {}, "plain": {}}
    found = evaluate_shifts(nobody, [entry], {"sample": compare(nobody, {})}, Preprocessing(), tmp_path)
    assert [(row["shift"], row["auroc"], row["flagged"], row["told_by_a_row"]) for row in found] == [
        ("wrong contrast order", 0.5, 0, 1),
        ("missing contrast", 0.5, 0, 1),
    ]
    told = [json.loads(path.read_text("utf-8"))["told"] for path in tmp_path.glob("shift-*")]
    assert ["contrast:FLAIR"] in told, "T1c is not there as he is, either"
    assert any("looks:T1" in keys for keys in told)
