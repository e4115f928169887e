"""Images made ready for registration: the quick ways give what the plain ones give."""

from __future__ import annotations

import builders
import numpy as np
import pytest
import SimpleITK as sitk
from case_heads import make_head
from scipy import ndimage

from SynthTrustLib.case.head.look import look_at_head
from SynthTrustLib.case.place import register


@pytest.mark.parametrize("factors", [[1, 1, 1], [1, 2, 2], [3, 2, 5]])
def test_the_share_of_the_head_in_blocks_is_that_of_its_full_mask(factors):
    shape = (31, 140, 270)
    grid = builders.grid(shape, (0.8, 1.2, 5.0))
    look = look_at_head(make_head(shape, skull=False), grid)
    full = np.kron(look.mask, np.ones(look.steps, np.float32))[: shape[0], : shape[1], : shape[2]]
    want = register._averaged(full.astype(np.float32), grid, factors)[0]
    np.testing.assert_allclose(register._averaged_mask(look, shape, factors), want, atol=1e-5)


@pytest.mark.parametrize("shape", [(60, 72, 60), (61, 71, 59)])
def test_the_coarse_image_is_the_fine_one_smoothed_where_it_says_that_it_lies(shape):
    ready = register.prepare(make_head(shape, skull=False), builders.grid(shape, (2.0, 2.0, 2.0)))
    assert ready is not None
    coarse, fine = ready.coarse.image, ready.image
    first = [round(x) for x in fine.TransformPhysicalPointToContinuousIndex(coarse.GetOrigin())]
    smooth = ndimage.gaussian_filter(sitk.GetArrayViewFromImage(fine), 1.0)
    want = smooth[first[2] :: 2, first[1] :: 2, first[0] :: 2]
    got = sitk.GetArrayViewFromImage(coarse)
    assert got.shape == want.shape == sitk.GetArrayViewFromImage(ready.coarse.mask).shape
    assert np.abs(got - want).mean() < 0.005 and np.corrcoef(got.ravel(), want.ravel())[0, 1] > 0.995
