"""95 % intervals for figures of small sets: by resampling cases, or by subsets where copies of a case would mislead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.significant import number

Figure = dict[str, Any]
"""{"value", "low", "high"}: numbers, or None where they cannot be had."""


def figure(value: float, draws: npt.ArrayLike) -> Figure:
    """A figure with the 2.5th to 97.5th percentile of its resampled values; unknown values become None."""
    values = np.asarray(draws, float)
    values = values[np.isfinite(values)]
    if values.size < 2:
        return {"value": number(value), "low": None, "high": None}
    low, high = np.percentile(values, (2.5, 97.5))
    return {"value": number(value), "low": number(low), "high": number(high)}


def resample_two(
    statistic: Callable[[npt.NDArray[Any], npt.NDArray[Any]], float],
    first: npt.NDArray[Any],
    second: npt.NDArray[Any],
    random: np.random.Generator,
    draws: int,
) -> Figure:
    """Bootstrap of a statistic of two independent sets of cases (case, ...)."""
    values = [
        statistic(
            first[random.integers(len(first), size=len(first))], second[random.integers(len(second), size=len(second))]
        )
        for _ in range(draws)
    ]
    return figure(statistic(first, second), values)


def resample_mean(values: npt.ArrayLike, random: np.random.Generator, draws: int) -> Figure:
    """Bootstrap of a mean of one number a case."""
    array = np.asarray(values, float)
    if array.size == 0:
        return figure(float("nan"), [])
    means = array[random.integers(array.size, size=(draws, array.size))].mean(axis=1)
    return figure(float(array.mean()), means)


def subsample_two(
    statistic: Callable[[npt.NDArray[Any], npt.NDArray[Any]], float],
    first: npt.NDArray[Any],
    second: npt.NDArray[Any],
    random: np.random.Generator,
    draws: int,
) -> Figure:
    """Interval from random halves without repetition, rescaled by the square root of the size (Politis, Romano 1994).

    For statistics of distances between cases, which a case drawn twice (distance 0) would falsify.
    """
    value = statistic(first, second)
    halves = [max(2, len(members) // 2) for members in (first, second)]
    if min(len(first), len(second)) < 4:
        return figure(value, [])
    scale = np.sqrt(min(halves) / min(len(first), len(second)))
    parts = np.array(
        [
            statistic(
                first[random.permutation(len(first))[: halves[0]]], second[random.permutation(len(second))[: halves[1]]]
            )
            for _ in range(draws)
        ]
    )
    return figure(value, value - scale * (parts - np.nanmean(parts)))
