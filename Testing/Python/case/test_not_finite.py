"""Voxels that are no numbers are filled around the head, with a word, and refused within it."""

from __future__ import annotations

import numpy as np
import pytest
from case_heads import make_head

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.file.not_finite import fill_surroundings
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.errors import InputError

HEAD = make_head((30, 36, 30), skull=False)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_background_without_numbers_becomes_zero(write_image, value):
    image = read_image(write_image("a.nii.gz", np.where(HEAD == 0, np.float32(value), HEAD)))
    np.testing.assert_array_equal(image.array, HEAD)
    (remark,) = image.remarks
    assert (remark.name, remark.verdict) == ("not_finite", Verdict.CHANGED)
    assert f"{int((HEAD == 0).sum())} voxels around the head" in remark.text


def test_single_voxels_without_numbers_in_the_background_become_background():
    array = HEAD.copy()
    array[1, 1, 1] = array[2, 17, 2] = np.nan
    filled, _ = fill_surroundings(array, "a")
    np.testing.assert_array_equal(filled, HEAD)


def test_the_background_of_a_standardized_brain_becomes_its_lowest_value():
    brain = HEAD > 0
    scores = np.where(brain, (HEAD - HEAD[brain].mean()) / HEAD[brain].std(), np.nan).astype(np.float32)
    filled, _ = fill_surroundings(scores, "a")
    assert set(filled[~brain]) == {np.nanmin(scores)}


@pytest.mark.parametrize(
    "hole",
    [
        (slice(14, 16), slice(17, 19), slice(14, 16)),
        (15,),
        (slice(None), slice(18, 20)),
        (slice(None), slice(None), slice(12, 13)),
    ],
    ids=["in the brain", "an axial slice", "coronal slices", "a sagittal slice"],
)
def test_a_gap_in_the_head_is_refused(hole):
    array = np.where(HEAD == 0, np.float32(np.nan), HEAD)
    array[hole] = np.nan
    with pytest.raises(InputError, match=r"not finite numbers .* inside the head"):
        fill_surroundings(array, "a")


CUT = HEAD[14:, 18:]
"""The head, cut by two faces of the volume."""


@pytest.mark.parametrize(
    "hole",
    [(slice(0, 3), slice(4, 7), slice(14, 17)), (slice(4, 7), 0, slice(14, 17)), (0, slice(4, 7), slice(14, 17))],
    ids=["at one face", "one voxel deep", "one slice"],
)
def test_a_hole_in_the_head_at_a_face_that_cuts_it_is_refused(hole):
    array = np.where(CUT == 0, np.float32(np.nan), CUT)
    np.testing.assert_array_equal(fill_surroundings(array, "a")[0], CUT)
    array[hole] = np.nan
    with pytest.raises(InputError, match=r"not finite numbers .* inside the head"):
        fill_surroundings(array, "a")


def test_nothing_but_voxels_without_numbers_is_refused():
    with pytest.raises(InputError, match="of all its voxels"):
        fill_surroundings(np.full((9, 9, 9), np.nan, np.float32), "a")


def test_an_image_of_numbers_is_handed_back_as_it_is():
    filled, remarks = fill_surroundings(HEAD, "a")
    assert filled is HEAD
    assert remarks == ()
