"""What runs the networks: the contract of an engine, and the choice among those that are installed."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.options import ENGINES
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage


class Network(Protocol):
    """A segmenter ready to run."""

    def run(self, batches: Iterable[npt.NDArray[np.float32]]) -> Generator[npt.NDArray[np.float32], None, None]:
        """The model's answer (batch, channel, ...) to each batch of images (batch, channel, ...), in their order.

        Several batches may be under way at once. An answer is valid until the next one is asked for.
        Who stops early closes the generator, so that nothing runs on.
        """
        ...


class Engine(Protocol):
    """Compiles packages into networks."""

    name: str
    """Name, version, device and precision, e.g. ``"OpenVINO 2026.4.1 (CPU, bf16)"``."""
    batch: int
    """Slices per call that suit it; of 3D networks one window at a time is asked."""
    compiles_ahead: bool
    """Whether a network may be compiled in a thread beside one that runs."""

    def compile(self, package: SegmenterPackage, shape: tuple[int, ...]) -> Network:
        """A network for input of exactly `shape`: (batch, channel) and two or three sizes in voxels.

        Raises SegmenterError if the model is damaged or this engine cannot run it.
        """
        ...


def batch_starts(count: int, size: int) -> list[int]:
    """First slices of batches that all hold `size` of `count` slices: the last one reaches back."""
    return [min(start, count - size) for start in range(0, count, size)]


@dataclass(frozen=True)
class Requirement:
    """A package to install for running segmenters on a CPU: what pip is given, and the size of the download."""

    pip: str
    name: str
    megabytes: int


_OF_THE_CPU = ("openvino", "onnxruntime")
"""The better one first."""


def cpu_requirement() -> Requirement:
    """What to install on this machine when no engine is there.

    Intel Macs get ONNX Runtime: the last OpenVINO wheels for them would replace Slicer's NumPy by an older one.
    """
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        return Requirement("onnxruntime>=1.19", "ONNX Runtime", 30)
    megabytes = {"win32": 85, "darwin": 35}.get(sys.platform, 60)
    return Requirement("openvino>=2026.0", "OpenVINO", megabytes)


def require_engine(choice: str) -> None:
    """Raise SegmenterError if there is no engine of that name, or it is not installed; nothing is imported."""
    if choice not in ENGINES:
        raise SegmenterError(
            "there is no such engine", source=f"engine {choice!r}", next_step=f"Choose one of {', '.join(ENGINES)}."
        )
    if choice == "auto":
        if not any(map(_installed, ("torch", *_OF_THE_CPU))):
            raise _none_is_installed()
        return
    package = choice.partition("-")[0]
    if not _installed(package):
        raise SegmenterError(
            f"{package} is not installed", source=f"engine {choice!r}", next_step=_how_to_install(package)
        )


def choose_engine(choice: str = "auto", cards: Iterable[SegmenterCard] = (), *, threads: int | None = None) -> Engine:
    """The engine called `choice`; ``"auto"`` takes torch where it has a GPU, else OpenVINO, else ONNX Runtime.

    `cards`: what is to run. ``"auto"`` does not take torch where it cannot build one of the networks. `threads`: for
    engines of the CPU: how many cores they keep busy, all of them unless told. Raises SegmenterError if there is no
    engine of that name, or it is not installed.
    """
    require_engine(choice)
    if choice == "auto":
        choice = _best(cards)
    package = choice.partition("-")[0]
    if package == "openvino":
        from SynthTrustLib.segmenters.engines.openvino import OpenVinoEngine

        return OpenVinoEngine(precision="f32" if choice == "openvino-fp32" else None, threads=threads)
    if package == "onnxruntime":
        from SynthTrustLib.segmenters.engines.onnxruntime import OnnxRuntimeEngine

        return OnnxRuntimeEngine(threads)
    from SynthTrustLib.segmenters.engines.torch import TorchEngine

    return TorchEngine()


def _best(cards: Iterable[SegmenterCard]) -> str:
    if _installed("torch") and _installed("monai"):
        from SynthTrustLib.segmenters.engines.torch import can_build, find_gpu

        if find_gpu() is not None and all(map(can_build, cards)):
            return "torch"
    for package in _OF_THE_CPU:
        if _installed(package):
            return package
    raise _none_is_installed()


def _none_is_installed() -> SegmenterError:
    requirement = cpu_requirement()
    return SegmenterError(
        "no inference engine is installed, so segmenters cannot run",
        source="SynthTrust",
        next_step=_how_to_install(requirement.pip.partition(">")[0]),
    )


def _how_to_install(package: str) -> str:
    if package == "torch":
        return "Install PyTorch and MONAI (in Slicer: the PyTorch extension), or choose a CPU engine."
    requirement = cpu_requirement()
    if not requirement.pip.startswith(package):
        return f"Install it (pip install {package}), or choose another engine."
    return (
        f'Install {requirement.name}, a download of about {requirement.megabytes} MB: pip install "{requirement.pip}".'
    )


def _installed(package: str) -> bool:
    if package in sys.modules:
        return sys.modules[package] is not None
    try:
        return importlib.util.find_spec(package) is not None
    except ImportError:  # where imports are restricted
        return False
