"""What an earlier version has saved still opens, and holds what it held, or is refused as intended."""

from __future__ import annotations

import re
import zipfile

import pytest
from scene.reading import load_scene, segment_array, unpack_mrb
from versions import kept
from versions.kept import FOLDER, facts, opened, record

from SynthTrustLib.codec import encode
from SynthTrustLib.errors import InputError
from SynthTrustLib.runner.files.results import read_outcome, read_text
from SynthTrustLib.segmenters.package.card import read_card
from SynthTrustLib.segmenters.package.folder import load_package, read_model
from SynthTrustLib.trust.learned.calibration import read_calibration
from SynthTrustLib.trust.scorecard import read_scorecard
from SynthTrustLib.vocabulary import Region
from Testing.Versions.compare import INTENDED
from Testing.Versions.differences import Difference, Intended, read_intended
from Testing.Versions.review import COMMENT, REVIEWER

MACHINE = re.compile(rb"[\s\"':=](/(tmp|home|root|work|Users|private)/|[A-Z]:\\\\)")
"""A path of the machine that wrote the files."""

STEP = 2e-5
"""Files of maps are cut to steps of 1.5e-5, those in a scene are not."""


def millilitres(mask, geometry) -> float:
    return float(mask.sum() * geometry.voxel_volume_ml)


def outline_facts(run: str) -> dict[tuple[str, str], float]:
    """(id, region) -> mL of a run's label maps."""
    words = {tuple(place.split()[1:]): fact for place, fact in facts()[run].items() if place.startswith("outline ")}
    return {(key[0], key[1]): fact["value"] for key, fact in words.items() if len(key) == 2}


def assert_same_rows(scorecard, written) -> None:
    """Every row of the file came back, value for value."""
    rows = {row["key"]: row for row in encode(scorecard)["rows"]}
    assert list(rows) == [row["key"] for row in written["rows"]]
    for row in written["rows"]:
        assert {name: rows[row["key"]][name] for name in row} == row


def test_a_scorecard_is_read_row_by_row():
    written = record("result/scorecard.json")
    scorecard = opened("result/scorecard.json", lambda: read_scorecard(written))
    assert_same_rows(scorecard, written)
    assert [card.id for card in scorecard.segmenters] == [card["id"] for card in written["segmenters"]]
    assert len(scorecard.review_spots) == len(written["review_spots"]) > 0
    assert dict(scorecard.provenance) == written["provenance"]


def test_a_result_folder_is_read_with_its_outlines_and_maps():
    outcome = opened("result", lambda: read_outcome(FOLDER / "result"))
    assert_same_rows(outcome.scorecard, record("result/scorecard.json"))
    volumes = outline_facts("small/outside")
    assert len(volumes) == 3 * len(outcome.outlines) == 18
    for identifier, outlines in outcome.outlines.items():
        for region, mask in outlines.items():
            assert millilitres(mask.values, outcome.geometry) == pytest.approx(volumes[identifier, region], abs=1e-3)
    said = facts()["small/outside"]
    for kind in ("disagreement", "uncertainty", "mix_influence"):
        for region, layer in outcome.maps[kind].items():
            assert layer.values.max() == pytest.approx(said[f"maps {kind} {region}"]["highest"], abs=STEP)
    assert "Small sample patient" in read_text(FOLDER / "result", "report.html")
    assert "scorecard: " in read_text(FOLDER / "result", "run.log")


@pytest.fixture
def scene_of(tmp_path):
    """Loads a kept archive into an empty scene; returns the one result in it."""
    pytest.importorskip("slicer", reason="slicer-core is not installed: pip install 'synthtrust[scene]'")
    from SynthTrustLib.scene.result.stored import stored_results
    from SynthTrustLib.scene.standalone import standalone_scene

    with standalone_scene() as scene:

        def load(name):
            assert load_scene(scene, unpack_mrb(FOLDER / name, tmp_path / "unpacked"))
            (result,) = opened(name, lambda: stored_results(scene))
            return result

        yield load


def test_a_scene_has_every_row_outline_and_map(scene_of):
    from SynthTrustLib.scene.nodes.voxels import volume_array, volume_geometry

    result = scene_of("result/scene.mrb")
    assert_same_rows(opened("result/scene.mrb", lambda: result.scorecard), record("result/scorecard.json"))
    assert result.nodes.folder is not None
    grid = volume_geometry(result.nodes.reference_volume)
    volumes = outline_facts("small/outside")
    assert set(result.outlines) == {identifier for identifier, _ in volumes}
    for identifier, node in result.outlines.items():
        for region in result.regions:
            mask = segment_array(node, region, grid)
            assert millilitres(mask, grid) == pytest.approx(volumes[identifier, region], abs=1e-3)
    said = facts()["small/outside"]
    assert len(result.nodes.maps) == 9
    for (kind, region), node in result.nodes.maps.items():
        assert volume_array(node).max() == pytest.approx(said[f"maps {kind} {region}"]["highest"], abs=STEP)
    assert len(result.nodes.volumes) == 4


def test_a_scene_that_was_reviewed_has_the_verdict_the_edit_and_the_report(scene_of):
    result = scene_of("reviewed.mrb")
    scorecard = opened("reviewed.mrb", lambda: result.scorecard)
    said = facts()["small/calibrated"]
    assert [row.key for row in scorecard.rows] == [p.removeprefix("row ") for p in said if p.startswith("row ")]
    assert scorecard.row("predicted_dice.WT").value == said["row predicted_dice.WT"]["value"]
    assert scorecard.row("predicted_dice.WT").track_record
    (verdict,) = result.verdicts()
    assert (verdict.region, verdict.reviewer, verdict.comment) == (Region.WT, REVIEWER, COMMENT)
    assert result.edited() == (scorecard.segmenters[0].id,)
    assert "Small sample patient" in result.report_html()
    assert {str(kind) for kind, _ in result.nodes.maps} == {"disagreement"}, "the user had deleted the others"


def test_a_calibration_whose_intervals_meant_something_else_is_refused_in_one_sentence():
    with pytest.raises(InputError) as refused:
        read_calibration(FOLDER / "calibration.json")
    assert str(refused.value) == (
        "calibration.json: it was made by another version of SynthTrust, which computed its signals in another way. "
        "Calibrate again with synthtrust trust calibrate."
    )


def as_now(card):
    """A card of the kept version as it is written today: one from before tasks had names is one of glioma."""
    return {**card, "task": "glioma", "training_mix": {**card["training_mix"], "generator_card": []}}


def test_a_package_is_read_with_its_network():
    package = opened("packages/kept", lambda: load_package(FOLDER / "packages" / "kept"))
    assert encode(package.card) == as_now(record("packages/kept/configs/synthtrust.json"))
    assert read_model(package)


def test_the_card_of_a_segmenter_that_shipped_is_read():
    written = record("real-only.card.json")
    card = opened("real-only.card.json", lambda: read_card(written, source="real-only"))
    assert encode(card) == as_now(written)


def refuse(what="it is of format 1, this SynthTrust reads format 2", next_step="Assess the patient again."):
    raise InputError(what, source="scorecard", next_step=next_step)


@pytest.fixture
def listed(monkeypatch, tmp_path):
    """A list on which one file may be refused."""
    (tmp_path / "intended.txt").write_text("kept: old.json: opens | its form has changed\n")
    monkeypatch.setattr(kept, "INTENDED", tmp_path / "intended.txt")


def test_a_kept_file_that_is_refused_must_be_on_the_list(listed):
    with pytest.raises(pytest.skip.Exception, match="refused, as intended: scorecard: it is of format 1"):
        opened("old.json", refuse)
    with pytest.raises(InputError):
        opened("other.json", refuse)


@pytest.mark.parametrize(
    "unclear",
    [{"what": ""}, {"next_step": ""}, {"next_step": "Try"}, {"what": "x" * 300}],
)
def test_a_refusal_that_is_not_clear_fails_even_when_it_is_on_the_list(listed, unclear):
    with pytest.raises(AssertionError):
        opened("old.json", lambda: refuse(**unclear))


def test_the_list_of_intended_differences_can_be_read():
    assert all(isinstance(entry, Intended) for entry in read_intended(INTENDED))


def test_refusals_are_listed_under_the_files_name():
    refusal = Difference("kept", "reviewed.mrb", "opens", True, False)
    assert Intended("kept: reviewed.mrb: opens", "old").covers(refusal)
    assert not Intended("kept: result/scene.mrb: opens", "old").covers(refusal)


def test_no_kept_file_names_a_folder_of_the_machine_that_wrote_it():
    for path in FOLDER.rglob("*.*"):
        data = path.read_bytes()
        parts = [data]
        if path.suffix == ".mrb":
            with zipfile.ZipFile(path) as packed:
                parts = [name.encode() + b"\n" + packed.read(name) for name in packed.namelist()]
        if path.suffix not in (".gz", ".onnx"):
            assert not any(MACHINE.search(part) for part in parts), path.name
