"""Lesions, side, worst patch, dose-response and share of the mix against closed forms."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Part
from SynthTrustLib.maps.mix_groups import mixes_with_seeds
from SynthTrustLib.trust.measures.dose_response import fit_line
from SynthTrustLib.trust.measures.lesions import lesions, smallest_lesion
from SynthTrustLib.trust.measures.mix_share import explained_share
from SynthTrustLib.trust.measures.side import head_middle, middle_and_width, side_of
from SynthTrustLib.trust.measures.worst_patch import worst_patch

SHAPE = (30, 40, 36)


def cards(*synthetic):
    return tuple(builders.card(f"s{n}-{m}", synthetic=n, real=100 - n, family="one") for m, n in enumerate(synthetic))


def seeded(*pairs):
    """Cards of (synthetic, seed)."""
    made = cards(*(n for n, _ in pairs))
    return tuple(
        replace(card, training_mix=replace(card.training_mix, seed=seed))
        for card, (_, seed) in zip(made, pairs, strict=True)
    )


def test_lesions_are_counted_from_the_smallest_volume_on_and_corners_connect():
    mask = np.zeros(SHAPE, bool)
    mask[2:6, 2:6, 2:6] = True  # 64 voxels
    mask[6:10, 6:10, 6:10] = True  # touches it by a corner
    mask[20:24, 20:24, 20:23] = True  # 48 voxels
    labels, which = lesions(mask, 48)
    assert [int((labels == label).sum()) for label in which] == [128, 48]
    assert len(lesions(mask, 49)[1]) == 1
    assert lesions(np.zeros(SHAPE, bool), 1)[1] == ()


def test_the_smallest_lesion_is_a_volume_where_the_voxel_size_is_trusted():
    assert smallest_lesion(0.001) == 50
    assert smallest_lesion(0.005) == 10
    assert smallest_lesion(0.1) == 1
    assert smallest_lesion(None) == 50


@pytest.mark.parametrize("flip", [(-1, -1, 1), (1, 1, 1), (1, -1, -1)])
@pytest.mark.parametrize(
    ("columns", "expected"),
    [((7,), "low"), ((28,), "high"), ((18,), "midline"), ((7, 28), "both"), ((7, 18), "low and midline")],
)
def test_the_side_is_the_patients_whichever_way_the_grid_runs(flip, columns, expected):
    geometry = builders.grid(SHAPE, flip=flip)
    case = builders.case(geometry=geometry)
    mask = np.zeros(SHAPE, bool)
    for column in columns:
        mask |= builders.ball(SHAPE, (15, 20, column - 0.5), 3)
    names = {"low": "left", "high": "right"} if flip[0] > 0 else {"low": "right", "high": "left"}
    labels, which = lesions(mask, 1)
    side = side_of(labels, which, geometry, (0, 0, 0), head_middle(case))
    for word, name in names.items():
        expected = expected.replace(word, name)
    assert side == expected


def test_the_mid_plane_ignores_short_lines():
    head = np.zeros((5, 20), bool)
    head[:4, 2:17] = True
    head[4, 2:5] = True
    positions = np.tile(np.arange(20.0), (5, 1))
    assert middle_and_width(head, positions) == (9.0, 14.0)
    assert middle_and_width(np.zeros((5, 20), bool), positions) is None


def test_a_volume_without_a_head_has_no_middle():
    case = builders.case(SHAPE)
    volumes = {c: replace(v, array=np.ones(SHAPE, np.float32)) for c, v in case.volumes.items()}
    assert head_middle(replace(case, volumes=volumes)) is None


def test_a_full_block_is_the_worst_patch_wherever_it_lies():
    for corner in ((0, 0, 0), (20, 30, 26), (7, 11, 13)):
        volume = np.zeros(SHAPE, np.float32)
        volume[tuple(slice(c, c + 10) for c in corner)] = 0.75
        assert worst_patch(Part.of(volume), SHAPE) == pytest.approx(0.75, abs=1e-6)


def test_the_worst_patch_is_the_largest_mean_of_all_blocks():
    volume = np.random.default_rng(0).random((14, 13, 15)).astype(np.float32) ** 4
    blocks = np.lib.stride_tricks.sliding_window_view(volume, (10, 10, 10))
    expected = blocks.mean(axis=(3, 4, 5)).max()
    assert worst_patch(Part.of(volume), volume.shape) == pytest.approx(expected, abs=1e-6)
    flipped = np.flip(volume, (0, 2)).copy()
    assert worst_patch(Part.of(flipped), volume.shape) == pytest.approx(expected, abs=1e-6)


def test_a_support_smaller_than_a_block_is_averaged_with_its_surroundings():
    volume = np.zeros(SHAPE, np.float32)
    for support in ((slice(0, 4),) * 3, (slice(13, 17),) * 3, (slice(26, 30), slice(36, 40), slice(32, 36))):
        volume[...] = 0
        volume[support] = 1
        assert worst_patch(Part(support, volume[support]), SHAPE) == pytest.approx(64 / 1000, abs=1e-6)


def test_a_volume_of_few_slices_has_a_flatter_block():
    volume = np.zeros((4, 20, 20), np.float32)
    volume[:, 5:10, 5:15] = 1
    assert worst_patch(Part.of(volume), volume.shape) == pytest.approx(0.5, abs=1e-6)


def test_a_line_of_known_slope_is_found_without_error():
    line = fit_line(cards(0, 25, 50, 100), [40, 45, 50, 60])
    assert (line.slope, line.intercept, line.standard_error) == (
        pytest.approx(20),
        pytest.approx(40),
        pytest.approx(0, abs=1e-9),
    )


def test_the_standard_error_is_that_of_scipy():
    from scipy.stats import linregress

    values = [40.0, 47.0, 49.0, 66.0, 52.0]
    line, expected = fit_line(cards(0, 25, 50, 75, 100), values), linregress([0, 0.25, 0.5, 0.75, 1], values)
    assert line.slope == pytest.approx(expected.slope)
    assert line.standard_error == pytest.approx(expected.stderr)
    assert line.intercept == pytest.approx(expected.intercept)


def test_two_fractions_give_no_line():
    assert fit_line(cards(0, 0, 100, 100), [1, 2, 3, 4]) is None


def test_mixes_are_groups_of_seeds_of_one_family_and_mix():
    made = seeded((0, 1), (0, 2), (100, 1), (100, 2), (50, 1), (100, 2))
    assert mixes_with_seeds(made) == [[0, 1], [2, 3]]
    other_family = replace(made[1], family="two")
    assert mixes_with_seeds((made[0], other_family)) == []


def test_the_mix_explains_everything_when_seeds_agree_and_nothing_when_only_seeds_differ():
    random = np.random.default_rng(0)
    a, b = random.random((2, 500)).astype(np.float32)
    groups = [[0, 1], [2, 3]]
    assert explained_share(np.stack([a, a, b, b]), groups) == pytest.approx(1)
    assert explained_share(np.stack([a, b, a, b]), groups) == 0
    assert explained_share(np.stack([a, a, a, a]), groups) is None


def test_the_share_is_the_ratio_of_the_variances_it_was_made_with():
    random = np.random.default_rng(1)
    mixes, seeds, voxels = 6, 4, 20_000
    of_mix = random.normal(0, 0.3, (mixes, 1, voxels))
    values = (of_mix + random.normal(0, 0.1, (mixes, seeds, voxels))).reshape(-1, voxels).astype(np.float32)
    groups = [list(range(m * seeds, (m + 1) * seeds)) for m in range(mixes)]
    assert explained_share(values, groups) == pytest.approx(0.09 / (0.09 + 0.01), abs=0.01)


def test_uneven_groups_are_weighed_as_the_textbook_says():
    values = np.array([[1.0], [2.0], [4.0], [6.0], [8.0]], np.float32)
    within = (0.5 + 8.0) / 3
    between = (2 * (1.5 - 4.2) ** 2 + 3 * (6 - 4.2) ** 2) / 1
    size = 5 - (4 + 9) / 5
    mixes = (between - within) / size
    assert explained_share(values, [[0, 1], [2, 3, 4]]) == pytest.approx(mixes / (mixes + within))


def test_a_tilted_head_keeps_its_sides():
    angle = np.radians(10)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    geometry = Geometry(SHAPE, matrix)
    labels, which = lesions(builders.ball(SHAPE, (15, 20, 28), 3), 1)
    assert side_of(labels, which, geometry, (0, 0, 0), head_middle(builders.case(geometry=geometry))) == "right"
