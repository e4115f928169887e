"""Regions as label maps, and back."""

from __future__ import annotations

import numpy as np
import pytest

from SynthTrustLib.case.part import Part
from SynthTrustLib.runner.files.volumes import outline_volumes
from SynthTrustLib.segmenters.label_map import are_nested, label_map, outlines_of
from SynthTrustLib.vocabulary import Region

NESTED = ([0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1])
APART = ([0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1])


def outlines(*rows):
    """Of WT, TC and ET in a grid of one row."""
    masks = (np.array(row, bool)[np.newaxis, np.newaxis] for row in rows)
    return {region: Part.of(mask) for region, mask in zip(Region, masks, strict=False)}


def test_nested_regions_become_edema_core_and_enhancing_tumor():
    assert are_nested(outlines(*NESTED))
    labels = label_map(outlines(*NESTED), (1, 1, 4))
    assert labels.tolist() == [[[0, 2, 1, 3]]]
    assert labels.dtype == np.uint8


def test_a_whole_tumor_alone_is_label_two():
    assert label_map(outlines([0, 1]), (1, 1, 2)).tolist() == [[[0, 2]]]


@pytest.mark.parametrize("rows", [NESTED, ([1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]), ([0] * 4,) * 3])
def test_a_label_map_reads_as_the_regions_that_it_was_made_from(rows):
    read = outlines_of(label_map(outlines(*rows), (1, 1, 4)), tuple(Region))
    for region, row in zip(Region, rows, strict=True):
        np.testing.assert_array_equal(read[region].whole((1, 1, 4)).ravel(), np.array(row, bool))


def test_regions_that_are_not_nested_have_a_mask_each():
    apart = outlines(*APART)
    assert not are_nested(apart)
    volumes = {ending: volume().ravel().tolist() for ending, volume in outline_volumes(apart, (1, 1, 4))}
    assert volumes == {f"_{region}": row for region, row in zip(Region, APART, strict=True)}
    assert [ending for ending, _ in outline_volumes(outlines(*NESTED), (1, 1, 4))] == [""]
