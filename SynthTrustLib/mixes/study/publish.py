"""Write what a study measured into the segmenters' own cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from SynthTrustLib.calibration.evaluate.intervals import FEWEST_CASES, mean_interval
from SynthTrustLib.mixes.make import LICENCE_TEXT
from SynthTrustLib.mixes.plan import MixPlan
from SynthTrustLib.mixes.study.analysis import select
from SynthTrustLib.mixes.study.rows import Row
from SynthTrustLib.mixes.study.statistics import by_patient
from SynthTrustLib.segmenters.package.card import HeldOutResult
from SynthTrustLib.segmenters.package.folder import SegmenterPackage, write_package
from SynthTrustLib.vocabulary import Region

QUALITY = {"classifier AUC": "classifier_auc", "density": "density"}
DIVERSITY = {"coverage": "coverage", "Vendi ratio": "vendi_ratio"}
"""Figures of a mix card that go onto a segmenter's card, by their names there."""


def publish(
    package: SegmenterPackage, mix: MixPlan, rows: Sequence[Row], cards: Mapping[str, Mapping[str, Any]]
) -> SegmenterPackage:
    """The package with its Dice on held-out real patients and, where it saw synthetic ones, their set's audit.

    `rows` are those of the test part, `cards` the mix cards by set. A package that says so already is left alone.
    """
    card = replace(package.card, held_out=held_out(package.card.id, rows))
    if mix.set is not None and mix.set in cards and card.training_mix.synthetic_cases:
        audits = cards[mix.set]["cohorts"]
        card = replace(
            card,
            training_mix=replace(
                card.training_mix,
                quality_measured=_figures(audits, QUALITY),
                diversity_measured=_figures(audits, DIVERSITY),
            ),
        )
    if card == package.card:
        return package
    return write_package(package.folder, card, package.model_path.read_bytes(), licence_text=LICENCE_TEXT)


def held_out(segmenter: str, rows: Sequence[Row]) -> tuple[HeldOutResult, ...]:
    """Mean Dice per cohort and region over held-out real patients, with bootstrap intervals by patient.

    A card states no Dice without an interval: that of too few patients for one is left to the study's report.
    """
    own = select(rows, segmenter=segmenter, synthetic=False)
    results = []
    for cohort, region in sorted({(row["cohort"], row["region"]) for row in own}):
        values = list(by_patient(select(own, cohort=cohort, region=region), "dice").values())
        if len(values) < FEWEST_CASES:
            continue
        interval = mean_interval(values)
        results.append(
            HeldOutResult("dice", Region(region), f"{cohort} test", float(np.mean(values)), *interval, len(values))
        )
    return tuple(results)


def _figures(audits: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, float]:
    return {
        f"{name} ({cohort})": round(float(audit[key]["value"]), 4)
        for cohort, audit in audits.items()
        for name, key in names.items()
        if audit[key]["value"] is not None
    }
