"""From rows to the study's answers: every figure is of one cohort and region and has an interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from SynthTrustLib.mixes.plan import MixPlan
from SynthTrustLib.mixes.study import statistics
from SynthTrustLib.mixes.study.rows import Row
from SynthTrustLib.significant import number
from SynthTrustLib.vocabulary import Region

METRICS = ("dice", "hd95", "volume_error", "ece")
CONTRASTS = {
    "quality": "low-quality instead of high-quality synthetic patients",
    "diversity": "synthetic patients made from few instead of all source patients",
    "generator": "patients of the simulator instead of the trained generator",
    "addition": "as many synthetic patients added to all real ones",
    "patients": "{kept} of the real training patients alone",
}
"""Factors that are compared with the ladder's mix of the same share, and what the comparison is."""

Limits = Mapping[tuple[str, str], float | None]
"""(cohort, region) -> what two trainings that differ in the seed alone are apart at most (`statistics.chance`)."""

Seeds = list[MixPlan]
"""Segmenters that differ in the seed alone."""


def analyse(mixes: Sequence[MixPlan], rows: Sequence[Row]) -> dict[str, Any]:
    """The study's results as JSON values: ``segmenters``, ``dose_response``, ``contrasts``, ``sites``, ``utility``."""
    ladder: dict[float, Seeds] = defaultdict(list)
    for mix in mixes:
        if mix.factor == "proportion":
            ladder[mix.synthetic_fraction].append(mix)
    order = [str(region) for region in Region]
    places = sorted(
        {(row["cohort"], row["region"]) for row in rows}, key=lambda place: (place[0], order.index(place[1]))
    )
    groups = _seeds(mixes)
    dose_response = [_dose_response(ladder, groups, rows, *place) for place in places]
    limits = {(entry["cohort"], entry["region"]): entry["chance"]["limit"] for entry in dose_response}
    return {
        "segmenters": [_segmenter(mix, rows, places) for mix in mixes],
        "dose_response": dose_response,
        "contrasts": [
            entry
            for group in groups
            if group[0].factor in CONTRASTS
            for entry in _contrast(group, ladder, rows, limits)
        ],
        "sites": [
            entry for group in groups if group[0].without_sites for entry in _site_shift(group, ladder, rows, limits)
        ],
        "utility": [_utility(ladder, rows, *place, limits[place]) for place in places if {0.0, 1.0} <= ladder.keys()],
    }


def select(rows: Sequence[Row], **wanted: Any) -> list[Row]:
    """The rows whose fields have these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def _segmenter(mix: MixPlan, rows: Sequence[Row], places: Sequence[tuple[str, str]]) -> dict[str, Any]:
    figures = []
    for cohort, region in places:
        own = select(rows, segmenter=mix.id, cohort=cohort, region=region)
        for synthetic in (False, True):
            for tertile in (None, "small", "medium", "large"):
                chosen = select(own, synthetic=synthetic, **({"tertile": tertile} if tertile else {}))
                if not chosen:
                    continue
                figures.append(
                    {
                        "cohort": cohort,
                        "region": region,
                        "synthetic": synthetic,
                        "tertile": tertile,
                        **{name: statistics.mean(statistics.by_patient(chosen, name)) for name in METRICS},
                    }
                )
    return {
        "id": mix.id,
        "name": mix.name,
        "factor": mix.factor,
        "synthetic_fraction": mix.synthetic_fraction,
        "added_fraction": mix.added_fraction,
        "set": mix.set,
        "seed": mix.schedule.seed,
        "figures": figures,
    }


def _seeds(mixes: Sequence[MixPlan]) -> list[Seeds]:
    """The segmenters by mix, in the order of the plan."""
    groups: dict[MixPlan, Seeds] = {}
    for mix in mixes:
        same = replace(mix, id="", name="", summary="", presets=(), schedule=replace(mix.schedule, seed=0))
        groups.setdefault(same, []).append(mix)
    return list(groups.values())


def _dice(mix: MixPlan, rows: Sequence[Row], *, synthetic: bool = False) -> statistics.ByPatient:
    """Dice of one segmenter by patient; `rows` are of one cohort and region."""
    return statistics.by_patient(select(rows, segmenter=mix.id, synthetic=synthetic), "dice")


def _mean_dice(seeds: Seeds, rows: Sequence[Row]) -> statistics.ByPatient:
    """Dice of a mix by real patient: the mean over its seeds; `rows` are of one cohort and region."""
    return statistics.average([_dice(mix, rows) for mix in seeds])


def _dose_response(
    ladder: dict[float, Seeds], groups: Sequence[Seeds], rows: Sequence[Row], cohort: str, region: str
) -> dict[str, Any]:
    """Dice against the synthetic fraction on real and on synthetic patients, the gap, the slope, and what seeds do."""
    rows = select(rows, cohort=cohort, region=region)
    points, doses, members, seeds = [], [], [], []
    for fraction in sorted(ladder):
        sides, real_by_seed = {}, []
        for synthetic in (False, True):
            by_seed = [_dice(mix, rows, synthetic=synthetic) for mix in ladder[fraction]]
            sides[synthetic] = statistics.average(by_seed)
            if not synthetic:
                real_by_seed = [number(float(np.mean(list(values.values())))) for values in by_seed if values]
        if sides[False]:
            doses.append(fraction)
            members.append(sides[False])
            seeds.append(len(ladder[fraction]))
        points.append(
            {
                "synthetic_fraction": fraction,
                "seeds": len(ladder[fraction]),
                "real": statistics.mean(sides[False]),
                "real_by_seed": real_by_seed,
                "synthetic": statistics.mean(sides[True]),
                "gap": statistics.unpaired_difference(sides[False], sides[True]),
            }
        )
    slope = statistics.slope(doses, members)
    spreads = [
        {"segmenters": [first.id, second.id], **statistics.difference(_dice(first, rows), _dice(second, rows))}
        for group in groups
        for first, second in pairwise(group)
    ]
    chance = statistics.chance([spread["value"] for spread in spreads if spread["value"] is not None])
    told = chance["limit"] is not None and len(doses) > 1
    limit = number(chance["limit"] * statistics.slope_share(doses, seeds)) if told else None
    slope = statistics.with_seeds(slope, limit)
    return {
        "cohort": cohort,
        "region": region,
        "points": points,
        "slope": slope,
        "seed_differences": spreads,
        "chance": chance,
        "chance_limit": limit,
        "smallest": statistics.smallest(slope),
        "verdict": statistics.verdict(slope),
    }


def _contrast(group: Seeds, ladder: dict[float, Seeds], rows: Sequence[Row], limits: Limits) -> list[dict[str, Any]]:
    """A mix against that of the ladder with its synthetic fraction, each the mean over its seeds."""
    partners = ladder.get(group[0].synthetic_fraction, [])
    if not partners:
        return []
    return [
        {
            "factor": group[0].factor,
            **({"kept": f"{100 * group[0].kept_fraction:.0f} %"} if group[0].kept_fraction < 1 else {}),
            "cohort": cohort,
            "region": region,
            **_compare(group, partners, select(rows, cohort=cohort, region=region), limit),
        }
        for (cohort, region), limit in limits.items()
    ]


def _site_shift(group: Seeds, ladder: dict[float, Seeds], rows: Sequence[Row], limits: Limits) -> list[dict[str, Any]]:
    """The mix without a site against real-only, on that site's held-out patients and on the others."""
    if 0.0 not in ladder:
        return []
    without = group[0].without_sites
    entries = []
    for (cohort, region), limit in limits.items():
        for left_out in (True, False):
            chosen = [
                row
                for row in select(rows, cohort=cohort, region=region)
                if (f"{row['cohort']}: {row['site']}" in without) == left_out
            ]
            if not select(chosen, segmenter=group[0].id, synthetic=False):
                continue
            entries.append(
                {
                    "without": list(without),
                    "on_left_out_site": left_out,
                    "cohort": cohort,
                    "region": region,
                    **_compare(group, ladder[0.0], chosen, limit),
                }
            )
    return entries


def _compare(group: Seeds, partners: Seeds, rows: Sequence[Row], limit: float | None) -> dict[str, Any]:
    """Difference in Dice on the real patients of `rows` (one cohort and region), and what patients and seeds allow."""
    share = statistics.difference_share(len(group), len(partners))
    told = None if limit is None else number(limit * share)
    result = statistics.with_seeds(statistics.difference(_mean_dice(group, rows), _mean_dice(partners, rows)), told)
    return {
        "segmenters": [mix.id for mix in group],
        "against": [mix.id for mix in partners],
        "difference": result,
        "chance_limit": told,
        "smallest": statistics.smallest(result),
        "verdict": statistics.verdict(result),
    }


def _utility(
    ladder: dict[float, Seeds], rows: Sequence[Row], cohort: str, region: str, limit: float | None
) -> dict[str, Any]:
    """Dice of synthetic-only over Dice of real-only, on real patients, and their difference."""
    rows = select(rows, cohort=cohort, region=region)
    ratio = statistics.ratio(_mean_dice(ladder[1.0], rows), _mean_dice(ladder[0.0], rows))
    return {"cohort": cohort, "region": region, "ratio": ratio, **_compare(ladder[1.0], ladder[0.0], rows, limit)}
