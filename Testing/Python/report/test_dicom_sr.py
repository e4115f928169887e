"""The measurement report says what the scorecard says: with units, intervals, status and verdict, and nothing more."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import pydicom
import pytest
from dicom_files import FLAIR_TIMING, SECRETS, T1_TIMING, T2_TIMING, positions, study, write_multiframe, write_series

from SynthTrustLib.case.dicom.folder import read_series, series_at
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.report import dicom_codes as codes
from SynthTrustLib.report.dicom_seg import write_dicom
from SynthTrustLib.report.dicom_source import source_images
from SynthTrustLib.report.dicom_sr import REPORT_NAME, Review, write_measurement_report
from SynthTrustLib.segmenters.package.card import OUTSIDE
from SynthTrustLib.trust.rows.row import known, unknown
from SynthTrustLib.trust.scorecard import Scorecard, Section
from SynthTrustLib.trust.verdict import Decision, Verdict
from SynthTrustLib.vocabulary import Contrast, Region, Status

hd = pytest.importorskip("highdicom", reason="DICOM results need highdicom")

SHAPE = (9, 16, 18)
ROOT = Path(__file__).resolve().parents[3]


def rows(record: str) -> tuple:
    """Of two regions: one with everything, and one of which little is known."""
    prediction = {"interval": (0.75, 0.95), "interval_meaning": "80 % interval, n = 40"}
    return (
        known("status.WT", Section.STATUS, "Whole tumor", "check", "Two segmenters differ.", status=Status.CHECK,
              region="WT", track_record="38 of 40 were so."),
        unknown("status.ET", Section.STATUS, "Enhancing tumor", "No thresholds were calibrated.", region="ET"),
        known(f"volume.WT.{record}", Section.SIZE, "Volume of the whole tumor", 50.0, "Here.", unit="mL", region="WT",
              interval=(40.0, 70.0), interval_meaning="lowest and highest over the segmenters"),
        known("predicted_volume.WT", Section.PREDICTION, "Volume interval, whole tumor", 50.0, "So.", unit="mL",
              region="WT", interval=(41.0, 61.5), interval_meaning="80 % interval, n = 40"),
        known("predicted_dice.WT", Section.PREDICTION, "Predicted Dice, whole tumor", 0.85, "So.", region="WT",
              **prediction),
        unknown(f"volume.ET.{record}", Section.SIZE, "Volume of the enhancing tumor", "Sizes are made up.", unit="mL",
                region="ET"),
        known("predicted_dice.ET", Section.PREDICTION, "Predicted Dice, enhancing tumor", 0.6, "So.", region="ET",
              withdrawn="The scans are unlike those it was learned on.", **prediction),
        known("diameters.ET.count", Section.SIZE, "Measurable lesions", 2.0, "So.", region="ET"),
        known("diameters.ET.1.longest", Section.SIZE, "Longest", 31.0, "So.", unit="mm", region="ET"),
        known("diameters.ET.1.perpendicular", Section.SIZE, "Across", 21.0, "So.", unit="mm", region="ET"),
        known("diameters.ET.2.longest", Section.SIZE, "Longest", 15.0, "So.", unit="mm", region="ET"),
        known("diameters.ET.2.perpendicular", Section.SIZE, "Across", 12.0, "So.", unit="mm", region="ET"),
        known("diameters.ET.sum_of_products", Section.SIZE, "Sum", 831.0, "So.", unit="mm²", region="ET",
              interval=(600.0, 900.0), interval_meaning="lowest and highest over the segmenters"),
    )  # fmt: skip


def exam(folder: Path):
    """A case from series in the folder, the segmenters' answers, and the files of its FLAIR, which the case lies on.

    T1 lies on another grid of the same study, and T2 is from another study.
    """
    voxels = np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.uint16)
    shared = study()
    source = write_series(folder / "in", voxels, shared=shared, **FLAIR_TIMING)
    between = {"shared": shared, "places": positions(SHAPE[0] - 1, start=(-80.0, -90.0, -37.0))}
    write_series(folder / "t1", voxels[:-1], number=2, **between, **T1_TIMING)
    write_series(
        folder / "t2", voxels[::-1], shared=shared | {"StudyInstanceUID": pydicom.uid.generate_uid()}, **T2_TIMING
    )
    folders = {Contrast.FLAIR: "in", Contrast.T1: "t1", Contrast.T2: "t2"}
    case = assemble_case({contrast: read_series(series_at(folder / name)) for contrast, name in folders.items()})
    random = np.random.default_rng(3).random((3, 1, *SHAPE), dtype=np.float32)
    probabilities = np.concatenate([random, random * 0.9, random * 0.7], axis=1)  # nested, as segmenters' answers are
    return case, builders.stack(probabilities, synthetic=(0, 50, 100), geometry=case.geometry), source


@pytest.fixture
def case_and_stack(tmp_path):
    return exam(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder with all DICOM results, and the outcome that they are of; its record is the second segmenter."""
    folder = tmp_path_factory.mktemp("made")
    case, stack, source = exam(folder)
    plain = builders.outcome(stack)
    record = stack.segmenters[1].id
    scorecard = Scorecard(rows(record), stack.segmenters, {}, {}, (), (), record=record)
    outcome = replace(plain, scorecard=scorecard)
    names = write_dicom(folder / "out", case, outcome)
    return folder / "out", names, outcome, source


@pytest.fixture
def written(tmp_path, made):
    """The same in a folder of the test's own, where it may write another report."""
    folder, *rest = made
    return shutil.copytree(folder, tmp_path / "out"), *rest


def report_in(folder: Path):
    return hd.sr.srread(folder / f"{REPORT_NAME}.dcm")


def groups_of(report) -> dict:
    return {
        next(item.value for item in group[0].ContentSequence if item.name.value == "112039").split()[-1]: group
        for group in report.content.get_volumetric_roi_measurement_groups()
    }


def numbers(group) -> dict[str, list[tuple[float, str]]]:
    found: dict[str, list[tuple[float, str]]] = {}
    for measurement in group.get_measurements():
        found.setdefault(measurement.name.value, []).append((measurement.value, measurement.unit.value))
    return found


def texts(group, code: str) -> list[str]:
    value = code.split("^")[1]
    return [item.value for item in group[0].ContentSequence if item.name.value == value]


def value_of(code: str) -> str:
    return code.split("^")[1]


def test_figures_come_back_with_their_units(written):
    folder, names, _, _ = written
    assert names[-1] == f"{REPORT_NAME}.dcm"
    groups = groups_of(report_in(folder))
    assert list(groups) == ["WT", "ET"]
    assert numbers(groups["WT"]) == {
        "118565006": [(50.0, "mL")],
        "ST-VOLUME-LOW": [(40.0, "mL")],
        "ST-VOLUME-HIGH": [(70.0, "mL")],
        "ST-DICE": [(0.85, "1")],
    }
    assert numbers(groups["ET"]) == {
        "ST-LESIONS": [(2.0, "1")],
        "103339001": [(31.0, "mm"), (15.0, "mm")],
        "103340004": [(21.0, "mm"), (12.0, "mm")],
        "ST-PRODUCTS": [(831.0, "mm2")],
        "ST-PRODUCTS-LOW": [(600.0, "mm2")],
        "ST-PRODUCTS-HIGH": [(900.0, "mm2")],
    }


def test_an_interval_is_how_far_the_truth_may_lie_above_and_below_in_the_same_unit(written):
    groups = groups_of(report_in(written[0]))
    (volume,) = groups["WT"].get_measurements(name=codes_of(codes.VOLUME))
    found = {item.name.value: (item.value, item.unit.value) for item in volume[0].ContentSequence}
    assert found[value_of(codes.UPPER_UNCERTAINTY)] == (11.5, "mL")
    assert found[value_of(codes.LOWER_UNCERTAINTY)] == (9.0, "mL")
    assert any("80 % interval, n = 40" in text for text in texts(groups["WT"], codes.INTERVAL))


def codes_of(code: str):
    from SynthTrustLib.report.dicom_object import code_of

    return code_of(code)


def test_an_interval_beside_the_value_is_told_in_words_and_no_uncertainty_is_negative(written):
    folder, _, outcome, source = written
    beside = [
        replace(row, interval=(55.0, 70.0)) if row.key == "predicted_volume.WT" else row
        for row in outcome.scorecard.rows
    ]
    scorecard = replace(outcome.scorecard, rows=tuple(beside))
    write_measurement_report(folder, source_images(source), scorecard)
    group = groups_of(report_in(folder))["WT"]
    (volume,) = (one for one in group.get_measurements() if one.name.value == "118565006")
    assert volume.value == 50 and not volume[0].get("ContentSequence")
    assert "Volume of the whole tumor: 55 to 70 mL, 80 % interval, n = 40." in texts(group, codes.INTERVAL)


def test_what_is_unknown_or_withdrawn_is_no_number_but_a_sentence(written):
    said = texts(groups_of(report_in(written[0]))["ET"], codes.NOT_STATED)
    assert "Volume of the enhancing tumor: Sizes are made up." in said
    assert "Predicted Dice, enhancing tumor: The scans are unlike those it was learned on." in said


def test_of_a_region_that_no_contrast_shows_no_size_is_a_number_and_its_segment_says_so(tmp_path, case_and_stack):
    case, stack, _ = case_and_stack
    record, reason = stack.segmenters[1].id, "Whole tumor cannot be seen without FLAIR, so its outline is a guess."
    guess = unknown("found.WT", Section.SIZE, "Tumor found", reason, region="WT")
    scorecard = Scorecard((*rows(record), guess), stack.segmenters, {}, {}, (), (), record=record)
    write_dicom(tmp_path / "out", case, replace(builders.outcome(stack), scorecard=scorecard))
    group = groups_of(report_in(tmp_path / "out"))["WT"]
    assert not {"118565006", "ST-VOLUME-LOW"} & set(numbers(group))
    assert f"Sizes: {reason}" in texts(group, codes.NOT_STATED)
    described = [
        segment.get("SegmentDescription")
        for segment in pydicom.dcmread(tmp_path / "out" / f"seg_{record}.dcm").SegmentSequence
    ]
    assert described == [reason, None, None]


def test_status_verdict_finding_and_algorithm_are_coded(written):
    _, _, outcome, _ = written
    groups = groups_of(report_in(written[0]))
    for region, status in (("WT", Status.CHECK), ("ET", Status.UNKNOWN)):
        found = {item.name.value: item.value.value for item in groups[region].get_qualitative_evaluations()}
        assert found[value_of(codes.STATUS)] == value_of(codes.STATUSES[status])
        assert found[value_of(codes.VERDICT)] == value_of(codes.NO_VERDICT)
        assert found[value_of(codes.PART)] == f"ST-PART-{region}"  # all regions are neoplasm
    assert texts(groups["WT"], codes.REASON) == ["Two segmenters differ."]
    assert groups["WT"].finding_type.value == "108369006"
    name, parameters = "111001", "111002"
    items = [
        (item.name.value, item.value)
        for item in groups["WT"][0].ContentSequence
        if item.name.value in (name, parameters)
    ]
    assert (name, f"SynthTrust {outcome.scorecard.record}") in items
    assert (parameters, "synthetic fraction: 0.500") in items


def test_it_refers_to_the_segments_of_the_record_and_to_the_source(written):
    folder, _, outcome, source = written
    report = report_in(folder)
    seg = hd.seg.segread(folder / f"seg_{outcome.scorecard.record}.dcm")
    for number, (region, group) in zip((1, 3), groups_of(report).items(), strict=True):
        segment = group.referenced_segment
        assert segment[0].referenced_sop_instance_uid == seg.SOPInstanceUID
        assert segment[0].referenced_segment_numbers == [number]
        assert group.tracking_uid == seg.get_segment_description(number).tracking_uid
        assert region in seg.get_segment_description(number).segment_label
    listed = instances(report.CurrentRequestedProcedureEvidenceSequence)
    assert identifiers(source) | identifiers((source[0].parents[1] / "t1").iterdir()) | {seg.SOPInstanceUID} == listed
    assert instances(report.PertinentOtherEvidenceSequence) == identifiers((source[0].parents[1] / "t2").iterdir())


def identifiers(files) -> set[str]:
    return {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in files}


def instances(evidence) -> set[str]:
    return {
        image.ReferencedSOPInstanceUID
        for one in evidence
        for series in one.ReferencedSeriesSequence
        for image in series.ReferencedSOPSequence
    }


def test_every_object_refers_to_all_series_that_it_was_made_of_first_that_it_lies_on(made):
    folder, names, _, source = made
    flair, t1, t2 = (
        identifiers(files) for files in (source, *((source[0].parents[1] / n).iterdir() for n in ("t1", "t2")))
    )
    for name in names[:-1]:
        data = pydicom.dcmread(folder / name, stop_before_pixels=True)
        lies_on, other = data.ReferencedSeriesSequence
        assert lies_on.SeriesInstanceUID == pydicom.dcmread(source[0]).SeriesInstanceUID
        assert {one.ReferencedSOPInstanceUID for one in lies_on.ReferencedInstanceSequence} == flair
        assert {one.ReferencedSOPInstanceUID for one in other.ReferencedInstanceSequence} == t1
        (elsewhere,) = data.StudiesContainingOtherReferencedInstancesSequence
        (series,) = elsewhere.ReferencedSeriesSequence
        assert {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence} == t2
        assert {one.ReferencedSOPInstanceUID for one in data.SourceImageSequence} == flair | t1 | t2
    (library,) = (item for item in report_in(folder).content[0].ContentSequence if item.name.value == "111028")
    shown = {image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
             for group in library.ContentSequence for image in group.ContentSequence
             if "ReferencedSOPSequence" in image}  # fmt: skip
    assert shown == flair | t1 | t2


def test_images_whose_identifiers_were_dropped_are_left_out_and_the_rest_is_referred_to(tmp_path):
    from SynthTrustLib.report.dicom_source import other_sources

    voxels = np.zeros((2, 4, 4), np.uint16)
    (own, _) = write_series(tmp_path / "own", voxels, shared=study(), **FLAIR_TIMING)
    files = write_series(tmp_path / "other", voxels, shared=study(), **T1_TIMING)
    data = pydicom.dcmread(files[0])
    del data.StudyInstanceUID
    data.save_as(files[0])
    found = other_sources([own, *files, *files], source_images([own]))
    assert [image.SOPInstanceUID for image in found] == [pydicom.dcmread(files[1]).SOPInstanceUID]


def test_a_report_of_a_multiframe_series_and_of_slices_without_a_thickness_is_written(tmp_path):
    voxels = np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.uint16)
    shared = study()
    flair = write_multiframe(tmp_path / "flair" / "IM1", voxels, shared=shared, places=positions(SHAPE[0], 4.0))

    def without(data, _):
        del data.SliceThickness

    t1 = write_series(tmp_path / "t1", voxels[::-1], shared=shared, edit=without, **T1_TIMING)
    names = {Contrast.FLAIR: "flair", Contrast.T1: "t1"}
    case = assemble_case({contrast: read_series(series_at(tmp_path / name)) for contrast, name in names.items()})
    stack = builders.stack(np.zeros((3, 3, *SHAPE), np.float32), geometry=case.geometry)
    scorecard = Scorecard(rows("pooled"), stack.segmenters, {}, {}, (), ())
    write_dicom(tmp_path / "out", case, replace(builders.outcome(stack), scorecard=scorecard))
    report = report_in(tmp_path / "out")
    assert list(groups_of(report)) == ["WT", "ET"]
    assert identifiers([flair, *t1]) < instances(report.CurrentRequestedProcedureEvidenceSequence)
    assert_valid(tmp_path / "out")


def test_the_patient_is_named_where_the_segmentation_names_him_and_nowhere_else(written):
    folder, _, outcome, _ = written
    report = report_in(folder)
    seg = pydicom.dcmread(folder / f"seg_{outcome.scorecard.record}.dcm")
    naming = ("PatientName", "PatientID", "PatientBirthDate", "ReferringPhysicianName")
    for name in naming:
        assert str(report[name].value) == str(seg[name].value)
        del report[name]
    text = report.to_json()
    assert not [secret for secret in SECRETS if secret in text and secret not in seg.to_json()]
    assert not [secret for secret in ("Zebedee", "Quirkwood", "Ozymandias") if secret in text]


def test_a_verdict_in_any_script_and_of_any_length_comes_back(tmp_path, written):
    folder, _, outcome, source = written
    long = "кривая граница\x00\x1b[2J\n" + "x" * 3000
    verdicts = [Verdict.now("WT", Decision.ACCEPT_WITH_EDITS, long, "Dr. Ångström^=\\Беляев")]
    write_measurement_report(folder, source_images(source), outcome.scorecard, Review(verdicts))
    group = groups_of(report_in(folder))["WT"]
    found = {item.name.value: item.value.value for item in group.get_qualitative_evaluations()}
    assert found[value_of(codes.VERDICT)] == value_of(codes.VERDICTS[Decision.ACCEPT_WITH_EDITS])
    (comment,) = texts(group, codes.COMMENT)
    assert comment.startswith("кривая граница [2J x") and comment.endswith("xxx")
    assert texts(group, codes.REVIEWER) == ["Dr. Ångström^=\\Беляев"]


def test_an_outline_that_was_edited_has_no_status_of_the_one_before(written):
    folder, _, outcome, source = written
    write_measurement_report(folder, source_images(source), outcome.scorecard, Review((), {"WT": 3.0}))
    group = groups_of(report_in(folder))["WT"]
    found = {item.name.value: item.value.value for item in group.get_qualitative_evaluations()}
    assert found[value_of(codes.STATUS)] == value_of(codes.STATUSES[Status.UNKNOWN])
    assert not texts(group, codes.REASON) and not [one for one in texts(group, codes.TRACK_RECORD) if "Status" in one]
    assert any(one.startswith("Status: Not stated: the outline was edited") for one in texts(group, codes.NOT_STATED))


@pytest.mark.parametrize(("encoding", "name"), [("ISO_IR 100", "M\u00fcller^J\u00fcrgen"), (None, "Plain^Name")])
def test_a_patients_name_in_another_encoding_is_the_same_in_the_report(tmp_path, case_and_stack, encoding, name):
    _, stack, source = case_and_stack
    for path in source:
        data = pydicom.dcmread(path)
        data.SpecificCharacterSet, data.PatientName = encoding, name
        data.save_as(path)
    scorecard = Scorecard(rows("pooled"), stack.segmenters, {}, {}, (), ())
    (written,) = write_measurement_report(tmp_path, source_images(source), scorecard)
    assert str(pydicom.dcmread(tmp_path / written).PatientName) == name


def test_of_an_edited_outline_only_what_was_measured_again_is_a_number(written):
    folder, _, outcome, source = written
    write_measurement_report(folder, source_images(source), outcome.scorecard, Review((), {"WT": 33.0, "ET": None}))
    groups = groups_of(report_in(folder))
    assert numbers(groups["WT"]) == {"118565006": [(33.0, "mL")]}
    assert numbers(groups["ET"]) == {}
    assert any("edited" in text for text in texts(groups["WT"], codes.NOT_STATED))


def test_of_an_outline_that_was_made_elsewhere_no_segment_is_referred_to_and_no_maker_is_named(
    tmp_path, case_and_stack
):
    _, stack, source = case_and_stack
    outside = builders.card("drawn", real=0, family=OUTSIDE)
    scorecard = Scorecard(rows(outside.id), (*stack.segmenters, outside), {}, {}, (), (), record=outside.id)
    (name,) = write_measurement_report(tmp_path, source_images(source), scorecard)
    report = hd.sr.srread(tmp_path / name)
    assert report.content.get_volumetric_roi_measurement_groups() == []
    groups = report.content.get_image_measurement_groups()
    assert len(groups) == 2 and numbers(groups[0])["118565006"] == [(50.0, "mL")]
    assert not [item for item in groups[0][0].ContentSequence if item.name.value == "111001"]


def test_every_private_code_fits_its_element_and_stands_in_the_documentation():
    page = (ROOT / "Docs" / "dicom.md").read_text("utf-8")
    assert len(set(codes.OURS)) == len(codes.OURS)
    for code in codes.OURS:
        _, value, meaning = code.split("^")
        assert len(value) <= 16 and len(meaning) <= 64, code
        assert f"| `{value}` | {meaning} |" in page, code
    parts = {f"ST-PART-{region}" for region in Region}
    assert set(re.findall(r"`(ST-[A-Z-]+)`", page)) == {code.split("^")[1] for code in codes.OURS} | parts


def test_the_record_is_there_as_a_label_map_too(written):
    folder, names, outcome, _ = written
    record = outcome.scorecard.record
    assert [name for name in names if name.startswith("labelmap_")] == [f"labelmap_{record}.dcm"]
    labels = hd.seg.segread(folder / f"labelmap_{record}.dcm")
    binary = hd.seg.segread(folder / f"seg_{record}.dcm").get_volume().array
    whole = labels.get_volume(combine_segments=True).array
    np.testing.assert_array_equal(whole > 0, binary[..., 0] > 0)
    np.testing.assert_array_equal(whole == 3, binary[..., 2] > 0)
    described = {n: labels.get_segment_description(n).segment_label for n in labels.segment_numbers}
    assert described == {1: "TC without ET", 2: "WT without TC, ET", 3: "ET enhancing tumor"}


def test_another_reader_finds_the_same_figures(tmp_path, written):
    program = shutil.which("tid1500reader") or shutil.which("tid1500reader", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("dcmqi is not installed")
    out = tmp_path / "read.json"
    command = [program, "--inputDICOM", str(written[0] / f"{REPORT_NAME}.dcm"), "--outputMetadata", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    groups = json.loads(out.read_text())["Measurements"]
    found = {
        (group["TrackingIdentifier"].split()[-1], item["quantity"]["CodeValue"], float(item["value"]))
        for group in groups
        for item in group["measurementItems"]
    }
    assert {("WT", "118565006", 50.0), ("WT", "ST-DICE", 0.85), ("ET", "103339001", 31.0)} <= found


def assert_valid(folder: Path) -> None:
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dicom3tools (Debian's package) is not installed, so dciodvfy is missing")
    wrong = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("labelmap_"):
            continue  # this object is younger than the validator, which says that it does not know it
        checked = subprocess.run([program, "-new", str(path)], capture_output=True, text=True, timeout=60)
        errors = [line for line in checked.stderr.splitlines() if line.startswith("Error")]
        if errors:
            wrong[path.name] = errors
    assert wrong == {}


def test_the_validator_finds_no_error(written):
    assert_valid(written[0])
