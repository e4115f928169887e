"""Write what a study measured into the segmenters' own cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from SynthTrustLib.mixes.audit.command import summarize
from SynthTrustLib.mixes.evaluate import held_out_dice
from SynthTrustLib.mixes.make import renew
from SynthTrustLib.mixes.plan import MixPlan
from SynthTrustLib.mixes.study.analysis import select
from SynthTrustLib.mixes.study.rows import Row
from SynthTrustLib.mixes.study.statistics import by_patient
from SynthTrustLib.segmenters.package.card import HeldOutResult
from SynthTrustLib.segmenters.package.folder import SegmenterPackage

QUALITY = {"classifier AUC": "classifier_auc", "density": "density"}
DIVERSITY = {"coverage": "coverage", "Vendi ratio": "vendi_ratio"}
"""Figures of a mix card that go onto a segmenter's card, by their names there."""


def publish(
    package: SegmenterPackage, mix: MixPlan, rows: Sequence[Row], cards: Mapping[str, Mapping[str, Any]]
) -> SegmenterPackage:
    """The package with its Dice on held-out real patients and, where it saw synthetic ones, their set's audit.

    `rows` are those of the test part, `cards` the mix cards by set. A package that says so already is left alone.
    """
    training_mix = package.card.training_mix
    if mix.set is not None and mix.set in cards and training_mix.synthetic_cases:
        audits = cards[mix.set]["cohorts"]
        training_mix = replace(
            training_mix,
            quality_measured=_figures(audits, QUALITY),
            diversity_measured=_figures(audits, DIVERSITY),
            generator_card=tuple(summarize(dict(cards[mix.set]))),
        )
    # The rows are of slices shown once: of what users get of a mirrored one, ``mixes measure`` writes the figures.
    figures = package.card.held_out if mix.mirrored else held_out(package.card.id, rows)
    return renew(package, held_out=figures, training_mix=training_mix)


def held_out(segmenter: str, rows: Sequence[Row]) -> tuple[HeldOutResult, ...]:
    """Mean Dice per cohort and region over held-out real patients, with bootstrap intervals by patient.

    That of too few patients for an interval is left to the study's report.
    """
    own = select(rows, segmenter=segmenter, synthetic=False)
    results = []
    for cohort, region in sorted({(row["cohort"], row["region"]) for row in own}):
        values = list(by_patient(select(own, cohort=cohort, region=region), "dice").values())
        results.append(held_out_dice(region, f"{cohort} test", values))
    return tuple(filter(None, results))


def _figures(audits: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, float]:
    return {
        f"{name} ({cohort})": round(float(audit[key]["value"]), 4)
        for cohort, audit in audits.items()
        for name, key in names.items()
        if audit[key]["value"] is not None
    }
