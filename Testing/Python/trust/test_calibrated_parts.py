"""What a calibration file is applied with, against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.case.part import Part
from SynthTrustLib.trust.learned import conformal, in_distribution
from SynthTrustLib.trust.learned.calibration import with_jury
from SynthTrustLib.trust.learned.monotone import apply, predict
from SynthTrustLib.trust.learned.status_rules import Finding, judge, worst
from SynthTrustLib.trust.learned.unfamiliarity import unfamiliarity
from SynthTrustLib.trust.measures.appearance import appearance
from SynthTrustLib.trust.measures.margin import border_band, border_distance
from SynthTrustLib.trust.measures.reliability import calibration_error, histogram, tempered
from SynthTrustLib.trust.rows.status import _reasons
from SynthTrustLib.vocabulary import Status


def test_80_percent_needs_4_patients_90_needs_9_and_95_needs_19():
    assert [conformal.fewest(level) for level in (0.8, 0.9, 0.95)] == [4, 9, 19]
    assert [conformal.level_for(n) for n in (3, 4, 18, 19, 99)] == [None, 0.8, 0.8, 0.9, 0.9]


def test_the_bound_is_the_residual_of_the_finite_sample_rank():
    residuals = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert conformal.quantile(residuals, 0.8) == 5.0  # ceil(6 * 0.8) = 5
    assert conformal.quantile(residuals, 0.5) == 3.0
    assert conformal.quantile(residuals, 0.9) == math.inf


@pytest.mark.parametrize(("patients", "level"), [(4, 0.8), (9, 0.9), (14, 0.9), (19, 0.95)])
def test_exchangeable_patients_are_covered_as_often_as_promised_and_hardly_more(patients, level):
    random = np.random.default_rng(patients)
    scores = random.exponential(size=(20_000, patients + 1))
    bounds = [conformal.quantile(list(row[:-1]), level) for row in scores]
    covered = np.mean(scores[:, -1] <= bounds)
    expected = conformal.rank(patients, level) / (patients + 1)
    assert covered == pytest.approx(expected, abs=0.01)
    assert level <= expected < level + 1 / (patients + 1)


def test_a_p_value_lies_between_one_over_n_plus_one_and_one_and_counts_ties():
    calibration = [1.0, 2.0, 3.0, 4.0]
    assert conformal.p_value(9.0, calibration) == pytest.approx(1 / 5)
    assert conformal.p_value(3.0, calibration) == pytest.approx(3 / 5)
    assert conformal.p_value(0.0, calibration) == 1.0


def test_a_flag_is_raised_up_to_005_and_by_fewer_than_19_patients_never():
    assert not conformal.flagged(1 / 6, 5) and not conformal.flagged(1 / 19, 18)
    assert conformal.flagged(1 / 20, 19) and not conformal.flagged(2 / 20, 19)
    assert conformal.flagged(0.05, 99) and not conformal.flagged(0.06, 99)


def test_a_monotone_map_is_straight_between_its_knots_and_level_outside():
    knots = [[0.5, 0.2], [0.9, 0.8]]
    assert [apply(knots, x) for x in (0.1, 0.5, 0.7, 0.9, 1.0)] == pytest.approx([0.2, 0.2, 0.5, 0.8, 0.8])


def test_two_signals_are_averaged_one_that_falls_is_turned_and_a_missing_one_leaves_no_prediction():
    components = [
        {"signal": "pairwise_dice", "knots": [[0.0, 0.0], [1.0, 1.0]]},
        {"signal": "volume_cv", "knots": [[-1.0, 0.0], [0.0, 1.0]]},
    ]
    assert predict(components, {"pairwise_dice": 0.8, "volume_cv": 0.4}) == pytest.approx(0.7)
    assert predict(components, {"pairwise_dice": 0.8}) is None


def test_probabilities_that_mean_what_they_say_have_no_calibration_error_and_others_have_their_distance():
    voxels = np.repeat(0.75, 1000)
    right = histogram(voxels, np.arange(1000) < 750)[None]
    wrong = histogram(voxels, np.arange(1000) < 250)[None]
    assert calibration_error(right) == pytest.approx(0, abs=0.02)
    assert calibration_error(wrong) == pytest.approx(0.5, abs=0.02)
    assert calibration_error(np.zeros((1, 2, right.shape[2]))) is None


def test_a_small_patient_weighs_as_much_as_a_large_one():
    large = histogram(np.repeat(0.75, 9000), np.arange(9000) < 6750)
    small = histogram(np.repeat(0.75, 10), np.zeros(10, bool))
    assert calibration_error(np.stack([large, small])) == pytest.approx(0.375, abs=0.02)


def test_a_temperature_above_one_moves_probabilities_towards_one_half():
    assert np.all(np.abs(tempered(2.0) - 0.5) < np.abs(tempered(1.0) - 0.5))


def test_the_border_of_a_shifted_box_lies_as_far_as_it_was_shifted_and_the_band_holds_it():
    pooled, truth = np.zeros((2, 20, 30, 30), bool)
    pooled[5:15, 8:22, 8:22] = True
    truth[5:15, 8:22, 11:25] = True
    spacing = (2.0, 1.0, 1.5)
    distance = border_distance(pooled, truth, spacing)
    assert distance == pytest.approx(3 * 1.5)
    edge = np.zeros_like(truth)
    edge[9, 15, 24] = True
    geometry = builders.grid(truth.shape, spacing)
    for margin, held in ((distance, True), (distance - 0.1, False)):
        assert border_band(Part.of(pooled), margin, geometry).whole(truth.shape)[edge].all() == held
    assert border_distance(np.zeros_like(pooled), truth, spacing) is None
    assert not border_band(Part.of(np.zeros_like(pooled)), 5.0, geometry).count


RULES = [
    {"name": "a", "signal": "x", "words": "x", "agree_from": 0.8, "rely_from": 0.5},
    {"name": "b", "signal": "y", "words": "y", "agree_from": None, "rely_from": None},
]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"x": 0.8}, Status.AGREE),
        ({"x": 0.79}, Status.CHECK),
        ({"x": 0.49}, Status.DO_NOT_RELY),
        ({"x": 0.9, "y": 1.0}, Status.CHECK),
        ({"x": 0.4, "y": 1.0}, Status.DO_NOT_RELY),
        ({}, Status.UNKNOWN),
    ],
)
def test_the_status_is_the_worst_of_the_rules_that_can_be_told(facts, expected):
    assert worst(judge(RULES, facts)) is expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.5, "the Dice is 0.50, below the 0.93 that"),
        (0.9271, "the Dice is 0.927, below the 0.931 that"),
        (0.93099, "is 0.93099, below the 0.93100 that"),
    ],
)
def test_a_value_and_the_threshold_that_it_misses_never_look_alike(value, words):
    rule = {"name": "r", "signal": "s", "words": "the Dice", "agree_from": 0.931, "rely_from": None}
    (finding,) = judge([rule], {"s": value})
    assert finding.status is Status.CHECK
    assert words in finding.reason


def test_a_rule_of_yes_or_no_says_its_own_sentences():
    rule = {
        "name": "r",
        "signal": "s",
        "words": "w",
        "agree_from": 1.0,
        "rely_from": None,
        "if_agree": "y",
        "if_not": "n",
    }
    assert [judge([rule], {"s": value})[0].reason for value in (1.0, 0.0)] == ["y", "n"]
    del rule["if_not"]
    assert judge([rule], {"s": 0.0})[0].reason == "w is 0.00, below the 1.00 that “agree” asks for"


def test_a_missing_contrast_has_no_features_and_noise_shows_in_those_of_its_own_contrast():
    image = np.stack([builders.ball((10, 40, 40), radius=18) * np.float32(level) for level in (0.5, 0.8, 0.0, 1.0)])
    image = image * (1 + 0.05 * np.random.default_rng(0).standard_normal(image.shape).astype(np.float32))
    views = appearance(image)
    assert set(views) == {"T1", "T1c", "FLAIR"}
    noisy = image.copy()
    noisy[0] *= 1 + 0.3 * np.random.default_rng(1).standard_normal(noisy[0].shape)
    changed = appearance(noisy)
    assert np.all(changed["T1"][-6:] > views["T1"][-6:] + 0.5)
    np.testing.assert_array_equal(changed["FLAIR"], views["FLAIR"])


def test_unfamiliarity_grows_with_the_distance_and_prefers_the_group_that_knows_all_contrasts():
    def group(contrasts, centre):
        view = {
            "mean": [0.0],
            "scale": [1.0],
            "components": [[1.0]],
            "centre": [centre, 0.0],
            "precision": [[1.0, 0.0], [0.0, 1.0]],
            "typical": 1.0,
        }
        return {"contrasts": contrasts, "patients": 9, "views": dict.fromkeys(contrasts, view)}

    near, far = {"T1": np.array([1.0])}, {"T1": np.array([10.0])}
    one = [group(["T1"], 0.0)]
    assert unfamiliarity(one, near) == pytest.approx(0.0, abs=1e-6)
    assert unfamiliarity(one, far) == pytest.approx(2.0, abs=1e-6)
    both = {"T1": np.array([10.0]), "T2": np.array([10.0])}
    assert unfamiliarity([group(["T1"], 10.0), group(["T1", "T2"], 0.0)], both) == pytest.approx(2.0, abs=1e-6)
    assert unfamiliarity(one, {"FLAIR": np.array([0.0])}) is None


def test_a_patients_scans_are_looked_at_once_for_each_way_to_see_them(monkeypatch):
    looked = []
    monkeypatch.setattr(in_distribution, "appearance", lambda image, contrasts: looked.append(image.shape) or {})
    case, other = builders.case(), builders.case()
    one, same = builders.card("one"), builders.card("same")
    assert in_distribution.views_of(case, one) is in_distribution.views_of(case, same)
    assert len(looked) == 1
    in_distribution.views_of(case, replace(one, preprocessing={**one.preprocessing, "multiple": 64}))
    in_distribution.views_of(other, one)
    assert len(looked) == 3


def test_of_unusual_scans_no_withdrawn_number_is_a_reason():
    findings = [
        Finding("predicted_dice", Status.DO_NOT_RELY, "the predicted Dice is 0.60, below 0.69"),
        Finding("in_distribution", Status.CHECK, "the scans are unlike those of the known patients"),
    ]
    said = _reasons(Status.DO_NOT_RELY, findings)
    assert said == ["the segmenters agree as they do on poor outlines", findings[1].reason]
    assert _reasons(Status.DO_NOT_RELY, findings[:1]) == [findings[0].reason]
    middling = Finding("predicted_dice", Status.CHECK, "the predicted Dice is 0.83, but too few back it")
    assert _reasons(Status.CHECK, [middling, findings[1]]) == [findings[1].reason]


def test_a_copy_of_a_juror_is_no_juror_that_was_calibrated():
    presets = [{"name": "two", "segmenters": {"a": "1", "b": "2"}}]
    assert with_jury(presets, ["2", "1"]) == presets
    assert with_jury(presets, ["1", "2", "2"]) == []
