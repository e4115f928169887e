"""A task says what is outlined and on which images, and refuses what contradicts itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from SynthTrustLib.codec import FieldError, decode, encode
from SynthTrustLib.errors import InputError
from SynthTrustLib.resources import resource_path
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.read import read_task
from SynthTrustLib.task.task import Task, TaskContrast
from SynthTrustLib.vocabulary import Contrast

RECORD = json.loads(resource_path("Tasks/glioma.json").read_text("utf-8"))
SCHEMA = Draft202012Validator(json.loads(resource_path("Schemas/task.schema.json").read_text("utf-8")))


def test_glioma_has_the_contrasts_that_are_recognized_and_three_nested_regions():
    assert GLIOMA.contrast_ids == tuple(Contrast)
    assert GLIOMA.region_ids == ("WT", "TC", "ET")
    assert GLIOMA.within("WT") == ("TC", "ET")
    assert GLIOMA.around("ET") == ("TC", "WT")
    assert [GLIOMA.labels(region) for region in GLIOMA.region_ids] == [(1, 2, 3), (1, 3), (3,)]
    assert [GLIOMA.noun(region) for region in GLIOMA.region_ids] == ["tumor", "tumor core", "enhancing tumor"]
    assert [GLIOMA.part(part) for part in ("whole", "core", "enhancing")] == ["WT", "TC", "ET"]


def test_the_best_of_what_is_there_is_taken():
    assert GLIOMA.best_reference(("T1", "T2")) == "T2"
    assert GLIOMA.best_contrast("ET", ("T1", "T2", "FLAIR")) == "FLAIR"
    beside = replace(GLIOMA, contrasts=(*GLIOMA.contrasts, TaskContrast("CT")))
    assert beside.best_reference(("CT",)) == beside.best_contrast("WT", ("CT",)) == "CT"
    assert beside.best_reference(()) is None


def test_a_task_comes_back_from_json_as_the_schema_has_it():
    again = encode(GLIOMA)
    assert decode(Task, json.loads(json.dumps(again))) == GLIOMA
    SCHEMA.validate(again)
    SCHEMA.validate(RECORD)


def test_a_region_is_visible_with_all_the_contrasts_that_it_needs():
    assert GLIOMA.visible(["FLAIR", "T1c"]) == ("WT", "TC", "ET")
    assert GLIOMA.visible(["FLAIR", "T1", "T2"]) == ("WT",)
    assert GLIOMA.region("ET").missing(["FLAIR"]) == ("T1c",)


def changed(*path_and_value):
    """The glioma task as JSON with one value set, or taken away where it is None."""
    record = json.loads(json.dumps(RECORD))
    *path, last, value = path_and_value
    inner = record
    for step in path:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return record


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (changed("format", 2), "format"),
        (changed("organ", "brain"), "organ"),
        (changed("anatomy", None), "anatomy"),
        (changed("regions", 1, "name", ""), "name"),
        (changed("regions", 1, "label", 256), "label"),
        (changed("regions", 1, "colour", "red"), "colour"),
        (changed("regions", 1, "type", "Neoplasm"), "type"),
        (changed("regions", 1, "part", "rim"), "part"),
        (changed("regions", 1, "id", "T C"), "id"),
        (changed("contrasts", []), "contrasts"),
        (changed("label_convention", "auto"), "label_convention"),
    ],
)
def test_what_reader_and_schema_refuse(record, named):
    with pytest.raises(FieldError, match=named):
        decode(Task, record)
    assert not SCHEMA.is_valid(record)


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (changed("regions", 1, "id", "wt"), "regions say 'wt' twice"),
        (changed("contrasts", 1, "id", "t1"), "contrasts say 't1' twice"),
        (changed("regions", 1, "label", 2), "regions say 2 twice"),
        (changed("regions", 1, "label", 4), "regions say 4 twice"),
        (changed("regions", 0, "inside", "TC"), "TC, which is no region before WT"),
        (changed("regions", 1, "part", "whole"), "regions say 'whole' twice"),
        (changed("regions", 1, "shown_on", ["PD"]), "names PD"),
        (changed("regions", 1, "needs", ["PD"]), "names PD"),
        (changed("reference_order", ["PD"]), "names PD"),
    ],
)
def test_what_only_the_reader_can_refuse(record, named):
    with pytest.raises(FieldError, match=named):
        decode(Task, record)


def test_a_file_that_is_no_task_is_named_with_the_reason(tmp_path):
    (tmp_path / "broken.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match="it is not a task"):
        read_task(tmp_path / "broken.json")
    with pytest.raises(InputError, match="missing"):
        read_task(tmp_path / "missing.json")
