"""A cohort of small patients on disk, and a cluster of threads that starts at once."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from runner import patients

pytest.importorskip("distributed")

from SynthTrustLib import cli
from SynthTrustLib.cohort.work import cluster

SECRETS = ("Zebedee", "Quirkwood", "MRN-8841")
"""Names of patients' folders and files."""


@pytest.fixture(scope="session")
def segmenters(tmp_path_factory) -> Path:
    return patients.write_segmenters(tmp_path_factory.mktemp("segmenters") / "packages")


@pytest.fixture(scope="session")
def one_patient(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("patient") / "one"
    patients.write_patient(folder)
    return folder


@pytest.fixture
def source(tmp_path, one_patient) -> Path:
    """Three patients, one folder each; the names are worth hiding."""
    return write_source(tmp_path / "source", one_patient)


def write_source(source: Path, one_patient: Path) -> Path:
    """Three copies of a patient; returns the folder."""
    for name in ("Zebedee_Quirkwood", "MRN-8841", "third"):
        folder = source / name
        folder.mkdir(parents=True)
        for file in one_patient.iterdir():
            os.link(file, folder / file.name)
    return source


@contextmanager
def threads() -> Iterator[None]:
    """Workers are threads of this process, which need no start, and the reports have no pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("SynthTrustLib.report.pictures.draw_pictures", lambda *_: {})
        patch.setattr(cluster, "local_cluster", partial(cluster.local_cluster, processes=False))
        yield


def run_here(segmenters: Path, source: Path, out: Path, *more: str) -> int:
    """``synthtrust cohort run`` with the small segmenters; returns the exit code."""
    with threads():
        return cli.main(["cohort", "run", str(source), "--out", str(out), *arguments(segmenters, *more)])


@pytest.fixture
def run(segmenters):
    return partial(run_here, segmenters)


def arguments(segmenters: Path, *more: str) -> list[str]:
    """The small segmenters, on one worker unless `more` says otherwise."""
    workers = [] if {"--workers", "--scheduler"} & set(more) else ["--workers", "1"]
    return ["--segmenter-folder", str(segmenters), "--segmenters", "mix-0,mix-50,mix-100", *workers, *more]


def keys(cohort: Path) -> dict[str, str]:
    """Name -> key, as the file has them."""
    with (cohort / "keys.csv").open(newline="", encoding="utf-8") as file:
        return {row["name"]: row["key"] for row in csv.DictReader(file)}


def stamps(cohort: Path) -> dict[str, int]:
    """Key -> when the scorecard was written, in ns."""
    return {path.parent.name: path.stat().st_mtime_ns for path in cohort.glob("patients/*/scorecard.json")}
