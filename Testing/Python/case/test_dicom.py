"""DICOM folders become volumes in the right place, and what is odd about a series is said."""

from __future__ import annotations

import logging
import os
import random
import shutil
import warnings

import dicom_files
import numpy as np
import pydicom
import pytest
from dicom_files import FLAIR_TIMING, PerSlice, positions, study, write_multiframe, write_series

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.dicom.file import looks_like_dicom, quiet
from SynthTrustLib.case.dicom.folder import find_series, read_series, series_at
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import InputError


@pytest.fixture
def voxels() -> np.ndarray:
    """Ten slices of 12 x 14 pixels that all differ."""
    return np.arange(10 * 12 * 14, dtype=np.uint16).reshape(10, 12, 14)


def only(folder):
    found = find_series(sorted(folder.rglob("*")))
    assert len(found.series) == 1, found.others
    return found.series[0]


def test_a_series_is_put_in_order_and_in_place_as_simpleitk_does_it(tmp_path, voxels):
    import SimpleITK as sitk

    order = random.Random(1).sample(range(10), 10)
    places = positions(10, 4.0)
    axes = (0.96, 0.28, 0.0, 0.0, 0.0, -1.0)
    normal = np.cross(axes[:3], axes[3:])
    places = [(np.array([-80.0, 20.0, 50.0]) + 4.0 * n * normal).tolist() for n in range(10)]
    write_series(
        tmp_path, voxels[order], shared=study(), places=[places[n] for n in order], axes=axes, pixel=(2.0, 1.5)
    )
    image = read_series(only(tmp_path))
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path))
    theirs = sitk.ReadImage(names)
    np.testing.assert_array_equal(image.array, voxels)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(theirs), image.array)
    assert Geometry.from_sitk(theirs).is_same(image.geometry)
    assert image.remarks == () and image.source == "DICOM series 1"
    assert [path.name for path in image.files] == [f"IM-{order.index(n):04d}.dcm" for n in range(10)]


def test_slices_stored_from_the_top_down_give_the_same_volume(tmp_path, voxels):
    write_series(tmp_path / "up", voxels, shared=study())
    write_series(tmp_path / "down", voxels[::-1], shared=study(), places=positions(10)[::-1])
    up, down = read_image(tmp_path / "up"), read_image(tmp_path / "down")
    np.testing.assert_array_equal(up.array, down.array)
    assert up.geometry.is_same(down.geometry)


def test_every_slice_is_scaled_by_its_own_slope(tmp_path, voxels):
    slopes = PerSlice([1.0 + n for n in range(10)])
    write_series(tmp_path, voxels, shared=study(), RescaleSlope=slopes, RescaleIntercept=-3.0)
    np.testing.assert_allclose(
        read_image(tmp_path).array, voxels * np.array(slopes, np.float32)[:, None, None] - 3.0, rtol=1e-6
    )


def test_overlay_bits_beyond_the_stored_ones_are_no_image(tmp_path, voxels):
    write_series(tmp_path, voxels | 0xF000, shared=study(), BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(read_image(tmp_path).array, voxels)


def test_an_enhanced_multiframe_file_is_a_series(tmp_path, voxels):
    order = list(range(9, -1, -1))
    places = positions(10, 4.0)
    path = write_multiframe(
        tmp_path / "multi", voxels[order], shared=study(), places=[places[n] for n in order], slope=2.0
    )
    series = only(tmp_path)
    image = read_series(series)
    np.testing.assert_array_equal(image.array, 2.0 * voxels)
    assert image.geometry.spacing == pytest.approx((4.0, 2.0, 2.0))
    assert image.files == (path,) * 10
    assert (series.attributes.echo_time, series.attributes.repetition_time) == (110.0, 9000.0)
    assert series.attributes.inversion_time == 2500.0 and "IR" in series.attributes.scanning_sequence


@pytest.mark.parametrize(
    ("frames", "diffusion"),
    [
        ([{"DiffusionDirectionality": "NONE"}], False),
        ([{"DiffusionDirectionality": "NONE", "DiffusionBValue": 0.0}], False),
        ([{}], False),
        ([{"DiffusionDirectionality": "ISOTROPIC"}], True),
        ([{"DiffusionBValue": 1000.0}], True),
        ([{"DiffusionDirectionality": "NONE"}, {"DiffusionDirectionality": "DIRECTIONAL"}], True),
    ],
)
def test_an_enhanced_file_is_diffusion_where_a_frame_says_so_not_where_it_may_speak_of_it(
    tmp_path, voxels, frames, diffusion
):
    path = write_multiframe(tmp_path / "multi", voxels, shared=study())
    data = pydicom.dcmread(path)
    for n, group in enumerate(data.PerFrameFunctionalGroupsSequence):
        said = pydicom.Dataset()
        for name, value in frames[n % len(frames)].items():
            setattr(said, name, value)
        group.MRDiffusionSequence = pydicom.Sequence([said])
    data.save_as(path)
    assert only(tmp_path).attributes.diffusion is diffusion


@pytest.mark.parametrize("compressor", ["RLE", "JPEG", "JPEGLS", "JPEG2000"])
def test_compressed_series_are_read(tmp_path, voxels, compressor):
    paths = write_series(tmp_path / "plain", voxels, shared=study())
    packed = tmp_path / "packed"
    packed.mkdir()
    for path in paths:
        compress(path, packed / path.name, compressor)
    image = read_image(packed)
    np.testing.assert_array_equal(image.array, voxels)
    assert image.geometry.is_same(read_image(tmp_path / "plain").geometry)


def compress(path, target, compressor):
    """Lossless, with pydicom's own encoders or, where it has none, with GDCM."""
    if compressor in ("RLE", "JPEGLS"):
        data = pydicom.dcmread(path)
        data.compress(pydicom.uid.RLELossless if compressor == "RLE" else pydicom.uid.JPEGLSLossless)
        data.save_as(target)
        return
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.LoadPrivateTagsOn()
    image = reader.Execute()
    writer = sitk.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    writer.SetFileName(str(target))
    writer.UseCompressionOn()
    writer.SetCompressor(compressor)
    writer.Execute(image)
    original = pydicom.dcmread(path, stop_before_pixels=True)
    data = pydicom.dcmread(target)
    assert data.file_meta.TransferSyntaxUID.is_compressed
    for element in original:
        if element.tag not in data or element.keyword in ("ImagePositionPatient", "ImageOrientationPatient"):
            data[element.tag] = element
    data.save_as(target)


def test_a_missing_slice_is_filled_in_and_said(tmp_path):
    voxels = np.repeat(np.arange(10, dtype=np.uint16) * 100, 12 * 14).reshape(10, 12, 14)
    for path in write_series(tmp_path, voxels, shared=study())[4:5]:
        path.unlink()
    image = read_image(tmp_path)
    np.testing.assert_allclose(image.array, voxels)  # the values rise evenly, so interpolation finds them again
    assert image.files[4] is None and image.files[3] is not None
    assert [(check.name, check.verdict) for check in image.remarks] == [("missing_slices", Verdict.WARNING)]
    assert image.remarks[0].text.startswith("1 slices are missing")


def test_a_series_with_too_many_holes_is_refused_with_the_count(tmp_path, voxels):
    voxels = np.tile(voxels, (2, 1, 1))
    for path in write_series(tmp_path, voxels, shared=study())[6:12]:
        path.unlink()
    with pytest.raises(InputError, match="6 slices are missing between the 14"):
        series_at(tmp_path)


def test_slices_that_were_stored_twice_are_used_once(tmp_path, voxels):
    paths = write_series(tmp_path, voxels, shared=study())
    shutil.copy(paths[2], tmp_path / "copy.dcm")
    data = pydicom.dcmread(paths[5])
    data.SOPInstanceUID = pydicom.uid.generate_uid()
    data.InstanceNumber = 77
    data.save_as(tmp_path / "again.dcm")
    image = read_image(tmp_path)
    np.testing.assert_array_equal(image.array, voxels)
    assert [check.name for check in image.remarks] == ["duplicate_slices"]
    assert image.remarks[0].text.startswith("2 slices")


def test_uneven_distances_are_resampled_evenly_and_said(tmp_path):
    heights = np.array([0, 4.0, 8.0, 12.0, 16.0, 22.0, 28.0, 34.0, 40.0, 46.0])
    voxels = np.broadcast_to((100 * heights).astype(np.uint16)[:, None, None], (10, 12, 14))
    places = [[0.0, 0.0, float(h)] for h in heights]
    write_series(tmp_path, voxels, shared=study(), places=places)
    image = read_image(tmp_path)
    z = image.geometry.ras([[k, 0, 0] for k in range(image.array.shape[0])])[:, 2]
    np.testing.assert_allclose(image.array[:, 5, 5], 100 * z, atol=0.5)
    assert [check.name for check in image.remarks] == ["slice_distance"]
    assert "from 4.00 to 6.00 mm" in image.remarks[0].text


def test_a_gantry_tilt_is_straightened_and_said(tmp_path):
    # A bright column that stands straight up in space, in slices that step aside by 1 mm each.
    shape, pixel = (12, 40, 40), 2.0
    places = positions(12, 4.0, shear=(0.0, 1.0))
    voxels = np.zeros(shape, np.uint16)
    y = np.arange(40) * pixel
    for n, place in enumerate(places):
        profile = 1000 * np.exp(-(((y + place[1] + 50.0) / 6.0) ** 2))
        voxels[n] = np.broadcast_to(profile[:, None], (40, 40)).astype(np.uint16)
    write_series(tmp_path, voxels, shared=study(), places=places)
    image = read_image(tmp_path)
    assert [check.name for check in image.remarks] == ["gantry_tilt"]
    assert f"{np.degrees(np.arctan(1 / 4)):.1f} degrees" in image.remarks[0].text
    centers = (image.array[:, :, 20] * np.arange(40)).sum(axis=1) / image.array[:, :, 20].sum(axis=1)
    np.testing.assert_allclose(centers, centers[0], atol=0.05)
    assert image.geometry.ras([0, 0, 0])[2] == pytest.approx(-40.0)
    # In RAS the column stands at y = +50.
    assert image.geometry.ras([0, float(centers[0]), 0])[1] == pytest.approx(50.0, abs=0.2)


def test_parts_of_other_kinds_and_localizers_are_told_with_the_reason(tmp_path, voxels):
    shared = study()
    write_series(tmp_path / "a", voxels, shared=shared, number=1, **FLAIR_TIMING)
    write_series(tmp_path / "b", voxels[:3], shared=shared, number=2, places=positions(3, 10.0))
    write_series(tmp_path / "c", voxels, shared=shared, number=3, Modality="CT")
    write_series(tmp_path / "d", voxels, shared=shared, number=4, BurnedInAnnotation="YES")
    twice = np.concatenate([voxels, voxels + 1])
    write_series(tmp_path / "e", twice, shared=shared, number=5, places=positions(10) * 2)
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"junk" * 20)
    (tmp_path / "f" / "notes.txt").write_text("no DICOM")
    found = find_series(sorted(tmp_path.rglob("*")))
    assert [series.number for series in found.series] == [1]
    assert sorted(found.others.values()) == [
        "series 2: 3 images, a localizer or a fragment",
        "series 3: its modality is CT, not MR",
        "series 4: text or drawings are burned into its images",
        "series 5: 2 images at each position, as dynamic and diffusion series have",
    ]
    assert [path.name for path in found.damaged] == ["broken.dcm"]


def test_two_echoes_in_one_series_are_two_stacks(tmp_path, voxels):
    both = np.concatenate([voxels, voxels + 1])
    echoes = PerSlice([20.0] * 10 + [90.0] * 10)
    write_series(tmp_path, both, shared=study(), places=positions(10) * 2, EchoTime=echoes)
    found = find_series(sorted(tmp_path.iterdir()))
    assert [(s.attributes.echo_time, s.source) for s in found.series] == [
        (20.0, "DICOM series 1, part 1"),
        (90.0, "DICOM series 1, part 2"),
    ]
    np.testing.assert_array_equal(read_series(found.series[1]).array, voxels + 1)


def test_one_file_stands_for_its_series(tmp_path, voxels):
    shared = study()
    first = write_series(tmp_path, voxels, shared=shared, number=1, names="a{}")
    second = write_series(tmp_path, voxels + 5, shared=shared, number=2, names="b{}")
    np.testing.assert_array_equal(read_image(first[3]).array, voxels)
    np.testing.assert_array_equal(read_image(second[0]).array, voxels + 5)
    with pytest.raises(InputError, match=r"holds 2 DICOM series \(1, 2\)"):
        read_image(tmp_path)


def test_a_truncated_slice_is_named_in_one_error(tmp_path, voxels):
    paths = write_series(tmp_path, voxels, shared=study())
    paths[3].write_bytes(paths[3].read_bytes()[:-100])
    with pytest.raises(InputError, match=r"IM-0003\.dcm.*damaged or incomplete"):
        read_image(tmp_path)


@pytest.mark.parametrize("left", [0, 300], ids=["empty", "cut off in its header"])
def test_a_last_slice_that_is_broken_leaves_a_row_also_where_the_series_is_named_by_hand(tmp_path, voxels, left):
    paths = write_series(tmp_path, voxels, shared=study())
    paths[-1].write_bytes(paths[-1].read_bytes()[:left])
    for named in (tmp_path, paths[0]):
        image = read_image(named)
        assert len(image.array) == 9
        assert [row.name for row in image.remarks if row.verdict is Verdict.WARNING] == ["damaged_files"]


def test_what_macos_leaves_beside_the_slices_is_no_broken_slice(tmp_path, voxels):
    for path in write_series(tmp_path, voxels, shared=study()):
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7" * 30)
    assert not read_image(tmp_path).remarks


def test_a_copy_of_a_slice_stands_for_its_series_too_however_it_is_spelled(tmp_path, voxels):
    paths = write_series(tmp_path / "in", voxels, shared=study())
    shutil.copy(paths[3], tmp_path / "in" / "copy of it")
    for path in (tmp_path / "in" / "copy of it", tmp_path / "in" / ".." / "in" / paths[0].name):
        assert [row.name for row in read_image(path).remarks] == ["duplicate_slices"]


def test_a_negative_slope_turns_the_image_and_is_said(tmp_path, voxels):
    write_series(tmp_path, voxels, shared=study(), RescaleSlope=-1.0, RescaleIntercept=2000.0)
    image = read_image(tmp_path)
    assert [row.name for row in image.remarks] == ["slope"]
    np.testing.assert_array_equal(image.array, 2000.0 - voxels)


def test_a_file_that_may_not_be_read_is_a_broken_one(tmp_path, voxels, monkeypatch):
    paths = write_series(tmp_path, voxels, shared=study(), names="IM{}")
    access = os.access
    monkeypatch.setattr("os.access", lambda path, mode: path != paths[-1] and access(path, mode))
    monkeypatch.setattr(
        "SynthTrustLib.case.dicom.folder.looks_like_dicom", lambda path: path != paths[-1] and looks_like_dicom(path)
    )
    assert find_series(paths).damaged == (paths[-1],)


def test_the_readers_are_quiet_until_the_last_of_several_at_once_has_done():
    logger, filters = logging.getLogger("pydicom"), list(warnings.filters)
    first, second = quiet(), quiet()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert logger.disabled and warnings.filters != filters
    second.__exit__(None, None, None)
    assert not logger.disabled and warnings.filters == filters


def test_no_other_warnings_are_kept_away():
    with quiet(), pytest.warns(UserWarning, match="of somebody else"):
        warnings.warn("of somebody else", stacklevel=1)


def test_nothing_of_the_patient_is_kept(tmp_path, voxels):
    write_series(tmp_path, voxels, shared=study(), SeriesDescription="T2 Zebedee")
    series = only(tmp_path)
    image = read_series(series)
    kept = repr((series.patient, series.source, image.source, image.remarks, image.sha256))
    assert not any(secret in kept for secret in dicom_files.SECRETS)
