"""Weights from a file, without ever running what a file holds."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.importing.needed import needed


def read_checkpoint(path: Path) -> Any:
    """What ``torch.save`` wrote: tensors, numbers, text, lists and dicts; numpy's numbers too, nothing else.

    Raises SegmenterError if it holds anything else, or cannot be read.
    """
    if path.suffix == ".safetensors":
        load_file = needed("safetensors.torch").load_file
        try:
            return load_file(path)
        except Exception as error:  # safetensors' own errors
            raise _unreadable(path, error) from error
    torch = needed("torch")
    try:
        with torch.serialization.safe_globals(_numbers()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise SegmenterError(
            f"it holds more than weights, which is not opened ({_global(error)})",
            source=path.name,
            next_step="Save the weights alone (torch.save(network.state_dict(), ...)), or export the network to ONNX.",
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise _unreadable(path, error) from error


def state_dict(content: Any, path: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    """The weights by name in what a checkpoint holds: under the first of `keys` that there is, or all of it."""
    found = next((content[key] for key in keys if isinstance(content, dict) and key in content), content)
    torch = needed("torch")
    if not isinstance(found, dict) or not any(isinstance(value, torch.Tensor) for value in found.values()):
        raise SegmenterError(
            "it holds no weights",
            source=path.name,
            next_step="Choose the file that training saved.",
        )
    weights = {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}
    for prefix in ("module.", "_orig_mod."):  # what DistributedDataParallel and torch.compile put before every name
        if all(name.startswith(prefix) for name in weights):
            weights = {name.removeprefix(prefix): value for name, value in weights.items()}
    return weights


def fill_strictly(network: Any, weights: dict[str, Any], path: Path) -> None:
    """Give a network the weights, all of its own and no others. Raises SegmenterError if names or shapes differ."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        line = next((line.strip() for line in str(error).splitlines()[1:] if line.strip()), str(error))
        raise SegmenterError(
            f"its weights are not those of the network that is described beside it ({line[:160]})",
            source=path.name,
            next_step="Choose the checkpoint that belongs to this model.",
        ) from error


def _numbers() -> list[Any]:
    """numpy's scalars, which checkpoints hold beside the weights (losses, scores): plain numbers without code."""
    import numpy as np

    kinds = [np.float64, np.float32, np.float16, np.int64, np.int32, np.bool_]
    allowed: list[Any] = [np.dtype, *{type(np.dtype(kind)) for kind in kinds}]
    scalar = np.float64(0).__reduce__()[0]  # the function that numpy's own pickles name
    allowed.append(scalar)
    allowed += [(scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]  # as of numpy 1 and 2
    return allowed


def _global(error: Exception) -> str:
    line = next((line for line in str(error).splitlines() if "GLOBAL" in line), str(error).splitlines()[0])
    return " ".join(line.split())[:160]


def _unreadable(path: Path, error: Exception) -> SegmenterError:
    return SegmenterError(
        f"the weights cannot be read ({str(error).splitlines()[0][:160] if str(error) else type(error).__name__})",
        source=path.name,
        next_step="Check that the file is complete.",
    )
