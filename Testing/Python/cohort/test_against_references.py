"""A cohort with references: measured Dice, failure detection and coverage, by person, and unknown where that is few."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from SynthTrustLib.calibration.evaluate.failure import excess_aurc
from SynthTrustLib.calibration.evaluate.intervals import binomial_interval, resample_persons
from SynthTrustLib.cohort.report.against import against, with_reference
from SynthTrustLib.cohort.report.histograms import INFLUENCE, histogram
from SynthTrustLib.cohort.report.page import render_page
from SynthTrustLib.cohort.report.statements import Kind, Statement, Witnessed, statements_of
from SynthTrustLib.cohort.report.worklist import Line, RegionLine
from SynthTrustLib.trust.rows.row import known
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import Status


def patient(number: int, measured: float | None, predicted: float | None = 0.8, **more) -> Line:
    region = RegionLine(Status.CHECK, "why", predicted, mix_influence=0.01 * number, measured_dice=measured)
    return Line(f"p{number:03d}", "done", "", {"WT": region}, False, **more)


def cohort(count: int) -> list[Line]:
    random = np.random.default_rng(0)
    dice = random.uniform(0.3, 0.95, count)
    told = np.clip(dice + random.normal(0, 0.1, count), 0, 1)
    held = {n: {"WT": (Statement(Kind.DICE, 90, n != 0),)} for n in range(count)}
    return [patient(n, float(dice[n]), float(told[n]), statements=held[n]) for n in range(count)]


def rows_of(*, withdrawn: str = "", low: float = 0.7, margin: float = 3.0):
    """What the scorecard of a patient says: 10 mL outlined, 8 mL true, a Dice of 0.75."""
    said = {"region": "WT"}
    stated = {"interval_meaning": "90 % interval, n = 26", "promised": 0.9, "withdrawn": withdrawn, **said}
    rows = [
        known("volume.WT.pooled", Section.SIZE, "Volume", 10.0, "why", unit="mL", **said),
        known("reference_dice.WT.pooled", Section.REFERENCE, "Dice", 0.75, "why", **said),
        known("reference_volume_error.WT.pooled", Section.REFERENCE, "Error", 2.0, "why", unit="mL", **said),
        known("predicted_dice.WT", Section.PREDICTION, "Dice", 0.8, "why", interval=(low, 0.9), **stated),
        known("predicted_volume.WT", Section.PREDICTION, "mL", 10.0, "why", unit="mL", interval=(7.9, 12.0), **stated),
        known(
            "border_margin.WT",
            Section.PREDICTION,
            "Margin",
            margin,
            "95 % of the true border lies within, in most patients (n = 8).",
            unit="mm",
            promised=0.8,
            withdrawn=withdrawn,
            **said,
        ),
    ]
    return {row.key: row for row in rows}


def test_a_statement_held_where_the_truth_lay_within():
    witnessed = Witnessed({"WT": 3.5}, False)
    dice, volume, margin = statements_of(rows_of(margin=3.5), "WT", "pooled", witnessed)
    assert [dice, volume, margin] == [
        Statement(Kind.DICE, 90, True),
        Statement(Kind.VOLUME, 90, True),
        Statement(Kind.MARGIN, 80, True),
    ]
    dice, _, margin = statements_of(rows_of(low=0.76, margin=3.4), "WT", "pooled", witnessed)
    assert not dice.held and not margin.held
    assert not statements_of(rows_of(), "WT", "pooled", Witnessed({"WT": None}, False))[2].held, (
        "a border that is not there"
    )


def test_what_was_withdrawn_or_cannot_be_checked_is_no_statement():
    assert statements_of(rows_of(withdrawn="unusual scans"), "WT", "pooled", Witnessed({"WT": 1.0}, False)) == ()
    assert [one.kind for one in statements_of(rows_of(), "WT", "pooled", None)] == [Kind.DICE, Kind.VOLUME]
    assert statements_of(rows_of(), "WT", "flagship", None) == (), "it was about another outline"


def test_a_scorecard_that_does_not_tell_what_it_promises_still_tells_whether_it_held():
    old = {key: replace(row, promised=None) for key, row in rows_of().items()}
    assert [(one.percent, one.held) for one in statements_of(old, "WT", "pooled", None)] == [(None, True)] * 2


def test_figures_are_those_of_the_track_record():
    lines = cohort(12)
    found = against(lines, "WT", {})
    predicted, risks = (
        np.array([getattr(line.regions["WT"], name) for line in lines]) for name in ("predicted_dice", "measured_dice")
    )
    risks = 1 - risks
    assert found.failure.excess["value"] == pytest.approx(100 * excess_aurc(predicted, risks), rel=1e-5)
    assert found.failure.excess["low"] <= found.failure.excess["value"] <= found.failure.excess["high"]
    assert found.failure.curve[-1] == found.failure.oracle_curve[-1] == (1.0, pytest.approx(risks.mean()))
    dice = found.coverage[0]
    assert (dice.promised, dice.held, dice.patients) == ("90", 11, 12)
    assert (dice.low, dice.high) == binomial_interval(11, 12)
    assert found.dice.mean["value"] == pytest.approx(1 - risks.mean(), rel=1e-5)


@pytest.mark.parametrize("count", [1, 3, 4])
def test_of_too_few_it_says_that_it_is_unknown(count):
    page = render_page(cohort(count))
    assert f"unknown: n = {count}</span>" in page and f"mean unknown: n = {count}" in page
    assert re.search(rf'Dice</td><td>90 %</td><td class="none" colspan="2">unknown: n = {count}<', page)
    assert "excess AURC" not in page.replace("an excess of 0", "")


def test_intervals_are_of_persons_and_not_of_their_examinations():
    lines = cohort(40)
    four = {line.key: f"person {n // 10}" for n, line in enumerate(lines)}
    twenty = {line.key: f"person {n // 2}" for n, line in enumerate(lines)}
    assert against(lines, "WT", four).failure.excess["value"] is None
    dice = against(lines, "WT", twenty).coverage[0]
    assert (dice.patients, dice.persons) == (40, 20) and (dice.low, dice.high) == binomial_interval(20, 20)
    assert histogram(lines, "WT", INFLUENCE, four).mean["value"] is None
    page = render_page(lines, {}, twenty)
    assert "40 patients have a reference, 20 persons" in page and "person 1" not in page


def test_examinations_that_repeat_each_other_tell_no_more_than_one_of_each():
    values = np.random.default_rng(0).normal(size=10)
    once = resample_persons(lambda drawn: float(values[drawn].mean()), [str(n) for n in range(10)])
    twice = resample_persons(
        lambda drawn: float(np.repeat(values, 2)[drawn].mean()), [str(n) for n in np.repeat(range(10), 2)]
    )
    assert once == pytest.approx(twice, rel=1e-5)
    assert once["low"] < once["value"] < once["high"]


def test_who_was_trained_on_is_left_out_and_counted():
    lines = [*cohort(6), patient(90, 1.0, trained_on=True), patient(91, None)]
    assert len(with_reference(lines, {})) == 6
    same = {lines[0].key: "one person", lines[6].key: "one person"}
    assert len(with_reference(lines, same)) == 5, "another examination of whom was trained on"
    page = render_page(lines)
    assert (
        "6 patients have a reference" in page and "<b>1</b> more is left out: a segmenter was trained on them" in page
    )


@pytest.mark.parametrize(("count", "said"), [(1, "trained on this one"), (2, "trained on each of them")])
def test_of_those_alone_nothing_can_be_said(count, said):
    page = render_page([patient(n, 1.0, trained_on=True) for n in range(count)])
    assert f"a segmenter was {said}: nothing can be said" in page
    assert "measured Dice" not in page and "AURC" not in page


def test_what_was_learned_here_is_said():
    lines = [replace(line, learned_here=True) for line in cohort(6)]
    assert "<b>6</b> were judged by what was learned at this hospital, perhaps on themselves" in render_page(lines)


def test_without_a_reference_there_is_no_such_section():
    assert "Against the references" not in render_page([patient(1, None)])


def test_the_mix_influence_over_the_cohort_has_an_interval():
    lines = [patient(n, None) for n in range(9)]
    drawn = histogram(lines, "WT", INFLUENCE, {})
    assert (drawn.low, drawn.high) == (-0.1, 0.1) and drawn.mean["value"] == pytest.approx(0.04)
    assert 0 < drawn.mean["low"] < 0.04 < drawn.mean["high"] < 0.08
    assert sum(drawn.counts) == 9 and sum(drawn.counts[:5]) == 0
    assert re.search(r"Mix influence: mean <b>0.04</b> \[0.0\d, 0.0\d\]", render_page(lines))


def test_where_the_prediction_sorts_as_the_truth_does_there_is_no_excess():
    lines = [patient(n, 0.9, 0.5 + 0.01 * n) for n in range(30)]
    assert against(lines, "WT", {}).failure.excess == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert "excess AURC &times; 100 <b>0.00</b> [0.00, 0.00], n = 30" in render_page(lines)


@pytest.mark.parametrize(("count", "shown"), [(90, ["90"]), (250, ["250"])])
def test_numbers_on_bars_do_not_run_into_each_other(count, shown):
    lines = [patient(n, 0.95) for n in range(count)] + [patient(count, 0.85)]
    figure = re.search(r'aria-label="measured Dice.*?</svg>', render_page(lines), re.DOTALL)[0]
    numbers = re.findall(
        r'<text[^>]*y="[\d.]+" text-anchor="(?:middle|end)">(\d+)</text>', figure.partition('class="axis"')[0]
    )
    assert numbers == (["1", *shown] if count < 100 else shown)


def test_on_cross_fitted_predictions_the_worklist_begins_with_the_bad_outlines():
    pytest.importorskip("resource", reason="the benchmark needs it")
    from Testing.Benchmarks.benchmark_cohort import BAD, auroc_of, found_first

    root = Path(__file__).resolve().parents[3]
    shipped = json.loads((root / "Resources" / "Calibration" / "synthtrust-reference.json").read_text("utf-8"))
    (ladder,) = (preset for preset in shipped["presets"] if preset["name"] == "ladder")
    examples = ladder["regions"]["WT"]["examples"]
    predicted, dice = (np.array([example[name] for example in examples]) for name in ("predicted", "dice"))
    assert auroc_of(predicted, dice < BAD) >= 0.85
    assert found_first(predicted, dice < BAD) >= 0.7
