"""Split-conformal intervals with few patients: the level follows their number.

With n exchangeable patients behind it, the k-th smallest residual covers the next one with probability k / (n + 1) at
least; a level that would need k > n cannot be had from n patients (Vovk 2005; Angelopoulos and Bates 2023, sec. 1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

LEVELS = {0.9: 19, 0.8: 4}
"""Offered levels, and the patients from whom on they are promised. Nine would carry 90 %, but by their worst alone: one
odd patient then decides about everybody's interval."""


def rank(patients: int, level: float) -> int:
    """Which of the sorted residuals bounds an interval of this level, counted from 1; more than `patients` if none."""
    return math.ceil(round((patients + 1) * level, 9))


def fewest(level: float) -> int:
    """The smallest number of patients that can carry a level."""
    patients = 1
    while rank(patients, level) > patients:
        patients += 1
    return patients


def level_for(patients: int) -> float | None:
    """The highest level that is promised from so many patients; None below four."""
    return next((level for level, needed in LEVELS.items() if patients >= needed), None)


def quantile(residuals: Sequence[float], level: float) -> float:
    """The residual that bounds an interval of this level; infinite if there are too few."""
    position = rank(len(residuals), level)
    return sorted(residuals)[position - 1] if position <= len(residuals) else math.inf


def quantile_by_person(residuals: Mapping[str, Sequence[float]], level: float) -> float:
    """The residual that bounds an interval of this level for one more outline of one more person.

    `residuals` hold several of each person, who count alike (hierarchical conformal prediction: Lee, Barber and
    Willett, 2025); with one of each it is `quantile`. Infinite if there are too few persons.
    """
    weighted = sorted((value, 1 / ((len(residuals) + 1) * len(own))) for own in residuals.values() for value in own)
    reached = 0.0
    for value, weight in weighted:
        reached += weight
        if reached >= level - 1e-9:
            return value
    return math.inf


def p_value(score: float, calibration: Sequence[float]) -> float:
    """Share of calibration patients who are at least as unusual, the new one counted with them: 1/(n+1)..1."""
    return (1 + sum(other >= score for other in calibration)) / (len(calibration) + 1)


FLAG = 0.05
"""The p-value up to which a scan is flagged, which is then the share of ordinary scans that are flagged, too."""


def can_flag(patients: int) -> bool:
    """Whether so many patients allow a p-value as small as `FLAG`: with fewer, a flag would cry wolf more often."""
    return 1 / (patients + 1) <= FLAG + 1e-12


def flagged(p: float, patients: int) -> bool:
    """Whether a scan is so unlike those of so many patients that what was learned on them is withdrawn."""
    return can_flag(patients) and p <= FLAG + 1e-12
