"""Patients in folders, BIDS, tables and DICOM trees."""

from __future__ import annotations

import os
from pathlib import Path

import dicom_files
import numpy as np
import pytest

from SynthTrustLib.cohort.find.find import find_patients
from SynthTrustLib.cohort.patient import reference_path
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Contrast


def test_one_folder_a_patient(source):
    (source / "empty").mkdir()
    (source / ".hidden").mkdir()
    found = find_patients(source, reference="seg.nii.gz")
    assert [patient.name for patient in found] == ["MRN-8841", "Zebedee_Quirkwood", "third"]
    assert found[2].reference == str(source / "third" / "seg.nii.gz")


def test_of_a_relative_path_every_file_is_absolute_as_workers_have_another_folder(source, monkeypatch):
    (source / "table.csv").write_text("id,t1,truth\nA,third/t1.nii.gz,third/seg.nii.gz:brats\n")
    monkeypatch.chdir(source.parent)
    for where, reference in (("source", "seg.nii.gz"), ("source/table.csv", "truth")):
        for patient in find_patients(Path(where), reference=reference):
            files = [path for _, path in patient.all_files()]
            assert all(path.is_absolute() for path in [*files, reference_path(patient.reference)])


def test_results_that_lie_among_the_patients_are_no_patient(source):
    said = []
    (source / "cohort" / "patients" / "pkey").mkdir(parents=True)
    (source / "cohort" / "cohort.json").write_text("{}")
    os.link(source / "third" / "t1.nii.gz", source / "cohort" / "patients" / "pkey" / "t1.nii.gz")
    assert len(find_patients(source, note=said.append)) == 3
    assert said == ["not used: a folder that is itself a cohort"]


def test_a_reference_that_nobody_has_is_refused_and_one_that_some_lack_is_said(source):
    with pytest.raises(InputError, match="no patient has a file of this name"):
        find_patients(source, reference="truth.nii.gz")
    said = []
    (source / "third" / "seg.nii.gz").unlink()
    find_patients(source, reference="seg.nii.gz", note=said.append)
    assert said == ["without a reference: 1 of 3 patients"]


def test_a_reference_may_hold_the_patients_name_and_must_be_one_file(source):
    (source / "third" / "seg.nii.gz").rename(source / "third" / "third_seg.nii.gz")
    found = find_patients(source, reference="*seg.nii.gz")
    assert [Path(patient.reference).name for patient in found] == ["seg.nii.gz", "seg.nii.gz", "third_seg.nii.gz"]
    os.link(source / "third" / "third_seg.nii.gz", source / "third" / "old_seg.nii.gz")
    with pytest.raises(InputError, match="2 files of a patient have such a name"):
        find_patients(source, reference="*seg.nii.gz")
    for nobody in ("/*", "[", "**"):
        with pytest.raises(InputError, match="no patient has a file of this name"):
            find_patients(source, reference=nobody)


def test_bids_has_a_patient_for_each_session(tmp_path):
    for folder in ("sub-01/ses-1/anat", "sub-01/ses-2/anat", "sub-02/anat", "derivatives/sub-01"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "sub-01_T1w.nii.gz").touch()
    said = []
    assert [p.name for p in find_patients(tmp_path, note=said.append)] == ["sub-01/ses-1", "sub-01/ses-2", "sub-02"]
    assert not said
    (tmp_path / "patient3").mkdir()
    find_patients(tmp_path, note=said.append)
    assert said == ["not used: 1 folder beside the subjects of BIDS (sub-*)"]


def test_a_table_of_paths(source, tmp_path):
    table = source / "table.csv"
    table.write_text(
        "ID;T1c;flair;Folder;truth\nA;third/t1c.nii.gz;third/flair.nii.gz;;third/seg.nii.gz:brats\nB;;;third;\n"
    )
    first, second = find_patients(table, reference="truth")
    assert first.contrasts == {c: source / "third" / f"{c.lower()}.nii.gz" for c in (Contrast.T1C, Contrast.FLAIR)}
    assert first.reference == f"{source / 'third/seg.nii.gz'}:brats" and second.reference is None
    assert second.folder == source / "third" and not second.contrasts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no patient"),
        ("name,t1\nA,third/t1.nii.gz\n", "no column 'id'"),
        ("id,picture\nA,b\n", "none of the columns"),
        ("id,t1\nA,nowhere.nii.gz\n", "line 2 names"),
        ("id,t1\nA,third/t1.nii.gz\nA,third/t1.nii.gz\n", "line 3 names a patient who stands"),
        ("id,t1\n,third/t1.nii.gz\n", "line 2 has no id"),
        ("id,t1\nA,\n", "line 2 names no image"),
        ("id,t1\nA," + "x" * 5000, "line 2 names .*, which does not exist"),
        ("id,t1\nA,third/t1.nii.gz\nB,third/t1.nii.gz\n", "lines 2 and 3 name the same image"),
        ("id,folder\nA,third\nB,./third\n", "lines 2 and 3 name the same image or folder"),
        ("id,t1,t1ce\nA,third/t1.nii.gz,third/t1c.nii.gz\n", "its column 't1ce', which seems to be of T1c. Call"),
    ],
)
def test_a_wrong_table_gets_one_sentence(source, text, says):
    (source / "table.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        find_patients(source / "table.csv")


def test_columns_of_other_things_may_speak_of_a_contrast_that_has_its_own(source):
    (source / "t.csv").write_text("id,t1,t1_scanner,seg,age\nA,third/t1.nii.gz,1.5T,x,40\n")
    assert [patient.name for patient in find_patients(source / "t.csv")] == ["A"]


def test_a_table_of_windows_names_files_and_outlines(source):
    (source / "t.csv").write_text("id;t1;truth\nA;third\\t1.nii.gz;third\\seg.nii.gz:brats\n")
    (patient,) = find_patients(source / "t.csv", reference="Truth")
    assert patient.contrasts == {Contrast.T1: source / "third" / "t1.nii.gz"}
    assert patient.reference == f"{source / 'third/seg.nii.gz'}:brats"


def test_folders_of_systems_and_results_are_no_patients_and_what_is_not_used_is_said(source):
    for folder in ("#recycle", "lost+found", "third_result/maps", "third_result/segmentations", "empty", "zip"):
        (source / folder).mkdir(parents=True)
    for folder in ("#recycle", "lost+found", "third_result/maps"):
        (source / folder / "t1.nii.gz").touch()
    (source / "third_result" / "scorecard.json").touch()
    (source / "zip" / "flair.zip").touch()
    said = []
    assert len(find_patients(source, note=said.append)) == 3
    assert said == [
        "not used: a folder that is itself a result",
        "not used: 2 folders without an image that can be read",
    ]


def test_images_far_below_make_a_patient_where_they_are_not_beside_dicom(source):
    deep = source / "xnat" / "scans" / "3-T1" / "resources" / "NIFTI"
    deep.mkdir(parents=True)
    os.link(source / "third" / "t1.nii.gz", deep / "t1.nii.gz")
    assert [patient.name for patient in find_patients(source)][-1] == "xnat"


@pytest.mark.parametrize("name", ["nowhere", "empty", "x" * 5000])
def test_where_there_is_nobody_it_says_so(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError):
        find_patients(tmp_path / name)


def test_a_single_patient_is_told_from_a_cohort(one_patient):
    with pytest.raises(InputError, match="it is one patient"):
        find_patients(one_patient)


def _series(folder, study, number, names="IM-{:04d}.dcm"):
    voxels = np.random.default_rng(number).integers(0, 900, (12, 24, 24)).astype(np.int16)
    dicom_files.write_series(folder, voxels, shared=study, number=number, names=names, **dicom_files.FLAIR_TIMING)


def _study(name, **more):
    return dicom_files.study(PatientName=name, PatientID=name, PatientBirthDate="", **more)


def test_an_archives_tree_is_told_apart_by_patient_and_study(tmp_path):
    _series(tmp_path / "PAT1" / "ST1" / "SE1", _study("A-1"), 1)
    _series(tmp_path / "PAT1" / "ST2" / "SE1", _study("A-1", StudyDate="20210909"), 2)
    both = _study("B-2")
    _series(tmp_path / "PAT2" / "SE1", both, 3)
    _series(tmp_path / "PAT2" / "SE2", both, 4)
    found = find_patients(tmp_path)
    assert [patient.name for patient in found] == ["PAT1/ST1", "PAT1/ST2", "PAT2"]
    assert all(patient.folder == tmp_path / patient.name and not patient.files for patient in found)


def test_patients_who_share_a_folder_are_lists_of_files(tmp_path):
    for number, name in enumerate(("A-1", "B-2"), start=1):
        _series(tmp_path / "all", _study(name), number, names=f"{number}-{{:04d}}")
    first, second = find_patients(tmp_path)
    assert [first.name, second.name] == ["A-1 20200102", "B-2 20200102"]
    assert len(first.files) == 12 and {path.name[0] for path in first.files} == {"1"}
    assert {path.name[0] for path in second.files} == {"2"}


def test_nobody_shares_a_name_and_with_it_a_key(source):
    for number, name in enumerate(("third", "B-2"), start=1):
        _series(source / "all", _study(name, StudyDate=""), number, names=f"{number}-{{:04d}}")
    found = find_patients(source)
    assert [patient.name for patient in found] == ["B-2", "MRN-8841", "Zebedee_Quirkwood", "third", "third (2)"]
    assert found[3].folder == source / "third" and len(found[4].files) == 12
