"""What a reviewer decides at the review spots, and the outline that comes of it."""

from __future__ import annotations

import time
from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.case.part import Part
from SynthTrustLib.codec import decode, encode
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots.find import find_review_spots
from SynthTrustLib.outcome.correction import Correction, Painted, Settled, corrected, edited_card
from SynthTrustLib.outcome.outcome import outcome_of
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Evidence, Status

SHAPE = (24, 74, 70)
TUMOR, MISSED = builders.ball(SHAPE, (12, 12, 12), 8), builders.ball(SHAPE, (12, 56, 54), 6)
CORE = builders.ball(SHAPE, (12, 12, 12), 5.5)


@pytest.fixture(scope="module")
def outcome():
    """The record draws the tumor as its own core too; jurors see another place, one of them a smaller core."""
    p = np.zeros((4, 2, *SHAPE), np.float32)
    p[:, 0][:, TUMOR] = p[:, 1][:, TUMOR] = 0.9
    p[1:, 0][:, MISSED] = 0.9
    p[3, 1] = np.where(CORE, 0.9, 0)
    stack = builders.stack(p, synthetic=[0, 25, 50, 75])
    ids = [card.id for card in stack.segmenters]
    roles = Roles(ids[0], tuple(ids[1:]))
    maps = compute_maps(stack.only(roles.jury))
    spots = find_review_spots(stack, maps, spacing_trusted=True, roles=roles)
    case = builders.case(geometry=stack.geometry)
    return outcome_of(stack, maps, build_scorecard(case, stack, maps, spots, roles=roles))


def spot_of(outcome, region):
    return next(spot for spot in outcome.scorecard.review_spots if spot.region == region)


def draw(outcome, *decisions, painted=None, correction=None):
    """The corrected outlines as whole masks, after (region, choice) in turn."""
    correction = correction or Correction()
    for region, choice in decisions:
        correction = correction.settle(Settled.now(spot_of(outcome, region), choice, "me"))
    found = corrected(outcome.outlines, outcome.scorecard, correction, GLIOMA, painted)
    return {region: part.whole(SHAPE) for region, part in found.items()}


def test_without_a_decision_it_is_the_outline_of_record(outcome):
    assert np.array_equal(draw(outcome)["WT"], TUMOR)
    assert np.array_equal(draw(outcome, ("WT", "keep"), ("TC", "keep"))["TC"], TUMOR)


def test_including_a_piece_adds_it_and_leaves_every_member_alone(outcome):
    before = {name: parts["WT"].count for name, parts in outcome.outlines.items()}
    drawn = draw(outcome, ("WT", "include"))
    assert np.array_equal(drawn["WT"], TUMOR | MISSED)
    assert np.array_equal(drawn["TC"], TUMOR)
    assert {name: parts["WT"].count for name, parts in outcome.outlines.items()} == before


def test_somebodys_outline_is_taken_at_the_spot_only(outcome):
    drawn = draw(outcome, ("TC", "mix-75-3"))
    assert np.array_equal(drawn["TC"], CORE)
    assert np.array_equal(drawn["WT"], TUMOR), "the spot of the whole tumor is still open"


def test_regions_stay_in_one_another():
    spot_in = np.zeros(SHAPE, bool)
    p = np.zeros((2, 2, *SHAPE), np.float32)
    p[0, 0][TUMOR] = p[0, 1][CORE] = p[1, 1][CORE] = 0.9
    stack = builders.stack(p, synthetic=[0, 50])
    roles = Roles("mix-0-0", ("mix-50-1",))
    maps = compute_maps(stack.only(roles.jury))
    spots = find_review_spots(stack, maps, spacing_trusted=True, roles=roles)
    case = builders.case(geometry=stack.geometry)
    outcome = outcome_of(stack, maps, build_scorecard(case, stack, maps, spots, roles=roles))
    assert not spot_in.any()
    drawn = draw(outcome, ("WT", "leave-out"))
    assert not (drawn["TC"] & ~drawn["WT"]).any()


def test_the_last_decision_at_a_spot_counts_and_can_be_taken_back_and_made_again(outcome):
    spot = spot_of(outcome, "WT")
    twice = Correction().settle(Settled.now(spot, "include", "me")).settle(Settled.now(spot, "keep", "me"))
    assert twice.at(spot).choice == "keep" and len(twice.counting) == 1
    assert np.array_equal(draw(outcome, correction=twice)["WT"], TUMOR)
    once = twice.undo()
    assert np.array_equal(draw(outcome, correction=once)["WT"], TUMOR | MISSED)
    assert once.redo() == twice and once.undo().at(spot) is None
    assert once.undo().undo() == once.undo() and twice.redo() == twice
    assert once.settle(Settled.now(spot, "keep", "me")).undone == ()


def test_the_next_open_spot_follows_and_starts_again_at_the_end(outcome):
    spots = outcome.scorecard.review_spots
    assert len(spots) == 2
    first = Correction().settle(Settled.now(spots[1], "keep", ""))
    assert first.next_open(spots, after=2) is spots[0]
    assert first.settle(Settled.now(spots[0], "keep", "")).next_open(spots) is None


def test_what_was_painted_at_a_spot_stays_whatever_else_is_decided(outcome):
    stroke, cut = builders.ball(SHAPE, (12, 56, 54), 3), np.zeros(SHAPE, bool)
    cut[tuple(np.argwhere(TUMOR & ~CORE)[0])] = True
    painted = {spot_of(outcome, "WT").rank: Painted(Part.of(stroke & ~TUMOR), Part.of(cut))}
    drawn = draw(outcome, ("WT", "painted"), ("TC", "mix-75-3"), painted=painted)
    assert np.array_equal(drawn["WT"], (TUMOR | stroke) & ~cut)
    assert np.array_equal(drawn["TC"], CORE)
    assert np.array_equal(draw(outcome, ("WT", "keep"), painted=painted)["WT"], TUMOR), "it does not count"


def test_a_correction_survives_as_json(outcome):
    correction = Correction().settle(Settled.now(spot_of(outcome, "WT"), "mix-75-3", " Dr. A ", "added")).undo()
    assert decode(Correction, encode(correction)) == correction
    assert correction.undone[0].reviewer == "Dr. A"


def test_taking_the_pooled_outline_survives_as_json_with_all_other_decisions():
    correction = Correction().settle(Settled(1, "WT", "include")).settle(Settled(2, "WT", "pooled", "added"))
    assert decode(Correction, encode(correction)) == correction


def test_predictions_of_an_edited_region_are_withdrawn(outcome):
    row = Row(
        "predicted_dice.WT", Section.PREDICTION, "Dice", 0.9, "", Evidence.MEASURED, Status.INFORMATION, "Why.", "WT"
    )
    temperature = replace(row, key="temperature.WT")
    known = replace(outcome.scorecard, rows=(row, replace(row, key="predicted_dice.TC", region="TC"), temperature))
    whole, core, pooled = edited_card(known, ["WT"]).rows
    assert whole.withdrawn.startswith("Edited: before") and whole.value == 0.9
    assert core == known.rows[1]
    assert pooled == temperature, "the jury's probabilities are as they were"


def test_a_decision_takes_less_than_a_fifth_of_a_second(outcome):
    start = time.process_time()
    draw(outcome, ("WT", "include"), ("TC", "mix-75-3"))
    assert time.process_time() - start < 0.2
