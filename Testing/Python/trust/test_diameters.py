"""RANO's diameters against shapes whose diameters are known."""

from __future__ import annotations

import subprocess
import sys

import builders
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.trust.measures.diameters import border_points, diameters_of_hull, measure_diameters


def ellipse(shape, radii, angle=0.0, spacing=(1.0, 1.0)):
    """A filled ellipse (rows, columns) around the middle, radii in mm, turned by `angle`."""
    rows, columns = np.indices(shape).astype(float)
    y, x = (rows - shape[0] / 2) * spacing[0], (columns - shape[1] / 2) * spacing[1]
    u, v = y * np.cos(angle) + x * np.sin(angle), -y * np.sin(angle) + x * np.cos(angle)
    return (u / radii[0]) ** 2 + (v / radii[1]) ** 2 <= 1


def in_slice(area, k=2, slices=5):
    volume = np.zeros((slices, *area.shape), bool)
    volume[k] = area
    return volume


@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 7))
def test_an_ellipse_has_its_two_axes_whichever_way_it_lies(angle):
    area = ellipse((90, 90), (30, 18), angle)
    found = measure_diameters(in_slice(area), builders.grid((5, 90, 90)))
    assert found.longest == pytest.approx(60, abs=1.5)
    assert found.perpendicular == pytest.approx(36, abs=1.5)
    assert found.slice_index == 2


def test_anisotropic_pixels_are_measured_in_mm():
    area = ellipse((60, 120), (20, 24), 0, spacing=(0.8, 0.5))
    found = measure_diameters(in_slice(area), builders.grid((5, 60, 120), spacing=(6.0, 0.8, 0.5)))
    assert found.longest == pytest.approx(48, abs=1)
    assert found.perpendicular == pytest.approx(40, abs=1)


def test_a_rectangle_is_as_long_as_its_border_is_far_apart():
    area = np.zeros((40, 40), bool)
    area[5:6, 4:24] = True
    found = measure_diameters(in_slice(area), builders.grid((5, 40, 40)))
    assert found.longest == pytest.approx(20)
    assert found.perpendicular == pytest.approx(1)


def test_the_slice_with_the_largest_product_counts():
    volume = np.zeros((5, 60, 60), bool)
    volume[1, 2:4, 2:58] = True  # longer, but thin
    volume[1:4, 10:40, 20:40] = True
    volume[2, 8:42, 18:42] = True
    assert measure_diameters(volume, builders.grid(volume.shape)).slice_index == 2


def test_of_equal_slices_the_first_one_counts():
    area = ellipse((40, 40), (12, 9))
    volume = np.stack([area, np.zeros_like(area), area])
    assert measure_diameters(volume, builders.grid(volume.shape)).slice_index == 0
    assert measure_diameters(volume[::-1], builders.grid(volume.shape), (4, 0, 0)).slice_index == 4


def test_pieces_apart_in_a_slice_are_measured_one_by_one():
    volume = np.zeros((5, 60, 60), bool)
    volume[2, 10:20, 5:15] = volume[2, 10:20, 45:55] = True
    found = measure_diameters(volume, builders.grid(volume.shape))
    assert found.longest < 15


def test_an_empty_lesion_has_no_diameters():
    assert measure_diameters(np.zeros((3, 4, 5), bool), builders.grid((3, 4, 5))) is None


def test_a_single_voxel_is_as_wide_as_itself_and_not_measurable():
    volume = np.zeros((3, 4, 5), bool)
    volume[1, 2, 3] = True
    found = measure_diameters(volume, builders.grid((3, 4, 5), spacing=(1, 2, 2)))
    assert (found.longest, found.perpendicular) == (pytest.approx(2), pytest.approx(2))
    assert not found.measurable


def test_a_lesion_is_measurable_from_ten_by_ten_mm():
    area = np.zeros((40, 40), bool)
    area[5:15, 4:30] = True
    assert measure_diameters(in_slice(area), builders.grid((5, 40, 40))).measurable
    area[14] = area[13] = False
    assert not measure_diameters(in_slice(area), builders.grid((5, 40, 40))).measurable


def test_the_axial_plane_is_found_in_a_sagittal_grid():
    area = ellipse((70, 70), (25, 15))
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])  # i runs to A, j to S, k to R
    volume = np.moveaxis(in_slice(area), 0, 1)  # (k, j, i): the axial slice lies across j
    geometry = Geometry(volume.shape, matrix)
    found = measure_diameters(volume, geometry)
    assert geometry.axial_axis == 1
    assert (found.longest, found.perpendicular) == (pytest.approx(50, abs=1.5), pytest.approx(30, abs=1.5))
    assert found.slice_index == 2


def test_the_offset_is_added_to_the_slice():
    area = ellipse((30, 30), (10, 6))
    assert measure_diameters(in_slice(area), builders.grid((5, 30, 30)), (7, 1, 1)).slice_index == 9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_turning_or_mirroring_a_lesion_leaves_its_diameters_alone(seed):
    area = np.random.default_rng(seed).random((7, 8)) > 0.5
    area[3, 4] = True
    values = [
        diameters_of_hull(border_points(np.ascontiguousarray(turned)))
        for turned in (area, area[::-1], area[:, ::-1], area.T, np.rot90(area))
    ]
    assert np.ptp(values, axis=0) == pytest.approx([0, 0], abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_piece_is_passed_over_that_has_a_larger_product(seed):
    random = np.random.default_rng(seed)
    volume = ndimage.gaussian_filter(random.normal(size=(6, 14, 17)), (0, 1.2, 1.2)) > 0.1
    volume[2, 5, 5] = True
    found = measure_diameters(volume, builders.grid(volume.shape, spacing=(3.0, 1.3, 0.7)))
    products = []
    for area in volume:
        pieces, count = ndimage.label(area, np.ones((3, 3)))
        for label in range(1, count + 1):
            points = border_points(pieces == label) * (1.3, 0.7)
            products.append(np.prod(diameters_of_hull(points)))
    assert found.product == pytest.approx(max(products))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_longest_diameter_is_the_largest_distance_of_border_points(seed):
    points = np.random.default_rng(seed).normal(size=(30, 2))
    longest, perpendicular = diameters_of_hull(points)
    assert longest == pytest.approx(np.linalg.norm(points[:, None] - points[None], axis=2).max())
    assert 0 < perpendicular <= longest


def test_the_perpendicular_is_a_chord_and_not_the_width():
    # A parallelogram: its width across the long diagonal is larger than any chord across it.
    corners = np.array([[0.0, 0.0], [10.0, 0.0], [14.0, 3.0], [4.0, 3.0]])
    longest, perpendicular = diameters_of_hull(corners)
    direction = np.array([14.0, 3.0]) / np.hypot(14, 3)
    width = np.ptp(corners @ [-direction[1], direction[0]])
    assert longest == pytest.approx(np.hypot(14, 3))
    assert perpendicular < width * 0.75


def test_points_on_a_line_have_no_perpendicular_diameter():
    assert diameters_of_hull(np.array([[0.0, 0.0], [1.0, 1.0], [3.0, 3.0]])) == (pytest.approx(np.sqrt(18)), 0)


def test_to_know_of_diameters_takes_no_geometry_of_scipy():
    """The panel knows of them when it opens, and that part of SciPy takes a third of a second to import."""
    asked = "import sys, SynthTrustLib.trust.measures.diameters; print('scipy.spatial' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
