"""Two hosts that share a folder, as network namespaces of one machine; one is cut off while it has a patient."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cohort.conftest import keys, stamps
from cohort.killing import LONGEST_SECONDS, Run, dask, rows

PORT = 8786

PATIENTS = 3


@dataclass(frozen=True)
class Host:
    """A network namespace, and its end of the cable to the other one."""

    name: str
    device: str
    address: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What starts a command there."""
        return ("ip", "netns", "exec", self.name)

    def plug(self, state: str) -> None:
        """``up`` or ``down``: the cable is in, or out."""
        _ip("-n", self.name, "link", "set", self.device, state)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Joined by a cable; skips the test where this machine allows no such thing."""
    if shutil.which("ip") is None:
        pytest.skip("there is no command ip (apt-get install iproute2)")
    mark = f"{os.getpid() % 100000:05d}"
    first, second = (Host(f"synthtrust-{mark}-{n}", f"st{mark}n{n}", f"10.213.77.{n}") for n in (1, 2))
    try:
        try:
            for host in (first, second):
                _ip("netns", "add", host.name)
            _ip("link", "add", first.device, "type", "veth", "peer", "name", second.device)
            for host in (first, second):
                _ip("link", "set", host.device, "netns", host.name)
                _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", host.device)
                _ip("-n", host.name, "link", "set", "lo", "up")
                host.plug("up")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"this machine allows no network namespaces ({error.stderr.strip()[:80]})")
        yield first, second
    finally:
        for host in (first, second):
            subprocess.run(["ip", "netns", "delete", host.name], check=False, capture_output=True)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [5, 30])
def test_a_host_that_is_cut_off_and_comes_back_loses_and_doubles_nobody(source, tmp_path, segmenters, seconds):
    out = tmp_path / "cohort"
    with two_hosts() as (here, there), contextlib.ExitStack() as stack:
        address = f"tcp://{here.address}:{PORT}"
        _start(stack, dask("scheduler", "--host", here.address, "--port", str(PORT), before=here.inside))
        for host in (here, there):
            _start(stack, dask("worker", address, "--nthreads", "1", "--no-nanny", before=host.inside))
        _until_both_are_there(address, here)
        run = _run_on_both(address, source, out, segmenters, here)
        there.plug("down")
        time.sleep(seconds)
        there.plug("up")
        said = run.end()
        assert run.process.returncode == 0, said
    found = rows(out)
    assert len(found) == PATIENTS and {row["outcome"] for row in found.values()} == {"done"}
    assert len({tuple(row.values()) for row in found.values()}) == 1, "they are copies of one patient"
    before = stamps(out)
    assert len(before) == PATIENTS and set(before) == set(keys(out).values())
    again = Run(source, out, segmenters)
    said = again.end()
    assert f"{PATIENTS} patients: 0 to run, {PATIENTS} done" in said and again.process.returncode == 0
    assert stamps(out) == before and rows(out) == found
    assert not list(out.glob("patients/.*"))


def _start(stack: contextlib.ExitStack, process: subprocess.Popen) -> None:
    def end() -> None:
        process.kill()
        process.wait()

    stack.callback(end)


def _until_both_are_there(address: str, host: Host) -> None:
    wait = f"Client({address!r}, timeout={LONGEST_SECONDS}).wait_for_workers(2, timeout={LONGEST_SECONDS})"
    subprocess.run([*host.inside, sys.executable, "-c", f"from distributed import Client; {wait}"], check=True)


def _run_on_both(address: str, source: Path, out: Path, segmenters: Path, client: Host) -> Run:
    """A run, once both workers have a patient."""
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        run = Run(source, out, segmenters, "--scheduler", address, before=client.inside)
        while run.process.poll() is None and len(list(out.glob("patients/.*.partial-*"))) < 2:
            time.sleep(0.1)
        if run.process.poll() is None:
            return run
        said = run.end()
        assert time.monotonic() < end, said
        assert run.process.returncode == 2, f"it was through on one worker: {said}"
        time.sleep(1.0)
