"""The maps against closed forms."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from SynthTrustLib.errors import GeometryError
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.slab import NEGLIGIBLE, binary_entropy

SHAPE = (3, 4, 5)
NAMES = ("pooled", "disagreement", "uncertainty", "between")


def of(maps, name):
    return maps[name] if name in maps.layers else getattr(maps, name)


def entropy(p):
    """In bits, double precision."""
    p = np.asarray(p, np.float64)
    q = 1 - p
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(np.where(p > 0, p * np.log2(p), 0) + np.where(q > 0, q * np.log2(q), 0))


def noise(members=5, regions=3, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).random((members, regions, *shape)).astype(np.float32)


def constant(*values, shape=SHAPE):
    """One region; each segmenter gives one probability everywhere."""
    return np.stack([np.full((1, *shape), value, np.float32) for value in values])


def test_maps_of_random_probabilities_follow_their_formulas():
    p = noise()
    maps = compute_maps(builders.stack(p))
    fractions = np.array([0, 0.25, 0.5, 0.75, 1])
    slope = np.polyfit(fractions, p.reshape(5, -1), 1)[0].reshape(p.shape[1:])
    pooled = p.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(maps.pooled, pooled, atol=1e-6)
    np.testing.assert_array_equal(maps["disagreement"], p.max(axis=0) - p.min(axis=0))
    np.testing.assert_allclose(maps["uncertainty"], entropy(pooled), atol=1e-6)
    np.testing.assert_allclose(maps.between, entropy(pooled) - entropy(p).mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(maps["mix_influence"], slope.clip(-1, 1), atol=1e-6)
    assert not maps.missing


@pytest.mark.parametrize("members", [2, 3, 5, 7])
def test_identical_segmenters_do_not_disagree_at_all(members):
    maps = compute_maps(builders.stack(np.repeat(noise(members=1), members, axis=0)))
    assert not maps["disagreement"].any()
    assert not maps.between.any()
    assert "mix_influence" not in maps.layers or not maps["mix_influence"].any()


def test_two_opposite_segmenters_disagree_completely_and_each_is_certain():
    maps = compute_maps(builders.stack(constant(0, 1)))
    for name, value in {"pooled": 0.5, "disagreement": 1, "uncertainty": 1, "between": 1}.items():
        np.testing.assert_array_equal(of(maps, name), value)


def test_segmenters_that_all_say_one_half_are_uncertain_but_do_not_disagree():
    maps = compute_maps(builders.stack(constant(0.5, 0.5, 0.5)))
    np.testing.assert_array_equal(maps["uncertainty"], 1)
    assert not maps.between.any()


def test_one_segmenter_alone_has_uncertainty_but_no_disagreement_and_no_mix_influence():
    p = noise(members=1)
    maps = compute_maps(builders.stack(p, synthetic=[50]))
    np.testing.assert_array_equal(maps.pooled, p[0])
    np.testing.assert_allclose(maps["uncertainty"], entropy(p[0]), atol=1e-6)
    assert not maps["disagreement"].any()
    assert not maps.between.any()
    assert "mix_influence" not in maps.layers
    assert "one ran (50 %)" in maps.missing["mix_influence"]


def test_mix_influence_is_the_slope_against_the_synthetic_fraction():
    maps = compute_maps(builders.stack(constant(0.1, 0.3, 0.5, 0.7, 0.9)))
    np.testing.assert_allclose(maps["mix_influence"], 0.8, atol=1e-6)
    down = compute_maps(builders.stack(constant(0.9, 0.7, 0.5, 0.3, 0.1)))
    np.testing.assert_allclose(down["mix_influence"], -0.8, atol=1e-6)


def test_a_slope_beyond_one_is_clipped():
    maps = compute_maps(builders.stack(constant(0, 0.5, 1), synthetic=[40, 50, 60]))
    np.testing.assert_array_equal(maps["mix_influence"], 1)


def test_mix_influence_is_unknown_with_many_segmenters_of_two_fractions():
    maps = compute_maps(builders.stack(noise(members=6), synthetic=[0, 0, 0, 100, 100, 100]))
    assert "mix_influence" not in maps.layers
    assert "two ran (0 % and 100 %)" in maps.missing["mix_influence"]


def test_the_order_of_the_segmenters_does_not_matter():
    p, order = noise(), [3, 0, 4, 1, 2]
    fractions = np.array([0, 25, 50, 75, 100])
    one = compute_maps(builders.stack(p, synthetic=fractions))
    other = compute_maps(builders.stack(p[order], synthetic=fractions[order]))
    np.testing.assert_array_equal(one["disagreement"], other["disagreement"])
    for name in (*NAMES, "mix_influence"):
        np.testing.assert_allclose(of(one, name), of(other, name), atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flipped_patient_has_flipped_maps(axis):
    p = noise()
    one, other = compute_maps(builders.stack(p)), compute_maps(builders.stack(np.flip(p, axis + 2).copy()))
    for name in (*NAMES, "mix_influence"):
        np.testing.assert_array_equal(np.flip(of(one, name), axis + 1), of(other, name))


def test_nothing_is_computed_outside_the_support():
    support = (slice(1, 3), slice(0, 2), slice(2, 5))
    p = np.zeros((3, 2, *SHAPE), np.float32)
    p[(slice(None), slice(None), *support)] = noise(3, 2)[(slice(None), slice(None), *support)]
    whole = builders.stack(p)
    small = replace(whole, probabilities=p[(slice(None), slice(None), *support)], support=support)
    cut, full = compute_maps(small), compute_maps(whole)
    assert cut.support == support
    for name in (*NAMES, "mix_influence"):
        for index in range(2):
            part = cut.part(of(cut, name), index)
            np.testing.assert_array_equal(part.whole(SHAPE), of(full, name)[index])


def test_an_empty_support_gives_empty_maps():
    nothing = (slice(0, 0), slice(0, 0), slice(0, 0))
    maps = compute_maps(replace(builders.stack(np.zeros((3, 1, 0, 0, 0))), support=nothing))
    assert not any(of(maps, name).any() for name in NAMES)


def test_negligible_probabilities_keep_the_stated_bound():
    p = np.full((3, 1, *SHAPE), NEGLIGIBLE * 0.99, np.float32)
    p[0] = 0
    maps = compute_maps(builders.stack(p))
    assert np.abs(maps["uncertainty"] - entropy(maps.pooled)).max() <= 2.1e-5
    np.testing.assert_array_equal(maps["disagreement"], p.max(axis=0))


def test_entropy_is_exact_at_its_ends_and_in_its_middle():
    np.testing.assert_array_equal(binary_entropy(np.array([0, 0.5, 1], np.float32)), [0, 1, 0])


def test_probabilities_that_do_not_fit_the_grid_are_refused():
    stack = replace(builders.stack(noise()), support=builders.everything((3, 4, 6)))
    with pytest.raises(GeometryError, match="does not hold 5 segmenters"):
        compute_maps(stack)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float32, (4, 1, 2, 2, 3), elements=st.floats(0, 1, width=32)),
    st.lists(st.integers(0, 100), min_size=4, max_size=4),
)
def test_every_map_stays_in_its_range_whatever_the_probabilities(p, synthetic):
    maps = compute_maps(builders.stack(p, synthetic=synthetic))
    for name in NAMES:
        values = of(maps, name)
        assert values.dtype == np.float32
        assert values.min() >= 0
        assert values.max() <= 1
    assert np.all(maps.pooled >= p.min(axis=0))
    assert np.all(maps.pooled <= p.max(axis=0))
    assert np.all(maps.between <= maps["uncertainty"])
    if "mix_influence" in maps.layers:
        assert np.abs(maps["mix_influence"]).max() <= 1
