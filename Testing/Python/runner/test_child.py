"""The child's side: exit codes, the last event, and noticing that nobody waits any more."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import SynthTrustLib
from SynthTrustLib.resources import FOLDERS_VARIABLE
from SynthTrustLib.runner.process import child
from SynthTrustLib.runner.process.events import Concerned, Failed, Noted, from_line
from SynthTrustLib.runner.process.launch import write_request
from SynthTrustLib.runner.process.request import AssessRequest

ROOT = Path(SynthTrustLib.__file__).resolve().parents[1]

PRELUDE = """
import ctypes, os, subprocess, sys, time
from pathlib import Path
from SynthTrustLib.errors import *
from SynthTrustLib.runner.process import child
from SynthTrustLib.runner.process.events import *
from SynthTrustLib.runner.process.request import AssessRequest
def work(request, tell):
{work}
parent = None if "--leash" in sys.argv else child.Parent()
sys.exit(child.serve(Path(sys.argv[1]), child._take_over_stdout(), work, parent, kind=AssessRequest))
"""


def start(work: str, request: Path, *options: str, **streams) -> subprocess.Popen:
    code = PRELUDE.format(work="".join(f"    {line}\n" for line in work.splitlines()))
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen([sys.executable, "-c", code, str(request), *options], cwd=ROOT, text=True, **streams)


@pytest.fixture
def request_file(tmp_path):
    path = write_request(AssessRequest(out=tmp_path / "out"))
    yield path
    path.unlink(missing_ok=True)


def finish(process: subprocess.Popen) -> tuple[int, list]:
    out, _ = process.communicate(timeout=120)
    return process.returncode, [from_line(line) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("work", "code", "kind"),
    [
        ("raise InputError('it is empty', source='t1.nii', next_step='Copy it.')", 2, "input"),
        ("raise OutputError('it is full', source='out', next_step='Free some.')", 2, "output"),
        ("raise Cancelled", 130, "cancelled"),
        ("raise KeyboardInterrupt", 130, "cancelled"),
        ("raise ValueError('deep\\ninside')", 1, "unexpected"),
        ("raise MemoryError", 1, "unexpected"),
    ],
)
def test_every_end_has_its_exit_code_and_says_why(request_file, work, code, kind):
    returned, events = finish(start(work, request_file))
    assert returned == code
    (event,) = events
    assert isinstance(event, Failed)
    assert event.kind == kind
    assert "\n" not in event.what


def test_concerns_come_one_by_one_before_the_end_and_have_an_exit_code_of_their_own(request_file):
    work = "raise ConcernsError([Concern('missing:T2', 'T2: missing'), Concern('looks:FLAIR', 'FLAIR: looks like T1')])"
    returned, events = finish(start(work, request_file))
    assert returned == 3
    *concerns, end = events
    assert concerns == [Concerned("missing:T2", "T2: missing"), Concerned("looks:FLAIR", "FLAIR: looks like T1")]
    assert isinstance(end, Failed) and end.kind == "concerns"


def test_an_unexpected_error_brings_its_traceback_as_details(request_file):
    _, (event,) = finish(start("raise ValueError('deep inside')", request_file))
    assert "in work" in event.details
    assert event.details.rstrip().endswith("ValueError: deep inside")


def test_memory_that_runs_out_is_said_in_words(request_file):
    _, (event,) = finish(start("raise MemoryError", request_file))
    assert "out of memory" in event.what


def test_a_good_run_ends_with_zero(request_file, tmp_path):
    returned, events = finish(start("tell(Noted(str(request.out)))", request_file))
    assert returned == 0
    assert events == [Noted(str(tmp_path / "out"))]


def test_what_libraries_print_does_not_reach_the_events(request_file):
    work = """print("from Python")
ctypes.CDLL(None).puts(b"from C") if os.name == "posix" else None
subprocess.run([sys.executable, "-c", "print('from a child')"])
tell(Noted("an event"))
ctypes.CDLL(None).fflush(None) if os.name == "posix" else None"""
    returned, events = finish(start(work, request_file))
    assert (returned, events) == (0, [Noted("an event")])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"out": 3})])
def test_a_request_that_cannot_be_read_is_an_error_in_words(tmp_path, text):
    path = tmp_path / "request.json"
    path.write_text(text)
    returned, (event,) = finish(start("pass", path))
    assert returned == 2
    assert event.source == "request.json"


def test_the_run_is_cancelled_when_the_parent_lets_go_of_stdin(request_file, tmp_path):
    mark = tmp_path / "cleaned up"
    work = f"""try:
    tell(Noted("up"))
    time.sleep(60)
finally:
    Path({str(mark)!r}).touch()"""
    process = start(work, request_file, "--leash", stdin=subprocess.PIPE)
    assert process.stdout.readline()
    process.stdin.close()
    process.stdin = None
    returned, events = finish(process)
    assert returned == 130
    assert [event.kind for event in events] == ["cancelled"]
    assert mark.exists()


@pytest.mark.skipif(os.name != "posix", reason="blocks in a POSIX call")
def test_a_run_that_is_deep_in_native_code_is_ended_all_the_same_and_its_workspace_removed(request_file, tmp_path):
    workspace = tmp_path / ".out.partial-1"
    work = f"""workspace = Path({str(workspace)!r})
tell(Started(os.getpid(), str(workspace)))
workspace.mkdir()
libc = ctypes.CDLL(None)
told = False
while True:
    try:  # from before anybody is told, as the interrupt may come at once
        if not told:
            tell(Noted("up"))
        told = True
        libc.sleep(60)
    except KeyboardInterrupt:
        pass"""
    process = start(work, request_file, "--leash", stdin=subprocess.PIPE)
    while not isinstance(from_line(line := process.stdout.readline()), Noted):
        assert line, process.stderr.read()
    process.stdin.close()
    assert process.wait(timeout=120) == 130
    assert not workspace.exists()


@pytest.mark.skipif(os.name != "posix", reason="kills a parent the POSIX way")
def test_without_a_leash_the_end_of_the_parents_process_ends_the_run(request_file, tmp_path):
    workspace = tmp_path / ".out.partial-1"
    code = PRELUDE.format(
        work=f"""
    workspace = Path({str(workspace)!r})
    workspace.mkdir()
    (workspace / "pid").write_text(str(os.getpid()))
    try:
        time.sleep(60)
    finally:
        (workspace / "pid").unlink()
        workspace.rmdir()
"""
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys; subprocess.Popen([sys.executable, '-c', *sys.argv[1:]]).wait()",
            code,
            str(request_file),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not (workspace / "pid").exists() or not (workspace / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    pid = int((workspace / "pid").read_text())
    parent.kill()
    parent.wait()
    while workspace.exists() or (psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE):
        assert time.monotonic() < deadline + 120
        time.sleep(0.05)


LAUNCHER = "import subprocess, sys; subprocess.Popen([sys.executable, *sys.argv[1:]]).wait()"

SLOW_TO_IMPORT = """
import importlib.abc, os, sys, time
from pathlib import Path
mark, request = sys.argv[1:]
class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "SynthTrustLib.runner.assess":
            Path(mark).write_text(str(os.getpid()))
            time.sleep(60)
sys.meta_path.insert(0, Slow())
from SynthTrustLib.runner.process import child
sys.exit(child.main([request]))
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a launcher the POSIX way")
def test_the_end_of_the_launcher_ends_a_child_that_is_still_importing(request_file, tmp_path):
    mark = tmp_path / "pid"
    command = [sys.executable, "-c", LAUNCHER, "-c", SLOW_TO_IMPORT, str(mark), str(request_file)]
    launcher = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 120
    while not mark.exists() or not mark.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    launcher.kill()
    orphan = psutil.Process(int(mark.read_text()))
    try:
        orphan.wait(30)
    except psutil.NoSuchProcess:
        pass
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.kill()
    events = [from_line(line) for line in launcher.communicate()[0].splitlines()]
    assert [event.kind for event in events] == ["cancelled"]


def test_a_parent_that_has_closed_its_end_cancels_the_run(request_file, tmp_path):
    mark = tmp_path / "went on"
    work = f"""for n in range(200):
    tell(Noted(str(n)))
    time.sleep(0.05)
Path({str(mark)!r}).touch()"""
    process = start(work, request_file)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=120) == 130
    assert not mark.exists()
    process.stderr.close()


def test_folders_of_the_environment_are_meant_from_where_the_child_was_started(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(FOLDERS_VARIABLE, os.pathsep.join(["mine", str(tmp_path / "other")]))
    child.work_in_temporary_folder()
    assert Path.cwd() == tmp_path / "temporary"
    assert os.environ[FOLDERS_VARIABLE].split(os.pathsep) == [str(tmp_path / "mine"), str(tmp_path / "other")]


def test_a_request_is_gone_once_it_was_read_so_that_a_killed_parent_leaves_none(request_file):
    process = start("tell(Noted(str(Path(sys.argv[1]).exists())))\ntime.sleep(60)", request_file, "--leash", stdin=-1)
    assert from_line(process.stdout.readline()) == Noted("False")
    assert not request_file.exists()
    process.kill()
    process.communicate(timeout=60)


def test_a_request_is_gone_although_the_parent_was_killed_before_it_was_read(request_file):
    process = start("time.sleep(60)", request_file, "--leash", stdin=-1)
    process.stdin.close()  # as the end of the parent does
    assert process.wait(timeout=60) in (0, 130)
    assert not request_file.exists()


def test_a_request_written_by_hand_stays(request_file, tmp_path):
    mine = tmp_path / "request.json"
    mine.write_text(request_file.read_text("utf-8"), "utf-8")
    assert finish(start("pass", mine))[0] == 0
    assert mine.exists()


@pytest.mark.skipif(os.name != "posix", reason="named pipes in folders are a thing of POSIX")
def test_a_request_that_is_a_pipe_is_an_error_and_no_wait(tmp_path):
    os.mkfifo(tmp_path / "request.json")
    returned, (event,) = finish(start("pass", tmp_path / "request.json"))
    assert returned == 2
    assert "cannot be read" in event.what
