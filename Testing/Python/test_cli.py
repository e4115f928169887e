"""The command ``synthtrust``: what it says, and its exit codes."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import builders
import numpy as np
import pytest
from segmenters import onnx_models

import SynthTrustLib
from SynthTrustLib import cli
from SynthTrustLib.codec import decode, to_text
from SynthTrustLib.errors import Cancelled, Concern, ConcernsError, InputError
from SynthTrustLib.runner.process import launch
from SynthTrustLib.runner.process.answer import Answer, RegionAnswer
from SynthTrustLib.runner.process.events import Noted, Progressed
from SynthTrustLib.trust.rows.row import unknown
from SynthTrustLib.trust.scorecard import Scorecard, Section
from SynthTrustLib.vocabulary import Contrast, Status


@pytest.fixture
def launched(monkeypatch):
    """Requests that reach the runner, which answers at once."""
    requests = []

    def run(request, listener):
        requests.append(request)
        listener(Noted("FLAIR: flair.nii.gz"))
        listener(Progressed("reading", 0.5, 0.25, 30.0))
        listener(Progressed("reading", 0.6, 0.26, 30.0))
        listener(Progressed("running", 0.0, 0.3))
        return Path("result")

    monkeypatch.setattr(launch, "run", run)
    return requests


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"SynthTrust {SynthTrustLib.__version__}\n"


@pytest.mark.parametrize("command", [[], ["assess"], ["segmenters"], ["segmenters", "verify"], ["mixes"]])
def test_help_is_there_for_every_command(capsys, command):
    assert cli.main([*command, "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: synthtrust")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["assess"],
        ["assess", "--out"],
        ["assess", "--out", "o", "--spacing", "1", "1"],
        ["assess", "--out", "o", "--t1", "a.nii", "--flair", "b.nii", "--t1", "c.nii"],
        ["assess", "--out", "o", "--flair", "b.nii", "--out", "p"],
        ["assess", "--out", "o", "--spacing", "a", "b", "c"],
        ["segmenters", "show"],
    ],
)
def test_wrong_arguments_get_one_line_and_exit_code_two(capsys, arguments):
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("synthtrust: error: ")
    assert err.count("\n") == 1
    assert "--help" in err


def test_what_was_typed_reaches_the_runner(launched):
    line = (
        "assess --t1 a --t1c b --t2 c --flair d --case e --reference f --spacing 1 2 3 --label 'Case 7' "
        "--segmenters x,y --segmenter-folder g --segmenter-folder h --engine torch --out o "
        "--keep-probabilities --no-scene --dicom --accept missing:T2 --accept looks:FLAIR"
    )
    assert cli.main(shlex.split(line)) == 0
    (request,) = launched
    assert request.contrasts == dict(zip(Contrast, map(Path, "abcd"), strict=True))
    assert (request.case_folder, request.reference, request.out) == (Path("e"), Path("f"), Path("o"))
    assert (request.spacing_mm, request.label, request.segmenters) == ((1.0, 2.0, 3.0), "Case 7", "x,y")
    assert request.extra_segmenter_folders == (Path("g"), Path("h"))
    assert (request.engine, request.keep_probabilities, request.write_scene) == ("torch", True, False)
    assert request.write_dicom
    assert request.accepted == ("missing:T2", "looks:FLAIR")


def test_the_last_line_is_the_path_of_the_report_and_progress_is_plain_in_a_pipe(launched, capsys):
    assert cli.main(["assess", "--flair", "f", "--out", "o"]) == 0
    out, err = capsys.readouterr()
    assert out == str(Path("result") / "report.html") + "\n"
    assert err.splitlines() == ["FLAIR: flair.nii.gz", " 25%  reading, about 30 s left", " 30%  running"]


def test_quiet_says_the_path_only(launched, capsys):
    assert cli.main(["assess", "--flair", "f", "--out", "o", "--quiet"]) == 0
    assert capsys.readouterr() == (str(Path("result") / "report.html") + "\n", "")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("it is empty", source="t1.nii", next_step="Copy\nit."), 2, "t1.nii: it is empty. Copy it."),
        (Cancelled(), 130, "SynthTrust: the run was cancelled. Nothing was written."),
        (KeyboardInterrupt(), 130, "SynthTrust: the run was cancelled. Nothing was written."),
        (launch.UnexpectedError("what", source="s", next_step="n", details="Traceback"), 1, "s: what. n"),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(monkeypatch, capsys, error, code, line):
    def run(request, listener):
        raise error

    monkeypatch.setattr(launch, "run", run)
    assert cli.main(["assess", "--flair", "f", "--out", "o"]) == code
    assert capsys.readouterr() == ("", f"synthtrust: error: {line}\n")


def test_concerns_have_an_exit_code_a_line_each_and_the_options_to_go_on(monkeypatch, capsys):
    def run(request, listener):
        raise ConcernsError([Concern("missing:T2", "T2: missing"), Concern("order:Dr. B", "looks\nturned")])

    monkeypatch.setattr(launch, "run", run)
    assert cli.main(["assess", "--flair", "f", "--out", "o", "--quiet"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    *concerns, last = err.splitlines()
    assert concerns == [
        "synthtrust: concern missing:T2: T2: missing",
        "synthtrust: concern order:Dr. B: looks turned",
    ]
    assert last.startswith("synthtrust: error: patient: 2 concerns must be accepted before anything runs.")
    assert last.endswith("To accept: --accept missing:T2 --accept 'order:Dr. B'")


def test_debug_shows_the_details_of_an_unexpected_error(monkeypatch, capsys):
    def run(request, listener):
        raise launch.UnexpectedError("what", source="s", next_step="n", details="Traceback\n  deep inside")

    monkeypatch.setattr(launch, "run", run)
    assert cli.main(["assess", "--flair", "f", "--out", "o", "--debug"]) == 1
    assert capsys.readouterr().err == "Traceback\n  deep inside\nsynthtrust: error: s: what. n\n"


def test_on_a_terminal_there_is_a_bar_and_notes_stay_readable(launched, monkeypatch, capsys):
    pytest.importorskip("rich")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert cli.main(["assess", "--flair", "f", "--out", "o"]) == 0
    out, err = capsys.readouterr()
    assert out == str(Path("result") / "report.html") + "\n"
    assert "FLAIR: flair.nii.gz" in err


@pytest.fixture
def packages(tmp_path):
    folder = tmp_path / "packages"
    onnx_models.package(folder, "first-one")
    onnx_models.package(folder, "second-one")
    return folder


def test_segmenters_are_listed_shown_and_verified(packages, capsys):
    options = ["--segmenter-folder", str(packages)]
    assert cli.main(["segmenters", "list", *options]) == 0
    listed = capsys.readouterr().out
    assert "first-one" in listed
    assert "10 real + 0 synthetic cases (0% synthetic)" in listed
    assert cli.main(["segmenters", "show", "second-one", *options]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("second-one\n")
    assert "sha256" in shown
    assert cli.main(["segmenters", "verify", "first-one", *options]) == 0
    assert capsys.readouterr().out == "first-one 1: ok\n"


def test_a_damaged_segmenter_fails_verification_by_name_and_the_others_pass(packages, capsys):
    model = packages / "second-one" / "models" / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"\0")
    options = ["--segmenter-folder", str(packages)]
    assert cli.main(["segmenters", "verify", *options]) == 2
    out, err = capsys.readouterr()
    assert "first-one 1: ok" in out
    assert err.count("\n") == 1
    assert err.startswith("synthtrust: error: second-one: ")
    assert cli.main(["segmenters", "verify", "second-one", *options]) == 2
    assert cli.main(["segmenters", "list", *options]) == 0
    assert "second-one: cannot be used" in capsys.readouterr().out


def test_a_segmenter_that_does_not_exist_is_named(packages, capsys):
    assert cli.main(["segmenters", "show", "third", "--segmenter-folder", str(packages)]) == 2
    err = capsys.readouterr().err
    assert "third" in err
    assert "first-one" in err


def test_the_laboratory_is_on_the_command_line(capsys):
    assert cli.main(["mixes", "split", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: synthtrust mixes split")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("it is damaged", source="t1.nii", next_step="Copy it again."), 2),
        (ConcernsError([Concern("missing:T2", "T2: a file\nlike it")]), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_where_a_program_reads_along_a_failure_is_a_line_of_json(monkeypatch, capsys, error, code):
    def run(request, listener):
        raise error

    monkeypatch.setattr(launch, "run", run)
    assert cli.main(["assess", "--flair", "f.nii", "--out", "o", "--json"]) == code
    *_, last = capsys.readouterr().out.splitlines()
    answer = decode(Answer, json.loads(last))
    assert answer.exit_code == code and answer.error is not None and answer.result is None
    assert [concern.key for concern in answer.concerns] == (["missing:T2"] if code == 3 else [])


def test_options_that_cannot_be_used_are_told_in_json_too(capsys):
    assert cli.main(["assess", "--flair", "f.nii", "--member", "x", "--out", "o", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["source"] == "member 'x'"


def test_where_a_program_reads_along_a_result_is_a_line_of_json(monkeypatch, capsys, tmp_path):
    stack = builders.stack(np.full((2, 1, 8, 8, 8), 0.9, np.float32), synthetic=[0, 100])
    row = unknown("status.WT", Section.STATUS, "Whole tumor", "Nothing was calibrated.", region="WT")
    dice = {"WT": ((1.0, 1.0), (1.0, 1.0))}
    (tmp_path / "scorecard.json").write_text(to_text(Scorecard((row,), stack.segmenters, {}, dice, (), ())))
    monkeypatch.setattr(launch, "run", lambda request, listener: tmp_path)
    assert cli.main(["assess", "--flair", "f.nii", "--out", "o", "--json", "--quiet"]) == 0
    answer = decode(Answer, json.loads(capsys.readouterr().out))
    assert answer.exit_code == 0 and answer.error is None and answer.record == "pooled"
    assert answer.scorecard == str(tmp_path / "scorecard.json")
    assert answer.regions == {"WT": RegionAnswer(Status.UNKNOWN, "Nothing was calibrated.")}
