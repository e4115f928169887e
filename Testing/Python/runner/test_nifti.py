"""Volumes on disk: what is written is what SimpleITK reads, and a full disk is an error."""

from __future__ import annotations

from pathlib import Path

import builders
import numpy as np
import pytest
import SimpleITK as sitk

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.runner.files.nifti import nifti_header, write_nifti


def oblique() -> Geometry:
    angle = np.deg2rad(20)
    rotation = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = rotation @ np.diag([-0.9, -1.1, 5.0])
    matrix[:3, 3] = (80.5, 90.25, -30.0)
    return Geometry((7, 11, 13), matrix)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("geometry", [builders.grid((7, 11, 13), (3.0, 1.0, 0.5), (1, 2, 3)), oblique()])
def test_voxels_and_geometry_come_back_through_simpleitk(tmp_path, dtype, geometry):
    array = (np.random.default_rng(0).random(geometry.shape) * 200).astype(dtype)
    header = nifti_header(geometry, dtype)
    path = tmp_path / "volume.nii.gz"
    size = write_nifti(path, array, header)
    image = sitk.ReadImage(str(path))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), array)
    assert Geometry.from_sitk(image).is_same(geometry)
    assert size == path.stat().st_size
    assert sorted(tmp_path.iterdir()) == [path]


def test_the_header_is_the_one_that_simpleitk_writes_for_the_whole_volume(tmp_path):
    geometry = oblique()
    sitk.WriteImage(geometry.to_sitk(np.zeros(geometry.shape, np.float32)), str(tmp_path / "whole.nii"))
    header = nifti_header(geometry, np.float32)
    assert header == (tmp_path / "whole.nii").read_bytes()[:352]


def test_an_array_in_any_memory_order_is_written_in_voxel_order(tmp_path):
    geometry = builders.grid((3, 4, 5))
    array = np.arange(60, dtype=np.float32).reshape(5, 4, 3).transpose()
    write_nifti(tmp_path / "a.nii.gz", array, nifti_header(geometry, np.float32))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.nii.gz"))), array)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_an_error(tmp_path):
    geometry = builders.grid((8, 40, 40))
    header = nifti_header(geometry, np.float32)
    array = np.random.default_rng(0).random(geometry.shape, dtype=np.float32)
    with pytest.raises(OSError, match="No space left"):
        write_nifti(Path("/dev/full"), array, header)
