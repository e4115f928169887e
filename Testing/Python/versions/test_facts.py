"""Facts of a result folder whose every number is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK as sitk

from Testing.Versions.facts import facts_of

ROW = {
    "key": "volume.WT.pooled",
    "section": "size",
    "label": "Volume",
    "value": 34.7,
    "unit": "mL",
    "evidence": "measured",
    "status": "information",
    "reason": "Counted.",
    "region": "WT",
    "segmenter": None,
    "interval": [30.0, 40.0],
    "withdrawn": "",
}


def write(path, array, spacing=(1.0, 2.0, 5.0), origin=(10.0, -20.0, 30.0)):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    path.parent.mkdir(exist_ok=True)
    sitk.WriteImage(image, str(path))


@pytest.fixture
def facts(tmp_path):
    card = {"id": "a", "name": "A", "training_mix": {"synthetic_fraction": 0.25}}
    other = {"id": "b", "name": "B", "training_mix": {"synthetic_fraction": None}}
    line = {"region": "WT", "points": [], "slope": -10.8, "slope_standard_error": 1.5, "intercept": 150.0}
    spot = {"rank": 1, "region": "TC", "ras": [1.0, 2.0, 3.0], "reason": "A sees it.", "peak_value": 0.9}
    scorecard = {
        "case_label": "Case 7",
        "is_synthetic_patient": True,
        "rows": [ROW],
        "segmenters": [card, other],
        "skipped": {"c": "it needs T2"},
        "pairwise_dice": {"WT": [[1.0, 0.8], [0.8, 1.0]]},
        "dose_response": [line],
        "review_spots": [{**spot, "mean_value": 0.6}],
        "provenance": {"inputs": {"T1": "0f"}, "created": "2026-01-01", "accepted_concerns": ["missing:T2"]},
    }
    (tmp_path / "scorecard.json").write_text(json.dumps(scorecard))
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[1, 2, 1:5] = (1, 2, 2, 3)
    write(tmp_path / "segmentations" / "a.nii.gz", labels)
    likely = np.zeros((4, 5, 6), np.float32)
    likely[0, 0, :3] = (0.5, 0.25, 0.0625)
    write(tmp_path / "probabilities" / "a_WT.nii.gz", likely)
    write(tmp_path / "maps" / "mix_influence_WT.nii.gz", -likely)
    return facts_of(tmp_path)


def test_a_row_has_its_fields_without_the_empty_ones(facts):
    assert facts["row volume.WT.pooled"] == {
        name: value for name, value in ROW.items() if name not in ("key", "segmenter", "withdrawn")
    }


def test_label_maps_have_a_volume_and_a_centre_in_ras(facts):
    assert {region: facts[f"outline a {region}"] for region in ("WT", "TC", "ET")} == {
        "WT": {"value": 0.04, "unit": "mL"},
        "TC": {"value": 0.02, "unit": "mL"},
        "ET": {"value": 0.01, "unit": "mL"},
    }
    assert facts["outline a ET centre"] == {"ras": [-14.0, 16.0, 35.0], "unit": "mm"}
    assert facts["outline a WT centre"]["ras"] == [-12.5, 16.0, 35.0]


def test_probabilities_and_maps_have_range_sum_and_the_place_of_what_is_high(facts):
    assert facts["probabilities a WT"] == {"lowest": 0.0, "highest": 0.5}
    assert facts["probabilities a WT sum"] == {"value": 0.008125, "unit": "mL"}
    assert facts["probabilities a WT from 0.5"]["value"] == 0.01
    assert facts["probabilities a WT from 0.1"]["value"] == 0.02
    assert facts["probabilities a WT from 0.1 centre"]["ras"] == [-10.5, 20.0, 30.0]
    assert facts["maps mix_influence WT"] == {"lowest": -0.5, "highest": 0.0}
    assert "maps mix_influence WT from 0.1 centre" not in facts


def test_the_rest_of_the_scorecard_is_there_but_for_time_and_machine(facts):
    assert facts["patient"] == {"label": "Case 7", "synthetic": True}
    assert facts["segmenter a"] == {"name": "A", "synthetic_fraction": 0.25}
    assert facts["skipped c"] == {"reason": "it needs T2"}
    assert facts["dice WT a b"] == {"value": 0.8}
    assert facts["dose response WT"]["slope"] == -10.8
    assert facts["spot 1 place"] == {"ras": [1.0, 2.0, 3.0], "unit": "mm"}
    assert facts["spot 1"]["reason"] == "A sees it."
    assert facts["provenance inputs"] == {"is": {"T1": "0f"}}
    assert facts["provenance accepted_concerns"] == {"is": ["missing:T2"]}
    assert not any("created" in place for place in facts)


def test_every_file_of_the_folder_is_a_fact(facts):
    files = {place.removeprefix("file ") for place in facts if place.startswith("file ")}
    assert files == {
        "scorecard.json",
        "segmentations/a.nii.gz",
        "probabilities/a_WT.nii.gz",
        "maps/mix_influence_WT.nii.gz",
    }
