"""The Fréchet distance is that of its closed form, and that of frd-score on the same table."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from SynthTrustLib.mixes.audit.frechet import frechet_distance


def tables(features=12):
    random = np.random.default_rng(3)
    mixing = random.normal(size=(features, features))
    return random.normal(size=(40, features)) @ mixing + 3, random.normal(size=(30, features)) @ mixing * 1.3 + 2


def test_it_is_the_distance_of_two_normal_distributions():
    real, synthetic = tables()
    one, other = ((table - real.mean(axis=0)) / real.std(axis=0) for table in (real, synthetic))
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    means = ((one.mean(axis=0) - other.mean(axis=0)) ** 2).sum()
    spreads = np.trace(first + second - 2 * linalg.sqrtm(first @ second).real)
    assert frechet_distance(real, synthetic) == pytest.approx(means + spreads, rel=1e-6)


def test_it_is_that_of_frd_score():
    frd = pytest.importorskip("frd_score.frd", reason="frd-score is not installed")
    real, synthetic = tables()
    scores = [frd.z_score_normalize(table, base_distribution=real) for table in (real, synthetic)]
    theirs = [each for table in scores for each in (table.mean(axis=0), np.cov(table, rowvar=False))]
    assert frechet_distance(real, synthetic) == pytest.approx(frd.calculate_frechet_distance(*theirs), rel=1e-6)


def test_it_is_zero_for_the_same_set_and_a_feature_without_spread_does_not_count():
    real, synthetic = tables()
    assert frechet_distance(real, real) == pytest.approx(0, abs=1e-9)
    flat = [np.column_stack([table, np.ones(len(table))]) for table in (real, synthetic)]
    assert frechet_distance(*flat) == pytest.approx(frechet_distance(real, synthetic))
