"""Odd DICOM folders are read as what they are, refused with one sentence, or give a row; never wrong without a word."""

from __future__ import annotations

import re
import tracemalloc

import dicom_files
import numpy as np
import pytest
from odd_dicom_folders import FOLDERS, OddFolder, voxels

from SynthTrustLib.case.dicom.folder import read_series
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.recognize.files import recognize_folder
from SynthTrustLib.errors import InputError

MOST_BYTES = 200 << 20
"""Of memory, for files that inflate to a hundred times as much together."""


def read(folder: OddFolder, path):
    """The recognition, and each contrast's image, as `load_case` reads them."""
    recognition = recognize_folder(path)
    return recognition, {str(c): read_series(found.series) for c, found in recognition.contrasts.items()}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_odd_folder_is_read_refused_or_remarked_upon(folder: OddFolder, tmp_path):
    folder.build(tmp_path)
    if folder.refused:
        with pytest.raises(InputError, match=folder.refused) as error:
            read(folder, tmp_path)
        assert not any(secret in str(error.value) for secret in dicom_files.SECRETS)
        return
    recognition, images = read(folder, tmp_path)
    numbers = {str(c): found.series.number for c, found in recognition.contrasts.items()}
    assert numbers == folder.contrasts, recognition.ignored
    rows = {f"{row.name}:{contrast}" for contrast, image in images.items() for row in image.remarks}
    assert rows == folder.rows
    reasons = [f"{one.name}: {one.reason}" for one in recognition.ignored.values()]
    assert len(reasons) == len(folder.unused), reasons
    for wanted in folder.unused:
        found = next((reason for reason in reasons if re.search(wanted, reason)), None)
        assert found is not None, (wanted, reasons)
        reasons.remove(found)
    for contrast in set(images) - folder.changed:
        np.testing.assert_array_equal(images[contrast].array, voxels(contrast), contrast)
    said = repr(images) + repr(recognition.ignored) + repr(recognition.contrasts)
    assert not any(secret in said for secret in dicom_files.SECRETS)


def test_a_deflated_file_takes_no_more_memory_than_its_header_states(tmp_path):
    folder = next(folder for folder in FOLDERS if folder.name == "deflated_files_of_gigabytes")
    folder.build(tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            read(folder, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def test_two_contrasts_of_an_enhanced_file_are_not_taken_for_one_image(tmp_path):
    folder = next(folder for folder in FOLDERS if folder.name == "two_contrasts_in_an_enhanced_file")
    folder.build(tmp_path)
    case = load_case(recognize_folder(tmp_path).contrasts)
    assert [str(contrast) for contrast in case.contrasts] == ["T2", "FLAIR"]


def test_inverted_values_are_turned_round(tmp_path):
    folder = next(folder for folder in FOLDERS if folder.name == "inverted_values")
    folder.build(tmp_path)
    _, images = read(folder, tmp_path)
    for contrast, image in images.items():
        there = voxels(contrast).astype(np.float32)
        np.testing.assert_array_equal(image.array, there - there.min())


def test_padding_takes_the_lowest_value_and_leaves_the_rest(tmp_path):
    folder = next(folder for folder in FOLDERS if folder.name == "padding_above")
    folder.build(tmp_path)
    _, images = read(folder, tmp_path)
    image = images["T2"].array
    np.testing.assert_array_equal(image[:, :, 4:], voxels("T2")[:, :, 4:])
    assert np.all(image[:, :, :4] == image[:, :, 4:].min())
