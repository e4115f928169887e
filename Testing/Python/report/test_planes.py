"""Slices are shown the radiological way round whatever the axes of the file."""

from __future__ import annotations

from itertools import permutations, product

import builders
import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.report.planes import MARKS, Anatomy, Plane

DIRECTIONS = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}


def any_grid(order: tuple[int, ...], signs: tuple[int, ...], spacing=(1.5, 2.0, 3.0)) -> Geometry:
    """A grid whose i, j, k axes run along the world axes `order` with these signs."""
    matrix = np.zeros((4, 4))
    for axis, (world, sign) in enumerate(zip(order, signs, strict=True)):
        matrix[world, axis] = sign * spacing[axis]
    matrix[:, 3] = (3.0, -7.0, 11.0, 1.0)
    return Geometry((5, 6, 7), matrix)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
def test_the_marks_tell_the_direction_in_which_the_world_runs_across_the_picture(order, signs):
    geometry = any_grid(order, signs)
    anatomy = Anatomy.of(geometry)
    world = geometry.ras(np.moveaxis(np.indices(geometry.shape), 0, -1))
    for plane in Plane:
        shown = np.stack([anatomy.cut(world[..., axis], plane, (1, 2, 3)) for axis in range(3)], axis=-1)
        across, down = shown[0, -1] - shown[0, 0], shown[-1, 0] - shown[0, 0]
        marks = MARKS[plane]
        assert np.allclose(across / np.linalg.norm(across), DIRECTIONS[marks.right])
        assert np.allclose(across / np.linalg.norm(across), -np.array(DIRECTIONS[marks.left]))
        assert np.allclose(down / np.linalg.norm(down), DIRECTIONS[marks.bottom])
        assert np.allclose(down / np.linalg.norm(down), -np.array(DIRECTIONS[marks.top]))


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (-1, 1, -1)])
def test_a_voxel_is_found_again_on_every_slice_through_it(order, signs):
    geometry = any_grid(order, signs)
    anatomy = Anatomy.of(geometry)
    voxel = (1, 4, 2)
    marked = np.zeros(geometry.shape)
    marked[voxel] = 1
    spl = anatomy.spl(voxel)
    assert anatomy.kji(spl) == voxel
    for plane in Plane:
        (row,), (column,) = np.nonzero(anatomy.cut(marked, plane, spl))
        assert anatomy.pixel(plane, spl) == (column, row)


def test_spacing_follows_the_axes():
    grid = any_grid((2, 0, 1), (1, 1, -1))  # i runs up, j to the right, k to the back
    assert grid.orientation.spacing == pytest.approx((1.5, 3.0, 2.0))
    assert grid.tilt_degrees == pytest.approx(0.0, abs=1e-5)


def test_a_tilted_scan_says_by_how_much():
    angle = np.radians(20.0)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ np.diag([-1.0, -1.0, 1.0])
    tilted = Geometry((5, 6, 7), matrix)
    assert tilted.tilt_degrees == pytest.approx(20.0)
    assert tilted.orientation.axes == builders.grid((5, 6, 7)).orientation.axes
