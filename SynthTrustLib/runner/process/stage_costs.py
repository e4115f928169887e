"""What each stage of a run has cost: says where the time goes, on this machine and beside whatever else runs on it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_THREADS = Path("/proc/self/task")


@dataclass(frozen=True)
class StageCost:
    """One stage of a run."""

    stage: str
    wall_s: float
    """Seconds on the clock."""
    cpu_s: float
    """Seconds of all cores together. What was begun in the background in an earlier stage counts where it ran."""
    threads: int
    """Of the process at the stage's end, the libraries' own too where the system tells (Linux); else Python's."""
    niceness: int | None
    """0 is the usual priority, 19 the lowest; None where the system has no such number (Windows)."""
    peak_mb: float | None
    """Largest resident memory of the process so far; None where the system does not tell (Windows)."""


class StageCosts:
    """Collects the stages of a run, one after the other.

    `clock` and `busy`: seconds that have passed, and those for which the process has kept the processor busy; given by
    tests.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, busy: Callable[[], float] = time.process_time
    ) -> None:
        self._clock = clock
        self._busy = busy
        self._ended: list[StageCost] = []
        self._stage = ""
        self._begin = (0.0, 0.0)

    def begin(self, stage: str) -> None:
        """End the stage that runs, and begin this one; a stage that runs already goes on."""
        if stage != self._stage:
            self.end()
            self._stage, self._begin = stage, (self._clock(), self._busy())

    def end(self) -> tuple[StageCost, ...]:
        """End the stage that runs; all that have ended, in order."""
        if self._stage:
            wall, busy = self._begin
            self._ended.append(
                StageCost(
                    stage=self._stage,
                    wall_s=round(self._clock() - wall, 3),
                    cpu_s=round(self._busy() - busy, 3),
                    threads=_threads(),
                    niceness=os.nice(0) if hasattr(os, "nice") else None,
                    peak_mb=_peak_mb(),
                )
            )
            self._stage = ""
        return tuple(self._ended)


def cost_lines(stages: Sequence[StageCost]) -> list[str]:
    """A table of the stages, a line each, for people who look for lost time."""
    lines = [f"{'stage':<12}{'wall s':>8}{'CPU s':>8}{'threads':>9}{'nice':>6}{'peak MB':>9}"]
    for one in stages:
        nice, peak = ("-" if value is None else f"{value:.0f}" for value in (one.niceness, one.peak_mb))
        lines.append(f"{one.stage:<12}{one.wall_s:8.2f}{one.cpu_s:8.2f}{one.threads:9}{nice:>6}{peak:>9}")
    wall, busy = (sum(getattr(one, name) for one in stages) for name in ("wall_s", "cpu_s"))
    return [*lines, f"{'together':<12}{wall:8.2f}{busy:8.2f}"]


def _threads() -> int:
    with suppress(OSError):
        return len(list(_THREADS.iterdir()))
    return threading.active_count()


def _peak_mb() -> float | None:
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024), 1)  # bytes there, KiB elsewhere
