"""Every damaged file ends in an image or in one SynthTrustError, whatever the damage: no traceback, no hang, no flood.

``Testing/Benchmarks/fuzz_readers.py`` does the same with thousands of files, in a process with limits.
"""

from __future__ import annotations

import bz2
import gzip
import tracemalloc
from collections import Counter
from pathlib import Path

import builders
import dicom_files
import numpy as np
import pytest
from fuzz_files import damaged, one_bit_flipped

from SynthTrustLib.case.dicom.folder import find_series, read_series
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.file.read import POSSIBLE_VOXEL_MM, read_image
from SynthTrustLib.errors import SynthTrustError

MOST_BYTES = 200_000_000
"""Of memory, for files of a few kilobytes: a header may declare what it likes."""

SHAPE = (9, 10, 11)


def sound_file(folder: Path, name: str) -> bytes:
    import SimpleITK as sitk

    array = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    plain = {".gz": ".nii", ".bz2": ".nrrd"}.get(Path(name).suffix)
    path = folder / (f"sound{plain}" if plain else name)
    sitk.WriteImage(builders.grid(SHAPE).to_sitk(array), str(path))
    content = path.read_bytes()
    if name.endswith(".gz"):
        return gzip.compress(content)
    return bz2.compress(content) if name.endswith(".bz2") else content


def outcome(read) -> str:
    """What came of reading: ``image`` or the kind of error. Anything else fails the test."""
    try:
        image = read()
    except SynthTrustError as error:
        assert error.what and error.source and error.next_step
        assert "\n" not in str(error)
        return error.kind
    assert isinstance(image, ReadImage)
    assert image.array.shape == image.geometry.shape and np.isfinite(image.array).all()
    return "image"


@pytest.fixture(autouse=True)
def little_memory():
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES


@pytest.mark.parametrize(("name", "seed"), [("a.nii", 1), ("a.nii.gz", 2), ("a.nrrd", 3), ("a.mha", 4)])
def test_damaged_image_files_end_in_an_image_or_one_error(tmp_path, name, seed):
    sound = sound_file(tmp_path, name)
    path = tmp_path / name
    outcomes: Counter[str] = Counter()
    for _, content in damaged(sound, np.random.default_rng(seed), 60):
        path.write_bytes(content)
        outcomes[outcome(lambda: read_image(path))] += 1
    assert outcomes["input"] > 10  # damage is seen, not read over


@pytest.mark.parametrize(("name", "header"), [("a.nii", 352), ("a.nrrd", 300), ("a.mha", 300)])
def test_a_flipped_bit_in_a_header_ends_in_an_image_that_there_can_be_or_one_error(tmp_path, name, header):
    sound = sound_file(tmp_path, name)
    path = tmp_path / name
    for content in one_bit_flipped(sound, np.random.default_rng(9), 150, 0, header):
        path.write_bytes(content)
        if outcome(lambda: read_image(path)) == "image":
            spacing = read_image(path).geometry.spacing
            assert POSSIBLE_VOXEL_MM[0] <= min(spacing) <= max(spacing) <= POSSIBLE_VOXEL_MM[1]


def test_damaged_dicom_files_end_in_an_image_or_one_error(tmp_path):
    shape = (8, 9, 10)
    voxels = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    paths = dicom_files.write_series(tmp_path / "s", voxels, shared=dicom_files.study())
    sound = paths[3].read_bytes()
    outcomes: Counter[str] = Counter()
    for _, content in damaged(sound, np.random.default_rng(5), 36):
        paths[3].write_bytes(content)
        outcomes[outcome(lambda: read_image(tmp_path / "s"))] += 1
    assert set(outcomes) <= {"image", "input", "geometry"}


def test_damaged_multiframe_files_end_in_an_image_or_one_error(tmp_path):
    shape = (8, 9, 10)
    voxels = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    path = dicom_files.write_multiframe(tmp_path / "m" / "IM1", voxels, shared=dicom_files.study())
    sound = path.read_bytes()

    def read():
        found = find_series([path])
        if not found.series:
            raise SynthTrustError("no series", source=path.name, next_step="Export it again.")
        return read_series(found.series[0])

    for _, content in damaged(sound, np.random.default_rng(6), 36):
        path.write_bytes(content)
        assert outcome(read) in ("image", "input", "geometry", "error")


def test_folders_of_junk_end_in_one_error(tmp_path):
    random = np.random.default_rng(7)
    folder = tmp_path
    for depth in range(12):
        folder = folder / f"level {depth}"
        folder.mkdir()
        for n, suffix in enumerate((".nii", ".nii.gz", ".dcm", "", ".nrrd")):
            (folder / f"t1 {n}{suffix}").write_bytes(random.bytes(300))
        (folder / "IM").write_bytes(b"\0" * 128 + b"DICM" + random.bytes(200))
    assert outcome(lambda: read_image(tmp_path)) == "input"
    assert outcome(lambda: read_image(folder)) == "input"


def test_a_metaimage_whose_last_field_lost_its_equals_sign_is_one_error(tmp_path):
    path = tmp_path / "a.mha"
    path.write_bytes(sound_file(tmp_path, "b.mha").replace(b"ElementDataFile =", b"ElementDataFile -"))
    assert outcome(lambda: read_image(path)) == "input"
