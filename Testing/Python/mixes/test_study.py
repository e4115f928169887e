"""A study goes from generator to report, goes on where it stopped, and claims nothing without an interval."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from builders import ball
from labelled.labelled_folder import write_cohort, write_patient

from SynthTrustLib.calibration.evaluate.page import read_track_record
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.cases import find_cases
from SynthTrustLib.mixes.plan import MixPlan
from SynthTrustLib.mixes.study import statistics
from SynthTrustLib.mixes.study.analysis import analyse
from SynthTrustLib.mixes.study.facts import real_facts
from SynthTrustLib.mixes.study.figures import draw_figures
from SynthTrustLib.mixes.study.html import render_study
from SynthTrustLib.mixes.study.measures import calibration_error, measure_region
from SynthTrustLib.mixes.study.plain import factors, render_plain
from SynthTrustLib.mixes.study.publish import held_out
from SynthTrustLib.mixes.study.rows import add_tertiles
from SynthTrustLib.mixes.study.sentences import sentences, words
from SynthTrustLib.mixes.train import Schedule
from SynthTrustLib.resources import resource_path

PLAN = """
family: test
split: split.json
schedule: {steps: 3, pixels: 8192, rate: 0.002}
generator:
  folder: generator
  schedule: {steps: 3, snapshots: [1], batch: 2, crop: [32, 32], network: {channels: [8, 16], groups: 4}}
sets:
  diffused: {generator: diffusion, quality: high, seed: 2000}
  diffused-low: {generator: diffusion, quality: low, seed: 2000}
segmenters:
  - {id: real-only, name: Real, summary: Real., synthetic_fraction: 0, set: diffused}
  - {id: synthetic-only, name: Synthetic, summary: All., synthetic_fraction: 1, set: diffused}
  - {id: low-100, name: Low, summary: Low., synthetic_fraction: 1, set: diffused-low, factor: quality}
"""
LATER = "  - {id: later, name: Later, summary: Later., synthetic_fraction: 0.5, set: diffused}\n"


def mix(identifier, fraction, **changes) -> MixPlan:
    return MixPlan(identifier, identifier, identifier, fraction, (), Schedule(seed=changes.pop("seed", 1)), **changes)


def rows(segmenter, values, *, synthetic=False, site="x", region="WT"):
    return [
        {
            "segmenter": segmenter,
            "case": f"p{n}",
            "patient": f"{'s' if synthetic else 'p'}{n}",
            "cohort": "a",
            "site": site,
            "synthetic": synthetic,
            "region": region,
            "dice": value,
            "hd95": None,
            "volume_error": 0.1,
            "ece": 0.2,
            "kilovoxels": float(n),
            "tertile": "small",
        }
        for n, value in enumerate(values)
    ]


REAL, HALF, NONE = np.array([0.9, 0.8, 0.7, 0.85, 0.75]), np.array([0.8] * 5), np.array([0.5, 0.45, 0.3, 0.4, 0.35])
MIXES = [
    mix("real", 0.0),
    mix("real-2", 0.0, seed=2),
    mix("half", 0.5),
    mix("none", 1.0),
    mix("low", 0.5, factor="quality"),
    mix("away", 0.0, factor="site", without_sites=("a: x",)),
]
ROWS = [
    *rows("real", REAL),
    *rows("real-2", REAL - 0.02),
    *rows("half", HALF),
    *rows("none", NONE),
    *rows("low", HALF - np.array([0.1, 0.12, 0.09, 0.1, 0.11])),
    *rows("away", REAL - np.array([0.3, 0.28, 0.31, 0.3, 0.29])),
    *rows("real", REAL - 0.1, synthetic=True),
    *rows("real-2", REAL - 0.1, synthetic=True),
    *rows("none", REAL, synthetic=True),
]


NOTHING = {"dose_response": [], "contrasts": [], "sites": [], "utility": []}


def line(slope, verdict, limit):
    least = statistics.smallest(slope)
    return {
        "cohort": "a", "region": "WT", "slope": slope, "verdict": verdict, "chance_limit": limit, "smallest": least,
    }  # fmt: skip


def test_a_slab_moved_by_three_slices_of_two_millimetres_is_six_millimetres_away():
    truth, found = np.zeros((2, 20, 20, 20), bool)
    truth[5:9], found[8:12] = True, True
    nothing = np.zeros_like(truth)

    def hd95(mask, other, spacing=(1, 1, 1)):
        return measure_region(mask.astype(np.float32), mask, other, spacing)["hd95"]

    assert hd95(truth, truth) == 0
    assert hd95(truth, found, (2, 1, 1)) == 6
    assert hd95(truth, nothing) is None
    assert hd95(nothing, nothing) == 0


def test_probabilities_that_mean_what_they_say_are_calibrated():
    random = np.random.default_rng(0)
    probability = random.uniform(0, 1, (4, 60, 60)).astype(np.float32)
    truth = random.uniform(0, 1, probability.shape) < probability
    assert calibration_error(probability, probability > 0.5, truth) < 0.03
    sure = np.where(truth, 0.6, 0.4).astype(np.float32)
    assert calibration_error(sure, sure > 0.5, truth) == pytest.approx(0.4, abs=0.01)


def test_a_region_that_is_not_there_has_no_volume_error_and_an_unknown_spacing_no_distance():
    nothing = np.zeros((3, 8, 8), bool)
    figures = measure_region(nothing.astype(np.float32), nothing, nothing, (1, 1, 1))
    assert figures["dice"] == 1 and figures["volume_error"] is None and figures["ece"] is None
    some = ball((3, 8, 8), radius=2)
    figures = measure_region(np.where(some, 0.9, 0.1).astype(np.float32), some, some, None)
    assert figures["hd95"] is None and figures["volume_error"] == 0


def test_two_cases_of_one_patient_count_once():
    both = rows("m", [0.2, 0.4, 0.9])
    both[1]["patient"] = "p0"
    assert statistics.by_patient(both, "dice") == {"p0": pytest.approx(0.3), "p2": pytest.approx(0.9)}


def test_scans_that_name_each_other_in_a_chain_are_facts_of_one_patient(tmp_path):
    for n, same in enumerate((None, "p0", "p1")):
        write_patient(tmp_path / "data" / "a" / f"p{n}", n, same=same)
    facts = real_facts(list(find_cases(tmp_path / "data")), tmp_path / "work")
    assert [facts[f"p{n}"]["patient"] for n in range(3)] == ["p0"] * 3


def test_pairing_finds_a_small_steady_difference_that_patients_hide():
    random = np.random.default_rng(0)
    base = {f"p{n}": value for n, value in enumerate(random.uniform(0.3, 0.95, 20))}
    better = {name: value + 0.02 + 0.005 * random.standard_normal() for name, value in base.items()}
    assert statistics.verdict(statistics.difference(better, base)) == "higher"
    assert statistics.verdict(statistics.unpaired_difference(better, base)) == "not shown"


def test_what_seeds_alone_make_is_no_effect_however_sure_the_patients_are():
    sure = {"value": -0.1, "low": -0.12, "high": -0.08}
    apart = statistics.chance([0.05, -0.05, 0.05, -0.05, 0.05])
    assert apart["typical"] == pytest.approx(0.05) and apart["limit"] == pytest.approx(2.571 * 0.05, rel=1e-3)
    both = statistics.with_seeds(sure, apart["limit"])
    assert both["high"] == pytest.approx(-0.1 + np.hypot(0.02, 2.571 * 0.05), rel=1e-3)
    assert statistics.verdict(both) == "not shown" and statistics.verdict(sure) == "lower"
    least = statistics.smallest(both)
    assert least == pytest.approx(1.4294 * np.hypot(0.02, 2.571 * 0.05), rel=1e-3)
    half, draws = both["high"] - both["value"], np.random.default_rng(0).normal(size=100_000)
    assert np.mean(least + half / 1.96 * draws > half) == pytest.approx(0.8, abs=0.01)
    assert statistics.verdict(statistics.with_seeds(sure, 0.09)) == "lower"
    assert statistics.with_seeds(sure, None) == sure
    assert statistics.chance([]) == {"pairs": 0, "typical": None, "limit": None}
    text = sentences({**NOTHING, "dose_response": [line(both, "not shown", apart["limit"])]})[0]["text"]
    assert "no effect is shown; four of five such studies would show one of 0.186" in text


def test_intervals_hold_the_truth_over_other_patients_and_other_seeds():
    random = np.random.default_rng(0)
    truth, patients, pairs, held = -0.05, 15, 5, []
    for _ in range(400):
        spread = 0.03 * random.standard_normal((pairs, 2))
        limit = statistics.chance([first - second for first, second in spread])["limit"]
        seeds = 0.03 * random.standard_normal((2, 2)).mean(axis=1)
        effect = truth + seeds[0] - seeds[1] + 0.06 * random.standard_normal(patients)
        base = {f"p{n}": 0.0 for n in range(patients)}
        found = statistics.difference({f"p{n}": value for n, value in enumerate(effect)}, base, draws=400)
        both = statistics.with_seeds(found, limit * statistics.difference_share(2, 2))
        held.append((both["low"] <= truth <= both["high"], found["low"] <= truth <= found["high"]))
    of_both, of_patients = np.mean(held, axis=0)
    assert of_both >= 0.93 and of_patients < 0.8, "patients alone leave out what a second training would change"


def test_the_share_of_chance_in_a_slope_is_that_of_simulated_seeds():
    random = np.random.default_rng(0)
    doses, seeds = [0, 0.25, 0.5, 0.75, 1], [2, 1, 2, 1, 2]
    noise = np.stack([random.standard_normal((20000, n)).mean(axis=1) for n in seeds])
    slopes = np.polyfit(doses, noise, 1)[0]
    assert slopes.std() / np.sqrt(2) == pytest.approx(statistics.slope_share(doses, seeds), rel=0.03)


def test_the_slope_is_that_of_a_line_through_every_patient():
    members = [{"p": 0.9 - 0.4 * dose, "q": 0.7 - 0.2 * dose} for dose in (0, 0.5, 1)]
    result = statistics.slope([0, 0.5, 1], members)
    assert result["value"] == pytest.approx(-0.3) and result["patients"] == 2


def test_one_patient_has_no_interval_and_nothing_is_claimed():
    result = statistics.difference({"p": 0.9}, {"p": 0.5})
    assert result["value"] == pytest.approx(0.4) and result["low"] is None
    assert statistics.verdict(result) == "unknown"
    assert "no interval" in words(result)


def test_a_card_states_no_dice_of_too_few_patients_for_an_interval():
    assert held_out("m", rows("m", [0.5, 0.7, 0.6, 0.4])) == ()
    (result,) = held_out("m", rows("m", [0.5, 0.7, 0.6, 0.4, 0.8]))
    assert result.mean == pytest.approx(0.6) and 0.4 <= result.low < 0.6 < result.high <= 0.8 and result.patients == 5


def test_sizes_are_cut_at_the_tertiles_of_the_training_patients():
    measured = rows("m", [0.5] * 7)
    add_tertiles(measured, {("a", "WT"): [0, 1, 2, 3, 4, 5, 6]})
    assert [row["tertile"] for row in measured] == ["small"] * 3 + ["medium"] * 2 + ["large"] * 2


def test_an_analysis_says_what_is_shown_and_what_is_not():
    results = analyse(MIXES, ROWS)
    (dose,) = results["dose_response"]
    assert [point["synthetic_fraction"] for point in dose["points"]] == [0, 0.5, 1]
    assert dose["points"][0]["seeds"] == 2
    assert dose["points"][0]["real_by_seed"] == [pytest.approx(0.8), pytest.approx(0.78)]
    assert dose["points"][0]["gap"]["value"] == pytest.approx(0.09)
    (spread,) = dose["seed_differences"]
    assert spread["segmenters"] == ["real", "real-2"] and spread["value"] == pytest.approx(0.02)
    assert statistics.verdict(dose["slope"]) == "lower"
    (quality,) = results["contrasts"]
    assert quality["against"] == ["half"] and quality["verdict"] == "not shown", (
        "one pair of seeds 0.02 apart tells little"
    )
    (alone,) = analyse([mix for mix in MIXES if mix.id != "real-2"], ROWS)["contrasts"]
    assert alone["verdict"] == "lower" and alone["chance_limit"] is None
    (site,) = results["sites"]
    assert site["verdict"] == "lower"
    assert site["on_left_out_site"] and site["difference"]["value"] == pytest.approx(-0.286)
    assert results["utility"][0]["ratio"]["value"] == pytest.approx(0.4 / 0.79)
    said = {entry["factor"]: entry for entry in sentences(results)}
    assert "a decrease is shown" in said["proportion"]["text"] and "Babu" in said["proportion"]["claim"]
    assert all("[" in entry["text"] for entry in said.values())


def test_a_contrast_is_of_the_means_over_seeds_and_chance_shrinks_with_their_number():
    seconds = [mix("half-2", 0.5, seed=2), mix("low-2", 0.5, seed=2, factor="quality")]
    measured = [*ROWS, *rows("half-2", HALF + 0.02), *rows("low-2", HALF - 0.14)]
    results = analyse([*MIXES, *seconds], measured)
    (dose,), (quality,) = results["dose_response"], results["contrasts"]
    assert [spread["segmenters"][0] for spread in dose["seed_differences"]] == ["real", "half", "low"]
    assert (quality["segmenters"], quality["against"]) == (["low", "low-2"], ["half", "half-2"])
    low, high = (-0.104 - 0.14) / 2, 0.02 / 2
    assert quality["difference"]["value"] == pytest.approx(low - high)
    assert quality["chance_limit"] == pytest.approx(dose["chance"]["limit"] / np.sqrt(2), rel=1e-3)
    (site,) = results["sites"]
    assert site["against"] == ["real", "real-2"]
    assert site["chance_limit"] == pytest.approx(dose["chance"]["limit"] * np.sqrt(0.75), rel=1e-3)


def test_fewer_patients_are_compared_with_all_of_them_by_their_share():
    few = [mix(f"few-{seed}", 0.0, seed=seed, factor="patients", kept_fraction=0.2) for seed in (1, 2)]
    results = analyse([*MIXES, *few], [*ROWS, *rows("few-1", REAL - 0.3), *rows("few-2", REAL - 0.28)])
    (entry,) = [entry for entry in results["contrasts"] if entry["factor"] == "patients"]
    assert (entry["segmenters"], entry["against"]) == (["few-1", "few-2"], ["real", "real-2"])
    assert entry["difference"]["value"] == pytest.approx(-0.28)
    (said,) = [entry["text"] for entry in sentences(results) if entry["factor"] == "patients"]
    assert "with 20 % of the real training patients alone, Dice on real patients changes by -0.280" in said


def test_the_share_of_chance_in_a_difference_is_that_of_simulated_seeds():
    random = np.random.default_rng(0)
    first, second = (random.standard_normal((20000, n)).mean(axis=1) for n in (1, 2))
    assert (first - second).std() / np.sqrt(2) == pytest.approx(statistics.difference_share(1, 2), rel=0.03)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The calibration that ships, with the track record of the first of its presets, which has one picture to draw."""
    file = resource_path("Calibration/synthtrust-reference.json")
    record = json.loads(file.with_name(f"{file.stem}.evaluation.json").read_text("utf-8"))
    record["presets"] = dict(list(record["presets"].items())[:1])
    copy = tmp_path_factory.mktemp("shipped") / file.name
    copy.write_bytes(file.read_bytes())
    copy.with_name(f"{copy.stem}.evaluation.json").write_text(json.dumps(record), "utf-8")
    return copy


def test_the_report_shows_every_table_and_escapes_what_it_is_told(shipped):
    results = analyse(MIXES, ROWS)
    study = {
        "plan": "<plan>",
        "command": "a command",
        "part": "test",
        "patients": {"real": 5, "synthetic": 5},
        "results": results,
        "sentences": sentences(results),
        "mix_cards": {},
    }
    pictures = draw_figures(results)
    assert all(data.startswith(b"\x89PNG") for data in pictures.values()) and set(pictures) == {
        "dose-response",
        "contrasts",
    }
    page = render_study(study, pictures)
    assert "&lt;plan&gt;" in page and "<plan>" not in page
    for heading in ("Dose-response", "How large chance is", "Site shift", "Every segmenter", "The synthetic sets"):
        assert heading in page
    assert "http" not in page.replace("http-equiv", "")
    assert "Track record" not in page
    page = " ".join(render_study(study, pictures, read_track_record(shipped)).split())
    assert "Track record of the calibrated predictions" in page and "any segmenter was trained on" in page
    assert page.count("Predicted against true Dice, risk against coverage") == 1


@pytest.mark.slow
def test_the_track_record_that_ships_is_drawn_for_every_preset():
    track_record = read_track_record(resource_path("Calibration/synthtrust-reference.json"))
    assert set(track_record["pictures"]) == set(track_record["result"]["presets"])
    assert all(base64.b64decode(data).startswith(b"\x89PNG") for data in track_record["pictures"].values())


def test_a_region_that_only_synthetic_patients_have_is_reported_without_a_limit():
    measured = [row for row in ROWS if row["synthetic"]]
    results = analyse(MIXES, measured)
    assert results["dose_response"][0]["chance"]["limit"] is None
    assert draw_figures(results)["dose-response"].startswith(b"\x89PNG")
    study = {"patients": {"real": 0, "synthetic": 5}, "results": results, "sentences": sentences(results)}
    pictures = {"dose-response": b"", "contrasts": b""}
    assert '<td rowspan="1">unknown</td>' in render_study({**study, "mix_cards": {}}, pictures)


def _difference(verdict, value, low, high, limit=None):
    figure = {"value": value, "low": low, "high": high, "patients": 9 if low is not None else 3}
    place = {"factor": "quality", "cohort": "brats", "region": "WT"}
    least = statistics.smallest(figure)
    return {**place, "difference": figure, "verdict": verdict, "chance_limit": limit, "smallest": least}


def test_plain_words_say_what_was_shown_and_what_would_have_been_missed():
    entries = [
        _difference("lower", -0.08, -0.15, -0.03, 0.04),
        _difference("not shown", -0.01, -0.09, 0.10, 0.04),
        _difference("unknown", -0.05, None, None),
    ]
    results = {"contrasts": entries, "dose_response": []}
    proportion, quality, diversity = factors(results)
    assert [finding.told for finding in quality.findings] == ["worse", "not shown", "unknown"]
    assert quality.answer == "Yes, worse for whole tumor (brats). Nothing was shown for the rest."
    assert quality.findings[0].text == "Dice changes by -0.08 (-0.15 to -0.03; 9 patients)"
    assert "four of five such studies would see one of 0.16" in quality.findings[1].text
    assert quality.findings[2].text == "3 patients are too few to say anything"
    assert proportion.answer == diversity.answer == "This was not tried here."
    page = render_plain({"patients": {"real": 9}, "results": results})
    assert "9 real patients" in page and "Yes, worse for whole tumor (brats)" in page


def test_a_calibration_that_was_not_evaluated_has_no_track_record_to_report(tmp_path):
    alone = tmp_path / "alone.json"
    alone.write_bytes(resource_path("Calibration/synthtrust-reference.json").read_bytes())
    with pytest.raises(InputError, match="no track record"):
        read_track_record(alone)


@pytest.mark.slow
def test_a_small_study_runs_from_generator_to_report_and_trains_nothing_twice(tmp_path):
    for name in ("torch", "monai", "onnxruntime", "onnx", "sklearn"):
        pytest.importorskip(name, reason="the laboratory trains")
    from SynthTrustLib.mixes.study.study import run_study

    write_cohort(tmp_path / "data")
    (tmp_path / "plan.yaml").write_text(PLAN)
    places = [tmp_path / name for name in ("plan.yaml", "data", "work", "packages", "report")]
    page = run_study(*places, draws=20)
    study = json.loads((page.parent / "study.json").read_text())
    assert study["patients"] == {"real": 3, "synthetic": 3}
    assert {row["segmenter"] for row in study["rows"]} == {"real-only", "synthetic-only", "low-100"}
    assert {row["synthetic"] for row in study["rows"]} == {True, False}
    assert study["mix_cards"] == ["diffused", "diffused-low"]
    assert (page.parent / "dose-response.png").exists()
    card = json.loads((tmp_path / "packages" / "low-100" / "configs" / "synthtrust.json").read_text())
    assert card["training_mix"]["quality"] == "low" and card["training_mix"]["generator"] == "diffusion 1"
    assert "classifier AUC (a)" in card["training_mix"]["quality_measured"]
    assert any(line.startswith("a density") for line in card["training_mix"]["generator_card"])
    assert card["held_out"] == [], "three patients have no interval"
    assert card["training"]["rounding"]["cases"] > 0
    sources = json.loads(
        next((tmp_path / "work" / "sets" / "diffused-held-out" / "samples").glob("*.json")).read_text()
    )
    assert set(sources["source_patients"]) <= {"p6", "p7", "p8"}, "held-out synthetic patients have held-out sources"

    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "packages").rglob("*.onnx")}
    made |= {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*.npz")}
    (tmp_path / "plan.yaml").write_text(PLAN.replace("steps: 3, pixels", "steps: 3, seed: 9, pixels"))
    with pytest.raises(InputError, match="none of its segmenters"):
        run_study(*places, draws=20, finished_only=True)
    (tmp_path / "plan.yaml").write_text(PLAN + LATER)
    part = run_study(*places, draws=20, finished_only=True)
    assert json.loads((part.parent / "study.json").read_text())["missing"] == ["later"]
    assert "Not trained yet" in part.read_text() and "Their generator is not there" not in part.read_text()

    (tmp_path / "generator").rename(tmp_path / "elsewhere")
    bare = run_study(*places, draws=20, finished_only=True)
    study_without = json.loads((bare.parent / "study.json").read_text())
    assert study_without["missing_sets"] == ["diffused", "diffused-low"]
    assert study_without["patients"] == {"real": 3, "synthetic": 0} and study_without["mix_cards"] == []
    assert "neither audited nor measured on: diffused, diffused-low" in bare.read_text()
    assert not (tmp_path / "generator").exists(), "nothing is trained"
    (tmp_path / "elsewhere").rename(tmp_path / "generator")

    (tmp_path / "plan.yaml").write_text(PLAN)
    again = run_study(*places, draws=20)
    assert json.loads((again.parent / "study.json").read_text()) == study
    assert made == {path: path.stat().st_mtime_ns for path in made}
