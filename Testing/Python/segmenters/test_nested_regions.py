"""No region is less probable than one inside it."""

from __future__ import annotations

from types import SimpleNamespace

import builders
import numpy as np
import pytest
from segmenters import onnx_models

from SynthTrustLib.case.part import Part
from SynthTrustLib.segmenters.adapters.slices.smooth_slices import smooth_slices
from SynthTrustLib.segmenters.label_map import label_map
from SynthTrustLib.segmenters.nested_regions import nested
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.vocabulary import Region

ALL = (Region.WT, Region.TC, Region.ET)


@pytest.fixture
def answer():
    return np.random.default_rng(0).uniform(0, 1, (5, 3, 6, 7)).astype(np.float32)


def test_an_inner_region_lifts_the_outer_ones_and_is_not_changed_itself(answer):
    after = nested(answer, ALL, GLIOMA)
    np.testing.assert_array_equal(after[:, 2], answer[:, 2])
    np.testing.assert_array_equal(after[:, 1], answer[:, 1:].max(axis=1))
    np.testing.assert_array_equal(after[:, 0], answer.max(axis=1))


def test_what_is_nested_already_is_left_alone_and_the_networks_own_array_is_not_touched(answer):
    before = answer.copy()
    after = nested(answer, ALL, GLIOMA)
    np.testing.assert_array_equal(answer, before)
    np.testing.assert_array_equal(nested(after, ALL, GLIOMA), after)


def test_the_order_of_the_channels_does_not_matter_and_a_region_may_be_missing(answer):
    turned = nested(answer[:, ::-1], ALL[::-1], GLIOMA)
    np.testing.assert_array_equal(turned[:, ::-1], nested(answer, ALL, GLIOMA))
    two = nested(answer[:, (0, 2)], (Region.WT, Region.ET), GLIOMA)
    np.testing.assert_array_equal(two[:, 0], answer[:, (0, 2)].max(axis=1))


def test_regions_of_another_task_lie_in_one_another_as_it_says(answer):
    task = SimpleNamespace(ordered=lambda regions: ["LIV", "LES"], around=lambda region: ("LIV",) * (region == "LES"))
    after = nested(answer[:, :2], ("LES", "LIV"), task)
    np.testing.assert_array_equal(after[:, 1], answer[:, :2].max(axis=1))
    flat = SimpleNamespace(ordered=lambda regions: list(regions), around=lambda region: ())
    np.testing.assert_array_equal(nested(answer, ("ET", "TC", "WT"), flat), answer)


def test_tempering_by_the_neighbours_leaves_regions_nested(answer):
    volume = np.ascontiguousarray(nested(answer, ALL, GLIOMA).transpose(1, 0, 2, 3))
    smooth_slices(volume, 0.25)
    assert np.all(volume[0] >= volume[1] - 1e-6) and np.all(volume[1] >= volume[2] - 1e-6)


def test_a_label_map_tells_the_very_outlines_of_a_network_that_contradicts_itself(tmp_path):
    pytest.importorskip("onnxruntime")
    weight = np.zeros((3, 12))
    weight[1, 10], weight[2, 10] = 2, 4  # of this slice's FLAIR: no whole tumor, and more enhancing tumor than core
    model = onnx_models.pixelwise(weight, np.array([-9.0, -2.0, -2.0]))
    package = onnx_models.package(tmp_path, "wild", model)
    stack = run_segmenters(builders.case((9, 40, 36)), [package], engine="onnxruntime")
    outlines = dict(zip(stack.regions, stack.probabilities[0] >= 0.5, strict=True))
    labels = label_map({region: Part(stack.support, mask) for region, mask in outlines.items()}, stack.geometry.shape)
    assert outlines[Region.ET].any()
    labels = labels[stack.support]
    np.testing.assert_array_equal(labels > 0, outlines[Region.WT])
    np.testing.assert_array_equal(np.isin(labels, (1, 3)), outlines[Region.TC])
