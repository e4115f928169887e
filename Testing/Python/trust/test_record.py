"""Status, sizes and signals are about the outline of record, and agreement is the jury's."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest
from trust.test_assess import CENTER, SHAPE, nested
from trust.test_presence import calibration

from SynthTrustLib.codec import encode
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.segmenters.package.card import OUTSIDE
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.learned.signals import region_signals
from SynthTrustLib.trust.measures.material import gather
from SynthTrustLib.trust.measures.overlap import pairwise_dice
from SynthTrustLib.trust.scorecard import read_scorecard
from SynthTrustLib.vocabulary import Region, Status

JURY = ("mix-0-0", "mix-50-1", "mix-100-2")


def volume(radius):
    return int(builders.ball(SHAPE, CENTER, radius).sum())


def run(p, record, jury=JURY, last=None):
    """A run of the jury and one more member, `last`."""
    stack = builders.stack(p, synthetic=[0, 50, 100, 0])
    more = last or builders.card("best", presets=("flagship",))
    stack = replace(stack, segmenters=(*stack.segmenters[:3], more))
    roles = Roles(record, jury)
    return builders.case(geometry=stack.geometry), stack, compute_maps(stack.only(jury)), roles


def assess(*run):
    case, stack, maps, roles = run
    return build_scorecard(case, stack, maps, roles=roles)


@pytest.fixture(scope="module")
def card():
    return assess(*run(nested(7, 8, 9, 10), "best"))


def test_the_volume_of_record_is_its_own_beside_the_range_of_the_jury(card):
    row = card.row("volume.WT.best")
    assert row.value == volume(10) / 1000
    assert row.interval == (volume(7) / 1000, volume(9) / 1000)
    assert row is next(row for row in card.rows if row.key.startswith("volume.WT.")), "it comes first"
    assert card.row("volume.WT.pooled").value == volume(8) / 1000


def test_agreement_mixes_and_votes_are_the_jurys(card):
    without = assess(*run(nested(7, 8, 9, 3), "best"))
    for key in ("pairwise_dice.WT.mean", "kappa.WT", "votes.WT.unanimous", "dose_response.WT.slope"):
        assert card.row(key).value == without.row(key).value, key
    assert [point.segmenter for point in card.dose_response[0].points] == list(JURY)


def test_every_pair_is_in_the_matrix(card):
    assert len(card.pairwise_dice[Region.WT]) == 4
    assert card.segmenters[3].id == "best"


def test_lesions_and_side_are_those_of_the_outline_of_record():
    p = nested(7, 8, 9, 4)
    p[3] = p[3][:, :, :, ::-1]
    scorecard = assess(*run(p, "best"))
    pooled = assess(*run(p, "pooled", JURY))
    assert {scorecard.row("side.WT.best").value, pooled.row("side.WT.pooled").value} == {"left", "right"}
    assert scorecard.row("lesions.WT.best").segmenter == "best"


def test_nothing_is_found_where_the_record_outlines_nothing_whatever_the_jury_says():
    p = nested(7, 8, 9, 8)
    p[3] = 0
    scorecard = assess(*run(p, "best"))
    assert scorecard.row("found.WT").value is False
    assert "best outlines none" in scorecard.row("found.WT").reason.lower()
    assert assess(*run(p, "pooled")).row("found.WT").value is True


def test_a_juror_that_differs_in_quality_alone_gives_a_scorecard_that_can_be_read():
    case, stack, _, roles = run(nested(7, 8, 9, 10), "best", JURY[1:])
    first, *jury, last = stack.segmenters
    half = replace(jury[0].training_mix, real_cases=5, synthetic_cases=5)
    kinds = zip(jury, ("high", "low"), strict=True)
    jury = [replace(one, training_mix=replace(half, quality=kind)) for one, kind in kinds]
    stack = replace(stack, segmenters=(first, *jury, last))
    made = build_scorecard(case, stack, compute_maps(stack.only(JURY[1:])), roles=roles)
    row = read_scorecard(encode(made)).row("mix_quality.WT.volume")
    assert row.interval is None and "so few segmenters leave nothing over" in row.reason


@pytest.mark.parametrize("jurors", [3, 2, 1, 0])
def test_a_record_that_draws_nothing_where_the_jury_does_stays_as_bad_as_the_rules_say(jurors, monkeypatch):
    monkeypatch.setattr("SynthTrustLib.trust.learned.in_distribution.views_of", lambda case, segmenter: {})
    p = nested(7, 8, 9, 8)
    p[jurors:] = 0
    case, stack, maps, roles = run(p, "best")
    learned = calibration(stack.only(JURY).segmenters, None)
    (preset,) = learned.record["presets"]
    preset["record"] = {"id": "best", "weights": "best", "settings": None}
    preset["regions"]["WT"]["status"]["rules"][0] |= {"agree_from": None, "rely_from": 2.0}
    row = build_scorecard(case, stack, maps, calibration=learned, roles=roles).row("status.WT")
    if jurors:
        assert f"finds no tumor, but {jurors} of 3 segmenters do" in row.reason
    else:
        assert row.reason.startswith("No tumor was found")
    assert row.status is (Status.DO_NOT_RELY if jurors > 1 else Status.CHECK)


def test_the_signals_of_the_record_compare_it_with_the_jury():
    case, stack, maps, roles = run(nested(7, 8, 9, 10), "best")
    material = gather(case, stack, maps, roles)
    whole = material.outlines[0]
    signals = region_signals(material, whole, pairwise_dice(whole.members))
    dice = [2 * volume(radius) / (volume(radius) + volume(10)) for radius in (7, 8, 9)]
    assert signals["record_dice"] == pytest.approx(np.mean(dice))
    assert signals["record_pooled_dice"] == pytest.approx(dice[1])
    assert signals["record_expected_dice"] == pytest.approx(2 * 0.9 / 1.9)
    entropy = -(0.9 * np.log2(0.9) + 0.1 * np.log2(0.1))
    assert signals["record_entropy_foreground"] == pytest.approx(entropy, rel=1e-5)
    assert signals["record_size"] == pytest.approx(np.log10(1 + volume(10)))
    pooled = gather(case, stack, maps, Roles("pooled", JURY))
    own = pooled.outlines[0]
    assert not [name for name in region_signals(pooled, own, pairwise_dice(own.members)) if "record" in name]


def test_a_member_beside_jury_and_record_changes_nothing_of_either(card):
    hand = builders.card("outside-hand", family=OUTSIDE)
    four = nested(7, 8, 9, 10)
    case, stack, maps, roles = run(four, "best")
    stack = replace(
        stack,
        probabilities=np.concatenate([four, nested(3, level=1.0)]),
        segmenters=(*stack.segmenters, hand),
    )
    more = build_scorecard(case, stack, maps, roles=roles)
    assert more.row("volume.WT.outside-hand").value == volume(3) / 1000
    same = {row.key: row for row in more.rows}
    for row in card.rows:
        assert same[row.key] == row


def test_record_and_jury_survive_the_file_and_older_files_have_everybody_as_jury(card):
    data = encode(card)
    assert read_scorecard(data) == card
    assert (card.record, card.jury, card.record_name) == ("best", JURY, "best")
    del data["record"], data["jury"]
    for response in data["dose_response"]:  # everybody is in it then, "best" too
        response["points"].append(response["points"][0] | {"segmenter": "best"})
    assert read_scorecard(data).jury == tuple(one.id for one in card.segmenters)
