"""Which segmenters may be compared with which: same budget, same mix, another seed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

from SynthTrustLib.segmenters.package.card import SegmenterCard

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


def comparable(segmenters: Sequence[SegmenterCard]) -> list[int]:
    """Indices of those of known mix with the most common budget (of equally common ones, the first's), in order."""
    budgets = {index: budget(card) for index, card in enumerate(segmenters) if card.training_mix.known}
    common = Counter(budgets.values()).most_common(1)[0][0] if budgets else None
    return [index for index, one in budgets.items() if one == common]


def mixes_with_seeds(segmenters: Sequence[SegmenterCard]) -> list[list[int]]:
    """Indices of the segmenters of each training mix that has several seeds, the same mix meaning the same budget,
    synthetic fraction, generator, quality and diversity. Of segmenters with equal seeds only the first counts."""
    seeds: dict[tuple[object, ...], dict[int, int]] = defaultdict(dict)
    for index, card in enumerate(segmenters):
        mix = card.training_mix
        if not mix.known:
            continue
        fraction = round(mix.synthetic_fraction, FRACTION_DIGITS)
        seeds[(budget(card), fraction, mix.generator, mix.quality, mix.diversity)].setdefault(mix.seed, index)
    return [list(members.values()) for members in seeds.values() if len(members) > 1]
