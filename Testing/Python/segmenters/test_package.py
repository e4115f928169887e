"""A package is read only if every byte of it is what its card says, and nothing in it could run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from dataclasses import replace

import builders
import numpy as np
import pytest
from segmenters import onnx_models

from SynthTrustLib.codec import encode
from SynthTrustLib.errors import OutputError, SegmenterError
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing
from SynthTrustLib.segmenters.package.card import HeldOutResult, PreprocessingFields, TrainingMix, read_card
from SynthTrustLib.segmenters.package.folder import (
    CARD_FILE,
    load_package,
    read_model,
    write_package,
)
from SynthTrustLib.segmenters.package.registry import find_packages
from SynthTrustLib.vocabulary import Contrast, Region

FULL_CARD = builders.card(
    "half-real",
    synthetic=30,
    real=10,
    training_mix=TrainingMix(
        real_cases=10,
        synthetic_cases=30,
        generator="simulator 1",
        quality="high",
        diversity="low",
        quality_measured={"c2st": 0.7},
        diversity_measured={"vendi ratio": 0.4},
        source_sites=("A", "B"),
        source_patients=10,
        seed=7,
    ),
    required_contrasts=(Contrast.FLAIR,),
    preprocessing={**Preprocessing().to_dict(), "network": {"name": "UnshuffledDynUNet"}},
    held_out=(HeldOutResult("dice", Region.WT, "BraTS test", 0.8, 0.75, 0.85, 5),),
    presets=("ladder", "real-against-synthetic"),
    hashes=dict.fromkeys(("LICENSE", "configs/metadata.json", "docs/README.md", "models/model.onnx"), "a" * 64),
    training={"command": "synthtrust mixes train", "versions": {"torch": "2.9"}},
)


@pytest.fixture
def package(tmp_path):
    return onnx_models.package(tmp_path)


def change_card(folder, change):
    """Apply `change` to the parsed card on disk; hashes of other files stay right."""
    path = folder / "configs" / "synthtrust.json"
    data = json.loads(path.read_text("utf-8"))
    change(data)
    path.write_text(json.dumps(data), "utf-8")


def change_file(folder, name, content, *, relist=True):
    """Write a file of the package, by default with its new hash in the card."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if relist:
        digest = hashlib.sha256(content).hexdigest()
        change_card(folder, lambda card: card["hashes"].update({name: digest}))


def refusal(folder, **options) -> SegmenterError:
    with pytest.raises(SegmenterError) as caught:
        load_package(folder, **options)
    assert caught.value.source == folder.name
    assert caught.value.next_step.endswith(".")
    return caught.value


def test_a_card_survives_the_way_through_json():
    assert read_card(json.loads(json.dumps(encode(FULL_CARD)))) == FULL_CARD


def test_a_card_may_state_every_preprocessing_setting():
    known = set(Preprocessing.__dataclass_fields__) | {"network", "slice_smoothing", "mirrored"}
    assert set(PreprocessingFields.__annotations__) == known


def set_in(*path_and_value):
    *path, last, value = path_and_value

    def change(card):
        for key in path:
            card = card[key]
        if value is None and last not in ("generator",):
            del card[last]
        else:
            card[last] = value

    return change


def draw_csf(card):
    """Nobody's region in the place of ET, wherever it stands."""
    card.update(json.loads(json.dumps(card).replace('"ET"', '"CSF"')))


WRONG_CARDS = {
    "a missing name": (set_in("name", None), "name"),
    "an unknown field": (set_in("nmae", "x"), "nmae"),
    "a bad id": (set_in("id", "../evil"), "id"),
    "an id that a result file has": (set_in("id", "pooled"), "id"),
    "a count below 0": (set_in("training_mix", "real_cases", -1), "real_cases"),
    "a fraction that the counts contradict": (set_in("training_mix", "real_fraction", 0.5), "real_fraction"),
    "a smoothing that favours the neighbours": (set_in("preprocessing", "slice_smoothing", 0.4), "slice_smoothing"),
    "a fraction out of range": (set_in("training_mix", "synthetic_fraction", 1.5), "synthetic_fraction"),
    "synthetic cases from nowhere": (set_in("training_mix", "generator", None), "generator"),
    "an unknown contrast": (set_in("contrasts", ["T1", "PD"]), "contrasts"),
    "a required contrast that it does not take": (set_in("contrasts", ["T1"]), "required_contrasts"),
    "an unknown region": (draw_csf, "regions"),
    "a region twice": (set_in("regions", ["WT", "WT"]), "regions"),
    "a threshold of 1": (set_in("thresholds", "WT", 1.0), "thresholds.WT"),
    "a threshold too few": (set_in("thresholds", "ET", None), "thresholds.ET"),
    "a misspelled setting": (set_in("preprocessing", "in_plain_mm", 1.0), "in_plain_mm"),
    "a Dice above 1": (set_in("held_out", 0, "high", 1.2), "low"),
    "a mean outside its interval": (set_in("held_out", 0, "mean", 0.1), "mean"),
    "a hash that is none": (set_in("hashes", "LICENSE", "abc"), "hashes.LICENSE"),
    "text for a number": (set_in("training_mix", "seed", "seven"), "seed"),
    "truth for a number": (set_in("training_mix", "real_cases", True), "real_cases"),
    "a card of the future": (set_in("format", 2), "format 2"),
}


@pytest.mark.parametrize("name", WRONG_CARDS)
def test_a_wrong_card_is_refused_by_the_field_that_is_wrong(name):
    change, field = WRONG_CARDS[name]
    data = encode(FULL_CARD)
    change(data)
    with pytest.raises(SegmenterError) as caught:
        read_card(data, source="half-real")
    assert field in caught.value.what
    assert caught.value.source == "half-real"


BEYOND_A_SCHEMA = {
    "a Dice above 1",
    "a fraction that the counts contradict",
    "a mean outside its interval",
    "a required contrast that it does not take",
    "a threshold too few",
    "an unknown contrast",
    "an unknown region",
    "synthetic cases from nowhere",
}
"""What takes comparing two fields or looking at the task, which JSON Schema cannot do."""


@pytest.mark.parametrize("name", sorted(set(WRONG_CARDS) - BEYOND_A_SCHEMA))
def test_the_schema_alone_refuses_what_a_schema_can_see(name):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(resource_path("Schemas/segmenter.schema.json").read_text("utf-8"))
    data = encode(FULL_CARD)
    WRONG_CARDS[name][0](data)
    assert not jsonschema.Draft202012Validator(schema).is_valid(data)


def test_a_written_package_is_a_monai_bundle_that_lists_every_file(package):
    files = {path.relative_to(package.folder).as_posix() for path in package.folder.rglob("*") if path.is_file()}
    assert files == set(package.card.hashes) | {"configs/synthtrust.json"}
    metadata = json.loads((package.folder / "configs/metadata.json").read_text("utf-8"))
    taken = metadata["network_data_format"]["inputs"]["slices"]
    assert taken["num_channels"] == len(taken["channel_def"]) == 12
    assert taken["channel_def"]["4"] == "T1c, this slice"
    assert metadata["network_data_format"]["outputs"]["probabilities"]["channel_def"] == {
        "0": "WT",
        "1": "TC",
        "2": "ET",
    }


def test_the_page_for_people_says_what_it_was_trained_on(tmp_path):
    written = write_package(
        tmp_path / FULL_CARD.id, replace(FULL_CARD, hashes={}), onnx_models.constant(), licence_text="L"
    )
    text = (written.folder / "docs/README.md").read_text("utf-8")
    assert "10 real and 30 synthetic cases: real fraction 0.25, synthetic fraction 0.75" in text
    assert "| dice | WT | BraTS test | 5 | 0.800 | 0.750 to 0.850 |" in text
    assert "It cannot run without FLAIR." in text


def test_writing_again_replaces_a_package_but_nothing_else(tmp_path, package):
    newer = onnx_models.package(tmp_path, version="2")
    assert newer.folder == package.folder
    assert load_package(package.folder).card.version == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["real"]
    (tmp_path / "thesis").mkdir()
    with pytest.raises(OutputError, match="thesis"):
        write_package(tmp_path / "thesis", builders.card("thesis"), onnx_models.constant(), licence_text="L")


def test_a_package_that_would_be_refused_is_not_written(tmp_path):
    with pytest.raises(SegmenterError, match="LICENSE is larger than 2 MB"):
        write_package(tmp_path / "real", builders.card("real"), onnx_models.constant(), licence_text="L" * 2_000_001)
    assert list(tmp_path.iterdir()) == []


def test_a_changed_weight_is_noticed(package):
    data = bytearray(package.model_path.read_bytes())
    data[len(data) // 2] ^= 1
    package.model_path.write_bytes(data)
    error = refusal(package.folder)
    assert "models/model.onnx is not the file that its card lists" in error.what
    assert error.next_step == "Install the package again."
    with pytest.raises(SegmenterError, match="SHA-256"):
        read_model(load_package(package.folder, verify=False))


def test_weights_that_are_not_an_onnx_model_are_refused_even_with_the_right_hash(package):
    change_file(package.folder, "models/model.onnx", b"not an onnx file at all" * 50)
    assert "models/model.onnx cannot be used" in refusal(package.folder).what


def test_a_model_cut_short_is_refused(package):
    data = package.model_path.read_bytes()
    change_file(package.folder, "models/model.onnx", data[: len(data) * 2 // 3])
    assert "models/model.onnx" in refusal(package.folder).what


def test_a_model_that_keeps_its_weights_in_another_file_is_refused(tmp_path, package):
    import onnx
    from onnx.external_data_helper import set_external_data

    model = onnx.load_from_string(onnx_models.constant())
    set_external_data(model.graph.initializer[0], location="../../secret")
    model.graph.initializer[0].ClearField("raw_data")
    change_file(package.folder, "models/model.onnx", model.SerializeToString())
    assert "another file" in refusal(package.folder).what


def test_a_model_with_the_wrong_number_of_regions_is_refused(tmp_path):
    two = onnx_models.pixelwise(np.zeros((2, 12)), np.zeros(2))
    with pytest.raises(SegmenterError, match="2 channels in its output, not 3"):
        onnx_models.package(tmp_path, onnx_bytes=two)


def test_a_model_over_the_limit_is_refused(package):
    package.model_path.write_bytes(b"\0" * 4_000_001)
    assert "larger than the 4 MB that its card states" in refusal(package.folder).what


@pytest.mark.parametrize("name", ["models/model.pt", "models/old.pkl", "scripts/run.py", "models/model.ckpt"])
def test_a_file_that_can_carry_code_is_refused_even_when_it_is_listed(package, name):
    change_file(package.folder, name, b"\x80\x04.")
    assert "carry code" in refusal(package.folder).what


def test_a_file_that_the_card_does_not_list_is_refused(package):
    change_file(package.folder, "docs/more.md", b"hello", relist=False)
    assert "docs/more.md is not listed" in refusal(package.folder).what


def test_what_an_operating_system_drops_into_a_folder_is_not_held_against_it(package):
    (package.folder / "docs" / ".DS_Store").write_bytes(b"x")
    for name in ("configs/._synthtrust.json", "models/._model.onnx", "._LICENSE"):
        (package.folder / name).write_bytes(b"\0\5\x16\7")
    assert load_package(package.folder).card == package.card


def test_a_missing_file_is_named(package):
    (package.folder / "LICENSE").unlink()
    assert refusal(package.folder).what == "LICENSE is missing"


@pytest.mark.parametrize("path", ["../../outside.md", "/etc/passwd", "docs/../../x.md", "C:/x.md", "docs\\x.md"])
def test_a_path_that_leaves_the_package_is_refused(package, path):
    change_card(package.folder, lambda card: card["hashes"].update({path: "0" * 64}))
    assert path.split("\\")[0] in refusal(package.folder).what


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_out_of_the_package_is_refused(tmp_path, package):
    outside = tmp_path / "outside.md"
    shutil.move(package.folder / "docs" / "README.md", outside)
    (package.folder / "docs" / "README.md").symlink_to(outside)
    assert "link to something outside" in refusal(package.folder).what


@pytest.mark.parametrize(
    "content",
    [{"network": {"_target_": "os.system"}}, {"x": ["$import os"]}, {"a": {"b": "%other.json::key"}}],
    ids=["target", "expression", "macro"],
)
def test_a_config_that_asks_to_run_or_read_something_is_refused(package, content):
    change_file(package.folder, "configs/inference.json", json.dumps(content).encode())
    assert "runs no code from a package" in refusal(package.folder).what


def test_an_expression_hidden_in_the_card_is_refused(package):
    change_card(package.folder, lambda card: card["training"].update(command="$__import__('os')"))
    assert "runs no code" in refusal(package.folder).what


def test_metadata_that_lacks_a_field_is_refused(package):
    data = json.loads((package.folder / "configs/metadata.json").read_text("utf-8"))
    del data["network_data_format"]
    change_file(package.folder, "configs/metadata.json", json.dumps(data).encode())
    assert "configs/metadata.json is wrong: network_data_format is missing" in refusal(package.folder).what


@pytest.mark.parametrize("text", [b"{", b"\xff\xfe", b'{"id": NaN}'])
def test_a_card_that_is_not_json_is_refused(package, text):
    (package.folder / "configs" / "synthtrust.json").write_bytes(text)
    assert "not readable JSON" in refusal(package.folder).what


def test_a_wrong_card_is_refused_with_its_package(package):
    change_card(package.folder, lambda card: card["training_mix"].update(real_fraction=0.3))
    assert "training_mix.real_fraction is 0.3" in refusal(package.folder).what


def test_a_folder_that_is_no_package_says_so(tmp_path):
    assert "not a segmenter package" in refusal(tmp_path).what


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes in folders are a thing of POSIX")
@pytest.mark.parametrize("file", ["docs/README.md", "configs/metadata.json", "models/model.onnx", "docs/more.txt"])
def test_a_pipe_in_a_package_is_refused_and_not_waited_for(package, file):
    path = package.folder / file
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with pytest.raises(SegmenterError, match="is not a file, but a pipe"):
        load_package(package.folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes in folders are a thing of POSIX")
def test_a_card_that_is_a_pipe_makes_no_package_and_is_not_waited_for(package):
    (package.folder / CARD_FILE).unlink()
    os.mkfifo(package.folder / CARD_FILE)
    with pytest.raises(SegmenterError, match="is missing"):
        load_package(package.folder)
    assert [damaged.error.source for damaged in find_packages([package.folder]).damaged] == [package.folder.name]
