"""From signals to Dice: monotone maps, fitted on labelled patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.significant import significant
from SynthTrustLib.trust.learned.signals import Signals, confidence

Array = npt.NDArray[np.float64]


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
        """The components of `trust.learned.monotone.predict`."""
        return [component(name, self.kind, examples) for name in self.signals]

    def __str__(self) -> str:
        return f"{self.kind}: {' and '.join(self.signals)}"


def component(signal: str, kind: str, examples: Sequence[Example]) -> dict[str, Any]:
    """The map of one signal, as a calibration file stores it."""
    return {"signal": signal, "knots": knots(kind, *points(signal, examples))}


def points(signal: str, examples: Sequence[Example]) -> tuple[Array, Array]:
    """The confidence that each example's signal gives, and the example's Dice; arrays of shape (example,)."""
    x = np.array([confidence(signal, example.signals[signal]) for example in examples])
    return x, np.array([example.dice for example in examples])


def knots(kind: str, x: Array, y: Array) -> list[list[float]]:
    """The knots of a map of this kind from `x` to `y`, both of shape (example,)."""
    return isotonic_knots(x, y) if kind == "isotonic" else line_knots(x, y)


def isotonic_knots(x: Array, y: Array) -> list[list[float]]:
    """Isotonic regression, joined by straight lines between the middles of its steps (centred isotonic regression)."""
    from scipy.optimize import isotonic_regression

    places, which, counts = np.unique(x, return_inverse=True, return_counts=True)
    fitted = isotonic_regression(np.bincount(which, y) / counts, weights=counts)
    starts, stops = fitted.blocks[:-1], fitted.blocks[1:]
    heights = np.clip(fitted.x[starts], 0, 1)
    # Choosing a map fits thousands: most steps are of one place, and only the others are added up one by one.
    weighted = places * counts
    sums = weighted[starts]
    for n in np.flatnonzero(stops - starts > 1):
        sums[n] = weighted[starts[n] : stops[n]].sum()
    middles = sums / fitted.weights
    return [[significant(x), significant(y)] for x, y in zip(middles.tolist(), heights.tolist(), strict=True)]


def line_knots(x: Array, y: Array) -> list[list[float]]:
    """The least-squares line, level where it would fall, cut off at 0 and 1: its two ends."""
    slope = 0.0
    if np.ptp(x) > 0:
        slope = max(0.0, float(np.polyfit(x, y, 1)[0]))
    middle, height = float(x.mean()), float(np.clip(y.mean(), 0, 1))
    if slope < 1e-9:
        return [[significant(middle), significant(height)]]
    return [[significant(middle - height / slope), 0.0], [significant(middle + (1 - height) / slope), 1.0]]


def examples_of(measured: Sequence[Any], region: str) -> list[Example]:
    """Those of `calibration.measured.Measured` whose label tells the region, and where something was outlined.

    Nothing is predicted for a patient where nothing is found.
    """
    rows: list[tuple[Any, Mapping[str, Any]]] = [
        (m, m.regions[region]) for m in measured if region in m.regions and m.regions[region]["voxels"]
    ]
    return [Example(m.case, m.patient, dict(figures["signals"]), float(figures["dice"])) for m, figures in rows]
