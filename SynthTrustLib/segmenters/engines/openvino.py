"""OpenVINO on the CPU: the default engine. Nothing is cached on disk and nothing is sent anywhere."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.package.folder import SegmenterPackage, read_model

if TYPE_CHECKING:
    from types import ModuleType


def import_openvino() -> ModuleType:
    """OpenVINO without its telemetry, which would report each import of OpenVINO over the network.

    OpenVINO has an empty stand-in for an installation without the telemetry package; hiding the package makes it take
    that one.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return openvino


_SLICES = 4
"""Dimensions of a batch of slices. A 3D window keeps all cores busy by itself, and its activations are large."""


class OpenVinoEngine:
    """OpenVINO's CPU plugin, bfloat16 where the processor computes it natively.

    `precision`: by default bf16 where the plugin names it among the processor's capabilities (avx512_bf16, AMX), else
    f32. `threads`: by default as many as the machine has cores.
    """

    compiles_ahead = True
    batch = 2  # small batches in several streams: as fast as large ones, less memory, finer progress

    def __init__(self, precision: str | None = None, threads: int | None = None) -> None:
        openvino = import_openvino()
        self._core = openvino.Core()
        if precision is None:
            capabilities = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            precision = "bf16" if "BF16" in capabilities else "f32"
        self._settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "THROUGHPUT"}
        if threads is not None:
            # Who takes a part of the cores shares them: OpenVINO would bind the same first ones in every process.
            self._settings |= {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
        version = openvino.get_version().partition("-")[0]
        self.name = f"OpenVINO {version} (CPU, {'bf16' if precision == 'bf16' else 'fp32'})"

    def compile(self, package: SegmenterPackage, shape: tuple[int, ...]) -> OpenVinoNetwork:
        """See `Engine.compile`."""
        data = read_model(package)
        try:
            model = self._core.read_model(data)
            model.reshape(list(shape))
            fold_constants(model)
            if len(shape) > _SLICES:
                settings = {**self._settings, "PERFORMANCE_HINT": "LATENCY"}
                return OpenVinoNetwork(self._core.compile_model(model, "CPU", settings), waiting=0)
            return OpenVinoNetwork(self._core.compile_model(model, "CPU", self._settings))
        except RuntimeError as error:
            raise SegmenterError(
                f"OpenVINO cannot load its model ({_last_line(error)})",
                source=package.card.id,
                next_step="Install the package again, or choose another engine.",
            ) from error


class OpenVinoNetwork:
    """One compiled model and the requests that keep its streams busy, `waiting` ones beyond those that run."""

    def __init__(self, compiled: Any, waiting: int = 1) -> None:
        count = waiting + compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        self._requests = [compiled.create_infer_request() for _ in range(count)]

    def run(self, batches: Iterable[npt.NDArray[np.float32]]) -> Generator[npt.NDArray[np.float32], None, None]:
        """See `Network.run`. Answers lie in OpenVINO's own memory."""
        import openvino

        idle = deque(self._requests)
        busy: deque[tuple[Any, Any]] = deque()
        try:
            for batch in batches:
                tensor = openvino.Tensor(batch, shared_memory=True)  # must live as long as its request runs
                request = idle.popleft()
                request.set_input_tensor(tensor)
                request.start_async()
                busy.append((request, tensor))
                if not idle:
                    yield _answer(busy[0][0])
                    idle.append(busy.popleft()[0])
            while busy:
                yield _answer(busy[0][0])
                busy.popleft()
        finally:  # also when the run is cancelled: a request may not outlive the memory that it reads
            for request, _ in busy:
                with suppress(RuntimeError):
                    request.wait()


def fold_constants(model: Any) -> None:
    """Replace all that a model computes from constants alone by its result, in place, on one thread.

    Weights of 8 or 16 bits are then the floats that they stand for. Where OpenVINO 2026.4 does this itself while it
    compiles on several threads, a busy machine gets a wrong network in one to three of a hundred compilations: 11 of
    648 with six processes on two cores, and none of 3,504 that were folded before.
    """
    from openvino.passes import ConstantFolding, Manager

    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(model)


def _answer(request: Any) -> npt.NDArray[np.float32]:
    request.wait()
    return np.asarray(request.get_output_tensor(0).data, np.float32)


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:160] if lines else type(error).__name__
