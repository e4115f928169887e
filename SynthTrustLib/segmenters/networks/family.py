"""The architecture of our own family, for training and for the torch engine. The only networks a package may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SynthTrustLib.errors import SegmenterError

if TYPE_CHECKING:
    from torch import nn

BINOMIAL = "binomial"
"""A smoothing of the logits, see `FAMILY_NETWORK`."""

FAMILY_NETWORK: Mapping[str, Any] = {
    "name": "UnshuffledDynUNet",
    "in_channels": 12,
    "out_channels": 3,
    "filters": [32, 48, 64, 96, 128],
    "smoothing": 3,
}
"""MONAI's DynUNet behind a space-to-depth stem; 2D, instance norm, no residual blocks. The logits are smoothed, since
the four that depth-to-space deals out side by side do not agree by themselves: "binomial" is 1/4 1/2 1/4 along either
axis, which leaves nothing of a pattern that alternates from pixel to pixel; a whole number is the side of a mean."""


def build_network(record: Mapping[str, Any]) -> nn.Module:
    """The network that a card's ``preprocessing["network"]`` names, with fresh weights; it returns logits.

    Input (batch, in_channels, H, W) with H and W multiples of 32, output (batch, out_channels, H, W). Raises
    SegmenterError if the record names a network that is not on the list.
    """
    if record.get("name") != FAMILY_NETWORK["name"]:
        raise SegmenterError(
            f"the network {record.get('name')!r} is not one that SynthTrust can build",
            source="segmenter",
            next_step="Run it with a CPU engine, which reads the ONNX file itself.",
        )
    from monai.networks.nets import DynUNet
    from torch import nn

    filters = [int(n) for n in record["filters"]]
    levels = len(filters)
    body = DynUNet(
        spatial_dims=2,
        in_channels=4 * int(record["in_channels"]),
        out_channels=4 * int(record["out_channels"]),
        kernel_size=[3] * levels,
        strides=[1] + [2] * (levels - 1),
        upsample_kernel_size=[2] * (levels - 1),
        filters=filters,
    )
    return nn.Sequential(nn.PixelUnshuffle(2), body, nn.PixelShuffle(2), _smoothing(record.get("smoothing", 1)))


def _smoothing(setting: Any) -> nn.Module:
    from torch import nn

    if setting == BINOMIAL:  # two means of two: the first makes a row and a column more, the second takes them back
        first = nn.AvgPool2d(2, stride=1, padding=1, count_include_pad=False)
        return nn.Sequential(first, nn.AvgPool2d(2, stride=1))
    width = int(setting)
    return nn.AvgPool2d(width, stride=1, padding=width // 2, count_include_pad=False)
