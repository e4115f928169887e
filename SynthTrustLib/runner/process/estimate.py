"""How long a run will take, said before it, from earlier runs on this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

_KEEP = 20
"""Runs that are remembered."""


@dataclass(frozen=True)
class Measured:
    """One run that has ended well."""

    voxels: int
    """Of the patient's grid."""
    segmenters: int
    seconds: float
    """From start to end. What else the computer was busy with is in it."""
    cpu_seconds: float
    """For which the run itself has kept the processor busy, all cores together: the same whatever else was going on."""

    @property
    def work(self) -> int:
        """What the time is proportional to: voxels x (segmenters + 1); the 1 stands for reading, maps and report."""
        return self.voxels * (self.segmenters + 1)


def remember(history: str, run: Measured) -> str:
    """The history (JSON text, as kept in the application's settings) with one more run."""
    runs = [*recall(history), run][-_KEEP:]
    return json.dumps([[r.voxels, r.segmenters, round(r.seconds, 2), round(r.cpu_seconds, 2)] for r in runs])


def recall(history: str) -> list[Measured]:
    """The runs in a history; damaged text, or that of an older version, is an empty history."""
    try:
        runs = [Measured(int(v), int(s), float(t), float(cpu)) for v, s, t, cpu in json.loads(history)]
    except (ValueError, TypeError):
        return []
    return [run for run in runs if run.work > 0 and run.seconds > 0 and run.cpu_seconds > 0]


def estimate_seconds(history: Sequence[Measured], voxels: int, segmenters: int) -> float | None:
    """How long a run takes while the computer does nothing else; None without an earlier run to learn from.

    The processor's time is the median over the earlier runs, scaled to this patient and this many segmenters. How much
    of it passes in a second is taken from the run that was disturbed least.
    """
    if not history or not segmenters:
        return None
    busy = sorted(run.cpu_seconds / run.work for run in history)[len(history) // 2]
    undisturbed = min(run.seconds / run.cpu_seconds for run in history)
    return busy * voxels * (segmenters + 1) * undisturbed


def duration(seconds: float) -> str:
    """``"40 s"``, ``"3 min"``: rounded so that it does not pretend to be exact."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 90:
        return f"{5 * round(seconds / 5)} s"
    return f"{round(seconds / 60)} min"
