"""Which segmenters may be compared with which: same budget, same mix, another seed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from SynthTrustLib.segmenters.package.card import SegmenterCard, TrainingMix

FRACTION_DIGITS = 6
"""Synthetic fractions that agree to this many digits are one mix (counts such as 1/3 differ by rounding only)."""


def budget(card: SegmenterCard) -> Hashable:
    """What must be equal for two segmenters to differ by their mix alone: family, schedule but for the seed, sites left
    out, patients added. A package that does not tell its plan has the budget of its family's others that do not."""
    plan = card.training.get("plan")
    if not isinstance(plan, dict):
        return card.family, None
    schedule = plan.get("schedule")
    kept = {k: v for k, v in schedule.items() if k != "seed"} if isinstance(schedule, dict) else schedule
    apart = [kept, plan.get("without_sites"), plan.get("added_fraction"), plan.get("cases")]
    return card.family, json.dumps(apart, sort_keys=True)


def proportion(mix: TrainingMix) -> Hashable:
    """What the ladder differs in."""
    return round(mix.synthetic_fraction, FRACTION_DIGITS)


def kind_of_synthetic(mix: TrainingMix) -> Hashable:
    """What the synthetic patients of segmenters of one proportion may differ in; None for those without any."""
    return (mix.generator, mix.quality, mix.diversity) if mix.synthetic_cases else None


def comparable(segmenters: Sequence[SegmenterCard], level: Callable[[TrainingMix], Hashable] = proportion) -> list[int]:
    """Indices of those of known mix with one budget, in order: the budget with the most levels, then the most
    segmenters, then the first's."""
    budgets: dict[Hashable, list[int]] = {}
    for index, card in enumerate(segmenters):
        if card.training_mix.known:
            budgets.setdefault(budget(card), []).append(index)

    def counts(members: list[int]) -> tuple[int, int]:
        return len({level(segmenters[index].training_mix) for index in members}), len(members)

    return max(budgets.values(), key=counts, default=[])


def mixes_with_seeds(segmenters: Sequence[SegmenterCard]) -> list[list[int]]:
    """Indices of the segmenters of each training mix that has several seeds, the same mix meaning the same budget,
    synthetic fraction, generator, quality and diversity. Of segmenters with equal seeds only the first counts."""
    seeds: dict[tuple[object, ...], dict[int, int]] = defaultdict(dict)
    for index, card in enumerate(segmenters):
        mix = card.training_mix
        if not mix.known:
            continue
        seeds[(budget(card), proportion(mix), mix.generator, mix.quality, mix.diversity)].setdefault(mix.seed, index)
    return [list(members.values()) for members in seeds.values() if len(members) > 1]
