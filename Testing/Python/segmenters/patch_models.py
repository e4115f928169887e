"""Tiny networks that see patches, with known answers, and packages around them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from SynthTrustLib.segmenters.adapters.patches.settings import (
    AnswerSettings,
    ImageSettings,
    Normalization,
    PatchSettings,
    Windows,
)
from SynthTrustLib.segmenters.package.card import Limits
from SynthTrustLib.segmenters.package.folder import SegmenterPackage, write_package
from SynthTrustLib.vocabulary import Region

REGIONS = tuple((region,) for region in Region)
"""One output channel a region."""


def linear(weight, bias, size=(8, 8, 8), shift=0) -> bytes:
    """output = weight @ channels + bias at each voxel, `shift` voxels further along the first axis of the window."""
    weight = np.asarray(weight, np.float32)
    dimensions = len(size)
    kernel = np.zeros((*weight.shape, *[2 * abs(shift) + 1] * dimensions), np.float32)
    middle = [abs(shift)] * dimensions
    middle[0] += shift
    kernel[(slice(None), slice(None), *middle)] = weight
    values = [numpy_helper.from_array(kernel, "weight"), numpy_helper.from_array(np.asarray(bias, np.float32), "bias")]
    node = helper.make_node("Conv", ["image", "weight", "bias"], ["output"], pads=[abs(shift)] * 2 * dimensions)
    tensors = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, *size])
        for name, channels in (("image", weight.shape[1]), ("output", weight.shape[0]))
    ]
    graph = helper.make_graph([node], "test", tensors[:1], tensors[1:], values)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    return made.SerializeToString()


def reader(size=(8, 8, 8), contrast=3, shift=0) -> bytes:
    """Each region's channel is the value of one contrast (FLAIR)."""
    weight = np.zeros((3, 4))
    weight[:, contrast] = 1
    return linear(weight, np.zeros(3), size, shift)


def settings(size=(8, 8, 8), image=None, **answer) -> PatchSettings:
    """As it is, in windows of `size`, each channel a probability: changes are made with the arguments."""
    image = image or ImageSettings(normalization=Normalization("none"))
    fields = {"channels": REGIONS, "activation": "none", "labels": "none", **answer}
    return PatchSettings(image, Windows(size), AnswerSettings(**fields))


def package(folder: Path, adapter: PatchSettings, model: bytes, identifier="patches", **changes) -> SegmenterPackage:
    """A package in ``folder/identifier``."""
    card = replace(
        builders.card(identifier),
        adapter=adapter,
        regions=adapter.answer.regions,
        thresholds=dict.fromkeys(adapter.answer.regions, 0.5),
        limits=Limits(),
        **changes,
    )
    return write_package(folder / identifier, card, model, licence_text="For tests.")
