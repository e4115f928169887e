"""Names of files that speak of two patients or two examinations are asked about, and only those."""

from __future__ import annotations

from pathlib import Path

import pytest

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.recognize.one_examination import check_names

CONTRASTS = ("T1", "T1c", "T2", "FLAIR")


def concerns(*names: str) -> set[str]:
    found = list(check_names(dict(zip(CONTRASTS, (Path("/data/some folder", name) for name in names), strict=False))))
    assert all(row.verdict is Verdict.CONCERN and names[0] not in row.text for row in found)
    return {row.key for row in found}


ANOTHER = {"patient:case"}, {"examination:case"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("P001_T1.nii", "P001_T2.nii", "P002_FLAIR.nii"), ANOTHER[0]),
        (("BraTS-GLI-00001-000-t1n.nii", "BraTS-GLI-00001-000-t1c.nii", "BraTS-GLI-00002-000-t2w.nii"), ANOTHER[0]),
        (("sub-01/anat/sub-01_T1w.nii", "sub-02/anat/sub-02_FLAIR.nii"), ANOTHER[0]),
        (("1234567 t1.nii", "1234567 t2.nii", "1234568 flair.nii", "1234567 t1c.nii"), ANOTHER[0]),
        (("ses-1/t1.nii", "ses-1/t2.nii", "ses-2/flair.nii"), ANOTHER[1]),
        (("sub-01_ses-pre_T1w.nii", "sub-01_ses-post_FLAIR.nii"), ANOTHER[1]),
        (("T1_preop.nii", "FLAIR_post-op.nii"), ANOTHER[1]),
        (("visit1/T1.nii", "visit2/FLAIR.nii"), ANOTHER[1]),
        (("T1_baseline.nii", "FLAIR_follow_up.nii", "T2.nii"), ANOTHER[1]),
        (("20200101_T1.nii", "20210301_FLAIR.nii"), ANOTHER[1]),
        (("2020-01-01/T1.nii", "2020-03-01/FLAIR.nii"), ANOTHER[1]),
        (("T1_20200101101500_3.nii", "T1c_20200301101500_4.nii"), ANOTHER[1]),
        (("01.02.2020/t1.nii", "09-19-2021/flair.nii"), ANOTHER[1]),
    ],
)
def test_names_of_two_patients_or_examinations_are_a_concern(names, expected):
    assert concerns(*names) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("t1.nii", "t1c.nii", "t2.nii", "flair.nii"),
        ("301_t1.nii", "401_t1c.nii", "501_t2.nii", "601_flair.nii"),
        ("s301_t1.nii", "s301_t1c.nii", "s501_t2.nii", "s601_flair.nii"),
        ("t1_256.nii", "t1c_256.nii", "t2_512.nii", "flair_512.nii"),
        ("VSD.Brain.MR_T1.54512.nii", "VSD.Brain.MR_T1c.54513.nii", "VSD.Brain.MR_T2.54514.nii"),
        ("20200101_T1.nii", "20200102_FLAIR.nii", "T2.nii"),
        ("01.02.2020/t1.nii", "20200201/flair.nii"),
        ("T1_pre.nii", "T1_post.nii", "postop_T2.nii", "FLAIR_postoperative.nii"),
        ("visit_T1.nii", "visit_FLAIR.nii"),
        ("P001/T1/1.nii", "P001/T2/2.nii", "P001/FLAIR/3.nii"),
        ("T1_20200101101500_3.nii", "T1c_20200101113000_4.nii"),
        ("sub-01/ses-1/anat/sub-01_ses-1_T1w.nii", "sub-01/ses-1/anat/sub-01_ses-1_FLAIR.nii"),
        ("Patient_004_T1.nii", "Patient_004_T2.nii", "Patient_004_FLAIR.nii"),
    ],
)
def test_names_of_one_are_not(names):
    assert concerns(*names) == set()


def test_one_file_contradicts_nobody():
    assert concerns("20200101_ses-1_ses-2_T1.nii") == set()
