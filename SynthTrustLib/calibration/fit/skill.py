"""Whether a predicted Dice is worth saying: by how much it errs less than the same number for everybody would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.significant import FEW_DIGITS, significant

Array = npt.NDArray[np.float64]

LEVEL = 0.9
"""One-sided: of the skill of predictions that are worth nothing, one in ten has a lower end above 0."""

DRAWS = 2000

_ROUNDING = 1e-4
"""Relative: a map that is flat is the mean, but for the digits that its knots are kept with."""


def fit_skill(predicted: Array, dice: Array, persons: Sequence[str]) -> dict[str, Any]:
    """The skill, 1 - error / error of the mean, with its lower end over resampled persons.

    The mean is that of the others as well. Without a spread of Dice the skill is 0: nothing can be learned.

    `predicted`: shape (patient,); each from a map that was fitted without the person. `dice`: shape (patient,).
    """
    who = np.array(persons)
    mean = np.array([dice[who != person].mean() if (who != person).any() else np.nan for person in who])
    errors = np.stack([np.abs(predicted - dice), np.abs(mean - dice)])
    names = np.unique(who)
    by_person = np.stack([errors[:, who == name].sum(axis=1) for name in names])
    draws = np.random.default_rng(0).integers(len(names), size=(DRAWS, len(names)))
    low = np.quantile(_skill(by_person[draws].sum(axis=1)), 1 - LEVEL)
    return {
        "patients": len(dice),
        "error": significant(errors[0].mean(), FEW_DIGITS),
        "error_of_the_mean": significant(errors[1].mean(), FEW_DIGITS),
        "skill": significant(float(_skill(errors.sum(axis=1)[None])[0]), FEW_DIGITS),
        "low": significant(float(low), FEW_DIGITS),
    }


def _skill(sums: Array) -> Array:
    """Of summed errors, shape (draw, 2): ours and that of the mean."""
    ours, constant = sums[:, 0], sums[:, 1]
    tells = np.abs(constant - ours) > _ROUNDING * constant
    return np.where(tells, 1 - ours / np.where(constant > 0, constant, 1), 0.0)
