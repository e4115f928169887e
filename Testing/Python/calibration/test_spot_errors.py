"""Error rates of disputed voxels: counted in closed form, and read as they are shipped."""

from __future__ import annotations

import numpy as np
import pytest

from SynthTrustLib.codec import decode, parse
from SynthTrustLib.maps.spots.error_rates import SHIPPED, ErrorRates
from SynthTrustLib.resources import resource_path
from Testing.Benchmarks.spot_errors import count_errors, region_errors

RECORD = np.array([[[True, True, False, False]]])
TRUTH = np.array([[[True, False, True, False]]])
PROBABILITY = np.array([[[0.99, 0.51, 0.49, 0.01]]], np.float32)


def patient(*jurors):
    return count_errors(RECORD, np.array(jurors, bool).reshape(-1, 1, 1, 4), PROBABILITY, TRUTH)


def test_only_disputed_voxels_count_each_by_its_class():
    disputed, wrong = patient([1, 0, 1, 0], [1, 0, 0, 0])
    assert disputed.sum() == pytest.approx(1) and np.count_nonzero(disputed) == 2
    assert disputed[1, 10, 0] == pytest.approx(0.5), "inside the record, all against it, hardly sure"
    assert disputed[0, 5, 0] == pytest.approx(0.5), "outside, half of the jury against it"
    assert wrong == pytest.approx(disputed), "the record is wrong in both"


def test_a_patient_without_doubt_counts_for_nothing():
    sure, torn = patient([1, 1, 0, 0]), patient([1, 0, 0, 0])
    assert not sure.any()
    assert region_errors([sure, torn]) == region_errors([torn])
    assert region_errors([torn]).patients == 1


def test_classes_without_voxels_have_the_mean_of_all():
    errors = region_errors([patient([0, 0, 0, 0])])
    assert errors.left_out[3][2] == pytest.approx(0.5)
    assert errors.included[10][5] == pytest.approx(0.5 * 0.01 / 0.51, rel=1e-3)
    assert errors.included[10][0] == pytest.approx((0.5 + 0.005) / 0.51, rel=1e-3)


def test_the_shipped_rates_are_of_every_region_and_of_the_ladder():
    rates = decode(ErrorRates, parse(resource_path(SHIPPED).read_text("utf-8")))
    assert set(rates.regions) == {"WT", "TC", "ET"} and len(rates.jury) == 6
    whole = rates.regions["WT"]
    for errors in (np.array(whole.left_out), np.array(whole.included)):
        told = errors[errors.std(axis=1) > 0]
        assert len(told) > 3 and np.all(told[:, 0] > 3 * told[:, -1]), "the less sure the record, the more often wrong"
