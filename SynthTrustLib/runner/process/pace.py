"""From the rooms' own progress to one bar that never goes backwards."""

from __future__ import annotations

import time
from collections.abc import Callable

from SynthTrustLib.progress import Progress
from SynthTrustLib.runner.process.events import Listener, Progressed

REPORT_EVERY_SECONDS = 0.1
"""Steps that come faster than this are swallowed, unless they begin or end a stage."""

_TRUST_ESTIMATE_AFTER_SECONDS = 1.0


class Pace:
    """Spreads phases over one overall fraction.

    `weights`: phase -> its usual share of the time, in the order of the phases. Need not sum to 1. `listener`: receives
    a `Progressed` per step. `clock`: seconds; given by tests.
    """

    def __init__(
        self, weights: dict[str, float], listener: Listener, clock: Callable[[], float] = time.monotonic
    ) -> None:
        total = sum(weights.values())
        self._bounds: dict[str, tuple[float, float]] = {}
        start = 0.0
        for phase, weight in weights.items():
            self._bounds[phase] = (start, start + weight / total)
            start += weight / total
        self._listener = listener
        self._clock = clock
        self._begin = clock()
        self._overall = 0.0
        self._stage = ""
        self._told = float("-inf")

    def phase(self, name: str) -> Progress:
        """The progress callback to hand to the room that does this phase."""
        low, high = self._bounds[name]

        def progress(stage: str, fraction: float) -> None:
            fraction = min(1.0, max(0.0, float(fraction)))
            self._overall = max(self._overall, min(1.0, low + fraction * (high - low)))
            now = self._clock()
            if stage == self._stage and fraction < 1.0 and now - self._told < REPORT_EVERY_SECONDS:
                return
            self._stage, self._told = stage, now
            self._listener(Progressed(stage, fraction, self._overall, self._seconds_left(now)))

        return progress

    def _seconds_left(self, now: float) -> float | None:
        elapsed = now - self._begin
        if elapsed < _TRUST_ESTIMATE_AFTER_SECONDS or self._overall < 0.05:
            return None
        return elapsed * (1.0 - self._overall) / self._overall
