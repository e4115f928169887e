"""Whether a region is found, on outlines whose answer is known."""

from __future__ import annotations

import builders
import numpy as np
import pytest

from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.segmenters.package.card import MODEL_FILE
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.learned.calibration import Calibration
from SynthTrustLib.vocabulary import Evidence, Region, Status

SHAPE = (24, 40, 36)
SPECK = (slice(4, 8), slice(8, 12), slice(10, 14))  # 64 voxels: 0.064 mL at 1 mm
ELSEWHERE = (slice(14, 18), slice(20, 24), slice(20, 24))
FAR = (slice(14, 18), slice(30, 34), slice(10, 14))
MEASURABLE = (slice(4, 6), slice(8, 20), slice(10, 22))  # 12 mm by 12 mm


def members(*places, level=0.9):
    """A segmenter for each tuple of places that it outlines."""
    p = np.zeros((len(places), 3, *SHAPE), np.float32)
    for segmenter, outlined in zip(p, places, strict=True):
        for place in outlined:
            segmenter[(slice(None), *place)] = level
    return p


def calibration(cards, presence):
    """Of these segmenters, with the presence rule and a map that predicts a perfect Dice for everyone."""
    part = {
        "patients": 20,
        "map": {"components": [{"signal": "pairwise_dice", "knots": [[0.0, 1.0], [1.0, 1.0]]}]},
        "temperature": {"value": None},
        "status": {
            "patients": 20,
            "rules": [
                {"name": "a", "signal": "predicted_dice", "words": "a", "agree_from": 0.5, "rely_from": None},
                {
                    "name": "b",
                    "signal": "share_of_finders",
                    "words": "b",
                    "agree_from": 1,
                    "rely_from": 0.5,
                    "if_agree": "all find it",
                },
            ],
            "target": None,
        },
        "sets": [
            {
                "contrasts": ["T1", "T1c", "T2", "FLAIR"],
                "patients": ["a"] * 20,
                "dice": {"level": 0.95, "half_width": 0.1, "patients": 20},
                "volume": {"level": 0.95, "factor": 1.0, "patients": 20},
                "border": {"level": 0.95, "margin_mm": 1.0, "patients": 20},
            }
        ],
        "presence": presence,
    }
    preset = {
        "name": "test",
        "segmenters": {card.id: card.hashes.get(MODEL_FILE, card.id) for card in cards},
        "regions": {str(region): part for region in Region},
    }
    familiar = {"groups": [], "distances": {}, "plain_facts": {"cut_off": None, "brain_ml": None}, "mixes": {}}
    return Calibration("test", "0" * 64, {"presets": [preset], "in_distribution": familiar})


def assess(p, below=None, geometry=None, **changes):
    stack = builders.stack(p, geometry=geometry)
    case = builders.case(geometry=stack.geometry, **changes)
    rule = None if below is None else {"patients": 20, "pairwise_dice": below}
    return build_scorecard(case, stack, compute_maps(stack), calibration=calibration(stack.segmenters, rule))


@pytest.fixture(autouse=True)
def appearance(monkeypatch):
    """The cards of these tests have no preprocessing, and how the scans look is not asked."""
    monkeypatch.setattr("SynthTrustLib.trust.learned.in_distribution.views_of", lambda case, segmenter: {})


def test_segmenters_that_each_see_a_speck_elsewhere_find_no_tumor_and_what_is_left_is_told():
    p = members((SPECK,), (ELSEWHERE, FAR), ())
    p[0, :, 5, 9, 11] = 1.0
    row = assess(p).row("found.WT")
    assert row.value is False
    # i runs to the left and j to the back on this grid.
    assert row.reason == (
        "No tumor found: nowhere do half of the 3 segmenters, or their mean probability, outline 0.05 mL of it; the "
        "mean probability of the segmenters is nowhere above 0.33 (there at R, A, S = \u221211, \u22129, 5 mm), and "
        "mix 50 1 outlines the most, 0.1 mL."
    )


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flipped_grid_names_the_same_place(axis):
    p = members((SPECK,), (ELSEWHERE,), (FAR,))
    geometry = builders.grid(SHAPE)
    matrix = np.array(geometry.ijk_to_ras)
    matrix[:3, 3] = geometry.ras([SHAPE[n] - 1 if n == axis else 0 for n in range(3)])
    matrix[:3, 2 - axis] *= -1
    flipped = assess(np.flip(p, 2 + axis), geometry=type(geometry)(SHAPE, matrix))
    assert flipped.row("found.WT").reason == assess(p).row("found.WT").reason


def test_one_of_two_that_sees_a_tumor_contradicts_the_other_and_is_not_outvoted():
    assert assess(members((MEASURABLE,), ())).row("found.WT").value is True
    assert assess(members((MEASURABLE,), (), ())).row("found.WT").value is False


@pytest.mark.parametrize(
    ("shared", "below", "trusted", "found"),
    [
        (SPECK, 0.5, True, False),
        (SPECK, 0.2, True, True),  # they agree more than on some labelled patient who has one
        (SPECK, None, True, True),  # nobody knows how much they agree on those who have one
        (SPECK, 0.5, False, True),  # nobody knows how large it is
        (MEASURABLE, 0.9, True, True),
    ],
)
def test_what_is_shared_but_contested_and_too_small_to_measure_is_not_found(shared, below, trusted, found):
    card = assess(members((shared,), (shared, ELSEWHERE), (FAR,)), below, spacing_trusted=trusted)
    row = card.row("found.WT")
    assert row.value is found
    if not found:
        dice = card.row("pairwise_dice.WT.mean").value
        assert dice == pytest.approx((2 / 3 + 0 + 0) / 3, abs=1e-6)
        assert f"agree less (mean Dice {dice:.2f}) than on any of the 20 labelled patients" in row.reason
        assert card.row("status.WT").reason.startswith("No tumor that the segmenters agree on was found; ")


def test_what_is_drawn_but_no_lesion_is_not_called_nothing():
    """The pictures show it: a reader who is told that there is none would not trust them."""
    dot = (slice(5, 7), slice(9, 11), slice(11, 13))  # 8 voxels
    card = assess(members((dot,), (dot,)))
    assert card.row("found.WT").value is False
    assert card.row("status.WT").reason.startswith("No tumor of 0.05 mL or more was found; ")


def test_no_tumor_is_never_marked_agree_and_nothing_is_predicted_of_it():
    card = assess(members((), ()))
    assert card.row("predicted_dice.WT").evidence is Evidence.UNKNOWN
    assert card.row("predicted_volume.WT").evidence is Evidence.UNKNOWN
    assert card.row("status.WT").status is Status.CHECK
    assert card.row("status.WT").reason == "No tumor was found; how often that is right was not measured."
    assert card.row("found.WT").reason.startswith("No tumor found: none of the 2 segmenters outlines any; ")
    there = assess(members((MEASURABLE,), (MEASURABLE,)))
    assert there.row("status.WT").status is Status.AGREE
    assert there.row("status.WT").reason == "A is 1.00, and “agree” asks for 0.50."
    assert there.row("predicted_dice.WT").value == 1
