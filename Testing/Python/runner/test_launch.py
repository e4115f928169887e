"""The parent's side, with children that misbehave in every way."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from SynthTrustLib.case.unused import Unused, UnusedKind
from SynthTrustLib.codec import decode, encode, parse, to_text
from SynthTrustLib.errors import Cancelled, Concern, ConcernsError, InputError, OutputError
from SynthTrustLib.runner.process import launch, process_tree
from SynthTrustLib.runner.process.events import Finished, Noted, Progressed
from SynthTrustLib.runner.process.launch import Child, UnexpectedError, child_environment, write_request
from SynthTrustLib.runner.process.request import AssessRequest
from SynthTrustLib.vocabulary import Contrast

posix_only = pytest.mark.skipif(os.name != "posix", reason="uses POSIX signals")

SAY = """
import os, signal, subprocess, sys, time
from pathlib import Path
from SynthTrustLib.runner.process.events import *
def say(event):
    print(to_line(event), flush=True)
"""


def child(code: str, tmp_path: Path, listener=lambda event: None, **options) -> Child:
    command = [sys.executable, "-c", SAY + code]
    return Child(AssessRequest(out=tmp_path / "out"), listener, command=command, **options)


def is_gone(pid: int, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def wait_for(path: Path, seconds: float = 120.0) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} never came")


def test_the_result_folder_is_what_the_child_says(tmp_path):
    running = child("say(Finished('somewhere'))", tmp_path)
    assert running.wait() == Path("somewhere")
    running.close()


def test_events_arrive_in_order_between_garbage_of_every_kind(tmp_path):
    told = []
    code = r"""
raw = sys.stdout.buffer
for n in range(50):
    raw.write(b"\xff\xfe garbage \x00 @synthtrust {\n")
    raw.write(b'@synthtrust {"event": "progress", "stage"\n')
    print("warning without an end", end="", file=sys.stderr, flush=True)
    raw.flush()
    say(Progressed("s", n / 50, n / 50))
    print("a warning", file=sys.stderr, flush=True)
raw.write(b"x" * 200_000 + b"\n")
raw.flush()
say(Finished("f"))
raw.write(b"@synthtrust {")
"""
    running = child(code, tmp_path, told.append)
    assert running.wait() == Path("f")
    assert [event.overall for event in told if isinstance(event, Progressed)] == [n / 50 for n in range(50)]
    running.close()


@pytest.mark.parametrize(("kind", "expected"), [("input", InputError), ("output", OutputError)])
def test_the_childs_error_is_raised_as_what_it_was(tmp_path, kind, expected):
    code = f"say(Failed({kind!r}, 'the file is truncated', 't1.nii.gz', 'Copy it again.')); sys.exit(2)"
    running = child(code, tmp_path)
    with pytest.raises(expected, match=r"^t1.nii.gz: the file is truncated. Copy it again.$"):
        running.wait()
    running.close()


def test_the_childs_concerns_are_raised_as_one_list(tmp_path):
    code = "say(Concerned('missing:T2', 'a')); say(Concerned('looks:FLAIR', 'b'))\n"
    code += "say(Failed('concerns', 'w', 's', 'n')); sys.exit(3)"
    running = child(code, tmp_path)
    with pytest.raises(ConcernsError, match="2 concerns must be accepted") as caught:
        running.wait()
    assert caught.value.concerns == (Concern("missing:T2", "a"), Concern("looks:FLAIR", "b"))
    running.close()


def test_exit_code_130_is_a_cancelled_run(tmp_path):
    running = child("sys.exit(130)", tmp_path)
    with pytest.raises(Cancelled):
        running.wait()
    running.close()


def test_a_crash_without_a_word_is_unexpected_and_keeps_its_last_words(tmp_path):
    running = child("raise ValueError('deep inside')", tmp_path)
    with pytest.raises(UnexpectedError, match="exit code 1") as caught:
        running.wait()
    assert "deep inside" in caught.value.details
    assert caught.value.exit_code == 1
    running.close()


def test_an_end_without_a_result_is_unexpected_even_with_exit_code_zero(tmp_path):
    running = child("pass", tmp_path)
    with pytest.raises(UnexpectedError, match="without a result"):
        running.wait()
    running.close()


@posix_only
def test_a_killed_child_leaves_no_workspace(tmp_path):
    workspace = tmp_path / ".out.partial-1"
    code = f"""
workspace = Path({str(workspace)!r})
say(Started(os.getpid(), str(workspace)))
workspace.mkdir()
(workspace / "scorecard.json").write_text("half")
os.kill(os.getpid(), signal.SIGKILL)
"""
    running = child(code, tmp_path)
    with pytest.raises(UnexpectedError, match="signal 9"):
        running.wait()
    running.close()
    assert list(tmp_path.iterdir()) == []


STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
workspace = Path(sys.argv[-1])
say(Started(os.getpid(), str(workspace)))
workspace.mkdir()
code = "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
code += "print(os.getpid(), file=open(sys.argv[1], 'w')); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code, str(workspace / "grandchild")])
say(Noted("ready"))
time.sleep(60)
"""


@pytest.mark.parametrize("with_psutil", [True, False])
def test_cancel_ends_a_stubborn_child_and_its_children_and_leaves_nothing(tmp_path, monkeypatch, with_psutil):
    if not with_psutil:
        monkeypatch.setattr(process_tree, "_members", lambda pid: [])
    workspace = tmp_path / "work" / ".out.partial-1"
    workspace.parent.mkdir()
    running = Child(
        AssessRequest(out=tmp_path / "out"),
        command=[sys.executable, "-c", SAY + STUBBORN, str(workspace)],
        grace_seconds=0.3,
    )
    outcome = []

    def follow():
        try:
            running.wait()
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=follow)
    thread.start()
    grandchild = int(wait_for(workspace / "grandchild"))
    running.cancel()
    thread.join(120)
    assert not thread.is_alive()
    assert isinstance(outcome[0], Cancelled)
    assert is_gone(running.pid)
    assert is_gone(grandchild)
    assert not workspace.exists()
    running.close()


@posix_only
def test_a_cancelled_child_is_no_zombie(tmp_path):
    running = child("say(Noted('up')); time.sleep(60)", tmp_path)
    running.cancel()
    with pytest.raises(Cancelled):
        running.wait()
    assert not psutil.pid_exists(running.pid)


@posix_only
def test_a_child_that_cleans_up_when_its_leash_is_dropped_is_given_the_time(tmp_path):
    mark = tmp_path / "cleaned up"
    code = f"say(Noted('up')); sys.stdin.read(); time.sleep(0.3); Path({str(mark)!r}).touch(); sys.exit(130)"
    up = threading.Event()
    running = child(code, tmp_path, lambda event: up.set() if isinstance(event, Noted) else None, grace_seconds=120)
    threading.Thread(target=lambda: (up.wait(120), running.cancel())).start()
    with pytest.raises(Cancelled):
        running.wait()
    assert mark.exists()


@posix_only
def test_a_grandchild_that_holds_the_pipe_open_does_not_hold_up_the_result(tmp_path):
    code = """
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
say(Noted(str(grandchild.pid)))
say(Finished("f"))
"""
    told = []
    running = child(code, tmp_path, told.append)
    assert running.wait() == Path("f")
    assert is_gone(int(told[0].text)), "nothing that the child has started outlives it"


@pytest.mark.parametrize("said", ["", ".", "theirs"])
def test_a_folder_that_no_run_has_made_is_never_removed_whatever_the_child_says(tmp_path, monkeypatch, said):
    """The folder of the caller is the workspace of nobody."""
    (tmp_path / "theirs").mkdir()
    monkeypatch.chdir(tmp_path)
    running = child(f"say(Started(os.getpid(), {said!r})); sys.exit(1)", tmp_path)
    with pytest.raises(UnexpectedError):
        running.wait()
    running.close()
    assert (tmp_path / "theirs").is_dir()


def test_who_must_not_wait_looks_at_the_child_and_is_never_kept(tmp_path):
    told = []
    running = child("sys.stdin.readline(); say(Finished('f'))", tmp_path, told.append)
    begun = time.monotonic()
    assert not running.poll() and told == []
    assert time.monotonic() - begun < 1
    running._process.stdin.write("go on\n")
    running._process.stdin.flush()
    while not running.poll():
        time.sleep(0.01)
    assert running.result() == Path("f") and len(told) == 1
    assert running.poll(), "it stays so"


def test_a_listener_that_fails_is_told_to_whoever_looks_and_the_run_goes_on(tmp_path):
    def listener(event):
        raise ValueError(f"cannot show {event}")

    running = child("say(Noted('one')); say(Finished('f'))", tmp_path, listener)
    failures = []
    ended = False
    while not ended:
        try:
            ended = running.poll(0.2)
        except ValueError as error:
            failures.append(str(error))
    assert running.result() == Path("f")
    assert failures == [f"cannot show {event}" for event in (Noted("one"), Finished("f"))]


LAUNCHER = "import subprocess, sys; subprocess.Popen([sys.executable, *sys.argv[1:]]).wait()"

LATE = """
import os, runpy, sys, time
from pathlib import Path
print("pid", os.getpid(), flush=True)
while not Path(sys.argv[1]).exists():
    time.sleep(0.02)
"""

THE_REAL_CHILD = """
sys.argv[1:] = sys.argv[-3:]  # run-child REQUEST.json --leash
runpy.run_module("SynthTrustLib", run_name="__main__")
"""

ONE_THAT_GOES_ON = """
from SynthTrustLib.runner.process.events import *
print(to_line(Started(os.getpid(), "")), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("code", [THE_REAL_CHILD, ONE_THAT_GOES_ON], ids=["real", "stubborn"])
@pytest.mark.parametrize("end", ["cancel", "close"])
def test_a_child_behind_a_launcher_that_comes_after_the_cancel_ends_all_the_same(tmp_path, monkeypatch, code, end):
    """Slicer's python is such a launcher."""
    go = tmp_path / "go"

    def command(request_file, *_):
        behind = [LATE + code, str(go), "run-child", str(request_file), "--leash"]
        return [sys.executable, "-c", LAUNCHER, "-c", *behind]

    monkeypatch.setattr(launch, "child_command", command)
    told = []
    running = Child(AssessRequest(out=tmp_path / "out"), told.append, grace_seconds=1.0)
    while not running.log().startswith("pid "):
        assert not running.poll(0.2)
    pid = int(running.log().split()[1])
    threading.Timer(0.1, go.touch).start()
    getattr(running, end)()
    with pytest.raises(Cancelled):
        running.wait()
    assert is_gone(pid) and is_gone(running.pid)
    running.close()


def test_a_request_carries_names_of_files_that_are_no_text(tmp_path):
    name = tmp_path / os.fsdecode(b"fl\xe4ir.nii.gz")  # of a disk that was written in Latin-1
    path = write_request(AssessRequest(out=tmp_path / "out", contrasts={Contrast.FLAIR: name}))
    try:
        assert decode(AssessRequest, parse(path.read_bytes())).contrasts == {Contrast.FLAIR: name}
    finally:
        path.unlink()


def test_the_request_file_is_private_and_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = write_request(AssessRequest(out=tmp_path / "out"))
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    path.unlink()
    running = child("say(Finished('f'))", tmp_path)
    running.wait()
    running.close()
    assert list(tmp_path.iterdir()) == []


def test_a_request_survives_its_json(tmp_path):
    request = AssessRequest(
        out=tmp_path / "größe 頭",
        contrasts={Contrast.T1C: tmp_path / "a.nii.gz"},
        case_folder=tmp_path,
        segmenters="a,b",
        extra_segmenter_folders=(tmp_path / "x",),
        reference=tmp_path / "r.nii",
        label="Case 7",
        spacing_mm=(0.5, 0.5, 6.0),
        synthetic=True,
        keep_probabilities=True,
        engine="torch",
        write_scene=False,
        accepted=("missing:T2", "looks:FLAIR"),
        unused=(Unused("t1c", "it was not chosen", UnusedKind.SPARE, frozenset({Contrast.T1C})),),
    )
    assert decode(AssessRequest, parse(to_text(request))) == request
    bare = AssessRequest(out=tmp_path / "out")
    assert decode(AssessRequest, parse(to_text(bare))) == bare
    older = {key: value for key, value in encode(bare).items() if key not in ("accepted", "synthetic", "unused")}
    assert decode(AssessRequest, older) == bare


def test_the_childs_environment_finds_the_library_from_anywhere(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "other")
    first, rest = child_environment()["PYTHONPATH"].split(os.pathsep)
    assert (Path(first) / "SynthTrustLib" / "__init__.py").is_file()
    assert rest == "other"
