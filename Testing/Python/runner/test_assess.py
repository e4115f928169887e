"""The whole assessment in its child process: what the result folder holds, and what bad input gets."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from runner import patients

from SynthTrustLib import cli
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.unused import Unused, UnusedKind
from SynthTrustLib.errors import ConcernsError, SegmenterError
from SynthTrustLib.report.html import render_html
from SynthTrustLib.runner.assess import assess, choose_packages
from SynthTrustLib.runner.files.volumes import FILE_STEP
from SynthTrustLib.runner.process import launch
from SynthTrustLib.runner.process.events import Finished, Noted, Progressed, Started
from SynthTrustLib.runner.process.request import AssessRequest
from SynthTrustLib.segmenters.package import registry
from SynthTrustLib.trust.scorecard import read_scorecard
from SynthTrustLib.vocabulary import Contrast

ROOT = Path(cli.__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def segmenters(tmp_path_factory):
    return patients.write_segmenters(tmp_path_factory.mktemp("segmenters"))


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """A folder whose name and files carry a name that must not reach any result."""
    folder = tmp_path_factory.mktemp("patient") / "DOE^JANE-19700101"
    patients.write_patient(folder)
    return folder


@pytest.fixture(scope="module")
def request_for(patient, segmenters):
    def make(out: Path, **changes) -> AssessRequest:
        request = AssessRequest(
            out=out,
            contrasts={contrast: patient / f"{contrast.lower()}.nii.gz" for contrast in Contrast},
            segmenters="mix-0,mix-50,mix-100",
            extra_segmenter_folders=(segmenters,),
            write_scene=False,
        )
        return replace(request, **changes)

    return make


@pytest.fixture(scope="module")
def result(request_for, patient, tmp_path_factory):
    """One full run in a child process: its folder and its events."""
    events = []
    out = tmp_path_factory.mktemp("results") / "out"
    request = request_for(
        out, keep_probabilities=True, reference=patient / "seg.nii.gz", label="Case 7", write_scene=True
    )
    folder = launch.run(request, events.append)
    assert folder == out
    return folder, events


def read(path: Path) -> tuple[np.ndarray, Geometry]:
    image = sitk.ReadImage(str(path))
    return sitk.GetArrayFromImage(image), Geometry.from_sitk(image)


def test_the_result_folder_holds_what_is_promised_and_nothing_else(result):
    folder, _ = result
    members = ("mix-0", "mix-50", "mix-100")
    regions = ("WT", "TC", "ET")
    promised = {"scorecard.json", "scorecard.csv", "report.html", "review_spots.csv", "run.log", "thumbnail.jpg"}
    promised |= {f"segmentations/{name}.nii.gz" for name in (*members, "pooled")}
    promised |= {f"maps/{m}_{r}.nii.gz" for m in ("disagreement", "uncertainty", "mix_influence") for r in regions}
    promised |= {f"probabilities/{name}_{region}.nii.gz" for name in (*members, "pooled") for region in regions}
    scene = json.loads((folder / "scorecard.json").read_text("utf-8"))["provenance"]["scene"]
    promised |= {"scene.mrb"} if scene == "written" else set()
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == promised
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_every_volume_is_on_the_grid_of_the_patients_reference_series(result):
    folder, _ = result
    for path in folder.rglob("*.nii.gz"):
        array, geometry = read(path)
        assert geometry.is_same(patients.geometry()), path
        assert array.dtype == (np.uint8 if "segmentations" in str(path) else np.float32), path


def test_outlines_maps_and_probabilities_agree_with_each_other(result):
    folder, _ = result
    members = ("mix-0", "mix-50", "mix-100")
    for region, labels in (("WT", (1, 2, 3)), ("TC", (1, 3)), ("ET", (3,))):
        p = np.stack([read(folder / f"probabilities/{name}_{region}.nii.gz")[0] for name in members])
        disagreement, _ = read(folder / f"maps/disagreement_{region}.nii.gz")
        np.testing.assert_allclose(disagreement, p.max(0) - p.min(0), atol=2 * FILE_STEP)
        pooled, _ = read(folder / f"probabilities/pooled_{region}.nii.gz")
        np.testing.assert_allclose(pooled, p.mean(0), atol=2 * FILE_STEP)
        influence, _ = read(folder / f"maps/mix_influence_{region}.nii.gz")
        np.testing.assert_allclose(influence, np.clip(p[2] - p[0], -1, 1), atol=2 * FILE_STEP)
        steps = np.stack([disagreement, pooled, influence]) / FILE_STEP
        np.testing.assert_array_equal(steps, np.rint(steps))
        outline, _ = read(folder / "segmentations/pooled.nii.gz")
        assert np.isin(outline, labels)[pooled >= 0.5].all()
    assert np.isin(read(folder / "segmentations/mix-50.nii.gz")[0], (0, 1, 2, 3)).all()


def test_the_tumor_is_found_where_it_is(result):
    folder, _ = result
    outline, _ = read(folder / "segmentations/mix-50.nii.gz")
    truth = patients.tumor()
    overlap = 2 * np.count_nonzero((outline > 0) & truth["WT"]) / (np.count_nonzero(outline) + truth["WT"].sum())
    assert overlap > 0.9


def test_the_review_spots_are_a_table_with_places_in_mm(result):
    folder, _ = result
    columns, *spots = csv.reader((folder / "review_spots.csv").read_text("utf-8").splitlines())
    assert {"rank", "region", "r_mm", "a_mm", "s_mm", "reason"} <= set(columns)
    assert [spot[0] for spot in spots] == [str(n + 1) for n in range(len(spots))]


def test_the_scorecard_is_valid_and_every_figure_can_be_traced(result, patient):
    folder, _ = result
    record = json.loads((folder / "scorecard.json").read_text("utf-8"))
    read_scorecard(record)
    provenance = record["provenance"]
    assert set(provenance["inputs"]) == set(Contrast)
    assert all(len(digest) == 64 for digest in provenance["inputs"].values())
    assert len(provenance["reference"]) == 64
    assert set(provenance["segmenters"]) == {"mix-0", "mix-50", "mix-100"}
    assert all(len(entry["hashes"]["models/model.onnx"]) == 64 for entry in provenance["segmenters"].values())
    assert provenance["engine"]
    assert {"numpy", "SimpleITK"} <= set(provenance["libraries"])
    assert provenance["created"].endswith("+00:00")
    assert provenance["settings"]["segmenters"] == "mix-0,mix-50,mix-100"


def test_the_report_is_one_file_with_the_users_label(result):
    folder, _ = result
    html = (folder / "report.html").read_text("utf-8")
    assert "Case 7" in html
    assert 'src="http' not in html
    assert 'href="http' not in html or "arxiv" in html


def test_no_file_holds_a_name_of_the_patient_or_of_this_computer(result):
    folder, _ = result
    secrets = ("DOE^JANE", "19700101", str(folder.parent), str(Path.home()) + os.sep, "pytest-of")
    for path in folder.rglob("*"):
        if path.suffix in (".json", ".csv", ".html", ".log"):
            text = path.read_text("utf-8")
            assert not [secret for secret in secrets if secret in text], path


def test_the_log_tells_the_steps_and_their_times(result):
    folder, _ = result
    log = (folder / "run.log").read_text("utf-8").splitlines()
    seconds = [float(line.split(" s ")[0]) for line in log]
    assert seconds == sorted(seconds)
    for words in ("read T1, T1c, T2, FLAIR", "segmenter mix-50 1", "engine ", "scorecard: "):
        assert any(words in line for line in log), words


def test_a_result_tells_what_each_stage_has_cost_and_its_report_does_not(result):
    folder, _ = result
    record = json.loads((folder / "scorecard.json").read_text("utf-8"))
    stages = {one["stage"]: one for one in record["provenance"]["stages"]}
    assert {"choose", "read", "networks", "maps", "spots", "scorecard", "pictures", "scene", "volumes"} <= set(stages)
    assert all(one["wall_s"] >= 0 and one["cpu_s"] >= 0 and one["threads"] > 0 for one in stages.values())
    assert "together" in (folder / "run.log").read_text("utf-8")
    scorecard = read_scorecard(record)
    assert "cpu_s" not in render_html(scorecard, {})


def test_progress_begins_names_its_stages_and_never_goes_backwards(result):
    _, events = result
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    progress = [event for event in events if isinstance(event, Progressed)]
    overall = [event.overall for event in progress]
    assert overall == sorted(overall)
    assert overall[-1] == 1.0
    assert len({event.stage for event in progress}) >= 5


@pytest.mark.usefixtures("no_pictures")
def test_a_folder_is_recognized_aloud_and_a_mask_in_it_is_not_used_unasked(request_for, patient, tmp_path):
    events = []
    folder = assess(request_for(tmp_path / "out", contrasts={}, case_folder=patient), events.append)
    notes = [event.text for event in events if isinstance(event, Noted)]
    for contrast in Contrast:
        assert any(note.startswith(f"{contrast}: {contrast.lower()}.nii.gz (") for note in notes)
    assert any("seg.nii.gz" in note and "--reference" in note for note in notes)
    record = json.loads((folder / "scorecard.json").read_text("utf-8"))
    assert record["provenance"]["reference"] is None
    assert not (folder / "probabilities").exists()


def test_one_contrast_and_two_segmenters_are_enough_and_what_is_unknown_is_left_out(request_for, patient, tmp_path):
    request = request_for(
        tmp_path / "out", contrasts={Contrast.FLAIR: patient / "flair.nii.gz"}, segmenters="mix-0,mix-100"
    )
    folder = assess(request)
    assert sorted(path.name for path in (folder / "segmentations").iterdir()) == [
        "mix-0.nii.gz",
        "mix-100.nii.gz",
        "pooled.nii.gz",
    ]
    assert not list((folder / "maps").glob("mix_influence_*"))


# --- what was found and not used, and what nobody has accepted ------------------------------------------------------


def rows_of(folder: Path) -> dict[str, dict]:
    record = json.loads((folder / "scorecard.json").read_text("utf-8"))
    return {row["key"]: row for row in record["rows"]}


@pytest.fixture
def without_t2(patient, tmp_path):
    """The patient's T2 is there, but in another person's name for it: as a map."""
    folder = tmp_path / "DOE^JANE"
    shutil.copytree(patient, folder)
    (folder / "t2.nii.gz").rename(folder / "DOE_t2_map_adc.nii.gz")
    return folder


def test_a_missing_contrast_that_something_was_like_stops_the_run_with_the_key_to_accept_it(
    request_for, without_t2, tmp_path
):
    request = request_for(tmp_path / "out", contrasts={}, case_folder=without_t2)
    with pytest.raises(ConcernsError) as caught:
        launch.run(request)
    (concern,) = caught.value.concerns
    assert concern.key == "missing:T2"
    assert "DOE_t2_map_adc.nii.gz" in concern.text, "at the screen the file has its name"
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_pictures")
def test_an_accepted_concern_is_a_row_that_says_so_and_no_file_has_a_name(request_for, without_t2, tmp_path):
    events = []
    request = request_for(
        tmp_path / "out", contrasts={}, case_folder=without_t2, accepted=("missing:T2", "looks:FLAIR")
    )
    folder = assess(request, events.append)
    notes = [event.text for event in events if isinstance(event, Noted)]
    assert "nothing to accept: there is no concern looks:FLAIR" in notes
    rows = rows_of(folder)
    row = rows["patient.missing.T2"]
    assert (row["label"], row["value"], row["status"]) == ("Missing T2", "accepted concern", "check")
    assert "a person has accepted this" in row["reason"]
    assert "Something like it was there" in rows["patient.contrast.T2"]["reason"]
    for key, words in {"patient.unused_masks": "1 mask was", "patient.other_images": "1 image of another kind"}.items():
        assert rows[key]["status"] == "check" and words in rows[key]["reason"].lower()
    record = json.loads((folder / "scorecard.json").read_text("utf-8"))
    assert record["provenance"]["accepted_concerns"] == ["missing:T2"]
    for path in folder.rglob("*"):
        if path.suffix in (".json", ".csv", ".html", ".log"):
            text = path.read_text("utf-8")
            assert "DOE_" not in text and "DOE^" not in text and "seg.nii.gz" not in text, path
    assert "Missing T2" in (folder / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("no_pictures")
def test_what_whoever_asks_does_not_use_has_rows_too(request_for, patient, tmp_path):
    spare = Unused("DOE flair 2", "it was not chosen", UnusedKind.SPARE, frozenset({Contrast.FLAIR}))
    request = request_for(
        tmp_path / "out",
        contrasts={contrast: patient / f"{contrast.lower()}.nii.gz" for contrast in (Contrast.T1C, Contrast.FLAIR)},
        segmenters="mix-0,mix-100",
        unused=(spare,),
    )
    row = rows_of(assess(request))["patient.more_images.FLAIR"]
    assert row["reason"] == "1 more image was found and not used." and row["status"] == "check"
    spare_t2 = replace(spare, resembles=frozenset({Contrast.T2}))
    with pytest.raises(ConcernsError, match="1 concern"):
        assess(replace(request, unused=(spare_t2,)))


@pytest.mark.usefixtures("no_pictures")
def test_a_second_run_replaces_the_first(request_for, tmp_path):
    out = tmp_path / "out"
    assess(request_for(out, segmenters="mix-0,mix-50,mix-100"))
    assess(request_for(out, segmenters="mix-0,mix-50"))
    assert not (out / "segmentations" / "mix-100.nii.gz").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# --- bad input: one line that names it, exit code 2, nothing left ---------------------------------------------------


def write(path: Path, array: np.ndarray, geometry: Geometry | None = None) -> Path:
    grid = geometry or patients.geometry()
    image = grid.to_sitk(array) if array.shape == grid.shape else sitk.GetImageFromArray(array)
    sitk.WriteImage(image, str(path))
    return path


def flair() -> np.ndarray:
    return patients.arrays()[Contrast.FLAIR]


def missing(folder: Path) -> list[str]:
    return ["--flair", str(folder / "nowhere.nii.gz")]


def truncated(folder: Path) -> list[str]:
    path = write(folder / "cut.nii.gz", flair())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return ["--flair", str(path)]


def truncated_uncompressed(folder: Path) -> list[str]:
    path = write(folder / "cut.nii", flair())
    path.write_bytes(path.read_bytes()[:-1000])
    return ["--flair", str(path)]


def no_image(folder: Path) -> list[str]:
    path = folder / "letter.nii.gz"
    path.write_text("Dear colleague, ...")
    return ["--flair", str(path)]


def two_dimensional(folder: Path) -> list[str]:
    return ["--flair", str(write(folder / "flat.nii.gz", flair()[3]))]


def four_dimensional(folder: Path) -> list[str]:
    path = folder / "four.nii.gz"
    image = sitk.GetImageFromArray(np.stack([flair(), flair() + 1]), isVector=False)
    sitk.WriteImage(image, str(path))
    return ["--flair", str(path)]


def not_a_number(folder: Path) -> list[str]:
    array = flair()
    array[5, 20, 20] = np.nan
    return ["--flair", str(write(folder / "nan.nii.gz", array))]


def constant(folder: Path) -> list[str]:
    return ["--flair", str(write(folder / "constant.nii.gz", np.full(patients.SHAPE, 7, np.float32)))]


def singular_direction(folder: Path) -> list[str]:
    path = folder / "singular.nrrd"
    write(path, flair())
    data = path.read_bytes()
    header, _, body = data.partition(b"\n\n")
    lines = [
        b"space directions: (4,0,0) (4,0,0) (0,0,7)" if line.startswith(b"space directions") else line
        for line in header.split(b"\n")
    ]
    path.write_bytes(b"\n".join(lines) + b"\n\n" + body)
    return ["--flair", str(path)]


def missing_direction(folder: Path) -> list[str]:
    path = write(folder / "lost.nrrd", flair())
    header, _, body = path.read_bytes().partition(b"\n\n")
    lines = [line for line in header.split(b"\n") if not line.startswith(b"space directions")]
    path.write_bytes(b"\n".join(lines) + b"\n\n" + body)
    return ["--flair", str(path)]


def no_overlap(folder: Path) -> list[str]:
    grid = patients.geometry()
    moved = np.array(grid.ijk_to_ras)
    moved[:3, 3] += 1000
    t1 = patients.arrays()[Contrast.T1]
    return [
        "--flair",
        str(write(folder / "here.nii.gz", flair())),
        "--t1",
        str(write(folder / "there.nii.gz", t1, Geometry(grid.shape, moved))),
    ]


def same_file_twice(folder: Path) -> list[str]:
    path = str(write(folder / "twice.nii.gz", flair()))
    return ["--flair", path, "--t2", path]


def empty_folder(folder: Path) -> list[str]:
    (folder / "empty").mkdir()
    return ["--case", str(folder / "empty")]


def bad_reference(folder: Path) -> list[str]:
    good = str(write(folder / "good.nii.gz", flair()))
    return ["--flair", good, "--reference", str(write(folder / "reference.nii.gz", flair()))]


BAD_PATIENTS = {
    missing: ("nowhere.nii.gz", "does not exist"),
    truncated: ("cut.nii.gz", "truncated"),
    truncated_uncompressed: ("cut.nii", "truncated"),
    no_image: ("letter.nii.gz", "not gzip-compressed"),
    two_dimensional: ("flat.nii.gz", "2D"),
    four_dimensional: ("four.nii.gz", "4D"),
    not_a_number: ("nan.nii.gz", "not finite numbers"),
    constant: ("constant.nii.gz", "same value (7)"),
    singular_direction: ("singular.nrrd", "singular"),
    missing_direction: ("lost.nrrd", "no orientation"),
    no_overlap: ("there.nii.gz", "do not overlap in space"),
    same_file_twice: ("twice.nii.gz", "the same image was given as T2 and as FLAIR"),
    empty_folder: ("empty", "holds no image files"),
    bad_reference: ("reference.nii.gz", "which are not labels of regions"),
}
"""What makes the input -> the name and the words that the error must hold."""


def expect_one_error_line(capfd, arguments: list[str], out: Path, named: str, code: int = 2) -> str:
    before = sorted(path.name for path in out.parent.iterdir()) if out.parent.is_dir() else None
    assert cli.main(["assess", *arguments, "--out", str(out), "--quiet"]) == code
    printed, said = capfd.readouterr()
    assert printed == ""
    assert said.count("\n") == 1, said
    assert said.startswith("synthtrust: error: ")
    assert named in said
    assert not out.exists() or "scorecard.json" not in {path.name for path in out.iterdir()}
    if before is not None:
        assert sorted(path.name for path in out.parent.iterdir()) == before
    return said


@pytest.mark.parametrize("make", BAD_PATIENTS, ids=lambda make: make.__name__)
def test_a_bad_patient_gets_one_line_that_names_the_input(make, segmenters, tmp_path, capfd, monkeypatch):
    if make is not truncated:  # a child for each would only take its second to start: what is said comes from `assess`
        monkeypatch.setattr(launch, "run", assess)
    (tmp_path / "input").mkdir()
    (tmp_path / "results").mkdir()
    arguments = [*make(tmp_path / "input"), "--segmenter-folder", str(segmenters), "--segmenters", "mix-0"]
    name, words = BAD_PATIENTS[make]
    assert words in expect_one_error_line(capfd, arguments, tmp_path / "results" / "out", name)


def test_no_contrast_at_all_says_which_options_there_are(segmenters, tmp_path, capfd):
    arguments = ["--segmenter-folder", str(segmenters), "--segmenters", "mix-0"]
    assert "--flair" in expect_one_error_line(capfd, arguments, tmp_path / "out", "no contrast")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--t1", "a.nii", "--contrast", "T1=b.nii"), "two files are given for one contrast"),
        (("--contrast", "ADC=a.nii", "--contrast", "ADC=b.nii"), "two files are given for one contrast"),
        (("--t1", "a.nii", "--spacing", "nan", "1", "1"), "nan is no size in mm"),
        (("--t1", "a.nii", "--spacing", "1", "1", "-5"), "-5 is no size in mm"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_by_their_words(tmp_path, capsys, options, words):
    try:
        assert cli.main(["assess", *options, "--out", str(tmp_path / "out")]) == 2
    except SystemExit as ended:
        assert ended.code == 2
    assert words in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_record_that_cannot_run_on_this_patient_is_refused_before_any_network_runs(
    request_for, patient, tmp_path, monkeypatch
):
    monkeypatch.setattr("SynthTrustLib.segmenters.run.why_not", lambda card, case: "it needs T1c")
    monkeypatch.setattr("SynthTrustLib.segmenters.run.run_segmenters", lambda *_, **__: pytest.fail("it ran"))
    with pytest.raises(SegmenterError, match="cannot draw the outline of record, as it needs T1c"):
        assess(request_for(tmp_path / "out", segmenters="mix-0,mix-100", record="mix-0"))


def test_a_link_in_the_place_of_the_output_folder_stays_one(request_for, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "result")
    for _ in range(2):
        folder = assess(request_for(tmp_path / "out", segmenters="mix-0"))
        assert folder == tmp_path / "disk" / "result" and (tmp_path / "out").is_symlink()
        assert [path.name for path in (tmp_path / "disk").iterdir()] == ["result"]


def damage_hash(package: Path) -> None:
    licence = package / "LICENSE"
    licence.write_text(licence.read_text("utf-8") + "and more", "utf-8")


def damage_schema(package: Path) -> None:
    card = package / "configs" / "synthtrust.json"
    record = json.loads(card.read_text("utf-8"))
    del record["regions"]
    card.write_text(json.dumps(record), "utf-8")


def damage_weights(package: Path) -> None:
    model = package / "models" / "model.onnx"
    model.write_bytes(model.read_bytes()[: model.stat().st_size // 2])


@pytest.mark.parametrize("damage", [damage_hash, damage_schema, damage_weights], ids=lambda damage: damage.__name__)
def test_a_damaged_segmenter_gets_one_line_that_names_it(damage, patient, tmp_path, capfd):
    folder = patients.write_segmenters(tmp_path / "segmenters", (0,))
    damage(folder / "mix-0")
    arguments = ["--case", str(patient), "--segmenter-folder", str(folder), "--segmenters", "mix-0"]
    (tmp_path / "results").mkdir()
    expect_one_error_line(capfd, arguments, tmp_path / "results" / "out", "mix-0")


def test_only_who_is_chosen_is_verified_and_a_damaged_flagship_draws_nothing(tmp_path, monkeypatch):
    folder = patients.write_segmenters(tmp_path / "segmenters", (0, 50, 100))
    damage_hash(folder / "mix-50")

    def mix_50(installed, asked, record):
        return next(package for package in installed if package.card.id == "mix-50")

    with monkeypatch.context() as patch:
        patch.setattr(registry, "record_beside", mix_50)
        asked, everybody = choose_packages("mix-0,mix-100", None, (folder,))
    assert [package.card.id for package in asked] == ["mix-0", "mix-100"]
    assert everybody == asked
    with pytest.raises(SegmenterError, match="mix-50"):
        choose_packages("mix-0,mix-50", None, (folder,))


def test_a_file_in_the_place_of_the_output_folder_gets_one_line(patient, segmenters, tmp_path, capfd):
    (tmp_path / "file").write_text("mine")
    arguments = ["--case", str(patient), "--segmenter-folder", str(segmenters), "--segmenters", "mix-0"]
    expect_one_error_line(capfd, arguments, tmp_path / "file" / "out", "file")
    assert (tmp_path / "file").read_text() == "mine"


def as_a_command(arguments: list[str], **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "SynthTrustLib", "assess", *arguments]
    if os.name == "posix":  # where the tests run in the background, they ignore SIGINT, and children inherit that
        options["preexec_fn"] = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **options
    )


@contextmanager
def mounted(folder: Path, options: str):
    """A file system of its own in memory: the only place where root, too, meets limits."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a file system")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def locked_folder(tmp_path):
    """A folder that nobody may write to."""
    if os.name == "posix" and os.geteuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o555)
        yield tmp_path / "locked"
    else:
        with mounted(tmp_path / "locked", "ro") as folder:
            yield folder


@pytest.fixture
def small_disk(tmp_path):
    with mounted(tmp_path / "disk", "size=2m") as folder:
        yield folder


@pytest.mark.parametrize("below", [".", "not/there/yet"])
def test_no_write_permission_gets_one_line(locked_folder, below, patient, segmenters, capfd):
    arguments = ["--case", str(patient), "--segmenter-folder", str(segmenters), "--segmenters", "mix-0"]
    said = expect_one_error_line(capfd, arguments, locked_folder / below / "out", str(locked_folder))
    assert "no permission to write there" in said


def test_a_disk_that_is_too_small_is_said_before_the_networks_run(small_disk, patient, segmenters, capfd):
    arguments = ["--case", str(patient), "--segmenter-folder", str(segmenters), "--segmenters", "mix-0"]
    said = expect_one_error_line(capfd, arguments, small_disk / "out", str(small_disk / "out"))
    assert "MB free" in said


def test_a_disk_that_fills_up_on_the_way_gets_one_line_and_is_as_it_was(small_disk, request_for, monkeypatch):
    (small_disk / "other").write_bytes(bytes(1_900_000))
    monkeypatch.setattr("SynthTrustLib.runner.assess.require_space", lambda out, needed: None)
    with pytest.raises(Exception, match="the disk is full") as caught:
        assess(request_for(small_disk / "out", keep_probabilities=True))
    assert caught.value.source == str(small_disk / "out")
    assert [path.name for path in small_disk.iterdir()] == ["other"]


@pytest.mark.skipif(os.name != "posix", reason="uses POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_ctrl_c_ends_the_run_with_exit_code_130_and_leaves_nothing(patient, segmenters, tmp_path, number):
    arguments = ["--case", str(patient), "--segmenter-folder", str(segmenters), "--segmenters", "mix-0,mix-50,mix-100"]
    process = as_a_command([*arguments, "--out", str(tmp_path / "out")])
    assert process.stderr is not None
    said = ""
    while "%" not in said:  # the first progress: the child is at work
        said = process.stderr.readline()
        assert said, "it ended too early"
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert [line for line in err.splitlines() if "error" in line] == [
        "synthtrust: error: SynthTrust: the run was cancelled. Nothing was written."
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="uses POSIX signals")
def test_a_killed_child_gets_one_line_and_leaves_nothing(request_for, tmp_path):
    def kill(event):
        if isinstance(event, Progressed):
            os.kill(pid[0], signal.SIGKILL)
        if isinstance(event, Started):
            pid.append(event.pid)

    pid: list[int] = []
    with pytest.raises(launch.UnexpectedError, match="signal 9") as caught:
        launch.run(request_for(tmp_path / "out"), kill)
    assert caught.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="uses POSIX signals")
def test_when_the_parent_is_killed_the_child_ends_and_leaves_nothing(patient, segmenters, tmp_path):
    arguments = ["--case", str(patient), "--segmenter-folder", str(segmenters), "--segmenters", "mix-0"]
    process = as_a_command([*arguments, "--out", str(tmp_path / "out")])
    assert process.stderr is not None
    while "%" not in process.stderr.readline():
        pass
    process.kill()
    process.communicate(timeout=120)
    deadline = time.monotonic() + 120
    while any(".partial" in path.name for path in tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [path.name for path in tmp_path.iterdir() if path.name != "out"] == []


def test_cancelling_from_another_thread_leaves_nothing(request_for, tmp_path):
    running = launch.Child(request_for(tmp_path / "out"))
    threading.Timer(0.5, running.cancel).start()
    with pytest.raises(launch.Cancelled):
        running.wait()
    assert list(tmp_path.iterdir()) == []


ITK_OF_ANOTHER_CODE_PAGE = """
import sys
import SimpleITK as sitk
from SynthTrustLib.runner.process import child

def in_ascii_only(owner, name, position):
    original = getattr(owner, name)
    def strict(*arguments, **options):
        if not str(arguments[position]).isascii():
            raise RuntimeError(f"cannot open {arguments[position]}")
        return original(*arguments, **options)
    setattr(owner, name, strict)

in_ascii_only(sitk.ImageFileReader, "SetFileName", 1)
in_ascii_only(sitk, "ReadImage", 0)
in_ascii_only(sitk, "WriteImage", 1)
sys.exit(child.main(sys.argv[1:]))
"""


def test_no_path_with_a_letter_beyond_ascii_reaches_simpleitk(tmp_path, monkeypatch):
    """On Windows ITK in the child's python.exe opens no such file."""
    home = tmp_path / "Jérôme 頭"
    (home / "Temp").mkdir(parents=True)
    for variable in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(home / "Temp"))
    monkeypatch.setattr(
        launch,
        "child_command",
        lambda request_file, *_: [sys.executable, "-c", ITK_OF_ANOTHER_CODE_PAGE, str(request_file)],
    )
    suffixes = {Contrast.T1: ".mhd", Contrast.T1C: ".nii.gz", Contrast.T2: ".nhdr", Contrast.FLAIR: ".nrrd"}
    contrasts = {}
    for contrast, path in patients.write_patient(home).items():
        contrasts[contrast] = home / f"{contrast}{suffixes[contrast]}"
        sitk.WriteImage(sitk.ReadImage(str(path)), str(contrasts[contrast]))
    request = AssessRequest(
        out=home / "Ergebnis ä",
        contrasts=contrasts,
        segmenters="mix-0",
        extra_segmenter_folders=(patients.write_segmenters(home / "Netze ü", (0,)),),
        reference=home / "seg.nii.gz",
        write_scene=False,
    )
    folder = launch.run(request)
    voxels, grid = read(folder / "maps" / "disagreement_WT.nii.gz")
    assert voxels.shape == patients.SHAPE
    assert grid.is_same(patients.geometry())
    assert list((home / "Temp").glob("synthtrust-*")) == []
