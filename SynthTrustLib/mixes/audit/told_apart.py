"""Can a classifier tell synthetic cases from real ones, and could it do so by chance? For many exchanges at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from SynthTrustLib.calibration.evaluate.intervals import Figure, resample_two

FOLDS = 5
RIDGE = 1.0
"""Weight of the penalty, in units of the mean variance of a feature times the number of cases."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ToldApart:
    """Cross-validated area under the curve (0.5 never, 1 always), what chance gives, and the chance of as much."""

    figure: Figure
    p: float
    by_chance: tuple[float, float]


def told_apart(
    real: Array, synthetic: Array, random: np.random.Generator, draws: int, *, exchanges: int = 1999
) -> ToldApart:
    """Classifier two-sample test (Lopez-Paz and Oquab, ICLR 2017) with a ridge classifier; both standardized.

    A ridge classifier's scores of the cases it has not seen are a fixed matrix times the labels it has learned from. So
    the same matrix tells the area for the true labels and for any exchange of cases. Several foldings are averaged.
    """
    features = np.concatenate([real, synthetic])
    count = len(features)
    truth = np.zeros((exchanges + 1, count))
    truth[0, len(real) :] = 1
    for row in truth[1:]:
        row[random.permutation(count)[: len(synthetic)]] = 1
    folds = min(FOLDS, len(real), len(synthetic))
    scores = np.mean([truth @ _unseen(features, random, folds) for _ in range(4)], axis=0)
    areas = _areas(scores, truth, len(real), len(synthetic))
    own = scores[0]
    figure = resample_two(
        lambda a, b: float((a[:, None] < b).mean() + 0.5 * (a[:, None] == b).mean()),
        own[: len(real)],
        own[len(real) :],
        random,
        draws,
    )
    low, high = np.quantile(areas, (0.025, 0.975))
    return ToldApart(figure, float((areas >= areas[0] - 1e-9).mean()), (float(low), float(high)))


def _unseen(features: Array, random: np.random.Generator, folds: int) -> Array:
    """The matrix that takes labels (case,) to scores of the same cases, each by those outside of its fold."""
    count = len(features)
    fold = random.permutation(count) % folds
    matrix = np.zeros((count, count))
    for n in range(folds):
        inside, outside = np.flatnonzero(fold == n), np.flatnonzero(fold != n)
        learned = features[outside] - features[outside].mean(axis=0)
        asked = features[inside] - features[outside].mean(axis=0)
        kernel = learned @ learned.T
        kernel += np.eye(len(outside)) * max(RIDGE * float(np.trace(kernel)) / len(outside), 1e-9)
        centering = np.eye(len(outside)) - 1 / len(outside)
        matrix[np.ix_(outside, inside)] = (asked @ learned.T @ np.linalg.solve(kernel, centering)).T
    return matrix


def _areas(scores: Array, truth: Array, negatives: int, positives: int) -> Array:
    ranks = rankdata(scores, axis=1)
    return np.asarray(((ranks * truth).sum(axis=1) - positives * (positives + 1) / 2) / (negatives * positives))
