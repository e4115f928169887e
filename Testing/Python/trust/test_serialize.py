"""The scorecard's JSON form: an exact round trip, and a schema that refuses what must not be said."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.codec import encode
from SynthTrustLib.errors import InputError
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots.find import find_review_spots
from SynthTrustLib.segmenters.package.card import HeldOutResult
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.scorecard import read_scorecard
from SynthTrustLib.vocabulary import Region

SHAPE = (24, 40, 36)


def made(trusted=True):
    p = np.stack(
        [np.stack([0.9 * builders.ball(SHAPE, (12, 20, 26), radius - r) for r in (0, 2)]) for radius in (7, 9, 11)]
    )
    stack = builders.stack(p, synthetic=[0, 50, 100])
    result = HeldOutResult("dice", Region.WT, "BraTS test", 0.8, 0.7, 0.9, 5)
    first = replace(stack.segmenters[0], held_out=(result,))
    stack = replace(stack, segmenters=(first, *stack.segmenters[1:]), skipped={"other": "it needs T2"})
    case = builders.case(geometry=stack.geometry, spacing_trusted=trusted, label="Sample é", is_synthetic=True)
    maps = compute_maps(stack)
    spots = find_review_spots(stack, maps, spacing_trusted=trusted)
    reference = {Region.WT: builders.ball(SHAPE, (12, 20, 26), 8)}
    return build_scorecard(case, stack, maps, spots, reference=reference, provenance={"inputs": {"T1": "0" * 64}})


@pytest.fixture(scope="module")
def scorecard():
    return made()


@pytest.fixture
def document(scorecard):
    return copy.deepcopy(encode(scorecard))


@pytest.mark.parametrize("trusted", [True, False])
def test_the_round_trip_through_json_is_exact(trusted):
    scorecard = made(trusted)
    assert scorecard.review_spots
    text = json.dumps(encode(scorecard), allow_nan=False)
    read_scorecard(json.loads(text))
    assert read_scorecard(json.loads(text)) == scorecard
    assert json.dumps(encode(read_scorecard(json.loads(text)))) == text


def test_numbers_have_six_significant_digits(scorecard):
    for row in scorecard.rows:
        for value in (row.value, *(row.interval or ())):
            if isinstance(value, float):
                assert value == float(f"{value:.6g}")


def row_of(document, key):
    return next(row for row in document["rows"] if row["key"] == key)


def unknown_is_green(d):
    row_of(d, "predicted_dice.WT")["status"] = "agree"


def unknown_has_a_value(d):
    row_of(d, "predicted_dice.WT")["value"] = 0.9


def unknown_has_an_interval(d):
    row_of(d, "predicted_dice.WT").update(interval=[0.8, 0.9], interval_meaning="guessed")


def known_has_no_value(d):
    row_of(d, "volume.WT.pooled")["value"] = None


def known_has_the_status_unknown(d):
    row_of(d, "volume.WT.pooled")["status"] = "unknown"


def an_overall_number(d):
    d["trust_score"] = 0.9


def an_overall_row(d):
    d["rows"].append(row_of(d, "pairwise_dice.WT.mean") | {"key": "overall", "region": None})


def a_status_for_everything(d):
    row_of(d, "status.WT")["region"] = None


def a_status_as_a_number(d):
    row_of(d, "status.WT").update(value=0.9, evidence="measured", status="agree")


def no_reason(d):
    row_of(d, "volume.WT.pooled")["reason"] = " "


def an_unknown_field(d):
    row_of(d, "volume.WT.pooled")["patient_name"] = "X"


def a_missing_field(d):
    del row_of(d, "volume.WT.pooled")["unit"]


def another_unit(d):
    row_of(d, "volume.WT.pooled")["unit"] = "cm"


def an_interval_without_meaning(d):
    row_of(d, "volume.WT.pooled")["interval_meaning"] = ""


def an_interval_of_one(d):
    row_of(d, "volume.WT.pooled")["interval"] = [1.0]


def a_made_up_section(d):
    row_of(d, "volume.WT.pooled")["section"] = "verdict"


def a_key_twice(d):
    d["rows"].append(d["rows"][0])


def a_dice_above_one(d):
    d["pairwise_dice"]["WT"][0][1] = 1.1


def a_matrix_of_the_wrong_size(d):
    d["pairwise_dice"]["WT"][0].append(0.5)


def a_region_of_another_organ(d):
    d["pairwise_dice"]["liver"] = d["pairwise_dice"]["WT"]


def a_slope_without_its_error(d):
    d["dose_response"][0]["slope_standard_error"] = None


def a_point_too_few(d):
    d["dose_response"][0]["points"].pop()


def ranks_with_a_gap(d):
    d["review_spots"][0]["rank"] = 7


def a_negative_voxel_index(d):
    d["review_spots"][0]["kji"] = [-1, 0, 0]


def no_segmenters(d):
    d["segmenters"] = []


def a_card_without_a_mix(d):
    del d["segmenters"][0]["training_mix"]


def a_synthetic_mix_without_a_generator(d):
    d["segmenters"][2]["training_mix"]["generator"] = None


WRONG = [
    unknown_is_green,
    unknown_has_a_value,
    unknown_has_an_interval,
    known_has_no_value,
    known_has_the_status_unknown,
    an_overall_number,
    an_overall_row,
    a_status_for_everything,
    a_status_as_a_number,
    no_reason,
    an_unknown_field,
    a_missing_field,
    another_unit,
    an_interval_without_meaning,
    an_interval_of_one,
    a_made_up_section,
    a_key_twice,
    a_dice_above_one,
    a_matrix_of_the_wrong_size,
    a_region_of_another_organ,
    a_slope_without_its_error,
    a_point_too_few,
    ranks_with_a_gap,
    a_negative_voxel_index,
    no_segmenters,
    a_card_without_a_mix,
    a_synthetic_mix_without_a_generator,
]


@pytest.mark.parametrize("spoil", WRONG, ids=lambda spoil: spoil.__name__)
def test_a_wrong_document_is_refused(document, spoil):
    read_scorecard(document)
    spoil(document)
    with pytest.raises(InputError, match="not a scorecard"):
        read_scorecard(document)


def test_another_format_is_told_with_what_to_do(document):
    with pytest.raises(InputError, match="it is of format 2, this SynthTrust reads format 1") as caught:
        read_scorecard(document | {"format": 2, "verdict": "a field of the future"})
    assert "Open it with the version" in caught.value.next_step


@pytest.mark.parametrize("data", [{}, [], None, {"format": 1}, {"format": 2}])
def test_reading_something_else_is_one_error(data):
    with pytest.raises(InputError):
        read_scorecard(data)


def test_a_green_row_may_be_green_when_it_is_known(document):
    row = row_of(document, "status.WT")
    row.update(value="agree", evidence="measured", status="agree")
    read_scorecard(document)
