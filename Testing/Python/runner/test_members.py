"""Outlines made elsewhere through the whole assessment."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from runner import patients

from SynthTrustLib.case.outside_file import OutsideFile
from SynthTrustLib.runner.assess import assess
from SynthTrustLib.runner.request import AssessRequest


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
    record = json.loads(json.dumps(request_with_member.to_dict()))
    assert AssessRequest.from_dict(record).members == request_with_member.members


def test_a_member_is_in_every_part_of_the_result_and_its_file_name_in_none(request_with_member):
    out = assess(request_with_member)
    record = json.loads((out / "scorecard.json").read_text("utf-8"))
    assert [card["id"] for card in record["segmenters"]][-1] == "outside-reader-1"
    assert record["segmenters"][-1]["training_mix"]["synthetic_fraction"] is None
    assert (out / "segmentations" / "outside-reader-1.nii.gz").exists()
    report = (out / "report.html").read_text("utf-8")
    assert "Reader 1" in report and "mix unknown" in report
    everything = report + json.dumps(record) + (out / "run.log").read_text("utf-8")
    assert "Zebedee" not in everything and "seg.nii.gz" not in everything


def test_members_alone_need_no_segmenter(request_with_member, tmp_path):
    out = assess(replace(request_with_member, out=tmp_path / "out", segmenters="none", extra_segmenter_folders=()))
    record = json.loads((out / "scorecard.json").read_text("utf-8"))
    assert [card["id"] for card in record["segmenters"]] == ["outside-reader-1"]
    assert record["provenance"]["engine"] == "none"
