"""Thresholds of the status rules, chosen on calibration patients for a stated target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.significant import FEW_DIGITS, significant
from SynthTrustLib.trust.learned.conformal import level_for

GOOD, POOR, BAD = 0.8, 0.7, 0.6
"""Dice from which an outline counts as good, below which as poor, and below which nobody may be told to agree."""

AGREE_SHARE, POOR_SHARE = 0.8, 0.75
"""Of the patients marked agree at least this share is good; of those marked do not rely, this share poor."""

FEWEST_TO_AGREE = 19
"""Patients from whom a threshold of agree is learned; as many as an interval of 90 % is promised from."""

FEWEST_MARKED = 2
"""A threshold that marks a single calibration patient rests on luck."""

SURE_AGREES, SURE_SHARE = 11, 0.75
"""Asked for where a region is small and its Dice often low: so many statements of agree, of which so large a share is
good with 90 % confidence (one-sided, Clopper and Pearson)."""

IN_DISTRIBUTION: Mapping[str, Any] = {
    "name": "in distribution",
    "signal": "in_distribution",
    "words": "the in-distribution check",
    "agree_from": 1.0,
    "rely_from": None,
    "if_agree": "the scans are like those of the known patients",
    "if_not": "the scans are unlike those of the known patients",
}
"""The rule that no outline is agreed on whose scans are unusual."""

_WORDS = "the predicted Dice"

Array = npt.NDArray[np.float64]


def fit_rules(
    predicted: Array, dice: Array, persons: Sequence[str], *, skilled: bool = True, inner: bool = False
) -> dict[str, Any]:
    """The rules of one region and their targets.

    `predicted`, `dice`: shape (scan,); the predicted Dice is from a map that was fitted without the person.
    `persons`: whose each scan is; several of one person count as one together. `skilled`: whether the predicted Dice is
    better than the same number for everybody; else it decides nothing. `inner`: of a region inside another one, which
    is agreed on only after `SURE_AGREES` that went well.
    """
    counts = Counter(persons)
    weights = np.array([1 / counts[person] for person in persons])
    if level_for(len(counts)) is None:
        return {"patients": len(counts), "rules": [], "target": None}
    agree, marked_agree, rely, marked_poor = None, 0, None, 0
    if skilled:
        if len(counts) >= FEWEST_TO_AGREE:
            agree, marked_agree = lowest_agree(predicted, dice, AGREE_SHARE, weights, sure=inner)
        rely, marked_poor = highest_rely(predicted, dice, weights)
    if agree is not None and rely is not None:
        rely = min(rely, agree)
    rules = [
        {"name": "predicted Dice", "signal": "predicted_dice", "words": _WORDS, "agree_from": agree, "rely_from": rely},
        {
            "name": "found by all",
            "signal": "share_of_finders",
            "words": "the share of segmenters that find it",
            "agree_from": 1.0,
            "rely_from": 0.5,
            "if_agree": "all segmenters find it",
        },
        dict(IN_DISTRIBUTION),
    ]
    return {
        "patients": len(counts),
        "rules": rules,
        "target": {
            "good": GOOD,
            "agree_share": AGREE_SHARE,
            "poor": POOR,
            "poor_share": POOR_SHARE,
            "marked_agree": marked_agree,
            "marked_poor": marked_poor,
        },
    }


def lowest_agree(
    predicted: Array, dice: Array, share: float, weights: Array, *, sure: bool = False
) -> tuple[float | None, int]:
    """The lowest threshold from which at least `share` of the patients marked are good, and how many it marks.

    None of them is worse than `BAD`. With `sure`, they are also as many, and as surely good, as `SURE_AGREES` asks for.
    `weights`, shape (scan,): what each scan counts of its person, 1 where it is the only one.
    """
    for threshold in np.unique(predicted):
        marked = predicted >= threshold
        n, good = float(weights[marked].sum()) + 1e-9, float(weights[marked & (dice >= GOOD)].sum()) + 1e-9
        enough = n >= SURE_AGREES and _surely(int(good), int(n)) >= SURE_SHARE if sure else n >= FEWEST_MARKED
        if enough and good >= (share - 1e-9) * n and dice[marked].min() >= BAD:
            return significant(_between(predicted, threshold), FEW_DIGITS), round(n)
    return None, 0


def _surely(good: int, n: int) -> float:
    """The share of which `good` of `n` are the least that chance gives in nine of ten cases."""
    from scipy.stats import binomtest

    return float(binomtest(good, n, alternative="greater").proportion_ci(0.9, method="exact").low)


def highest_rely(predicted: Array, dice: Array, weights: Array) -> tuple[float | None, int]:
    """The highest threshold below which at least `POOR_SHARE` of the patients marked are poor, and how many it marks.

    It is at most `POOR`: an outline is not called poor whose predicted Dice is not. `weights`: as of `lowest_agree`.
    """
    for threshold in np.unique(predicted[predicted < POOR])[::-1]:
        marked = predicted <= threshold
        n = float(weights[marked].sum()) + 1e-9
        if n >= FEWEST_MARKED and weights[marked & (dice < POOR)].sum() >= (POOR_SHARE - 1e-9) * n - 1e-9:
            above = predicted[predicted > threshold]
            between = min(POOR, (threshold + above.min()) / 2 if above.size else threshold + 0.005)
            return significant(between, FEW_DIGITS), round(n)
    return None, 0


def _between(predicted: Array, threshold: float) -> float:
    """Half way to the next patient below, so that the threshold is not one patient's own value."""
    below = predicted[predicted < threshold]
    return float((threshold + below.max()) / 2) if below.size else float(threshold)
