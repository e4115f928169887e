"""Reference masks tell the regions that their labels can tell, on the case's grid."""

from __future__ import annotations

import builders
import numpy as np
import pytest
from case_heads import make_head

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.outline.reference import read_reference
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.vocabulary import Contrast, Region

SHAPE = (12, 20, 16)


def blocks(*values: int) -> np.ndarray:
    """A label map with one 2-voxel-thick block per value, in order along j."""
    labels = np.zeros(SHAPE, np.uint8)
    for n, value in enumerate(values):
        labels[4:6, 2 + 3 * n : 4 + 3 * n, 4:8] = value
    return labels


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2, 4), {Region.WT: {1, 2, 4}, Region.TC: {1, 4}, Region.ET: {4}}),
        ((1, 2, 3), {Region.WT: {1, 2, 3}, Region.TC: {1, 3}, Region.ET: {3}}),
        ((1, 2, 3, 4), {Region.WT: {1, 2, 3}, Region.TC: {1, 3}, Region.ET: {3}}),
        ((1, 2), {Region.WT: {1, 2}, Region.TC: {1}, Region.ET: set()}),
        ((2,), {Region.WT: {2}, Region.TC: set(), Region.ET: set()}),
        ((1,), {Region.WT: {1}}),
    ],
)
def test_labels_become_the_regions_that_they_tell(write_image, values, expected):
    labels = blocks(*values)
    result = read_reference(write_image("seg.nii.gz", labels), builders.case(SHAPE)).masks
    assert set(result) == set(expected)
    for region, members in expected.items():
        np.testing.assert_array_equal(result[region], np.isin(labels, list(members)))


@pytest.mark.parametrize("values", [(1, 5), (1, 255)])
def test_values_that_are_no_labels_are_refused_by_name(write_image, values):
    told = f"seg.nii.gz: it holds the values {values[1]}, which are not labels of regions"
    with pytest.raises(InputError, match=told):
        read_reference(write_image("seg.nii.gz", blocks(*values)), builders.case(SHAPE))


def test_probabilities_are_refused(write_image):
    soft = np.linspace(0, 1, np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)
    with pytest.raises(InputError, match="which are not labels of regions"):
        read_reference(write_image("seg.nii.gz", soft), builders.case(SHAPE))


def test_an_empty_mask_is_refused(write_image):
    with pytest.raises(InputError, match="every voxel has the same value"):
        read_reference(write_image("seg.nii.gz", np.zeros(SHAPE, np.uint8)), builders.case(SHAPE))


def test_a_mask_on_another_grid_lands_on_the_same_place(write_image):
    labels = blocks(1, 2, 4)
    case = builders.case(SHAPE)
    fine = np.repeat(np.repeat(np.repeat(labels, 2, 0), 2, 1), 2, 2)
    matrix = case.geometry.ijk_to_ras @ np.diag([0.5, 0.5, 0.5, 1.0])
    matrix[:3, 3] = (case.geometry.ijk_to_ras @ [-0.25, -0.25, -0.25, 1.0])[:3]
    result = read_reference(write_image("seg.nii.gz", fine, Geometry(fine.shape, matrix)), case).masks
    np.testing.assert_array_equal(result[Region.ET], labels == 4)
    np.testing.assert_array_equal(result[Region.WT], labels > 0)


def test_a_mask_of_another_place_is_refused(write_image):
    far = builders.grid(SHAPE, origin=(500.0, 0.0, 0.0))
    with pytest.raises(GeometryError, match="does not overlap the patient"):
        read_reference(write_image("seg.nii.gz", blocks(1, 2), far), builders.case(SHAPE))


def test_a_mask_with_the_old_header_fits_a_case_whose_voxel_size_was_stated(write_image, head_grid):
    path = write_image("flair.nii.gz", make_head(skull=False), head_grid)
    case = load_case({Contrast.FLAIR: path}, spacing_mm=(2.2, 2.2, 3.0))
    mask = np.zeros(head_grid.shape, np.uint8)
    mask[20:30, 30:40, 25:35] = 1
    result = read_reference(write_image("seg.nii.gz", mask, head_grid), case).masks
    np.testing.assert_array_equal(result[Region.WT], mask == 1)
