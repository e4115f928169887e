"""Where the laboratory computes: on a GPU where PyTorch has one, else on the CPU."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def training_device() -> torch.device:
    """A GPU of NVIDIA or AMD where PyTorch can use one (CUDA_VISIBLE_DEVICES= hides it), else the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name(device: torch.device) -> str:
    """The device in words, e.g. ``"NVIDIA H100 80GB HBM3"`` or ``"CPU (x86_64)"``."""
    import torch

    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else f"CPU ({platform.machine()})"


def mixed_precision(device: torch.device) -> torch.autocast:
    """The context of a forward pass in bfloat16, or in float32 where that is only emulated.

    On a processor without AVX-512, PyTorch's emulation takes ten times as long as float32 does.
    """
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=_has_bfloat16(device))


def _has_bfloat16(device: torch.device) -> bool:
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # what PyTorch's own compiler asks
