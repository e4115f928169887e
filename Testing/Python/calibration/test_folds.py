"""Patients of a fold teach how agreement goes with Dice; what is promised stays with the calibration patients."""

from __future__ import annotations

import json

import numpy as np
import pytest
from calibration.small_hospital import run, write_segmenters
from segmenters import onnx_models

from SynthTrustLib.calibration.fit.everything import choose_maps, fit_region
from SynthTrustLib.calibration.folds import read_folds
from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.cli import main
from SynthTrustLib.errors import InputError
from SynthTrustLib.trust.learned.calibration import read_calibration
from SynthTrustLib.trust.learned.signals import VERSION
from SynthTrustLib.vocabulary import Contrast, Region


def row(n, *, fold=False, region=Region.TC):
    """A patient whose Dice is the agreement, but for a little."""
    agreement = 0.55 + 0.015 * n
    figures = {"signals": {"pairwise_dice": agreement}, "dice": min(1.0, agreement + 0.01 * (n % 3)), "voxels": 100}
    if not fold:
        figures |= {"true_voxels": 110, "border_mm": 2.0, "voxel_ml": 0.001, "member_voxels": [100, 90]}
        figures |= {"histogram": np.ones((2, 64), int).tolist()}
    kind = "f" if fold else "c"
    return Measured(f"{kind}{n}", f"{kind}{n}", "a", "x", tuple(Contrast), True, (), {region: figures}, fold=fold)


def fitted(rows):
    return fit_region(rows, Region.TC, choose_maps({"ladder": rows}, Region.TC)["ladder"], tempered=False)


def test_a_fold_makes_a_region_of_few_patients_one_that_can_be_agreed_on_and_changes_no_promise_s_patients():
    few = [row(n) for n in range(4, 26, 2)]
    alone, more = fitted(few), fitted([*few, *(row(n, fold=True) for n in range(8, 28))])
    assert (alone["patients"], "folds" in alone, alone["status"]["rules"][0]["agree_from"]) == (11, False, None)
    assert (more["patients"], more["folds"], more["skill"]["patients"]) == (31, 20, 31)
    assert more["status"]["rules"][0]["agree_from"] == pytest.approx(0.8, abs=0.05)
    for part in (alone, more):
        (only,) = part["sets"]
        assert only["patients"] == sorted(one.case for one in few)
        assert {only[kind]["patients"] for kind in ("dice", "volume", "border")} == {11}
        assert set(only["dice"]["scores"]) == {one.case for one in few}


def test_what_a_fold_says_is_kept_without_its_networks_and_a_calibration_learns_from_it(made, tmp_path):
    _, out, common = made
    known = {patient["case"] for patient in read_calibration(out).record["patients"]}
    split = json.loads(next(path for path in common if str(path).endswith(".json")).read_text())["cohorts"]
    cohort, parts = next(iter(split.items()))
    held_out = tmp_path / "split-fold.json"
    held_out.write_text(json.dumps({"cohorts": {cohort: {"train": [], "calibration": parts["train"][:4], "test": []}}}))
    packages = write_segmenters(tmp_path / "fold", prefix="fold-")
    ids = [f"{prefix}mix-{number}" for prefix in ("", "fold-") for number in (0, 50, 100)]
    own = [*common[:2], "--work", tmp_path / "work", "--engine", "onnxruntime"]
    folders = ["--segmenter-folder", packages, "--segmenter-folder", common[7]]
    file = tmp_path / "fold.json"
    run("trust", "fold", *own, *folders, "--split", held_out, "--segmenters", ",".join(ids), "--out", file)
    (rows,) = read_folds(file).values()
    assert [one.case for one in rows] == sorted(parts["train"][:4]) and all(one.fold for one in rows)
    assert not known & {one.case for one in rows}
    run("trust", "calibrate", *common, "--folds", file, "--out", tmp_path / "more.json")
    more, before = (
        read_calibration(path).record["presets"][0]["regions"]["WT"] for path in (tmp_path / "more.json", out)
    )
    assert (more["patients"], more["folds"]) == (before["patients"] + 4, 4)
    assert more["sets"][0]["patients"] == before["sets"][0]["patients"]
    assert "--folds fold.json" in read_calibration(tmp_path / "more.json").record["command"]


def test_a_fold_that_knows_its_patients_or_has_a_calibration_patient_is_refused(made, tmp_path, capsys):
    _, out, common = made
    case = read_calibration(out).record["patients"][0]["case"]
    kept = {"case": case, "patient": case, "cohort": "a", "site": "", "contrasts": ["T1"], "regions": {}}
    head = {"format": 1, "family": "f", "synthtrust": "1", "date": "", "command": "", "engine": "", "segmenters": {}}
    file = tmp_path / "fold.json"
    file.write_text(json.dumps({**head, "signals": VERSION, "presets": {"chosen": [kept]}}))
    arguments = ["trust", "calibrate", *common, "--folds", file, "--out", tmp_path / "out.json"]
    assert main([str(one) for one in arguments]) == 2
    assert f"{case}: {file} already has this patient" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()

    onnx_models.package(tmp_path / "fold", "fold-mix-0", training={"real_cases": [case]})
    arguments = ["trust", "fold", *common, "--segmenter-folder", tmp_path / "fold", "--out", tmp_path / "out.json"]
    arguments = [("mix-0,fold-mix-0" if "," in str(one) else one) for one in arguments]
    assert main([str(one) for one in arguments]) == 2
    assert f"{case}: the segmenters were trained on this patient" in capsys.readouterr().err
    assert main([str(one) for one in ["trust", "fold", *common, "--out", tmp_path / "out.json"]]) == 2
    assert "no segmenter's id begins with fold-" in capsys.readouterr().err


def test_a_file_of_other_signals_or_of_something_else_is_no_fold(tmp_path):
    file = tmp_path / "fold.json"
    file.write_text("{}")
    with pytest.raises(InputError, match=r"fold\.json: what a fold says cannot be read"):
        read_folds(file)
    head = {"format": 1, "family": "f", "synthtrust": "1", "date": "", "command": "", "engine": "", "segmenters": {}}
    file.write_text(json.dumps({**head, "signals": VERSION + 1, "presets": {}}))
    with pytest.raises(InputError, match="made by another version of SynthTrust"):
        read_folds(file)
