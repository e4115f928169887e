"""The unseen test of the audit is of patients that no limit was set on, and its faults are what they are called."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mixes.heads_for_tests import heads
from scipy import ndimage

from Testing.Benchmarks.audit_faults import STEP
from Testing.Benchmarks.audit_unseen import EXPECTED, FAULTS, SPLIT, Cohort, coarse, mislabelled


def test_no_patient_of_it_is_one_whom_a_limit_was_set_on(tmp_path):
    for name, count in EXPECTED.items():
        ids = Cohort(name, tmp_path).ids
        assert len(set(ids)) == count
        assert not set(ids) & set(json.loads(SPLIT.read_text())["cohorts"][name]["train"])


def test_every_fault_asks_for_the_same_measures_each_time(tmp_path):
    def asked(fault):
        cohort = Cohort("brats", tmp_path)
        fault.make(cohort, "strong", np.random.default_rng(3))
        return {wish.key for wish in cohort.wishes}

    for fault in FAULTS:
        keys = asked(fault)
        assert keys == asked(fault)


@pytest.mark.parametrize("seed", [0, 5])
def test_a_label_is_moved_by_as_much_as_said(seed):
    (entry,) = heads(1, 1, "t")
    middle = ndimage.center_of_mass
    step = np.subtract(middle(mislabelled(entry, 6.0, seed).label > 0), middle(entry.label > 0))
    assert STEP * np.linalg.norm(step) == pytest.approx(6, abs=1.8)


def test_coarse_voxels_take_detail_away_and_leave_the_head_where_it_is():
    (entry,) = heads(1, 1, "t")
    soft = coarse(entry, 4, 1.0)
    np.testing.assert_array_equal(soft.image > 0, entry.image > 0)
    before, after = (np.float32(one.image[3]) for one in (entry, soft))
    assert np.abs(np.diff(after, axis=2)).mean() < 0.6 * np.abs(np.diff(before, axis=2)).mean()
    inside = ndimage.binary_erosion(before > 0, iterations=5)
    assert after[inside].mean() == pytest.approx(before[inside].mean(), rel=0.1)
