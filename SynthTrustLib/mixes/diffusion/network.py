"""The generator's network: MONAI's diffusion U-Net behind a space-to-depth stem, told the map of the slice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

import numpy as np
import numpy.typing as npt

from SynthTrustLib.codec import FieldError, Range
from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.diffusion.source import Look, Part
from SynthTrustLib.vocabulary import Contrast

if TYPE_CHECKING:
    from torch import nn

IMAGES = len(Contrast)
CONDITIONS = IMAGES + 3 * len(Part) + 2
"""Channels of `condition`."""

MULTIPLE = 8
"""Rows and columns must be multiples of this."""

LEVELS = 3
"""Levels of the network at most: each halves rows and columns."""


class GeneratorNetwork(TypedDict):
    """What `build_generator` makes a network of."""

    name: Literal["UnshuffledDiffusionUNet"]
    channels: list[Annotated[int, Range(1)]]
    groups: Annotated[int, Range(1)]
    blocks: Annotated[int, Range(1)]


NETWORK: GeneratorNetwork = {"name": "UnshuffledDiffusionUNet", "channels": [32, 64, 128], "groups": 8, "blocks": 1}

_MIDDLE, _SCALE = 0.75, 0.5


def to_signal(image: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Intensities (0..2, head median 0.75) as the diffusion sees them: about zero mean and unit deviation."""
    return np.asarray((image.astype(np.float32) - _MIDDLE) / _SCALE, np.float32)


def from_signal(signal: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Back to intensities, clipped to 0..2."""
    return np.clip(signal * _SCALE + _MIDDLE, 0, 2)


def condition(parts: npt.NDArray[np.uint8], look: Look, k: int, step: int) -> npt.NDArray[np.float32]:
    """What the network is told about slice `k`, shape (CONDITIONS, H, W).

    The class means painted onto the map (a first guess of the image), the parts of the previous, this and the next
    slice as one-hot maps, how high the slice lies (0..1), and how thick the slices are (1 / step).
    """
    last = len(parts) - 1
    out = np.zeros((CONDITIONS, *parts.shape[1:]), np.float32)
    out[:IMAGES] = np.nan_to_num(look)[:, parts[k]]
    for n, neighbour in enumerate(np.clip([k - step, k, k + step], 0, last)):
        for part in Part:
            out[IMAGES + n * len(Part) + part] = parts[neighbour] == part
    out[-2] = k / max(1, last)
    out[-1] = 1 / step
    return out


def check_channels(network: GeneratorNetwork) -> None:
    """Refuse a network that cannot be built, with a FieldError."""
    channels, groups = network["channels"], network["groups"]
    if not 0 < len(channels) <= LEVELS or any(count % groups for count in channels):
        raise FieldError(f"is {channels}, but must be 1 to {LEVELS} multiples of the groups, {groups}", "channels")


def build_generator(record: Mapping[str, Any]) -> nn.Module:
    """The network that a generator's record names, with fresh weights.

    Called with the noisy signal (batch, 4, H, W), the conditions (batch, CONDITIONS, H, W) and the timesteps (batch,),
    it returns the clean signal (batch, 4, H, W). Raises InputError if the record names a network that is not on the
    list.
    """
    if record.get("name") != NETWORK["name"]:
        raise InputError(
            f"the network {record.get('name')!r} is not one that SynthTrust can build",
            source="generator",
            next_step="Use a generator that was trained by synthtrust mixes generator.",
        )
    import torch
    from monai.networks.nets import DiffusionModelUNet
    from torch import nn

    channels = [int(n) for n in record["channels"]]

    class UnshuffledDiffusionUNet(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.fold, self.unfold = nn.PixelUnshuffle(2), nn.PixelShuffle(2)
            self.body = DiffusionModelUNet(
                spatial_dims=2,
                in_channels=4 * (IMAGES + CONDITIONS),
                out_channels=4 * IMAGES,
                channels=channels,
                attention_levels=[False] * len(channels),
                num_res_blocks=int(record["blocks"]),
                num_head_channels=channels,  # the middle block attends with one head
                norm_num_groups=int(record["groups"]),
            )

        def forward(self, noisy: torch.Tensor, told: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
            return self.unfold(self.body(self.fold(torch.cat([noisy, told], dim=1)), times))

    return UnshuffledDiffusionUNet()
