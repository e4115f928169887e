"""Killed workers and killed runs: nobody is lost, nothing is half-written, the next call goes on."""

from __future__ import annotations

import signal

import psutil
import pytest
from cohort.conftest import keys, run_here, stamps, write_source
from cohort.killing import Run, elsewhere, kill_and_go_on, rows, run_at

RANDOM_KILLS = 20


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, one_patient, segmenters):
    """The rows of a run that nobody has killed."""
    root = tmp_path_factory.mktemp("undisturbed")
    assert run_here(segmenters, write_source(root / "source", one_patient), root / "cohort") == 0
    return rows(root / "cohort")


def test_killed_at_a_random_time_the_next_call_gives_the_rows_of_an_undisturbed_run(
    source, tmp_path, segmenters, undisturbed
):
    _kill_and_go_on(source, tmp_path / "cohort", segmenters, undisturbed, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, RANDOM_KILLS))
def test_so_it_is_however_often_it_is_killed(source, tmp_path, segmenters, undisturbed, seed):
    _kill_and_go_on(source, tmp_path / "cohort", segmenters, undisturbed, seed)


def _kill_and_go_on(source, out, segmenters, undisturbed, seed):
    """Kill client, worker or scheduler, with a signal and at a moment by chance; then call it again."""
    killed = kill_and_go_on(source, out, segmenters, seed)
    assert killed.rows == undisturbed
    assert not killed.left


@pytest.mark.slow
def test_where_the_scheduler_is_killed_nobody_has_failed_and_the_next_call_goes_on(
    source, tmp_path, segmenters, undisturbed
):
    with elsewhere() as (address, scheduler):
        run = run_at(address, source, tmp_path / "cohort", segmenters)
        scheduler.kill()
        said = run.end()
        assert run.process.returncode == 2 and "does not answer any more" in said, said
        assert "Traceback" not in said
    again = Run(source, run.out, segmenters)
    said = again.end()
    assert again.process.returncode == 0, said
    assert rows(run.out) == undisturbed


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
