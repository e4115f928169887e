"""What lies below a folder: all of a patient's files, none of what systems and we leave, and no end without an end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.file import below
from SynthTrustLib.case.file.below import files_below, is_result
from SynthTrustLib.case.recognize.files import recognize_folder
from SynthTrustLib.case.unused import check_unused


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def names(folder: Path, deepest: int = 8) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in files_below(folder, deepest).files]


def test_hidden_files_and_what_systems_leave_are_passed_over(tmp_path):
    left = ("#recycle/t1.nii", "$RECYCLE.BIN/$R1.nii", "@eaDir/t1.nii/x", "__MACOSX/t1.nii", "lost+found/t1.nii")
    fill(tmp_path, "t1.nii", "a/t2.nii", "a/._t2.nii", ".DS_Store", ".git/t1.nii", *left)
    assert names(tmp_path) == ["a/t2.nii", "t1.nii"]
    assert names(tmp_path, 0) == ["t1.nii"]


def test_an_earlier_result_is_nobodys_images_but_the_folder_asked_for_is_looked_at(tmp_path):
    fill(tmp_path, "t1.nii", "out/scorecard.json", "out/maps/disagreement_WT.nii.gz", "out/segmentations/t2.nii.gz")
    assert names(tmp_path) == ["t1.nii"]
    assert is_result(tmp_path / "out") and not is_result(tmp_path) and not is_result(tmp_path / "nowhere")
    assert "segmentations/t2.nii.gz" in names(tmp_path / "out")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_linked_folders_are_followed_once_and_circles_end(tmp_path):
    store = fill(tmp_path / "store", "t1.nii")
    patient = fill(tmp_path / "patient", "sub/t2.nii")
    (patient / "linked").symlink_to(store)
    (patient / "again").symlink_to(store)
    (patient / "sub" / "up").symlink_to(patient)
    (patient / "self.nii").symlink_to("self.nii")
    assert names(patient) == ["again/t1.nii", "self.nii", "sub/t2.nii"]


def test_a_folder_that_cannot_be_opened_may_hold_what_is_missing(tmp_path, monkeypatch):
    fill(tmp_path, "a/t1.nii", "b/flair.nii")
    scandir = os.scandir

    def forbidding(folder):
        if Path(folder).name == "b":
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(below.os, "scandir", forbidding)
    recognition = recognize_folder(tmp_path)
    (row,) = (row for row in check_unused(recognition.unused, recognition.contrasts) if row.key == "missing:FLAIR")
    assert row.verdict is Verdict.CONCERN and "b (a folder that cannot be opened" in row.quoted
