"""From rows to the study's answers: every figure is of one cohort and region and has an interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
}
"""Factors that are compared with the ladder's mix of the same share, and what the comparison is."""

Limits = Mapping[tuple[str, str], float | None]
"""(cohort, region) -> what two trainings that differ in the seed alone are apart at most (`statistics.chance`)."""


def analyse(mixes: Sequence[MixPlan], rows: Sequence[Row]) -> dict[str, Any]:
    """The study's results as JSON values: ``segmenters``, ``dose_response``, ``contrasts``, ``sites``, ``utility``."""
    ladder: dict[float, list[MixPlan]] = defaultdict(list)
    for mix in mixes:
        if mix.factor == "proportion":
            ladder[mix.synthetic_fraction].append(mix)
    order = [str(region) for region in Region]
    places = sorted(
        {(row["cohort"], row["region"]) for row in rows}, key=lambda place: (place[0], order.index(place[1]))
    )
    dose_response = [_dose_response(ladder, rows, *place) for place in places]
    limits = {(entry["cohort"], entry["region"]): entry["chance"]["limit"] for entry in dose_response}
    return {
        "segmenters": [_segmenter(mix, rows, places) for mix in mixes],
        "dose_response": dose_response,
        "contrasts": [
            entry for mix in mixes if mix.factor in CONTRASTS for entry in _contrast(mix, ladder, rows, limits)
        ],
        "sites": [entry for mix in mixes if mix.without_sites for entry in _site_shift(mix, ladder, rows, limits)],
        "utility": [_utility(ladder, rows, *place) for place in places if {0.0, 1.0} <= ladder.keys()],
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


def _dose_response(ladder: dict[float, list[MixPlan]], rows: Sequence[Row], cohort: str, region: str) -> dict[str, Any]:
    """Dice against the synthetic fraction on real and on synthetic patients, the gap, the slope, and what seeds do."""
    points, doses, members, seeds, spreads = [], [], [], [], []
    for fraction in sorted(ladder):
        sides, real_by_seed = {}, []
        for synthetic in (False, True):
            by_seed = [
                statistics.by_patient(
                    select(rows, segmenter=mix.id, cohort=cohort, region=region, synthetic=synthetic), "dice"
                )
                for mix in ladder[fraction]
            ]
            sides[synthetic] = statistics.average(by_seed)
            if not synthetic:
                real_by_seed = [number(float(np.mean(list(values.values())))) for values in by_seed if values]
                spreads += [
                    {"synthetic_fraction": fraction, **statistics.difference(first, second)}
                    for first, second in pairwise(by_seed)
                ]
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
    chance = statistics.chance([spread["value"] for spread in spreads if spread["value"] is not None])
    told = chance["limit"] is not None and len(doses) > 1
    limit = number(chance["limit"] * statistics.slope_share(doses, seeds)) if told else None
    return {
        "cohort": cohort,
        "region": region,
        "points": points,
        "slope": slope,
        "seed_differences": spreads,
        "chance": chance,
        "chance_limit": limit,
        "verdict": statistics.verdict(slope, limit),
    }


def _contrast(
    mix: MixPlan, ladder: dict[float, list[MixPlan]], rows: Sequence[Row], limits: Limits
) -> list[dict[str, Any]]:
    """The mix against that of the ladder with its synthetic fraction and its seed (or the nearest there is)."""
    partners = ladder.get(mix.synthetic_fraction, [])
    if not partners:
        return []
    partner = min(partners, key=lambda other: abs(other.schedule.seed - mix.schedule.seed))
    entries = []
    for (cohort, region), limit in limits.items():
        first, second = (
            statistics.by_patient(select(rows, segmenter=one.id, cohort=cohort, region=region, synthetic=False), "dice")
            for one in (mix, partner)
        )
        result = statistics.difference(first, second)
        entries.append(
            {
                "factor": mix.factor,
                "segmenter": mix.id,
                "against": partner.id,
                "cohort": cohort,
                "region": region,
                "difference": result,
                "chance_limit": limit,
                "verdict": statistics.verdict(result, limit),
            }
        )
    return entries


def _site_shift(
    mix: MixPlan, ladder: dict[float, list[MixPlan]], rows: Sequence[Row], limits: Limits
) -> list[dict[str, Any]]:
    """The mix without a site against real-only, on that site's held-out patients and on the others."""
    if 0.0 not in ladder:
        return []
    partner = ladder[0.0][0]
    entries = []
    for (cohort, region), limit in limits.items():
        for left_out in (True, False):
            pair = [
                [
                    row
                    for row in select(rows, segmenter=one.id, cohort=cohort, region=region, synthetic=False)
                    if (f"{row['cohort']}: {row['site']}" in mix.without_sites) == left_out
                ]
                for one in (mix, partner)
            ]
            if not pair[0]:
                continue
            first, second = (statistics.by_patient(chosen, "dice") for chosen in pair)
            result = statistics.difference(first, second)
            entries.append(
                {
                    "segmenter": mix.id,
                    "without": list(mix.without_sites),
                    "on_left_out_site": left_out,
                    "cohort": cohort,
                    "region": region,
                    "difference": result,
                    "chance_limit": limit,
                    "verdict": statistics.verdict(result, limit),
                }
            )
    return entries


def _utility(ladder: dict[float, list[MixPlan]], rows: Sequence[Row], cohort: str, region: str) -> dict[str, Any]:
    """Dice of synthetic-only over Dice of real-only, on real patients."""
    sides = [
        statistics.average(
            [
                statistics.by_patient(
                    select(rows, segmenter=mix.id, cohort=cohort, region=region, synthetic=False), "dice"
                )
                for mix in ladder[fraction]
            ]
        )
        for fraction in (1.0, 0.0)
    ]
    return {"cohort": cohort, "region": region, "ratio": statistics.ratio(sides[0], sides[1])}
