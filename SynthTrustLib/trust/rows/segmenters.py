"""SEGMENTERS: what the cards of those that ran declare, and what was measured on patients they never saw."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.rows.row import known, percent, unknown
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Evidence

UNKNOWN_MIX = "It was made elsewhere: whether and on what its maker was trained is unknown."


def segmenter_rows(segmenters: tuple[SegmenterCard, ...], jury: Collection[str], task: Task) -> Iterator[Row]:
    """Training mix and held-out results of each segmenter; `jury` are the ids of those who are compared."""
    for card in segmenters:
        yield _mix(card)
        if card.is_outside:
            yield _outside(card, counts=card.id in jury)
            continue
        if not card.held_out:
            label = f"Held-out accuracy of {card.name}"
            reason = "Its package brings no results on patients that it never saw."
            yield unknown(f"held_out.{card.id}", Section.SEGMENTERS, label, reason, segmenter=card.id)
        used: set[str] = set()
        for result in card.held_out:
            key = f"{_slug('held_out_' + result.metric)}.{result.region}.{card.id}.{_slug(result.cohort)}"
            if key in used:
                continue
            used.add(key)
            patients = f"{result.patients} patient{'s' if result.patients != 1 else ''}"
            metric = result.metric.capitalize()
            yield known(
                key,
                Section.SEGMENTERS,
                f"Held-out {metric} of {card.name}, {task.name(result.region)}, {result.cohort}",
                result.mean,
                f"Mean over {patients} of {result.cohort} that it never saw, as its package reports it.",
                region=result.region,
                segmenter=card.id,
                interval=(result.low, result.high),
                interval_meaning="95 % bootstrap interval by patient",
            )


def _mix(card: SegmenterCard) -> Row:
    mix = card.training_mix
    if not mix.known:
        label = f"Training mix of {card.name}"
        return unknown(f"training_mix.{card.id}", Section.SEGMENTERS, label, UNKNOWN_MIX, segmenter=card.id)
    counts = f"{mix.real_cases} real and {mix.synthetic_cases} synthetic cases"
    made = f", the synthetic ones made by {mix.generator}" if mix.generator else ""
    return known(
        f"training_mix.{card.id}",
        Section.SEGMENTERS,
        f"Training mix of {card.name}",
        f"{percent(mix.synthetic_fraction)} synthetic",
        f"Trained on {counts}{made}.",
        evidence=Evidence.DECLARED,
        segmenter=card.id,
    )


def _outside(card: SegmenterCard, *, counts: bool) -> Row:
    how = (
        "It counts in disagreement, votes, Dice and the pooled outline, never in the mix influence."
        if counts
        else "It is shown and measured beside the jury, and counts neither in disagreement nor in the pooled outline."
    )
    return known(
        f"outside.{card.id}",
        Section.SEGMENTERS,
        f"Outline made elsewhere, {card.name}",
        True,
        f"{card.summary} {how}",
        evidence=Evidence.DECLARED,
        segmenter=card.id,
    )


def _slug(text: str) -> str:
    """Lower-case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "unnamed"
