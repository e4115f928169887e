"""How the laboratory's commands show progress: a plain line now and then, for hours in a log as well as on a screen."""

from __future__ import annotations

from SynthTrustLib.progress import Progress

STEP = 0.02


def lines() -> Progress:
    """A progress function that prints a stage when it has moved by `STEP`, is done, or another one has begun."""
    last = -1.0

    def show(stage: str, fraction: float) -> None:
        nonlocal last
        if abs(fraction - last) >= STEP or fraction >= 1:
            print(stage, flush=True)
            last = fraction

    return show
