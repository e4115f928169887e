"""The status of a region is the worst of named rules. The rules are data: thresholds come from a calibration file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from SynthTrustLib.vocabulary import Status

_ORDER = (Status.AGREE, Status.CHECK, Status.DO_NOT_RELY)


@dataclass(frozen=True)
class Finding:
    """What one rule says: the signal that it judges, the status that it asks for, and why, in words."""

    signal: str
    status: Status
    reason: str


def judge(rules: Sequence[Mapping[str, Any]], facts: Mapping[str, float]) -> list[Finding]:
    """What every rule that can be told says, in their order.

    A rule holds ``name``, ``signal`` (a key of `facts`), ``words``, and two thresholds: from ``agree_from`` on it asks
    for agree, from ``rely_from`` on for check, below for do not rely. Without ``agree_from`` (None: none could
    be learned) it never says agree; without ``rely_from`` it never says do not rely. A rule of yes or no may hold
    sentences to say in place of its numbers: ``if_agree``, and ``if_not`` for anything less. Facts that are not there
    are not judged.
    """
    return [_judge(rule, facts[rule["signal"]]) for rule in rules if rule["signal"] in facts]


def worst(findings: Sequence[Finding]) -> Status:
    """The worst status of all findings; unknown without any."""
    if not findings:
        return Status.UNKNOWN
    return max((finding.status for finding in findings), key=_ORDER.index)


def _judge(rule: Mapping[str, Any], value: float) -> Finding:
    agree, rely = rule["agree_from"], rule["rely_from"]
    if rely is not None and value < rely:
        status = Status.DO_NOT_RELY
    else:
        status = Status.AGREE if agree is not None and value >= agree else Status.CHECK
    words = rule.get("if_agree" if status is Status.AGREE else "if_not")
    return Finding(rule["signal"], status, words or f"{rule['words']} {_numbers(value, agree, rely)}")


def _numbers(value: float, agree: float | None, rely: float | None) -> str:
    if rely is not None and value < rely:
        return "is {}, below {}".format(*_apart(value, rely))
    if agree is None:
        return f"is {value:.2f}, but too few known patients back “agree” for this region"
    if value < agree:
        return "is {}, below the {} that “agree” asks for".format(*_apart(value, agree))
    return f"is {value:.2f}, and “agree” asks for {agree:.2f}"


def _apart(value: float, threshold: float) -> tuple[str, str]:
    """Both with two decimals, or with as many as it takes to tell them apart."""
    texts = ((f"{value:.{n}f}", f"{threshold:.{n}f}") for n in (2, 3, 4, 5))
    return next((pair for pair in texts if pair[0] != pair[1]), (str(value), str(threshold)))
