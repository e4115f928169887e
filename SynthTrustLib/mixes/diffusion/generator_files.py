"""A trained generator on disk: ``generator.json``, and ``weights-<level>.npz`` (float16, no pickle) a quality level."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import InputError
from SynthTrustLib.whole_file import whole_file, write_text

SIZE_LIMIT = 10_000_000
"""Largest weight file in bytes."""

LEVEL_STEPS = {"high": 8, "low": 3}
"""Sampling steps of each quality level."""


@dataclass(frozen=True, eq=False)
class GeneratorFiles:
    """What a generator's folder holds: its record, and the weights of one level."""

    record: Mapping[str, Any]
    level: str
    weights: Mapping[str, npt.NDArray[np.float16]]

    @property
    def sampling_steps(self) -> int:
        return int(self.record["levels"][self.level]["sampling_steps"])


def write_generator(
    folder: Path, record: Mapping[str, Any], levels: Mapping[str, tuple[int, Mapping[str, npt.NDArray[np.float16]]]]
) -> None:
    """Store a generator; `levels` maps a quality level to (trained steps, weights)."""
    described = {}
    for level, (steps, weights) in levels.items():
        path = folder / f"weights-{level}.npz"
        with whole_file(path) as part:
            with part.open("wb") as stream:
                np.savez_compressed(stream, allow_pickle=False, **weights)
            size = part.stat().st_size
            if size > SIZE_LIMIT:
                raise InputError(
                    f"its weights take {size / 1e6:.1f} MB, more than {SIZE_LIMIT / 1e6:g} MB",
                    source=folder.name,
                    next_step="Train a generator with fewer channels.",
                )
        described[level] = {"trained_steps": steps, "sampling_steps": LEVEL_STEPS[level], "sha256": _hash(path)}
    content = {"format": 1, **record, "levels": described}
    write_text(folder / "generator.json", json.dumps(content, indent=1) + "\n")


def read_generator(folder: Path, level: str) -> GeneratorFiles:
    """One level of a generator; nothing in the folder is executed.

    Raises InputError if the folder is no generator, has no such level, or its weights are not those of the record.
    """
    if not (folder / "generator.json").exists():
        raise InputError(
            "this is not a generator: it has no generator.json",
            source=str(folder),
            next_step="Train one with synthtrust mixes generator.",
        )
    record = json.loads((folder / "generator.json").read_text("utf-8"))
    if level not in record["levels"]:
        raise InputError(
            f"it has no quality level {level!r}",
            source=folder.name,
            next_step=f"Use one of {', '.join(record['levels'])}.",
        )
    path = folder / f"weights-{level}.npz"
    if not path.exists() or _hash(path) != record["levels"][level]["sha256"]:
        raise InputError(
            f"{path.name} is missing or is not the file that its record names",
            source=folder.name,
            next_step="Fetch the generator again, or train it again.",
        )
    with np.load(path, allow_pickle=False) as stored:
        return GeneratorFiles(record, level, {name: stored[name] for name in stored})


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
