"""A patient straight from the scanner through the whole assessment: identity stays out, DICOM can go back."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import dicom_files
import numpy as np
import pytest
from runner import patients

from SynthTrustLib.runner.assess import assess
from SynthTrustLib.runner.process.events import Noted
from SynthTrustLib.runner.process.request import AssessRequest
from SynthTrustLib.vocabulary import Contrast

TIMING = {
    Contrast.T1: dicom_files.T1_TIMING,
    Contrast.T1C: dicom_files.T1_TIMING | {"ContrastBolusAgent": "Gd Quirkwood"},
    Contrast.T2: dicom_files.T2_TIMING,
    Contrast.FLAIR: dicom_files.FLAIR_TIMING,
}


@pytest.fixture(scope="module")
def segmenters(tmp_path_factory):
    return patients.write_segmenters(tmp_path_factory.mktemp("segmenters"))


@pytest.fixture(scope="module")
def exam(tmp_path_factory) -> Path:
    """The small patient as DICOM; its name is in every header, in descriptions, in file and folder names."""
    folder = tmp_path_factory.mktemp("exam") / dicom_files.NAME
    shared = dicom_files.study()
    for number, (contrast, array) in enumerate(patients.arrays().items(), start=1):
        dicom_files.write_series(
            folder / f"{dicom_files.IDENTIFIER} {number}",
            array.clip(0).astype(np.uint16),
            shared=shared,
            number=number,
            places=dicom_files.positions(len(array), 7.0, start=(-75.0, -95.0, -60.0)),
            pixel=(4.0, 4.0),
            names="Zebedee-{:03d}",
            SeriesDescription=f"{contrast} Zebedee",
            **TIMING[contrast],
        )
    return folder


def request(out: Path, folder: Path, segmenters: Path, **changes) -> AssessRequest:
    return AssessRequest(
        **{
            "out": out,
            "case_folder": folder,
            "segmenters": "mix-0,mix-50,mix-100",
            "extra_segmenter_folders": (segmenters,),
            "write_scene": False,
        }
        | changes
    )


@pytest.fixture(scope="module")
def result(exam, segmenters, tmp_path_factory):
    out = tmp_path_factory.mktemp("results") / "out"
    events = []
    assess(request(out, exam, segmenters, write_dicom=True), events.append)
    return out, [event.text for event in events if isinstance(event, Noted)]


def rows(out: Path) -> dict[str, dict]:
    return {row["key"]: row for row in json.loads((out / "scorecard.json").read_text("utf-8"))["rows"]}


def test_the_tumor_is_found_on_the_series_own_grid(result):
    import SimpleITK as sitk

    out, _ = result
    image = sitk.ReadImage(str(out / "segmentations" / "mix-50.nii.gz"))
    assert image.GetSize() == patients.SHAPE[::-1] and image.GetSpacing() == pytest.approx((4.0, 4.0, 7.0))
    assert image.GetOrigin() == pytest.approx((-75.0, -95.0, -60.0))
    found, truth = sitk.GetArrayFromImage(image) > 0, patients.tumor()["WT"]
    assert 2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + truth.sum()) > 0.8


def test_what_was_taken_for_what_is_said_with_numbers_of_series_only(result):
    _, notes = result
    assert any(note.startswith("FLAIR: DICOM series 4 (") for note in notes)
    assert any(note.startswith("T1c: DICOM series 2 (") for note in notes)


def test_the_patients_identity_is_in_no_log_no_json_and_no_report(result):
    out, notes = result
    looked_at = 0
    for path in out.rglob("*"):
        if path.is_file() and path.parent.name != "dicom":
            content = path.read_bytes()
            if path.suffix == ".gz":
                import gzip

                content = gzip.decompress(content)
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    content = b"".join(archive.read(name) for name in archive.namelist())
            looked_at += 1
            for secret in dicom_files.SECRETS:
                assert secret.encode() not in content, f"{secret} in {path.name}"
                assert secret.lower().encode() not in content.lower(), f"{secret} in {path.name}"
    assert looked_at > 10
    assert not any(secret in note for note in notes for secret in dicom_files.SECRETS)


def test_results_go_back_to_the_archive_under_the_patients_study(result, exam):
    pydicom = pytest.importorskip("pydicom")
    pytest.importorskip("highdicom")
    out, _ = result
    study = pydicom.dcmread(next(exam.rglob("Zebedee-000"))).StudyInstanceUID
    objects = [pydicom.dcmread(path, stop_before_pixels=True) for path in (out / "dicom").iterdir()]
    assert {data.StudyInstanceUID for data in objects} == {study}
    assert sorted(data.Modality for data in objects if data.Modality != "OT") == [*(["SEG"] * 5), "SR"]


def identity_of(data) -> dict[str, str]:
    """Every text in the headers of `data`, sequences too, that holds something secret: keyword -> text."""
    found = {}
    for element in data.iterall():
        text = str(element.value)
        if element.VR != "SQ" and any(secret.lower() in text.lower() for secret in dicom_files.SECRETS):
            found[element.keyword or str(element.tag)] = text
    return found


def test_dicom_results_name_the_patient_where_the_archive_looks_and_nowhere_else(result, exam):
    pydicom = pytest.importorskip("pydicom")
    pytest.importorskip("highdicom")
    out, _ = result
    source = pydicom.dcmread(next(exam.rglob("Zebedee-000")))
    # Where the scanner stands is told of the equipment that contributed, as the standard has it.
    archive = {"PatientName", "PatientID", "PatientBirthDate", "ReferringPhysicianName", "InstitutionName"}
    assert set(identity_of(source)) > archive  # its description, which a technician typed, stays behind
    modalities = set()
    for path in (out / "dicom").iterdir():
        assert not any(secret.lower() in path.name.lower() for secret in dicom_files.SECRETS)
        data = pydicom.dcmread(path)
        modalities.add(data.Modality)
        assert identity_of(data) == {keyword: str(source[keyword].value) for keyword in archive}, path.name
        assert identity_of(data.file_meta) == {}
    assert modalities == {"SEG", "OT", "SR"}


@pytest.mark.usefixtures("no_pictures")
def test_without_the_switch_nothing_is_written_that_names_the_patient(exam, segmenters, tmp_path):
    out = assess(request(tmp_path / "out", exam, segmenters))
    assert not (out / "dicom").exists()
    assert not list(out.rglob("*.dcm"))


@pytest.mark.parametrize("missing", [(1,), (1, 2), (1, 2, 3)])
def test_one_two_or_three_contrasts_may_be_missing(exam, segmenters, tmp_path, missing):
    for source in sorted(exam.iterdir()):
        if int(source.name.split()[-1]) not in missing:
            shutil.copytree(source, tmp_path / "exam" / source.name)
    out = assess(request(tmp_path / "out", tmp_path / "exam", segmenters))
    found = rows(out)
    gone = [contrast for number, contrast in enumerate(Contrast, start=1) if number in missing]
    assert [c for c in Contrast if found[f"patient.contrast.{c}"]["value"] == "missing"] == gone
    assert not (out / "dicom").exists()


def test_a_healthy_brain_is_a_result_and_not_an_error(segmenters, tmp_path):
    import SimpleITK as sitk

    (tmp_path / "healthy").mkdir()
    fluid = patients.tumor()["TC"]  # dark everywhere, as that of the ventricles is in FLAIR
    brain = patients.arrays()[Contrast.T2]  # one anatomy in all contrasts, or a place where they fit is searched for
    for seed, contrast in enumerate(Contrast):
        noise = 5 * np.random.default_rng(seed).standard_normal(brain.shape)
        plain = np.where(brain > 0, np.where(fluid, 150, 300 + brain / 4) + noise, 0)
        sitk.WriteImage(
            patients.geometry().to_sitk(plain.astype(np.float32)),
            str(tmp_path / "healthy" / f"{contrast.lower()}.nii.gz"),
        )
    out = assess(request(tmp_path / "out", tmp_path / "healthy", segmenters))
    outline = sitk.GetArrayFromImage(sitk.ReadImage(str(out / "segmentations" / "pooled.nii.gz")))
    assert np.count_nonzero(outline) < 0.01 * outline.size
    found = rows(out)
    assert found["found.WT"]["value"] is False
    assert found["status.WT"]["reason"].startswith("No tumor was found; ")
    assert "No tumor found: " in (out / "report.html").read_text("utf-8")
