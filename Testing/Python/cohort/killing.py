"""A cohort's run that is killed at a moment by chance, and called again: by tests and by the benchmark."""

from __future__ import annotations

import contextlib
import csv
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from cohort.conftest import arguments, keys

ROOT = Path(__file__).resolve().parents[3]

LONGEST_SECONDS = 900.0
"""On a machine that does other things as well."""

VICTIMS = ("client", "worker", "scheduler")

LATEST_SECONDS = 3.0
"""After a patient is under way, the kill comes at a moment up to here."""


def heed_ctrl_c() -> None:
    """A shell's background jobs inherit that SIGINT is ignored, and so would the runs of tests in one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """``synthtrust cohort run`` as a process of its own; `before`: a command that starts it."""

    def __init__(self, source: Path, out: Path, segmenters: Path, *more: str, before: tuple[str, ...] = ()):
        command = [*before, sys.executable, "-m", "SynthTrustLib", "cohort", "run", str(source), "--out", str(out)]
        self.out = out
        self.process = subprocess.Popen(
            [*command, *arguments(segmenters, *more)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            preexec_fn=heed_ctrl_c if os.name == "posix" else None,
        )

    def until_a_patient_is_under_way(self) -> None:
        """Returns when some results may be there and one is half-written."""
        end = time.monotonic() + LONGEST_SECONDS
        while not list(self.out.glob("patients/.*.partial-*")):
            assert time.monotonic() < end and self.process.poll() is None, self.process.stdout.read()
            time.sleep(0.02)

    def worker(self) -> psutil.Process:
        """The process that the patient runs in: the child with most memory."""
        return max(psutil.Process(self.process.pid).children(), key=lambda child: child.memory_info().rss)

    def end(self) -> str:
        """What it has said, once it has ended."""
        said, _ = self.process.communicate(timeout=LONGEST_SECONDS)
        return said


def rows(cohort: Path) -> dict[str, dict[str, str]]:
    """Name -> the row of the table, without what it took."""
    names = {key: name for name, key in keys(cohort).items()}
    with (cohort / "cohort.csv").open(newline="", encoding="utf-8") as file:
        found = [(names[row.pop("key")], row) for row in csv.DictReader(file)]
    assert len(found) == len(dict(found)), "nobody is counted twice"
    for _, row in found:
        row.pop("seconds")
    return dict(found)


@dataclass(frozen=True)
class Killed:
    """A run that was killed, and the one after it.

    Attributes
    ----------
    victim : str
        Of `VICTIMS`.
    how : str
        The signal's name.
    done : int
        How many patients had a result when the first run had ended.
    rows : mapping
        As of `rows`, when the second run was through.
    left : list of str
        What half-written things lie about.
    """

    victim: str
    how: str
    done: int
    rows: dict[str, dict[str, str]]
    left: list[str]


def kill_and_go_on(source: Path, out: Path, segmenters: Path, seed: int) -> Killed:
    """Kill one of `VICTIMS` at a moment by chance, then call the run again."""
    chance = random.Random(seed)
    victim = VICTIMS[seed % len(VICTIMS)]
    how = signal.SIGKILL
    with contextlib.ExitStack() as stack:
        if victim == "scheduler":
            address, scheduler = stack.enter_context(elsewhere())
            run = run_at(address, source, out, segmenters)
        else:
            run = Run(source, out, segmenters)
            run.until_a_patient_is_under_way()
        time.sleep(chance.uniform(0, LATEST_SECONDS))
        with contextlib.suppress(psutil.NoSuchProcess, ValueError):  # it was through already
            if victim == "scheduler":
                scheduler.kill()
            elif victim == "worker":
                run.worker().kill()
            else:
                how = chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
                run.process.send_signal(how)
        run.end()
    done = len(list(out.glob("patients/*/scorecard.json")))
    again = Run(source, out, segmenters)
    said = again.end()
    assert again.process.returncode == 0, said
    return Killed(victim, how.name, done, rows(out), [path.name for path in out.glob("patients/.*")])


@contextlib.contextmanager
def elsewhere() -> Iterator[tuple[str, subprocess.Popen]]:
    """A scheduler and a worker that no run has started: the address, and the scheduler's process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", str(port))
    processes = [scheduler]
    try:
        processes.append(dask("worker", f"tcp://127.0.0.1:{port}", "--nthreads", "1", "--no-nanny"))
        yield f"tcp://127.0.0.1:{port}", scheduler
    finally:
        for process in processes:
            process.kill()
            process.wait()


def dask(kind: str, *options: str, before: tuple[str, ...] = ()) -> subprocess.Popen:
    """``dask scheduler`` or ``dask worker``; `before`: a command that starts it."""
    command = [*before, sys.executable, "-m", f"distributed.cli.dask_{kind}", *options, "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, **quiet)


def run_at(address: str, source: Path, out: Path, segmenters: Path) -> Run:
    """A run on workers that are there, as soon as they are."""
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        run = Run(source, out, segmenters, "--scheduler", address)
        while run.process.poll() is None and not list(out.glob("patients/.*.partial-*")):
            time.sleep(0.05)
        if run.process.poll() is None:
            return run
        assert time.monotonic() < end, run.end()
        time.sleep(1.0)
