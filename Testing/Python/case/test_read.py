"""Reading one file: what is there comes out as it is, and every damaged file becomes one error in words."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import threading
from pathlib import Path

import builders
import numpy as np
import pytest
import SimpleITK as sitk

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import GeometryError, InputError, OutputError, SynthTrustError

FORMATS = ["a.nii", "a.nii.gz", "a.nrrd", "a.nhdr", "a.mha", "a.mhd"]
OBLIQUE = Geometry(
    (10, 9, 8),
    np.array([[-0.8, 0.6, 0.0, 11.0], [-0.6, -0.8, 0.0, 22.0], [0.0, 0.0, 2.5, -33.0], [0, 0, 0, 1]]),
)


def patch(path: Path, offset: int, data: bytes) -> Path:
    """Overwrite bytes of a file, inside the compression if it has one."""
    packed = path.name.endswith(".gz")
    raw = bytearray(gzip.decompress(path.read_bytes()) if packed else path.read_bytes())
    raw[offset : offset + len(data)] = data
    path.write_bytes(gzip.compress(bytes(raw)) if packed else bytes(raw))
    return path


def refused(path: Path, capfd, kind=InputError) -> str:
    """The words of the one error that reading `path` raises; nothing else may reach the user."""
    with pytest.raises(SynthTrustError) as caught:
        read_image(path)
    assert type(caught.value) is kind
    assert caught.value.source == path.name
    assert caught.value.next_step.endswith(".")
    assert "itk" not in str(caught.value).lower()
    assert str(path.parent) not in str(caught.value)
    assert capfd.readouterr() == ("", "")
    return caught.value.what


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_reads_as_simpleitk_reads_it_in_every_format(write_image, ramp, name):
    path = write_image(name, ramp, OBLIQUE)
    image = read_image(path)
    assert image.array.dtype == np.float32
    np.testing.assert_array_equal(image.array, ramp)
    assert image.geometry.is_same(OBLIQUE, 1e-4)
    assert image.geometry.is_same(Geometry.from_sitk(sitk.ReadImage(str(path))), 1e-9)


@pytest.mark.parametrize("name", ["Jérôme.nhdr", "Jérôme.mhd"])
def test_a_data_file_with_letters_beyond_ascii_is_found(write_image, ramp, name):
    np.testing.assert_array_equal(read_image(write_image(name, ramp)).array, ramp)


def test_a_nifti_file_with_an_extension_reads_as_the_one_without(write_image, ramp):
    plain = write_image("a.nii", ramp, OBLIQUE)
    raw = bytearray(plain.read_bytes())
    raw[108:112] = struct.pack("<f", 384)  # where the voxels begin
    raw[348:352] = b"\1\0\0\0" + struct.pack("<2i", 32, 6) + b"a comment".ljust(24)
    extended = plain.with_name("b.nii")
    extended.write_bytes(raw)
    np.testing.assert_array_equal(read_image(extended).array, ramp)
    assert read_image(extended).geometry.is_same(read_image(plain).geometry)


def test_a_temporary_folder_that_cannot_be_written_to_is_said(write_image, ramp, monkeypatch):
    path = write_image("a.nrrd", ramp)
    monkeypatch.setattr("tempfile.tempdir", str(path.with_name("missing")))
    with pytest.raises(OutputError, match=r"missing: a temporary file cannot be written \(No such file or directory\)"):
        read_image(path)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.mha"])
def test_every_number_type_reads_to_the_same_values(write_image, name, dtype):
    array = (np.arange(720) % 100).astype(dtype).reshape(10, 9, 8)
    np.testing.assert_array_equal(read_image(write_image(name, array)).array, array)


def test_the_source_is_the_name_and_the_hash_is_that_of_the_bytes(write_image, ramp):
    path = write_image("t1.nii.gz", ramp)
    image = read_image(path)
    assert image.source == "t1.nii.gz"
    assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_hash_of_a_detached_header_covers_its_voxels(write_image, ramp):
    path = write_image("a.mhd", ramp)
    before = read_image(path).sha256
    data = path.with_suffix(".zraw")
    other = sitk.GetImageFromArray(ramp[::-1].copy())
    other.CopyInformation(sitk.ReadImage(str(path)))
    sitk.WriteImage(other, str(path), useCompression=True)
    assert data.exists()
    assert read_image(path).sha256 != before


def test_scaled_integers_read_as_their_values(write_image, ramp):
    path = patch(write_image("a.nii.gz", ramp), 112, struct.pack("<2f", 0.5, -3.0))
    np.testing.assert_array_equal(read_image(path).array, ramp * 0.5 - 3.0)


def test_big_endian_files_read_to_the_same_values(tmp_path, ramp):
    text = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 8 9 10\n"
        "space directions: (1,0,0) (0,1,0) (0,0,1)\nendian: big\nencoding: raw\nspace origin: (0,0,0)\n\n"
    )
    path = tmp_path / "a.nrrd"
    path.write_bytes(text.encode() + ramp.astype(">i2").tobytes())
    np.testing.assert_array_equal(read_image(path).array, ramp)


@pytest.mark.parametrize("header_size", [0, 137, -1])
def test_a_metaimage_that_skips_a_foreign_header_reads_as_simpleitk_reads_it(tmp_path, ramp, header_size):
    text = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nDimSize = 8 9 10\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nElementType = MET_SHORT\n"
        f"HeaderSize = {header_size}\nElementDataFile = a.raw\n"
    )
    path = tmp_path / "a.mhd"
    path.write_text(text)
    (tmp_path / "a.raw").write_bytes(bytes(137 if header_size else 0) + ramp.tobytes())
    np.testing.assert_array_equal(read_image(path).array, sitk.GetArrayFromImage(sitk.ReadImage(str(path))))
    np.testing.assert_array_equal(read_image(path).array, ramp)


@pytest.mark.parametrize("header_size", [-1, 20, -7])
def test_a_header_size_that_readers_understand_differently_is_refused(write_image, ramp, header_size, capfd):
    path = write_image("a.mha", ramp)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"ElementDataFile", b"HeaderSize = %d\nElementDataFile" % header_size))
    assert f"HeaderSize is {header_size} and its voxels are compressed" in refused(path, capfd)


def test_a_series_with_one_frame_is_a_volume(tmp_path, ramp):
    image = sitk.JoinSeries([builders.grid(ramp.shape).to_sitk(ramp)])
    path = tmp_path / "a.nii.gz"
    sitk.WriteImage(image, str(path))
    np.testing.assert_array_equal(read_image(path).array, ramp)


def test_a_gzip_file_of_several_members_reads_whole(write_image, ramp):
    path = write_image("a.nii.gz", ramp)
    raw = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(raw[:700]) + gzip.compress(raw[700:]))
    np.testing.assert_array_equal(read_image(path).array, ramp)


def test_a_missing_file_is_refused(tmp_path, capfd):
    assert "does not exist" in refused(tmp_path / "no.nii.gz", capfd)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path, capfd):
    assert "cannot be opened" in refused(tmp_path / f"{'long' * 80}.nii", capfd)


def test_a_file_too_large_to_hold_is_refused_before_it_is_read(write_image, monkeypatch, capfd):
    path = write_image("a.nii", np.random.default_rng(0).random((30, 30, 30)))
    monkeypatch.setattr("SynthTrustLib.case.file.read.MAXIMUM_BYTES", 30**3)
    assert "larger than SynthTrust can hold" in refused(path, capfd)


def test_a_folder_is_refused(tmp_path, capfd):
    (tmp_path / "case.nii").mkdir()
    assert "folder" in refused(tmp_path / "case.nii", capfd)


def test_an_empty_file_is_refused(tmp_path, capfd):
    (tmp_path / "a.nii.gz").touch()
    assert "empty" in refused(tmp_path / "a.nii.gz", capfd)


@pytest.mark.parametrize("name", FORMATS[:4] + FORMATS[4:5])
@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_truncated_file_is_refused_in_every_format(write_image, name, keep, capfd):
    noise = np.random.default_rng(1).integers(0, 4000, (40, 30, 20)).astype(np.int16)
    path = write_image(name, noise)
    damaged = path.with_name("a.raw.gz") if name == "a.nhdr" else path
    raw = damaged.read_bytes()
    damaged.write_bytes(raw[: int(keep * len(raw))])
    assert "truncated" in refused(path, capfd)


def test_a_gzip_file_without_its_last_bytes_is_refused(write_image, ramp, capfd):
    path = write_image("a.nii.gz", ramp)
    path.write_bytes(path.read_bytes()[:-4])
    assert "truncated" in refused(path, capfd)


def test_a_gzip_file_with_a_flipped_byte_is_refused(write_image, capfd):
    noise = np.random.default_rng(1).integers(0, 4000, (40, 30, 20)).astype(np.int16)
    path = write_image("a.nii.gz", noise)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)
    assert "damaged" in refused(path, capfd)


@pytest.mark.parametrize("name", FORMATS)
def test_a_text_file_with_an_image_name_is_refused(tmp_path, name, capfd):
    text = b"patient came in on Tuesday\n" * 40
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert "not a readable image" in refused(tmp_path / name, capfd)


@pytest.mark.parametrize("name", ["photo.jpg", "notes.txt", "t1.nii.zip", "t1"])
def test_a_file_of_another_kind_is_refused(tmp_path, name, capfd):
    (tmp_path / name).write_bytes(b"something")
    assert "not a NIfTI, NRRD, MetaImage or DICOM" in refused(tmp_path / name, capfd)


def test_a_name_that_contradicts_the_compression_is_refused(write_image, ramp, capfd):
    plain = write_image("a.nii", ramp)
    assert "not gzip-compressed" in refused(plain.rename(plain.with_name("b.nii.gz")), capfd)
    packed = write_image("c.nii.gz", ramp)
    assert "gzip-compressed" in refused(packed.rename(packed.with_name("d.nii")), capfd)


def test_a_2d_image_is_refused(tmp_path, ramp, capfd):
    sitk.WriteImage(sitk.GetImageFromArray(ramp[0]), str(tmp_path / "a.nii"))
    assert "2D" in refused(tmp_path / "a.nii", capfd)


def test_a_single_slice_is_refused(write_image, ramp, capfd):
    assert "2D" in refused(write_image("a.nrrd", ramp[:1]), capfd)


def test_a_localizer_of_a_few_slices_is_refused(write_image, ramp, capfd):
    assert "fewer than 8" in refused(write_image("a.mha", ramp[:5]), capfd)


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.mha"])
def test_a_4d_series_of_several_frames_is_refused(tmp_path, ramp, name, capfd):
    frame = builders.grid(ramp.shape).to_sitk(ramp)
    sitk.WriteImage(sitk.JoinSeries([frame, frame]), str(tmp_path / name))
    assert "4D" in refused(tmp_path / name, capfd)


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.mha"])
def test_a_vector_image_is_refused(tmp_path, ramp, name, capfd):
    sitk.WriteImage(sitk.Compose([builders.grid(ramp.shape).to_sitk(ramp)] * 3), str(tmp_path / name))
    words = refused(tmp_path / name, capfd)
    assert "one value per voxel" in words or "several volumes" in words


def test_a_color_image_is_refused(write_image, ramp, capfd):
    path = patch(write_image("a.nii", ramp), 70, struct.pack("<2h", 128, 24))
    assert "RGB" in refused(path, capfd)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_not_finite_are_refused_with_their_number(write_image, ramp, value, capfd):
    array = ramp.astype(np.float32)
    array[3, 4, 5:7] = value
    assert "2 voxels are not finite" in refused(write_image("a.nii.gz", array), capfd)


@pytest.mark.parametrize("value", [0, 7])
def test_a_constant_volume_is_refused_with_its_value(write_image, value, capfd):
    array = np.full((10, 9, 8), value, np.int16)
    assert f"same value ({value})" in refused(write_image("a.nrrd", array), capfd)


def test_a_nifti_file_without_orientation_is_refused(write_image, ramp, capfd):
    path = patch(write_image("a.nii.gz", ramp), 252, struct.pack("<2h", 0, 0))
    assert "no orientation" in refused(path, capfd, GeometryError)


@pytest.mark.parametrize(
    ("name", "line"), [("a.nrrd", b"space directions"), ("a.mha", b"TransformMatrix")], ids=["nrrd", "metaimage"]
)
def test_a_text_header_without_orientation_is_refused(write_image, ramp, name, line, capfd):
    path = write_image(name, ramp)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(one for one in lines if not one.startswith(line)))
    assert "no orientation" in refused(path, capfd, GeometryError)


def test_a_nifti_file_with_a_singular_sform_is_refused(write_image, ramp, capfd):
    path = patch(write_image("a.nii.gz", ramp), 280, struct.pack("<12f", 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0))
    assert "singular" in refused(path, capfd, GeometryError)


def test_a_nifti_file_with_a_sheared_sform_is_refused(write_image, ramp, capfd):
    path = patch(write_image("a.nii.gz", ramp), 252, struct.pack("<2h", 0, 1))
    patch(path, 280, struct.pack("<12f", 1, 0.5, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0))
    assert "sheared" in refused(path, capfd, GeometryError)


def test_a_nifti_file_with_a_voxel_size_of_zero_is_refused(write_image, ramp, capfd):
    path = patch(write_image("a.nii.gz", ramp), 80, struct.pack("<f", 0.0))
    assert "singular" in refused(path, capfd, GeometryError)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a.nrrd", b"space directions: (1,0,0) (0,1,0)", b"space directions: (1,0,0) (1,0,0)"),
        ("a.mha", b"TransformMatrix = 1 0 0 0 1 0", b"TransformMatrix = 1 0 0 1 0 0"),
    ],
)
def test_a_text_header_with_a_singular_direction_is_refused(write_image, ramp, name, old, new, capfd):
    path = write_image(name, ramp)
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new))
    assert "singular" in refused(path, capfd, GeometryError)


def test_a_header_that_declares_more_than_can_be_held_is_refused_before_memory_is_taken(write_image, ramp, capfd):
    path = patch(write_image("a.nii.gz", ramp), 40, struct.pack("<4h", 3, 30000, 30000, 30000))
    assert "more than SynthTrust can hold" in refused(path, capfd)


def test_a_header_that_declares_more_than_the_file_can_hold_is_refused(write_image, ramp, capfd):
    path = patch(write_image("a.nii.gz", ramp), 40, struct.pack("<4h", 3, 500, 500, 500))
    assert "truncated" in refused(path, capfd)


@pytest.mark.parametrize(
    ("patches", "words"),
    [
        ({252: struct.pack("<2h", 0, 1), 280: struct.pack("<12f", -3, 0, 0, 5, 0, -3, 0, 6, 0, 0, 3, 7)}, "3x3x3 long"),
        ({252: struct.pack("<2h", 1, 1), 280: struct.pack("<12f", -3, 0, 0, 5, 0, -3, 0, 6, 0, 0, 3, 7)}, "3x3x3 long"),
        ({252: struct.pack("<2h", 1, 0), 256: struct.pack("<f", np.nan)}, "no valid numbers"),
        ({252: struct.pack("<2h", 1, 0), 268: struct.pack("<f", np.nan)}, "no valid numbers"),
        ({252: struct.pack("<2h", 1, 0), 256: struct.pack("<3f", 0.9, 0.9, 0.9)}, "no valid numbers"),
        ({252: struct.pack("<2h", 0, 1), 292: struct.pack("<f", np.inf)}, "no valid numbers"),
    ],
)
def test_a_nifti_placement_that_itk_would_make_up_is_refused(write_image, ramp, patches, words, capfd):
    path = write_image("a.nii.gz", ramp)
    for offset, data in patches.items():
        patch(path, offset, data)
    assert words in refused(path, capfd, GeometryError)


def test_a_sform_of_another_scale_does_not_matter_where_the_qform_holds(write_image, ramp):
    path = patch(write_image("a.nii.gz", ramp), 252, struct.pack("<2h", 1, 4))
    patch(path, 280, struct.pack("<12f", -3, 0, 0, 5, 0, -3, 0, 6, 0, 0, 3, 7))
    assert read_image(path).geometry.is_same(Geometry.from_sitk(sitk.ReadImage(str(path))), 1e-4)


def test_nifti_voxels_cannot_begin_within_the_header(write_image, ramp, capfd):
    assert "no valid data offset" in refused(patch(write_image("a.nii", ramp), 108, struct.pack("<f", 0)), capfd)


def test_a_nifti_slope_without_a_valid_intercept_scales_as_in_simpleitk(write_image, ramp):
    path = patch(write_image("a.nii", ramp), 112, struct.pack("<2f", 2.0, np.nan))
    np.testing.assert_array_equal(read_image(path).array, sitk.GetArrayFromImage(sitk.ReadImage(str(path))))
    np.testing.assert_array_equal(read_image(path).array, 2.0 * ramp)


@pytest.mark.parametrize(
    ("name", "old", "new", "kind", "words"),
    [
        ("a.nrrd", b"space: left-posterior-superior", b"space: scanner-xyz", GeometryError, "no orientation"),
        ("a.nrrd", b"space: left-posterior-superior", b"space dimension: 3", GeometryError, "no orientation"),
        ("a.nrrd", b"encoding:", b'space units: "cm" "cm" "cm"\nencoding:', GeometryError, "lengths are in cm"),
        ("a.nrrd", b"kinds: domain domain domain", b"kinds: domain domain time", InputError, "a list or time"),
        ("a.mha", b"ElementSpacing", b"DistanceUnits = cm\nElementSpacing", GeometryError, "lengths are in cm"),
        ("a.mha", b"ElementSpacing = 1 1 1\n", b"", GeometryError, "no voxel size"),
        ("a.mha", b"1 0 0 0 1 0 0 0 1", b"2 0 0 0 2 0 0 0 2", GeometryError, "2x2x2 long, not 1x1x1"),
        ("a.mha", b"ElementDataFile = LOCAL", b"ElementDataFile = LIST 2", InputError, "a list of files"),
    ],
)
def test_what_itk_would_read_otherwise_than_a_text_header_says_is_refused(
    write_image, ramp, name, old, new, kind, words, capfd
):
    path = write_image(name, ramp)
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new))
    assert words in refused(path, capfd, kind)


@pytest.mark.parametrize("truth", ["True", "T", "1"])
@pytest.mark.parametrize("field", ["BinaryDataByteOrderMSB", "ElementByteOrderMSB"])
def test_metaimage_truth_is_told_by_its_first_letter(tmp_path, ramp, field, truth):
    text = (
        f"ObjectType = Image\nNDims = 3\nBinaryData = {truth}\n{field} = {truth}\nDimSize = 8 9 10\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nElementType = MET_SHORT\n"
        "ElementDataFile = LOCAL\n"
    )
    path = tmp_path / "a.mha"
    path.write_bytes(text.encode() + ramp.astype(">i2").tobytes())
    np.testing.assert_array_equal(read_image(path).array, sitk.GetArrayFromImage(sitk.ReadImage(str(path))))
    np.testing.assert_array_equal(read_image(path).array, ramp)


def test_negative_sizes_are_refused(write_image, ramp, capfd):
    path = patch(write_image("a.nii", ramp), 40, struct.pack("<4h", 3, -8, 9, 10))
    assert "size is not positive" in refused(path, capfd)


def test_a_detached_header_cannot_point_outside_its_folder(write_image, ramp, tmp_path, capfd):
    path = write_image("inner/a.mhd", ramp)
    path.with_suffix(".zraw").rename(tmp_path / "secret.zraw")
    path.write_bytes(path.read_bytes().replace(b"a.zraw", b"../secret.zraw"))
    with pytest.raises(InputError, match=r"secret\.zraw: the file does not exist"):
        read_image(path)


def test_concurrent_readers_leave_itk_warnings_as_they_were(write_image, ramp):
    path = write_image("a.nii.gz", ramp)
    before = sitk.ProcessObject.GetGlobalWarningDisplay()
    threads = [threading.Thread(target=read_image, args=(path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sitk.ProcessObject.GetGlobalWarningDisplay() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes in folders are a thing of POSIX")
@pytest.mark.parametrize("name", [*FORMATS, "a.seg.nrrd", "a.dcm", "a"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError):
        read_image(tmp_path / name)
    with pytest.raises(InputError):
        read_image(tmp_path)


@pytest.mark.parametrize("damage", [b"\x0b", b"\x1c", b"*"])
def test_a_line_that_itk_reads_otherwise_is_not_read_over(write_image, ramp, damage, capfd):
    path = write_image("a.mha", ramp, builders.grid(ramp.shape, (2.0, 1.0, 1.5)))
    raw = path.read_bytes()
    assert b"\nElementSpacing" in raw
    path.write_bytes(raw.replace(b"\nElementSpacing", damage + b"ElementSpacing"))
    assert "voxel size" in refused(path, capfd, GeometryError)


@pytest.mark.parametrize("name", ["a.mha", "a.nrrd"])
def test_an_origin_that_is_no_number_is_refused(write_image, ramp, name, capfd):
    path = write_image(name, ramp)
    raw = path.read_bytes()
    for old in (b"Offset = 0 0 0", b"space origin: (0,0,0)"):
        raw = raw.replace(old, old.replace(b"0", b"q", 1))
    path.write_bytes(raw)
    assert "origin is not three numbers" in refused(path, capfd, GeometryError)


def test_a_null_in_the_name_of_the_data_file_is_one_error(write_image, ramp):
    path = write_image("a.mha", ramp)
    path.write_bytes(path.read_bytes().replace(b"= LOCAL", b"= LOC\0L"))
    with pytest.raises(InputError, match="no file can have the name"):
        read_image(path)
