"""``synthtrust cohort run``: whole results by key, one line for who fails, nothing done twice."""

from __future__ import annotations

import gzip
import json
import shutil
import socketserver
import stat
import sys
from errno import ENOSPC
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import dicom_files
import numpy as np
import pytest
import SimpleITK as sitk
from cohort.conftest import SECRETS, keys, stamps
from cohort.many_results import write_results

from SynthTrustLib import __version__, cli
from SynthTrustLib.cohort.commands import SOME_FAILED
from SynthTrustLib.cohort.folder import claim, cohort_id, result_of
from SynthTrustLib.cohort.open import open_cohort, read_images
from SynthTrustLib.cohort.work import task
from SynthTrustLib.cohort.work.cluster import require_same
from SynthTrustLib.cohort.work.plan import time_in_words
from SynthTrustLib.cohort.work.settings import Settings
from SynthTrustLib.errors import InputError
from SynthTrustLib.runner.files.folder import output_error
from SynthTrustLib.runner.files.results import read_outcome
from SynthTrustLib.segmenters.package.registry import find_packages


def test_every_patient_gets_a_result_by_key_and_only_what_has_changed_runs_again(run, source, tmp_path, capsys):
    out = tmp_path / "cohort"
    assert run(source, out) == 0
    said = capsys.readouterr()
    assert "3 patients: 3 to run, 0 done, 0 failed before" in said.err
    assert "3 patients: T1, T1c, T2, FLAIR\n" in said.err
    assert said.out == f"3 done\n{out / 'cohort.html'}\n"
    assert set(stamps(out)) == set(keys(out).values()) and len(keys(out)) == 3
    first = stamps(out), keys(out)

    assert run(source, out) == 0
    assert "3 patients: 0 to run, 3 done" in capsys.readouterr().err
    assert (stamps(out), keys(out)) == first

    (source / "third" / "t2.nii.gz").unlink()
    shutil.copytree(source / "MRN-8841", source / "fourth")
    assert run(source, out) == 0
    assert "4 patients: 2 to run, 2 done" in capsys.readouterr().err
    now = stamps(out)
    assert {key for key in now if first[0].get(key) != now[key]} == {keys(out)["third"], keys(out)["fourth"]}
    assert keys(out).items() > first[1].items()

    run(source, out, "--record", "mix-50", "--dry-run")
    said = capsys.readouterr().err
    assert "4 to run, 0 done" in said
    assert "4 of them have a result of other images, segmenters, calibration or options" in said


def test_one_who_fails_is_one_line_and_the_others_go_on(run, source, tmp_path, capsys):
    out = tmp_path / "cohort"
    shutil.rmtree(source / "MRN-8841")
    for contrast in ("t1", "t1c", "t2", "flair"):
        path = source / "third" / f"{contrast}.nii.gz"
        path.unlink()
        path.write_bytes(b"no image")
    assert run(source, out) == SOME_FAILED
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1 done, 1 failed"
    assert said[1].startswith(f"{keys(out)['third']}: ") and said[2:] == [str(out / "cohort.html")]
    assert len(stamps(out)) == 1

    assert run(source, out) == SOME_FAILED
    assert "0 to run, 1 done, 1 failed before" in capsys.readouterr().err
    assert run(source, out, "--retry-failed", "--dry-run") == 0
    assert "1 to run, 1 done" in capsys.readouterr().err


def test_after_a_full_disk_the_next_call_goes_on(run, source, tmp_path, capsys):
    out = tmp_path / "cohort"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "_assess", lambda *_: (_ for _ in ()).throw(output_error(OSError(ENOSPC, ""), out)))
        assert run(source, out) == SOME_FAILED
    assert capsys.readouterr().out.count(": the disk is full") == 3
    assert run(source, out) == 0
    said = capsys.readouterr()
    assert "3 patients: 3 to run, 0 done, 0 failed before" in said.err and said.out.startswith("3 done\n")


def test_after_a_patient_was_lost_with_his_worker_the_next_call_goes_on(run, source, tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("SynthTrustLib.cohort.work.run.run_patient", lambda job: {}["killed"])
        assert run(source, tmp_path / "cohort") == SOME_FAILED
    assert capsys.readouterr().out.count(": its worker was lost") == 3
    assert run(source, tmp_path / "cohort") == 0
    assert "3 patients: 3 to run, 0 done, 0 failed before" in capsys.readouterr().err


def test_the_status_lists_the_worst_first_and_says_how_many_more_there_are(tmp_path, capsys):
    cohort = tmp_path / "cohort"
    write_results(cohort, 12, failed=1)
    assert cli.main(["cohort", "status", str(cohort), "--names", "--worst", "11"]) == 0
    counts, failed, title, *found, more = capsys.readouterr().out.splitlines()
    assert counts == "12 done, 1 failed" and failed.endswith("(patient 12): the file is truncated")
    assert title == "worst first:" and more.startswith("  and 1 more: ") and len(found) == 11
    worst = ["do not rely", "check", "unknown", "agree"]
    ranks = [min(n for n, status in enumerate(worst) if f" {status}" in line) for line in found]
    assert ranks == sorted(ranks) and all("(patient " in line and ": WT " in line for line in found)


def test_a_dry_run_writes_nothing(run, source, tmp_path, capsys):
    assert run(source, tmp_path / "cohort", "--dry-run") == 0
    assert not (tmp_path / "cohort").exists()
    said = capsys.readouterr()
    assert "disk: about 120 MB are needed" in said.err and not any(secret in said.err + said.out for secret in SECRETS)


def test_before_the_first_patient_the_time_is_told_for_what_ships(monkeypatch):
    monkeypatch.setattr("SynthTrustLib.cohort.work.plan.cores", lambda: 2)
    ships = [package.card for package in find_packages()][:7]
    assert time_in_words(30, [], ships, 2).startswith("roughly 4 min")
    assert time_in_words(30, [10.0, 20.0, 600.0], ships, 2) == "about 5 min, as earlier patients"
    theirs = [SimpleNamespace(family="theirs")]
    assert time_in_words(30, [], theirs, 2) == time_in_words(30, [10.0], ships, 0) == "told after the first"


@pytest.mark.parametrize("patient", [False, True], ids=["in everybody", "in one patient"])
def test_concerns_wait_for_a_person_who_accepts_them_by_key(run, source, tmp_path, capsys, patient):
    out = tmp_path / "cohort"
    shutil.rmtree(source / "MRN-8841")
    (source / "third" / "Quirkwood").mkdir()
    (source / "third" / "flair.nii.gz").rename(source / "third" / "Quirkwood" / "flair.nii.gz")
    assert run(source, out) == SOME_FAILED
    said = capsys.readouterr()
    assert f"{keys(out)['third']}: needs a look: missing:FLAIR" in said.out
    assert "1 done, 1 needs a look" in said.out
    state = json.loads((out / "states" / f"{keys(out)['third']}.json").read_text())
    assert state["concerns"] == ["missing:FLAIR"]
    (said,) = state["concerns_said"]
    assert said.startswith("FLAIR: ") and "Quirkwood" not in said
    before = stamps(out)

    assert run(source, out, "--accept", "p0000000/missing:FLAIR") == 2
    assert "no patient of this cohort has this key" in capsys.readouterr().err
    assert Settings(accepted=("looks:T1", "p1/missing:T2")).accepted_of("p2") == ("looks:T1",)
    assert run(source, out, "--accept", f"{keys(out)['Zebedee_Quirkwood']}/missing:FLAIR") == SOME_FAILED
    assert stamps(out) == before, "it was accepted of another patient"
    whose = f"{keys(out)['third']}/" if patient else ""
    assert run(source, out, "--accept", f"{whose}missing:FLAIR") == 0
    assert len(stamps(out)) == 2 and stamps(out).items() > before.items()
    assert run(source, out) == 0  # what was accepted stays


def test_only_the_keys_say_who_is_who(run, source, tmp_path, capfd):
    out = tmp_path / "cohort"
    for contrast in ("t1", "t1c", "t2", "flair"):
        path = source / "Zebedee_Quirkwood" / f"{contrast}.nii.gz"
        image = sitk.ReadImage(str(path))
        image.SetMetaData("descrip", "Zebedee MRN-8841")
        path.unlink()
        sitk.WriteImage(image, str(path.with_name(f"Quirkwood {path.name}")))
    voxels = np.random.default_rng(0).integers(0, 900, (12, 24, 24)).astype(np.int16)
    dicom_files.write_series(source / "scan", voxels, shared=dicom_files.study(), number=1, **dicom_files.FLAIR_TIMING)
    for name in ("t1.nii.gz", "t1c.nii.gz", "t2.nii.gz", "flair.nii.gz"):
        path = source / "MRN-8841" / name
        path.unlink()
        path.with_name(f"Zebedee_{name}").write_bytes(b"no image")
    assert run(source, out) == SOME_FAILED
    cli.main(["cohort", "status", str(out)])
    said = capfd.readouterr()
    assert "3 done, 1 failed" in said.out
    written = {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != "keys.csv"}
    written |= {path: gzip.decompress(content) for path, content in written.items() if path.suffix == ".gz"}
    assert len(written) > 10
    names = [secret.lower() for secret in (*SECRETS, *dicom_files.SECRETS, "third", str(source))]
    for secret in names:
        assert secret not in (said.out + said.err).lower()
        for path, content in written.items():
            assert secret not in str(path.relative_to(out)).lower()
            assert secret.encode() not in content.lower(), path
    if sys.platform != "win32":
        assert stat.S_IMODE((out / "keys.csv").stat().st_mode) == 0o600
    cli.main(["cohort", "status", str(out), "--names"])
    assert "(MRN-8841)" in capfd.readouterr().out


def test_a_folder_of_something_else_is_refused(run, source, tmp_path, capsys):
    out = tmp_path / "cohort"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    assert run(source, out) == 2
    assert "files that are not a cohort's" in capsys.readouterr().err
    assert (out / "thesis.txt").read_text() == "mine"


def test_where_the_keys_are_missing_or_another_users_nobody_runs_again_and_results_can_be_looked_at(
    run, source, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "cohort"
    assert run(source, out) == 0
    before = stamps(out)

    def forbid(path, *arguments, **options):
        if path.name == "keys.csv":
            raise PermissionError(13, "Permission denied")
        return opening(path, *arguments, **options)

    opening = Path.open
    for why in ("may not be read by you", "is missing"):
        with monkeypatch.context() as patch:
            if why == "is missing":
                (out / "keys.csv").unlink()
            else:
                patch.setattr("SynthTrustLib.cohort.keys.os.access", lambda *_: False)
                patch.setattr(Path, "open", forbid)
            capsys.readouterr()
            assert run(source, out) == 2 and f"keys.csv {why}" in capsys.readouterr().err
            assert cli.main(["cohort", "status", str(out), "--names"]) == 0
            assert capsys.readouterr().out.startswith("3 done\n")
            opened = open_cohort(out)
            assert {line.key for line in opened.lines} == set(before) and stamps(out) == before
            with pytest.raises(InputError, match="Ask whoever has run the cohort"):
                read_images(opened, opened.lines[0].key, read_outcome(result_of(out, opened.lines[0].key)).scorecard)


def test_the_cohort_of_other_patients_is_refused(run, source, tmp_path, capsys):
    claim(tmp_path / "cohort", tmp_path / "elsewhere")
    for more in ([], ["--dry-run"]):
        assert run(source, tmp_path / "cohort", *more) == 2
        assert "cohort of another folder" in capsys.readouterr().err


def test_a_cohort_goes_on_where_its_patients_have_been_moved_to(run, source, tmp_path, capsys):
    out = tmp_path / "cohort"
    assert run(source, out) == 0
    before, started = stamps(out), cohort_id(out)
    shutil.copytree(source, tmp_path / "copy")
    assert run(tmp_path / "copy", out) == 2, "they lie where they lay"
    shutil.rmtree(tmp_path / "copy")
    source = source.rename(tmp_path / "elsewhere")
    out = out.rename(tmp_path / "renamed")
    shutil.rmtree(source / "third")
    assert run(source, out) == 2, "one of them is not there"
    shutil.copytree(source / "MRN-8841", source / "third")
    capsys.readouterr()
    assert run(source, out) == 0
    assert "3 to run" not in capsys.readouterr().err and stamps(out) == before and cohort_id(out) == started
    opened = open_cohort(out)
    (key,) = (key for key, known in opened.known.items() if known.name == "third")
    assert set(read_images(opened, key, read_outcome(result_of(out, key)).scorecard)) == {"T1", "T1c", "T2", "FLAIR"}
    assert run(source.rename(tmp_path / "source"), out) == 0, "and back"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--limit-memory", "much"], "no amount of memory"),
        (["--scheduler", "tcp://127.0.0.1:9"], "no scheduler answers there"),
        (["--scheduler", "tcp://127.0.0.1:9", "--limit-memory", "4GB"], "it is for workers on this machine"),
        (["--scheduler", "tcp://127.0.0.1:9", "--workers", "2"], "not allowed with argument"),
        (["--workers", "0"], "must be a number, 1 or more"),
        (["--workers", "two"], "must be a number, 1 or more"),
        (["--engine", "steam"], "there is no such engine"),
    ],
)
def test_a_wrong_option_gets_one_sentence(run, source, tmp_path, capsys, more, says, monkeypatch):
    monkeypatch.setattr("SynthTrustLib.cohort.work.cluster.CONNECT_SECONDS", 1.0)
    assert run(source, tmp_path / "cohort", *more) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert says in said
    assert not (tmp_path / "cohort").exists()


def test_a_segmenter_that_is_not_there_gets_one_sentence(source, tmp_path, capsys):
    assert cli.main(["cohort", "run", str(source), "--out", str(tmp_path / "cohort"), "--segmenters", "nobody"]) == 2
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert "no segmenter and no preset" in said


def test_what_answers_and_is_no_scheduler_gets_one_sentence(run, source, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("SynthTrustLib.cohort.work.cluster.CONNECT_SECONDS", 2.0)

    class Other(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Other) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_address[1]}"
        assert run(source, tmp_path / "cohort", "--scheduler", address) == 2
        server.shutdown()
    said = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(said) == 1 and "no scheduler answers there" in said[0]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({}, "the scheduler has no worker"),
        ({"tcp://a:1": ("0.0.1", "f")}, "worker tcp://a:1: it has SynthTrust 0.0.1, and here it is"),
        (
            {"tcp://a:1": (__version__, "f"), "tcp://b:1": (__version__, "g")},
            "worker tcp://b:1: it has other segmenters",
        ),
        ({"tcp://a:1": ImportError("no module")}, "its Python cannot run SynthTrust"),
    ],
)
def test_workers_that_would_give_other_answers_are_refused(answers, says):
    client = SimpleNamespace(run=lambda *_, **__: answers)
    with pytest.raises(InputError, match=says):
        require_same(client, "tcp://s:8786", Settings(), "f")
    require_same(
        SimpleNamespace(run=lambda *_, **__: {"tcp://a:1": (__version__, "f")}), "tcp://s:8786", Settings(), "f"
    )


def test_without_dask_it_says_what_to_install(run, source, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("SynthTrustLib.cohort.work.cluster.find_spec", lambda name: None)
    assert run(source, tmp_path / "cohort") == 2
    assert "synthtrust[cohort]" in capsys.readouterr().err
    assert not (tmp_path / "cohort").exists()
    assert run(source, tmp_path / "cohort", "--dry-run") == 0  # which needs none
