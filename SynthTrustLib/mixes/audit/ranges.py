"""Completeness and constraint: what is missing, and what lies where no real patient does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.intervals import Figure, resample_mean


def missing_share(values: npt.NDArray[np.float64]) -> float:
    """Share of the values that are missing, 0..1. Any shape."""
    return float(np.mean(~np.isfinite(values)))


def outside_share(
    real: npt.NDArray[np.float64], others: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> Figure:
    """Share of the values of `others` outside the 1st to 99th percentile of `real`; both (case, feature).

    The interval resamples the other cases. Few real patients span too narrow a range, so compare the figure of a
    synthetic set with that of held-out real patients.
    """
    low, high = np.nanpercentile(real, (1, 99), axis=0)
    known = np.isfinite(others)
    outside = known & ((others < low) | (others > high))
    counts = known.sum(axis=1)
    return resample_mean(outside.sum(axis=1)[counts > 0] / counts[counts > 0], random, draws)
