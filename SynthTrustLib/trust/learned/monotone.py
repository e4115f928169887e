"""A monotone map from a signal to Dice: straight lines between knots, constant beyond the outermost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from SynthTrustLib.trust.learned.signals import confidence

Knots = Sequence[Sequence[float]]
"""(confidence, Dice) pairs, rising in both."""


def apply(knots: Knots, value: float) -> float:
    """The map's Dice at one confidence."""
    table = np.asarray(knots, np.float64)
    return float(np.interp(value, table[:, 0], table[:, 1]))


def predict(components: Sequence[Mapping[str, Any]], signals: Mapping[str, float]) -> float | None:
    """Mean of the maps of one or two signals; None if the patient lacks one of the signals.

    `components` hold ``signal`` and ``knots`` each, as in a calibration file.
    """
    values = []
    for component in components:
        name = component["signal"]
        if name not in signals:
            return None
        values.append(apply(component["knots"], confidence(name, signals[name])))
    return float(np.mean(values))
