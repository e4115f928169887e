"""A cohort against its references, region by region: measured Dice, failure detection, and statements that held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.failure import aurc, excess_aurc, risk_curve
from SynthTrustLib.calibration.evaluate.intervals import FEWEST_CASES, Figure, binomial_interval, resample_persons
from SynthTrustLib.calibration.evaluate.regions import count_by_status
from SynthTrustLib.cohort.report.histograms import MEASURED, Histogram, histogram, known_figure
from SynthTrustLib.cohort.report.statements import Kind
from SynthTrustLib.cohort.report.worklist import Line
from SynthTrustLib.vocabulary import Status

CURVE_POINTS = 100
"""Of a drawn curve, at most."""

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Failure:
    """How well the predicted Dice sorts patients by the quality of their outlines."""

    patients: int
    persons: int
    """`patients` and `persons`: with a predicted and a measured Dice."""
    excess: Figure
    """AURC x 100 above that of the oracle, as `Histogram.mean`."""
    aurc: float | None = None
    oracle: float | None = None
    at_random: float | None = None
    """`aurc`, `oracle` and `at_random`: x 100; None where there are too few persons."""
    curve: Points | None = None
    oracle_curve: Points | None = None
    """`curve` and `oracle_curve`: points (share of patients kept, mean error of those). Sorted by the predicted Dice,
    and by the measured one."""


@dataclass(frozen=True)
class Coverage:
    """How often one kind of statement held."""

    kind: Kind
    promised: str
    """In how many percent it was promised to hold, such as ``"90"`` or ``"80 to 90"``; empty where that is not
    known."""
    held: int
    patients: int
    persons: int
    low: float | None
    high: float | None
    """`low` and `high`: 95 % interval of the share that held; None where there are fewer than `FEWEST_CASES`
    persons."""


@dataclass(frozen=True)
class Against:
    """One region of a cohort against its references."""

    dice: Histogram
    points: Mapping[Status, Points]
    """Status -> (predicted, measured) Dice of the patients marked so."""
    failure: Failure
    coverage: Sequence[Coverage]
    marked: Mapping[str, Mapping[str, Any]]
    """Status -> ``patients``, and how many of them have a ``good`` and a ``poor`` Dice."""


def with_reference(lines: Sequence[Line], persons: Mapping[str, str]) -> list[Line]:
    """Patients who were measured against a reference, but for those that a segmenter was trained on.

    Nobody counts of whom another examination was trained on; `persons`: as of `histogram`.
    """
    known = {persons.get(line.key, line.key) for line in lines if line.trained_on}
    return [line for line in measured(lines) if persons.get(line.key, line.key) not in known]


def measured(lines: Sequence[Line]) -> list[Line]:
    """Patients of whom any region was measured against a reference."""
    return [line for line in lines if any(region.measured_dice is not None for region in (line.regions or {}).values())]


def against(lines: Sequence[Line], region: str, persons: Mapping[str, str]) -> Against:
    """One region; `lines` as of `with_reference`, `persons` as of `histogram`."""
    known = [
        (line, line.regions[region], float(line.regions[region].measured_dice or 0.0))
        for line in lines
        if line.regions and region in line.regions and line.regions[region].measured_dice is not None
    ]
    points: dict[Status, Points] = {}
    for _, of_region, dice in known:
        if of_region.predicted_dice is not None:
            points.setdefault(of_region.status, []).append((of_region.predicted_dice, dice))
    predicted = [(line.key, r.predicted_dice, dice) for line, r, dice in known if r.predicted_dice is not None]
    return Against(
        dice=histogram(lines, region, MEASURED, persons),
        points=points,
        failure=_failure(
            np.array([value for _, value, _ in predicted]),
            np.array([1 - dice for _, _, dice in predicted]),
            [persons.get(key, key) for key, _, _ in predicted],
        ),
        coverage=[_coverage(lines, region, kind, persons) for kind in Kind],
        marked=count_by_status([r.status for _, r, _ in known], [dice for _, _, dice in known]),
    )


def _failure(predicted: npt.NDArray[np.float64], risks: npt.NDArray[np.float64], who: Sequence[str]) -> Failure:
    people = len(set(who))

    def excess_of(drawn: npt.NDArray[np.intp]) -> float:
        return max(0.0, 100 * excess_aurc(predicted[drawn], risks[drawn]))  # below 0 is a rounding error

    excess = known_figure(resample_persons(excess_of, who))
    if excess["value"] is None:
        return Failure(len(risks), people, excess)
    return Failure(
        len(risks),
        people,
        excess,
        100 * aurc(predicted, risks),
        100 * aurc(-risks, risks),
        100 * float(risks.mean()),
        _points(risk_curve(predicted, risks)),
        _points(risk_curve(-risks, risks)),
    )


def _points(curve: npt.NDArray[np.float64]) -> Points:
    """(share kept, mean error), thinned out."""
    kept = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), CURVE_POINTS)).round().astype(int))
    return [((int(n) + 1) / len(curve), float(curve[n])) for n in kept]


def _coverage(lines: Sequence[Line], region: str, kind: Kind, persons: Mapping[str, str]) -> Coverage:
    made = [(line.key, one) for line in lines for one in line.statements.get(region, ()) if one.kind is kind]
    held = sum(one.held for _, one in made)
    people = len({persons.get(key, key) for key, _ in made})
    percents = sorted({one.percent for _, one in made if one.percent is not None})
    promised = " to ".join(map(str, dict.fromkeys((percents[0], percents[-1])))) if percents else ""
    low = high = None
    if people >= FEWEST_CASES:
        # Examinations of one person stand or fall together: a share of so many persons, not of so many examinations.
        low, high = binomial_interval(round(held / len(made) * people), people)
    return Coverage(kind, promised, held, len(made), people, low, high)
