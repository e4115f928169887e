"""What is known about the real patients beside the repository comes out of loading them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.outline.reference import read_reference
from SynthTrustLib.case.patient_case import PatientCase, Skull
from SynthTrustLib.case.recognize.files import Recognition, recognize_folder
from SynthTrustLib.vocabulary import Contrast, Region

pytestmark = [pytest.mark.data, pytest.mark.slow]

UNPACK = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "unpack.py"

STRIPPED_PART_FLAIR = "brats/Brats18_2013_20_1"
STRIPPED_BELOW_ZERO = "brats/BraTS2021_01306"
SKULL_ON_TALLEST = "tcga-lgg/TCGA_HT_A61A_20000127"
SKULL_ON_NEARLY_BLACK = "tcga-lgg/TCGA_DU_A5TW_19980228"
FOUR_GRIDS = "wild/TCGA-DU-7294-native"


@pytest.fixture(scope="session")
def patients(tmp_path_factory) -> Path:
    """A folder with the patients above as NIfTI files."""
    if not UNPACK.exists():
        pytest.skip("the labelled patients are not beside the repository")
    pytest.importorskip("imagecodecs", reason="unpacking the labelled patients needs imagecodecs")
    pytest.importorskip("nibabel", reason="unpacking the labelled patients needs nibabel")
    out = tmp_path_factory.mktemp("patients")
    names = [STRIPPED_PART_FLAIR, STRIPPED_BELOW_ZERO, SKULL_ON_TALLEST, SKULL_ON_NEARLY_BLACK, FOUR_GRIDS]
    command = [sys.executable, str(UNPACK), "--out", str(out), "--only", *names]
    subprocess.run(command, check=True, capture_output=True)
    return out


def load(folder: Path, **options) -> tuple[Recognition, PatientCase]:
    recognition = recognize_folder(folder)
    return recognition, load_case({c: found.path for c, found in recognition.contrasts.items()}, **options)


def verdicts(case: PatientCase, name: str) -> dict[str, Verdict]:
    return {check.subject: check.verdict for check in case.checks if check.name == name}


def test_a_flair_that_ends_inside_the_brain_is_found_out(patients):
    recognition, case = load(patients / STRIPPED_PART_FLAIR)
    assert case.contrasts == tuple(Contrast) and case.skull is Skull.OFF and case.spacing_trusted
    assert verdicts(case, "coverage") == {"FLAIR": Verdict.WARNING}
    assert recognition.reference_mask is not None
    reference = read_reference(recognition.reference_mask, case).masks
    assert reference[Region.WT].sum() > reference[Region.TC].sum() > reference[Region.ET].sum() > 0


def test_a_patient_rescaled_by_someone_else_gets_its_background_back(patients):
    recognition, case = load(patients / STRIPPED_BELOW_ZERO)
    assert set(verdicts(case, "intensity").values()) == {Verdict.CHANGED} and case.skull is Skull.OFF
    assert all(volume.array.min() == 0 for volume in case.volumes.values())
    assert recognition.reference_mask is not None
    # Its label 4 is the rest of the brain: as a tumor it would fill most of the head.
    wt = read_reference(recognition.reference_mask, case).masks[Region.WT]
    assert wt.sum() < 0.3 * np.count_nonzero(case.volumes[Contrast.T1].array)


@pytest.mark.parametrize("name", [SKULL_ON_TALLEST, SKULL_ON_NEARLY_BLACK])
def test_a_clinical_patient_with_placeholder_sizes_is_not_trusted_in_mm(patients, name):
    recognition, case = load(patients / name)
    assert case.skull is Skull.ON and not case.spacing_trusted
    assert recognition.reference_mask is not None
    assert set(read_reference(recognition.reference_mask, case).masks) == {Region.WT}


def test_stating_the_true_size_makes_a_clinical_patient_trusted(patients):
    _, case = load(patients / SKULL_ON_TALLEST, spacing_mm=(0.9, 0.9, 1.6))
    assert case.spacing_trusted and case.geometry.spacing == pytest.approx((1.6, 0.9, 0.9))


def test_four_contrasts_on_four_grids_come_to_lie_on_one(patients):
    _, case = load(patients / FOUR_GRIDS)
    assert case.skull is Skull.OFF and case.spacing_trusted
    assert verdicts(case, "grid") == dict.fromkeys(["T1", "T1c", "T2"], Verdict.CHANGED)
    brains = [volume.array > 0 for volume in case.volumes.values()]
    for brain in brains[:-1]:
        overlap = 2 * np.sum(brain & brains[-1]) / (np.sum(brain) + np.sum(brains[-1]))
        assert overlap > 0.9


@pytest.mark.parametrize("name", [STRIPPED_BELOW_ZERO, SKULL_ON_TALLEST, FOUR_GRIDS])
def test_contrasts_are_told_without_their_names(patients, name, tmp_path):
    truth = {contrast: found.path for contrast, found in recognize_folder(patients / name).contrasts.items()}
    for n, path in enumerate(truth.values()):
        shutil.copy(path, tmp_path / f"{(7 * n) % 5}.nii.gz")
    found = recognize_folder(tmp_path).contrasts
    for contrast, there in found.items():  # what is told is right; what cannot be told is left out
        assert there.path.read_bytes() == truth[contrast].read_bytes(), contrast
    assert len(found) >= len(truth) - 1


def test_a_contrast_that_looks_like_no_other_is_left_out_rather_than_guessed(patients, tmp_path):
    truth = {c: found.path for c, found in recognize_folder(patients / STRIPPED_PART_FLAIR).contrasts.items()}
    for n, path in enumerate(truth.values()):
        shutil.copy(path, tmp_path / f"{n}.nii.gz")
    found = recognize_folder(tmp_path).contrasts
    assert {Contrast.T1, Contrast.T2} <= set(found)
    for contrast, one in found.items():
        assert one.path.read_bytes() == truth[contrast].read_bytes(), contrast
