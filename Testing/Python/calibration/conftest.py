"""One calibration and its evaluation, for every test that looks at them."""

from __future__ import annotations

import pytest
from calibration.small_hospital import evaluate, run, write_segmenters
from labelled.labelled_folder import ADULT, write_cohort


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Patients, segmenters, a calibration on five and its evaluation on four."""
    root = tmp_path_factory.mktemp("calibrate")
    split = write_cohort(root / "data", sizes=(8, 5, 4), spacing=ADULT)
    folder = write_segmenters(root / "packages")
    ids = ",".join(f"mix-{number}" for number in (0, 50, 100))
    common = ["--cases", root / "data", "--split", split, "--work", root / "work", "--segmenter-folder", folder]
    common += ["--segmenters", ids, "--engine", "onnxruntime"]
    out = root / "test.json"
    run("trust", "calibrate", *common, "--out", out)
    evaluate(out, *common, "--shifted", 1)
    return root, out, common
