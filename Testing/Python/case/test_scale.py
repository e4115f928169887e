"""Intensities are in arbitrary units: whatever is found in an image is found in the same image in other units."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from case_heads import make_head
from numpy.testing import assert_allclose, assert_array_equal

from SynthTrustLib.case.head.cavity import cavity_ml
from SynthTrustLib.case.head.look import look_at_head, skull_of
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.case.place.register import prepare
from SynthTrustLib.case.recognize.image_contrast import contrast_features
from SynthTrustLib.segmenters.adapters.slices.preprocess import foreground, normalize
from SynthTrustLib.vocabulary import Contrast


@pytest.fixture(params=[1e-8, 1e-12, 1e8], ids="scale {:g}".format)
def scale(request) -> np.float32:
    return np.float32(request.param)


@pytest.mark.parametrize("skull", [True, False])
def test_the_look_the_features_and_the_network_input_do_not_depend_on_the_unit(head_grid, scale, skull):
    head = make_head(skull=skull)
    other = head * scale
    look, again = look_at_head(head, head_grid), look_at_head(other, head_grid)
    assert_array_equal(again.mask, look.mask)
    assert skull_of(again) is skull_of(look)
    assert_allclose(contrast_features(other, head_grid), contrast_features(head, head_grid), rtol=1e-3, atol=1e-4)
    mask = foreground(head)
    assert_array_equal(foreground(other), mask)
    assert_allclose(normalize(other, mask), normalize(head, mask), atol=1e-4)
    one, two = (sitk.GetArrayFromImage(prepare(a, head_grid, b).image) for a, b in ((head, look), (other, again)))
    assert_allclose(two, one, atol=0.01)


def test_a_cavity_is_found_in_any_unit(head_grid, scale):
    flair, t2 = make_head(skull=False), make_head(skull=False, seed=1)
    hole = (slice(20, 34), slice(26, 40), slice(8, 22))
    flair[hole], t2[hole] = 40.0, 1600.0
    arrays = {Contrast.FLAIR: flair, Contrast.T2: t2}
    expected = cavity_ml(arrays, look_at_head(flair, head_grid), head_grid, Skull.OFF)
    assert expected > 0
    scaled = {contrast: array * scale for contrast, array in arrays.items()}
    look = look_at_head(scaled[Contrast.FLAIR], head_grid)
    assert cavity_ml(scaled, look, head_grid, Skull.OFF) == pytest.approx(expected)


def test_a_patient_reads_to_the_same_checks_in_any_unit(write_image, head_grid, scale):
    head = make_head(skull=False)
    cases = [
        load_case({Contrast.FLAIR: write_image(f"{n}/flair.nii.gz", head * unit, head_grid)})
        for n, unit in enumerate((np.float32(1), scale))
    ]
    one, other = ([(c.name, c.subject, c.verdict) for c in case.checks] for case in cases)
    assert other == one
