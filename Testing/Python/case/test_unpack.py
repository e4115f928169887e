"""Compressed voxels are read to the end of their stream, and nothing behind or beyond it passes unseen."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections import Counter

import numpy as np
import pytest
from fuzz_files import CHECKSUMMED, checksummed_file, one_bit_flipped

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.file.unpack import unpack
from SynthTrustLib.errors import InputError, SynthTrustError

PACK = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
}


@pytest.mark.parametrize("kind", PACK)
def test_streams_behind_each_other_are_one(kind):
    content = np.random.default_rng(0).bytes(700_000) + bytes(9_000_000)
    packed = PACK[kind](content[:600_000]) + PACK[kind](content[600_000:]) + bytes(300)
    unpacked, spare = unpack(packed, "bzip2" if kind == "bzip2" else "gzip", len(content), 0, "a")
    assert (bytes(unpacked), spare) == (content, 0)


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("cut", [1, 4, 5])
def test_a_stream_without_its_last_bytes_is_truncated(kind, cut):
    packed = PACK[kind](bytes(range(256)) * 40)[:-cut]
    with pytest.raises(InputError, match="truncated"):
        unpack(packed, "bzip2" if kind == "bzip2" else "gzip", 256 * 40, 0, "a")


@pytest.mark.parametrize("kind", PACK)
def test_anything_but_zeros_behind_a_stream_is_damage(kind):
    packed = PACK[kind](bytes(100)) + b"\0\0rest"
    with pytest.raises(InputError, match="damaged"):
        unpack(packed, "bzip2" if kind == "bzip2" else "gzip", 100, 0, "a")


def test_a_stream_that_swells_far_beyond_what_is_declared_is_not_unpacked():
    bomb = gzip.compress(bytes(200_000_000), 9)
    with pytest.raises(InputError, match="holds more than the 1000 bytes"):
        unpack(bomb, "gzip", 1000, 99, "a")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.mha"])
def test_a_header_that_declares_a_smaller_image_than_there_is_is_refused(write_image, ramp, name):
    path = write_image(name, ramp)
    raw = path.read_bytes()
    if ".nii" in name:
        raw = gzip.decompress(raw) if name.endswith("gz") else raw
        raw = raw[:42] + b"\x08\x00\x09\x00\x09\x00" + raw[48:]
        raw = gzip.compress(raw) if name.endswith("gz") else raw
    else:
        assert b"8 9 10" in raw
        raw = raw.replace(b"8 9 10", b"8 9 9 ")
    path.write_bytes(raw)
    with pytest.raises(InputError, match="holds more than"):
        read_image(path)


def test_a_few_bytes_behind_the_voxels_are_left_with_a_word(write_image, ramp):
    path = write_image("a.nii", ramp)
    path.write_bytes(path.read_bytes() + b"made by hand\n")
    image = read_image(path)
    np.testing.assert_array_equal(image.array, ramp)
    assert [(remark.name, remark.verdict) for remark in image.remarks] == [("file", Verdict.WARNING)]
    assert "13 bytes behind its voxels" in image.remarks[0].text


@pytest.mark.parametrize("name", CHECKSUMMED)
def test_no_flipped_bit_of_a_checksummed_stream_changes_what_is_read(tmp_path, name):
    path, start, end = checksummed_file(tmp_path, name)
    sound, target = read_image(tmp_path / name), tmp_path / name
    content, outcomes = path.read_bytes(), Counter()
    for flipped in one_bit_flipped(content, np.random.default_rng(8), 60, start, end):
        path.write_bytes(flipped)
        try:
            image = read_image(target)
        except SynthTrustError as error:
            outcomes[error.kind] += 1
            continue
        outcomes["image"] += 1
        np.testing.assert_array_equal(image.array, sound.array)
        assert image.geometry.is_same(sound.geometry, 0.0)
    assert outcomes["input"] > 50
