"""A trained network as ONNX with float16 initializers: one file that every engine reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from SynthTrustLib.segmenters.network import FAMILY_NETWORK, build_network

if TYPE_CHECKING:
    import torch


def export_onnx(weights: Mapping[str, torch.Tensor]) -> bytes:
    """The network with `weights` and a sigmoid behind it, as an ONNX file's bytes.

    Input "slices" (batch, 12, H, W), output "probabilities" (batch, 3, H, W), both float32, batch and size free.
    Weights are stored as float16 and cast to float32 when the file is loaded, so that the arithmetic stays in float32.
    """
    import io

    import numpy as np
    import onnx
    import torch
    from onnx import TensorProto, helper, numpy_helper

    network = build_network(FAMILY_NETWORK)
    network.load_state_dict(weights)
    network = torch.nn.Sequential(network, torch.nn.Sigmoid()).eval()
    buffer = io.BytesIO()
    torch.onnx.export(
        network,
        (torch.zeros(1, FAMILY_NETWORK["in_channels"], 64, 64),),
        buffer,
        input_names=["slices"],
        output_names=["probabilities"],
        dynamic_axes={name: {0: "batch", 2: "rows", 3: "columns"} for name in ("slices", "probabilities")},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load_from_string(buffer.getvalue())
    kept, casts = [], []
    for initializer in model.graph.initializer:
        array = numpy_helper.to_array(initializer)
        if initializer.data_type != TensorProto.FLOAT:
            kept.append(initializer)
            continue
        half = numpy_helper.from_array(array.astype(np.float16), initializer.name + "_fp16")
        kept.append(half)
        casts.append(helper.make_node("Cast", [half.name], [initializer.name], to=TensorProto.FLOAT))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = casts + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
