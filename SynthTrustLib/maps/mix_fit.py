"""Least squares of anything against the properties of the training mixes, and what chance alone would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from SynthTrustLib.maps.mix_groups import FRACTION_DIGITS, comparable, kind_of_synthetic, mixes_with_seeds
from SynthTrustLib.segmenters.package.card import SegmenterCard, TrainingMix

FEWEST_FRACTIONS = 3
"""A line through two points fits always and says nothing about how well."""

CONFIDENCE = 0.95
"""An effect is told from chance where it is larger than seeds alone would make it this often."""

WEIGHT_DIGITS = 12
"""Decimals of the weights: one of 1e-17 is a weight of 0, and would make a slope out of volumes that have none."""

PROPORTION, QUALITY, DIVERSITY, GENERATOR = "synthetic_fraction", "quality", "diversity", "generator"

_NUMBERS = ("no", "one", "two")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MixFit:
    """The fit of one value per segmenter: y = intercept + sum of effects.

    Attributes
    ----------
    weights : mapping
        Factor -> array w, shape (segmenter,), so that sum(w * y) is its effect: per unit of synthetic fraction, or of
        another level of quality, diversity or generator than most synthetic segmenters have. They sum to 0, and are 0
        for segmenters that are not used. Factors that always change together have a common effect, which is fitted but
        belongs to none of them: they have no weights.
    used : list of int
        The segmenters that are fitted: `comparable` ones.
    intercept : ndarray, shape (segmenter,)
        Weights of the value at no synthetic data.
    residual : ndarray, shape (segmenter, segmenter)
        Takes y to what the fit leaves over.
    freedom : int
        Degrees of freedom of what is left over, at least one: three fractions leave a line one, and each further effect
        comes with a segmenter of its own.
    groups : list of list of int
        The seeds of each mix that has several.
    """

    weights: dict[str, Array]
    used: list[int]
    intercept: Array
    residual: Array
    freedom: int
    groups: list[list[int]]

    def effect(self, values: npt.ArrayLike, factor: str = PROPORTION) -> float:
        """The factor's effect on `values`, shape (segmenter,)."""
        return float(self.weights[factor] @ _differences(values)[1])

    def at_no_synthetic_data(self, values: npt.ArrayLike) -> float:
        """The fitted value at a synthetic fraction of 0."""
        first, differences = _differences(values)
        return first + float(self.intercept @ differences)

    def standard_error(self, values: npt.ArrayLike, factor: str = PROPORTION) -> float | None:
        """Of the effect, from what the fit leaves over; None where it leaves nothing over."""
        if not self.freedom:
            return None
        left = self.residual @ _differences(values)[1]
        return float(np.sqrt(left @ left / self.freedom) * np.linalg.norm(self.weights[factor]))

    @property
    def pivot(self) -> float:
        """The synthetic fraction about which the line turns with its slope: its value there has nothing to do with it.

        Where all segmenters are of one kind, it is their mean fraction.
        """
        slope = self.weights[PROPORTION]
        return float(-(self.intercept @ slope) / (slope @ slope))

    def seed_error(self, values: npt.ArrayLike, factor: str = PROPORTION) -> float | None:
        """What the spread between seeds of one mix alone makes of the effect, as a standard deviation; None without."""
        variance = self.seed_variance(np.asarray(values, np.float64)[:, None])
        return None if variance is None else float(np.sqrt(variance[0]) * np.linalg.norm(self.weights[factor]))

    def seed_variance(self, values: npt.NDArray[np.floating]) -> Array | None:
        """Variance between seeds of one mix, pooled over the mixes: (segmenter, voxel) -> (voxel,). None without."""
        if not self.groups:
            return None
        total = np.zeros(values.shape[1], np.float64)
        for group in self.groups:
            members = values[group].astype(np.float64)
            total += np.sum((members - members.mean(axis=0)) ** 2, axis=0)
        return np.asarray(total / self.seed_freedom)

    @property
    def seed_freedom(self) -> int:
        """Degrees of freedom of the spread between seeds."""
        return sum(len(group) - 1 for group in self.groups)

    @cached_property
    def chance_factor(self) -> float:
        """How many seed errors an effect must have to be told from chance (Student's t, two-sided)."""
        from scipy.special import stdtrit  # scipy.stats would take most of a second to import

        return float(stdtrit(self.seed_freedom, 0.5 + CONFIDENCE / 2)) if self.groups else float("inf")

    def told_from_chance(self, values: npt.ArrayLike, factor: str = PROPORTION) -> bool | None:
        """Whether the effect is larger than chance makes it; None where no mix has several seeds."""
        error = self.seed_error(values, factor)
        return None if error is None else abs(self.effect(values, factor)) > self.chance_factor * error


def fit_mixes(segmenters: Sequence[SegmenterCard]) -> MixFit | None:
    """The fit for these segmenters; None with fewer than three distinct fractions: see `why_no_slope`."""
    used = comparable(segmenters)
    mixes = [segmenters[index].training_mix for index in used]
    ordinary = ~np.any(list(_other_levels(mixes).values()) or [np.zeros(len(used))], axis=0)
    fractions = synthetic_fractions([segmenters[index] for index in used])
    return _fit(segmenters, used) if np.unique(fractions[ordinary]).size >= FEWEST_FRACTIONS else None


def fit_factors(segmenters: Sequence[SegmenterCard]) -> MixFit | None:
    """The fit for the effects of quality, diversity and generator, for which one proportion is enough; None where the
    synthetic data of comparable segmenters do not differ in these."""
    used = comparable(segmenters, kind_of_synthetic)
    return _fit(segmenters, used) if _other_levels([segmenters[index].training_mix for index in used]) else None


def _fit(segmenters: Sequence[SegmenterCard], used: list[int]) -> MixFit:
    mixes = [segmenters[index].training_mix for index in used]
    columns = {PROPORTION: synthetic_fractions([segmenters[index] for index in used]), **_other_levels(mixes)}
    design = np.column_stack([np.ones(len(used)), *columns.values()])
    # Of all solutions the shortest, if there are several; what can be told apart is the same in each of them.
    inverse, _, rank, _ = np.linalg.lstsq(design, np.eye(len(used)), rcond=None)
    count = len(segmenters)
    spread = np.zeros((inverse.shape[0], count))
    spread[:, used] = np.round(inverse, WEIGHT_DIGITS)
    residual = np.zeros((count, count))
    residual[np.ix_(used, used)] = np.eye(len(used)) - design @ inverse
    groups = [group for group in mixes_with_seeds(segmenters) if set(group) <= set(used)]
    return MixFit(
        weights={name: spread[row] for row, name in enumerate(columns, 1) if _is_apart(design, row)},
        used=used,
        intercept=spread[0],
        residual=residual,
        freedom=len(used) - int(rank),
        groups=groups,
    )


def synthetic_fractions(segmenters: Sequence[SegmenterCard]) -> Array:
    """Synthetic fraction of every segmenter's training mix, 0..1, shape (segmenter,); NaN where the mix is unknown."""
    return np.round([card.training_mix.synthetic_fraction for card in segmenters], FRACTION_DIGITS)


def why_no_slope(segmenters: Sequence[SegmenterCard]) -> str:
    """One sentence on why there is no fit; empty if there is one."""
    if fit_mixes(segmenters) is not None:
        return ""
    distinct = np.unique(synthetic_fractions([segmenters[index] for index in comparable(segmenters)]))
    if not distinct.size:
        return "It needs segmenters with three different shares of synthetic training patients, and none ran."
    shares = " and ".join(f"{fraction:.0%}".replace("%", " %") for fraction in distinct)
    ran = _NUMBERS[distinct.size] if distinct.size < len(_NUMBERS) else "too few of one kind"
    return f"It needs segmenters with three different shares of synthetic training patients, and {ran} ran ({shares})."


def _is_apart(design: Array, column: int) -> bool:
    """Whether a column's effect can be told from those of all the others together."""
    others = np.delete(design, column, axis=1)
    return bool(np.linalg.matrix_rank(others) < np.linalg.matrix_rank(design))


def _differences(values: npt.ArrayLike) -> tuple[float, Array]:
    """The first value, and how the others differ from it: equal values have no effect, to the last digit.

    Any constant would do, as effects do not change with it; a mean of equal values may be off by a rounding error.
    """
    y = np.asarray(values, np.float64)
    return float(y[0]), y - y[0]


def _other_levels(mixes: Sequence[TrainingMix]) -> dict[str, Array]:
    """Factor -> 1 for the synthetic segmenters whose level is not the most common one; factors that vary only."""
    synthetic = [mix for mix in mixes if mix.synthetic_cases]
    kinds = {QUALITY: "quality", DIVERSITY: "diversity", GENERATOR: "generator"}
    found = {}
    for factor, attribute in kinds.items():
        levels = Counter(getattr(mix, attribute) for mix in synthetic)
        if len(levels) > 1:
            usual = levels.most_common(1)[0][0]
            found[factor] = np.array(
                [float(bool(mix.synthetic_cases) and getattr(mix, attribute) != usual) for mix in mixes]
            )
    return found
