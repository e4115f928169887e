"""Contrasts are told apart by name, with the reason; what is unclear is asked, not guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from nifti_files import nifti_bytes

from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE
from SynthTrustLib.case.recognize.files import recognize_folder
from SynthTrustLib.case.recognize.read_name import read_name
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Contrast


def fill(folder: Path, *names: str) -> Path:
    """Empty files of these names: recognition looks at names only."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def found(folder: Path, **options) -> dict[str, str]:
    return {str(c): r.path.name for c, r in recognize_folder(folder, **options).contrasts.items()}


@pytest.mark.parametrize(
    ("t1", "t1c", "t2", "flair"),
    [
        ("t1.nii.gz", "t1c.nii.gz", "t2.nii.gz", "flair.nii.gz"),
        *[
            tuple(f"{patient}{word}{suffix}" for word in words)
            for patient, words, suffix in [
                ("Brats18_TCIA01_201_1_", ("t1", "t1ce", "t2", "flair"), ".nii.gz"),
                ("BraTS2021_00006_", ("t1", "t1ce", "t2", "flair"), ".nii.gz"),
                ("BraTS-GLI-00000-000-", ("t1n", "t1c", "t2w", "t2f"), ".nii.gz"),
                ("sub-01_ses-2_", ("T1w", "ce-gadolinium_T1w", "T2w", "FLAIR"), ".nii.gz"),
                ("TCGA-FA-7637_", ("T1", "T1-Gd", "T2", "FLAIR"), ".nii"),
                ("", ("t1", "t1gd", "t2", "flair"), ".nrrd"),
                ("", ("T1_pre", "T1_post", "T2", "T2_FLAIR"), ".mha"),
                ("AX ", ("T1", "T1 POST CONTRAST", "T2 FSE", "FLAIR"), ".nii.gz"),
                ("", ("MPRAGE", "MPRAGE_t1_post", "T2_TSE", "T2-Flair"), ".nii.gz"),
                ("", ("AX_T1_FLAIR", "AX_T1_GAD", "AX_T2", "AX_T2_FLAIR"), ".mhd"),
                ("pat_ET_", ("t1w", "t1+c", "t2w", "flair"), ".nii.gz"),
                ("", ("T1_noncontrast", "T1_contrast", "t2w", "flair"), ".nii.gz"),
            ]
        ],
    ],
)
def test_the_four_contrasts_are_told_apart(tmp_path, t1, t1c, t2, flair):
    fill(tmp_path, t1, t1c, t2, flair)
    assert found(tmp_path) == {"T1": t1, "T1c": t1c, "T2": t2, "FLAIR": flair}


def test_each_choice_has_its_reason(tmp_path):
    fill(tmp_path, "sub-01_ce-gadolinium_T1w.nii.gz", "sub-01_FLAIR.nii.gz")
    contrasts = recognize_folder(tmp_path).contrasts
    assert contrasts[Contrast.T1C].reason == "'ce gadolinium t1w' in its name"
    assert contrasts[Contrast.FLAIR].reason == "'flair' in its name"


@pytest.mark.parametrize("name", ["seg.nii.gz", "a-seg.nii.gz", "mask.nrrd", "t1c_label.nii.gz", "wt.nii.gz", "GT.mha"])
def test_a_mask_is_a_candidate_reference_and_never_a_contrast(tmp_path, name):
    fill(tmp_path, "a_t1.nii.gz", "a_flair.nii.gz", name)
    recognition = recognize_folder(tmp_path)
    assert recognition.reference_mask == tmp_path / name
    assert set(recognition.contrasts) == {Contrast.T1, Contrast.FLAIR}


def test_of_several_masks_none_is_chosen(tmp_path):
    fill(tmp_path, "t1.nii.gz", "seg_a.nii.gz", "seg_b.nii.gz")
    recognition = recognize_folder(tmp_path)
    assert recognition.reference_mask is None
    assert all("one of several masks" in unused.reason for unused in recognition.ignored.values())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("brain_mask.nii.gz", "not of a tumor"),
        ("adc.nii.gz", "another kind of image"),
        ("T2star.nii.gz", "another kind of image"),
        ("scan.nii.gz", "says no contrast"),
        ("t1_t2.nii.gz", "both T1 and T2"),
    ],
)
def test_other_images_are_left_out_with_the_reason(tmp_path, name, why):
    fill(tmp_path, "flair.nii.gz", name)
    recognition = recognize_folder(tmp_path)
    assert set(recognition.contrasts) == {Contrast.FLAIR} and recognition.reference_mask is None
    assert why in recognition.ignored[tmp_path / name].reason


def test_files_that_are_no_images_and_hidden_files_are_not_looked_at(tmp_path):
    fill(tmp_path, "t1.nii.gz", "t1.json", "t1_notes.txt", "._t1.nii.gz")
    recognition = recognize_folder(tmp_path)
    assert recognition.contrasts[Contrast.T1].path.name == "t1.nii.gz" and not recognition.ignored


def test_the_plainest_of_several_names_is_taken_and_the_others_are_said(tmp_path):
    fill(tmp_path, "p1_flair.nii.gz", "p1_flair_registered_n4.nii.gz", "p1_t1.nii.gz")
    recognition = recognize_folder(tmp_path)
    assert recognition.contrasts[Contrast.FLAIR].path.name == "p1_flair.nii.gz"
    assert "plainest of 2" in recognition.contrasts[Contrast.FLAIR].reason
    spare = recognition.ignored[tmp_path / "p1_flair_registered_n4.nii.gz"]
    assert "p1_flair.nii.gz was taken for FLAIR" in spare.reason


def test_two_equal_names_for_one_contrast_are_asked_about_by_name(tmp_path):
    fill(tmp_path, "flair_a.nii.gz", "flair_b.nii.gz", "t1.nii.gz")
    with pytest.raises(InputError, match=r"2 files could be FLAIR: flair_a\.nii\.gz, flair_b\.nii\.gz.*by hand"):
        recognize_folder(tmp_path)


def test_a_contrast_named_by_hand_is_not_ambiguous(tmp_path):
    fill(tmp_path, "flair_a.nii.gz", "flair_b.nii.gz", "t1.nii.gz")
    assert found(tmp_path, named=[Contrast.FLAIR]) == {"T1": "t1.nii.gz"}


def test_subfolders_are_searched_when_the_folder_itself_has_no_contrast(tmp_path):
    fill(tmp_path, "ses-1/anat/sub-01_T1w.nii.gz", "ses-1/anat/sub-01_FLAIR.nii.gz", "readme.txt")
    assert found(tmp_path) == {"T1": "sub-01_T1w.nii.gz", "FLAIR": "sub-01_FLAIR.nii.gz"}


def test_images_far_below_are_found_where_none_lie_nearer(tmp_path):
    fill(
        tmp_path, "S1/scans/3-T1/resources/NIFTI/files/t1.nii.gz", "S1/scans/5-FLAIR/resources/NIFTI/files/flair.nii.gz"
    )
    assert found(tmp_path) == {"T1": "t1.nii.gz", "FLAIR": "flair.nii.gz"}
    fill(tmp_path, "S1/t2.nii.gz")
    assert found(tmp_path) == {"T2": "t2.nii.gz"}


def test_a_folders_name_tells_the_contrast_of_a_file_whose_own_says_nothing(tmp_path):
    fill(tmp_path, "T1/image.nii.gz", "t1 km/1.nii.gz", "flair/session1/x.nii.gz", "flair/brain_mask.nii.gz")
    fill(tmp_path, "t2/t1.nii.gz")
    recognition = recognize_folder(tmp_path, named=["T1"])
    assert {str(c): found.path.parent.name for c, found in recognition.contrasts.items()} == {
        "T1c": "t1 km", "FLAIR": "session1",
    }  # fmt: skip
    found = recognition.contrasts["FLAIR"]
    assert found.reason == "'flair' in its folder's name" and found.confidence < 1
    fill(tmp_path, "T2W/image.nii.gz")
    assert recognize_folder(tmp_path, named=["T1"]).contrasts["T2"].path == tmp_path / "T2W" / "image.nii.gz"
    names = [unused.name for unused in recognize_folder(tmp_path, named=["T1", "T2"]).unused]
    assert "T1/image.nii.gz" in names and "T2W/image.nii.gz" in names


def test_results_beside_the_images_are_not_looked_at(tmp_path):
    fill(tmp_path, "anat/t1.nii.gz", "anat/flair.nii.gz", "out/segmentations/t2.nii.gz", "out/maps/t1.nii.gz")
    fill(tmp_path, "out/scorecard.json")
    assert found(tmp_path) == {"T1": "t1.nii.gz", "FLAIR": "flair.nii.gz"}
    assert not recognize_folder(tmp_path).unused


def test_an_only_file_that_holds_several_volumes_is_refused_with_this_reason(tmp_path):
    four = nifti_bytes(np.zeros((4, 9, 10, 11), np.int16), dim=(4, 11, 10, 9, 4, 1, 1, 1))
    (tmp_path / "BRATS_001.nii").write_bytes(four)
    with pytest.raises(InputError, match=r"its only image file cannot be used \(BRATS_001\.nii: .* several volumes\)"):
        recognize_folder(tmp_path)
    (tmp_path / "BRATS_002.nii").write_bytes(four)
    with pytest.raises(InputError, match="none of its 2 image files can be used"):
        recognize_folder(tmp_path)


def test_subfolders_are_left_alone_when_the_folder_has_contrasts(tmp_path):
    fill(tmp_path, "t1.nii.gz", "old/t1.nii.gz", "old/flair.nii.gz")
    assert found(tmp_path) == {"T1": "t1.nii.gz"}


def test_a_folder_of_several_patients_is_refused(tmp_path):
    fill(tmp_path, "a/t1.nii.gz", "b/t1.nii.gz")
    with pytest.raises(InputError, match=r"a/t1\.nii\.gz, b/t1\.nii\.gz.*one patient"):
        recognize_folder(tmp_path)


def test_dicom_files_that_cannot_be_read_are_named_as_such(tmp_path):
    fill(tmp_path, "series")
    (tmp_path / "IM0001").write_bytes(b"\0" * 128 + b"DICM" + b"\0" * 40)
    with pytest.raises(InputError, match="a DICOM file that cannot be read"):
        recognize_folder(tmp_path)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "no image files"),
        (("case.zip",), "case.zip"),
        (("T1.mgz", "T2.mgz"), "T1.mgz and 1 more"),
        (("scan1.nii.gz", "scan2.nii.gz"), "none of its 2 image files"),
    ],
)
def test_a_folder_without_a_contrast_is_refused(tmp_path, names, words):
    with pytest.raises(InputError, match=words):
        recognize_folder(fill(tmp_path, *names))


def test_a_missing_folder_and_a_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        recognize_folder(tmp_path / "no")
    fill(tmp_path, "t1.nii.gz")
    with pytest.raises(InputError, match="not a folder"):
        recognize_folder(tmp_path / "t1.nii.gz")


def test_a_site_code_in_all_names_does_not_make_every_file_a_map_of_another_kind():
    assert read_name("TCGA-FA-1_t1.nii.gz", {"tcga", "fa", "1"}).contrast is Contrast.T1
    assert read_name("t1_fa.nii.gz").contrast is None


@pytest.mark.parametrize(
    ("name", "contrast"),
    [
        ("t1_post_wo_fs.nii.gz", Contrast.T1C),
        ("t1_gd_non_fatsat.nii.gz", Contrast.T1C),
        ("t1_mit_km.nii.gz", Contrast.T1C),
        ("t1_with_iv.nii.gz", Contrast.T1C),
        ("t1+gd.nii.gz", Contrast.T1C),
        ("t1_c.nii.gz", Contrast.T1C),
        ("patient_no_3_t1gd.nii.gz", Contrast.T1C),
        ("t1_no_contrast.nii.gz", Contrast.T1),
        ("t1_ohne_km.nii.gz", Contrast.T1),
        ("t1_wo_fs.nii.gz", Contrast.T1),
        ("t1_non_con.nii.gz", Contrast.T1),
        ("t1pre.nii.gz", Contrast.T1),
    ],
)
def test_a_negation_in_a_name_counts_where_it_is_of_the_agent(name, contrast):
    reading = read_name(name)
    assert (reading.contrast, reading.confidence) == (contrast, 1.0)


def test_a_bare_iv_says_nothing_surely():
    assert read_name("case_iv_t1.nii.gz").contrast is Contrast.T1
    assert read_name("t1_iv.nii.gz").contrast is Contrast.T1
    assert read_name("t1_iv.nii.gz").confidence < 0.9


@pytest.mark.parametrize("name", ["t1gd_native.nii.gz", "t1_post_wo.nii.gz", "t1_w_wo_contrast.nii.gz"])
def test_a_name_that_contradicts_itself_about_the_agent_is_one_to_check(tmp_path, name):
    (only,) = recognize_folder(fill(tmp_path, name)).contrasts.values()
    assert only.confidence < LOW_CONFIDENCE
    assert "for contrast agent and against it" in only.reason
