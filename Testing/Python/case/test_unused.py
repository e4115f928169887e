"""What was found and not used is never without a row, and a concern where a contrast is missing for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from case_heads import make_head
from dicom_files import FLAIR_TIMING, T1_TIMING, T2_TIMING, positions, study, write_series

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.recognize.files import recognize_folder
from SynthTrustLib.case.unused import Unused, UnusedKind, check_unused
from SynthTrustLib.vocabulary import Contrast


def rows(folder: Path, **options) -> dict[str, Check]:
    recognition = recognize_folder(folder, **options)
    there = {*recognition.contrasts, *options.get("named", ())}
    return {check.key: check for check in check_unused(recognition.unused, there)}


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("unused", "concern"),
    [
        ("t1c_subtraction_adc.nii.gz", "missing:T1c"),
        ("T2star_t2.nii.gz", "missing:T2"),
        ("t1_t2.nii.gz", "missing:T2"),
        ("scan.nii.gz", "missing:T2"),
    ],
)
def test_a_contrast_that_is_missing_although_something_like_it_is_there_is_a_concern(tmp_path, unused, concern):
    row = rows(fill(tmp_path, "flair.nii.gz", unused))[concern]
    assert row.verdict is Verdict.CONCERN
    assert unused in row.on_screen and unused not in row.text


def test_a_missing_t1_is_a_warning_only(tmp_path):
    row = rows(fill(tmp_path, "t1c.nii.gz", "t2.nii.gz", "flair.nii.gz", "t1_adc.nii.gz"))["missing:T1"]
    assert row.verdict is Verdict.WARNING


def test_a_contrast_that_nothing_is_like_is_no_concern_and_a_mask_is_like_none(tmp_path):
    found = rows(fill(tmp_path, "flair.nii.gz", "t2_seg.nii.gz", "dwi.nii.gz", "brain_mask_t1c.nii.gz"))
    assert set(found) == {"unused_masks:case", "other_images:case"}
    assert {row.verdict for row in found.values()} == {Verdict.WARNING}
    assert found["unused_masks:case"].text == "2 masks were found and not used"


def test_more_images_of_a_contrast_have_a_row_under_its_name(tmp_path):
    found = rows(fill(tmp_path, "flair.nii.gz", "flair_n4.nii.gz", "flair_reg_n4.nii.gz"))
    assert found["more_images:FLAIR"].text == "2 more images were found and not used"


def test_what_is_named_by_hand_is_used(tmp_path):
    fill(tmp_path, "t1.nii.gz", "flair.nii.gz", "scan3.nii.gz", "tumor_seg.nii.gz")
    hand = {"named": [Contrast.T2], "used": [tmp_path / "scan3.nii.gz", tmp_path / "tumor_seg.nii.gz"]}
    assert rows(tmp_path, **hand) == {}


def test_a_file_that_is_named_by_hand_still_says_that_subfolders_are_left_alone(tmp_path):
    (tmp_path / "old").mkdir()
    fill(tmp_path, "flair.nii.gz")
    fill(tmp_path / "old", "t1.nii.gz", "t2.nii.gz")
    hand = {"named": [Contrast.FLAIR], "used": [tmp_path / "flair.nii.gz"]}
    assert recognize_folder(tmp_path, **hand).contrasts == {}
    found = rows(tmp_path, **hand)
    assert {key: row.verdict for key, row in found.items()} == {
        "missing:T1": Verdict.WARNING, "missing:T2": Verdict.CONCERN,
    }  # fmt: skip


def test_series_of_another_examination_damaged_files_and_spare_series_have_rows(tmp_path):
    shared, other = study(), study(StudyDate="20210304")
    other["PatientName"], other["PatientID"] = shared["PatientName"], shared["PatientID"]
    other["PatientBirthDate"] = shared["PatientBirthDate"]
    head = make_head((9, 40, 40), skull=False, seed=1).astype(np.uint16)

    def write(name, number, whose, **attributes):
        options = {"places": positions(9, 10.0), "number": number, "pixel": (5.0, 5.0), "shared": whose}
        return write_series(tmp_path / name, head, **options, **attributes)

    write("a", 1, shared, SeriesDescription="t1 se tra nativ", **T1_TIMING)
    write("b", 2, shared, SeriesDescription="flair tra", **FLAIR_TIMING)
    write("c", 3, shared, SeriesDescription="flair tra rpt", **FLAIR_TIMING)
    write("d", 4, other, SeriesDescription="t2 tse tra", **T2_TIMING)
    found = rows(tmp_path)
    assert set(found) == {"more_images:FLAIR", "other_examinations:case", "missing:T2"}
    (tmp_path / "IM0001").write_bytes(b"\0" * 128 + b"DICM" + b"\0" * 40)
    found = rows(tmp_path)
    assert set(found) == {
        "more_images:FLAIR", "other_examinations:case", "damaged_images:case", "missing:T2", "missing:T1c",
    }  # fmt: skip
    (spare,) = [one for one in recognize_folder(tmp_path, named=[Contrast.T1]).unused if "by hand" in one.reason]
    assert spare.name == "DICOM series 1"
    used = recognize_folder(tmp_path, named=[Contrast.T1], used=[tmp_path / "a"]).unused
    assert "DICOM series 1" not in [one.name for one in used]


def test_what_may_be_the_missing_contrast_in_a_place_that_is_left_alone_is_a_concern(tmp_path):
    fill(tmp_path, "t1.nii.gz", "t1c.nii.gz", "flair.nii.gz")
    (tmp_path / "old").mkdir()
    fill(tmp_path / "old", "t2.nii.gz", "t1.nii.gz", "scan.nii.gz")
    found = rows(tmp_path)
    assert set(found) == {"missing:T2"} and "old/t2.nii.gz" in found["missing:T2"].on_screen
    assert rows(tmp_path, named=[Contrast.T2], used=[tmp_path / "old" / "t2.nii.gz"]) == {}
    (tmp_path / "old" / "t2.nii.gz").unlink()
    assert rows(tmp_path) == {}
    head = make_head((9, 40, 40), skull=False, seed=1).astype(np.uint16)
    options = {"places": positions(9, 10.0), "number": 3, "pixel": (5.0, 5.0), "shared": study()}
    write_series(tmp_path / "dicom", head, **options, SeriesDescription="t2 tse tra", **T2_TIMING)
    found = rows(tmp_path)
    assert set(found) == {"missing:T2"} and "DICOM series 3" in found["missing:T2"].on_screen
    assert rows(tmp_path, named=[Contrast.T2], used=[tmp_path / "dicom"]) == {}


@pytest.mark.parametrize(
    "name", ["FLAIR.mgz", "flair.img", "FLAIR.mnc", "flair.nii.bz2", "FLAIR.zip", "flair.nii.gz.part"]
)
def test_a_missing_contrast_in_a_format_that_is_not_read_is_a_concern(tmp_path, name):
    fill(tmp_path, "t1.nii.gz", "t1c.nii.gz", "t2.nii.gz", name)
    found = rows(tmp_path)
    assert "is not read" in found["missing:FLAIR"].on_screen and found["missing:FLAIR"].verdict is Verdict.CONCERN
    fill(tmp_path, "flair.nii.gz")
    assert rows(tmp_path) == {}


def test_many_names_are_cut_short(tmp_path):
    many = [Unused(f"scan{n}", "why", UnusedKind.UNTOLD) for n in range(100)]
    (row,) = check_unused(many, tuple(Contrast))
    assert row.text.startswith("100 images") and row.on_screen.endswith("scan5 (why) and 94 more")
