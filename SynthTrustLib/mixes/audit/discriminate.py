"""Can a classifier tell synthetic cases from real ones? 0.5 is ideal, 1 means always."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.intervals import Figure, resample_two

FOLDS = 5
REPEATS = 4


def discriminate(
    real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> Figure:
    """Classifier two-sample test: cross-validated area under the curve of a logistic regression on the features.

    `real` and `synthetic` are standardized, (case, feature). Scores are those of cases that the classifier did not see,
    averaged over several foldings; the interval resamples the scored cases, so that no case stands on both sides of a
    fold.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import RepeatedStratifiedKFold

    if min(len(real), len(synthetic)) < 2:
        return {"value": None, "low": None, "high": None}
    features = np.concatenate([real, synthetic])
    truth = np.repeat([0, 1], [len(real), len(synthetic)])
    folds = min(FOLDS, len(real), len(synthetic))
    scores = np.zeros(len(truth))
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=REPEATS, random_state=int(random.integers(2**31)))
    for train, test in splitter.split(features, truth):
        model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=500).fit(features[train], truth[train])
        scores[test] += model.decision_function(features[test]) / REPEATS
    return resample_two(_area, scores[truth == 0], scores[truth == 1], random, draws)


def _area(negative: npt.NDArray[np.float64], positive: npt.NDArray[np.float64]) -> float:
    """Area under the ROC curve: the chance that a positive scores higher than a negative, ties half."""
    difference = positive[:, None] - negative[None]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())
