"""What a calibration predicts for a patient, region by region, before it is put into rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from SynthTrustLib.task.task import TaskRegion
from SynthTrustLib.trust.learned.calibration import Calibrated, Calibration, look_up
from SynthTrustLib.trust.learned.in_distribution import Familiarity, familiarity
from SynthTrustLib.trust.learned.monotone import predict
from SynthTrustLib.trust.learned.signals import Signals, region_signals
from SynthTrustLib.trust.learned.status_rules import Finding, judge
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.rows.agreement import Matrix
from SynthTrustLib.vocabulary import Status

SCALE_FLOOR = 0.05
"""Added to 1 - predicted Dice: an outline that is predicted to be perfect has not thereby the right volume."""


@dataclass(frozen=True, eq=False)
class RegionPrediction:
    """One region."""

    outlines: RegionOutlines
    calibrated: Calibrated
    """Who speaks of this region."""
    familiar: Familiarity
    """How the patient's scans compare with those that it was learned on."""
    part: Mapping[str, Any] | None
    """What the calibration holds for the region; None with the reason beside it."""
    why_no_part: str
    intervals: Mapping[str, Any] | None
    """The same for the region with these contrasts."""
    why_no_intervals: str
    signals: Signals
    """Those that the map needs."""
    predicted_dice: float | None
    """None without a part, and where its map is no better than the same number for everybody."""

    @property
    def learned_here(self) -> bool:
        """Whether this hospital's own calibration speaks of it."""
        calibration = self.calibrated.calibration
        return self.part is not None and calibration is not None and calibration.learned_here

    @property
    def why_no_dice(self) -> str:
        """Why no Dice is predicted, as a sentence; empty where one is."""
        if self.part is None or self.intervals is None:
            return self.why_no_intervals
        if is_skilled(self.part):
            return "" if self.predicted_dice is not None else "Unknown: these segmenters do not give what it needs."
        return f"Unknown: {unskilled(self.part)}."


def is_skilled(part: Mapping[str, Any]) -> bool:
    """Whether a region's map is better than the same number for everybody; files from before that was asked: yes."""
    return "skill" not in part or part["skill"]["low"] > 0


def is_elsewhere(part: Mapping[str, Any]) -> bool:
    """Whether it was learned on outlines that stand in for those made elsewhere."""
    return "stand_ins" in part


def unskilled(part: Mapping[str, Any]) -> str:
    """Why a region's map is not used, in the middle of a sentence."""
    return f"nothing was learned that beats the average of n = {part['skill']['patients']} labelled patients"


def findings_of(part: Mapping[str, Any], facts: Mapping[str, float]) -> list[Finding]:
    """What the rules of a region's calibration say of `facts`; a map that is not used asks for a check by that."""
    rules = part["status"]["rules"]
    if not rules or is_skilled(part):
        return judge(rules, facts)
    others = {signal: value for signal, value in facts.items() if signal != "predicted_dice"}
    return [Finding("predicted_dice", Status.CHECK, unskilled(part)), *judge(rules, others)]


def invisible(region: TaskRegion, missing: Sequence[str]) -> str:
    """Why nothing is said of a region that the patient's contrasts cannot show, as a sentence."""
    return f"{region.name.capitalize()} cannot be seen without {' and '.join(missing)}, so its outline is a guess."


@dataclass(frozen=True, eq=False)
class Prediction:
    """All regions, and how the patient's scans compare with those of who speaks of most of them."""

    calibrated: Calibrated
    familiar: Familiarity
    regions: tuple[RegionPrediction, ...]

    @property
    def learned_here(self) -> tuple[RegionPrediction, ...]:
        """The regions of which this hospital's own calibration speaks."""
        return tuple(region for region in self.regions if region.learned_here)


def predict_trust(material: Material, matrices: tuple[Matrix, ...], calibration: Calibration | None) -> Prediction:
    """Look up what was calibrated and apply it; `matrices` are the pairwise Dice of each region."""
    cards = material.stack.segmenters
    calibrated = look_up(calibration, cards, material.record_card, material.case)
    sources = [calibrated.about(outlines.region) for outlines in material.outlines]
    first = calibrated if calibrated in sources or calibrated.shipped is None else calibrated.shipped
    familiar = {source: familiarity(source, cards, material.case) for source in {first, *sources}}
    return Prediction(first, familiar[first], tuple(_regions(material, matrices, sources, familiar)))


def volume_scale(predicted_dice: float | None) -> float:
    """What the logarithm of true over outlined volume is measured in; the same for everybody without a prediction."""
    return 1.0 if predicted_dice is None else 1 + SCALE_FLOOR - predicted_dice


def dice_bounds(bound: Mapping[str, Any], predicted_dice: float) -> tuple[float, float]:
    """The interval of the true Dice; `bound` is that of a calibration file."""
    reach = bound["half_width"]
    return max(0.0, predicted_dice - reach), 1.0 if bound.get("open_above") else min(1.0, predicted_dice + reach)


def volume_bounds(outlined: float, factor: float, predicted_dice: float | None) -> tuple[float, float]:
    """The interval of the true volume, in the unit of `outlined`; `factor` is that of a calibration file."""
    reach = math.exp(factor * volume_scale(predicted_dice))
    return outlined / reach, outlined * reach


def _regions(
    material: Material,
    matrices: tuple[Matrix, ...],
    sources: Sequence[Calibrated],
    familiar: Mapping[Calibrated, Familiarity],
) -> Iterator[RegionPrediction]:
    for outlines, matrix, calibrated in zip(material.outlines, matrices, sources, strict=True):
        part, why_no_part = calibrated.region(outlines.what)
        intervals, why_no_intervals = calibrated.contrast_set(outlines.what)
        if missing := outlines.what.missing(material.case.contrasts):
            part = intervals = None
            why_no_part = why_no_intervals = invisible(outlines.what, missing)
        signals: Signals = {}
        value = None
        if part is not None and is_skilled(part):
            components = part["map"]["components"]
            signals = region_signals(material, outlines, matrix, [entry["signal"] for entry in components])
            value = predict(components, signals)
        yield RegionPrediction(
            outlines=outlines,
            calibrated=calibrated,
            familiar=familiar[calibrated],
            part=part,
            why_no_part=why_no_part,
            intervals=intervals,
            why_no_intervals=why_no_intervals,
            signals=signals,
            predicted_dice=value,
        )
