"""PREDICTION: calibrated statements with their patients and track record; what was not calibrated is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from SynthTrustLib.trust.learned.in_distribution import in_distribution_rows
from SynthTrustLib.trust.learned.prediction import (
    Prediction,
    RegionPrediction,
    dice_bounds,
    is_elsewhere,
    volume_bounds,
)
from SynthTrustLib.trust.learned.presence import Presence
from SynthTrustLib.trust.learned.signals import SIGNAL_WORDS
from SynthTrustLib.trust.measures.material import Material
from SynthTrustLib.trust.rows.row import SPACING_UNTRUSTED, known, percent, unknown
from SynthTrustLib.trust.scorecard import Row, Section


def prediction_rows(material: Material, prediction: Prediction, present: Sequence[Presence]) -> Iterator[Row]:
    """Predicted Dice, volume interval, border margin and probability calibration per region; in-distribution rows."""
    regions = [_of_what_is_there(*pair) for pair in zip(prediction.regions, present, strict=True)]
    for make in (_dice, _volume, _border, _temperature):
        for region in regions:
            yield make(material, region)
    yield from _learned_here(prediction)
    yield from in_distribution_rows(
        prediction.calibrated, prediction.familiar, material.stack.segmenters, material.case
    )


def _learned_here(prediction: Prediction) -> Iterator[Row]:
    """Whose patients speak, where that are not only those that SynthTrust was calibrated on."""
    key, label = "learned_here", "Learned at this hospital"
    calibration, regions = prediction.calibrated.calibration, prediction.learned_here
    if calibration is None:
        return
    if calibration.set_aside:
        why = f"What was learned at this hospital is not used, as {calibration.set_aside}."
        yield unknown(key, Section.PREDICTION, label, why)
    elif regions:
        record = calibration.record
        everything = len(regions) == len(prediction.regions)
        yield known(
            key,
            Section.PREDICTION,
            label,
            ", ".join(region.outlines.name for region in regions),
            f"Status and predictions {'' if everything else 'of these regions '}were learned on "
            f"at least {record['persons']} persons of this hospital ({record['date']})"
            f"{'' if everything else '; all others are as SynthTrust ships them'}.",
        )


def _of_what_is_there(region: RegionPrediction, presence: Presence) -> RegionPrediction:
    """`region` without the intervals where it is not found: all patients that they were learned on have it."""
    if presence.found or region.intervals is None:
        return region
    reason = f"No {region.outlines.noun} was found, and what was learned holds for one that is there."
    return replace(region, intervals=None, why_no_intervals=reason)


def _stated(region: RegionPrediction, kind: str, label: str, value: float, reason: str, **more: Any) -> Row:
    """A statement on a region with its track record; withdrawn where the scans are too unusual."""
    name = region.outlines.region
    return known(
        f"{kind}.{name}",
        Section.PREDICTION,
        f"{label}, {region.outlines.name}",
        value,
        reason,
        region=name,
        track_record=region.calibrated.track_record(name, kind),
        withdrawn=region.familiar.withdrawn,
        **more,
    )


def _not_stated(region: RegionPrediction, kind: str, label: str, why_not: str, unit: str = "") -> Row:
    name = region.outlines.region
    label = f"{label}, {region.outlines.name}"
    return unknown(f"{kind}.{name}", Section.PREDICTION, label, why_not, unit=unit, region=name)


def _interval(bound: Mapping[str, Any], low: float, high: float) -> dict[str, Any]:
    """The fields of a row that states a conformal interval."""
    meaning = f"{percent(bound['level'])} interval, n = {bound['patients']}"
    return {"interval": (low, high), "interval_meaning": meaning, "promised": bound["level"]}


def _dice(material: Material, region: RegionPrediction) -> Row:
    kind, label = "predicted_dice", "Predicted Dice"
    if region.part is None or region.intervals is None or region.predicted_dice is None:
        return _not_stated(region, kind, label, region.why_no_dice)
    bound, value = region.intervals["dice"], region.predicted_dice
    told = " and the ".join(f"{SIGNAL_WORDS[signal]} ({seen:.2f})" for signal, seen in region.signals.items())
    reason = (
        f"From the {told}, as learned from {region.part['patients']} labelled patients"
        f"{_of_folds(region.part)}; the interval is from "
        f"{bound['patients']} with the same contrasts.{_of_an_expert(region.part)}{_thresholds(region.part)}"
    )
    return _stated(region, kind, label, value, reason, **_interval(bound, *dice_bounds(bound, value)))


def _of_folds(part: Mapping[str, Any]) -> str:
    """How many of these patients other networks answered, in brackets; empty where none."""
    return f" ({part['folds']} of them with networks like these, trained without them)" if "folds" in part else ""


def _of_an_expert(part: Mapping[str, Any]) -> str:
    """What is predicted of the best of outlines made elsewhere, as a sentence; empty for others."""
    if not is_elsewhere(part):
        return ""
    seen = part["expert"]
    return (
        f" The true Dice may be higher: experts' own outlines got {seen['predicted']:.2f} on average, and once only "
        f"{seen['lowest']:.2f}."
    )


def _not_elsewhere(region: RegionPrediction) -> str:
    """Why there is no interval in mm or mL of an outline made elsewhere; empty for others."""
    if region.part is None or not is_elsewhere(region.part):
        return ""
    return "Unknown: outlines made elsewhere err in too many ways to learn that from those that stand in for them."


def _thresholds(part: Mapping[str, Any]) -> str:
    """What the status' thresholds were chosen for, as sentences; empty where none could be learned."""
    learned = part["status"]
    target, rule = learned["target"], next((r for r in learned["rules"] if r["signal"] == "predicted_dice"), None)
    if target is None or rule is None:
        return ""
    said = []
    if rule["agree_from"] is not None:
        said.append(f"from {rule['agree_from']:.2f} on {percent(target['agree_share'])} had {target['good']:g} or more")
    if rule["rely_from"] is not None:
        said.append(f"below {rule['rely_from']:.2f} {percent(target['poor_share'])} had less than {target['poor']:g}")
    if not said:
        return ""
    return f" Its thresholds: of n = {learned['patients']} labelled patients, {' and '.join(said)}."


def _volume(material: Material, region: RegionPrediction) -> Row:
    kind, label = "predicted_volume", "Volume interval with stated coverage"
    why_not = region.why_no_intervals or _not_elsewhere(region)
    if not material.trusted:
        why_not = SPACING_UNTRUSTED
    elif not why_not and region.intervals is not None and region.intervals["volume"]["level"] is None:
        why_not = _no_bound(region.intervals["volume"]["patients"], "", "one has no tumor where one was outlined")
    if why_not or region.intervals is None:
        return _not_stated(region, kind, label, why_not, "mL")
    bound, drawn = region.intervals["volume"], region.outlines.record_voxels * material.voxel_ml
    reason = (
        f"In {percent(bound['level'])} of {bound['patients']} labelled patients the true volume was as close to the "
        "outlined one, as a ratio."
    )
    stated = _interval(bound, *volume_bounds(drawn, bound["factor"], region.predicted_dice))
    return _stated(region, kind, label, drawn, reason, unit="mL", **stated)


def _border(material: Material, region: RegionPrediction) -> Row:
    kind, label = "border_margin", "Margin around the border"
    why_not = region.why_no_intervals or _not_elsewhere(region)
    if not material.trusted:
        why_not = SPACING_UNTRUSTED
    elif not why_not and region.intervals is not None and region.intervals["border"]["margin_mm"] is None:
        why_not = _no_bound(region.intervals["border"]["patients"], " and a trusted voxel size", "a tumor was missed")
    elif region.intervals is not None and not region.outlines.record_voxels:
        why_not = "Nothing is outlined, so there is no border."
    if why_not or region.intervals is None:
        return _not_stated(region, kind, label, why_not, "mm")
    bound = region.intervals["border"]
    reason = (
        f"95 % of the true border lies within this distance of {material.record_words}, in "
        f"{percent(bound['level'])} of patients (n = {bound['patients']})."
    )
    return _stated(region, kind, label, bound["margin_mm"], reason, unit="mm", promised=bound["level"])


def _temperature(material: Material, region: RegionPrediction) -> Row:
    whose = "pooled probability" if material.record_card is None else f"probability of {material.record_card.name}"
    kind, label = "temperature", f"Temperature of the {whose}"
    if region.part is None or region.part["temperature"]["value"] is None:
        why_not = region.why_no_part or "Too few labelled patients show this region."
        if region.part is not None and is_elsewhere(region.part):
            why_not = "An outline made elsewhere has no probabilities."
        return _not_stated(region, kind, label, why_not)
    fitted = region.part["temperature"]
    value = fitted["value"]
    direction = "neither" if value == 1 else "too sure of themselves" if value > 1 else "too cautious"
    reason = (
        f"Above 1 the probabilities are too sure, below 1 too cautious: here they are {direction}, and their "
        f"calibration error around the outlines goes from {fitted['error_before']:.3f} to {fitted['error_after']:.3f} "
        f"when it is applied to patients left out (n = {fitted['patients']})."
    )
    return _stated(region, kind, label, fitted["value"], reason)


def _no_bound(patients: int, more: str, or_else: str) -> str:
    """Why nothing is promised: with an infinite score among few, no number holds."""
    who = f"n = {patients} calibration patients with these contrasts{more}"
    return f"Unknown: {who} give no bound: they are too few, or {or_else}."
