"""The status of a region is the worst of named rules. The rules are data: thresholds come from a calibration file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from SynthTrustLib.vocabulary import Status

_ORDER = (Status.AGREE, Status.CHECK, Status.DO_NOT_RELY)


@dataclass(frozen=True)
class Finding:
    """What one rule says: its name, the status that it asks for, and why, in words."""

    rule: str
    status: Status
    reason: str


def judge(rules: Sequence[Mapping[str, Any]], facts: Mapping[str, float]) -> list[Finding]:
    """What every rule that can be told says, in their order.

    A rule holds ``name``, ``signal`` (a key of `facts`), ``words``, and two thresholds: from ``agree_from`` on it asks
    for agree, from ``rely_from`` on for check, below for do not rely. Without ``agree_from`` (None: none could
    be learned) it never says agree; without ``rely_from`` it never says do not rely. Facts that are not there are not
    judged.
    """
    return [_judge(rule, facts[rule["signal"]]) for rule in rules if rule["signal"] in facts]


def worst(findings: Sequence[Finding]) -> Status:
    """The worst status of all findings; unknown without any."""
    if not findings:
        return Status.UNKNOWN
    return max((finding.status for finding in findings), key=_ORDER.index)


def _judge(rule: Mapping[str, Any], value: float) -> Finding:
    words, agree, rely = rule["words"], rule["agree_from"], rule["rely_from"]
    if rely is not None and value < rely:
        return Finding(rule["name"], Status.DO_NOT_RELY, f"{words} {_below(value, rely)}")
    if agree is None:
        reason = f"{words} is {value:.2f}, and no threshold for agree could be learned"
        return Finding(rule["name"], Status.CHECK, reason)
    if value < agree:
        return Finding(rule["name"], Status.CHECK, f"{words} {_below(value, agree)}")
    return Finding(rule["name"], Status.AGREE, f"{words} is {value:.2f}, {agree:.2f} or more")


def _below(value: float, threshold: float) -> str:
    """Both with two decimals, or with as many as it takes to tell them apart."""
    texts = ((f"{value:.{n}f}", f"{threshold:.{n}f}") for n in (2, 3, 4, 5))
    one, other = next((pair for pair in texts if pair[0] != pair[1]), (str(value), str(threshold)))
    return f"{one} is below {other}"
