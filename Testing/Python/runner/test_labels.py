"""Regions as a label map."""

from __future__ import annotations

import numpy as np

from SynthTrustLib.runner.files.labels import label_map
from SynthTrustLib.vocabulary import Region


def masks(wt, tc, et):
    return {Region.WT: np.array(wt, bool), Region.TC: np.array(tc, bool), Region.ET: np.array(et, bool)}


def test_nested_regions_become_edema_core_and_enhancing_tumor():
    labels = label_map(masks([0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]))
    assert labels.tolist() == [0, 2, 1, 3]
    assert labels.dtype == np.uint8


def test_regions_that_are_not_nested_keep_the_inner_outline_whole():
    labels = label_map(masks([0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]))
    assert labels.tolist() == [0, 2, 1, 3]
    assert (labels == 3).tolist() == [False, False, False, True]


def test_a_whole_tumor_alone_is_label_two():
    assert label_map({Region.WT: np.array([False, True])}).tolist() == [0, 2]
