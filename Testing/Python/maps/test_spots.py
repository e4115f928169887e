"""Review spots: what is a place, what is only a rim, and in which order."""

from __future__ import annotations

import re
from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots import find_review_spots

SHAPE = (24, 40, 36)
LARGE, SMALL = builders.ball(SHAPE, (12, 10, 10), 6), builders.ball(SHAPE, (12, 28, 26), 4)
CORE = builders.ball(SHAPE, (12, 20, 18), 3)


def spots(p, synthetic=None, trusted=True, geometry=None, **options):
    stack = builders.stack(p, synthetic=synthetic, geometry=geometry)
    return find_review_spots(stack, compute_maps(stack), spacing_trusted=trusted, **options)


def answers(*members, regions=1):
    """Each member is a mask, the same for all regions; probabilities 0.95 inside."""
    return np.stack([np.stack([0.95 * mask] * regions) for mask in members]).astype(np.float32)


def test_without_disagreement_there_are_no_spots():
    assert spots(answers(LARGE, LARGE, LARGE)) == ()
    assert spots(answers(LARGE)) == ()
    assert spots(np.zeros((3, 2, *SHAPE))) == ()


def test_a_place_that_one_segmenter_sees_is_described_in_full():
    (spot,) = spots(answers(LARGE, CORE * 0, CORE * 0), synthetic=[100, 0, 50])
    assert spot.rank == 1
    assert spot.kji == (12, 10, 10)
    assert spot.ras == (-10.0, -10.0, 12.0)
    assert spot.voxels == LARGE.sum()
    assert spot.volume_ml == pytest.approx(LARGE.sum() / 1000)
    assert spot.peak_value == pytest.approx(0.95)
    assert spot.mean_value == pytest.approx(0.95)
    assert spot.reason == ("The segmenter trained on 100 % synthetic patients sees tumor here, the other 2 do not.")


def test_the_reason_names_the_real_only_segmenter_in_words():
    (spot,) = spots(answers(LARGE, LARGE, LARGE, LARGE * 0), synthetic=[25, 50, 100, 0])
    assert spot.reason == ("3 of 4 segmenters see tumor here, the segmenter trained on real patients only does not.")


def test_segmenters_of_one_mix_are_named_when_they_contradict_each_other():
    (spot,) = spots(answers(LARGE, LARGE * 0), synthetic=[50, 50])
    assert spot.reason == "The segmenter mix 50 0 sees tumor here, the other one does not."


def test_of_many_segmenters_only_the_few_are_named():
    (spot,) = spots(answers(LARGE, *[LARGE * 0] * 4), synthetic=[50, 50, 0, 0, 100])
    assert spot.reason == "The segmenter mix 50 0 sees tumor here, the other 4 do not."
    (spot,) = spots(answers(*[LARGE] * 4, LARGE * 0), synthetic=[0, 0, 100, 50, 50])
    assert spot.reason == "4 of 5 segmenters see tumor here, the segmenter mix 50 4 does not."
    (spot,) = spots(answers(*[LARGE] * 4, *[LARGE * 0] * 4), synthetic=[0, 0, 0, 0, 0, 0, 0, 0])
    assert spot.reason == "4 of 8 segmenters see tumor here, the other 4 do not."


def test_a_place_where_no_one_sees_most_is_described_by_probabilities():
    checkered = np.indices(SHAPE).sum(axis=0) % 3
    p = np.stack([np.where(LARGE & (checkered == n), 0.9, 0.2) for n in range(3)])[:, None]
    stack = builders.stack(np.where(LARGE, p, 0))
    cards = tuple(replace(card, name=f"{n} % synthetic") for n, card in enumerate(stack.segmenters))
    stack = replace(stack, segmenters=cards)
    reasons = [spot.reason for spot in find_review_spots(stack, compute_maps(stack), spacing_trusted=True)]
    assert reasons
    for reason in reasons:
        assert "contradict each other voxel by voxel" in reason
        assert re.search(r"ranges from \d+ % \(\d % synthetic\) to \d+ % \(\d % synthetic\)\.$", reason)


def test_where_two_contradictions_touch_the_reason_is_that_of_the_peak():
    left, right = LARGE.copy(), LARGE.copy()
    left[:, :, 12:] = False
    right[:, :, :12] = False
    assert left.sum() > 2 * right.sum()
    p = answers(left, right)
    p[1] *= 0.99 / 0.95
    (spot,) = spots(p, synthetic=[0, 100])
    assert spot.voxels == LARGE.sum() and spot.peak_value == pytest.approx(0.99)
    assert spot.reason == ("The segmenter trained on 100 % synthetic patients sees tumor here, the other one does not.")


def test_the_larger_and_thicker_place_comes_first():
    first, second = spots(answers(LARGE | SMALL, CORE * 0))
    assert (first.voxels, second.voxels) == (LARGE.sum(), SMALL.sum())
    assert (first.rank, second.rank) == (1, 2)


def test_a_thick_place_comes_before_a_larger_sheet():
    sheet = np.zeros(SHAPE, bool)
    sheet[20, 2:38, 2:34] = True
    assert sheet.sum() > LARGE.sum()
    first, second = spots(answers(sheet | LARGE, CORE * 0))
    assert (first.voxels, second.voxels) == (LARGE.sum(), sheet.sum())


def test_a_thin_rim_around_an_agreed_tumor_is_no_spot():
    wider = builders.ball(SHAPE, (12, 10, 10), 7)
    assert spots(answers(LARGE, wider)) == ()


def test_a_small_lesion_away_from_the_agreed_tumor_is_a_spot():
    speck = np.zeros(SHAPE, bool)
    speck[5:7, 30:32, 5:7] = True
    (spot,) = spots(answers(LARGE, LARGE | speck))
    assert spot.voxels == 8


def test_fewer_than_eight_voxels_are_no_spot():
    speck = np.zeros(SHAPE, bool)
    speck[5, 30:32, 5:7] = True
    assert spots(answers(LARGE, LARGE | speck)) == ()


def test_places_joined_by_a_thread_are_two_spots():
    thread = np.zeros(SHAPE, bool)
    thread[12, 10:29, 10] = thread[12, 28, 10:27] = True
    assert [spot.voxels for spot in spots(answers(LARGE | SMALL | thread, CORE * 0))] == pytest.approx(
        [LARGE.sum(), SMALL.sum()], abs=6
    )


def test_a_disagreement_below_one_half_is_no_spot():
    p = np.zeros((2, 1, *SHAPE))
    p[0, 0][LARGE], p[1, 0][LARGE] = 0.7, 0.21
    assert spots(p) == ()
    p[1, 0][LARGE] = 0.19
    assert len(spots(p)) == 1


def test_the_same_place_in_several_regions_is_one_spot_that_names_them():
    (spot,) = spots(answers(LARGE, LARGE * 0, regions=3))
    assert spot.region == "WT"
    assert spot.reason.endswith(" not. The tumor core and the enhancing tumor are in doubt, too.")


def test_a_region_that_the_contrasts_cannot_show_is_no_place_to_look():
    p = answers(LARGE, LARGE, regions=3)
    p[1, 2] = 0
    (spot,) = spots(p)
    assert spot.region == "ET"
    assert spots(p, visible=("WT", "TC")) == ()


def test_different_places_of_two_regions_are_two_spots():
    p = answers(LARGE, LARGE * 0, regions=2)
    p[:, 1] = answers(SMALL * 0, SMALL)[:, 0]
    assert [spot.region for spot in spots(p)] == ["WT", "TC"]


def test_the_limit_keeps_the_highest_ranks():
    (only,) = spots(answers(LARGE | SMALL, CORE * 0), limit=1)
    assert only.voxels == LARGE.sum()


def test_one_thick_slice_in_doubt_is_a_place_and_not_a_rim():
    disc = np.zeros(SHAPE, bool)
    disc[12] = LARGE[12]
    below = np.zeros(SHAPE, bool)
    below[8:12] = LARGE[12]
    p = answers(below, below | disc)
    thin = builders.grid(SHAPE)
    thick = builders.grid(SHAPE, spacing=(6.0, 1.0, 1.0))
    assert spots(p, geometry=thin) == ()
    assert [spot.voxels for spot in spots(p, geometry=thick)] == [disc.sum()]
    assert [spot.voxels for spot in spots(p, geometry=thin, trusted=False)] == [disc.sum()]


def test_without_trust_in_the_voxel_size_a_spot_has_no_volume():
    (spot,) = spots(answers(LARGE, LARGE * 0), trusted=False)
    assert spot.volume_ml is None
    assert spot.voxels == pytest.approx(LARGE.sum(), rel=0.01)


def patchwork():
    """Five segmenters, two regions and four places, each seen by some of them with noisy probabilities."""
    random = np.random.default_rng(5)
    p = np.zeros((5, 2, *SHAPE), np.float32)
    for center, radius, members, regions in (
        ((12, 10, 10), 6, (0, 1), (0, 1)),
        ((12, 28, 26), 5, (3, 4), (0,)),
        ((5, 30, 8), 4, (0, 2, 4), (1,)),
        ((18, 8, 28), 3, (1, 2, 3, 4), (0, 1)),
    ):
        place = builders.ball(SHAPE, center, radius)
        for member in members:
            for region in regions:
                p[member, region][place] = random.uniform(0.7, 1, place.sum())
    return p


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flipped_grid_has_the_same_spots_in_the_same_order(axis):
    p, geometry = patchwork(), builders.grid(SHAPE, spacing=(1.5, 1.0, 1.0))
    matrix = np.array(geometry.ijk_to_ras)
    column = 2 - axis
    matrix[:3, 3] += matrix[:3, column] * (SHAPE[axis] - 1)
    matrix[:3, column] *= -1
    one, other = spots(p, geometry=geometry), spots(np.flip(p, axis + 2).copy(), geometry=Geometry(SHAPE, matrix))
    assert len(one) == 4
    for a, b in zip(one, other, strict=True):
        index = list(b.kji)
        index[axis] = SHAPE[axis] - 1 - index[axis]
        assert tuple(index) == a.kji
        assert b.ras == pytest.approx(a.ras, abs=2e-3)
        assert replace(b, kji=a.kji, ras=a.ras) == a


def test_the_order_of_the_segmenters_does_not_change_the_spots():
    p, order, fractions = patchwork(), [4, 2, 0, 1, 3], np.array([0, 25, 50, 75, 100])
    one, other = spots(p, synthetic=fractions), spots(p[order], synthetic=fractions[order])
    assert len(one) == 4
    for a, b in zip(one, other, strict=True):
        assert replace(b, reason=a.reason) == a
        if "contradict" not in a.reason:
            assert b.reason == a.reason
