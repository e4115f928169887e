"""Workers on one machine share its cores, and each has one patient at a time."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import SimpleITK as sitk
from cohort.conftest import keys

from SynthTrustLib.cohort.work import cluster, task
from SynthTrustLib.cohort.work.settings import Settings
from SynthTrustLib.machine import cores
from SynthTrustLib.segmenters.engines import engine as engines


@pytest.fixture
def itk_threads():
    """How many threads ITK takes is set back."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    yield
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (2, 1), (2, 2), (8, 3), (16, 5)])
def test_workers_together_take_no_more_than_the_cores(monkeypatch, cores, workers):
    monkeypatch.setattr(cluster, "cores", lambda: cores)
    each = cluster.cores_per_worker(workers)
    assert each * workers <= cores < (each + 1) * workers


@pytest.mark.parametrize(
    ("gigabytes", "patients", "workers"), [(64, 30, 8), (64, 3, 3), (10, 30, 3), (2, 30, 1), (64, 0, 1)]
)
def test_each_core_has_a_worker_unless_memory_or_patients_are_fewer(monkeypatch, gigabytes, patients, workers):
    monkeypatch.setattr(cluster, "cores", lambda: 8)
    monkeypatch.setattr(cluster, "memory_bytes", lambda: gigabytes * 1e9)
    assert cluster.default_workers(patients) == workers


def test_a_run_that_may_use_one_core_counts_one(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert cores() == 1 and cluster.default_workers(5) == 1
    assert task.threads_of_this_worker() == 1


def test_networks_and_images_keep_to_the_threads_of_a_run(run, source, tmp_path, monkeypatch, itk_threads):
    asked = []
    choose = engines.choose_engine
    monkeypatch.setattr(
        engines, "choose_engine", lambda *some, threads: asked.append(threads) or choose(*some, threads=threads)
    )
    monkeypatch.setattr(cluster, "cores", lambda: 3)
    monkeypatch.setattr(task, "_engine", task._engine.__wrapped__)  # no engine of an earlier run
    for folder in list(source.iterdir())[1:]:
        folder.rename(tmp_path / folder.name)
    assert run(source, tmp_path / "cohort") == 0  # of one worker
    assert asked == [3] and sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == 3
    assert len(keys(tmp_path / "cohort")) == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_a_compiled_network_has_so_many_threads_and_no_more(segmenters, threads):
    pytest.importorskip("openvino")
    settings = Settings(segmenters="mix-0", extra_segmenter_folders=(segmenters,), engine="openvino")
    (package,) = settings.packages()[0]
    network = task._engine.__wrapped__(settings, threads).compile(package, (2, 12, 32, 32))
    compiled = network._requests[0].get_compiled_model()
    assert compiled.get_property("INFERENCE_NUM_THREADS") == threads


def test_a_worker_of_several_threads_has_one_patient_at_a_time(monkeypatch, tmp_path):
    busy, most = [], []

    def assess(job, cohort, key):
        busy.append(key)
        most.append(len(busy))
        time.sleep(0.02)
        busy.remove(key)

    monkeypatch.setattr(task, "_assess", assess)
    jobs = [{"cohort": str(tmp_path), "key": f"p{n}", "fingerprint": "f"} for n in range(6)]
    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(task.run_patient, jobs))
    assert [one["outcome"] for one in ended] == ["done"] * 6 and max(most) == 1


def test_without_a_word_of_the_run_a_patient_gets_the_threads_of_its_worker():
    from distributed import Client, LocalCluster

    assert task.threads_of_this_worker() == cores()
    with (
        LocalCluster(n_workers=1, threads_per_worker=3, processes=False, dashboard_address=":0") as local,
        Client(local) as client,
    ):
        assert client.submit(task.threads_of_this_worker).result() == 3


def _environment():
    return {name: os.environ.get(name) for name in cluster.WORKER_ENVIRONMENT}


@pytest.mark.slow
def test_numpy_has_no_threads_of_its_own_in_a_workers_process():
    with cluster.local_cluster(2, None) as client:
        for found in client.run(_environment).values():
            assert found == {name: str(value) for name, value in cluster.WORKER_ENVIRONMENT.items()}
