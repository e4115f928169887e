"""Head, skull and background are found in volumes whose answer is known."""

from __future__ import annotations

import builders
import numpy as np
import pytest
from case_heads import HEAD_SHAPE, make_head

from SynthTrustLib.case.head.look import (
    background_value,
    common_head,
    head_size,
    look_at_head,
    skull_of,
    skull_of_case,
)
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.vocabulary import Contrast


def test_a_stripped_brain_has_its_skull_off(head_grid):
    assert skull_of(look_at_head(make_head(skull=False), head_grid)) is Skull.OFF


def test_a_whole_head_has_its_skull_on(head_grid):
    assert skull_of(look_at_head(make_head(skull=True), head_grid)) is Skull.ON


def test_a_whole_head_with_its_noise_cut_away_still_has_its_skull_on(head_grid):
    head = make_head(skull=True)
    head[head < 0.2 * 400] = 0
    assert skull_of(look_at_head(head, head_grid)) is Skull.ON


def test_a_stripped_brain_with_faint_ringing_around_it_has_its_skull_off(head_grid):
    brain = make_head(skull=False)
    random = np.random.default_rng(1)
    brain[(brain == 0) & (random.random(brain.shape) < 0.2)] = 2.0
    assert skull_of(look_at_head(brain, head_grid)) is Skull.OFF


def test_a_brain_in_noise_without_a_ring_of_bone_is_undecided(head_grid):
    brain = make_head(skull=False)
    noise = np.abs(np.random.default_rng(1).normal(0, 30, brain.shape)).astype(np.float32)
    assert skull_of(look_at_head(np.where(brain > 0, brain, noise), head_grid)) is Skull.UNKNOWN


def test_uniform_noise_is_undecided(head_grid):
    noise = np.random.default_rng(1).uniform(1, 2, HEAD_SHAPE).astype(np.float32)
    assert skull_of(look_at_head(noise, head_grid)) is Skull.UNKNOWN


@pytest.mark.parametrize(("kinds", "expected"), [("++-", Skull.ON), ("--", Skull.OFF), ("+-", Skull.UNKNOWN)])
def test_the_contrasts_vote_on_the_skull(head_grid, kinds, expected):
    looks = {
        contrast: look_at_head(make_head(skull=kind == "+"), head_grid)
        for contrast, kind in zip(Contrast, kinds, strict=False)
    }
    assert skull_of_case(looks) is expected


def test_the_voxel_size_does_not_change_the_answer_about_the_skull():
    flat = builders.grid(HEAD_SHAPE, (1.0, 1.0, 1.0))
    assert skull_of(look_at_head(make_head(skull=True), flat)) is Skull.ON
    assert skull_of(look_at_head(make_head(skull=False), flat)) is Skull.OFF


def test_the_answer_does_not_depend_on_the_order_of_the_axes(head_grid):
    sagittal = head_grid.ijk_to_ras[:, [2, 0, 1, 3]]
    turned = type(head_grid)((HEAD_SHAPE[1], HEAD_SHAPE[2], HEAD_SHAPE[0]), sagittal)
    for skull, expected in ((True, Skull.ON), (False, Skull.OFF)):
        assert skull_of(look_at_head(make_head(skull=skull).transpose(1, 2, 0), turned)) is expected


def test_the_extent_of_a_head_is_that_of_its_ellipsoid(head_grid):
    look = look_at_head(make_head(skull=False), head_grid)
    size = head_size(look.mask, look.steps, head_grid)
    expected = [0.84 * n * 2.5 for n in HEAD_SHAPE]
    np.testing.assert_allclose(size.mm, expected, atol=6.0)
    assert size.cut == (False, False, False)
    assert size.ml == pytest.approx(np.pi / 6 * np.prod(expected) / 1000, rel=0.1)


def test_a_head_that_reaches_the_end_of_the_volume_is_cut_there(head_grid):
    mask = np.zeros(HEAD_SHAPE, bool)
    mask[10:20, :30, 40:] = True
    assert head_size(mask, (1, 1, 1), head_grid).cut == (False, True, True)


def test_the_background_is_the_value_of_most_face_voxels():
    array = np.full((9, 9, 9), -7.0, np.float32)
    array[2:7, 2:7, 2:7] = np.arange(125).reshape(5, 5, 5)
    assert background_value(array) == -7.0


def test_noise_has_no_background_value():
    assert background_value(np.random.default_rng(0).random((9, 9, 9)).astype(np.float32)) is None


def test_the_common_head_is_where_at_least_half_of_the_contrasts_show_one(head_grid):
    whole = look_at_head(make_head(skull=False), head_grid)
    half = make_head(skull=False)
    half[30:] = 0
    part = look_at_head(half, head_grid)
    two_of_three = common_head([whole, whole, part])
    one_of_three = common_head([whole, part, part])
    assert two_of_three is not None and np.array_equal(two_of_three, whole.mask)
    assert one_of_three is not None and not one_of_three[45:].any()
