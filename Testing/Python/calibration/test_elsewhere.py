"""What a jury's agreement says of an outline made elsewhere, learned from outlines that stand in for those."""

from __future__ import annotations

import math
from dataclasses import replace

import builders
import numpy as np
import pytest
from calibration.small_hospital import evaluate, run, write_segmenters
from labelled.labelled_folder import ADULT, write_cohort

from SynthTrustLib.calibration.calibrate import Bench
from SynthTrustLib.calibration.evaluate.everything import _calibrated_elsewhere
from SynthTrustLib.calibration.fit.elsewhere import fit_elsewhere
from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.calibration.measured_elsewhere import EXPERT
from SynthTrustLib.calibration.stand_ins import NETWORK, stand_ins
from SynthTrustLib.labelled.cases import find_cases
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.segmenters.engines.engine import choose_engine
from SynthTrustLib.segmenters.package.card import MODEL_FILE, OUTSIDE
from SynthTrustLib.segmenters.package.registry import find_packages
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.learned.calibration import look_up, read_calibration
from SynthTrustLib.trust.learned.conformal import quantile, quantile_by_person
from SynthTrustLib.trust.measures.overlap import mask_dice
from SynthTrustLib.vocabulary import Region, Status

SHAPE, SPACING = (40, 48, 44), (1.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def ball():
    return builders.ball(SHAPE, (20, 20, 12), 8)


def test_with_one_outline_each_the_bound_is_that_of_split_conformal():
    residuals = [0.3, 0.1, 0.2, 0.5, 0.4]
    by_person = {str(n): [value] for n, value in enumerate(residuals)}
    for level in (0.5, 0.8):
        assert quantile_by_person(by_person, level) == quantile(residuals, level)
    assert quantile_by_person(by_person, 0.9) == quantile(residuals, 0.9) == math.inf


def test_the_bound_holds_one_more_outline_of_one_more_person():
    random = np.random.default_rng(0)
    held = []
    for _ in range(600):
        people = random.normal(size=(12, 1)) + random.normal(size=(12, 7))
        bound = quantile_by_person({str(n): list(row) for n, row in enumerate(people[:11])}, 0.8)
        held.append(people[11, 0] <= bound)
    assert 0.76 < np.mean(held) < 0.88


def test_stand_ins_are_what_their_kinds_say_and_the_same_every_time(ball):
    network = builders.ball(SHAPE, (20, 20, 12), 5)
    made = list(stand_ins({"other": {Region.WT: network}}, {Region.WT: ball}, {Region.WT: ball}, SPACING, 2))
    again = list(stand_ins({"other": {Region.WT: network}}, {Region.WT: ball}, {Region.WT: ball}, SPACING, 2))
    assert all(np.array_equal(a.masks[Region.WT], b.masks[Region.WT]) for a, b in zip(made, again, strict=True))
    by_kind: dict[str, list[np.ndarray]] = {}
    for one in made:
        by_kind.setdefault(one.kind, []).append(one.masks[Region.WT])
    assert np.array_equal(by_kind[NETWORK][0], network)
    size = ball.sum()
    for kind, compare in (("too small", np.less), ("cut off", np.less), ("too large", np.greater)):
        mild, _, strong, _ = [mask.sum() for mask in by_kind[kind]]
        assert compare(mild, size) and compare(strong, mild), kind
    assert by_kind["cut off"][2].sum() == pytest.approx(size / 2, rel=0.15)
    moved = by_kind["moved"][0]
    assert moved.sum() == size and np.array_equal(np.roll(ball, 4, 2), moved)
    assert by_kind["with a false piece"][2].sum() == 2 * size
    mild, _, strong, _ = by_kind["smoothed"]
    assert mask_dice(strong, ball) < mask_dice(mild, ball) < 1


def test_nothing_stands_in_for_an_outline_of_nothing():
    empty = {Region.WT: np.zeros(SHAPE, bool)}
    assert not any(one.masks[Region.WT].any() for one in stand_ins({}, empty, empty, SPACING, 2))


def row(person, kind, agreement, dice, contrasts=("T1", "FLAIR")):
    figures = {"signals": {"record_dice": agreement, "pairwise_dice": 0.8}, "dice": dice}
    figures |= {"voxels": 1000, "true_voxels": 1000, "member_voxels": [900, 1100]}
    return Measured(person, person, "made", "here", contrasts, True, (), {Region.WT: figures}, kind)


def rows(persons=12):
    random = np.random.default_rng(1)
    made = []
    for n in range(persons):
        for kind in ("moved", "too small"):
            for agreement in random.uniform(0.3, 0.8, 4):
                made.append(row(f"p{n}", kind, agreement, agreement + 0.1 + random.normal(0, 0.02)))
        made.append(row(f"p{n}", EXPERT, 0.75, 1.0))
    return made


def test_the_interval_has_no_upper_end_and_an_experts_own_outline_is_not_learned_from():
    part = fit_elsewhere(rows(), Region.WT)
    assert part["patients"] == 12 and part["skill"]["low"] > 0.5
    assert part["expert"]["predicted"] == pytest.approx(0.85, abs=0.03), "not 1, as its agreement is that of others"
    (entry,) = part["sets"]
    assert entry["dice"]["open_above"] and 0 < entry["dice"]["half_width"] < 0.06
    assert entry["dice"]["patients"] == 12 and entry["dice"]["level"] == 0.8
    assert {kind: one["outlines"] for kind, one in part["stand_ins"].items()} == {"moved": 48, "too small": 48}


def test_a_kind_that_was_never_used_is_judged_by_the_others():
    strange = [row(f"p{n}", "strange", 0.5, 0.1) for n in range(12)]
    part = fit_elsewhere([*rows(), *strange], Region.WT)
    assert part["stand_ins"]["strange"]["error"] == pytest.approx(0.5, abs=0.03)


def test_three_persons_are_too_few_however_many_outlines_they_have():
    assert fit_elsewhere(rows(3), Region.WT) == {"patients": 3, "map": None, "sets": []}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """A calibration with a jury of three, a flagship and three further networks."""
    root = tmp_path_factory.mktemp("elsewhere")
    split = write_cohort(root / "data", sizes=(2, 4, 1), spacing=ADULT)
    folder = write_segmenters(root / "packages", others=True)
    common = ["--cases", root / "data", "--split", split, "--work", root / "work", "--segmenter-folder", folder]
    ids = ",".join(sorted(path.name for path in folder.iterdir()))
    common += ["--segmenters", ids, "--engine", "onnxruntime"]
    out = root / "test.json"
    run("trust", "calibrate", *common, "--out", out)
    evaluate(out, *common, "--shifted", 0)
    return root, out


@pytest.fixture(scope="module")
def patient(hospital):
    root, _ = hospital
    packages = [p for p in find_packages([root / "packages"]) if p.card.id.startswith("mix-")]
    case = next(entry for entry in find_cases(root / "data") if entry.id == "p6").load()
    stack = run_segmenters(case, packages, engine="onnxruntime")
    drawn = builders.card("outside-hand", family=OUTSIDE, presets=())
    outside = np.asarray(stack.probabilities[1:2] >= 0.5, np.float32)
    everyone = replace(
        stack,
        segmenters=(*stack.segmenters, drawn),
        probabilities=np.concatenate([stack.probabilities, outside]),
    )
    roles = Roles("outside-hand", tuple(card.id for card in stack.segmenters))
    return case, everyone, compute_maps(stack), roles


def test_an_outline_made_elsewhere_has_a_prediction_that_may_be_too_low_and_is_to_be_checked(hospital, patient):
    case, stack, maps, roles = patient
    card = build_scorecard(case, stack, maps, (), roles=roles, calibration=read_calibration(hospital[1]))
    status = card.row("status.WT")
    assert status.status is Status.CHECK
    predicted = card.row("predicted_dice.WT")
    if predicted.value is not None:
        assert predicted.interval[1] == 1.0 and predicted.interval[0] < predicted.value
        assert "experts' own outlines got" in predicted.reason and "as good as said" in predicted.track_record
        assert status.reason == "The jury can neither confirm nor condemn an outline made elsewhere."
    for kind in ("predicted_volume", "border_margin"):
        assert card.row(f"{kind}.WT").value is None
        assert "err in too many ways" in card.row(f"{kind}.WT").reason
    assert card.row("temperature.WT").reason == "An outline made elsewhere has no probabilities."


def test_what_was_learned_holds_for_any_record_that_was_not_calibrated_itself(hospital, patient):
    calibration = read_calibration(hospital[1])
    case, stack, _, _ = patient
    *jury, outside = stack.segmenters
    names = {
        who: (found.preset or {}).get("name")
        for who, found in {
            "outside": look_up(calibration, jury, outside, case),
            "network": look_up(calibration, jury, builders.card("imported"), case),
            "pooled": look_up(calibration, jury, None, case),
            "others": look_up(calibration, jury[:2], outside, case),
        }.items()
    }
    assert names == {
        "outside": "ladder-elsewhere",
        "network": "ladder-elsewhere",
        "pooled": "ladder-pooled",
        "others": None,
    }


def test_a_jury_with_other_weights_than_were_calibrated_is_not_evaluated_as_that_jury(hospital):
    root, out = hospital
    packages = [p for p in find_packages([root / "packages"]) if p.card.family == "test"]
    bench = Bench(packages, choose_engine("onnxruntime"), root / "work", packages)
    calibration = read_calibration(out)
    assert set(_calibrated_elsewhere(bench, calibration)[1]) == {"ladder-elsewhere", "factor-elsewhere"}
    first = next(n for n, package in enumerate(packages) if package.card.id == "mix-0")
    card = replace(packages[first].card, hashes={**packages[first].card.hashes, MODEL_FILE: "0" * 64})
    packages[first] = replace(packages[first], card=card)
    assert set(_calibrated_elsewhere(bench, calibration)[1]) == {"factor-elsewhere"}
