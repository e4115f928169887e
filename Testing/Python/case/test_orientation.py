"""A grid knows where its axes run, and takes arrays and indices to anatomy and back."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk

from SynthTrustLib.case.geometry import LPS, Geometry

SHAPE = (5, 6, 7)
SPACING = (2.0, 3.0, 1.5)
GRIDS = [(order, signs) for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]


def grid(order, signs) -> Geometry:
    """The array axis k, j, i runs along the RAS axis order[0], order[1], order[2], there or back."""
    matrix = np.eye(4)
    matrix[:3, :3] = 0
    for axis, (world, sign) in enumerate(zip(order, signs, strict=True)):
        matrix[world, 2 - axis] = sign * SPACING[axis]
    matrix[:3, 3] = (10, -20, 30)
    return Geometry(SHAPE, matrix)


@pytest.mark.parametrize(("order", "signs"), GRIDS)
def test_every_axis_is_known_and_found_again(order, signs):
    geometry = grid(order, signs)
    assert geometry.sideways_axis == order.index(0) and geometry.axial_axis == order.index(2)
    assert geometry.axis_codes == "".join("RAS"[order[a]] if signs[a] > 0 else "LPI"[order[a]] for a in (2, 1, 0))
    seen = geometry.orientation
    marked = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    shown = seen.view(marked)
    assert shown.shape == seen.shape and np.shares_memory(shown, marked)
    np.testing.assert_array_equal(seen.view(np.stack([marked, -marked]))[1], -shown)
    for kji in ((0, 0, 0), (1, 2, 3), (4, 5, 6)):
        assert shown[seen.spl(kji)] == marked[kji] and seen.kji(seen.spl(kji)) == kji
    assert seen.original(seen.spacing) == pytest.approx(SPACING) and seen.original(seen.shape) == SHAPE
    # Up, back and left is where the index rises.
    step = geometry.ras(seen.kji((1, 1, 1))) - geometry.ras(seen.kji((0, 0, 0)))
    assert step[2] > 0 and step[1] < 0 and step[0] < 0
    assert geometry.tilt_degrees == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("order", "signs"), GRIDS[::7])
def test_the_worlds_of_dicom_and_itk_are_reached_and_left(order, signs):
    geometry = grid(order, signs)
    place = geometry.kji_to_lps @ (1, 2, 3, 1)
    np.testing.assert_allclose((LPS @ place)[:3], geometry.ras((1, 2, 3)))
    assert Geometry.from_kji_to_lps(SHAPE, geometry.kji_to_lps).is_same(geometry)
    image = geometry.to_sitk(np.zeros(SHAPE, np.float32))
    assert Geometry.from_sitk(image).is_same(geometry)
    np.testing.assert_allclose(image.TransformIndexToPhysicalPoint((3, 2, 1)), place[:3])


def test_of_a_header_with_more_axes_the_first_three_count():
    image = sitk.Image([7, 6, 5, 2], sitk.sitkUInt8)
    image.SetSpacing((1.5, 3.0, 2.0, 1.0))
    image.SetOrigin((1.0, 2.0, 3.0, 0.0))
    geometry = Geometry.from_sitk(image)
    assert geometry.shape == SHAPE and geometry.spacing == pytest.approx(SPACING)
    np.testing.assert_allclose(geometry.ras((0, 0, 0)), (-1, -2, 3))


def test_a_part_of_a_grid_lies_where_it_lay():
    geometry = grid((2, 1, 0), (1, -1, -1))
    part = geometry.cropped((slice(1, 4), slice(2, 3), slice(3, 7)))
    assert part.shape == (3, 1, 4)
    np.testing.assert_allclose(part.ras((1, 0, 2)), geometry.ras((2, 2, 5)))
