"""Resampling keeps what it must: places, means, labels and the zeros around a stripped brain."""

from __future__ import annotations

import builders
import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.place.resample import covered_share, resample, resample_labels


def test_a_linear_field_is_reproduced_exactly_on_a_finer_grid():
    native = builders.grid((12, 12, 12), (2, 2, 2))
    target = builders.grid((16, 16, 16), (1, 1, 1), origin=(-4.0, -3.0, 4.0))
    field = lambda grid: grid.ras(np.stack(np.indices(grid.shape), -1)) @ (3.0, -2.0, 0.5) + 100.0  # noqa: E731
    result = resample(field(native).astype(np.float32), native, target)
    np.testing.assert_allclose(result, field(target), rtol=1e-5)


def test_the_same_place_keeps_its_value_on_a_grid_with_other_axes():
    native = builders.grid((10, 11, 12))
    array = np.random.default_rng(0).uniform(1, 2, native.shape).astype(np.float32)
    turned = Geometry((12, 10, 11), native.ijk_to_ras[:, [1, 2, 0, 3]])
    np.testing.assert_allclose(resample(array, native, turned), array.transpose(2, 0, 1), rtol=1e-5)


def test_thin_slices_are_averaged_into_thick_ones_not_picked():
    native = builders.grid((60, 16, 16), (1, 1, 1))
    target = builders.grid((10, 16, 16), (6, 1, 1))
    stripes = np.ones(native.shape, np.float32)
    stripes[::2] = 3.0
    inner = resample(stripes, native, target)[2:-2]
    np.testing.assert_allclose(inner, 2.0, atol=0.05)


def test_a_coarse_axis_is_smoothed_along_itself_only():
    native = builders.grid((60, 16, 16), (1, 1, 1))
    target = builders.grid((10, 16, 16), (6, 1, 1))
    columns = np.ones(native.shape, np.float32)
    columns[:, :, 8:] = 5.0
    np.testing.assert_allclose(resample(columns, native, target)[5], columns[0], rtol=1e-5)


def test_no_halo_appears_around_a_stripped_brain():
    native = builders.grid((40, 40, 40), (1, 1, 1))
    brain = np.where(builders.ball(native.shape, radius=12), 100.0, 0.0).astype(np.float32)
    target = builders.grid((20, 20, 20), (2, 2, 2))
    result = resample(brain, native, target)
    assert not result[~builders.ball(target.shape, center=(9.75,) * 3, radius=7.0)].any()


def test_outside_of_its_field_of_view_a_contrast_is_zero():
    native = builders.grid((10, 10, 10))
    target = builders.grid((20, 10, 10))
    assert not resample(np.ones(native.shape, np.float32), native, target)[11:].any()


def test_labels_stay_labels():
    native = builders.grid((12, 12, 12))
    labels = np.random.default_rng(0).choice([0, 1, 2, 4], native.shape).astype(np.uint8)
    target = builders.grid((20, 20, 20), (0.6, 0.6, 0.6))
    assert set(np.unique(resample_labels(labels, native, target))) == {0, 1, 2, 4}


@pytest.mark.parametrize(("shift", "expected"), [(0.0, 1.0), (5.0, 0.5), (30.0, 0.0)])
def test_the_covered_share_is_that_of_shifted_boxes(shift, expected):
    of = builders.grid((10, 10, 10))
    by = builders.grid((10, 10, 10), origin=(0.0, 0.0, shift))
    assert covered_share(of, by) == pytest.approx(expected, abs=0.05)
