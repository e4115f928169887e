"""Tiny ONNX models with known answers, and packages around them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage, write_package
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

CENTRE_CHANNELS = (1, 4, 7, 10)  # "this slice" of T1, T1c, T2, FLAIR


def pixelwise(weight: np.ndarray, bias: np.ndarray, dtype=np.float16) -> bytes:
    """probabilities = sigmoid(weight @ channels + bias), weight (3, 12), stored as `dtype`, computed in float32."""
    initializers = [
        numpy_helper.from_array(np.asarray(weight, dtype).reshape(len(weight), -1, 1, 1), "weight"),
        numpy_helper.from_array(np.asarray(bias, dtype), "bias"),
    ]
    nodes = [
        helper.make_node("Cast", ["weight"], ["weight32"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["bias"], ["bias32"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["slices", "weight32", "bias32"], ["logits"], kernel_shape=[1, 1]),
        helper.make_node("Sigmoid", ["logits"], ["probabilities"]),
    ]
    channels = np.asarray(weight).reshape(len(weight), -1).shape[1]
    return model(nodes, initializers, channels, len(weight))


def model(nodes, initializers, channels=12, regions=3, check=True) -> bytes:
    """A model around `nodes`; without `check` it may hold operators that ONNX does not have."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("slices", TensorProto.FLOAT, ["batch", channels, "height", "width"])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", regions, "height", "width"])],
        initializers,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if check:
        onnx.checker.check_model(made)
    return made.SerializeToString()


def constant(probabilities=(0.5, 0.25, 0.125)) -> bytes:
    """The same probabilities everywhere, whatever the image."""
    p = np.asarray(probabilities, np.float64)
    return pixelwise(np.zeros((len(p), 12)), np.log(p / (1 - p)), np.float32)


def package(
    folder: Path, identifier: str = "real", onnx_bytes: bytes | None = None, task: Task = GLIOMA, **changes
) -> SegmenterPackage:
    """A package in ``folder/identifier`` made from `builders.card`, `changes` being the card's."""
    card: SegmenterCard = replace(builders.card(identifier), task=task.id, **changes)
    return write_package(folder / identifier, card, onnx_bytes or constant(), licence_text="For tests.", task=task)
