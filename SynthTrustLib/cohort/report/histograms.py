"""How a quantity is spread over the patients of a cohort, and its mean with an interval by patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from SynthTrustLib.calibration.evaluate.intervals import Figure, resample_persons
from SynthTrustLib.cohort.report.worklist import Line, RegionLine

BINS = 10

_LIMITS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Where an axis may end."""


@dataclass(frozen=True)
class Quantity:
    """What is drawn."""

    field: str  # of `RegionLine`
    title: str
    signed: bool = False  # -1..1 around 0; otherwise 0..1
    fitted: bool = False  # whether the axis ends where the values do, as they are often small


PREDICTED = Quantity("predicted_dice", "predicted Dice")
AGREEMENT = Quantity("agreement", "agreement of the jury, mean pairwise Dice")
BETWEEN = Quantity("between", "uncertainty between segmenters, around the outlines", fitted=True)
WITHIN = Quantity("within", "uncertainty within segmenters, around the outlines", fitted=True)
INFLUENCE = Quantity("mix_influence", "mix influence", signed=True, fitted=True)
MEASURED = Quantity("measured_dice", "measured Dice")

DRAWN = (PREDICTED, AGREEMENT, BETWEEN, WITHIN, INFLUENCE)


@dataclass(frozen=True)
class Histogram:
    """How many patients lie in each bin."""

    title: str
    counts: tuple[int, ...]
    known: int
    """Patients who have a value at all."""
    persons: int
    """Who they are, each once."""
    low: float
    high: float
    """`low` and `high`: ends of the axis."""
    mean: Figure
    """``value``, ``low`` and ``high`` (95 %, by person), all None where there are fewer than `FEWEST_CASES` persons."""


def histogram(lines: Sequence[Line], region: str, quantity: Quantity, persons: Mapping[str, str]) -> Histogram:
    """Of one quantity of a region.

    `persons`: key -> the same for all examinations of one person; who is not in it is a person of their own.
    """
    found = [(line.key, _value(line.regions, region, quantity)) for line in lines]
    keys = [key for key, value in found if value is not None]
    values = np.array([value for _, value in found if value is not None])
    largest = float(np.abs(values).max(initial=0.0))
    high = next((limit for limit in _LIMITS if largest <= limit), 1.0) if quantity.fitted else 1.0
    low = -high if quantity.signed else 0.0
    bins = Counter(min(BINS - 1, max(0, int((value - low) / (high - low) * BINS))) for value in values.tolist())
    who = [persons.get(key, key) for key in keys]
    return Histogram(
        quantity.title,
        tuple(bins[n] for n in range(BINS)),
        len(values),
        len(set(who)),
        low,
        high,
        known_figure(resample_persons(lambda drawn: float(values[drawn].mean()), who)),
    )


def known_figure(figure: Figure) -> Figure:
    """The figure, or nothing of it where too few persons are behind it for an interval."""
    return figure if figure["low"] is not None else {"value": None, "low": None, "high": None}


def _value(regions: Mapping[str, RegionLine] | None, region: str, quantity: Quantity) -> float | None:
    of_region = (regions or {}).get(region)
    value: float | None = None if of_region is None else getattr(of_region, quantity.field)
    return value
