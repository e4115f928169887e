"""Means and paired differences over patients, each with a 95 % interval from resampling patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from SynthTrustLib.calibration.evaluate.intervals import Figure, figure, resample
from SynthTrustLib.mixes.study.rows import Row
from SynthTrustLib.significant import number

DRAWS = 10000
POWER = 0.8
"""Chance to show a difference, of which `smallest` tells how large it must be."""
ByPatient = dict[str, float]
"""Patient -> the mean of that patient's values: a patient who is in two cohorts counts once."""


def by_patient(rows: Iterable[Row], metric: str) -> ByPatient:
    """Mean of a metric per patient; rows without a value do not count."""
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row[metric] is not None:
            values[row["patient"]].append(float(row[metric]))
    return {patient: float(np.mean(members)) for patient, members in values.items()}


def mean(values: ByPatient) -> Figure:
    """Mean over patients, with how many there are."""
    return _resample([np.array(list(values.values()))], lambda v: v.mean(axis=1))


def difference(first: ByPatient, second: ByPatient, draws: int = DRAWS) -> Figure:
    """Mean over the patients that both have of first - second."""
    shared = sorted(first.keys() & second.keys())
    paired = np.array([first[patient] - second[patient] for patient in shared])
    return _resample([paired], lambda v: v.mean(axis=1), draws)


def unpaired_difference(first: ByPatient, second: ByPatient) -> Figure:
    """Difference of the means of two groups of different patients (as real and synthetic ones)."""
    groups = [np.array(list(group.values())) for group in (first, second)]
    return _resample(groups, lambda a, b: a.mean(axis=1) - b.mean(axis=1))


def ratio(first: ByPatient, second: ByPatient) -> Figure:
    """Mean of the first over mean of the second, on the patients that both have."""
    shared = sorted(first.keys() & second.keys())
    paired = np.array([[first[patient], second[patient]] for patient in shared])
    return _resample([paired], lambda v: v[..., 0].mean(axis=1) / np.maximum(v[..., 1].mean(axis=1), 1e-9))


def slope(doses: Sequence[float], members: Sequence[ByPatient]) -> Figure:
    """Mean over patients of the least-squares slope of the metric against the dose; None with fewer than two doses."""
    if len(set(doses)) < 2:
        return {**figure(float("nan"), [], 0), "patients": 0}
    shared = sorted(set.intersection(*(set(values) for values in members)))
    centred = np.asarray(doses, float) - np.mean(doses)
    table = np.array([[values[patient] for values in members] for patient in shared]).reshape(len(shared), len(doses))
    slopes = table @ centred / (centred**2).sum()
    return _resample([slopes], lambda v: v.mean(axis=1))


def average(members: Sequence[ByPatient]) -> ByPatient:
    """Mean over segmenters (the seeds of one mix) per patient that all of them have."""
    if not members:
        return {}
    shared = set.intersection(*(set(values) for values in members))
    return {patient: float(np.mean([values[patient] for values in members])) for patient in sorted(shared)}


def chance(differences: Sequence[float]) -> dict[str, Any]:
    """What two trainings that differ in nothing but the seed are apart; `differences` are those of pairs of seeds.

    ``pairs``, ``typical`` (root mean square) and ``limit``, which such a difference stays within 19 times of 20 (normal
    differences about 0, Student's t with a degree of freedom a pair); the latter two None without a pair.
    """
    from scipy.stats import t

    pairs = len(differences)
    if not pairs:
        return {"pairs": 0, "typical": None, "limit": None}
    typical = float(np.sqrt(np.mean(np.square(differences))))
    return {"pairs": pairs, "typical": number(typical), "limit": number(float(t.ppf(0.975, pairs)) * typical)}


def slope_share(doses: Sequence[float], seeds: Sequence[int]) -> float:
    """How much of the difference of two trainings seeds alone put into a slope over means of so many at each dose."""
    centred = np.asarray(doses, float) - np.mean(doses)
    return float(np.sqrt((centred**2 / np.asarray(seeds)).sum() / 2) / (centred**2).sum())


def difference_share(first: int, second: int) -> float:
    """How much of the difference of two trainings seeds alone put into that of the means of so many of either mix."""
    return float(np.sqrt((1 / first + 1 / second) / 2))


def with_seeds(found: Figure, limit: float | None) -> Figure:
    """`found` with an interval for other patients and other trainings, where seeds alone stay within `limit` of 0.

    The two are independent, so half-widths add in quadrature. Where no mix has a second seed (None) it is for other
    patients alone.
    """
    if limit is None or found["low"] is None or found["high"] is None:
        return found
    value = found["value"]
    low, high = (value - np.hypot(value - found["low"], limit), value + np.hypot(found["high"] - value, limit))
    return {**found, "low": number(float(low)), "high": number(float(high))}


def smallest(found: Mapping[str, Any]) -> float | None:
    """The smallest true difference that four of five such studies would show.

    The larger half of the interval would be shown by every other one: an estimate lies to either side of the truth.
    """
    if found["low"] is None or found["high"] is None:
        return None
    half = max(found["value"] - found["low"], found["high"] - found["value"])
    return number(half * (1 + NormalDist().inv_cdf(POWER) / NormalDist().inv_cdf(0.975)))


def verdict(found: Mapping[str, Any]) -> str:
    """What an interval allows to say of a difference: ``"higher"``, ``"lower"``, ``"not shown"`` or ``"unknown"``."""
    if found["low"] is None or found["high"] is None:
        return "unknown"
    if found["low"] <= 0 <= found["high"]:
        return "not shown"
    return "higher" if found["low"] > 0 else "lower"


def _resample(groups: list[Any], statistic: Callable[..., Any], draws: int = DRAWS) -> Figure:
    """The statistic of groups of patients, (draw, patient, ...) -> (draw,), with its interval."""
    found = resample(groups, statistic, np.random.default_rng(0), draws)
    return {**found, "patients": sum(map(len, groups)) if min(map(len, groups)) else 0}
