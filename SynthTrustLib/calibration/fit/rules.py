"""Thresholds of the status rules, chosen on calibration patients for a stated target."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.significant import FEW_DIGITS, significant
from SynthTrustLib.trust.learned.conformal import level_for

GOOD, POOR = 0.8, 0.7
"""Dice from which an outline counts as good, and below which as poor."""

AGREE_SHARE, POOR_SHARE = 0.9, 0.75
"""Of the patients marked agree at least this share is good; of those marked do not rely, this share poor. What so few
patients cannot state by an interval of that level, they cannot learn a threshold of agree for either."""

FEWEST_MARKED = 2
"""A threshold that marks a single calibration patient rests on luck."""

SURE_AGREES = 11
"""If this many and no fewer are good, at least three quarters of such statements are with 95 % confidence (0.05 ** (1 /
11) is 0.76); asked for where a region is small and its Dice often low."""

_WORDS = "the predicted Dice"

Array = npt.NDArray[np.float64]


def fit_rules(predicted: Array, dice: Array, *, skilled: bool = True, inner: bool = False) -> dict[str, Any]:
    """The rules of one region and their targets.

    Parameters
    ----------
    predicted : ndarray, shape (patient,)
        Predicted Dice, each from a map that was fitted without the patient.
    dice : ndarray, shape (patient,)
    skilled : bool
        Whether the predicted Dice is better than the same number for everybody; else it decides nothing.
    inner : bool
        Of a region inside another one, which is agreed on only after `SURE_AGREES` that went well.
    """
    level = level_for(len(dice))
    if level is None:
        return {"patients": len(dice), "rules": [], "target": None}
    agree, marked_agree, rely, marked_poor = None, 0, None, 0
    if skilled:
        fewest = SURE_AGREES if inner else FEWEST_MARKED
        if level >= AGREE_SHARE:
            agree, marked_agree = lowest_agree(predicted, dice, AGREE_SHARE, fewest)
        rely, marked_poor = highest_rely(predicted, dice)
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
        {
            "name": "in distribution",
            "signal": "in_distribution",
            "words": "the in-distribution check",
            "agree_from": 1.0,
            "rely_from": None,
            "if_agree": "the scans are like those of the calibration patients",
            "if_not": "the scans are unlike those of the calibration patients",
        },
    ]
    return {
        "patients": len(dice),
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


def lowest_agree(predicted: Array, dice: Array, share: float, fewest: int = FEWEST_MARKED) -> tuple[float | None, int]:
    """The lowest threshold from which at least `share` of the patients marked are good, and how many it marks.

    It marks at least `fewest`.
    """
    for threshold in np.unique(predicted):
        marked = predicted >= threshold
        if marked.sum() >= fewest and np.mean(dice[marked] >= GOOD) >= share - 1e-9:
            return significant(_between(predicted, threshold), FEW_DIGITS), int(marked.sum())
    return None, 0


def highest_rely(predicted: Array, dice: Array) -> tuple[float | None, int]:
    """The highest threshold below which at least `POOR_SHARE` of the patients marked are poor, and how many it marks.

    It is at most `POOR`: an outline is not called poor whose predicted Dice is not.
    """
    for threshold in np.unique(predicted[predicted < POOR])[::-1]:
        marked = predicted <= threshold
        if marked.sum() >= FEWEST_MARKED and np.mean(dice[marked] < POOR) >= POOR_SHARE - 1e-9:
            above = predicted[predicted > threshold]
            between = min(POOR, (threshold + above.min()) / 2 if above.size else threshold + 0.005)
            return significant(between, FEW_DIGITS), int(marked.sum())
    return None, 0


def _between(predicted: Array, threshold: float) -> float:
    """Half way to the next patient below, so that the threshold is not one patient's own value."""
    below = predicted[predicted < threshold]
    return float((threshold + below.max()) / 2) if below.size else float(threshold)
