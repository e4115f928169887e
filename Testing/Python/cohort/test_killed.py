"""Killed workers and killed runs: nobody is lost, nothing is half-written, the next call goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from cohort.conftest import arguments, keys, stamps

ROOT = Path(__file__).resolve().parents[3]

LONGEST_SECONDS = 240.0

pytestmark = pytest.mark.slow


class Run:
    """``synthtrust cohort run`` as a process of its own."""

    def __init__(self, source: Path, out: Path, segmenters: Path):
        command = [sys.executable, "-m", "SynthTrustLib", "cohort", "run", str(source), "--out", str(out)]
        self.out = out
        self.process = subprocess.Popen(
            [*command, *arguments(segmenters)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
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


def test_a_patient_whose_worker_is_killed_runs_again_on_a_new_one(source, tmp_path, segmenters):
    run = Run(source, tmp_path / "cohort", segmenters)
    run.until_a_patient_is_under_way()
    run.worker().kill()
    said = run.end()
    assert run.process.returncode == 0, said
    assert len(stamps(run.out)) == 3
    assert not list(run.out.glob("patients/.*"))


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
