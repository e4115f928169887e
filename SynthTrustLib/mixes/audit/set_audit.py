"""The card of a synthetic set from anywhere: what was given, what was done to it, and the rows of the seven Cs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from SynthTrustLib.codec import Count, Fraction, Text
from SynthTrustLib.vocabulary import Evidence, Status

ALWAYS = (
    "every contrast: median of the brain to 0.75, robust deviation to 0.25, so that scale and offset do not count",
    "axial slices in one orientation, cropped to the head",
)
"""What is done to every case."""

NOT_SO = "not so in"
"""Begins the text of a row whose title is a rule, and whose figure is the share of cases that break it."""


class Section(StrEnum):
    """The seven Cs of the FDA's scorecard for synthetic medical data, and what it does not have."""

    CONGRUENCE = "congruence"
    COVERAGE = "coverage"
    CONSTRAINT = "constraint"
    COMPLETENESS = "completeness"
    COMPLIANCE = "compliance"
    COMPREHENSION = "comprehension"
    CONSISTENCY = "consistency"
    COPIES = "copies"
    UTILITY = "utility"


@dataclass(frozen=True)
class GivenSet:
    """A set as it was handed over."""

    name: Text
    cases: Annotated[int, "Cases that could be read."]
    patients: Annotated[int, "Different persons among them, where the set says who is who; else as many as cases."]
    labelled: Count
    contrasts: Annotated[Mapping[str, int], "How many cases have each contrast."]
    unusable: Annotated[Mapping[str, str], "Name of a case that could not be used -> why."]


@dataclass(frozen=True)
class Treatment:
    """Something that was done to cases so that all are compared on the same terms."""

    what: Text
    synthetic: Count
    real: Count
    training: Count = 0


@dataclass(frozen=True)
class AuditRow:
    """One figure, or one fact.

    `low` and `high` are its 95 % interval by resampling patients; `chance_low` and `chance_high` are where 95 % of the
    values lie if the synthetic cases were drawn from the same patients, and `p` is the chance of a value this extreme.
    """

    section: Section
    name: Text
    title: Text
    evidence: Evidence
    status: Status
    text: Text
    value: float | None = None
    low: float | None = None
    high: float | None = None
    chance_low: float | None = None
    chance_high: float | None = None
    p: Fraction | None = None
    cases: Annotated[tuple[str, ...], "Synthetic cases that the row is about."] = ()


@dataclass(frozen=True)
class FeatureRow:
    """One feature in both sets; `distance` is the earth mover's, in standard deviations of the real values."""

    name: Text
    group: Text
    real_mean: float | None
    real_sd: float | None
    synthetic_mean: float | None
    synthetic_sd: float | None
    distance: float | None
    p: Fraction | None


@dataclass(frozen=True)
class Neighbour:
    """The real patient who is most like a synthetic case; distance 0 is a copy, about 1 two different people."""

    case: Text
    nearest: Text
    of: Annotated[Text, "training or real"]
    by: Annotated[Text, "head or tumor"]
    distance: float
    suspected: bool


@dataclass(frozen=True)
class SetAudit:
    """A synthetic set measured against real patients."""

    FORMAT: ClassVar[int] = 1
    title: Text
    version: Annotated[Text, "Of SynthTrust."]
    command: Text
    synthetic: GivenSet
    real: GivenSet
    training: GivenSet | None
    same_terms: Annotated[tuple[Treatment, ...], "What was done before anything was compared."]
    rows: tuple[AuditRow, ...]
    features: tuple[FeatureRow, ...]
    neighbours: tuple[Neighbour, ...]

    @property
    def alarms(self) -> tuple[AuditRow, ...]:
        """The rows to look at, in order."""
        return tuple(row for row in self.rows if row.status in (Status.CHECK, Status.DO_NOT_RELY))
