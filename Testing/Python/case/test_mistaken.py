"""What is found under an image's name and is none says what it is, and what to do."""

from __future__ import annotations

import gzip
import io
import os
import zipfile

import numpy as np
import pytest
from nifti_files import nifti_bytes

from SynthTrustLib.case.file.read import read_image, unread_suffix
from SynthTrustLib.errors import InputError

HEAD = np.arange(9 * 10 * 11, dtype=np.int16).reshape(9, 10, 11)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("flair.nii", nifti_bytes(HEAD))
    return buffer.getvalue()


PAGE = b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>" * 9
CONTENTS = {
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "fetched from"),
    "git annex": (b"/annex/objects/MD5E-s2034--4d7a.nii.gz\n", "fetched from"),
    "a web page": (PAGE, "a web page. Sign in"),
    "a packed web page": (gzip.compress(PAGE), "a web page. Sign in"),
    "a server's message": (b'{"message": "Unauthorized"}', "message of a server"),
    "zip": (zipped(), "a zip archive. Unpack it"),
    "xz": (b"\xfd7zXZ\0" + bytes(300), "compressed with xz"),
    "packed twice": (gzip.compress(gzip.compress(nifti_bytes(HEAD))), "compressed twice"),
    "DICOM": (b"\0" * 128 + b"DICM" + b"\0" * 300, "a DICOM file"),
}


@pytest.mark.parametrize("name", ["flair.nii.gz", "flair.nii", "flair.nrrd", "flair.mha"])
@pytest.mark.parametrize(("content", "says"), CONTENTS.values(), ids=CONTENTS)
def test_what_is_no_image_is_named(tmp_path, name, content, says):
    if content[:2] == b"\x1f\x8b" and name != "flair.nii.gz":
        return
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_image(tmp_path / name)


def test_a_pointer_in_the_place_of_the_voxels_of_a_header_is_named(tmp_path):
    (tmp_path / "a.mhd").write_bytes(
        b"ObjectType = Image\nNDims = 3\nBinaryData = True\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\n"
        b"ElementSpacing = 5 5 6\nDimSize = 11 10 9\nElementType = MET_SHORT\nElementDataFile = a.raw\n"
    )
    with pytest.raises(InputError, match=r"a\.raw: the file does not exist, which holds the voxels of a\.mhd"):
        read_image(tmp_path / "a.mhd")
    (tmp_path / "a.raw").write_bytes(CONTENTS["git lfs"][0])
    with pytest.raises(InputError, match=r"a\.raw: .* fetched from"):
        read_image(tmp_path / "a.mhd")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_to_data_that_were_not_fetched_is_named(tmp_path):
    (tmp_path / "flair.nii.gz").symlink_to("../.git/annex/objects/x/flair.nii.gz")
    with pytest.raises(InputError, match="a link to one that is not there"):
        read_image(tmp_path / "flair.nii.gz")


def test_a_file_that_was_transferred_as_text_is_refused(tmp_path):
    noise = np.random.default_rng(0).integers(0, 4000, (30, 40, 40)).astype(np.int16)
    whole = nifti_bytes(noise)
    (tmp_path / "flair.nii").write_bytes(whole.replace(b"\n", b"\r\n"))
    with pytest.raises(InputError, match="transferred as text"):
        read_image(tmp_path / "flair.nii")
    (tmp_path / "flair.nii").write_bytes(whole + b"\r\n")
    np.testing.assert_array_equal(read_image(tmp_path / "flair.nii").array, noise)


@pytest.mark.parametrize("name", ["flair+orig.HEAD", "IM0001.dcm.gz", "flair.hdr", "flair.mif.gz"])
def test_a_format_that_is_not_read_is_to_be_converted(tmp_path, name):
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(InputError, match="Unpack or convert it"):
        read_image(tmp_path / name)


def test_what_is_read_has_no_ending_of_what_is_not(tmp_path):
    assert not unread_suffix(tmp_path / "t1.NII.GZ") and unread_suffix(tmp_path / "t1.dcm.gz") == ".gz"
