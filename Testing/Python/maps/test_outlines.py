"""One rule says where a probability is outlined: from the threshold on, wherever it is asked."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import builders
import numpy as np
import pytest

from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.outlines import member_outlines, outlined, segmenter_outline
from SynthTrustLib.mixes.evaluate import evaluate
from SynthTrustLib.mixes.study.measures import measure_region
from SynthTrustLib.report.dicom_seg import _outlines as dicom_outlines
from SynthTrustLib.runner.files.volumes import _files
from SynthTrustLib.vocabulary import Region

WT, TC, ET = Region
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
    everywhere = (slice(None),) * 3
    np.testing.assert_array_equal(outlined(halves.probabilities[0, 0]), truth)
    np.testing.assert_array_equal(member_outlines(halves, 0, everywhere)[0], truth)
    for _, _, masks in dicom_outlines(halves, maps):
        assert all((mask == truth).all() for mask in masks.values())
    labels = {name: volume() for name, volume in _files(halves, maps, False) if name.startswith("segmentations/")}
    assert len(labels) == 2 and all(((volume > 0) == truth).all() for volume in labels.values())
    sample = SimpleNamespace(label=np.where(truth, 7, 0), known=(True, True, True))
    assert evaluate(halves.probabilities[0], sample) == dict.fromkeys(Region, 1.0)
    assert measure_region(halves.probabilities[0, 0], truth, (1.0, 1.0, 1.0))["dice"] == 1.0


def test_a_region_holds_those_inside_it_whatever_their_thresholds_are(halves):
    volumes = halves.probabilities[0].copy()
    volumes[:] = [[[[0.6]]], [[[0.4]]], [[[0.35]]]]
    card = replace(halves.segmenters[0], thresholds={WT: 0.7, TC: 0.5, ET: 0.3})
    assert all(segmenter_outline(card, volumes, tuple(Region), region).all() for region in Region)
    card = replace(card, thresholds={WT: 0.7, TC: 0.3, ET: 0.5})
    drawn = {region: segmenter_outline(card, volumes, tuple(Region), region).any() for region in Region}
    assert drawn == {WT: True, TC: True, ET: False}
