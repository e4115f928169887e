"""PyTorch: used where it is installed and has a GPU. Networks come from the allow-list, never from code in a file."""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import sys
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.networks.family import build_network
from SynthTrustLib.segmenters.networks.public import NNUNET_CLASSES, NNUNET_PACKAGE, build_public, is_public
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage, read_model
from SynthTrustLib.segmenters.package.onnx_file import read_onnx

if TYPE_CHECKING:
    from torch import nn

_DRIVERS = {"linux": ("libcuda.so.1",), "win32": ("nvcuda.dll", "amdhip64_7.dll", "amdhip64_6.dll", "amdhip64.dll")}
"""Libraries that a graphics driver installs and that PyTorch cannot do without."""


def find_gpu() -> str | None:
    """``"cuda"`` or ``"mps"`` where PyTorch has one, else None."""
    if not _may_have_gpu():
        return None
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def _may_have_gpu() -> bool:
    """Whether there is a driver at all: a look that spares a computer without one the seconds of importing PyTorch."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return any(map(_can_be_loaded, _DRIVERS.get(sys.platform, ()))) or Path("/dev/kfd").exists()  # kfd is AMD's


def _can_be_loaded(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


class TorchEngine:
    """PyTorch in float32 on a GPU, or on the CPU where there is none."""

    compiles_ahead = False

    def __init__(self) -> None:
        import torch

        self._device = torch.device(find_gpu() or "cpu")
        self.batch = 4 if self._device.type == "cpu" else 32
        self.name = f"PyTorch {torch.__version__} ({self._device.type.upper()}, fp32)"

    def compile(self, package: SegmenterPackage, shape: tuple[int, ...]) -> TorchNetwork:
        """See `Engine.compile`. The card names the network."""
        import torch

        record = network_record(package.card)
        if record is None:
            raise SegmenterError(
                "its card does not say which network it is, so PyTorch cannot build it",
                source=package.card.id,
                next_step="Run it with a CPU engine, which reads the ONNX file itself.",
            )
        public = is_public(record)
        stored = read_onnx(read_model(package)).weights
        try:
            network = build_public(record) if public else build_network(record)
        except ImportError as error:
            needs = _needs(record)
            raise SegmenterError(
                f"{needs} is not installed, which the network is built from",
                source=package.card.id,
                next_step=f"Install it (pip install {needs.lower()}), or choose a CPU engine.",
            ) from error
        missing = fill(network, stored, unused=public)
        if missing is not None:
            raise SegmenterError(
                f"its model does not hold the weights {missing!r} of the network that its card names",
                source=package.card.id,
                next_step="Run it with a CPU engine, or install the package again.",
            )
        layout = torch.channels_last if len(shape) == 4 else torch.channels_last_3d
        network = network.eval().to(self._device, memory_format=layout)
        return TorchNetwork(network, self._device, torch.nn.Identity() if public else torch.nn.Sigmoid())


class TorchNetwork:
    """One network on its device, and the `last` step that the ONNX file has beyond it: of our family, a sigmoid."""

    def __init__(self, network: Any, device: Any, last: Any = None) -> None:
        import torch

        self._network, self._device, self._last = network, device, last or torch.nn.Sigmoid()

    def run(self, batches: Iterable[npt.NDArray[np.float32]]) -> Generator[npt.NDArray[np.float32], None, None]:
        """See `Network.run`."""
        import torch

        for images in batches:
            with torch.inference_mode():
                layout = torch.channels_last if images.ndim == 4 else torch.channels_last_3d
                batch = torch.from_numpy(images).to(self._device).contiguous(memory_format=layout)
                answer = self._last(self._network(batch)).cpu().numpy()
            yield np.asarray(answer, np.float32)


def network_record(card: SegmenterCard) -> Mapping[str, Any] | None:
    """What a card says of its network's architecture; None where it says nothing."""
    record = card.preprocessing.get("network") if card.adapter is None else card.adapter.network
    return record or None


def can_build(card: SegmenterCard) -> bool:
    """Whether PyTorch can build a card's network, once it is installed."""
    record = network_record(card)
    return record is not None and importlib.util.find_spec(_needs(record).lower()) is not None


def _needs(record: Mapping[str, Any]) -> str:
    return NNUNET_PACKAGE if record.get("name") in NNUNET_CLASSES else "MONAI"


def fill(network: nn.Module, stored: Mapping[str, npt.NDArray[Any]], *, unused: bool = False) -> str | None:
    """Set the weights of `network` to what a file stores under their names; the first that it lacks, or None.

    With `unused`, a network may have weights that it does not use (nnU-Net's of deep supervision) and that no file
    stores: they become NaN, so that an answer that does depend on one is none.
    """
    import torch

    state = network.state_dict()
    prefix = _common_prefix(stored, state)
    same: dict[int, Any] = {}  # a tensor that the network knows by several names is stored under one of them
    for name, tensor in state.items():
        if prefix + name in stored:
            same[tensor.data_ptr()] = stored[prefix + name]
    for name, tensor in state.items():
        values = same.get(tensor.data_ptr())
        if values is None and unused:
            if tensor.is_floating_point():
                tensor.fill_(torch.nan)
            continue
        if values is None or values.shape != tuple(tensor.shape):
            return name
        tensor.copy_(torch.from_numpy(np.array(values, np.float32)))
    return None


def _common_prefix(stored: Iterable[str], names: Iterable[str]) -> str:
    """What stands before the network's own names in the file: it may have been exported inside another module."""
    first = next(iter(names))
    return next((name.removesuffix(first) for name in stored if name.endswith(first)), "")
