"""Agreement figures against closed forms and other libraries."""

from __future__ import annotations

import builders
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from SynthTrustLib.trust.measures.hausdorff import Surface, hausdorff95
from SynthTrustLib.trust.measures.overlap import dice, fleiss_kappa, pairwise_dice, variation

SHAPE = (9, 10, 11)


def box(low, high, shape=SHAPE):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


def test_dice_of_empty_outlines_is_one_and_of_one_empty_outline_zero():
    assert dice(0, 0, 0) == 1
    assert dice(0, 5, 0) == 0


def test_pairwise_dice_counts_voxels():
    one, half, empty = box((0, 0, 0), (4, 4, 4)), box((0, 0, 0), (4, 4, 2)), box((0, 0, 0), (0, 0, 0))
    np.testing.assert_allclose(
        pairwise_dice(np.stack([one, half, empty, empty])),
        [[1, 2 / 3, 0, 0], [2 / 3, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]],
    )


@settings(max_examples=40, deadline=None)
@given(arrays(np.bool_, (3, 2, 3, 4)))
def test_pairwise_dice_is_that_of_the_definition(outlines):
    matrix = pairwise_dice(outlines)
    for a in range(3):
        for b in range(3):
            total = outlines[a].sum() + outlines[b].sum()
            expected = 2 * (outlines[a] & outlines[b]).sum() / total if total else 1
            assert matrix[a, b] == pytest.approx(expected)


def test_fleiss_kappa_of_the_textbook_definition():
    votes = np.array([0, 1, 2, 3, 3, 0, 0, 2])
    table = np.column_stack([votes, 3 - votes])
    agreement = ((table**2).sum(axis=1) - 3) / (3 * 2)
    chance = ((table.sum(axis=0) / table.sum()) ** 2).sum()
    assert fleiss_kappa(votes, 3) == pytest.approx((agreement.mean() - chance) / (1 - chance))


def test_fleiss_kappa_is_one_for_unanimous_raters_and_unknown_when_chance_does_as_well():
    assert fleiss_kappa(np.array([0, 4, 4, 0]), 4) == pytest.approx(1)
    assert fleiss_kappa(np.array([4, 4]), 4) is None
    assert fleiss_kappa(np.array([], int), 4) is None
    assert fleiss_kappa(np.array([0, 1]), 1) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n), min_size=1, max_size=30))))
def test_fleiss_kappa_never_exceeds_one(case):
    raters, votes = case
    kappa = fleiss_kappa(np.array(votes), raters)
    assert kappa is None or -1 <= kappa <= 1 + 1e-12


def test_variation_is_the_sample_deviation_over_the_mean():
    assert variation([8, 12]) == pytest.approx(np.sqrt(8) / 10)
    assert variation([5, 5, 5]) == 0
    assert variation([5]) is None
    assert variation([0, 0]) is None


def test_the_hausdorff_distance_of_shifted_boxes_is_the_shift():
    one, other = box((2, 2, 2), (6, 6, 5)), box((2, 2, 5), (6, 6, 8))
    assert hausdorff95(Surface(one, (1, 1, 2)), Surface(other, (1, 1, 2))) == pytest.approx(6)
    assert hausdorff95(Surface(one, (1, 1, 2)), Surface(one, (1, 1, 2))) == 0


def test_the_hausdorff_distance_to_an_empty_outline_is_unknown():
    one, empty = Surface(box((2, 2, 2), (6, 6, 5)), (1, 1, 1)), Surface(np.zeros(SHAPE, bool), (1, 1, 1))
    assert hausdorff95(one, empty) is None
    assert hausdorff95(empty, one) is None
    with pytest.raises(ValueError, match="empty"):
        empty.distances_from(one)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (5.0, 0.9, 0.7)])
def test_the_hausdorff_distance_is_that_of_monai(spacing):
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")
    shape = (20, 22, 24)
    one = builders.ball(shape, (9, 10, 11), 6) & (np.random.default_rng(0).random(shape) > 0.05)
    other = builders.ball(shape, (10, 12, 11), 5) | builders.ball(shape, (15, 18, 20), 2)
    expected = metrics.compute_hausdorff_distance(
        torch.from_numpy(one)[None, None], torch.from_numpy(other)[None, None], percentile=95, spacing=spacing
    )
    assert hausdorff95(Surface(one, spacing), Surface(other, spacing)) == pytest.approx(float(expected), rel=1e-5)
