"""ONNX Runtime on the CPU: where OpenVINO has no wheel that suits, such as on Intel Macs."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.package.folder import SegmenterPackage, read_model


class OnnxRuntimeEngine:
    """ONNX Runtime's CPU provider, float32. `threads`: by default as many as the machine has cores."""

    batch = 4
    compiles_ahead = True

    def __init__(self, threads: int | None = None) -> None:
        import onnxruntime

        onnxruntime.disable_telemetry_events()  # the Windows builds would report events otherwise
        self._runtime = onnxruntime
        self._options = onnxruntime.SessionOptions()
        self._options.log_severity_level = 4
        if threads is not None:
            self._options.intra_op_num_threads = threads
        self.name = f"ONNX Runtime {onnxruntime.__version__} (CPU, fp32)"

    def compile(self, package: SegmenterPackage, shape: tuple[int, ...]) -> OnnxRuntimeNetwork:
        """See `Engine.compile`. The model stays open to other shapes: fixing them gains nothing here."""
        data = read_model(package)
        try:
            session = self._runtime.InferenceSession(data, self._options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors have no common base of their own
            raise SegmenterError(
                f"ONNX Runtime cannot load its model ({str(error).strip()[:160]})",
                source=package.card.id,
                next_step="Install the package again, or choose another engine.",
            ) from error
        return OnnxRuntimeNetwork(session)


class OnnxRuntimeNetwork:
    """One session."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name

    def run(self, batches: Iterable[npt.NDArray[np.float32]]) -> Generator[npt.NDArray[np.float32], None, None]:
        """See `Network.run`."""
        for images in batches:
            yield np.asarray(self._session.run(None, {self._input: images})[0], np.float32)
