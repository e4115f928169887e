"""The parent's side: start an assessment as a child process, follow it, cancel it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from SynthTrustLib.errors import (
    Cancelled,
    Concern,
    ConcernsError,
    GeometryError,
    InputError,
    OutputError,
    SegmenterError,
    SynthTrustError,
)
from SynthTrustLib.runner.files.folder import remove_workspace
from SynthTrustLib.runner.process.events import (
    DETAILS_LIMIT,
    Concerned,
    Event,
    Failed,
    Finished,
    Listener,
    Started,
    from_line,
    ignore,
)
from SynthTrustLib.runner.process.process_tree import GRACE_SECONDS, end_process_tree, new_group_options
from SynthTrustLib.runner.process.request import REQUEST_PREFIX, AssessRequest

_ERRORS = {kind.kind: kind for kind in (InputError, GeometryError, SegmenterError, OutputError)}
_CHATTER_LINES = 30


class UnexpectedError(SynthTrustError):
    """The child failed in a way that nobody foresaw. `details` holds its traceback or its last words."""

    kind = "unexpected"
    exit_code = 1

    def __init__(self, what: str, *, source: str, next_step: str, details: str = "") -> None:
        self.details = details
        super().__init__(what, source=source, next_step=next_step)


def child_command(request_file: Path, python: str | None = None) -> list[str]:
    """The command that runs the request; `python` is this interpreter unless told. Needs `child_environment`."""
    return [python or sys.executable, "-m", "SynthTrustLib", "run-child", str(request_file)]


def child_environment() -> dict[str, str]:
    """What the child's environment needs beside ours: where the library is, and UTF-8 in its pipes."""
    root = str(Path(__file__).resolve().parents[3])
    paths = [root, os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def write_request(request: AssessRequest) -> Path:
    """The request as a temporary file, for this user only: it holds paths. The child removes it, else the caller."""
    descriptor, name = tempfile.mkstemp(prefix=REQUEST_PREFIX, suffix=".json")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(request.to_dict(), file)
    return Path(name)


class Outcome:
    """What a child's events add up to.

    Attributes
    ----------
    workspace : Path or None
        The folder to remove if the child dies before it could.
    """

    def __init__(self) -> None:
        self.workspace: Path | None = None
        self._last: Finished | Failed | None = None
        self._concerns: list[Concern] = []

    def take(self, event: Event) -> None:
        """Take in one event, in the order in which they came."""
        if isinstance(event, Started):
            self.workspace = Path(event.workspace)
        elif isinstance(event, Concerned):
            self._concerns.append(Concern(event.key, event.text))
        elif isinstance(event, Finished | Failed):
            self._last = event

    def result(self, code: int, chatter: Iterable[str]) -> Path:
        """The result folder of a child that has ended, or its error.

        Parameters
        ----------
        code : int
            Its exit code; negative where a signal ended it.
        chatter : iterable of str
            Its lines that were no events: the details of an end without an outcome.

        Raises
        ------
        SynthTrustError
            What it said went wrong, ConcernsError with what it was concerned about, Cancelled, or UnexpectedError.
        """
        last = self._last
        if code == 0 and isinstance(last, Finished):
            return Path(last.folder)
        if code == Cancelled.exit_code:
            raise Cancelled
        if isinstance(last, Failed):
            if last.kind == ConcernsError.kind and self._concerns:
                raise ConcernsError(self._concerns)
            if last.kind in _ERRORS:
                raise _ERRORS[last.kind](last.what, source=last.source, next_step=last.next_step)
            raise UnexpectedError(last.what, source=last.source, next_step=last.next_step, details=last.details)
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code} without a result"
        raise UnexpectedError(
            f"the assessment {how}",
            source="SynthTrust",
            next_step="If the computer ran out of memory, close other programs or choose fewer segmenters.",
            details="\n".join(chatter)[-DETAILS_LIMIT:],
        )


def run(request: AssessRequest, on_event: Listener = ignore, *, python: str | None = None) -> Path:
    """Run an assessment in a child process and wait for it. KeyboardInterrupt cancels it.

    Returns
    -------
    Path
        The result folder.

    Raises
    ------
    SynthTrustError
        What the child reported, ConcernsError among it; Cancelled; UnexpectedError if it crashed or was killed. Nothing
        is left behind.
    """
    child = Child(request, on_event, python=python)
    try:
        return child.wait()
    except KeyboardInterrupt:
        raise Cancelled from None
    finally:
        child.close()


class Child:
    """A running assessment.

    Parameters
    ----------
    on_event : callable
        Receives every event of the child, in the thread that calls `wait`.
    command : list of str or None
        What to start instead of the assessment; given by tests.
    grace_seconds : float
        How long the child may take to clean up after `cancel` before it is ended by force.
    """

    def __init__(
        self,
        request: AssessRequest,
        on_event: Listener = ignore,
        *,
        python: str | None = None,
        command: list[str] | None = None,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._grace_seconds = grace_seconds
        self._on_event = on_event
        self._request_file = write_request(request)
        self._outcome = Outcome()
        self._chatter: deque[str] = deque(maxlen=_CHATTER_LINES)
        self._cancelled = threading.Event()
        self._lines: queue.Queue[str | None] = queue.Queue()
        try:
            self._process = subprocess.Popen(
                command or [*child_command(self._request_file, python), "--leash"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                env=os.environ | child_environment(),
                **new_group_options(),
            )
        except BaseException:
            self._request_file.unlink(missing_ok=True)
            raise
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def cancel(self) -> None:
        """Ask the run to stop; callable from any thread. `wait` then raises Cancelled within a few seconds."""
        self._cancelled.set()

    def wait(self) -> Path:
        """Follow the child to its end; returns the result folder or raises, as `run` does."""
        while True:
            if self._cancelled.is_set():
                self.close()
                raise Cancelled
            try:
                line = self._lines.get(timeout=0.2)
            except queue.Empty:
                # A grandchild may keep the pipe open after the child has ended: the child's end is what counts.
                if self._process.poll() is None:
                    continue
                self._reader.join(1.0)
                self._lines.put(None)
                continue
            if line is None:
                return self._outcome.result(self._process.wait(), self._chatter)
            self._take(line)

    def close(self) -> None:
        """End the child if it still runs, with all that it started, and remove what it left. Harmless when done."""
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()  # the leash: a child that can still react now cleans up by itself
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._grace_seconds)
        end_process_tree(self._process, self._grace_seconds)
        self._reader.join(1.0)
        if self._process.stdout and not self._reader.is_alive():
            self._process.stdout.close()
        while not self._lines.empty():  # the name of its workspace may still be among them
            line = self._lines.get()
            event = from_line(line) if line else None
            if isinstance(event, Started):
                self._outcome.take(event)
        if self._outcome.workspace:
            remove_workspace(self._outcome.workspace)
        self._request_file.unlink(missing_ok=True)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed under us at the end
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(None)

    def _take(self, line: str) -> None:
        event = from_line(line)
        if event is None:
            if line.strip():
                self._chatter.append(line.rstrip())
            return
        self._outcome.take(event)
        self._on_event(event)
