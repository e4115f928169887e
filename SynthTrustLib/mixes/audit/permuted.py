"""Could two sets differ by chance alone? Tests that exchange the cases of the two, for many features at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Array = npt.NDArray[np.float64]


def group_chances(
    real: Array, synthetic: Array, groups: Mapping[str, Sequence[int]], random: np.random.Generator, draws: int = 1999
) -> tuple[dict[str, float], Array]:
    """How often an exchange of cases parts a group of features, or one feature, as much as they are parted.

    `real` and `synthetic`: shape (case, feature); a missing value (NaN) counts as the median of its feature: it says
    nothing either way. `groups`: name -> columns. Within a group the largest difference counts (Westfall and Young
    1993), of its features and of their mean rank, so that one p-value holds for all of them together.

    Returns p-values of the groups and of the single features. Differences are of ranks, and of their distances to the
    middle: a shift and a spread are both seen, at any scale of a feature.
    """
    pooled = np.concatenate([real, synthetic])
    count = len(pooled)
    ranks = np.full(pooled.shape, (count + 1) / 2)
    for column in range(pooled.shape[1]):
        there = np.isfinite(pooled[:, column])
        if there.sum() > 1:
            ranks[there, column] = rankdata(pooled[there, column]) * (count + 1) / (there.sum() + 1)
    # Also the mean rank of each group: what moves all its features a little, such as a blur, is lost in each alone.
    means = [ranks[:, list(columns)].mean(axis=1) for columns in groups.values() if columns]
    ranks = np.column_stack([ranks, *means])
    scores = np.concatenate([ranks, np.abs(ranks - (count + 1) / 2)], axis=1)
    scores -= scores.mean(axis=0)
    deviation = scores.std(axis=0)
    scores /= np.where(deviation > 0, deviation, 1.0)
    first = np.zeros((draws + 1, count))
    first[0, : len(real)] = 1
    for row in first[1:]:
        row[random.permutation(count)[: len(real)]] = 1
    parted = np.abs(first @ scores)
    parted = np.maximum(*np.split(parted, 2, axis=1))
    slack = 1e-9
    features = pooled.shape[1]
    single = (parted[:, :features] >= parted[0, :features] - slack).mean(axis=0)
    together = {}
    for place, (name, columns) in enumerate((name, list(columns)) for name, columns in groups.items() if columns):
        best = parted[:, [*columns, features + place]].max(axis=1)
        together[name] = float((best >= best[0] - slack).mean())
    return together, single


def chance(
    statistic: Callable[[Array, Array], float],
    real: Array,
    synthetic: Array,
    random: np.random.Generator,
    draws: int,
    *,
    high: bool = True,
) -> tuple[float, float, float]:
    """p-value of a statistic that is `high` (or low) where sets differ, and the middle 95 % of it by chance alone."""
    pooled = np.concatenate([real, synthetic])
    observed = statistic(real, synthetic)
    values = np.empty(draws)
    for n in range(draws):
        order = random.permutation(len(pooled))
        values[n] = statistic(pooled[order[: len(real)]], pooled[order[len(real) :]])
    extreme = values >= observed if high else values <= observed
    low, up = np.quantile(values, (0.025, 0.975))
    return float((1 + extreme.sum()) / (1 + draws)), float(low), float(up)
