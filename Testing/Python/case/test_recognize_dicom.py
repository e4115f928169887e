"""From a folder as it comes from the scanner to a patient: the right series, and a word on every other one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from case_heads import make_head
from dicom_files import FLAIR_TIMING, SECRETS, T1_TIMING, T2_TIMING, positions, study, write_multiframe, write_series

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.recognize.files import recognize_folder
from SynthTrustLib.case.recognize.looks import Look
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Contrast

SHAPE = (9, 40, 40)
PIXEL = (5.0, 5.0)


def head(seed: int) -> np.ndarray:
    return make_head(SHAPE, skull=False, seed=seed).astype(np.uint16)


def write(folder: Path, seed: int, **options) -> list[Path]:
    voxels = options.pop("voxels", None)
    voxels = head(seed) if voxels is None else voxels
    places = options.pop("places", None) or positions(len(voxels), 10.0)
    return write_series(folder, voxels, places=places, number=seed, **({"pixel": PIXEL} | options))


@pytest.fixture
def exam(tmp_path):
    """T1, T1c, T2 and FLAIR of one examination, nested, among a localizer, an ADC map and a screenshot."""
    shared = study()
    disc = tmp_path / "DICOM" / "PA000" / "ST000"
    write(disc / "SE000", 1, shared=shared, SeriesDescription="t1 se tra nativ", **T1_TIMING)
    write(disc / "SE001", 2, shared=shared, SeriesDescription="t1 se tra KM", ContrastBolusAgent="Gd", **T1_TIMING)
    write(disc / "SE002", 3, shared=shared, SeriesDescription="t2 tse tra", **T2_TIMING)
    write(disc / "SE003", 4, shared=shared, SeriesDescription="flair tra", **FLAIR_TIMING)
    write(disc / "SE004", 5, shared=shared, SeriesDescription="localizer", voxels=head(5)[:3])
    write(disc / "SE005", 6, shared=shared, ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "ADC"])
    write(disc / "SE006", 7, shared=shared, SeriesDescription="flair ROI", **FLAIR_TIMING)
    (disc / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    (disc / "viewer.exe").write_bytes(b"MZ junk")
    return tmp_path, shared, disc


def test_the_four_contrasts_are_found_among_everything_else(exam):
    folder, _, _ = exam
    recognition = recognize_folder(folder)
    assert {str(c): found.series.number for c, found in recognition.contrasts.items()} == {
        "T1": 1, "T1c": 2, "T2": 3, "FLAIR": 4,
    }  # fmt: skip
    assert min(found.confidence for found in recognition.contrasts.values()) > 0.95
    assert sorted(map(str, recognition.unused)) == [
        "DICOM series 5 (3 images, a localizer or a fragment)",
        "DICOM series 6 (its type says ADC: another kind of image)",
        "DICOM series 7 ('roi' in its description: a mask)",
    ]


def test_the_patient_is_loaded_from_the_series_and_every_choice_has_a_row(exam):
    folder, _, _ = exam
    case = load_case(recognize_folder(folder).contrasts)
    assert case.contrasts == tuple(Contrast) and case.reference == Contrast.FLAIR
    np.testing.assert_array_equal(case.volumes[Contrast.T2].array, head(3))
    assert len(case.volumes[Contrast.FLAIR].files) == SHAPE[0]
    rows = {check.subject: check for check in case.checks if check.name == "recognition"}
    assert set(rows) == {"T1", "T1c", "T2", "FLAIR"}
    assert {row.verdict for row in rows.values()} == {Verdict.READY}
    words = repr(case.checks) + repr(case.volumes)
    assert not any(secret in words for secret in SECRETS)


def test_an_unsure_choice_has_a_row_to_check(tmp_path):
    write(tmp_path, 1, shared=study(), SeriesDescription="AX FLAIR", **T1_TIMING)
    case = load_case(recognize_folder(tmp_path).contrasts)
    row = next(check for check in case.checks if check.name == "recognition")
    assert row.verdict is Verdict.WARNING and "only 50% confidence" in row.text and "by hand" in row.text


def every_image_looks_like(monkeypatch, shares: tuple[float, ...]) -> dict[Contrast, float]:
    """The shares by contrast; who changes them changes how images look."""
    import SynthTrustLib.case.recognize.looks as looks
    from SynthTrustLib.case.recognize.image_contrast import ImageOpinion

    found = dict(zip(Contrast, shares, strict=True))
    monkeypatch.setattr(looks, "look_at_contrast", lambda *_: ImageOpinion(found))
    return found


def test_the_image_decides_where_words_and_header_leave_it_open_whether_agent_was_given(tmp_path, monkeypatch):
    every_image_looks_like(monkeypatch, (0.9, 0.1, 0.0, 0.0))
    shared = study()
    write(tmp_path / "a", 1, shared=shared, SeriesDescription="t1 zzyzx kontrast", **T1_TIMING)
    write(tmp_path / "b", 2, shared=shared, SeriesDescription="t1 med kontrast", **T1_TIMING)
    contrasts = recognize_folder(tmp_path).contrasts
    assert {str(c): found.series.number for c, found in contrasts.items()} == {"T1": 1, "T1c": 2}
    assert "it looks like T1" in contrasts[Contrast.T1].reason and contrasts[Contrast.T1].confidence == 0.9


def test_a_second_t1_series_with_a_word_that_nothing_explains_is_t1c_if_it_looks_so(tmp_path, monkeypatch):
    shares = every_image_looks_like(monkeypatch, (0.1, 0.9, 0.0, 0.0))
    shared = study()
    write(tmp_path / "a", 1, shared=shared, SeriesDescription="t1 tra", **T1_TIMING)
    write(tmp_path / "b", 2, shared=shared, SeriesDescription="t1 tra zzyzx", **T1_TIMING)
    contrasts = recognize_folder(tmp_path).contrasts
    assert {str(c): found.series.number for c, found in contrasts.items()} == {"T1": 1, "T1c": 2}
    shares |= {Contrast.T1: 0.9, Contrast.T1C: 0.1}
    assert set(recognize_folder(tmp_path).contrasts) == {Contrast.T1}


def test_a_contrast_named_by_hand_is_not_looked_for(exam):
    folder, _, disc = exam
    recognition = recognize_folder(folder, named=[Contrast.FLAIR])
    assert Contrast.FLAIR not in recognition.contrasts
    assert "DICOM series 4 (FLAIR was named by hand)" in map(str, recognition.unused)
    case = load_case({**recognition.contrasts, Contrast.FLAIR: disc / "SE003"})
    assert case.volumes[Contrast.FLAIR].source == "DICOM series 4"


def test_3d_goes_before_2d_and_small_voxels_before_large_ones(exam):
    folder, shared, disc = exam
    fine = np.repeat(head(9), 2, axis=0)
    write(
        disc / "SE010", 10, voxels=fine, shared=shared, places=positions(len(fine), 5.0),
        SeriesDescription="flair 3d", MRAcquisitionType="3D", **FLAIR_TIMING,
    )  # fmt: skip
    write(disc / "SE011", 11, shared=shared, pixel=(4.0, 4.0), SeriesDescription="t2 tse hr", **T2_TIMING)
    contrasts = recognize_folder(folder).contrasts
    assert contrasts[Contrast.FLAIR].series.number == 10
    assert "the best of 2: 3D, 5 x 5 x 5 mm" in contrasts[Contrast.FLAIR].reason
    assert contrasts[Contrast.T2].series.number == 11


def test_a_reformatted_series_comes_after_the_original(exam):
    folder, shared, disc = exam
    write(
        disc / "SE012", 12, shared=shared, pixel=(2.0, 2.0), SeriesDescription="flair mpr",
        ImageType=["DERIVED", "SECONDARY", "MPR"], **FLAIR_TIMING,
    )  # fmt: skip
    assert recognize_folder(folder).contrasts[Contrast.FLAIR].series.number == 4


def test_of_two_examinations_the_fuller_one_is_taken_and_not_mixed(exam):
    folder, shared, disc = exam
    other = study(StudyDate="20210304", **{k: shared[k] for k in ("PatientName", "PatientID", "PatientBirthDate")})
    write(disc / "late", 20, shared=other, SeriesDescription="flair", pixel=(1.0, 1.0), **FLAIR_TIMING)
    recognition = recognize_folder(folder)
    assert recognition.contrasts[Contrast.FLAIR].series.number == 4
    assert "DICOM series 20 (from another examination)" in map(str, recognition.unused)


def test_two_patients_in_one_folder_are_refused(exam):
    folder, _, disc = exam
    write(disc / "stranger", 30, shared=study(PatientID="else"), SeriesDescription="flair", **FLAIR_TIMING)
    with pytest.raises(InputError, match="several patients"):
        recognize_folder(folder)


def test_series_of_two_patients_that_are_named_by_hand_are_a_concern(tmp_path):
    write(tmp_path / "a", 1, shared=study(), SeriesDescription="t1", **T1_TIMING)
    write(tmp_path / "b", 4, shared=study(PatientID="else"), SeriesDescription="flair", **FLAIR_TIMING)
    case = load_case({Contrast.T1: tmp_path / "a", Contrast.FLAIR: tmp_path / "b"})
    concern = next(check for check in case.concerns if check.key == "patient:case")
    assert "the headers of T1 and FLAIR write the patient differently" in concern.text


@pytest.mark.parametrize(("day", "concerned"), [("20200103", False), ("20200104", True), ("", False)])
def test_series_of_two_days_that_are_named_by_hand_are_a_concern(tmp_path, day, concerned):
    write(tmp_path / "a", 1, shared=study(), SeriesDescription="t1", **T1_TIMING)
    write(tmp_path / "b", 4, shared=study(StudyDate=day), SeriesDescription="flair", **FLAIR_TIMING)
    case = load_case({Contrast.T1: tmp_path / "a", Contrast.FLAIR: tmp_path / "b"})
    texts = [check.on_screen for check in case.concerns if check.key == "examination:case"]
    assert len(texts) == concerned and not any("2020" in text for text in texts)


def test_an_enhanced_multiframe_file_is_recognized(tmp_path):
    write_multiframe(tmp_path / "IM0001", head(1), shared=study(), places=positions(9, 10.0), pixel=PIXEL)
    contrasts = recognize_folder(tmp_path).contrasts
    assert list(contrasts) == [Contrast.FLAIR]
    assert load_case(contrasts).geometry.spacing == pytest.approx((10.0, 5.0, 5.0))


def test_a_mask_beside_the_series_is_the_reference_and_hides_none_of_them(exam):
    folder, _, _ = exam
    mask, other = folder / "tumor_seg.nii.gz", folder / "adc.nii.gz"
    mask.touch()
    other.touch()
    recognition = recognize_folder(folder)
    assert set(recognition.contrasts) == set(Contrast)
    assert recognition.reference_mask == mask
    assert other in recognition.ignored and len(recognition.ignored) == 4


def test_an_image_file_of_which_nothing_is_known_hides_no_series(exam, monkeypatch):
    folder, _, _ = exam
    (folder / "brain.nii").touch()
    look = Look(folder / "brain.nii", Contrast.T1, 0.9, "looks like T1")
    monkeypatch.setattr("SynthTrustLib.case.recognize.files.recognize_by_looks", lambda *_: [look])
    recognition = recognize_folder(folder)
    assert len(recognition.contrasts) == 4 and recognition.contrasts[Contrast.T1].series is not None
    assert "there are DICOM series" in recognition.ignored[folder / "brain.nii"].reason


def test_a_folder_of_unusable_series_is_refused_with_a_reason(tmp_path):
    write(tmp_path, 1, shared=study(), Modality="CT")
    with pytest.raises(InputError, match=r"none of its DICOM series.*modality is CT"):
        recognize_folder(tmp_path)


def test_gaps_have_a_row_under_the_contrasts_name(exam):
    folder, _, disc = exam
    (disc / "SE003" / "IM-0006.dcm").unlink()
    case = load_case(recognize_folder(folder).contrasts)
    row = next(check for check in case.checks if check.name == "missing_slices")
    assert row.subject == "FLAIR" and row.verdict is Verdict.WARNING
