"""The parent's side: start an assessment as a child process, follow it, cancel it.

Command line, panel and scripts use the same `Child`. Who can wait calls `wait`; who must not calls `poll` from time to
time.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path

from SynthTrustLib.codec import encode
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
    Failed,
    Finished,
    Listener,
    Started,
    from_line,
    ignore,
)
from SynthTrustLib.runner.process.process_tree import GRACE_SECONDS, ProcessTree, new_group_options
from SynthTrustLib.runner.process.request import REQUEST_PREFIX, AssessRequest

_ERRORS = {kind.kind: kind for kind in (InputError, GeometryError, SegmenterError, OutputError)}

CHATTER_LINES = 400
"""How many of the child's lines that are no events are kept for the log."""

WAIT_SECONDS = 0.2
"""In one piece, by who can wait."""


class UnexpectedError(SynthTrustError):
    """The child failed in a way that nobody foresaw. `details` holds its traceback or its last words."""

    kind = "unexpected"
    exit_code = 1

    def __init__(self, what: str, *, source: str, next_step: str, details: str = "") -> None:
        self.details = details
        super().__init__(what, source=source, next_step=next_step)


def child_command(request_file: Path, command: str = "run-child") -> list[str]:
    """The command that runs the request until stdin closes, in this interpreter. Needs `child_environment`."""
    return [sys.executable, "-m", "SynthTrustLib", command, str(request_file), "--leash"]


def child_environment() -> dict[str, str]:
    """What the child's environment needs beside ours: where the library is, UTF-8 in its pipes, and less memory.

    On Linux each thread that reads an image would keep what it has freed to itself, a quarter of a gigabyte together.
    """
    root = str(Path(__file__).resolve().parents[3])
    paths = [root, os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "1",
    }


def write_request(request: object) -> Path:
    """The request as a temporary file, for this user only: it holds paths. The child removes it, else the caller."""
    text = json.dumps(encode(request), allow_nan=False)  # ASCII: names of files on Linux need be no text in UTF-8
    descriptor, name = tempfile.mkstemp(prefix=REQUEST_PREFIX, suffix=".json")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)


def run(request: AssessRequest, on_event: Listener = ignore) -> Path:
    """Run an assessment in a child process and wait for it. KeyboardInterrupt cancels it.

    Returns the result folder. Raises what the child reported (a SynthTrustError, ConcernsError among them), Cancelled,
    or UnexpectedError if it crashed or was killed. Nothing is left behind.
    """
    child = Child(request, on_event)
    try:
        return child.wait()
    except KeyboardInterrupt:
        raise Cancelled from None
    finally:
        child.close()


class Child:
    """A running assessment. A thread reads what it says; everything else happens in the caller's.

    Parameters
    ----------
    request : AssessRequest
        Or what another `subcommand` of ``python -m SynthTrustLib`` takes.
    on_event : callable
        Receives every event of the child, in the thread that calls `poll` or `wait`. What it raises goes to that
        caller, and the run goes on.
    command : list of str or None
        What to start instead of the assessment; given by tests.
    grace_seconds : float
        How long the child may take to clean up after `cancel` before it is asked to end, and then before it is ended.
    """

    def __init__(
        self,
        request: object,
        on_event: Listener = ignore,
        *,
        subcommand: str = "run-child",
        command: list[str] | None = None,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._grace_seconds = grace_seconds
        self._on_event = on_event
        self._cancelled_at: float | None = None
        self._asked_to_end = self._ended = False
        self._last: Finished | Failed | None = None
        self._concerns: list[Concern] = []
        self._workspace: Path | None = None
        self._chatter: deque[str] = deque(maxlen=CHATTER_LINES)
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._request_file = write_request(request)
        try:
            self._process = subprocess.Popen(
                command or child_command(self._request_file, subcommand),
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
        self._tree = ProcessTree(self._process)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def cancel(self) -> None:
        """Ask the run to stop; callable from any thread, and does not wait. It then ends within a few seconds.

        A child that can still react notices that its leash is gone, removes what it has written and ends itself; one
        that comes too late for that finds no request.
        """
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
        with contextlib.suppress(OSError):
            self._request_file.unlink()
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()

    def poll(self, wait_seconds: float = 0.0) -> bool:
        """Take in what the child has said; whether it has ended, with all that it started and nothing left behind.

        Waits for news no longer than `wait_seconds`.
        """
        if self._ended:
            return True
        self._insist()
        self._take_lines(wait_seconds)
        if self._process.poll() is None:
            return False
        self._tree.end(force=True)  # what it may have left running
        self._reader.join(1.0)
        self._take_lines(0.0)
        for stream in (self._process.stdin, None if self._reader.is_alive() else self._process.stdout):
            with contextlib.suppress(OSError):
                if stream:
                    stream.close()
        if self._workspace:
            remove_workspace(self._workspace)
        self._request_file.unlink(missing_ok=True)
        self._ended = True
        return True

    def wait(self) -> Path:
        """Follow the child to its end; returns the result folder or raises, as `run` does."""
        while not self.poll(WAIT_SECONDS):
            pass
        return self.result()

    def close(self) -> None:
        """End the child if it still runs, without a word to `on_event`, and wait for that. Harmless when done."""
        self._on_event = ignore
        if not self._ended:
            self.cancel()
        while not self.poll(WAIT_SECONDS):
            pass

    def result(self) -> Path:
        """The result folder of a child that has ended; raises what it said went wrong, as `run` does."""
        last, code = self._last, self._process.returncode
        if self._cancelled_at is not None or code == Cancelled.exit_code:
            raise Cancelled
        if code == 0 and isinstance(last, Finished):
            return Path(last.folder)
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
            details=self.log()[-DETAILS_LIMIT:],
        )

    def log(self) -> str:
        """What the child said beside its events."""
        return "\n".join(self._chatter)

    def _insist(self) -> None:
        """A cancelled child that does not end by itself is asked to, and later ended."""
        waited = 0.0 if self._cancelled_at is None else time.monotonic() - self._cancelled_at
        if waited > 2 * self._grace_seconds:
            self._tree.end(force=True)
        elif waited > self._grace_seconds and not self._asked_to_end:
            self._asked_to_end = True
            self._tree.end(force=False)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed under us at the end
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(None)

    def _take_lines(self, wait_seconds: float) -> None:
        with contextlib.suppress(queue.Empty):
            line = self._lines.get(timeout=wait_seconds) if wait_seconds else self._lines.get_nowait()
            while line is not None:
                self._take(line)
                line = self._lines.get_nowait()
            with contextlib.suppress(subprocess.TimeoutExpired):  # nothing more will come: it ends
                self._process.wait(wait_seconds)

    def _take(self, line: str) -> None:
        event = from_line(line)
        if event is None:
            if line.strip():
                self._chatter.append(line.rstrip())
            return
        if isinstance(event, Started):
            self._workspace = Path(event.workspace)
        elif isinstance(event, Concerned):
            self._concerns.append(Concern(event.key, event.text))
        elif isinstance(event, Finished | Failed):
            self._last = event
        self._on_event(event)
