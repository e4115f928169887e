"""Review spots: what is disputed of the record, where it is cut, which place comes first, and what can be chosen."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.codec import decode, encode
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots.error_rates import AGAINST, SURE, ErrorRates, RegionErrors, error_rates
from SynthTrustLib.maps.spots.find import CLINICAL_VOXELS, disputed_part, find_review_spots, piece
from SynthTrustLib.maps.spots.reason import spot_reason
from SynthTrustLib.maps.spots.spot import ReviewSpot
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.roles import Roles

SHAPE = (24, 74, 70)
LARGE, SMALL = builders.ball(SHAPE, (12, 10, 10), 7), builders.ball(SHAPE, (12, 54, 52), 5.2)
NOTHING = np.zeros(SHAPE, bool)


def answers(*members, regions=1):
    """Each member is a mask, the same for all regions; probabilities 0.95 inside."""
    return np.stack([np.stack([0.95 * mask] * regions) for mask in members]).astype(np.float32)


def find(p, synthetic=None, trusted=True, geometry=None, record=None, **options):
    """Spots of the answers `p`; `record` is the place of whoever draws it, who is no juror."""
    stack = builders.stack(p, synthetic=synthetic, geometry=geometry)
    roles = None
    if record is not None:
        ids = [card.id for card in stack.segmenters]
        roles = Roles(ids[record], tuple(name for n, name in enumerate(ids) if n != record))
    maps = compute_maps(stack if roles is None else stack.only(roles.jury))
    return find_review_spots(stack, maps, spacing_trusted=trusted, roles=roles, **options)


def spots(*arguments, **options):
    return find(*arguments, **options).listed


def test_where_nobody_disputes_the_record_there_are_no_spots():
    for p in (answers(LARGE, LARGE, LARGE), answers(LARGE), np.zeros((3, 2, *SHAPE), np.float32)):
        found = find(p)
        assert (found.listed, found.unlisted) == ((), ())
    assert spots(answers(LARGE, LARGE, LARGE), record=0) == ()


def test_a_place_that_the_jury_sees_and_the_record_misses_is_described_in_full():
    (spot,) = spots(answers(NOTHING, LARGE, LARGE, NOTHING), synthetic=[25, 100, 50, 0], record=0)
    assert spot.rank == 1 and spot.region == "WT"
    assert LARGE[spot.kji] and LARGE[spot.kji[0], spot.kji[1], spot.kji[2] + 2]
    assert spot.ras == (-spot.kji[2], -spot.kji[1], spot.kji[0])
    assert spot.voxels == LARGE.sum()
    assert spot.volume_ml == pytest.approx(LARGE.sum() / 1000)
    assert spot.peak_value == spot.mean_value == pytest.approx(0.95)
    assert spot.box == ((5, 20), (3, 18), (3, 18))
    assert spot.seen_by == ("mix-100-1", "mix-50-2")
    assert not spot.calibrated
    assert spot.reason == (
        "2 of 3 segmenters see tumor here, the segmenter trained on real patients only does not. "
        "The outline of record leaves it out."
    )
    (include,) = spot.choices
    assert (include.choice, include.added, include.removed) == ("include", LARGE.sum(), 0)
    assert include.dice_change == 1


def test_a_record_that_nobody_follows_may_be_left_out():
    (spot,) = spots(answers(LARGE | SMALL, LARGE, LARGE), record=0)
    assert [(one.choice, one.added, one.removed) for one in spot.choices] == [("leave-out", 0, SMALL.sum())]
    both, small = (LARGE | SMALL).sum(), SMALL.sum()
    assert spot.choices[0].dice_change == pytest.approx(1 - 2 * (both - small) / (2 * both - small), rel=1e-5)
    assert spot.reason.endswith("The outline of record includes it.")


def test_each_segmenter_offers_its_outline_and_the_same_change_is_offered_once():
    wider, widest = builders.ball(SHAPE, (12, 10, 10), 8), builders.ball(SHAPE, (12, 10, 10), 9)
    (spot,) = spots(answers(LARGE, widest, wider, widest, NOTHING), synthetic=[0, 0, 25, 50, 75], record=0)
    assert {one.taken for one in spot.choices} == {"all"}, "what only adds or only removes has no parts"
    changes = {one.choice: (one.added, one.removed) for one in spot.choices}
    assert changes == {
        "include": (widest.sum() - LARGE.sum(), 0),
        "leave-out": (0, LARGE.sum()),
        "pooled": (wider.sum() - LARGE.sum(), 0),
    }


def test_of_an_outline_what_it_adds_and_what_it_leaves_out_can_be_taken_alone():
    moved = np.roll(LARGE, 3, axis=2)
    (spot,) = spots(answers(LARGE, moved, LARGE | moved), record=0)
    both, one = (LARGE & moved).sum(), LARGE.sum()
    changes = {(one.choice, one.taken): (one.added, one.removed) for one in spot.choices}
    assert changes == {
        ("include", "all"): (one - both, 0),
        ("leave-out", "all"): (0, one - both),
        ("pooled", "all"): (one - both, one - both),
    }


def test_no_spot_is_wider_than_30_mm_and_they_share_no_voxel():
    shape = (20, 80, 90)
    slab = np.zeros(shape, bool)
    slab[4:16, 4:76, 5:85] = True
    geometry = builders.grid(shape, spacing=(2.0, 0.75, 1.0))
    p = answers(slab, slab * 0)
    found = find(p, geometry=geometry, record=0)
    assert len(found.listed) == 6
    outlines = builders.stack(p).outlines
    disputed = disputed_part(outlines["mix-0-0"]["WT"], [outlines["mix-100-1"]["WT"]])
    owned = np.zeros(shape, int)
    for spot in found.listed:
        for (start, stop), size in zip(spot.box, geometry.spacing, strict=True):
            assert (stop - start) * size <= 30
        owned[spot.slices] += piece(disputed, spot, found.listed)
    assert owned.max() == 1
    assert sum(spot.voxels for spot in found.listed) + sum(rest.voxels for rest in found.unlisted) == slab.sum()


def test_what_belongs_to_a_spot_can_be_had_again_from_the_outlines():
    stack = builders.stack(patchwork())
    maps = compute_maps(stack)
    found = find_review_spots(stack, maps, spacing_trusted=True).listed
    assert len({spot.region for spot in found}) == 2
    for spot in found:
        jurors = [stack.outlines[card.id][spot.region] for card in stack.segmenters]
        mask = piece(disputed_part(maps.outlines[spot.region], jurors), spot, found)
        assert np.count_nonzero(mask) == spot.voxels


def test_the_place_with_more_votes_against_the_record_comes_first():
    p = answers(NOTHING, LARGE, LARGE, LARGE | SMALL, LARGE | SMALL, SMALL)
    assert [spot.voxels for spot in spots(p, record=0)] == [LARGE.sum(), SMALL.sum()]
    p = answers(NOTHING, SMALL, SMALL, SMALL, SMALL | LARGE, SMALL)
    assert [spot.voxels for spot in spots(p, record=0)] == [SMALL.sum(), LARGE.sum()]


def table(share):
    return tuple((share,) * (len(SURE) + 1) for _ in range(len(AGAINST) + 1))


def test_places_are_ordered_by_how_often_such_a_record_was_wrong():
    jury = answers(LARGE, *[SMALL] * 3)
    assert [spot.voxels for spot in spots(jury, record=0)] == [LARGE.sum(), SMALL.sum()]
    errors = ErrorRates("counted", "", ("",), {"WT": RegionErrors(20, table(0.9), table(0.1))})
    first, second = spots(jury, record=0, errors=errors)
    assert (first.voxels, second.voxels) == (SMALL.sum(), LARGE.sum())
    assert first.calibrated
    wrong, right = 0.9 * SMALL.sum(), 0.1 * LARGE.sum()
    assert first.expected_gain == pytest.approx(wrong / (2 * LARGE.sum() + wrong - right), rel=1e-3)
    assert not any(spot.calibrated for spot in spots(answers(NOTHING, LARGE, LARGE, regions=2)[:, [1, 0]], record=0))


def test_error_rates_are_only_for_the_record_and_jury_they_were_counted_with():
    assert error_rates(builders.stack(answers(LARGE, LARGE)).segmenters, Roles("pooled", ("mix-0-0",))) is None


def test_what_is_smaller_than_a_measurable_lesion_is_summed_up():
    speck = NOTHING.copy()
    speck[5:10, 30:34, 5:9] = True
    found = find(answers(LARGE, LARGE | speck), record=0)
    assert found.listed == ()
    (rest,) = found.unlisted
    assert (rest.region, rest.voxels, rest.volume_ml, rest.expected_share) == ("WT", 80, pytest.approx(0.08), 1.0)
    larger = np.zeros(SHAPE, bool)
    larger[4:12, 28:36, 2:10] = True
    assert [spot.voxels for spot in spots(answers(LARGE, LARGE | larger), record=0)] == [512]


def test_a_limit_keeps_the_best_of_every_region():
    p = answers(NOTHING, LARGE, LARGE | SMALL, regions=2)
    p[:, 1] = answers(NOTHING, SMALL, SMALL)[:, 0]
    assert [spot.region for spot in spots(p, record=0)] == ["TC", "WT", "WT"]
    found = find(p, record=0, limit=2)
    assert [spot.rank for spot in found.listed] == [1, 2]
    assert [rest.region for rest in found.unlisted] == ["WT"]


def test_regions_that_are_disputed_in_one_place_name_each_other():
    first, *_ = spots(answers(NOTHING, LARGE, regions=3), record=0)
    assert first.region == "WT"
    assert first.reason.endswith(" The tumor core and the enhancing tumor are disputed near it, too.")


def test_a_region_that_the_contrasts_cannot_show_is_no_place_to_look():
    p = answers(LARGE, LARGE, regions=3)
    p[1, 2] = 0
    (spot,) = spots(p)
    assert spot.region == "ET"
    assert spots(p, visible=("WT", "TC")) == ()


def test_without_trust_in_the_voxel_size_a_spot_spans_five_slices_and_has_no_volume():
    tall = np.zeros(SHAPE, bool)
    tall[2:22, 5:15, 5:15] = True
    found = find(answers(tall, NOTHING), trusted=False, record=0)
    assert all(spot.volume_ml is None and spot.voxels == 500 for spot in found.listed)
    assert {stop - start for spot in found.listed for start, stop in spot.box[:1]} == {5}
    few = np.zeros(SHAPE, bool)
    few[2, 5:14, 5:15] = True
    assert few.sum() < CLINICAL_VOXELS and spots(answers(few, NOTHING), trusted=False, record=0) == ()


def test_segmenters_of_one_mix_are_named_when_they_contradict_each_other():
    (spot,) = spots(answers(NOTHING, LARGE, LARGE * 0), synthetic=[0, 50, 50], record=0)
    assert spot.reason.startswith("The segmenter mix 50 1 sees tumor here, the other one does not.")


def test_of_many_segmenters_only_the_few_are_named():
    (spot,) = spots(answers(NOTHING, LARGE, *[NOTHING] * 4), synthetic=[0, 50, 50, 0, 0, 100], record=0)
    assert spot.reason.startswith("The segmenter mix 50 1 sees tumor here, the other 4 do not.")
    (spot,) = spots(answers(NOTHING, *[LARGE] * 4, *[NOTHING] * 4), synthetic=[0] * 9, record=0)
    assert spot.reason.startswith("4 of 8 segmenters see tumor here, the other 4 do not.")


def test_a_place_where_no_one_sees_most_is_described_by_probabilities():
    checkered = np.indices(SHAPE).sum(axis=0) % 3
    p = np.stack([np.where(LARGE, 0.2, 0)] + [np.where(LARGE & (checkered == n), 0.9, 0.2) for n in range(3)])[:, None]
    (spot,) = spots(np.where(LARGE, p, 0), record=0)
    assert "contradict each other voxel by voxel" in spot.reason


def patchwork():
    """Five segmenters, two regions and four places, each seen by some of them with noisy probabilities."""
    random = np.random.default_rng(5)
    p = np.zeros((5, 2, *SHAPE), np.float32)
    for center, radius, members, regions in (
        ((12, 10, 10), 6, (0, 1), (0, 1)),
        ((12, 56, 55), 7, (2, 3, 4), (0,)),
        ((7, 58, 9), 5, (0, 2, 4), (1,)),
        ((16, 9, 58), 5, (1, 2, 3, 4), (0, 1)),
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
    assert len(one) == len(other) > 4
    for a, b in zip(one, other, strict=True):
        index, box = list(b.kji), list(b.box)
        index[axis] = SHAPE[axis] - 1 - index[axis]
        box[axis] = tuple(SHAPE[axis] - at for at in reversed(box[axis]))
        assert tuple(index) == a.kji and tuple(box) == a.box
        assert b.ras == pytest.approx(a.ras, abs=2e-3)
        assert replace(b, kji=a.kji, ras=a.ras, box=a.box, choices=()) == replace(a, choices=())
        assert {(c.choice, c.taken): c for c in b.choices} == {(c.choice, c.taken): c for c in a.choices}


def test_the_order_of_the_segmenters_does_not_change_the_spots():
    p, order, fractions = patchwork(), [4, 2, 0, 1, 3], np.array([0, 25, 50, 75, 100])
    one, other = spots(p, synthetic=fractions), spots(p[order], synthetic=fractions[order])
    assert len(one) > 4
    for a, b in zip(one, other, strict=True):
        assert replace(b, reason="", seen_by=(), choices=()) == replace(a, reason="", seen_by=(), choices=())
        if "contradict" not in a.reason:
            assert b.reason == a.reason


def test_every_choice_can_be_written_and_read_again_that_of_the_pooled_outline_too():
    one, two = (builders.ball(SHAPE, (12, 20, 20), radius) for radius in (6, 8))
    (spot,) = spots(answers(NOTHING, one, two), record=0)
    assert {choice.choice for choice in spot.choices} >= {"include"}
    pooled = replace(spot, choices=(replace(spot.choices[0], choice=POOLED),))
    for known in (spot, pooled):
        assert decode(ReviewSpot, encode(known)) == known


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "leaves it out"),
        (0.004, "leaves it out"),
        (0.997, "includes it"),
        (0.41, "includes 41 % of what is disputed"),
    ],
)
def test_nobody_reads_of_0_or_100_percent(share, said):
    cards = [builders.card("one"), builders.card("two")]
    text = spot_reason("tumor", cards, np.array([0.0, 1.0]), np.array([0.1, 0.9], np.float32), share)
    assert text.endswith(f"The outline of record {said}.")
