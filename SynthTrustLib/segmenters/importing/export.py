"""A PyTorch network as ONNX, and proof that both give the same answers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.adapters.patches.regions import activated
from SynthTrustLib.segmenters.importing.needed import needed

MOST_DIFFERENCE = 5e-3
"""Of a probability, between PyTorch and the exported network in float32; more means that the export went wrong.

ONNX Runtime adds up a window's voxels in float32 where it normalizes: in 96 x 96 x 96 voxels MONAI's SegResNet differs
by 2e-6, in the 240 x 240 x 160 of its BraTS bundle by 2e-3."""

_OPSET = 17


@dataclass(frozen=True)
class Verified:
    """How far an exported network's answers were from those of the network it was made of."""

    largest_difference: float  # of a probability, on one volume of random numbers
    by: str  # what ran both


def export(network: Any, channels: int, size: Sequence[int]) -> bytes:
    """The ONNX file of a network: input ``image`` (n, channel, *size), output ``output``, float32 both.

    n is left open for networks of slices, and 1 for others. Weights keep the names that they have in PyTorch. Raises
    SegmenterError if ONNX has no words for it.
    """
    torch = needed("torch")
    needed("onnx")
    buffer = io.BytesIO()
    network = network.eval()
    try:
        with torch.no_grad():
            torch.onnx.export(
                network,
                (torch.zeros(1, channels, *size),),
                buffer,
                input_names=["image"],
                output_names=["output"],
                dynamic_axes={name: {0: "n"} for name in ("image", "output")} if len(size) == 2 else None,
                opset_version=_OPSET,
                # Folding and fusing would lose the names that the torch engine finds the weights by.
                training=torch.onnx.TrainingMode.PRESERVE,
                do_constant_folding=False,
                dynamo=False,
            )
    except Exception as error:  # whatever the exporter meets
        raise SegmenterError(
            f"the network cannot be exported to ONNX ({str(error).strip().splitlines()[0][:160]})",
            source="segmenters import",
            next_step="Export it to ONNX where it was trained, and import the ONNX file.",
        ) from error
    return buffer.getvalue()


def verify(network: Any, onnx_bytes: bytes, channels: int, size: Sequence[int], activation: str) -> Verified:
    """Compare both networks' probabilities on a volume of standard normal noise, the same every time.

    Raises SegmenterError if they differ by more than `MOST_DIFFERENCE`.
    """
    torch, runtime = needed("torch"), needed("onnxruntime")
    noise = np.random.default_rng(0).standard_normal((1, channels, *size)).astype(np.float32)
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(noise)).numpy()
    session = runtime.InferenceSession(onnx_bytes, providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: noise})[0]
    pair: list[npt.NDArray[np.float32]] = [activated(np.array(answer[0]), activation) for answer in (expected, found)]
    difference = float(np.abs(pair[0] - pair[1]).max())
    by = f"PyTorch {torch.__version__} and ONNX Runtime {runtime.__version__}, float32"
    if not difference <= MOST_DIFFERENCE:
        raise SegmenterError(
            f"the exported network's probabilities differ from PyTorch's by {difference:.2g}",
            source="segmenters import",
            next_step="Export it to ONNX where it was trained, and import the ONNX file.",
        )
    return Verified(difference, by)
