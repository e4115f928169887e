"""A trained network as ONNX with weights of 8 bits: one file that every engine reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK, build_network

if TYPE_CHECKING:
    import torch


def export_onnx(weights: Mapping[str, torch.Tensor], record: Mapping[str, Any] = FAMILY_NETWORK) -> bytes:
    """The network that `record` names, with `weights` and a sigmoid behind it, as an ONNX file's bytes.

    Input "slices" (batch, 12, H, W), output "probabilities" (batch, 3, H, W), both float32, batch and size free.
    A convolution's weights are stored in 255 levels an output channel, everything else as float16; both are float32
    again when the file is loaded, and so is the arithmetic.
    """
    import io

    import onnx
    import torch
    from onnx import TensorProto, helper, numpy_helper

    network = build_network(record)
    network.load_state_dict(weights)
    network = torch.nn.Sequential(network, torch.nn.Sigmoid()).eval()
    buffer = io.BytesIO()
    torch.onnx.export(
        network,
        (torch.zeros(1, record["in_channels"], 64, 64),),
        buffer,
        input_names=["slices"],
        output_names=["probabilities"],
        dynamic_axes={name: {0: "batch", 2: "rows", 3: "columns"} for name in ("slices", "probabilities")},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load_from_string(buffer.getvalue())
    transposed = {node.input[1] for node in model.graph.node if node.op_type == "ConvTranspose"}
    kept, restored = [], []
    for initializer in model.graph.initializer:
        array = numpy_helper.to_array(initializer)
        if initializer.data_type != TensorProto.FLOAT:
            kept.append(initializer)
            continue
        name = initializer.name
        if array.ndim < 2:
            half = numpy_helper.from_array(array.astype(np.float16), name + "_fp16")
            kept.append(half)
            restored.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
            continue
        axis = 1 if name in transposed else 0  # of the output channels
        levels, scale = _levels(array, axis)
        parts = [numpy_helper.from_array(levels, name + "_int8"), numpy_helper.from_array(scale, name + "_scale")]
        kept.extend(parts)
        inputs = [part.name for part in parts]
        restored.append(helper.make_node("DequantizeLinear", inputs, [name], axis=axis))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = restored + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _levels(weights: npt.NDArray[np.float32], axis: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """`weights` as levels of -127 to 127, and the size of a level for each channel of `axis`."""
    others = tuple(n for n in range(weights.ndim) if n != axis)
    scale = np.maximum(np.abs(weights).max(axis=others, keepdims=True) / 127, np.finfo(np.float32).tiny)
    return np.round(weights / scale).astype(np.int8), scale.ravel().astype(np.float32)
