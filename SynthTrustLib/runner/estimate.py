"""How long a run will take, said before it, from earlier runs on this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

_KEEP = 20
"""Runs that are remembered."""


@dataclass(frozen=True)
class Measured:
    """One run that has ended well: voxels of the patient's grid, segmenters, seconds from start to end."""

    voxels: int
    segmenters: int
    seconds: float


def remember(history: str, run: Measured) -> str:
    """The history (JSON text, as kept in the application's settings) with one more run."""
    runs = [*recall(history), run][-_KEEP:]
    return json.dumps([[r.voxels, r.segmenters, round(r.seconds, 2)] for r in runs])


def recall(history: str) -> list[Measured]:
    """The runs in a history; damaged text is an empty history."""
    try:
        return [Measured(int(v), int(s), float(t)) for v, s, t in json.loads(history)]
    except (ValueError, TypeError):
        return []


def estimate_seconds(history: Sequence[Measured], voxels: int, segmenters: int) -> float | None:
    """Median over the earlier runs of their time, scaled to this patient and this many segmenters; None without any.

    The time is taken as proportional to voxels x (segmenters + 1): the 1 stands for reading, maps and report.
    """
    if not history or not segmenters:
        return None
    work = voxels * (segmenters + 1)
    scaled = sorted(run.seconds * work / (run.voxels * (run.segmenters + 1)) for run in history if run.voxels)
    return scaled[len(scaled) // 2] if scaled else None


def duration(seconds: float) -> str:
    """``"40 s"``, ``"3 min"``: rounded so that it does not pretend to be exact."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 90:
        return f"{5 * round(seconds / 5)} s"
    return f"{round(seconds / 60)} min"
