"""The head in a contrast of a case is looked at once, whoever asks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from case_heads import make_head

from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.head import in_case, look
from SynthTrustLib.case.head.in_case import look_in
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.trust.measures.plain_checks import plain_facts
from SynthTrustLib.vocabulary import Contrast


@pytest.fixture
def case(head_grid):
    return assemble_case({Contrast.FLAIR: ReadImage(make_head(skull=False), head_grid, "1", "flair.nii.gz")})


def test_a_head_that_was_looked_at_while_the_case_was_made_is_not_looked_at_again(case, monkeypatch):
    monkeypatch.setattr(in_case, "look_at_head", lambda *_: pytest.fail("looked again"))
    assert look_in(case.accepting([]), Contrast.FLAIR).separable
    assert plain_facts(case)["cut_off"] is not None


def test_other_voxels_and_other_grids_are_looked_at_anew(case):
    first = look_in(case, Contrast.FLAIR)
    grid = replace(case.geometry)
    assert look_in(replace(case, geometry=grid), Contrast.FLAIR) is not first
    volume = replace(case.volumes[Contrast.FLAIR], array=np.zeros_like(case.volumes[Contrast.FLAIR].array))
    assert not look_in(replace(case, volumes={Contrast.FLAIR: volume}), Contrast.FLAIR).separable


@pytest.mark.parametrize("by", [1, 2, 4, 7])
def test_a_mask_grows_by_as_many_voxels_as_it_is_told_and_not_over_the_edge(by):
    mask = np.zeros((9, 20, 12), bool)
    mask[1, 9, 11] = mask[8, 0, 3] = True
    want = np.zeros_like(mask)
    for k, j, i in np.argwhere(mask):
        want[max(0, k - by) : k + by + 1, max(0, j - by) : j + by + 1, max(0, i - by) : i + by + 1] = True
    np.testing.assert_array_equal(look._grown(mask, by), want)


def test_the_background_is_what_half_of_the_faces_are(case):
    array = np.arange(6**3, dtype=np.float32).reshape(6, 6, 6)
    assert look.background_value(array) is None
    array[0], array[:, 0], array[:, :, 0] = -1, -1, -1
    assert look.background_value(array) == -1.0
    assert look.background_value(array, share=0.9) is None
    assert look.background_value(np.full((6, 6, 6), np.nan, np.float32)) is None
