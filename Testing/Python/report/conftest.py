"""A small patient with a known answer, as cards, maps and scorecard, for the tests of the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import builders
import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.maps.spots.spot import ReviewSpot
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.outcome.outcome import Outcome, outcome_of
from SynthTrustLib.segmenters.package.card import HeldOutResult
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.trust.scorecard import DosePoint, DoseResponse, Row, Scorecard, Section
from SynthTrustLib.vocabulary import Contrast, Evidence, Region, Status


@dataclass(frozen=True, eq=False)
class Assessed:
    """Everything that the pictures are drawn from."""

    case: PatientCase
    stack: ProbabilityStack
    maps: TrustMaps
    scorecard: Scorecard

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.stack, self.maps, self.scorecard)


def row(key: str, section: Section, value: float | str | None = 1.0, **changes: object) -> Row:
    """A row with a label and a reason that name its key; unknown if it has no value."""
    known = value is not None
    fields = {
        "key": key,
        "section": section,
        "label": f"label of {key}",
        "value": value,
        "unit": "",
        "evidence": Evidence.MEASURED if known else Evidence.UNKNOWN,
        "status": Status.INFORMATION if known else Status.UNKNOWN,
        "reason": f"reason of {key}",
    }
    return Row(**(fields | changes))


def rich_scorecard(**changes: object) -> Scorecard:
    """A scorecard with something in every part."""
    cards = tuple(
        builders.card(
            f"mix-{n}",
            synthetic=n,
            real=100 - n,
            held_out=(HeldOutResult("dice", Region.WT, f"cohort {n}", 0.8123, 0.7011, 0.9042, 17),),
        )
        for n in (0, 50, 100)
    )
    status = {Region.WT: Status.AGREE, Region.TC: Status.CHECK, Region.ET: Status.DO_NOT_RELY}
    rows = [row(f"status.{r}", Section.STATUS, str(s), region=r, status=s) for r, s in status.items()]
    for region in Region:
        volume = {"unit": "mL", "interval": (10.0, 30.0), "interval_meaning": "over the segmenters"}
        rows.append(row(f"volume.{region}.pooled", Section.SIZE, 20.0, region=region, **volume))
        for card in cards:
            name = f"size of {region}, {card.name}"
            own = row(f"volume.{region}.{card.id}", Section.SIZE, 11.0, region=region, segmenter=card.id, label=name)
            rows.append(own if card.id != "mix-50" else row(own.key, Section.SIZE, None, segmenter=card.id, label=name))
        rows.append(row(f"agreement.{region}", Section.AGREEMENT, 0.7, region=region))
        rows.append(row(f"predicted_dice.{region}", Section.PREDICTION, None, region=region))
    rows.append(row("patient.skull", Section.PATIENT, "off", evidence=Evidence.DECLARED))
    rows.append(row("uncertainty.WT", Section.UNCERTAINTY, 0.4, region=Region.WT))
    rows.append(row("mix.explained", Section.MIX, None))
    rows.append(row("reference.dice.WT", Section.REFERENCE, 0.86, region=Region.WT))
    rows.append(row("segmenters.count", Section.SEGMENTERS, 3.0))
    fields = {
        "rows": tuple(rows),
        "segmenters": cards,
        "skipped": {"thirsty": "needs T2"},
        "pairwise_dice": {Region.WT: ((1.0, 0.9, 0.25), (0.9, 1.0, 0.6), (0.25, 0.6, 1.0))},
        "dose_response": (
            DoseResponse(
                Region.WT,
                tuple(
                    DosePoint(card.id, n / 100, 30.0 - n / 5, 30000 - 200 * n)
                    for card, n in zip(cards, (0, 50, 100), strict=True)
                ),
                slope=-20.0,
                slope_standard_error=0.5,
                intercept=30.0,
            ),
        ),
        "review_spots": (
            ReviewSpot(
                1, Region.WT, (-12.5, 30.0, 4.25), (4, 9, 12), 0.94, 0.71, 120, 1.25, "only one, “mix-0”, draws it"
            ),
        ),
        "provenance": {"synthtrust": "0.1", "inputs": {"T1": {"sha256": "ab" * 32}}, "settings": [1, 2]},
        "case_label": "Bed 4",
    }
    return Scorecard(**(fields | changes))


def assess(
    geometry: Geometry,
    blob: np.ndarray,
    *,
    synthetic: Sequence[int] = (0, 50, 100),
    seen_by: Sequence[int] = (0,),
    regions: int = 3,
    **changes: object,
) -> Assessed:
    """A patient in whom the segmenters `seen_by` outline `blob` (k, j, i) as whole tumor and the others see nothing."""
    case = builders.case(geometry=geometry, contrasts=(Contrast.T1C, Contrast.FLAIR), **changes)
    probabilities = np.zeros((len(synthetic), regions, *geometry.shape), np.float32)
    for member in seen_by:
        probabilities[member, 0][blob] = 1.0
    stack = builders.stack(probabilities, synthetic=list(synthetic), geometry=geometry)
    pooled = probabilities.mean(axis=0)
    disagreement = probabilities.max(axis=0) - probabilities.min(axis=0)
    layers = {"disagreement": disagreement, "uncertainty": disagreement.copy()}
    if len(set(synthetic)) >= 3:
        share = np.array([card.training_mix.synthetic_fraction for card in stack.segmenters], np.float32)
        share -= share.mean()
        slope = np.tensordot(share, probabilities, 1) / (share**2).sum()
        layers["mix_influence"] = np.clip(slope, -1, 1).astype(np.float32)
    maps = TrustMaps(geometry, stack.regions, stack.support, pooled, np.zeros_like(pooled), layers, {})
    scorecard = rich_scorecard(
        segmenters=stack.segmenters, review_spots=(), dose_response=(), pairwise_dice={}, case_label=case.label
    )
    return Assessed(case, stack, maps, scorecard)


@pytest.fixture
def make_row() -> Callable[..., Row]:
    return row


@pytest.fixture
def make_scorecard() -> Callable[..., Scorecard]:
    return rich_scorecard


@pytest.fixture
def make_assessed() -> Callable[..., Assessed]:
    return assess
