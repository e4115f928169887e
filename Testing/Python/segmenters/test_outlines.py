"""One rule says where a probability is outlined: from the threshold on, wherever it is asked."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import builders
import numpy as np
import pytest

from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.mixes.evaluate import evaluate
from SynthTrustLib.segmenters.outlines import member_masks, member_outlines, outlined
from SynthTrustLib.vocabulary import Region

BELOW = np.nextafter(np.float32(0.5), np.float32(0))


@pytest.fixture
def halves():
    """A stack of one segmenter whose voxels are exactly at its threshold, or just below."""
    volume = np.full((1, 3, 4, 4, 4), BELOW, np.float32)
    volume[0, :, 1:3, 1:3, 1:3] = 0.5
    return builders.stack(volume)


def test_a_voxel_at_the_threshold_is_outlined_everywhere(halves):
    maps = compute_maps(halves)
    truth = halves.probabilities[0, 0] == 0.5
    np.testing.assert_array_equal(outlined(halves.probabilities[0, 0]), truth)
    for outlines in (*halves.outlines.values(), maps.outlines):
        assert all((mask.whole(truth.shape) == truth).all() for mask in outlines.values())
    sample = SimpleNamespace(label=np.where(truth, 7, 0), known=(True, True, True))
    assert evaluate(
        member_masks(halves.segmenters[0], halves.probabilities[0], tuple(Region)), sample
    ) == dict.fromkeys(Region, 1.0)


def test_a_region_holds_those_inside_it_whatever_their_thresholds_are(halves):
    volumes = halves.probabilities[0].copy()
    volumes[:] = [[[[0.6]]], [[[0.4]]], [[[0.35]]]]
    for thresholds, drawn in (((0.7, 0.5, 0.3), (64, 64, 64)), ((0.7, 0.3, 0.5), (64, 64, 0))):
        card = replace(halves.segmenters[0], thresholds=dict(zip(Region, thresholds, strict=True)))
        outlines = member_outlines(card, volumes, tuple(Region), halves.support)
        assert tuple(outlines[region].count for region in Region) == drawn
