"""Killed workers and killed runs: nobody is lost, nothing is half-written, the next call goes on."""

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
from pathlib import Path

import psutil
import pytest
from cohort.conftest import arguments, keys, stamps, write_source

ROOT = Path(__file__).resolve().parents[3]

LONGEST_SECONDS = 240.0

RANDOM_KILLS = 20


def _heed_ctrl_c():
    """A shell's background jobs inherit that SIGINT is ignored, and so would the runs of tests in one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """``synthtrust cohort run`` as a process of its own."""

    def __init__(self, source: Path, out: Path, segmenters: Path, *more: str):
        command = [sys.executable, "-m", "SynthTrustLib", "cohort", "run", str(source), "--out", str(out)]
        self.out = out
        self.process = subprocess.Popen(
            [*command, *arguments(segmenters), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            preexec_fn=_heed_ctrl_c if os.name == "posix" else None,
        )

    def until_a_patient_is_under_way(self):
        """Returns when some results may be there and one is half-written."""
        end = time.monotonic() + LONGEST_SECONDS
        while not list(self.out.glob("patients/.*.partial-*")):
            assert time.monotonic() < end and self.process.poll() is None, self.process.stdout.read()
            time.sleep(0.02)

    def worker(self) -> psutil.Process:
        """The process that the patient runs in: the child with most memory."""
        return max(psutil.Process(self.process.pid).children(), key=lambda child: child.memory_info().rss)

    def end(self) -> str:
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


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, one_patient, segmenters):
    """The rows of a run that nobody has killed."""
    root = tmp_path_factory.mktemp("undisturbed")
    run = Run(write_source(root / "source", one_patient), root / "cohort", segmenters)
    said = run.end()
    assert run.process.returncode == 0, said
    return rows(run.out)


def test_killed_at_a_random_time_the_next_call_gives_the_rows_of_an_undisturbed_run(
    source, tmp_path, segmenters, undisturbed
):
    _kill_and_go_on(source, tmp_path / "cohort", segmenters, undisturbed, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, RANDOM_KILLS))
def test_so_it_is_however_often_it_is_killed(source, tmp_path, segmenters, undisturbed, seed):
    _kill_and_go_on(source, tmp_path / "cohort", segmenters, undisturbed, seed)


def _kill_and_go_on(source, out, segmenters, undisturbed, seed):
    """Kill a worker or the run itself, with a signal and at a moment by chance; then call it again."""
    chance = random.Random(seed)
    whom = ("run", "worker")[seed % 2]
    run = Run(source, out, segmenters)
    run.until_a_patient_is_under_way()
    time.sleep(chance.uniform(0, 3))
    with contextlib.suppress(psutil.NoSuchProcess, ValueError):
        if whom == "worker":
            run.worker().kill()
        else:
            run.process.send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGINT)))
    run.end()
    again = Run(source, out, segmenters)
    said = again.end()
    assert again.process.returncode == 0, said
    assert rows(out) == undisturbed
    assert not list(out.glob("patients/.*"))


@pytest.mark.slow
def test_where_the_scheduler_is_killed_nobody_has_failed_and_the_next_call_goes_on(
    source, tmp_path, segmenters, undisturbed
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    scheduler, worker = _dask("scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2]), None
    try:
        worker = _dask("worker", address, "--nthreads", "1", "--no-nanny")
        run = _run_at(address, source, tmp_path / "cohort", segmenters)
        run.until_a_patient_is_under_way()
        scheduler.kill()
        said = run.end()
        assert run.process.returncode == 2 and "does not answer any more" in said, said
        assert "Traceback" not in said
    finally:
        for process in (scheduler, worker):
            if process is not None:
                process.kill()
                process.wait()
    again = Run(source, run.out, segmenters)
    said = again.end()
    assert again.process.returncode == 0, said
    assert rows(run.out) == undisturbed


def _dask(kind, *options):
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options, "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, **quiet)


def _run_at(address, source, out, segmenters):
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


@pytest.mark.slow
def test_a_patient_whose_worker_is_killed_runs_again_on_a_new_one(source, tmp_path, segmenters):
    run = Run(source, tmp_path / "cohort", segmenters)
    run.until_a_patient_is_under_way()
    run.worker().kill()
    said = run.end()
    assert run.process.returncode == 0, said
    assert len(stamps(run.out)) == 3
    assert not list(run.out.glob("patients/.*"))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_next_call_goes_on_where_a_killed_run_stood(source, tmp_path, segmenters, how):
    run = Run(source, tmp_path / "cohort", segmenters)
    run.until_a_patient_is_under_way()
    workers = psutil.Process(run.process.pid).children(recursive=True)
    before, first = stamps(run.out), keys(run.out)
    run.process.send_signal(how)
    said = run.end()
    assert run.process.returncode == (-how if how == signal.SIGKILL else 130), said
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
    if how != signal.SIGKILL:
        assert "Whoever was done stays done" in said
        assert not list(run.out.glob("patients/.*")), said

    again = Run(source, tmp_path / "cohort", segmenters)
    said = again.end()
    assert again.process.returncode == 0, said
    after = stamps(run.out)
    assert len(after) == 3 and after.items() >= before.items()
    assert keys(run.out) == first
    assert not list(run.out.glob("patients/.*"))
