"""`synthtrust trust` needs neither the laboratory nor its packages, and never replaces by surprise what ships."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from calibration.small_hospital import evaluate, run, write_segmenters
from labelled.labelled_folder import ADULT, write_cohort
from segmenters import onnx_models

from SynthTrustLib.calibration.output_files import require_free, track_record_files
from SynthTrustLib.cli import main
from SynthTrustLib.errors import OutputError
from SynthTrustLib.resources import resource_path

ROOT = Path(__file__).resolve().parents[3]
LABORATORY = (
    *("torch", "monai", "onnx", "nilearn", "nibabel", "deepbet", "einops", "yaml", "skimage", "pandas"),
    *("crepes", "mapie", "resector", "torchio", "SynthTrustLib.mixes"),
)
WITHOUT = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        hidden = any(name == one or name.startswith(one + ".") for one in HIDDEN)
        return None if hidden else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

HIDDEN = sys.argv[1].split(",")
sys.meta_path[:] = map(Without, sys.meta_path)
from SynthTrustLib.cli import main
code = main(sys.argv[2:])
there = sorted(name for name in sys.modules if name.partition(".")[0] in HIDDEN or name in HIDDEN)
sys.exit(f"imported all the same: {there}" if there else code)
"""


def run_without(hidden, *arguments) -> subprocess.CompletedProcess:
    """The command in a new process where the `hidden` modules are not installed."""
    command = [sys.executable, "-c", WITHOUT, ",".join(hidden), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def sentence(done: subprocess.CompletedProcess) -> str:
    """The one line that a refused command ends with."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def write_flair_only(folder: Path, sizes) -> Path:
    """A cohort of one contrast, which nothing has to be aligned with; returns the path of its split."""
    split = write_cohort(folder, sizes, spacing=ADULT)
    for name in ("t1", "t1c", "t2"):
        for path in folder.glob(f"*/*/{name}.nii.gz"):
            path.unlink()
    return split


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """A calibration, its evaluation, and what both commands were told."""
    root = tmp_path_factory.mktemp("hospital")
    split = write_flair_only(root / "data", sizes=(8, 4, 4))
    common = ["--cases", root / "data", "--split", split, "--segmenter-folder", write_segmenters(root / "packages")]
    common += ["--segmenters", "mix-0,mix-50,mix-100", "--engine", "onnxruntime"]
    out, work = root / "test.json", root / "work"
    run("trust", "calibrate", *common, "--work", work, "--out", out)
    evaluate(out, *common, "--work", work, "--shifted", 0)
    return out, common, work


def test_both_commands_give_the_same_without_the_laboratory_and_its_packages(hospital, tmp_path):
    file, common, _ = hospital
    common = [*common, "--work", tmp_path / "work"]  # where the networks have not run yet
    out = tmp_path / file.name
    done = run_without(LABORATORY, "trust", "calibrate", *common, "--out", out)
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text("utf-8")) == json.loads(file.read_text("utf-8"))
    done = run_without(LABORATORY, "trust", "evaluate", out, *common, "--shifted", 1)
    assert done.returncode == 0, done.stderr
    name = f"{file.stem}.evaluation.json"
    first, second = (json.loads((path.parent / name).read_text("utf-8")) for path in (file, out))
    assert second["presets"] == first["presets"]
    left_out = "resection cavity (simulated)"
    assert f"not simulated, as resector is not installed: {left_out}" in done.stdout
    assert second["in_distribution"]["not_simulated"] == [left_out]
    assert left_out in out.with_suffix(".evaluation.html").read_text("utf-8")
    assert {"blur", "heavy noise"} <= {shift["shift"] for shift in second["in_distribution"]["shifts"]}


def test_own_patients_are_calibrated_on_without_scikit_learn_which_training_patients_need(tmp_path):
    split = write_flair_only(tmp_path / "data", sizes=(1, 4, 0))
    common = ["--cases", tmp_path / "data", "--work", tmp_path / "work", "--engine", "onnxruntime"]
    common += ["--segmenter-folder", write_segmenters(tmp_path / "packages"), "--segmenters", "mix-0,mix-100"]
    common += ["--out", tmp_path / "out.json"]
    hidden = (*LABORATORY, "sklearn")
    refused = sentence(run_without(hidden, "trust", "calibrate", *common, "--split", split))
    assert "scikit-learn is not installed" in refused and "pip install scikit-learn" in refused
    assert not (tmp_path / "work").exists(), "it is said before any network runs"
    done = run_without(hidden, "trust", "calibrate", *common)
    assert done.returncode == 0, done.stderr
    assert set(json.loads((tmp_path / "out.json").read_text("utf-8"))["libraries"]) == {"numpy", "scipy"}


@pytest.mark.parametrize("name", ["jinja2", "matplotlib"])
def test_what_the_page_of_an_evaluation_needs_is_said_before_anything_is_measured(name, tmp_path):
    shipped = resource_path("Calibration/synthtrust-reference.json")
    done = run_without([name], "trust", "evaluate", shipped, "--cases", tmp_path, "--work", tmp_path / "work")
    assert f"{name} is not installed" in sentence(done)


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        (["SynthTrustLib.mixes"], "not installed with the Slicer extension"),
        (["yaml"], "it needs yaml, which is not installed"),
    ],
)
def test_what_only_the_laboratory_can_do_says_in_one_sentence_that_it_is_not_here(hidden, said, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("family: x\n")
    train = ["mixes", "train", plan, "--data", tmp_path, "--work", tmp_path, "--out", tmp_path / "out"]
    assert said in sentence(run_without(hidden, *train))
    folder = write_segmenters(tmp_path / "packages")
    common = ["--cases", tmp_path, "--work", tmp_path / "work", "--segmenter-folder", folder, "--segmenters", "mix-0"]
    calibrate = ["trust", "calibrate", *common, "--plan", plan, "--lab", tmp_path, "--out", tmp_path / "out.json"]
    assert said in sentence(run_without(hidden, *calibrate))


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """A calibration that ships, with its track record, in a copy: whatever goes wrong, the real one stays."""
    folder = tmp_path / "Resources" / "Calibration"
    shutil.copytree(resource_path("Calibration"), folder)
    monkeypatch.setattr(
        "SynthTrustLib.calibration.output_files.resource_path", lambda name: tmp_path / "Resources" / name
    )
    return folder / "synthtrust-reference.json"


def test_what_ships_is_replaced_only_when_that_is_said(shipped, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(shipped.parent, target_is_directory=True)
    monkeypatch.chdir(shipped.parent)
    evaluation = shipped.with_suffix(".evaluation.json")
    for calibration, out in (
        (shipped, None),
        (Path(shipped.name), None),
        (tmp_path / "link" / shipped.name, None),
        (shipped, evaluation),
        (shipped, Path(evaluation.name)),
    ):
        files = track_record_files(calibration, out)
        with pytest.raises(OutputError, match="ships with SynthTrust"):
            require_free(*files)
        require_free(*files, replace_shipped=True)
    for out in (shipped, evaluation, evaluation.with_suffix(".html")):
        with pytest.raises(OutputError, match="ships with SynthTrust"):
            require_free(out)
    require_free(shipped.with_name("of-another-family.json"), tmp_path / "new" / "mine.json")


def test_both_commands_look_at_where_the_result_goes_before_anything_is_measured(shipped, tmp_path, capsys):
    before = {path.name: path.read_bytes() for path in shipped.parent.iterdir()}
    onnx_models.package(tmp_path / "packages", "one")
    for name in ("t1", "seg"):
        (tmp_path / f"{name}.nii.gz").write_bytes(b"")
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps([{"id": "q", "cohort": "a", "t1": "t1.nii.gz", "label": "seg.nii.gz"}]))
    common = ["--cases", cases, "--work", tmp_path / "work", "--segmenter-folder", tmp_path / "packages"]
    common += ["--segmenters", "one", "--engine", "onnxruntime"]
    for arguments, said in (
        (["evaluate", shipped], "ships with SynthTrust"),
        (["calibrate", "--out", shipped], "ships with SynthTrust"),
        (["calibrate", "--out", tmp_path], "this is a folder"),
        (["evaluate", shipped, "--out", tmp_path / "page.html"], "ends in .json"),
        (["evaluate", shipped, "--out", shipped], "would replace the calibration"),
    ):
        assert main([str(word) for word in ("trust", *arguments, *common)]) == 2
        assert said in capsys.readouterr().err, arguments
    assert {path.name: path.read_bytes() for path in shipped.parent.iterdir()} == before
    assert not (tmp_path / "work").exists()
    with pytest.raises(OutputError, match="cannot be written"):
        require_free(cases / "x.json")


def test_the_track_record_goes_where_out_says_and_nowhere_else(hospital, tmp_path):
    file, common, work = hospital
    copy, out = tmp_path / file.name, tmp_path / "elsewhere" / "mine.json"
    shutil.copy(file, copy)
    evaluate(copy, *common, "--work", work, "--shifted", 0, "--out", out)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([file.name, "elsewhere"])
    assert sorted(path.name for path in out.parent.iterdir()) == ["mine.html", "mine.json"]
    assert json.loads(out.read_text("utf-8"))["command"].endswith("--out mine.json")


def test_an_unknown_cohort_is_told_from_those_that_are_there(tmp_path, capsys):
    onnx_models.package(tmp_path, "one")
    rows = [
        {"id": f"{cohort}1", "cohort": cohort, "t1": "t1.nii.gz", "label": "seg.nii.gz"}
        for cohort in ("north", "south")
    ]
    for name in ("t1", "seg"):
        (tmp_path / f"{name}.nii.gz").write_bytes(b"")
    cases, split = tmp_path / "cases.json", tmp_path / "split.json"
    cases.write_text(json.dumps(rows))
    parts = {"train": [], "calibration": ["north1"], "test": []}
    split.write_text(json.dumps({"cohorts": {"north": parts}}))
    common = ["--cases", cases, "--work", tmp_path / "work", "--segmenter-folder", tmp_path, "--segmenters", "one"]
    shipped = resource_path("Calibration/synthtrust-reference.json")

    def refused(*arguments) -> str:
        assert main([str(word) for word in ("trust", *arguments, *common)]) == 2
        return capsys.readouterr().err

    for command in (["calibrate", "--out", tmp_path / "o.json"], ["evaluate", shipped, "--out", tmp_path / "o.json"]):
        said = refused(*command, "--cohort", "north", "--cohort", "nort")
        assert "--cohort nort: there is no such cohort. Name one of these: north, south." in said
        said = refused(*command, "--cohort", "south", "--split", split)
        assert "--cohort south: there is no such cohort. Name one of these: north." in said
