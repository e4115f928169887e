"""STATUS: per region, whether to rely on the outline: the worst of the calibrated rules, with the reason in a sentence.

What was measured stands in the rows of agreement, how the thresholds were chosen in that of the predicted Dice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from SynthTrustLib.trust.learned.calibration import NONE
from SynthTrustLib.trust.learned.conformal import can_flag
from SynthTrustLib.trust.learned.prediction import Prediction, RegionPrediction, findings_of
from SynthTrustLib.trust.learned.presence import Presence
from SynthTrustLib.trust.learned.status_rules import Finding, worst
from SynthTrustLib.trust.measures.material import Material
from SynthTrustLib.trust.rows.row import ONE_SEGMENTER, known, unknown
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Status

WHY_UNKNOWN = "Whether that can be relied on is unknown, as no thresholds were calibrated on labelled patients yet."

MOST_WORDS = 25
"""A reason is one sentence that is read at a glance."""


def status_rows(material: Material, prediction: Prediction, present: Sequence[Presence]) -> Iterator[Row]:
    """One row per region; its reason says which rule decided."""
    for outlines, region, presence in zip(material.outlines, prediction.regions, present, strict=True):
        name = outlines.region
        key, label = f"status.{name}", outlines.name.capitalize()
        findings = findings_of(region.part, rule_facts(region)) if region.part is not None else []
        if region.intervals is None or not findings:
            why = _why_unknown(region)
            if not presence.found:
                why = _sentence([presence.headline, f"{why[0].lower()}{why[1:]}".rstrip(".")])
            yield unknown(key, Section.STATUS, label, why, region=name)
            continue
        status = worst(findings)
        why = _sentence(_reasons(status, findings))
        track_record = region.calibrated.track_record(name, "status")
        if not presence.found:
            # Never agree: the thresholds were learned on patients who have the region. What half of the jury draws and
            # the record does not stays as bad as the rules say.
            contradicted = 2 * sum(voxels > 0 for voxels in outlines.voxels) >= len(outlines.voxels)
            keeps = status is Status.DO_NOT_RELY and contradicted
            status, track_record = status if keeps else Status.CHECK, ""
            why = _sentence([presence.headline, "how often that is right was not measured", *_unusual(findings)])
        yield known(
            key,
            Section.STATUS,
            label,
            str(status),
            why,
            status=status,
            region=name,
            track_record=track_record,
        )


def rule_facts(region: RegionPrediction) -> dict[str, float]:
    """What the rules of a calibration file may judge: signal -> value."""
    facts = dict(region.signals)
    if region.predicted_dice is not None:
        facts["predicted_dice"] = region.predicted_dice
    drawn = [*region.outlines.voxels, region.outlines.record_voxels]
    finders = sum(voxels > 0 for voxels in region.outlines.voxels)
    facts["share_of_finders"] = finders / len(region.outlines.voxels) if any(drawn) else 1.0
    if region.familiar.p is not None and can_flag(region.familiar.patients):
        facts["in_distribution"] = 0.0 if region.familiar.out else 1.0
    return facts


def _reasons(status: Status, findings: Sequence[Finding]) -> list[str]:
    """What the rules that decided say, and in any case that the scans are unusual; the most telling first.

    For agree all have to decide, and the first speaks for them.
    """
    unusual = _unusual(findings)
    deciding = [finding for finding in findings if finding.status is status]
    if unusual:
        # The predicted Dice is withdrawn: that it is low still says something. Its number, and that it is fair, do not.
        low = "the segmenters agree as they do on poor outlines"
        by_dice = [replace(f, reason=low) for f in deciding if f.signal == "predicted_dice"]
        others_say = [f for f in deciding if f.signal != "predicted_dice"]
        deciding = [*(by_dice if status is Status.DO_NOT_RELY else ()), *others_say]
    first, *others = (finding.reason for finding in deciding)
    return list(dict.fromkeys([first, *unusual, *(others if status is not Status.AGREE else ())]))


def _unusual(findings: Sequence[Finding]) -> list[str]:
    return [f.reason for f in findings if f.signal == "in_distribution" and f.status is not Status.AGREE]


def _sentence(reasons: Sequence[str]) -> str:
    """As many of the reasons as make a short sentence, the first of them in any case."""
    text = reasons[0]
    for reason in reasons[1:]:
        if len(f"{text} {reason}".split()) <= MOST_WORDS:
            text = f"{text}; {reason}"
    return f"{text[0].upper()}{text[1:]}."


def _why_unknown(region: RegionPrediction) -> str:
    reason = region.why_no_part or region.why_no_intervals
    if reason and reason != NONE:
        return reason
    return ONE_SEGMENTER if len(region.outlines.everyone) == 1 else WHY_UNKNOWN
