"""Results are written, and are legal DICOM, whatever scanners, archives and anonymizers have made of the headers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import pydicom
import pytest
from dicom_files import FLAIR_TIMING, T1_TIMING, positions, study, write_multiframe, write_series
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from report.test_dicom_sr import assert_valid, rows

from SynthTrustLib.case.dicom.folder import read_series, series_at
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.report.dicom_seg import can_write_dicom, not_taken_over, write_dicom
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.vocabulary import Contrast

hd = pytest.importorskip("highdicom", reason="DICOM results need highdicom")

SHAPE = (9, 16, 18)


def voxels() -> np.ndarray:
    return np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.uint16)


def raw(data, name: str, value: bytes, vr: str | None = None) -> None:
    """A value that pydicom would not write."""
    tag = Tag(name)
    padded = value + b" " * (len(value) % 2)
    data._dict[tag] = RawDataElement(
        tag, vr or pydicom.datadict.dictionary_VR(tag), len(padded), padded, 0, False, True
    )


def without(*names):
    def edit(data, _):
        for name in names:
            delattr(data, name)

    return edit


def stated(name: str, value: bytes, vr: str | None = None):
    return lambda data, _: raw(data, name, value, vr)


def jittered(data, n):
    """Orientations that differ in their last digits, as where every slice was computed by itself."""
    data.ImageOrientationPatient = [1.0, 1e-7 * n, 0.0, 0.0, 1.0, 0.0]


def private(data, _):
    block = data.private_block(0x0009, "ACME 1.1", create=True)
    block.add_new(0x01, "OB", b"\0\1" * 40)
    raw(data, 0x00091002, b"not a sequence", "UN")


def old_latin(data, _):
    data.SpecificCharacterSet = "ISO_IR 100"
    data.PatientName = "Müller^Jürgen"


def no_character_set(data, _):
    raw(data, "PatientName", "Müller^Jürgen".encode("latin-1"))


def unknown_character_set(data, _):
    raw(data, "SpecificCharacterSet", b"LATIN-ONE")
    raw(data, "PatientName", "Müller^Jürgen".encode("latin-1"))


def japanese(data, _):
    data.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    data.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"


LONG = ("StudyID", "StudyDescription", "Manufacturer", "StationName", "InstitutionName")

ODD = {
    "no thickness": without("SliceThickness"),
    "an empty thickness": stated("SliceThickness", b""),
    "a thickness of 0": stated("SliceThickness", b"0"),
    "a thickness in words": stated("SliceThickness", b"5 mm"),
    "a long thickness": stated("SliceThickness", b"4.99999999999999999999"),
    "a negative spacing between slices": stated("SpacingBetweenSlices", b"-5.0"),
    "a spacing between slices in words": stated("SpacingBetweenSlices", b"five"),
    "jittered orientations": jittered,
    "no frame of reference": without("FrameOfReferenceUID"),
    "an empty frame of reference": stated("FrameOfReferenceUID", b""),
    "no number of the series": without("SeriesNumber"),
    "no modality": without("Modality"),
    "no name": without("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    "no study": without("StudyID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"),
    "a sex of W": stated("PatientSex", b"W"),
    "a sex in words": stated("PatientSex", b"Female"),
    "a year of birth": stated("PatientBirthDate", b"1947"),
    "a birth date of nobody": stated("PatientBirthDate", b"00000000"),
    "a birth date as the old standard wrote it": stated("PatientBirthDate", b"1947.11.23"),
    "a date of the study in words": stated("StudyDate", b"Jan 2, 2020"),
    "a time of the study with colons": stated("StudyTime", b"10:15:00"),
    "a time of the study that no clock shows": stated("StudyTime", b"995959"),
    "a weight with a comma": stated("PatientWeight", b"70,5"),
    "an age without a unit": stated("PatientAge", b"47"),
    "a name of one word": stated("PatientName", b"ANON-0815"),
    "long words": lambda data, _: [raw(data, name, b"x" * 100) for name in LONG],
    "a long number of the order": stated("AccessionNumber", b"A-2020-000000000001234"),
    "a number of the series in words": stated("SeriesNumber", b"4a"),
    "two ids": stated("PatientID", b"MRN-1\\MRN-2"),
    "an id as unknown bytes": stated("PatientID", b"MRN-8841-XQ", "UN"),
    "lossy as an empty word": stated("LossyImageCompression", b""),
    "an anonymizer's mark without its method": stated("PatientIdentityRemoved", b"YES"),
    "private tags": private,
    "a name in Latin-1": old_latin,
    "a name without a character set": no_character_set,
    "a name in an unknown character set": unknown_character_set,
    "a name in Japanese": japanese,
}

AT_ONCE = (
    ("no thickness", "a negative spacing between slices", "jittered orientations", "no frame of reference",
     "a sex of W", "a year of birth", "a time of the study with colons", "a weight with a comma", "long words",
     "private tags", "lossy as an empty word"),
    ("an empty thickness", "a spacing between slices in words", "an empty frame of reference", "no modality",
     "a sex in words", "a birth date of nobody", "a date of the study in words", "an age without a unit",
     "a name of one word", "two ids"),
    ("a thickness of 0", "no number of the series", "no name", "no study"),
    ("a thickness in words", "a birth date as the old standard wrote it", "a time of the study that no clock shows",
     "an id as unknown bytes", "an anonymizer's mark without its method", "a name in Latin-1"),
    ("a long thickness", "a number of the series in words", "a long number of the order",
     "a name without a character set"),
    ("a name in an unknown character set",),
    ("a name in Japanese",),
)  # fmt: skip
"""Each stands in one of these: written one by one they take a minute."""

LATIN = ("a name in Latin-1", "a name without a character set", "a name in an unknown character set")


def scorecard(stack) -> Scorecard:
    return Scorecard(rows(stack.segmenters[0].id), stack.segmenters, {}, {}, (), (), record=stack.segmenters[0].id)


def written(folder: Path, edit=None, *, places=None):
    """A case of two contrasts with that header, and the folder with its results."""
    shared = study()
    for name, number, images, timing in (("flair", 1, voxels(), FLAIR_TIMING), ("t1", 2, voxels()[::-1], T1_TIMING)):
        write_series(folder / name, images, shared=shared, number=number, places=places, edit=edit, **timing)
    names = {Contrast.FLAIR: "flair", Contrast.T1: "t1"}
    case = assemble_case({contrast: read_series(series_at(folder / name)) for contrast, name in names.items()})
    assert can_write_dicom(case) == ""
    random = np.random.default_rng(3).random((3, 1, *SHAPE), dtype=np.float32)
    stack = builders.stack(
        np.concatenate([random, random * 0.9, random * 0.7], axis=1), synthetic=(0, 50, 100), geometry=case.geometry
    )
    outcome = builders.outcome(stack)
    one_map = {kind: dict([*layers.items()][:1]) for kind, layers in [*outcome.maps.items()][:1]}
    write_dicom(folder / "out", case, replace(outcome, scorecard=scorecard(stack), maps=one_map))
    return case, stack


def test_every_oddity_is_tried():
    assert sorted(ODD) == sorted(name for names in AT_ONCE for name in names)


@pytest.mark.parametrize("names", AT_ONCE)
def test_results_of_odd_headers_are_written_legal_and_in_place(tmp_path, names, capfd):
    def edit(data, n):
        for name in names:
            ODD[name](data, n)

    case, stack = written(tmp_path, edit)
    out = tmp_path / "out"
    record = stack.segmenters[0].id
    seg = hd.seg.segread(out / f"seg_{record}.dcm")
    affine = (np.diag([-1.0, -1, 1, 1]) @ case.geometry.ijk_to_ras)[:, [2, 1, 0, 3]]
    ours = hd.VolumeGeometry(affine, SHAPE, coordinate_system="PATIENT", frame_of_reference_uid=seg.FrameOfReferenceUID)
    array = seg.get_volume().match_geometry(ours, tol=1e-3).array
    np.testing.assert_array_equal(array[..., 0], stack.probabilities[0, 0] >= 0.5)
    frames = {pydicom.dcmread(path).FrameOfReferenceUID for path in out.glob("*_*.dcm")}
    assert len(frames) == 1, "all objects lie in one frame of reference"
    said = "".join(capfd.readouterr())
    assert not [secret for secret in ("Zebedee", "Müller", "Yamada", "ANON-0815", "MRN-") if secret in said]
    assert_valid(out)


@pytest.mark.parametrize("name", LATIN)
def test_a_name_in_an_old_character_set_is_the_same_name(tmp_path, name):
    written(tmp_path, ODD[name])
    data = pydicom.dcmread(tmp_path / "out" / "measurements.dcm")
    assert (str(data.PatientName), data.SpecificCharacterSet) == ("Müller^Jürgen", "ISO_IR 192")


def test_what_the_source_states_in_no_legal_way_is_left_empty_and_named(tmp_path):
    def edit(data, n):
        for name in ("a sex of W", "a year of birth", "a time of the study that no clock shows"):
            ODD[name](data, n)

    case, _ = written(tmp_path, edit)
    data = pydicom.dcmread(tmp_path / "out" / "measurements.dcm")
    names = ("PatientBirthDate", "StudyTime", "PatientSex")
    assert [str(data[name].value or "") for name in names] == ["", "", ""]
    assert not_taken_over(case) == "PatientBirthDate, StudyTime, PatientSex"
    assert str(data.PatientName) == "Zebedee^Quirkwood" and data.StudyDate == "20200102"


def test_what_is_stated_as_it_should_be_is_taken_over_and_nothing_is_named(tmp_path):
    case, _ = written(tmp_path, ODD["a birth date as the old standard wrote it"])
    data = pydicom.dcmread(tmp_path / "out" / "measurements.dcm")
    assert data.PatientBirthDate == "19471123" and not_taken_over(case) == ""


def test_a_slice_without_a_thickness_is_as_thick_as_slices_lie_apart(tmp_path):
    written(tmp_path, ODD["no thickness"], places=positions(SHAPE[0], 6.5))
    for path in (tmp_path / "out").glob("*_*.dcm"):
        measures = pydicom.dcmread(path).SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
        assert (measures.SliceThickness, measures.SpacingBetweenSlices) == (6.5, 6.5)


def test_a_weight_and_other_things_that_no_archive_files_by_are_not_taken_over(tmp_path):
    def edit(data, _):
        data.PatientWeight, data.PatientComments, data.EthnicGroup = 70, "a comment", "some"

    written(tmp_path, edit)
    for path in (tmp_path / "out").iterdir():
        data = pydicom.dcmread(path)
        assert not [name for name in ("PatientWeight", "PatientComments", "EthnicGroup") if name in data]
        assert data.ContributingEquipmentSequence[0].InstitutionName == "St. Elsewhere"


def of_frames(folder: Path, **measures):
    """A case of one enhanced file."""
    path = write_multiframe(folder / "in" / "IM1", voxels(), shared=study(), places=positions(SHAPE[0], 4.0))
    if measures:
        data = pydicom.dcmread(path)
        (shared,) = data.SharedFunctionalGroupsSequence
        for frame in data.PerFrameFunctionalGroupsSequence:
            frame.PixelMeasuresSequence = shared.PixelMeasuresSequence
            frame.PlaneOrientationSequence = shared.PlaneOrientationSequence
        del shared.PixelMeasuresSequence, shared.PlaneOrientationSequence
        data.save_as(path)
    return assemble_case({Contrast.FLAIR: read_series(series_at(folder / "in"))})


def test_a_file_whose_frames_each_state_their_size_and_orientation_is_referred_to(tmp_path):
    case = of_frames(tmp_path, by_frame=True)
    stack = builders.stack(np.full((3, 3, *SHAPE), 0.7, np.float32), geometry=case.geometry)
    write_dicom(tmp_path / "out", case, builders.outcome(stack))
    assert_valid(tmp_path / "out")
    uid = pydicom.dcmread(tmp_path / "in" / "IM1").SOPInstanceUID
    assert {found for _, _, found in hd.seg.segread(tmp_path / "out" / "seg_pooled.dcm").get_source_image_uids()} == {
        uid
    }


def test_a_series_of_several_multi_frame_files_is_refused_in_words(tmp_path):
    shared, series = study(), pydicom.uid.generate_uid()
    places = positions(SHAPE[0], 4.0)
    for n, part in enumerate((slice(0, 4), slice(4, 9))):
        path = tmp_path / "in" / f"IM{n}"
        write_multiframe(path, voxels()[part], shared=shared, places=places[part], SeriesInstanceUID=series)
    case = assemble_case({Contrast.FLAIR: read_series(series_at(tmp_path / "in"))})
    assert can_write_dicom(case) == "the reference series (FLAIR) lies in 2 multi-frame files, and not in one"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("SeriesInstanceUID", "", "lack the identifiers"),
        ("StudyInstanceUID", "", "lack the identifiers"),
        ("SOPClassUID", "1.3.46.670589.11.0.0.12.1", "only their maker knows"),
    ],
)
def test_images_that_no_object_can_refer_to_are_refused_in_words(tmp_path, name, value, why):
    def edit(data, _):
        setattr(data, name, value)

    write_series(tmp_path, voxels(), shared=study(), edit=edit, **FLAIR_TIMING)
    case = assemble_case({Contrast.FLAIR: read_series(series_at(tmp_path))})
    assert why in can_write_dicom(case) and "FLAIR" in can_write_dicom(case)


def test_contrasts_that_an_anonymizer_has_put_into_one_series_are_listed_in_one(tmp_path):
    series = pydicom.uid.generate_uid()

    def edit(data, _):
        data.SeriesInstanceUID = series

    written(tmp_path, edit)
    data = pydicom.dcmread(tmp_path / "out" / "seg_pooled.dcm")
    (one,) = data.ReferencedSeriesSequence
    assert len(one.ReferencedInstanceSequence) == 2 * SHAPE[0]
    assert_valid(tmp_path / "out")
