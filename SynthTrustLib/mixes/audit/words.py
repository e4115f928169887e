"""A set's card in words: what to look at, and every figure with its interval."""

from __future__ import annotations

from SynthTrustLib.mixes.audit.set_audit import ALWAYS, NOT_SO, AuditRow, SetAudit
from SynthTrustLib.vocabulary import Evidence, Status

MOST_NAMED = 8
"""Cases that are named of those that a row is about."""


def summary(audit: SetAudit) -> list[str]:
    """What to look at, then every figure, a line each."""
    alarms = audit.alarms
    lines = [f"look at: {row.title}: {alarm_words(row)}" for row in alarms] or ["nothing asks for a look"]
    lines += [
        f"could not be used: {name} of {given.name} ({why})"
        for given in (audit.synthetic, audit.real, audit.training)
        if given
        for name, why in given.unusable.items()
    ]
    lines += [
        f"done to {one.synthetic} synthetic, {one.real} real and {one.training} training cases: {one.what}"
        for one in audit.same_terms
        if one.what not in ALWAYS
    ]
    return lines + [
        f"{row.section} {row.name}: {figure_words(row)}" for row in audit.rows if row.evidence is Evidence.MEASURED
    ]


def alarm_words(row: AuditRow) -> str:
    """Figure and meaning of a row that asks for a look, and the first of the cases that it is about."""
    more = f" and {len(row.cases) - MOST_NAMED} more" if len(row.cases) > MOST_NAMED else ""
    cases = f". Cases: {', '.join(row.cases[:MOST_NAMED])}{more}" if row.cases else ""
    return (row.text if row.value is None else f"{figure_words(row)}; {row.text}") + cases


def figure_words(row: AuditRow) -> str:
    """A row's figure with its interval and what chance alone gives; its text where it has none."""
    if row.status is Status.UNKNOWN:
        return f"unknown: {row.text}"
    if row.value is None:
        return row.text
    bounds = (row.low, row.high) if row.low is not None and row.high is not None else None
    if row.text.startswith(NOT_SO):
        words = f"broken by {row.value:.0%}"
        words += f" [{bounds[0]:.0%}, {bounds[1]:.0%}]" if bounds else ""
    else:
        words = f"{row.value:.3g}"
        words += f" [{bounds[0]:.3g}, {bounds[1]:.3g}]" if bounds else ""
    if row.chance_low is not None and row.chance_high is not None:
        words += f", by chance {row.chance_low:.3g} to {row.chance_high:.3g}"
    return words + (f", p = {row.p:.2g}" if row.p is not None else "")


def few_digits(value: float | None, digits: int) -> str:
    """A number with so many significant digits, and no fewer before the point; a dash where it is unknown."""
    if value is None:
        return "\N{EN DASH}"
    return f"{value:.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"
