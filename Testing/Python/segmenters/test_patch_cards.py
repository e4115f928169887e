"""What a card may say of a network that sees patches, and of its size."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import builders
import pytest
from segmenters import onnx_models, patch_models

from SynthTrustLib.codec import to_text
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.adapters.patches.settings import (
    MONAI,
    AnswerSettings,
    ImageSettings,
    Normalization,
    Windows,
)
from SynthTrustLib.segmenters.package.card import Limits, TrainingMix
from SynthTrustLib.segmenters.package.folder import CARD_FILE, load_package, read_model
from SynthTrustLib.segmenters.package.registry import find_packages
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.vocabulary import Region


def made(tmp_path, **changes):
    adapter = replace(patch_models.settings(), **changes)
    return patch_models.package(tmp_path, adapter, patch_models.reader())


def test_every_setting_is_read_back_as_it_was_written(tmp_path):
    norm = Normalization("percentile", "head", 1, 99, (-1, 1), True)
    adapter = patch_models.settings(
        image=ImageSettings(MONAI, "RAS", (1.0, None, 2.5), "positive", norm),
        channels=((), (Region.WT,), (Region.TC, Region.WT), (Region.ET, Region.TC, Region.WT)),
        activation="softmax",
        activated="before",
        labels="sum",
    )
    adapter = replace(adapter, windows=Windows((8, 8, 8), 0.25, "constant", (0, 2)), network={"name": "UNet"})
    package = patch_models.package(tmp_path, adapter, patch_models.linear([[0] * 4] * 4, [0] * 4))
    assert load_package(package.folder).card.adapter == adapter


def test_a_package_of_today_says_nothing_of_adapters_and_keeps_its_identity(tmp_path):
    package = onnx_models.package(tmp_path)
    before = json.loads((package.folder / CARD_FILE).read_text("utf-8"))
    for field in ("adapter", "limits"):
        before.pop(field, None)
    (package.folder / CARD_FILE).write_text(json.dumps(before), "utf-8")
    again = load_package(package.folder).card
    assert again.adapter is None and again.limits == Limits()
    assert again.settings_hash == package.card.settings_hash


def test_what_a_network_sees_changes_the_identity_of_its_outlines(tmp_path):
    card = made(tmp_path).card
    other = replace(card, adapter=replace(card.adapter, windows=Windows((8, 8, 8), mirrored_axes=(0,))))
    assert other.settings_hash != card.settings_hash


REFUSED = {
    "axes that are none": ({"image": ImageSettings(axes="SPS")}, "image.axes"),
    "an axis that windows lack": ({"windows": Windows((8, 8), mirrored_axes=(2,))}, "mirrored_axes"),
    "four sizes": ({"windows": Windows((8, 8, 8, 8))}, "windows.size"),
    "a whole overlap": ({"windows": Windows((8, 8, 8), 1.0)}, "windows.overlap"),
    "a sigmoid of labels": (
        {"answer": AnswerSettings(patch_models.REGIONS, "sigmoid", labels="sum")},
        "answer.labels",
    ),
    "a softmax without labels": (
        {"answer": AnswerSettings(((), *patch_models.REGIONS), "softmax", labels="none")},
        "answer.labels",
    ),
    "labels without a background": ({"answer": AnswerSettings(patch_models.REGIONS)}, "answer.channels"),
    "channels of no region": ({"answer": AnswerSettings(((), (), ()), "none", labels="none")}, "channels"),
    "other regions than the card's": (
        {"answer": AnswerSettings(((Region.WT,), (Region.WT,), (Region.TC,)), "none", labels="none")},
        "answer.channels",
    ),
    "percentiles the wrong way round": (
        {"image": ImageSettings(normalization=Normalization("percentile", low=90, high=10))},
        "normalization.low",
    ),
    "a word for a number": ({"windows": Windows("abc")}, "windows.size"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_card_that_contradicts_itself_is_refused_by_the_field(tmp_path, name):
    changes, field = REFUSED[name]
    package = made(tmp_path)
    card = replace(package.card, adapter=replace(package.card.adapter, **changes))
    (package.folder / CARD_FILE).write_text(to_text(card), "utf-8")
    with pytest.raises(SegmenterError) as caught:
        load_package(package.folder)
    assert field in str(caught.value)


def test_a_model_that_does_not_fit_its_card_is_refused(tmp_path):
    adapter = patch_models.settings()
    for model, said in (
        (patch_models.linear([[0] * 3] * 3, [0] * 3), "3 channels in its input, not 4"),
        (patch_models.linear([[0] * 4] * 2, [0] * 2), "2 channels in its output, not 3"),
        (patch_models.reader((8, 8, 4)), "8 x 8 x 4 voxels, not of 8 x 8 x 8"),
        (patch_models.reader((8, 8)), "one 5D float32 tensor"),
    ):
        with pytest.raises(SegmenterError, match=said):
            patch_models.package(tmp_path, adapter, model)


def test_a_model_larger_than_its_card_states_is_not_even_read(tmp_path):
    package = made(tmp_path)
    data = read_model(package)
    large = data + b"\0" * 5_000_000
    package.model_path.write_bytes(large)
    hashes = {**package.card.hashes, "models/model.onnx": hashlib.sha256(large).hexdigest()}
    (package.folder / CARD_FILE).write_text(to_text(replace(package.card, hashes=hashes)), "utf-8")
    with pytest.raises(SegmenterError, match="larger than the 4 MB that its card states"):
        load_package(package.folder)
    card = replace(package.card, hashes=hashes, limits=Limits(model_mb=5.2))
    (package.folder / CARD_FILE).write_text(to_text(card), "utf-8")
    with pytest.raises(SegmenterError, match="cannot be used"):  # read now, and trailing zeros are no ONNX
        load_package(package.folder)


def test_a_network_that_needs_more_memory_than_there_is_does_not_run(tmp_path):
    pytest.importorskip("onnxruntime")
    package = made(tmp_path)
    huge = replace(package, card=replace(package.card, limits=Limits(memory_mb=1e9)))
    with pytest.raises(SegmenterError, match="memory"):
        run_segmenters(builders.case((12, 20, 16)), [huge], engine="onnxruntime")


def test_a_segmenter_whose_mix_is_not_known_comes_last(tmp_path, monkeypatch):
    unknown = replace(builders.card("unknown-mix"), training_mix=TrainingMix(0, 0))
    onnx_models.package(tmp_path, "unknown-mix", training_mix=unknown.training_mix)
    onnx_models.package(tmp_path, "zynthetic", training_mix=TrainingMix(0, 5, generator="g"))
    found = [package.card.id for package in find_packages([tmp_path])]
    assert found[-1] == "unknown-mix" and "zynthetic" in found
    text = (tmp_path / "unknown-mix" / "docs" / "README.md").read_text("utf-8")
    assert "Not known." in text and "nan" not in text
