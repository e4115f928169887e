"""A run that somebody else launches and watches, with a launcher between as Slicer's python is one."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from SynthTrustLib.errors import Cancelled
from SynthTrustLib.runner.process.console_child import ConsoleChild
from SynthTrustLib.runner.process.events import Failed, Finished, Noted, Started
from SynthTrustLib.runner.process.request import AssessRequest

LAUNCHER = "import subprocess, sys; subprocess.Popen([sys.executable, *sys.argv[1:]]).wait()"

LATE = """
import os, sys, time
from pathlib import Path
go = Path(sys.argv[1])
print("pid", os.getpid(), flush=True)
while not go.exists():
    time.sleep(0.02)
"""

THE_REAL_CHILD = """
import runpy
sys.argv[1:] = sys.argv[-2:]  # run-child REQUEST.json
runpy.run_module("SynthTrustLib", run_name="__main__")
"""

A_CHILD_WITH_ITS_REQUEST = """
from SynthTrustLib.runner.process.events import *
print(to_line(Started(os.getpid(), "")), flush=True)
time.sleep(60)
"""


class Run:
    """A ConsoleChild, and what it has told."""

    def __init__(self, folder: Path, code: str, *arguments: str, listener=None) -> None:
        self._before, self._code = arguments, code
        self.told: list = []
        self.ends: list = []
        self._ended = threading.Event()
        self.inputs = folder / "inputs"
        self.inputs.mkdir()
        request = AssessRequest(out=self.inputs / "result")
        self.child = ConsoleChild(request, self.inputs, self._launch, listener or self.told.append, self._end)

    def _end(self, result, error) -> None:
        self.ends.append((result, error))

    def _launch(self, args, *, updateEnvironment, blocking, logCallback, completedCallback):
        """As Slicer's: a callback that raises is the last that is called."""
        command = [sys.executable, "-c", LAUNCHER, "-c", self._code, *self._before, *args[-2:]]
        process = subprocess.Popen(
            command,
            env=os.environ | updateEnvironment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pid: int | None = None
        self._has_pid = threading.Event()

        def follow() -> None:
            with process.stdout:
                for line in process.stdout:
                    if line.startswith("pid "):
                        self.pid = int(line.split()[1])
                        self._has_pid.set()
                    logCallback(line.rstrip())
            completedCallback(process.wait())
            self._ended.set()

        threading.Thread(target=follow, daemon=True).start()
        return process

    def wait_for_pid(self) -> None:
        assert self._has_pid.wait(60)

    def wait(self) -> None:
        try:
            assert self._ended.wait(30)
        finally:
            if self.pid is not None and psutil.pid_exists(self.pid):
                psutil.Process(self.pid).kill()


@pytest.mark.parametrize("end", ["cancel", "abandon"])
def test_a_child_that_starts_after_its_launcher_was_ended_finds_no_request_and_ends_itself(tmp_path, end):
    run = Run(tmp_path, LATE + THE_REAL_CHILD, str(tmp_path / "go"))
    run.wait_for_pid()
    process = psutil.Process(run.pid)
    getattr(run.child, end)()
    (tmp_path / "go").touch()
    if end == "cancel":
        run.wait()
        ((result, error),) = run.ends
        assert result is None
        assert isinstance(error, Cancelled)
        (event,) = run.told
        assert isinstance(event, Failed)
        assert "request cannot be read" in event.what
    process.wait(30)
    assert not run.inputs.exists()


def test_a_child_that_says_after_the_cancel_that_it_has_started_is_ended(tmp_path):
    run = Run(tmp_path, LATE + A_CHILD_WITH_ITS_REQUEST, str(tmp_path / "go"))
    run.wait_for_pid()
    run.child.cancel()
    (tmp_path / "go").touch()
    run.wait()
    assert isinstance(run.told[0], Started)
    assert isinstance(run.ends[0][1], Cancelled)


def test_a_listener_that_fails_is_logged_and_the_run_still_comes_to_its_end(tmp_path, caplog):
    def listener(event):
        raise ValueError(f"cannot show {event}")

    code = """
from pathlib import Path
from SynthTrustLib.runner.process.events import *
print(to_line(Noted("one")), flush=True)
print(to_line(Finished("somewhere")), flush=True)
"""
    with caplog.at_level(logging.ERROR):
        run = Run(tmp_path, code, listener=listener)
        run.wait()
    assert run.ends == [(Path("somewhere"), None)]
    assert [str(record.exc_info[1]) for record in caplog.records] == [
        f"cannot show {event}" for event in (Noted("one"), Finished("somewhere"))
    ]
    assert not run.child.running
