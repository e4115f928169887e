"""From signals to Dice: monotone maps, their predictions on patients left out, and the choice among candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.trust.monotone import predict
from SynthTrustLib.trust.signals import Signals, confidence

Array = npt.NDArray[np.float64]

BASE = "pairwise_dice"
"""The signal that is taken unless another one is measurably better; with one segmenter, the first that it has."""

OFFERED = (BASE, "expected_dice", "pooled_dice", "between_union", "entropy_foreground", "volume_cv", "size")
"""Few, as every further candidate is one more chance to be fooled by the same few patients."""

KINDS = ("isotonic", "line")
_DIGITS = 6


@dataclass(frozen=True)
class Example:
    """One labelled patient's signals and the Dice of the pooled outline; `group` is the person."""

    case: str
    group: str
    signals: Signals
    dice: float


@dataclass(frozen=True)
class Candidate:
    """Which signals are mapped, by which kind of map; two signals are mapped one by one and averaged."""

    signals: tuple[str, ...]
    kind: str

    def fit(self, examples: Sequence[Example]) -> list[dict[str, Any]]:
        """The components of `trust.monotone.predict`."""
        y = np.array([example.dice for example in examples])
        components = []
        for name in self.signals:
            x = np.array([confidence(name, example.signals[name]) for example in examples])
            knots = isotonic_knots(x, y) if self.kind == "isotonic" else line_knots(x, y)
            components.append({"signal": name, "knots": knots})
        return components

    def __str__(self) -> str:
        return f"{self.kind}: {' and '.join(self.signals)}"


def isotonic_knots(x: Array, y: Array) -> list[list[float]]:
    """Isotonic regression, joined by straight lines between the middles of its steps (centred isotonic regression)."""
    from scipy.optimize import isotonic_regression

    places, which, counts = np.unique(x, return_inverse=True, return_counts=True)
    fitted = isotonic_regression(np.bincount(which, y) / counts, weights=counts)
    knots = []
    for start, stop in pairwise(fitted.blocks):
        middle = np.average(places[start:stop], weights=counts[start:stop])
        knots.append([_rounded(middle), _rounded(np.clip(fitted.x[start], 0, 1))])
    return knots


def line_knots(x: Array, y: Array) -> list[list[float]]:
    """The least-squares line, level where it would fall, cut off at 0 and 1: its two ends."""
    slope = 0.0
    if np.ptp(x) > 0:
        slope = max(0.0, float(np.polyfit(x, y, 1)[0]))
    middle, height = float(x.mean()), float(np.clip(y.mean(), 0, 1))
    if slope < 1e-9:
        return [[_rounded(middle), _rounded(height)]]
    return [[_rounded(middle - height / slope), 0.0], [_rounded(middle + (1 - height) / slope), 1.0]]


def left_out(candidate: Candidate, examples: Sequence[Example]) -> Array:
    """Each example's predicted Dice by the map of all other persons; shape (example,)."""
    values = []
    for example in examples:
        others = [other for other in examples if other.group != example.group]
        value = predict(candidate.fit(others), example.signals) if others else None
        values.append(np.nan if value is None else value)
    return np.array(values)


def candidates(examples: Sequence[Example]) -> list[Candidate]:
    """The base first, then every other map of one signal, then the base with a second signal."""
    there = [name for name in OFFERED if all(name in example.signals for example in examples)]
    first, others = there[0], there[1:]
    sets = [(first,), *((name,) for name in others if name != "size"), *((first, name) for name in others)]
    return [Candidate(signals, kind) for signals in sets for kind in KINDS]


def nested(examples: Sequence[Example]) -> Array:
    """Each example's predicted Dice by a map that was chosen and fitted without the person; shape (example,).

    What a map that was chosen on all of them predicts would look better than it is.
    """
    values = []
    for example in examples:
        others = [other for other in examples if other.group != example.group]
        choice, _ = choose(others)
        value = predict(choice.fit(others), example.signals)
        values.append(np.nan if value is None else value)
    return np.array(values)


def choose(examples: Sequence[Example]) -> tuple[Candidate, list[dict[str, Any]]]:
    """The base, unless another candidate's error on patients left out is lower by more than its standard error.

    Returns the choice and, for the record, every candidate's mean absolute error with the paired gain over the base.
    """
    options = candidates(examples)
    truth = np.array([example.dice for example in examples])
    errors = [np.abs(left_out(option, examples) - truth) for option in options]
    base = errors[0]
    table: list[dict[str, Any]] = []
    best, best_error = options[0], float(base.mean())
    for option, error in zip(options, errors, strict=True):
        gain = base - error
        spread = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else float("inf")
        mean = float(error.mean())
        table.append(
            {
                "candidate": str(option),
                "left_out_error": _rounded(mean),
                "gain": _rounded(gain.mean()),
                "gain_standard_error": _rounded(spread) if np.isfinite(spread) else None,
            }
        )
        if gain.mean() > spread and mean < best_error:
            best, best_error = option, mean
    return best, table


def examples_of(measured: Sequence[Any], region: str) -> list[Example]:
    """Those of `calibration.measured.Measured` whose label tells the region."""
    rows: list[tuple[Any, Mapping[str, Any]]] = [(m, m.regions[region]) for m in measured if region in m.regions]
    return [Example(m.case, m.patient, dict(figures["signals"]), float(figures["dice"])) for m, figures in rows]


def _rounded(value: float) -> float:
    return float(f"{float(value):.{_DIGITS}g}")
