"""STATUS: per region, whether to rely on the outline: the worst of the calibrated rules, with the reasons in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from SynthTrustLib.trust.learned.calibration import NONE
from SynthTrustLib.trust.learned.conformal import can_flag
from SynthTrustLib.trust.learned.prediction import Prediction, RegionPrediction, is_skilled, unskilled
from SynthTrustLib.trust.learned.presence import Presence
from SynthTrustLib.trust.learned.status_rules import Finding, judge, worst
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.rows.agreement import Matrix, off_diagonal
from SynthTrustLib.trust.rows.row import known, percent, unknown, volume_words
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Status

WHY_UNKNOWN = "whether that can be relied on is unknown, as no thresholds were calibrated on labelled patients yet."


def status_rows(
    material: Material, matrices: tuple[Matrix, ...], prediction: Prediction, present: Sequence[Presence]
) -> Iterator[Row]:
    """One row per region; its reason holds what was measured and which rule decided."""
    for outlines, matrix, region, presence in zip(
        material.outlines, matrices, prediction.regions, present, strict=True
    ):
        name = outlines.region
        key, label = f"status.{name}", outlines.name.capitalize()
        rules = region.part["status"]["rules"] if region.part is not None else []
        findings = judge(rules, rule_facts(prediction, region))
        if region.part is not None and not is_skilled(region.part):
            findings = [Finding("predicted_dice", Status.CHECK, unskilled(region.part)), *findings]
        if not presence.found and region.intervals is not None:
            # Never agree: the thresholds were learned on patients who have the region.
            why = "; ".join(["how often that is right was not measured", *_unusual(findings)])
            reason = f"{presence.statement}; {why}."
            yield known(key, Section.STATUS, label, str(Status.CHECK), reason, status=Status.CHECK, region=name)
            continue
        facts = _facts(material, outlines, matrix) if presence.found else presence.statement
        if not rules or region.part is None or region.intervals is None or not findings:
            yield unknown(key, Section.STATUS, label, f"{facts}; {_why_unknown(region)}", region=name)
            continue
        status = worst(findings)
        yield known(
            key,
            Section.STATUS,
            label,
            str(status),
            f"{facts}; {_why(status, findings)}{_target(status, region.part)}.",
            status=status,
            region=name,
            track_record=prediction.calibrated.track_record(name, "status"),
        )


def rule_facts(prediction: Prediction, region: RegionPrediction) -> dict[str, float]:
    """What the rules of a calibration file may judge: signal -> value."""
    facts = dict(region.signals)
    if region.predicted_dice is not None:
        facts["predicted_dice"] = region.predicted_dice
    drawn = [*region.outlines.voxels, region.outlines.record_voxels]
    finders = sum(voxels > 0 for voxels in region.outlines.voxels)
    facts["share_of_finders"] = finders / len(region.outlines.voxels) if any(drawn) else 1.0
    if prediction.familiar.p is not None and can_flag(prediction.familiar.patients):
        facts["in_distribution"] = 0.0 if prediction.familiar.out else 1.0
    return facts


def _why(status: Status, findings: Sequence[Finding]) -> str:
    """The reasons of the rules that decided, and in any case that the scans are unusual."""
    unusual = _unusual(findings)
    decided = [finding.reason for finding in findings if finding.status is status and finding.reason not in unusual]
    return "; ".join([*decided, *unusual])


def _unusual(findings: Sequence[Finding]) -> list[str]:
    return [f.reason for f in findings if f.signal == "in_distribution" and f.status is not Status.AGREE]


def _target(status: Status, part: Mapping[str, Any] | None) -> str:
    """What the thresholds were chosen for, in words."""
    target = part["status"]["target"] if part is not None else None
    if part is None or target is None or status is Status.CHECK:
        return ""
    if status is Status.AGREE:
        share, bar = target["agree_share"], f"{target['good']:g} or more"
    else:
        share, bar = target["poor_share"], f"less than {target['poor']:g}"
    return (
        f"; chosen so that {percent(share)} of those marked so have a Dice of {bar} "
        f"(n = {part['status']['patients']} labelled patients)"
    )


def _why_unknown(region: RegionPrediction) -> str:
    reason = region.why_no_part or region.why_no_intervals
    if not reason or reason == NONE:
        return WHY_UNKNOWN
    return f"{reason[0].lower()}{reason[1:]}"


def _facts(material: Material, outlines: RegionOutlines, matrix: Matrix) -> str:
    members, name = len(outlines.members), outlines.noun
    if len(outlines.everyone) == 1:
        return "Only one segmenter ran, so there is no other to agree with"
    finders = sum(voxels > 0 for voxels in outlines.voxels)
    if finders < members:
        return f"{finders} of {members} segmenters {'finds' if finders == 1 else 'find'} {name}, the others find none"
    if material.record_card is not None and members == 1:
        return f"{material.record_card.name}'s outline and that of the one other segmenter were compared"
    low, high = min(outlines.voxels), max(outlines.voxels)
    times = high / low
    sizes = (
        f"volumes run from {volume_words(low * material.voxel_ml)} to {volume_words(high * material.voxel_ml)}"
        if material.trusted
        else f"the largest is {times:.{2 if times < 10 else 0}f} times the smallest"
    )
    return (
        f"The outlines of {members} segmenters overlap with a mean Dice of {off_diagonal(matrix).mean():.2f}, {sizes}"
    )
