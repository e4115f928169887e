"""A task that nobody has written code for goes the whole way: segmenters, scorecard, report, DICOM codes, scene."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from segmenters import onnx_models
from task.metastases import LESION, METASTASES, SHAPE, SPACING, head, write_segmenters

from SynthTrustLib.cli import main
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.resources import resource_path
from SynthTrustLib.runner.files.results import read_outcome
from SynthTrustLib.segmenters.package.folder import load_package, write_package
from SynthTrustLib.segmenters.package.registry import task_of


def write(path, array):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING)
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An image, an outline of it made elsewhere, and two segmenters that outline what is bright."""
    folder = tmp_path_factory.mktemp("metastases")
    write(folder / "ct.nii.gz", head())
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[LESION] = 1
    write(folder / "reader.nii.gz", drawn)
    write_segmenters(folder / "segmenters")
    return folder


def run(folder, *more):
    return main(
        [
            *("assess", "--segmenter-folder", str(folder / "segmenters"), "--quiet", "--engine", "onnxruntime"),
            *("--segmenters", "met-0,met-1", "--out", str(folder / "result"), "--spacing", "3", "3", "3", *more),
        ]
    )


@pytest.fixture(scope="module")
def result(folder):
    pytest.importorskip("onnxruntime")
    member = f"Reader={folder / 'reader.nii.gz'}:MET=1"
    assert run(folder, "--contrast", f"CT={folder / 'ct.nii.gz'}", "--member", member) == 0
    return folder / "result"


def test_the_scorecard_speaks_of_the_tasks_region_and_contrast(result):
    scorecard = read_outcome(result).scorecard
    assert scorecard.task == METASTASES
    assert scorecard.row("patient.contrast.CT").value == "used"
    assert scorecard.row("found.MET").label == "Metastasis found" and scorecard.row("found.MET").value is True
    volume = scorecard.row("volume.MET.met-0")
    assert volume.label == "Volume of the metastasis, met 0"
    assert volume.value == pytest.approx(np.prod([5, 7, 7]) * 27 / 1000, rel=0.01)
    assert scorecard.row("status.MET").label == "Metastasis"
    assert {row.region for row in scorecard.rows} == {None, "MET"}
    words = json.dumps([row.reason for row in scorecard.rows if row.region])
    assert "tumor" not in words and "FLAIR" not in words


def test_files_have_the_tasks_labels_and_come_back(result):
    outcome = read_outcome(result)
    assert outcome.regions == ("MET",) and set(outcome.outlines) == {"met-0", "met-1", "outside-reader", "pooled"}
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(result / "segmentations" / "met-0.nii.gz")))
    expected = np.zeros(SHAPE, bool)
    expected[LESION] = True
    np.testing.assert_array_equal(labels, np.where(expected, 7, 0))
    np.testing.assert_array_equal(outcome.outlines["outside-reader"]["MET"].whole(SHAPE), expected)


def test_the_report_shows_the_region(result):
    report = (result / "report.html").read_text("utf-8")
    assert "metastasis" in report and "whole tumor" not in report


def test_the_scene_has_the_region_with_its_code_and_colour(result, folder, tmp_path):
    pytest.importorskip("slicer")
    from scene.reading import load_scene, unpack_mrb

    from SynthTrustLib.scene.result.stored import stored_results
    from SynthTrustLib.scene.standalone import standalone_scene

    with standalone_scene() as scene:
        assert load_scene(scene, unpack_mrb(result / "scene.mrb", tmp_path))
        (stored,) = stored_results(scene)
        assert stored.task == METASTASES and stored.regions == ("MET",) and stored.contrasts == ("CT",)
        segment = stored.outlines["pooled"].GetSegmentation().GetSegment("MET")
        assert segment.GetName() == "MET metastasis"


def test_a_folder_of_other_contrasts_is_not_taken_for_the_tasks(folder, capsys):
    assert run(folder, "--case", str(resource_path("SamplePatient"))) == 2
    assert "Name at least one of --contrast CT=FILE" in capsys.readouterr().err


def test_tasks_are_not_mixed_and_a_card_must_fit_its_task(folder, tmp_path):
    mets = load_package(folder / "segmenters" / "met-0")
    assert task_of([mets]) == METASTASES
    with pytest.raises(SegmenterError, match="its task is metastases, but that of real is glioma"):
        task_of([onnx_models.package(tmp_path), mets])
    with pytest.raises(SegmenterError, match=r"contrasts\[0\] is 'CT', not one of T1"):
        write_package(
            tmp_path / "lost", replace(mets.card, task="glioma"), mets.model_path.read_bytes(), licence_text=""
        )
