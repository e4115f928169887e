"""Architectures of nnU-Net and MONAI that PyTorch may build: for importing them, and for the torch engine.

A record names a class from the lists below and its arguments as JSON. Nothing else is ever imported or called.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from SynthTrustLib.errors import SegmenterError

if TYPE_CHECKING:
    from torch import nn

NNUNET_PACKAGE = "dynamic_network_architectures"
_NNUNET_MODULE = f"{NNUNET_PACKAGE}.architectures.unet"
NNUNET_CLASSES = dict.fromkeys(("PlainConvUNet", "ResidualEncoderUNet", "ResidualUNet"), _NNUNET_MODULE)
"""Class -> module of the networks that nnU-Net v2 plans by itself."""

MONAI_CLASSES = dict.fromkeys(
    ("AttentionUnet", "BasicUNet", "DynUNet", "SegResNet", "SwinUNETR", "UNETR", "UNet", "VNet"), "monai.networks.nets"
)
"""Class -> module of the MONAI networks that answer with one volume as large as their input."""

NNUNET_WORDS = {
    "torch.nn.modules.conv.Conv2d",
    "torch.nn.modules.conv.Conv3d",
    "torch.nn.modules.instancenorm.InstanceNorm2d",
    "torch.nn.modules.instancenorm.InstanceNorm3d",
    "torch.nn.modules.batchnorm.BatchNorm2d",
    "torch.nn.modules.batchnorm.BatchNorm3d",
    "torch.nn.modules.dropout.Dropout2d",
    "torch.nn.modules.dropout.Dropout3d",
    "torch.nn.LeakyReLU",
    "torch.nn.ReLU",
    "torch.nn.modules.activation.LeakyReLU",
    "torch.nn.modules.activation.ReLU",
}
"""Classes that an nnU-Net plan may name among a network's arguments."""

_TYPED = ("conv_op", "norm_op", "dropout_op", "nonlin")
"""Arguments of nnU-Net's networks that are classes."""


def is_public(record: Mapping[str, Any]) -> bool:
    """Whether a record names a network of these lists."""
    return record.get("name") in NNUNET_CLASSES or record.get("name") in MONAI_CLASSES


def build_public(record: Mapping[str, Any]) -> nn.Module:
    """The network that a record names, with fresh weights; it answers with one tensor, not yet activated.

    `record`: ``name``, ``arguments`` (keyword -> JSON) and, where several networks' answers are averaged, ``members``.
    Raises SegmenterError if the record names something else, or arguments that the class does not take. Raises
    ImportError if the framework is not installed.
    """
    from torch import nn

    members = [_build_one(record) for _ in range(int(record.get("members", 1)))]

    class Mean(nn.Module):  # type: ignore[misc]
        """The mean of several networks' answers; of one, its answer."""

        def __init__(self) -> None:
            super().__init__()
            self.members = nn.ModuleList(members)

        def forward(self, image: Any) -> Any:
            total = self.members[0](image)
            for member in self.members[1:]:
                total = total + member(image)
            return total / len(self.members) if len(self.members) > 1 else total

    return Mean()


def _build_one(record: Mapping[str, Any]) -> nn.Module:
    name, arguments = record.get("name"), dict(record.get("arguments", {}))
    module = NNUNET_CLASSES.get(str(name)) or MONAI_CLASSES.get(str(name))
    if module is None:
        raise _refused(f"the network {name!r} is not one that SynthTrust can build")
    if name in NNUNET_CLASSES:
        for key in _TYPED:
            if arguments.get(key) is not None:
                arguments[key] = _class(arguments[key])
    network = getattr(import_module(module), str(name))
    try:
        return network(**arguments)
    except (TypeError, ValueError, KeyError, AssertionError) as error:
        raise _refused(f"{name} cannot be built with the arguments it is given ({str(error)[:160]})") from error


def _class(word: Any) -> Any:
    if word not in NNUNET_WORDS:
        raise _refused(f"{word!r} is not a part of a network that SynthTrust can build")
    module, _, name = word.rpartition(".")
    return getattr(import_module(module), name)


def _refused(what: str) -> SegmenterError:
    return SegmenterError(
        what, source="segmenter", next_step="Export it to ONNX where it was trained, and import the ONNX file."
    )
