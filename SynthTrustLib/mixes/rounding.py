"""What storing the weights in 8 bits does to the outlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.mixes.dataset import Sample, slab
from SynthTrustLib.mixes.export import export_onnx
from SynthTrustLib.segmenters.engines.torch import fill
from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK, build_network
from SynthTrustLib.segmenters.package.onnx_file import read_onnx
from SynthTrustLib.trust.measures.overlap import mask_dice
from SynthTrustLib.vocabulary import Region

if TYPE_CHECKING:
    import torch
    from torch import nn

EVERY = 4
"""One slice in this many is looked at: the change is far smaller than what the others could add."""


def rounding_change(
    weights: Mapping[str, torch.Tensor], samples: Sequence[Sample], record: Mapping[str, Any] = FAMILY_NETWORK
) -> dict[str, Any]:
    """Change in Dice when float32 `weights` are stored in a file (see `export_onnx`), over `samples` with truth.

    `record` names the network (see `build_network`).

    Returns ``cases``, ``every`` (one slice in so many was used) and ``dice_change``: region -> mean and largest
    absolute change of a case's Dice, both networks computing in float32.
    """
    exact, stored = build_network(record), build_network(record)
    exact.load_state_dict(weights)
    fill(stored, read_onnx(export_onnx(weights, record)).weights)
    changes: dict[str, list[float]] = {}
    for sample in samples:
        slices = range(0, len(sample.label), EVERY)
        found = [_outlines(network.eval(), sample, slices) for network in (exact, stored)]
        for bit, region in enumerate(Region):
            if sample.known[bit]:
                truth = (sample.label[slices] >> bit & 1).astype(bool)
                before, after = (mask_dice(outline[:, bit], truth) for outline in found)
                changes.setdefault(str(region), []).append(after - before)
    summary = {
        region: {"mean": float(np.mean(values)), "largest": float(np.max(np.abs(values)))}
        for region, values in changes.items()
    }
    return {"cases": len(samples), "every": EVERY, "dice_change": summary}


def _outlines(network: nn.Module, sample: Sample, slices: range) -> npt.NDArray[np.bool_]:
    """Outlines at 0.5 of some slices, (slice, region, H, W)."""
    import torch

    with torch.inference_mode():
        logits = [network(torch.from_numpy(slab(sample.image, k, sample.step)[None])) for k in slices]
    return np.concatenate([values.numpy() for values in logits]) > 0
