"""The least-squares line of anything against the synthetic fraction of the training mixes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.segmenters.card import SegmenterCard

FEWEST_FRACTIONS = 3
"""A line through two points fits always and says nothing about how well."""

FRACTION_DIGITS = 6
"""Synthetic fractions that agree to this many digits are one mix (counts such as 1/3 differ by rounding only)."""

_NUMBERS = ("none", "one", "two")


def synthetic_fractions(segmenters: Sequence[SegmenterCard]) -> npt.NDArray[np.float64]:
    """Synthetic fraction of every segmenter's training mix, 0..1, shape (segmenter,); NaN where the mix is unknown."""
    return np.round([card.training_mix.synthetic_fraction for card in segmenters], FRACTION_DIGITS)


def slope_weights(segmenters: Sequence[SegmenterCard]) -> npt.NDArray[np.float64] | None:
    """Weights w, shape (segmenter,), so that sum(w * y) is the least-squares slope of y per unit of synthetic fraction.

    They sum to 0; a member of unknown mix has the weight 0. None with fewer than three distinct fractions: see
    `why_no_slope`.
    """
    fractions = synthetic_fractions(segmenters)
    if _distinct(fractions).size < FEWEST_FRACTIONS:
        return None
    centred = np.nan_to_num(fractions - np.nanmean(fractions))
    return np.asarray(centred / np.sum(centred**2))


def why_no_slope(segmenters: Sequence[SegmenterCard]) -> str:
    """One sentence on why `slope_weights` is None; empty if it is not."""
    distinct = _distinct(synthetic_fractions(segmenters))
    if distinct.size >= FEWEST_FRACTIONS:
        return ""
    shares = " and ".join(f"{fraction:.0%}".replace("%", " %") for fraction in distinct)
    return (
        f"It needs segmenters with three different shares of synthetic training patients, "
        f"and {_NUMBERS[distinct.size]} ran" + (f" ({shares})." if shares else ".")
    )


def _distinct(fractions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.unique(fractions[~np.isnan(fractions)])
