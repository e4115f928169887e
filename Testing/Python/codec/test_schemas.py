"""The committed schemas are those of the types, and say the same as the codec about any document."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from SynthTrustLib.case.outline.outside_file import OutsideFile
from SynthTrustLib.case.unused import Unused, UnusedKind
from SynthTrustLib.codec import FieldError, decode, encode
from SynthTrustLib.resources import resource_path
from SynthTrustLib.runner.process.events import Failed, Noted, Progressed, to_line
from SynthTrustLib.runner.process.request import AssessRequest
from SynthTrustLib.vocabulary import Contrast
from Testing import schemas

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "Testing/Python/fixtures/0.1.0"
REFERENCE = ROOT / "Resources/Segmenters/synthetic-50/configs"

REQUEST = AssessRequest(
    out=Path("result"),
    contrasts={Contrast.T1: Path("t1.nii.gz")},
    members=(OutsideFile("by hand", Path("seg.nii.gz"), "brats", ("one segment was not used",)),),
    spacing_mm=(0.5, 0.5, 6.0),
    unused=(Unused("t1c", "it was not chosen", UnusedKind.SPARE, frozenset({Contrast.T1C})),),
)

DOCUMENTS = {
    "audit": ROOT / "Testing/Python/fixtures/audit.json",
    "bundle-metadata": REFERENCE / "metadata.json",
    "calibration": FIXTURES / "calibration.json",
    "evaluation": FIXTURES / "calibration.evaluation.json",
    "scorecard": FIXTURES / "result/scorecard.json",
    "segmenter": REFERENCE / "synthtrust.json",
}
"""Schema -> a document that it describes."""

WRONG = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2.0,
    0.5,
    -0.5,
    1e9,
    "",
    " ",
    "WT",
    "a\u00e9",
    "0" * 64,
    [],
    [1],
    ["x", "x"],
    {},
    {"x": 1},
]
"""Put in the place of anything."""


def test_the_committed_schemas_are_those_of_the_types():
    assert schemas.main([]) == 0
    named = {path.name.removesuffix(".schema.json") for path in resource_path("Schemas").iterdir()}
    assert named == {*schemas.schemas(), "mix_card"}  # the laboratory's own is written by hand


def test_a_schema_that_the_types_have_left_behind_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    assert schemas.main(["--write"]) == 0 and schemas.main([]) == 0
    (tmp_path / "segmenter.schema.json").write_text("{}")
    assert schemas.main([]) == 1
    assert capsys.readouterr().err.startswith("segmenter.schema.json: not what the types say")


KINDS = sorted({*DOCUMENTS, "request"})


def of_kind(name: str) -> tuple[Any, Any, jsonschema.Draft202012Validator]:
    """A document, its type and a validator of its schema."""
    schema = json.loads(resource_path(f"Schemas/{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = encode(REQUEST) if name == "request" else json.loads(DOCUMENTS[name].read_text("utf-8"))
    return document, schemas.KINDS[name][0], jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    """The same, with as much of each list as is changed: the whole is validated after every change."""
    document, type_, validator = of_kind(request.param)
    return shortened(document), type_, validator


def shortened(data: Any) -> Any:
    """A document with no more than three entries in each list."""
    if isinstance(data, dict):
        return {key: shortened(value) for key, value in data.items()}
    return [shortened(value) for value in data[:3]] if isinstance(data, list) else data


def places(data: Any, path: tuple = ()) -> Iterator[tuple]:
    """The ways to everything in a document; of a list its first entries stand for all."""
    entries = data.items() if isinstance(data, dict) else enumerate(data[:3]) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from places(value, (*path, key))


@pytest.mark.parametrize("name", KINDS)
def test_a_document_fits_both(name):
    document, type_, validator = of_kind(name)
    validator.validate(document)
    decode(type_, document)


@pytest.mark.parametrize("event", [Progressed("reading", 0.5, 0.1), Noted("a"), Failed("input", "w", "s", "n")])
def test_a_line_of_a_run_fits_the_schema_of_events(event):
    schema = json.loads(resource_path("Schemas/event.schema.json").read_text("utf-8"))
    record = json.loads(to_line(event).partition(" ")[2])
    jsonschema.Draft202012Validator(schema).validate(record)
    assert not jsonschema.Draft202012Validator(schema).is_valid(record | {"event": "result"})


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_codec_and_schema_agree_on_a_document_in_which_something_was_changed(kind, data):
    document, type_, validator = kind
    changed = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.sampled_from(list(places(changed))))
        inner = changed
        for key in at[:-1]:
            inner = inner[key]
        change = data.draw(st.sampled_from(["put", "drop", "add", "grow"]))
        if change == "put":
            inner[at[-1]] = data.draw(st.sampled_from(WRONG))
        elif change == "drop":
            del inner[at[-1]]
        elif isinstance(inner, dict):
            inner[data.draw(st.sampled_from(["nmae", "", "WT", "format", "T1"]))] = inner[at[-1]]
        else:
            inner.append(inner[at[-1]])
        if not changed:
            break
    assert_agreed(changed, type_, validator)


@pytest.mark.parametrize("kind", ["request", "segmenter"], indirect=True)
def test_they_agree_whatever_stands_in_the_place_of_anything(kind):
    document, type_, validator = kind
    for *path, last in places(document):
        changed = copy.deepcopy(document)
        inner = changed
        for key in path:
            inner = inner[key]
        for value in WRONG:
            inner[last] = value
            assert_agreed(changed, type_, validator)


def assert_agreed(changed: Any, type_: Any, validator: Any) -> None:
    """Both take the document, or both refuse it; fields that contradict each other only the codec refuses."""
    says = validator.is_valid(changed)
    try:
        decode(type_, changed)
    except FieldError as error:
        assert not says or error.between_fields, f"the schema allows what the codec refuses: {error}"
    else:
        refusal = None if says else jsonschema.exceptions.best_match(validator.iter_errors(changed))
        assert says, f"the codec allows what the schema refuses: {refusal}"
