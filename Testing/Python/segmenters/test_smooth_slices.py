"""A slice's probabilities take part in its neighbours'."""

import builders
import numpy as np
import pytest
from segmenters import onnx_models

from SynthTrustLib.segmenters.adapters.slices.smooth_slices import SETTING, smooth_slices
from SynthTrustLib.segmenters.run import run_segmenters


@pytest.fixture
def volume():
    return np.random.default_rng(0).uniform(0, 1, (3, 9, 4, 5)).astype(np.float32)


def smoothed(volume, share=0.25):
    volume = volume.copy()
    smooth_slices(volume, share)
    return volume


def test_one_slice_alone_is_shared_out():
    lone = np.zeros((1, 5, 2, 2), np.float32)
    lone[:, 2] = 1
    np.testing.assert_allclose(smoothed(lone)[0, :, 0, 0], (0, 0.25, 0.5, 0.25, 0))


@pytest.mark.parametrize("share", (0.0, 0.2, 1 / 3))
def test_what_is_the_same_in_every_slice_stays(volume, share):
    same = np.repeat(volume[:, :1], 6, axis=1)
    np.testing.assert_allclose(smoothed(same, share), same, rtol=1e-6)


def test_probabilities_stay_probabilities_and_keep_their_sum(volume):
    after = smoothed(volume)
    assert after.min() >= 0 and after.max() <= 1
    np.testing.assert_allclose(after.sum(axis=1), volume.sum(axis=1), rtol=1e-5)


def test_up_and_down_are_alike(volume):
    np.testing.assert_allclose(smoothed(volume[:, ::-1]), smoothed(volume)[:, ::-1], rtol=1e-6)


def test_one_slice_has_no_neighbours(volume):
    np.testing.assert_allclose(smoothed(volume[:, :1]), volume[:, :1], rtol=1e-6)


def test_a_view_is_changed_in_place(volume):
    expected = smoothed(volume)
    turned = np.ascontiguousarray(volume.transpose(0, 3, 2, 1))
    smooth_slices(turned.transpose(0, 3, 2, 1), 0.25)
    np.testing.assert_array_equal(turned.transpose(0, 3, 2, 1), expected)


def test_a_card_asks_for_it(tmp_path):
    pytest.importorskip("onnxruntime")
    case = builders.case((9, 40, 36))
    weight = np.zeros((3, 12))
    weight[:, 10] = 4  # this slice's FLAIR
    reader = onnx_models.pixelwise(weight, np.full(3, -2.0))
    plain = onnx_models.package(tmp_path, "plain", reader, preprocessing={})
    tempering = onnx_models.package(tmp_path, "tempering", reader, preprocessing={SETTING: 0.25})
    alone, tempered = run_segmenters(case, [plain, tempering], engine="onnxruntime").probabilities
    inside = np.flatnonzero(alone.any(axis=(0, 2, 3)))  # the head's slices; the test grid runs upwards already
    expected = smoothed(alone[:, inside[0] : inside[-1] + 1])
    assert not np.allclose(alone, tempered)
    np.testing.assert_allclose(tempered[:, inside[0] : inside[-1] + 1], expected, atol=1e-6)
