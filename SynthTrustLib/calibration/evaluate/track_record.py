"""The line beside each row of the scorecard: how statements of its kind did on test patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from SynthTrustLib.calibration.evaluate.intervals import binomial_interval
from SynthTrustLib.calibration.fit.rules import GOOD, POOR

_ROWS = {"dice": "predicted_dice", "volume": "predicted_volume", "border": "border_margin"}
_UNITS = {"dice": "", "volume": " mL", "border": " mm"}


TEST_PATIENTS, LEFT_OUT = "test patients", "patients left out"
"""Who it is told of, in the middle of a sentence."""


def track_record(
    presets: Mapping[str, Any], in_distribution: Mapping[str, Any], who: str = TEST_PATIENTS
) -> dict[str, Any]:
    """Preset -> region (or ``"case"``) -> kind of row -> one sentence; `who` are those that it is told of."""
    record: dict[str, Any] = {}
    for name, preset in presets.items():
        record[name] = {"case": {"in_distribution": _check(in_distribution, who)}}
        for region, figures in preset["regions"].items():
            lines = {_ROWS[kind]: _coverage(figures["coverage"], kind, who) for kind in _ROWS}
            lines |= {
                "temperature": _temperature(figures["temperature"], who),
                "status": _status(figures["status"], who),
            }
            record[name][region] = {kind: line for kind, line in lines.items() if line}
    return record


def track_record_elsewhere(
    presets: Mapping[str, Mapping[str, Mapping[str, Any]]], in_distribution: Mapping[str, Any]
) -> dict[str, Any]:
    """The same of outlines made elsewhere."""
    record: dict[str, Any] = {}
    for name, regions in presets.items():
        record[name] = {"case": {"in_distribution": _check(in_distribution, TEST_PATIENTS)}}
        for region, figures in regions.items():
            record[name][region] = {"predicted_dice": _at_least(figures)}
    return record


def _at_least(figures: Mapping[str, Any]) -> str:
    parts = [
        f"{', '.join(entry['contrasts'])}: {_share(entry['held'])} of the outlines were as good as said or better "
        f"({_share(entry['level'])} were promised, n = {entry['patients']})"
        for entry in figures["coverage"]
        if entry["patients"]
    ]
    if not parts:
        return ""
    return f"On test patients, with outlines that stand in for others and {'; with '.join(parts)}."


def _coverage(entries: Sequence[Mapping[str, Any]], kind: str, who: str) -> str:
    parts = []
    for entry in entries:
        if entry["kind"] == kind and entry["patients"]:
            n, unit = entry["patients"], _UNITS[kind]
            width = f"{entry['mean_width']:.2f}" if kind == "dice" else f"{entry['mean_width']:.1f}"
            wide = ", too wide to say much" if entry["mean_width"] > entry["useless_from"] else ""
            what = "margin" if kind == "border" else "mean width"
            parts.append(
                f"{', '.join(entry['contrasts'])}: the {_share(entry['level'])} statement held in {entry['held']} "
                f"of {n} (95 % binomial {_share(entry['low'])} to {_share(entry['high'])}), {what} {width}{unit}{wide}"
            )
    return f"On {who} with {'; with '.join(parts)}." if parts else ""


def _temperature(entry: Mapping[str, Any] | None, who: str) -> str:
    if entry is None:
        return ""
    return (
        f"On {entry['patients']} {who} the calibration error went from {entry['error_before']:.3f} to "
        f"{entry['error_after']:.3f}."
    )


def _status(counts: Mapping[str, Mapping[str, int]], who: str) -> str:
    agree, poor = counts["agree"], counts["do not rely"]
    parts = []
    if agree["patients"]:
        low, high = binomial_interval(agree["good"], agree["patients"])
        parts.append(
            f"{agree['good']} of {agree['patients']} {who} marked agree had a Dice of {GOOD:g} or more "
            f"(95 % binomial {_share(low)} to {_share(high)})"
        )
    else:
        parts.append(f"none of the {who} was marked agree")
    if poor["patients"]:
        parts.append(f"{poor['poor']} of {poor['patients']} marked do not rely had less than {POOR:g}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _check(result: Mapping[str, Any], who: str) -> str:
    text = f"It flagged {result['false_alarms']} of {result['patients']} {who} as they were"
    if not result["shifts"]:
        return f"{text}."
    total, flagged, noticed = (sum(row[key] for row in result["shifts"]) for key in ("patients", "flagged", "noticed"))
    text += f", and {flagged} of {total} that were deliberately made unusual"
    return f"{text}. With what is said before a run, {noticed} of these were noticed."


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
