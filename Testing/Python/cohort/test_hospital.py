"""Your hospital: learned from references of a cohort, shown first, used only where that is asked for, undone."""

from __future__ import annotations

import json
import shutil
from functools import partial

import numpy as np
import pytest
from cohort.conftest import keys, run_here

from SynthTrustLib import cli
from SynthTrustLib.calibration.evaluate.intervals import bootstrap
from SynthTrustLib.codec import decode
from SynthTrustLib.cohort.folder import claim, result_of
from SynthTrustLib.cohort.hospital.examples import Witness, read_example
from SynthTrustLib.cohort.hospital.learn import FEWEST_PERSONS, learn
from SynthTrustLib.cohort.hospital.summary import _held
from SynthTrustLib.cohort.keys import write_keys
from SynthTrustLib.cohort.patient import Patient
from SynthTrustLib.cohort.report.statements import Kind, Witnessed, read_witnessed, statements_of
from SynthTrustLib.cohort.state import Outcome, PatientState, write_state
from SynthTrustLib.segmenters.package.registry import find_packages
from SynthTrustLib.trust.learned import own
from SynthTrustLib.trust.learned.calibration import find_calibration
from SynthTrustLib.trust.scorecard import Row


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Nobody's own calibrations."""
    monkeypatch.setenv(own.FOLDER_VARIABLE, str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """Nobody looks at the bootstrap's intervals."""
    monkeypatch.setattr("SynthTrustLib.calibration.evaluate.regions.bootstrap", partial(bootstrap, draws=5))


def without_pictures(monkeypatch):
    """From now on pages are without pictures, which take longer than all the rest."""
    monkeypatch.setattr("SynthTrustLib.calibration.evaluate.page._draw", lambda preset: b"")


@pytest.fixture(scope="module")
def example(tmp_path_factory, one_patient, segmenters):
    """What a run has left of a patient with a reference, as JSON values."""
    root = tmp_path_factory.mktemp("example")
    shutil.copytree(one_patient, root / "in" / "Zebedee")
    out = root / "cohort"
    assert run_here(segmenters, root / "in", out, "--reference", "seg.nii.gz") == 0
    (key,) = keys(out).values()
    text = (result_of(out, key) / "measured.json").read_text("utf-8")
    assert "Zebedee" not in text and str(root) not in text
    return json.loads(text)


def write_hospital(folder, example, persons=24, *, skilled=True, visits=1, regions=("WT", "TC"), few=()):
    """A cohort of that many persons with `visits` examinations each; TC for the first ten where it is among `few`."""
    claim(folder, folder.parent)
    random = np.random.default_rng(0)
    names = {}
    patients = []
    for n in range(persons * visits):
        key, name = f"p{n:07d}", f"Quirkwood/{n}"
        names[name] = key
        patients.append(Patient(name, folder.parent, person=f"person {n // visits}"))
        record = json.loads(json.dumps(example))
        record["regions"] = {region: record["regions"][region] for region in regions}
        for region in few:
            if n // visits >= 10:
                del record["regions"][region]
        quality = random.uniform(0.35, 0.95)
        for figures in record["regions"].values():
            told = quality if skilled else random.uniform(0.35, 0.95)
            figures["dice"] = quality
            for signal in ("pairwise_dice", "between_mix_dice", "expected_dice"):
                if signal in figures["signals"]:
                    figures["signals"][signal] = float(np.clip(told + random.normal(0, 0.02), 0, 1))
        record["views"] = {name: [v + random.normal(0, 0.01) for v in view] for name, view in record["views"].items()}
        result_of(folder, key).mkdir(parents=True)
        (result_of(folder, key) / "measured.json").write_text(json.dumps(record))
        (result_of(folder, key) / "scorecard.json").write_text("{}")
        write_state(folder, PatientState(key, Outcome.DONE, "f"))
    write_keys(folder, names, patients)
    return folder


def calibrate(*arguments):
    return cli.main(["trust", "calibrate", *map(str, arguments)])


def test_a_run_with_a_reference_leaves_what_a_calibration_needs(example, tmp_path):
    (tmp_path / "measured.json").write_text(json.dumps(example))
    read = read_example(tmp_path, "pkey", "person")
    assert read.measured.regions["WT"]["dice"] > 0.8 and set(read.views) == {"T1", "T1c", "T2", "FLAIR"}
    assert list(read.who.preset["segmenters"]) == ["mix-0", "mix-50", "mix-100"] and "record" not in read.who.preset
    assert not read.trained_on
    assert read_example(tmp_path / "nobody", "pkey", "person") == "have no reference"
    (tmp_path / "measured.json").write_text("{")
    assert read_example(tmp_path, "pkey", "person") == "cannot be read"


def test_it_is_shown_first_used_where_asked_for_and_taken_back(
    tmp_path, example, segmenters, capsys, own_folder, monkeypatch
):
    cohort = write_hospital(tmp_path / "cohort", example)
    assert calibrate(cohort) == 0
    said = capsys.readouterr()
    assert "24 patients with a reference" in said.out and "WT: 24 persons" in said.out
    assert "Nothing was replaced" in said.out and not own_folder.exists()
    page = (cohort / "hospital.html").read_text("utf-8")
    assert "each person left" in page and "Quirkwood" not in page + said.out + said.err
    assert 'src="data:image/png;base64,iVBOR' in page
    without_pictures(monkeypatch)
    evaluation = json.loads((cohort / "hospital.json").read_text("utf-8"))
    (dice,) = [e for e in evaluation["presets"]["here"]["regions"]["WT"]["coverage"] if e["kind"] == "dice"]
    assert dice["level"] == 0.9 and dice["patients"] == 24 and dice["held"] >= 19

    cards = [package.card for package in find_packages([segmenters]) if package.card.id.startswith("mix-")]
    assert find_calibration(cards) is None
    assert calibrate(cohort, "--use") == 0
    assert "From now on WT, TC are judged by it" in capsys.readouterr().out
    used = find_calibration(cards)
    assert used is not None and used.record["persons"] == 24 and used.track_record["here"]["WT"]["status"]
    assert calibrate(cohort, "--use") == 0
    assert own.own_file(cards[0].family).name.endswith(".0002.json")
    assert calibrate("--undo") == 0 and calibrate("--undo") == 0
    assert "what ships with SynthTrust is in use" in capsys.readouterr().out
    assert find_calibration(cards) is None and not list(own_folder.iterdir())
    assert calibrate("--undo") == 2
    assert "nothing was learned" in capsys.readouterr().err


def test_persons_are_counted_and_not_their_examinations(tmp_path, example, capsys, monkeypatch):
    without_pictures(monkeypatch)
    cohort = write_hospital(tmp_path / "cohort", example, persons=FEWEST_PERSONS - 1, visits=2)
    assert learn(cohort).kept is None
    assert calibrate(cohort, "--use") == 2
    said = capsys.readouterr()
    assert "38 patients of 19 persons" in said.out and "shown only" in said.out
    assert f"no region has {FEWEST_PERSONS} persons" in said.err
    assert own.last_kept() is None


def test_a_region_with_too_few_is_shown_and_stays_as_it_ships(tmp_path, example):
    learned = learn(write_hospital(tmp_path / "cohort", example, few=("TC",)))
    assert learned.regions_kept == ["WT"] and learned.persons["TC"] == 10
    assert "TC" in learned.fitted["presets"][0]["regions"]


def test_the_summary_adds_up_the_sets_of_contrasts_and_says_where_nobody_was_marked():
    def entry(held, patients):
        return {"kind": "dice", "level": 0.8, "held": held, "patients": patients}

    status = {"agree": {"patients": 5, "good": 4}, "do not rely": {"patients": 0, "poor": 0}}
    tested = {"regions": {"WT": {"coverage": [entry(2, 3), entry(2, 4), entry(0, 0)], "status": status}}}
    assert _held(tested, "WT") == (
        "the 80 % interval of Dice held in 4 of 7; 4 of 5 marked agree were good; nobody was marked do not rely"
    )


def test_without_skill_no_status_is_learned(tmp_path, example):
    learned = learn(write_hospital(tmp_path / "cohort", example, skilled=False))
    part = learned.kept["presets"][0]["regions"]["WT"]
    assert part["skill"]["low"] <= 0
    (rule,) = [rule for rule in part["status"]["rules"] if rule["signal"] == "predicted_dice"]
    assert rule["agree_from"] is None and rule["rely_from"] is None


def test_who_was_trained_on_or_run_otherwise_is_left_out(tmp_path, example, capsys):
    cohort = write_hospital(tmp_path / "cohort", example, persons=26)
    folders = sorted((cohort / "patients").iterdir())
    for folder, change in zip(folders, ("trained", "others", "version"), strict=False):
        record = json.loads((folder / "measured.json").read_text())
        if change == "trained":
            record["trained_on"] = True
        elif change == "others":
            record["preset"]["segmenters"]["mix-0"] = "0" * 64
        else:
            record["versions"]["signals"] = -1
        (folder / "measured.json").write_text(json.dumps(record))
    (folders[3] / "measured.json").unlink()
    learned = learn(cohort)
    assert len(learned.fitted["patients"]) == 22
    assert learned.left_out == {
        "were trained on by a segmenter": 1,
        "were run with other segmenters": 1,
        "were run by another version of SynthTrust": 1,
        "have no reference": 1,
    }
    for folder in folders:
        (folder / "measured.json").unlink(missing_ok=True)
    assert calibrate(cohort) == 2
    assert "26 have no reference" in capsys.readouterr().err


def test_a_patient_is_judged_by_what_was_learned_here_and_the_card_says_so(
    tmp_path, example, segmenters, one_patient, capsys, monkeypatch
):
    from SynthTrustLib.runner.assess import AssessRequest, assess

    without_pictures(monkeypatch)

    assert calibrate(write_hospital(tmp_path / "cohort", example, few=("TC",)), "--use") == 0
    request = AssessRequest(
        out=tmp_path / "result",
        case_folder=one_patient,
        segmenters="mix-0,mix-50,mix-100",
        extra_segmenter_folders=(segmenters,),
        reference=one_patient / "seg.nii.gz",
        write_scene=False,
    )
    result = assess(request, witness=Witness(()))
    card = json.loads((result / "scorecard.json").read_text("utf-8"))
    rows = {row["key"]: row for row in card["rows"]}
    assert rows["learned_here"]["value"] == "whole tumor"
    assert "24 persons of this hospital" in rows["learned_here"]["reason"]
    assert rows["predicted_dice.WT"]["value"] is not None and "patients left out" in rows["status.WT"]["track_record"]
    assert rows["predicted_dice.TC"]["value"] is None
    assert card["provenance"]["calibration"]["command"] == "synthtrust trust calibrate COHORT"
    made = statements_of(
        {key: decode(Row, row) for key, row in rows.items()}, "WT", "pooled", read_witnessed(result, "p")
    )
    assert [(one.kind, one.percent) for one in made] == [(kind, 90) for kind in Kind], "as the cohort's page reads them"
    kept = json.loads((result / "measured.json").read_text("utf-8"))
    (result / "measured.json").write_text(json.dumps({**kept, "family": None, "trained_on": True}), "utf-8")
    assert read_witnessed(result, "p") == Witnessed({}, True), (
        "of several families nothing is learned, but that is known"
    )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([], "does not say what to calibrate on"),
        (["nowhere"], "it is no cohort"),
        (["nowhere", "--undo"], "three ways"),
        (["nowhere", "--cases", "x", "--work", "y", "--out", "z"], "three ways"),
        (["--cases", "x", "--work", "y"], "does not say what to calibrate on"),
    ],
)
def test_a_wrong_call_gets_one_sentence(more, says, capsys):
    assert calibrate(*more) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert says in line
