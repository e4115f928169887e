"""Placeholder voxel sizes are seen through, true ones are believed."""

from __future__ import annotations

import builders
import numpy as np
import pytest

from SynthTrustLib.case.spacing import judge_spacing, with_spacing
from SynthTrustLib.errors import InputError


def test_a_head_of_36_mm_height_gives_a_placeholder_away():
    opinion = judge_spacing(builders.grid((36, 256, 256)), (36.0, 220.0, 180.0))
    assert not opinion.trusted
    assert "36 mm tall" in opinion.reason


def test_a_thin_slab_with_a_size_other_than_1_mm_is_believed():
    assert judge_spacing(builders.grid((36, 256, 256), (1.0, 0.9, 0.9)), (36.0, 220.0, 180.0)).trusted


@pytest.mark.parametrize("head", [(136.0, 172.0, 144.0), (127.0, 178.0, 142.0), (180.0, 230.0, 160.0)])
def test_a_head_of_human_proportions_at_1_mm_is_believed(head):
    assert judge_spacing(builders.grid((155, 240, 240)), head).trusted


def test_a_small_object_at_1_mm_is_believed_because_it_is_no_head():
    assert judge_spacing(builders.grid((20, 64, 64)), (20.0, 60.0, 60.0)).trusted


def test_a_head_of_half_a_meter_is_not_believed():
    assert not judge_spacing(builders.grid((100, 100, 100), (5, 5, 5)), (450.0, 480.0, 400.0)).trusted


def test_an_unmeasurable_head_leaves_the_header_at_its_word():
    assert judge_spacing(builders.grid((36, 256, 256)), None).trusted


def test_a_stated_size_replaces_the_spacing_and_keeps_direction_and_origin():
    before = builders.grid((5, 6, 7), origin=(10.0, 20.0, 30.0))
    after = with_spacing(before, (0.9, 0.8, 6.0))
    np.testing.assert_allclose(after.spacing, (6.0, 0.8, 0.9))
    np.testing.assert_allclose(after.direction_ras, before.direction_ras)
    np.testing.assert_allclose(after.ijk_to_ras[:3, 3], (10.0, 20.0, 30.0))


@pytest.mark.parametrize("size", [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, float("nan")), (1.0, 1.0, 100.0)])
def test_an_impossible_stated_size_is_refused(size):
    with pytest.raises(InputError, match="not a voxel size"):
        with_spacing(builders.grid(), size)
