"""What a card says of a network that sees patches: all that its answers depend on besides its weights.

Where two frameworks do one step differently, the card names whose way it is (`ImageSettings.convention`), and the
adapter does that step as the framework does, to the voxel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from SynthTrustLib.codec import FieldError, Pattern, Range, Size, Unique
from SynthTrustLib.segmenters.adapters.axes import STORED, are_axes
from SynthTrustLib.task.task import Id

NNUNET: Literal["nnU-Net"] = "nnU-Net"
"""Crop, normalize, resample (cubic; slices far apart one by one); windows evenly spread; the field of view is kept."""

MONAI: Literal["MONAI"] = "MONAI"
"""Resample (linear), crop, normalize; windows at fixed steps; the first voxel's centre is kept."""


Millimetres = Annotated[float, Range(above=0, high=50)]
Percent = Annotated[float, Range(0, 100)]


@dataclass(frozen=True)
class Normalization:
    """How intensities are brought to a common scale, contrast by contrast."""

    kind: Literal["z-score", "percentile", "none"] = "z-score"
    """``"z-score"``: mean 0 and standard deviation 1. ``"percentile"``: the percentiles `low` and `high` become the two
    values of `onto`. ``"none"``: as they are."""
    voxels: Literal["all", "nonzero", "head"] = "all"
    """Which voxels are measured and changed; the others become 0, or stay 0. ``"all"``; ``"nonzero"``: those of the
    contrast that are not 0; ``"head"``: those that are not 0 in any contrast, holes filled."""
    low: Percent = 0.0
    high: Percent = 100.0
    onto: tuple[float, float] = (0.0, 1.0)
    clip: bool = False
    """Values outside `onto` are cut off ("percentile" only)."""

    def check_fields(self) -> None:
        if self.low >= self.high:
            raise FieldError("must be less than high", "low")


@dataclass(frozen=True)
class ImageSettings:
    """What is done with the images before the network sees them."""

    convention: Literal["nnU-Net", "MONAI"] = NNUNET
    axes: Annotated[str, Pattern("^[kji]{3}$|^[RLAPSI]{3}$", "three axes, such as SPL or kji")] = STORED
    """Where the axes of the network's input run, see `axes.turn_to`."""
    spacing_mm: tuple[Millimetres | None, Millimetres | None, Millimetres | None] | None = None
    """Voxel size along those axes that images are resampled to; None leaves an axis, or all of them, alone."""
    crop: Literal["none", "nonzero", "positive"] = "none"
    """To the box around what is not 0 (``"nonzero"``) or above 0 (``"positive"``) in any contrast, or ``"none"``."""
    normalization: Normalization = field(default_factory=Normalization)

    def check_fields(self) -> None:
        if not are_axes(self.axes):
            raise FieldError(f"is {self.axes}, which names an axis twice", "axes")


@dataclass(frozen=True)
class Windows:
    """What the network sees at a time, and how its answers are put together."""

    size: Annotated[tuple[Annotated[int, Range(1, 1024)], ...], Size(2)]
    """Voxels along the axes; with two of them the network sees slices across the first axis, each by itself."""
    overlap: Annotated[float, Range(0, below=1)] = 0.5
    """Part of a window that the next one shares, 0 to less than 1."""
    weights: Literal["gaussian", "constant"] = "gaussian"
    """``"gaussian"``: a window's middle counts more than its rim (standard deviation 1/8 of its size). ``"constant"``:
    all of it counts the same."""
    mirrored_axes: Annotated[tuple[Annotated[int, Range(0, 2)], ...], Unique()] = ()
    """The network is also shown every window mirrored along these axes of its input, in all combinations, and the
    answers are averaged."""

    def check_fields(self) -> None:
        if len(self.size) > 3:
            raise FieldError("has more than three sizes", "size")
        if any(axis >= len(self.size) for axis in self.mirrored_axes):
            raise FieldError("names an axis that its windows do not have", "mirrored_axes")


@dataclass(frozen=True)
class AnswerSettings:
    """What the network's output channels mean."""

    channels: Annotated[tuple[Annotated[tuple[Id, ...], Unique()], ...], Size(1)]
    """Of each output channel, the regions that it belongs to; none for the background."""
    activation: Literal["softmax", "sigmoid", "none"] = "softmax"
    """What makes probabilities of the output: ``"softmax"`` over all channels, ``"sigmoid"`` of each, ``"none"`` where
    they are probabilities already."""
    activated: Literal["before", "after"] = "after"
    """``"before"`` or ``"after"`` the answer is brought back onto the case's grid."""
    labels: Literal["highest", "sum", "none"] = "highest"
    """Where the channels are labels of which one is true, how a region's probability comes from theirs: ``"highest"``,
    its most probable label against the most probable of the others, so that it is outlined exactly where the label map
    has one of its labels; ``"sum"``, their sum. ``"none"`` where each channel is a region of its own."""

    def check_fields(self) -> None:
        if not self.regions:
            raise FieldError("belong to no region", "channels")
        if self.activation == "softmax" and self.labels == "none":
            raise FieldError("must say how labels become regions, as softmax makes one label true", "labels")
        if self.activation == "sigmoid" and self.labels != "none":
            raise FieldError("must be none where each channel has a sigmoid of its own", "labels")
        if self.labels != "none" and all(self.channels):
            raise FieldError("must have one that is no region, the background's", "channels")

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that any channel belongs to."""
        return tuple(dict.fromkeys(region for channel in self.channels for region in channel))


@dataclass(frozen=True)
class PatchSettings:
    """A network that sees patches: its images, its windows, its answer, and how PyTorch may build it."""

    image: ImageSettings
    windows: Windows
    answer: AnswerSettings
    network: Mapping[str, Any] = field(default_factory=dict)
    """``name`` and ``arguments`` of an architecture in `SynthTrustLib.segmenters.networks.public`, for the torch
    engine; empty where it is not known. The other engines read the ONNX file itself."""

    def check_fields(self) -> None:
        moved = self.image.convention == MONAI and self.image.crop != "none"
        if moved and self.answer.activated == "after":
            raise FieldError("must be before, as what is cropped away would not be 0 after it", "answer", "activated")
