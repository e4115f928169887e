"""Placeholder voxel sizes are seen through, true ones are believed."""

from __future__ import annotations

import builders
import numpy as np
import pytest

from SynthTrustLib.case.head.look import HeadSize
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.case.spacing import judge_spacing, with_spacing
from SynthTrustLib.errors import InputError

THIN = (True, False, False)


def test_a_head_of_36_mm_height_gives_a_placeholder_away():
    opinion = judge_spacing(builders.grid((36, 256, 256)), HeadSize((36.0, 220.0, 180.0), THIN))
    assert not opinion.trusted
    assert "36 mm tall" in opinion.reason


def test_a_thin_slab_with_a_size_other_than_1_mm_is_believed():
    slab = HeadSize((36.0, 220.0, 180.0), THIN)
    assert judge_spacing(builders.grid((36, 256, 256), (1.0, 0.9, 0.9)), slab).trusted


@pytest.mark.parametrize("skull", Skull)
@pytest.mark.parametrize("head", [(136.0, 172.0, 144.0), (127.0, 178.0, 142.0), (180.0, 230.0, 160.0)])
def test_a_head_of_human_proportions_at_1_mm_is_believed(head, skull):
    assert judge_spacing(builders.grid((155, 240, 240)), HeadSize(head), skull).trusted


@pytest.mark.parametrize("scale", [0.1, 0.5, 0.6, 1.5, 2.0, 10.0])
@pytest.mark.parametrize(("skull", "mm"), [(Skull.OFF, (140.0, 172.0, 142.0)), (Skull.ON, (200.0, 235.0, 170.0))])
def test_a_head_or_brain_scaled_along_all_axes_is_not_believed(skull, mm, scale):
    size = tuple(scale * length for length in mm)
    head = HeadSize(size, ml=0.5 * float(np.prod(size)) / 1000)
    opinion = judge_spacing(builders.grid((155, 240, 240), (scale, scale, scale)), head, skull)
    assert opinion.trusted == (skull is Skull.ON and scale in (0.6, 1.5) and max(size) < 330 and sorted(size)[1] > 90)
    assert opinion.reason


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("scale", [0.2, 0.4, 3.0])
def test_a_brain_scaled_along_one_axis_is_not_believed(axis, scale):
    mm = [140.0, 172.0, 142.0]
    mm[axis] *= scale
    head = HeadSize((mm[0], mm[1], mm[2]), ml=0.5 * float(np.prod(mm)) / 1000)
    assert not judge_spacing(builders.grid((155, 240, 240), (1.1, 1.1, 1.1)), head, Skull.OFF).trusted


def test_a_volume_too_small_for_a_head_is_not_believed_where_no_head_can_be_measured():
    opinion = judge_spacing(builders.grid((155, 190, 190), (0.1, 0.1, 0.1)), None)
    assert not opinion.trusted
    assert "19 x 19 mm holds no head" in opinion.reason


def test_a_head_of_half_a_meter_is_not_believed():
    assert not judge_spacing(builders.grid((100, 100, 100), (5, 5, 5)), HeadSize((450.0, 480.0, 400.0))).trusted


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
