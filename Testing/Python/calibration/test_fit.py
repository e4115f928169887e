"""What a calibration fits, against answers that are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from SynthTrustLib.calibration.evaluate.failure import aurc, auroc, excess_aurc, excess_aurcs, risk_curve
from SynthTrustLib.calibration.evaluate.intervals import binomial_interval, bootstrap
from SynthTrustLib.calibration.evaluate.qu_brats import qu_brats
from SynthTrustLib.calibration.fit.choose_map import MANY, candidates, choose, predict_left_out
from SynthTrustLib.calibration.fit.intervals import border_interval, interval, volume_interval
from SynthTrustLib.calibration.fit.map import Example, isotonic_knots, line_knots
from SynthTrustLib.calibration.fit.presence import fit_presence
from SynthTrustLib.calibration.fit.rules import SURE_AGREES, fit_rules, highest_rely, lowest_agree
from SynthTrustLib.calibration.fit.skill import fit_skill
from SynthTrustLib.calibration.fit.temperature import best_temperature, fit_temperature
from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.significant import significant
from SynthTrustLib.trust.learned.monotone import apply, predict
from SynthTrustLib.trust.learned.prediction import volume_bounds, volume_scale
from SynthTrustLib.trust.measures.reliability import LOGIT_BINS, logit_centres
from SynthTrustLib.vocabulary import Region


def examples(pairs, **more):
    return [
        Example(f"c{n}", f"p{n}", {"pairwise_dice": x, **{name: v[n] for name, v in more.items()}}, y)
        for n, (x, y) in enumerate(pairs)
    ]


def test_the_isotonic_map_pools_what_falls_and_joins_the_middles_of_its_steps():
    knots = isotonic_knots(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.2, 0.6, 0.4, 0.9]))
    assert knots == [[0.1, 0.2], [pytest.approx(0.25), 0.5], [0.4, 0.9]]
    assert apply(knots, 0.25) == pytest.approx(0.5)


def test_the_knots_are_those_of_averages_over_each_step_to_the_last_digit():
    random = np.random.default_rng(0)
    for n in (1, 2, 5, 48, 200):
        x, y = random.integers(0, max(2, n // 3), n) / 7, random.uniform(-0.1, 1.1, n)
        places, which, counts = np.unique(x, return_inverse=True, return_counts=True)
        fitted = isotonic_regression(np.bincount(which, y) / counts, weights=counts)
        assert isotonic_knots(x, y) == [
            [
                significant(np.average(places[start:stop], weights=counts[start:stop])),
                significant(np.clip(fitted.x[start], 0, 1)),
            ]
            for start, stop in pairwise(fitted.blocks)
        ]


def test_the_line_is_least_squares_cut_off_at_0_and_1_and_never_falls():
    (x0, y0), (x1, y1) = line_knots(np.array([0.4, 0.6, 0.8]), np.array([0.3, 0.5, 0.7]))
    assert (y0, y1) == (0.0, 1.0)
    assert (x0, x1) == (pytest.approx(0.1), pytest.approx(1.1))
    assert line_knots(np.array([0.4, 0.6]), np.array([0.7, 0.3])) == [[0.5, 0.5]]


def test_a_patient_left_out_is_predicted_by_the_others_and_his_second_scan_is_left_out_too():
    rows = [
        Example(case, person, {"pairwise_dice": 0.0}, dice)
        for case, person, dice in (("a", "p", 0.1), ("b", "p", 0.3), ("c", "q", 0.9))
    ]
    np.testing.assert_allclose(predict_left_out(choose([rows]), rows), [0.9, 0.9, 0.2])


@pytest.mark.parametrize("persons", [2, MANY])
def test_errors_left_out_are_those_of_maps_fitted_and_applied_one_by_one(persons):
    random = np.random.default_rng(2)

    def scans(n):
        return [
            Example(f"c{m}", f"p{m % persons}", {"pairwise_dice": x, "size": 5 * size}, dice)
            for m, (x, size, dice) in enumerate(random.uniform(0, 1, (n, 3)))
        ]

    sets = [scans(persons + 3), scans(persons)]
    table = choose(sets).table
    for option, row in zip(candidates(("pairwise_dice", "size"), persons), table, strict=True):
        errors = {f"p{n}": [] for n in range(persons)}
        for examples in sets:
            for one in examples:
                fitted = option.fit([other for other in examples if other.group != one.group])
                errors[one.group].append(abs(predict(fitted, one.signals) - one.dice))
        assert row["candidate"] == str(option)
        assert row["left_out_error"] == significant(np.mean([np.mean(each) for each in errors.values()]))


def test_a_signal_that_is_no_better_than_the_base_is_not_taken_and_one_that_tells_the_truth_is():
    random = np.random.default_rng(0)
    truth = np.linspace(0.2, 0.9, MANY)
    seen = truth + random.normal(0, 0.1, MANY)
    useless = examples(zip(seen, truth, strict=True), volume_cv=random.random(MANY))
    assert choose([useless]).best.signals == ("pairwise_dice",)
    telling = examples(zip(seen, truth, strict=True), expected_dice=truth)
    choice = choose([telling])
    assert "expected_dice" in choice.best.signals
    errors = {entry["candidate"]: entry["left_out_error"] for entry in choice.table}
    assert errors["isotonic: pairwise_dice and expected_dice"] < 0.7 * errors["isotonic: pairwise_dice"]


def test_steps_and_a_second_signal_need_persons_who_carry_them():
    def few(n):
        return examples(zip(np.linspace(0, 1, n), np.linspace(0, 1, n), strict=True))

    assert choose([few(20)]).best.kind == "line"
    assert candidates(("pairwise_dice", "size"), MANY)[0].kind == "isotonic"
    assert len(candidates(("pairwise_dice", "size"), MANY - 1)) == 1


def test_sets_choose_together_so_that_luck_in_one_of_them_does_not_decide():
    random = np.random.default_rng(0)
    truth = np.linspace(0.2, 0.9, MANY)
    seen = truth + random.normal(0, 0.1, MANY)
    lucky = examples(zip(seen, truth, strict=True), volume_cv=-truth)
    unlucky = examples(zip(seen, truth, strict=True), volume_cv=random.random(MANY))
    lucky_alone = choose([lucky])
    assert "volume_cv" in lucky_alone.best.signals
    together = choose([lucky, *[unlucky] * 2])
    assert together.best.signals == ("pairwise_dice",)
    assert set(together.without) == {example.group for example in lucky}
    alone = {entry["candidate"]: entry["left_out_error"] for entry in lucky_alone.table}
    other = {entry["candidate"]: entry["left_out_error"] for entry in choose([unlucky]).table}
    for entry in choose([lucky, unlucky]).table:
        mean = (alone[entry["candidate"]] + other[entry["candidate"]]) / 2
        assert entry["left_out_error"] == pytest.approx(mean, abs=1e-5)


def test_predictions_for_the_residuals_never_see_the_patient_not_even_in_the_choice():
    random = np.random.default_rng(1)
    truth = random.random(MANY)
    rows = examples(zip(random.random(MANY), truth, strict=True), expected_dice=random.random(MANY))
    before = predict_left_out(choose([rows]), rows)[3]
    rows[3] = Example(rows[3].case, rows[3].group, rows[3].signals, 1 - truth[3])
    assert predict_left_out(choose([rows]), rows)[3] == before


def figures(true, pooled, members, ml=0.001, border=2.0):
    return {
        "true_voxels": true,
        "voxels": pooled,
        "member_voxels": members,
        "voxel_ml": ml,
        "border_mm": border,
    }


class _Selves(dict):
    """Every case is a person of its own."""

    def __missing__(self, case):
        return case


SELVES = _Selves()


def rules_of(predicted, dice, **how):
    """The rules of as many persons as scans."""
    return fit_rules(predicted, dice, [f"p{n}" for n in range(len(dice))], **how)


def agree_of(predicted, dice, share):
    return lowest_agree(predicted, dice, share, np.ones(len(dice)))


def rely_of(predicted, dice):
    return highest_rely(predicted, dice, np.ones(len(dice)))


def test_the_volume_interval_is_that_of_a_normalized_conformal_regressor():
    crepes = pytest.importorskip("crepes", reason="compares with crepes")
    random = np.random.default_rng(3)
    rows = {f"p{n}": figures(*(int(v) for v in random.integers(500, 9000, 2)), [1]) for n in range(23)}
    predicted = {case: float(random.uniform(0.2, 0.95)) for case in rows}
    residuals = np.log([row["true_voxels"] / row["voxels"] for row in rows.values()])
    scales = np.array([volume_scale(value) for value in predicted.values()])
    theirs = crepes.ConformalRegressor().fit(residuals, sigmas=scales)
    bound = volume_interval(rows, predicted, SELVES, skilled=True)
    half = theirs.predict_int(np.zeros(1), sigmas=np.ones(1), confidence=bound["level"])[0, 1]
    assert bound["level"] == 0.9 and bound["factor"] == pytest.approx(half, rel=1e-3)


def test_the_volume_interval_is_a_ratio_and_needs_no_voxel_size():
    rows = {f"c{n}": figures(round(1000 * 1.1**n), 1000, [900], ml=None) for n in range(1, 6)}
    predicted = dict.fromkeys(rows, 0.8)
    plain = volume_interval(rows, predicted, SELVES, skilled=False)
    assert (plain["patients"], plain["level"]) == (5, 0.8)
    low, high = volume_bounds(1000.0, plain["factor"], None)
    assert (low, high) == (pytest.approx(1000 / 1.1**5, rel=1e-3), pytest.approx(1000 * 1.1**5, rel=1e-3))
    scaled = volume_interval(rows, predicted, SELVES, skilled=True)
    assert volume_bounds(1000.0, scaled["factor"], 0.8) == pytest.approx((low, high), rel=1e-3)
    assert volume_bounds(1000.0, scaled["factor"], 0.9)[1] < high, "where more is expected, less is allowed"
    rows["none"] = figures(0, 1000, [900])
    predicted["none"] = 0.8
    assert volume_interval(rows, predicted, SELVES, skilled=True)["factor"] is None, "no ratio reaches nothing"


def test_a_border_that_cannot_be_had_for_a_patient_counts_as_infinitely_far():
    rows = {f"c{n}": figures(10, 10, [10], border=float(n)) for n in range(1, 5)}
    assert border_interval(rows, SELVES)["margin_mm"] == 4.0
    rows["missed"] = figures(10, 0, [0], border=None)
    assert border_interval(rows, SELVES)["margin_mm"] is None
    assert border_interval(rows, SELVES)["patients"] == 5


def test_however_many_scans_a_person_has_an_interval_is_of_persons():
    scores = {f"one {n}": 0.01 for n in range(31)} | {f"p{n}": 0.1 + 0.01 * n for n in range(19)}
    persons = {case: case.split()[0] if case.startswith("one") else case for case in scores}
    found = interval(scores, "half_width", persons)
    assert (found["patients"], found["level"], found["half_width"]) == (20, 0.9, pytest.approx(0.27))
    assert interval(scores, "half_width", SELVES)["half_width"] < 0.25, "fifty patients would promise more"
    few = interval(dict.fromkeys(scores, 0.1), "half_width", {case: f"p{n % 4}" for n, case in enumerate(scores)})
    assert (few["patients"], few["level"]) == (4, 0.8)


def test_however_many_scans_a_person_has_thresholds_are_of_persons():
    predicted, dice = np.linspace(0.5, 0.9, 20), np.linspace(0.55, 0.95, 20)
    one = rules_of(predicted, dice)
    often = [np.append(values, np.full(30, values[0])) for values in (predicted, dice)]
    again = fit_rules(*often, [*(f"p{n}" for n in range(20)), *["p0"] * 30])
    assert again == one
    four = fit_rules(predicted, dice, [f"p{n % 4}" for n in range(20)])
    assert four["patients"] == 4 and four["rules"][0]["agree_from"] is None


def test_the_temperature_that_the_data_were_made_with_is_found():
    random = np.random.default_rng(0)
    for true in (0.5, 1.0, 2.5):
        voxels = np.full(LOGIT_BINS, 4000)
        hits = random.binomial(voxels, 1 / (1 + np.exp(-logit_centres() / true)))
        patients = np.stack([np.stack([voxels, hits])] * 5).astype(float)
        assert best_temperature(patients) == pytest.approx(true, rel=0.03)


def test_temperature_lowers_the_calibration_error_of_patients_left_out_and_needs_four():
    random = np.random.default_rng(0)
    voxels = np.full(LOGIT_BINS, 2000)
    patients = np.stack(
        [np.stack([voxels, random.binomial(voxels, 1 / (1 + np.exp(-logit_centres() / 3)))]) for _ in range(6)]
    ).astype(float)
    names = [f"p{n}" for n in range(6)]
    fitted = fit_temperature(patients, names)
    assert fitted["error_after"] < 0.3 * fitted["error_before"]
    assert fit_temperature(patients[:3], names[:3]) == {"patients": 3, "value": None}


def test_a_patient_without_voxels_leaves_every_other_to_learn_from_the_others_alone():
    random = np.random.default_rng(0)
    voxels = np.full(LOGIT_BINS, 2000)
    patients = np.stack(
        [np.stack([voxels, random.binomial(voxels, 1 / (1 + np.exp(-logit_centres() / t)))]) for t in (1, 1, 2, 3, 4)]
    ).astype(float)
    nothing = np.zeros_like(patients[:1])
    names = ["p0", "p0", "p2", "p3", "p4"]
    with_nothing = fit_temperature(np.concatenate([nothing, patients]), ["nobody", *names])
    assert with_nothing == fit_temperature(patients, names)


def test_thresholds_are_the_lowest_and_highest_that_meet_their_targets():
    predicted = np.array([0.2, 0.3, 0.5, 0.6, 0.7, 0.85, 0.9, 0.95])
    dice = np.array([0.1, 0.2, 0.9, 0.5, 0.85, 0.7, 0.85, 0.9])
    assert agree_of(predicted, dice, 0.9) == (pytest.approx(0.875), 2)
    assert agree_of(predicted, dice, 0.75) == (pytest.approx(0.65), 4)
    assert rely_of(predicted, dice) == (pytest.approx(0.65), 4)
    assert agree_of(predicted, np.zeros(8), 0.9) == (None, 0)
    good = np.array([0.5, 0.6, 0.7, 0.95])
    assert rely_of(good, good) == (pytest.approx(0.65), 2), "a predicted Dice that is not poor is none to distrust"
    assert rely_of(good + 0.3, good) == (None, 0)


def test_five_good_patients_cannot_say_agree_and_three_say_nothing():
    predicted, dice = np.linspace(0.5, 0.9, 5), np.linspace(0.55, 0.95, 5)
    few, enough = rules_of(predicted, dice), rules_of(np.tile(predicted, 4), np.tile(dice, 4))
    assert (few["rules"][0]["agree_from"], few["target"]["marked_agree"]) == (None, 0)
    assert 0.7 < enough["rules"][0]["agree_from"] < 0.9 and enough["target"]["marked_agree"] == 8
    assert rules_of(predicted[:3], dice[:3])["rules"] == []


def test_predictions_that_beat_no_average_decide_nothing():
    predicted, dice = np.linspace(0.5, 0.95, 20), np.linspace(0.5, 0.95, 20)
    rules = rules_of(predicted, dice, skilled=False)
    assert (rules["rules"][0]["agree_from"], rules["rules"][0]["rely_from"]) == (None, None)


def test_a_region_inside_another_is_agreed_on_only_after_eleven_that_surely_went_well():
    predicted = np.linspace(0.6, 0.95, 20)
    assert rules_of(predicted, predicted)["target"]["marked_agree"] > 8
    assert rules_of(predicted, predicted, inner=True)["rules"][0]["agree_from"] is None
    many = np.linspace(0.6, 0.95, 40)
    inner, outer = (rules_of(many, many, inner=one)["target"]["marked_agree"] for one in (True, False))
    assert SURE_AGREES <= inner < outer


def test_nobody_with_a_bad_outline_is_told_to_agree():
    predicted = np.linspace(0.6, 0.95, 20)
    dice = predicted + 0.2
    threshold, _ = agree_of(predicted, dice, 0.8)
    dice[15] = 0.5
    assert agree_of(predicted, dice, 0.8)[0] > predicted[15] > threshold


def test_skill_is_one_for_the_truth_none_for_the_mean_and_below_zero_for_worse():
    dice = np.linspace(0.2, 0.9, 12)
    persons = [f"p{n}" for n in range(12)]
    mean = np.array([np.delete(dice, n).mean() for n in range(12)])
    assert fit_skill(dice, dice, persons)["skill"] == fit_skill(dice, dice, persons)["low"] == 1
    nothing = fit_skill(mean, dice, persons)
    assert nothing["skill"] == nothing["low"] == 0
    assert nothing["error"] == nothing["error_of_the_mean"]
    assert fit_skill(dice[::-1], dice, persons)["skill"] < 0
    for digits in (5, 6):  # of a flat map's knot: luck with the last of them is no skill
        assert fit_skill(mean.round(digits), dice, persons)["low"] == 0


def test_two_scans_of_one_person_are_one_in_the_interval_of_skill():
    random = np.random.default_rng(1)
    dice = random.uniform(0.3, 0.9, 10)
    predicted = dice + random.normal(0, 0.12, 10)
    apart = fit_skill(np.repeat(predicted, 2), np.repeat(dice, 2), [f"p{n}" for n in range(20)])
    together = fit_skill(np.repeat(predicted, 2), np.repeat(dice, 2), [f"p{n // 2}" for n in range(20)])
    assert together["low"] < apart["low"]


def test_skill_without_any_spread_of_dice_is_none():
    assert fit_skill(np.full(5, 0.8), np.full(5, 0.8), list("abcde"))["low"] == 0


def test_the_oracle_has_no_excess_a_tie_is_worth_its_mean_and_the_worst_order_is_the_worst():
    risks = np.array([0.0, 0.2, 0.4])
    assert aurc(-risks, risks) == pytest.approx((0 + 0.1 + 0.2) / 3)
    assert aurc(np.zeros(3), risks) == pytest.approx(0.2)
    np.testing.assert_allclose(risk_curve(np.array([2.0, 1.0, 1.0]), risks), [0.0, 0.15, 0.2])
    assert excess_aurc(risks, risks) == pytest.approx((0.4 + 0.3 + 0.2) / 3 - 0.1)


def test_the_interval_of_all_draws_at_once_is_that_of_one_after_the_other_to_the_last_digit():
    random = np.random.default_rng(4)
    for patients, decimals in ((3, 2), (20, 1), (137, 9)):
        signal, risks = np.round(random.uniform(0, 1, (2, patients)), decimals)

        def curve(confidences, of):
            _, tie = np.unique(-confidences, return_inverse=True)
            shared = np.bincount(tie, of) / np.bincount(tie)
            return np.cumsum(shared[np.sort(tie)]) / np.arange(1, len(of) + 1)

        generator, values = np.random.default_rng(0), []
        for _ in range(1000):
            drawn = generator.integers(patients, size=patients)
            values.append(np.mean(curve(signal[drawn], risks[drawn])) - np.mean(curve(-risks[drawn], risks[drawn])))
        found = bootstrap(lambda i, s=signal, r=risks: excess_aurcs(s[i], r[i]), patients)
        assert found == tuple(np.quantile(values, (0.025, 0.975)))
        np.testing.assert_array_equal(risk_curve(signal, risks), curve(signal, risks))


def test_auroc_counts_pairs_and_the_binomial_interval_is_exact():
    assert auroc(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx(3.5 / 4)
    low, high = binomial_interval(5, 5)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 5)), 1.0)


def test_uncertainty_at_the_errors_scores_high_and_everywhere_else_low():
    drawn, truth = np.zeros((2, 10, 10, 10), bool)
    drawn[2:8, 2:8, 2:8] = True
    truth[2:8, 2:8, 3:9] = True
    brain = np.ones_like(drawn)
    wrong = (drawn != truth).astype(np.float32)
    good, bad = qu_brats(drawn, truth, wrong, brain), qu_brats(drawn, truth, 1 - wrong, brain)
    assert good["score"] > 0.98
    assert good["filtered_tp"] == good["filtered_tn"] == 0
    assert bad["score"] < 0.2


def measured(agreement, true_voxels=1000, person="p"):
    regions = {Region.WT: {"signals": {"pairwise_dice": agreement}, "true_voxels": true_voxels}}
    return Measured("c", person, "made", "here", (), True, (), regions)


def test_the_lowest_agreement_is_that_of_patients_who_have_the_region_and_needs_19_of_them():
    without = measured(0.0, true_voxels=0)
    rows = [measured(0.5 + n / 100, person=f"p{n}") for n in range(19)]
    assert fit_presence([*rows, without], Region.WT) == {"patients": 19, "pairwise_dice": 0.5}
    assert fit_presence([*rows[1:], without], Region.WT) is None
    assert fit_presence([*rows[1:], rows[1]], Region.WT) is None, "nineteen scans of eighteen persons"
