"""From labelled patients to a calibration file, its track record and a scorecard that uses both, on generated cases."""

from __future__ import annotations

import json
from dataclasses import replace

import builders
import numpy as np
import pytest
from calibration.small_hospital import run, write_segmenters
from labelled.labelled_folder import ADULT, write_cohort
from segmenters import onnx_models

from SynthTrustLib.calibration.answers import Answers
from SynthTrustLib.calibration.held_out import trained_on
from SynthTrustLib.calibration.measured import CalibratedSet, measure
from SynthTrustLib.cli import main
from SynthTrustLib.codec import decode, encode, parse
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.cases import find_cases
from SynthTrustLib.labelled.split import read_split
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.engines.engine import choose_engine
from SynthTrustLib.segmenters.package.card import OUTSIDE
from SynthTrustLib.segmenters.package.identity import segmenter_identity
from SynthTrustLib.segmenters.package.registry import find_packages
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.learned.calibration import look_up, read_calibration
from SynthTrustLib.trust.learned.calibration_file import CalibrationFile, EvaluationFile
from SynthTrustLib.trust.scorecard import read_scorecard
from SynthTrustLib.vocabulary import Contrast, Evidence, Region, Status


@pytest.fixture(scope="module")
def patient(made):
    root, _, _ = made
    packages = [p for p in find_packages([root / "packages"]) if p.card.id.startswith("mix-")]
    case = next(entry for entry in find_cases(root / "data") if entry.id == "p13").load()
    return case, run_segmenters(case, packages, engine="onnxruntime")


def scorecard(case, stack, calibration):
    return build_scorecard(case, stack, compute_maps(stack), calibration=calibration)


def test_the_files_are_as_their_types_say_and_name_patients_and_segmenters(made):
    _, out, _ = made
    for path, kind in ((out, CalibrationFile), (out.with_name("test.evaluation.json"), EvaluationFile)):
        decode(kind, parse(path.read_text("utf-8")))
    record = json.loads(out.read_text("utf-8"))
    assert [patient["case"] for patient in record["patients"]] == [f"p{n}" for n in range(10, 13)] + ["p8", "p9"]
    assert set(record["presets"][0]["segmenters"]) == {"mix-0", "mix-50", "mix-100"}
    for part in record["presets"][0]["regions"].values():
        offered = [entry["candidate"] for entry in part["map"]["candidates"]]
        assert offered == ["line: pairwise_dice"], "no candidate is listed twice"
    assert "CASES" in record["command"] and str(out.parent) not in out.read_text("utf-8")


def test_training_and_test_patients_are_never_calibrated_on(made):
    _, out, common = made
    record = json.loads(out.read_text("utf-8"))
    learned = {
        case
        for preset in record["presets"]
        for part in preset["regions"].values()
        for s in part["sets"]
        for case in s["patients"]
    }
    assert learned == {f"p{n}" for n in range(8, 13)}
    without_split = [part for part in common if part != "--split" and not str(part).endswith("split.json")]
    assert main(["trust", "evaluate", str(out), *map(str, without_split)]) == 2


def write_cases(folder, *rows):
    """A manifest of cases with empty files: enough for what is looked at before any case is read."""
    for name in ("t1", "seg"):
        (folder / f"{name}.nii.gz").write_bytes(b"")
    entry = {"cohort": "a", "t1": "t1.nii.gz", "label": "seg.nii.gz"}
    path = folder / "cases.json"
    path.write_text(json.dumps([entry | {"id": case, "same_patient_as": same} for case, same in rows]))
    return path


def test_a_patient_that_a_segmenter_was_trained_on_is_refused_by_name_whatever_his_case_is_called(tmp_path, capsys):
    onnx_models.package(tmp_path, "real", training={"real_cases": ["p0", "p1"]})
    onnx_models.package(tmp_path, "drawn", training={"real_cases": [], "source_cases": ["p2"]})
    cases = write_cases(tmp_path, ("q", None), ("again", "p0"), ("other", "again"), ("p2", None))
    common = ["--cases", cases, "--work", tmp_path / "work", "--segmenter-folder", tmp_path, "--engine", "onnxruntime"]
    calibrate = ["trust", "calibrate", *common, "--out", tmp_path / "out.json"]

    def refused(*arguments) -> str:
        assert main([str(argument) for argument in arguments]) == 2
        return capsys.readouterr().err

    trained = "again: the segmenters were trained on this patient, the first of {} such among 4 cases."
    assert trained.format(2) in refused(*calibrate, "--segmenters", "real")
    assert trained.format(3) in refused(*calibrate, "--segmenters", "real,drawn")
    assert "p2: the segmenters were trained on" in refused(*calibrate, "--segmenters", "drawn")
    file = resource_path("Calibration/synthtrust-reference.json")
    evaluate = ["trust", "evaluate", file, *common, "--segmenters", "real"]
    assert trained.format(2) in refused(*evaluate)
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"cohorts": {"a": {"train": [], "calibration": ["q", "again"], "test": []}}}))
    assert "such among 2 cases" in refused(*calibrate, "--segmenters", "real", "--split", split)


def test_another_scan_of_a_calibration_patient_is_no_test_patient(tmp_path, capsys):
    file = resource_path("Calibration/synthtrust-reference.json")
    calibrated = read_calibration(file).record["patients"][0]["case"]
    onnx_models.package(tmp_path, "real")
    cases = write_cases(tmp_path, ("q", None), ("again", calibrated))
    common = ["--cases", cases, "--work", tmp_path / "work", "--segmenter-folder", tmp_path, "--segmenters", "real"]
    assert main([str(a) for a in ["trust", "evaluate", file, *common, "--engine", "onnxruntime"]]) == 2
    said = capsys.readouterr().err
    assert "again: the calibration was fitted on this patient, the first of 1 such among 2 cases." in said


def test_the_shipped_split_holds_nobody_out_that_a_shipped_segmenter_was_trained_on():
    everybody: set[str] = set()
    for package in find_packages():
        parts = read_split(resource_path(f"Study/{package.card.training['split']}")).values()
        trained = trained_on([package])
        assert trained <= {case for cohort in parts for case in cohort["train"]}, package.card.id
        everybody |= trained
    newest = read_split(resource_path("Study/split-2.json")).values()
    assert everybody == {case for cohort in newest for case in cohort["train"]}
    assert not everybody & {case for cohort in newest for case in (*cohort["calibration"], *cohort["test"])}


def test_a_second_call_gives_the_same_numbers_without_running_a_network(made, monkeypatch):
    root, out, common = made
    monkeypatch.setattr("SynthTrustLib.calibration.answers.run_segmenters", None)
    again = root / "again.json"
    run("trust", "calibrate", *common, "--out", again)
    first, second = (json.loads(path.read_text("utf-8")) for path in (out, again))
    assert {**first, "command": ""} == {**second, "command": ""}


def test_what_one_engine_answered_is_never_taken_for_the_answer_of_another(tmp_path, monkeypatch):
    asked = []

    def run_and_note(case, packages, *, engine):
        asked.append(engine.name)
        return run_segmenters(case, packages, engine=engine)

    monkeypatch.setattr("SynthTrustLib.calibration.answers.run_segmenters", run_and_note)
    write_cohort(tmp_path / "data", sizes=(1, 0, 0), spacing=ADULT)
    packages = [p for p in find_packages([write_segmenters(tmp_path / "packages")]) if p.card.id == "mix-0"]
    one, other = choose_engine("onnxruntime"), choose_engine("onnxruntime")
    other.name = "another"
    for engine in (one, other, one):
        answers = Answers(tmp_path / "answers", engine)
        measure(
            list(find_cases(tmp_path / "data")),
            {"alone": CalibratedSet(tuple(packages))},
            answers,
            tmp_path / "measured",
        )
    assert asked == [one.name, "another"]


def skilled(calibration):
    """As if its maps had beaten the average: five patients who are drawn alike give them nothing to learn."""
    record = json.loads(json.dumps(calibration.record))
    for preset in record["presets"]:
        for part in preset["regions"].values():
            part["skill"]["low"] = 0.1
    return replace(calibration, record=record)


def test_what_beats_no_average_is_not_predicted_and_never_agreed_on(made, patient):
    card = scorecard(*patient, read_calibration(made[1]))
    assert card.row("predicted_dice.WT").reason == (
        "Unknown: nothing was learned that beats the average of n = 5 labelled patients."
    )
    assert card.row("status.WT").status is Status.CHECK
    assert card.row("status.WT").reason.startswith("Nothing was learned that beats the average of n = 5")
    assert card.row("predicted_volume.WT").value is not None, "the interval of a volume stands by itself"


def test_the_scorecard_tells_predictions_with_their_patients_and_track_record(made, patient):
    card = scorecard(*patient, skilled(read_calibration(made[1])))
    for region in Region:
        row = card.row(f"predicted_dice.{region}")
        assert row.evidence is Evidence.MEASURED
        assert row.interval_meaning == "80 % interval, n = 5"
        assert row.promised == card.row(f"predicted_volume.{region}").promised == 0.8
        assert card.row(f"border_margin.{region}").promised == 0.8
        assert row.interval[0] <= row.value <= row.interval[1]
        assert "80 % statement held in" in row.track_record
        assert card.row(f"status.{region}").status is not Status.UNKNOWN
        assert "marked" in card.row(f"status.{region}").track_record
    volume = card.row("predicted_volume.WT")
    assert volume.interval[0] <= card.row("volume.WT.pooled").value <= volume.interval[1]
    assert card.row("border_margin.WT").unit == "mm"
    assert card.row("temperature.WT").value > 0
    assert 1 / 6 <= card.row("in_distribution").value <= 1
    read_scorecard(encode(card))
    assert read_scorecard(encode(card)) == card
    for row in card.rows:
        assert row.reason.endswith(".") and ". " not in row.reason, row.key


def test_a_patient_unlike_enough_others_gets_his_intervals_withdrawn_and_never_agree(made, patient, monkeypatch):
    case, stack = patient
    random = np.random.default_rng(0)
    volumes = {
        contrast: replace(
            volume, array=np.where(volume.array > 0, random.uniform(1, 1000, volume.array.shape), 0).astype("f4")
        )
        for contrast, volume in case.volumes.items()
    }
    unlike = replace(case, volumes=volumes)
    calibration = skilled(read_calibration(made[1]))
    few = scorecard(unlike, stack, calibration)
    assert few.row("in_distribution").status is Status.INFORMATION
    assert "nothing is withdrawn" in few.row("in_distribution").reason
    assert not any(row.withdrawn for row in few.rows), "so few patients cannot flag anybody"
    monkeypatch.setattr("SynthTrustLib.trust.learned.conformal.FLAG", 0.2)
    card = scorecard(unlike, stack, calibration)
    assert card.row("in_distribution").value == pytest.approx(1 / 14, abs=1e-5), "five, and eight of training"
    assert card.row("in_distribution").status is Status.CHECK
    for kind in ("predicted_dice", "predicted_volume", "border_margin", "temperature"):
        assert "unlike those of the 13 patients with these contrasts" in card.row(f"{kind}.WT").withdrawn
    for region in Region:
        assert card.row(f"status.{region}").status in (Status.CHECK, Status.DO_NOT_RELY)
        reason = card.row(f"status.{region}").reason
        assert "the scans are unlike those of the known patients" in reason.lower()
        assert len(reason.split()) <= 25


def test_other_weights_a_subset_or_other_contrasts_were_never_calibrated_and_nothing_is_invented(made, patient):
    case, stack = patient
    calibration = read_calibration(made[1])
    strangers = tuple(replace(card, hashes={**card.hashes, "models/model.onnx": "0" * 64}) for card in stack.segmenters)
    assert "have seen these weights" in look_up(calibration, strangers, None, case).why_not
    elsewhere = builders.card("outside-hand", family=OUTSIDE)
    assert look_up(calibration, (*stack.segmenters, elsewhere), None, case).why_not == (
        "Never calibrated: outside-hand was made elsewhere, and no calibration patient has such an outline; leave it "
        "out to have status and predictions."
    )
    assert look_up(calibration, (*strangers, elsewhere), None, case).why_not.endswith("has such an outline.")
    assert "just these 2 segmenters" in look_up(calibration, stack.segmenters[:2], None, case).why_not
    first, *others = stack.segmenters
    smoother = replace(first, preprocessing={**first.preprocessing, "slice_smoothing": 0.3})
    assert f"have seen {first.id} with these settings" in look_up(calibration, [smoother, *others], None, case).why_not
    lower = replace(first, thresholds={**first.thresholds, Region.WT: 0.4})
    assert look_up(calibration, [lower, *others], None, case).preset is None
    assert len({segmenter_identity(card) for card in (first, smoother, lower)}) == 3, "nothing is measured once for two"
    older = {**calibration.record, "presets": [dict(preset) for preset in calibration.record["presets"]]}
    for preset in older["presets"]:
        del preset["settings"]
    assert look_up(replace(calibration, record=older), [smoother, *others], None, case).preset is not None
    volumes = {c: v for c, v in case.volumes.items() if c != Contrast.T2}
    card = scorecard(replace(case, volumes=volumes), stack, calibration)
    row = card.row("predicted_dice.WT")
    assert (row.value, row.evidence) == (None, Evidence.UNKNOWN)
    assert row.reason.startswith("Unknown: nothing was learned from patients with just T1, T1c and FLAIR (n = 0;")
    assert card.row("status.WT").status is Status.UNKNOWN


def test_millimetres_and_millilitres_are_unknown_without_a_trusted_spacing(made, patient):
    case, stack = patient
    card = scorecard(replace(case, spacing_trusted=False), stack, skilled(read_calibration(made[1])))
    assert card.row("predicted_dice.WT").evidence is Evidence.MEASURED
    for key in ("predicted_volume.WT", "border_margin.WT"):
        assert card.row(key).evidence is Evidence.UNKNOWN


def test_a_file_that_is_no_calibration_is_refused_by_name(tmp_path):
    path = tmp_path / "some.json"
    path.write_text("{}")
    with pytest.raises(InputError, match=r"some\.json"):
        read_calibration(path)
