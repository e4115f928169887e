"""A running assessment whose process and output somebody else watches, as Slicer's launchConsoleProcess does.

Everything happens on the caller's thread: lines arrive through a callback, so does the exit code. `launch.Child` is for
callers that wait.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from SynthTrustLib.errors import Cancelled, SynthTrustError
from SynthTrustLib.runner.process.events import Listener, Started, from_line
from SynthTrustLib.runner.process.launch import Outcome, child_command, child_environment, write_request
from SynthTrustLib.runner.process.process_tree import GRACE_SECONDS
from SynthTrustLib.runner.process.request import AssessRequest

CHATTER_LINES = 400
"""How many of the child's lines that are no events are kept for the log."""

Ended = Callable[[Path | None, SynthTrustError | None], None]


class Launch(Protocol):
    """``slicer.util.launchConsoleProcess`` of Slicer 5.12 and later."""

    def __call__(
        self,
        args: list[str],
        *,
        updateEnvironment: dict[str, str],
        blocking: bool,
        logCallback: Callable[[str], None],
        completedCallback: Callable[[int], None],
    ) -> subprocess.Popen[str]: ...


class ConsoleChild:
    """A running assessment.

    Parameters
    ----------
    request : AssessRequest
    folder : Path
        A temporary folder that holds the inputs and takes the result. It is removed where the run has ended without
        one; with one it is left to `on_end`, which may want to read it later.
    launch : Launch
    on_event : callable
        Receives the child's events. What it raises is logged, and the run goes on.
    on_end : callable
        Called once, with the result folder or the error; never after `abandon`.
    """

    def __init__(self, request: AssessRequest, folder: Path, launch: Launch, on_event: Listener, on_end: Ended) -> None:
        self._folder = folder
        self._on_event = on_event
        self._on_end: Ended | None = on_end
        self._outcome = Outcome()
        self._cancelled = False
        self.running = True
        self.chatter: deque[str] = deque(maxlen=CHATTER_LINES)
        self._request_file = write_request(request)
        try:
            self._process: Any = launch(
                child_command(self._request_file),
                updateEnvironment=child_environment(),
                blocking=False,
                logCallback=self._take,
                completedCallback=self._complete,
            )
        except BaseException:
            self._clean()
            raise

    def cancel(self) -> None:
        """Ask the run to stop; `on_end` is then called with Cancelled within a few seconds.

        The process that was launched may be a launcher of the real one. Ending it suffices: the child notices that
        nobody waits for it any more, removes what it has written and ends itself. A child that comes too late to know
        its launcher finds no request.
        """
        self._cancelled = True
        with contextlib.suppress(OSError):
            self._request_file.unlink()
        with contextlib.suppress(OSError):
            self._process.terminate()

    def abandon(self) -> None:
        """End the run at once, without a word to `on_end`: the scene, the module or the application is closing."""
        self._on_end = None
        self.cancel()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS)
        if self._process.poll() is None:
            self._process.kill()
        self._clean()

    def log(self) -> str:
        """What the child said beside its events."""
        return "\n".join(self.chatter)

    def _take(self, line: str) -> None:
        event = from_line(line)
        if event is None:
            if line.strip():
                self.chatter.append(line.rstrip())
            return
        self._outcome.take(event)
        if self._cancelled and isinstance(event, Started):
            with contextlib.suppress(OSError):
                os.kill(event.pid, signal.SIGTERM)
        if self._on_end is not None:
            try:
                self._on_event(event)
            except Exception:  # would end Slicer's reading of the child: the run would never end
                logging.exception("SynthTrust: an event of the run cannot be shown")

    def _complete(self, code: int) -> None:
        self.running = False
        result: Path | None = None
        try:
            if self._on_end is not None:
                try:
                    if self._cancelled:
                        raise Cancelled
                    result, error = self._outcome.result(code, self.chatter), None
                except SynthTrustError as problem:
                    error = problem
                self._on_end(result, error)
        finally:
            self._clean(keep_folder=result is not None)

    def _clean(self, *, keep_folder: bool = False) -> None:
        self._request_file.unlink(missing_ok=True)
        if not keep_folder:
            shutil.rmtree(self._folder, ignore_errors=True)
