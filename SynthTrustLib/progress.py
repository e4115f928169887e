"""How long work tells its caller how far it is, and how it learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import Protocol, TypeVar

from SynthTrustLib.errors import Cancelled

Result = TypeVar("Result")

WAIT_SECONDS = 0.02
"""For work in another thread, between two looks at it."""

Steps = Generator[float, None, Result]
"""Work in small pieces: after each it says how much of it is done (0..1), and in the end it returns its result.

Who calls it may do other things between two pieces, and closes it to stop; it then leaves nothing behind.
"""


def finish(steps: Steps[Result]) -> Result:
    """Do all pieces, one after the other."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def part(steps: Steps[Result], start: float, stop: float) -> Steps[Result]:
    """Work that is a part of other work, from `start` to `stop` (0..1)."""
    try:
        while True:
            try:
                done = next(steps)
            except StopIteration as end:
                result: Result = end.value
                return result
            yield start + (stop - start) * done
    finally:
        steps.close()


class Progress(Protocol):
    """Called with the stage in words for the user, and how much of that stage is done (0..1).

    Raises Cancelled when the user has asked to stop: callers of a long loop call it often and let it through.
    """

    def __call__(self, stage: str, fraction: float) -> None: ...


def silent(stage: str, fraction: float) -> None:
    """Progress for callers that do not care."""


def in_background(work: Callable[[Progress], Result]) -> Steps[Result]:
    """Work that leaves the scene alone, in a thread, while the caller waits in small pieces.

    `work` is asked to stop by the Progress that it is given; who closes these steps waits until it has.
    """
    done, stopped = 0.0, Event()

    def progress(stage: str, fraction: float) -> None:
        nonlocal done
        if stopped.is_set():
            raise Cancelled
        done = fraction

    with ThreadPoolExecutor(1) as pool:
        try:
            future = pool.submit(work, progress)
            yield done  # also where it takes no time: much work that is quick is long
            while not wait([future], timeout=WAIT_SECONDS).done:
                yield done
            return future.result()
        finally:
            stopped.set()
