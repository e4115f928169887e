"""A result is worth having without its DICOM objects: what stops them is a note, or is told before a run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from SynthTrustLib.errors import OutputError
from SynthTrustLib.report import dicom_object, dicom_seg
from SynthTrustLib.report.dicom_object import making_dicom
from SynthTrustLib.runner.assess import _Assessment, assess
from SynthTrustLib.runner.process.request import AssessRequest


def run_of(folder, notes):
    """As much of a run as writing DICOM needs."""
    run = object.__new__(_Assessment)
    run.request = SimpleNamespace(write_dicom=True)
    run.folder = folder
    run.costs = SimpleNamespace(begin=lambda _: None)
    run.pace = SimpleNamespace(phase=lambda _: lambda *_: None)
    run.log = SimpleNamespace(add=lambda _: None)
    run.note = notes.append
    return run


def test_a_header_that_no_object_can_be_made_of_costs_the_objects_and_not_the_result(tmp_path, monkeypatch):
    def half(folder, *_):
        folder.mkdir()
        (folder / "seg_pooled.dcm").write_bytes(b"")
        with making_dicom():
            raise AttributeError("'FileDataset' object has no attribute of Zebedee^Quirkwood")

    monkeypatch.setattr(dicom_seg, "can_write_dicom", lambda _: "")
    monkeypatch.setattr(dicom_seg, "write_dicom", half)
    notes = []
    run_of(tmp_path, notes).write_dicom(None, None)
    assert notes == ["no DICOM results: no DICOM object can be made of what its headers say (AttributeError)"]
    assert list(tmp_path.iterdir()) == []


def test_what_was_left_empty_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_seg, "can_write_dicom", lambda _: "")
    monkeypatch.setattr(dicom_seg, "write_dicom", lambda *_: ["seg_pooled.dcm"])
    monkeypatch.setattr(dicom_seg, "not_taken_over", lambda _: "PatientSex")
    notes = []
    run_of(tmp_path, notes).write_dicom(None, None)
    (note,) = notes
    assert note.startswith("empty in the DICOM results") and note.endswith(": PatientSex")


def test_without_highdicom_a_run_that_asks_for_dicom_does_not_begin(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_object, "find_spec", lambda _: None)
    wanted = AssessRequest(out=tmp_path / "out", case_folder=tmp_path / "nowhere", write_dicom=True)
    with pytest.raises(OutputError, match="highdicom is not installed"):
        assess(wanted)
    assert not (tmp_path / "out").exists()
