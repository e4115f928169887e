"""Outlines made elsewhere through the whole assessment."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from runner import patients
from seg_files import write_seg_nrrd

from SynthTrustLib.case.outline.outside_file import OutsideFile
from SynthTrustLib.codec import decode, parse, to_text
from SynthTrustLib.errors import ConcernsError, InputError
from SynthTrustLib.runner.assess import assess
from SynthTrustLib.runner.process.request import AssessRequest
from SynthTrustLib.vocabulary import Region


@pytest.fixture(scope="module")
def request_with_member(tmp_path_factory) -> AssessRequest:
    folder = tmp_path_factory.mktemp("members")
    contrasts = patients.write_patient(folder / "Zebedee")
    return AssessRequest(
        out=folder / "out",
        contrasts=contrasts,
        segmenters="mix-0,mix-50,mix-100",
        members=(OutsideFile("Reader 1", folder / "Zebedee" / "seg.nii.gz", "brats"),),
        extra_segmenter_folders=(patients.write_segmenters(folder / "segmenters"),),
        write_scene=False,
    )


def test_a_request_with_members_survives_its_way_to_the_child_process(request_with_member):
    record = parse(to_text(request_with_member))
    assert decode(AssessRequest, record).members == request_with_member.members


def test_a_member_is_in_every_part_of_the_result_and_its_file_name_in_none(request_with_member):
    out = assess(request_with_member)
    record = json.loads((out / "scorecard.json").read_text("utf-8"))
    assert [card["id"] for card in record["segmenters"]][-1] == "outside-reader-1"
    assert record["segmenters"][-1]["training_mix"]["synthetic_fraction"] is None
    assert (out / "segmentations" / "outside-reader-1.nii.gz").exists()
    report = (out / "report.html").read_text("utf-8")
    assert "Reader 1" in report and "mix unknown" in report
    (row,) = [row for row in record["rows"] if row["key"] == "outside.outside-reader-1"]
    assert "counts neither in disagreement nor in the pooled outline" in row["reason"]
    everything = report + json.dumps(record) + (out / "run.log").read_text("utf-8")
    assert "Zebedee" not in everything and "seg.nii.gz" not in everything


@pytest.fixture
def swapped(request_with_member, tmp_path):
    """The mask in the order of nnU-Net: 1 edema, 2 necrosis, 3 enhancing tumor."""
    labels = sitk.ReadImage(str(request_with_member.members[0].path))
    changed = sitk.GetImageFromArray(np.array([0, 2, 1, 3], np.uint8)[sitk.GetArrayFromImage(labels)])
    changed.CopyInformation(labels)
    sitk.WriteImage(changed, str(tmp_path / "swapped.nii.gz"))
    return tmp_path / "swapped.nii.gz"


@pytest.mark.usefixtures("no_pictures")
def test_labels_in_another_order_stop_the_run_until_somebody_accepts_them_or_says_what_they_are(
    request_with_member, swapped, tmp_path
):
    members = (OutsideFile("Reader 1", swapped),)
    request = replace(request_with_member, out=tmp_path / "out", segmenters="none", members=members, reference=swapped)
    with pytest.raises(ConcernsError) as stopped:
        assess(request)
    keys = tuple(concern.key for concern in stopped.value.concerns)
    assert set(keys) == {"outline_order:Reader 1", "outline_order:reference"} and not (tmp_path / "out").exists()
    rows = rows_of(assess(replace(request, accepted=keys)))
    (row,) = (row for row in rows.values() if row["label"] == "Outline order of Reader 1")
    assert row["value"] == "accepted concern"

    order = "WT=2,TC=1,ET=3".translate(str.maketrans("21", "12"))
    stated = replace(request, members=(OutsideFile("Reader 1", swapped, order),), reference_convention=order)
    rows = rows_of(assess(stated))
    assert all(rows[f"reference_dice.{region}.outside-reader-1"]["value"] == 1.0 for region in Region)
    usual = rows_of(assess(replace(request_with_member, out=tmp_path / "usual", segmenters="none")))
    for region in Region:
        key = f"volume.{region}.outside-reader-1"
        assert rows[key]["value"] == usual[key]["value"]


@pytest.mark.usefixtures("no_pictures")
def test_what_a_file_calls_its_segments_is_on_the_screen_and_in_no_file(request_with_member, tmp_path):
    tumor = patients.tumor()
    fields = [{"Name": "whole tumor", "LabelValue": 1}, {"Name": "head of Jane Doe", "LabelValue": 2}]
    labels = tumor["WT"].astype(np.uint8)
    labels[0, :3, :3] = 2
    path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [labels], fields, patients.geometry())
    notes = []
    request = replace(
        request_with_member, out=tmp_path / "out", segmenters="none", members=(OutsideFile("Reader 1", path),)
    )
    out = assess(request, notes.append)
    assert any("Jane Doe" in getattr(note, "text", "") for note in notes)
    (row,) = (row for row in rows_of(out).values() if row["label"] == "Outline segments of Reader 1")
    assert row["status"] == "check" and "1 of its 2 segments" in row["reason"]
    assert not [file.name for file in out.iterdir() if file.is_file() and b"Jane" in file.read_bytes()]


def rows_of(folder):
    return {row["key"]: row for row in json.loads((folder / "scorecard.json").read_text("utf-8"))["rows"]}


@pytest.mark.usefixtures("no_pictures")
def test_members_alone_need_no_segmenter(request_with_member, tmp_path):
    out = assess(replace(request_with_member, out=tmp_path / "out", segmenters="none", extra_segmenter_folders=()))
    record = json.loads((out / "scorecard.json").read_text("utf-8"))
    assert [card["id"] for card in record["segmenters"]] == ["outside-reader-1"]
    assert record["provenance"]["engine"] == "none"


def test_a_member_can_draw_the_outline_of_record_and_is_no_juror(request_with_member, tmp_path):
    out = assess(replace(request_with_member, out=tmp_path / "out", record="Reader 1"))
    record = json.loads((out / "scorecard.json").read_text("utf-8"))
    assert (record["record"], record["jury"]) == ("outside-reader-1", ["mix-0", "mix-50", "mix-100"])
    rows = {row["key"]: row for row in record["rows"]}
    assert "this is the outline of record" in rows["volume.WT.outside-reader-1"]["reason"]
    assert len(record["pairwise_dice"]["WT"]) == 4


@pytest.mark.usefixtures("no_pictures")
def test_a_member_changes_nothing_that_is_said_of_the_jury(request_with_member, tmp_path):
    with_member = rows_of(assess(replace(request_with_member, out=tmp_path / "with")))
    without = rows_of(assess(replace(request_with_member, out=tmp_path / "without", members=())))
    for key in ("pairwise_dice.WT.mean", "volume.WT.pooled", "dose_response.WT.slope", "status.WT"):
        assert with_member[key] == without[key], key


def test_a_name_without_a_letter_is_refused_before_anything_runs():
    with pytest.raises(InputError, match="does not say which outline is meant"):
        OutsideFile.parse("\u200e=mask.nii.gz")


def test_nobody_of_that_name_cannot_draw_the_outline_of_record(request_with_member, tmp_path):
    with pytest.raises(InputError, match="nobody of that name"):
        assess(replace(request_with_member, out=tmp_path / "out", record="Reader 2"))
    assert not (tmp_path / "out").exists()
