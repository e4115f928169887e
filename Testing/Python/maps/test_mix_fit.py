"""The influence of the training mixes, and whether it is more than chance, against closed forms."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest
from scipy.stats import t

from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.mix_fit import DIVERSITY, GENERATOR, PROPORTION, QUALITY, fit_factors, fit_mixes, why_no_slope
from SynthTrustLib.maps.mix_groups import comparable


def card(synthetic, seed=1, **mix):
    made = builders.card(f"s{synthetic}-{seed}-{len(mix)}", synthetic=synthetic, real=100 - synthetic)
    return replace(made, training_mix=replace(made.training_mix, seed=seed, **mix))


LADDER = [card(synthetic, seed) for synthetic in (0, 50, 100) for seed in (1, 2)]


def test_effect_and_standard_error_are_those_of_scipy():
    from scipy.stats import linregress

    values = [3.0, 3.5, 4.0, 5.5, 5.0, 6.5]
    fit, expected = fit_mixes(LADDER), linregress([0, 0, 0.5, 0.5, 1, 1], values)
    assert fit.effect(values) == pytest.approx(expected.slope)
    assert fit.standard_error(values) == pytest.approx(expected.stderr)
    assert fit.at_no_synthetic_data(values) == pytest.approx(expected.intercept)


def test_the_seed_error_is_the_pooled_spread_between_seeds_carried_to_the_effect():
    values = [3.0, 3.5, 4.0, 5.5, 5.0, 6.5]
    variance = (0.5**2 / 2 + 1.5**2 / 2 + 1.5**2 / 2) / 3
    centred = np.array([-0.5, -0.5, 0, 0, 0.5, 0.5])
    expected = np.sqrt(variance / (centred**2).sum())
    fit = fit_mixes(LADDER)
    assert fit.seed_error(values) == pytest.approx(expected)
    assert fit.chance_factor == pytest.approx(t.ppf(0.975, 3))
    assert fit.told_from_chance(values) == (abs(fit.effect(values)) > t.ppf(0.975, 3) * expected)


def test_seeds_that_agree_tell_every_effect_from_chance_and_no_seeds_tell_nothing():
    assert fit_mixes(LADDER).told_from_chance([1, 1, 2, 2, 3, 3]) is True
    assert fit_mixes(LADDER[::2]).told_from_chance([1, 2, 3]) is None


def test_pure_chance_is_told_from_chance_in_one_case_of_twenty():
    random = np.random.default_rng(0)
    fit = fit_mixes(LADDER)
    told = [fit.told_from_chance(random.normal(size=6)) for _ in range(4000)]
    assert np.mean(told) == pytest.approx(0.05, abs=0.015)


def test_another_quality_and_diversity_have_effects_of_their_own_and_leave_the_proportion_alone():
    ladder = [
        card(synthetic, seed, quality=q, diversity=q)
        for synthetic in (0, 50, 100)
        for seed in (1, 2)
        for q in ("high" if synthetic else None,)
    ]
    more = [*ladder, card(50, quality="low", diversity="high"), card(50, quality="high", diversity="low")]
    values = [1, 1, 2, 2, 3, 3, 5.0, 0.5]
    fit = fit_mixes(more)
    assert fit.effect(values) == pytest.approx(2.0)
    assert fit.effect(values, QUALITY) == pytest.approx(3.0)
    assert fit.effect(values, DIVERSITY) == pytest.approx(-1.5)
    assert set(fit_mixes(ladder).weights) == {PROPORTION}


def test_factors_that_always_change_together_leave_the_proportion_alone_and_have_no_effect_of_their_own():
    ladder = [card(synthetic, seed) for synthetic in (0, 25, 50) for seed in (1, 2)]
    more = [*ladder, card(50, quality="low", generator="other"), card(50, diversity="low")]
    values = [0, 0, 2.5, 2.5, 5, 5, 50, 7]
    fit = fit_mixes(more)
    assert fit.effect(values) == pytest.approx(10)
    assert fit.standard_error(values) == pytest.approx(0, abs=1e-9)
    assert fit.freedom == len(more) - 4
    assert fit.effect(values, DIVERSITY) == pytest.approx(2)
    assert set(fit.weights) == {PROPORTION, DIVERSITY}
    apart = fit_mixes([*more, card(50, 2, quality="low")])
    assert set(apart.weights) == {PROPORTION, DIVERSITY, QUALITY, GENERATOR}


def test_a_fit_of_the_fewest_segmenters_has_a_standard_error():
    odd = [card(50, quality="low"), card(50, generator="other", diversity="low")]
    assert [fit_mixes([*LADDER[::2], *odd[:n]]).freedom for n in range(3)] == [1, 1, 1]


def test_as_many_effects_as_segmenters_leave_nothing_over_to_tell_an_error():
    pair = [card(50, quality="high"), card(50, seed=2, quality="low")]
    four = [card(0, quality=None), card(50, quality="high"), card(50, 2, quality="low"), card(50, 3, diversity="few")]
    for jury in (pair, four):
        fit = fit_factors(jury)
        assert fit.freedom == 0 and fit.standard_error([3.0, 5.0, 5.0, 5.0][: len(jury)], QUALITY) is None
    assert fit_factors(pair).effect([3.0, 5.0], QUALITY) == pytest.approx(2.0)


def test_a_hump_has_no_slope_to_the_last_digit():
    assert fit_mixes(LADDER[::2]).effect([0.0, 0.004, 0.0]) == 0


def test_the_line_turns_about_the_mean_fraction_of_those_that_decide_its_slope():
    ladder = [card(synthetic) for synthetic in (0, 25, 50)]
    assert fit_mixes(ladder).pivot == pytest.approx(0.25)
    assert fit_mixes([*ladder, card(100, quality="low")]).pivot == pytest.approx(0.25)


def test_a_segmenter_with_another_budget_is_left_out():
    plan = {"schedule": {"steps": 100, "seed": 1}}
    ladder = [replace(one, training={"plan": {"schedule": {"steps": 100, "seed": n}}}) for n, one in enumerate(LADDER)]
    flagship = replace(card(0, 9), training={"plan": {"schedule": {**plan["schedule"], "steps": 900}}})
    assert comparable([*ladder, flagship]) == list(range(6))
    fit = fit_mixes([*ladder, flagship])
    assert fit.weights[PROPORTION][-1] == 0
    assert fit.used == list(range(6))
    assert fit.effect([1, 1, 2, 2, 3, 3, 100]) == pytest.approx(2.0)


def test_of_two_budgets_the_one_with_more_proportions_is_the_ladder_however_few_it_has():
    training = {"plan": {"schedule": {"steps": 9}}}
    older = [replace(card(n, seed), training=training) for n in (0, 50) for seed in range(5)]
    assert comparable([*older, *LADDER]) == list(range(10, 16))
    assert fit_mixes([*older, *LADDER]).effect([9.0] * 10 + [1, 1, 2, 2, 3, 3]) == pytest.approx(2)


def test_other_factors_are_fitted_beside_one_proportion_and_of_their_own_budget():
    def of(steps, synthetic, seed, quality):
        return replace(card(synthetic, seed, quality=quality), training={"plan": {"schedule": {"steps": steps}}})

    controls = [of(9, n, seed, "high" if n else None) for n in (0, 50) for seed in (1, 2)]
    low = [of(9, 50, seed, "low") for seed in (1, 2)]
    ladder = [replace(one, training_mix=replace(one.training_mix, quality="high")) for one in LADDER]
    values = [1.0, 1.2, 2.0, 2.2, 5.0, 5.2]
    assert fit_mixes([*controls, *low]) is None
    fit = fit_factors([*ladder, *controls, *low])
    assert fit.used == list(range(6, 12))
    assert fit.effect([7.0] * 6 + values, QUALITY) == pytest.approx(3.0)
    assert fit.seed_error([7.0] * 6 + values, QUALITY) == pytest.approx(np.sqrt(0.02))
    assert fit_factors(ladder) is None
    assert fit_factors([]) is None


def test_three_fractions_of_different_budgets_are_no_ladder_and_the_reason_says_so():
    odd = replace(card(50), training={"plan": {"schedule": {"steps": 900}}})
    assert fit_mixes([card(0), odd, card(100)]) is None
    assert "two ran (0 % and 100 %)" in why_no_slope([card(0), odd, card(100)])


def test_the_map_hides_voxels_where_seeds_differ_as_much_as_mixes_and_keeps_the_others():
    shape = (2, 3, 4)
    p = np.zeros((6, 1, *shape), np.float32)
    p[:, 0] = np.array([0.1, 0.1, 0.4, 0.4, 0.7, 0.7], np.float32)[:, None, None, None]
    p[:, 0, 0] = np.array([0.1, 0.9, 0.8, 0.2, 0.3, 0.9], np.float32)[:, None, None]
    stack = replace(builders.stack(p), segmenters=tuple(LADDER))
    influence = compute_maps(stack)["mix_influence"]
    np.testing.assert_array_equal(influence[0, 0], 0)
    np.testing.assert_allclose(influence[0, 1], 0.6, atol=1e-6)
