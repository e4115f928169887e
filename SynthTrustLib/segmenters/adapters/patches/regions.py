"""From a network's output channels to probabilities of regions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from SynthTrustLib.segmenters.adapters.patches.settings import AnswerSettings

Volume = npt.NDArray[np.float32]


def activated(output: Volume, activation: str) -> Volume:
    """Probabilities of the channels (channel, ...), in place where that is possible."""
    if activation == "softmax":
        output = output - output.max(axis=0)
        np.exp(output, out=output)
        output /= output.sum(axis=0)
    elif activation == "sigmoid":
        np.clip(output, -80, 80, out=output)  # beyond, float32 overflows, and nothing changes
        output = np.float32(1) / (np.float32(1) + np.exp(-output))
    return output


def regions_of(probabilities: Volume, settings: AnswerSettings) -> Mapping[str, Volume]:
    """Probabilities 0..1 of each region that the channels (channel, ...) tell."""
    found = {}
    for region in settings.regions:
        inside = [n for n, channel in enumerate(settings.channels) if region in channel]
        if settings.labels == "none":
            found[region] = np.clip(probabilities[inside].max(axis=0), 0, 1)
            continue
        if settings.labels == "sum":
            found[region] = np.clip(probabilities[inside].sum(axis=0), 0, 1)
            continue
        outside = [n for n in range(len(settings.channels)) if n not in inside]
        best, other = probabilities[inside].max(axis=0), probabilities[outside].max(axis=0)
        found[region] = best / np.maximum(best + other, np.finfo(np.float32).tiny)
    return found
