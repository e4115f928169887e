"""What pip installs works on its own: a wheel carries what runs need, and finds it away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CARRIED = ("Tasks", "Calibration", "Recognition", "SamplePatient", "Schemas", "Segmenters")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    pytest.importorskip("hatchling", reason="builds a wheel: pip install 'synthtrust[test]'")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_a_wheel_carries_what_a_run_needs_and_nothing_of_the_study(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {
        f"SynthTrustLib/{path.relative_to(ROOT).as_posix()}"
        for folder in CARRIED
        for path in (ROOT / "Resources" / folder).rglob("*")
        if path.is_file() and path.name != ".DS_Store"
    }
    assert {name for name in names if "/Resources/" in name} == wanted
    assert all(name.startswith(("SynthTrustLib/", "synthtrust-")) for name in names)
    assert {"SynthTrustLib/report/report.css", "SynthTrustLib/report/report.html.j2"} <= names


@pytest.mark.slow
def test_the_sample_patient_is_assessed_from_a_wheel_outside_the_checkout(wheel, tmp_path):
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    patient = site / "SynthTrustLib" / "Resources" / "SamplePatient"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(site)}
    run = [sys.executable, "-m", "SynthTrustLib"]
    where = [sys.executable, "-c", "import SynthTrustLib; print(SynthTrustLib.__file__)"]
    options = {"cwd": elsewhere, "env": environment, "capture_output": True, "text": True}
    assert Path(subprocess.run(where, **options, check=True).stdout.strip()).is_relative_to(site)
    verified = subprocess.run([*run, "segmenters", "verify"], **options)
    assert verified.returncode == 0, verified.stderr
    command = [*run, "assess", "--case", str(patient), "--segmenters", "real-only,synthetic-only", "--out", "result"]
    done = subprocess.run([*command, "--reference", str(patient / "truth.nii.gz"), "--no-scene"], **options)
    assert done.returncode == 0, done.stderr
    result = elsewhere / "result"
    assert {"report.html", "scorecard.json", "segmentations"} <= {path.name for path in result.iterdir()}
