"""Making a row of a set's card: its words, and what a p-value below the level of an alarm makes of it."""

from __future__ import annotations

from collections.abc import Sequence

from SynthTrustLib.calibration.evaluate.intervals import Figure, binomial_interval
from SynthTrustLib.mixes.audit.set_audit import AuditRow, Section
from SynthTrustLib.significant import number
from SynthTrustLib.vocabulary import Evidence, Status

ALARM = 0.002
"""p-value below which a row asks for a look: about twenty of them are tested, so that a set without a fault has any
alarm in at most 5 % of the cases."""

FEWEST_REAL = 8
"""Real patients from which one knows what is usual among them well enough to call a single case odd."""


def few_real(count: int) -> str:
    """Why a single case cannot be called odd."""
    return f"{count} real patients are too few to tell what is usual ({FEWEST_REAL} are needed)"


def measured(
    section: Section,
    name: str,
    title: str,
    text: str,
    *,
    figure: Figure | None = None,
    p: float | None = None,
    by_chance: tuple[float, float] | None = None,
    alarm: bool | None = None,
    cases: Sequence[str] = (),
) -> AuditRow:
    """A row that was measured. `alarm` decides where given; else a `p` of at most `ALARM` does."""
    figure = figure or {"value": None, "low": None, "high": None}
    judged = alarm if alarm is not None else None if p is None else p <= ALARM
    status = Status.INFORMATION if judged is None else Status.CHECK if judged else Status.AGREE
    low, high = (number(end) for end in by_chance) if by_chance else (None, None)
    p = None if p is None else number(p)
    return AuditRow(
        section, name, title, Evidence.MEASURED, status, text, **figure, chance_low=low, chance_high=high, p=p,
        cases=tuple(cases),
    )  # fmt: skip


def unknown(section: Section, name: str, title: str, why: str) -> AuditRow:
    """A row that cannot be had."""
    return AuditRow(section, name, title, Evidence.UNKNOWN, Status.UNKNOWN, why)


def declared_row(section: Section, name: str, title: str, text: str) -> AuditRow:
    """A row that the set's makers have written down."""
    return AuditRow(section, name, title, Evidence.DECLARED, Status.INFORMATION, text)


def counted(flags: Sequence[bool]) -> Figure:
    """The share of cases that something holds for, with its exact interval: none of a few is not surely none at all."""
    low, high = binomial_interval(sum(flags), len(flags))
    return {"value": number(sum(flags) / len(flags)), "low": number(low), "high": number(high)}


def guessed_sizes(part: int, of: int) -> str:
    """Why nothing is said of what depends on the size of voxels."""
    return f"the voxel size of {share(part, of)} cases is a placeholder"


def share(part: int, of: int) -> str:
    """``3 of 20``."""
    return f"{part} of {of}"
