"""Everything that a calibration file holds, fitted on labelled patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from SynthTrustLib.calibration.fit import map as fit_map
from SynthTrustLib.calibration.fit.choose_map import Choice, choose, offered, predict_left_out
from SynthTrustLib.calibration.fit.elsewhere import fit_elsewhere
from SynthTrustLib.calibration.fit.intervals import border_interval, interval, volume_interval
from SynthTrustLib.calibration.fit.presence import fit_presence
from SynthTrustLib.calibration.fit.rules import fit_rules
from SynthTrustLib.calibration.fit.skill import fit_skill
from SynthTrustLib.calibration.fit.temperature import fit_temperature
from SynthTrustLib.calibration.measured import CalibratedSet, Measured
from SynthTrustLib.calibration.measured_elsewhere import ElsewhereSet
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.identity import weights_of
from SynthTrustLib.significant import significant
from SynthTrustLib.trust.learned.conformal import level_for
from SynthTrustLib.vocabulary import Region


def fit_presets(sets: Mapping[str, CalibratedSet], measured: Mapping[str, Sequence[Measured]]) -> list[dict[str, Any]]:
    """The presets' part of the file.

    `sets`: name of a preset -> its segmenters. `measured`: name of a preset -> the calibration patients under it, and
    those of its fold.
    """
    regions: dict[str, dict[str, Any]] = {name: {} for name in sets}
    for region in Region:
        choices = choose_maps(measured, region)
        for name in sets:
            rows = [row for row in measured[name] if region in row.regions]
            if rows:
                regions[name][str(region)] = fit_region(rows, region, choices.get(name))
    return [
        {
            "name": name,
            **who_they_are([package.card for package in members.jury], members.record.card if members.record else None),
            "regions": regions[name],
        }
        for name, members in sets.items()
    ]


def fit_elsewhere_presets(
    sets: Mapping[str, ElsewhereSet], measured: Mapping[str, Sequence[Measured]]
) -> list[dict[str, Any]]:
    """The same of juries with an outline of record made elsewhere."""
    presets = []
    for name, members in sets.items():
        labelled = {region: [row for row in measured[name] if region in row.regions] for region in Region}
        regions = {str(region): fit_elsewhere(rows, region) for region, rows in labelled.items() if rows}
        presets.append(
            {
                "name": name,
                **who_they_are([package.card for package in members.jury], None),
                "elsewhere": True,
                "regions": regions,
            }
        )
    return presets


def who_they_are(jury: Sequence[SegmenterCard], record: SegmenterCard | None) -> dict[str, Any]:
    """The part of a preset that says whose answers it is about; `record` is None where the outline is pooled."""
    who: dict[str, Any] = {
        "segmenters": {card.id: weights_of(card) for card in jury},
        "settings": {card.id: card.settings_hash for card in jury},
    }
    if record is not None:
        who["record"] = {"id": record.id, "weights": weights_of(record), "settings": record.settings_hash}
    return who


def choose_maps(measured: Mapping[str, Sequence[Measured]], region: Region) -> dict[str, Choice]:
    """The choice of every preset that has enough patients; those that offer the same signals choose together."""
    together: dict[tuple[str, ...], dict[str, list[fit_map.Example]]] = defaultdict(dict)
    for name, rows in measured.items():
        examples = fit_map.examples_of(rows, region)
        if level_for(len({example.group for example in examples})) is not None:
            together[offered(examples)][name] = examples
    choices: dict[str, Choice] = {}
    for sets in together.values():
        choices |= dict.fromkeys(sets, choose(list(sets.values())))
    return choices


def fit_region(
    rows: Sequence[Measured], region: Region, choice: Choice | None, *, tempered: bool = True
) -> dict[str, Any]:
    """Map, temperature and rules of one region over all sets of contrasts, and the intervals of each set.

    Patients of a fold teach the map and the rules alone: a promise needs the answers of the segmenters it is about.
    Without `tempered` there is no temperature, which takes most of the time.
    """
    examples = fit_map.examples_of(rows, region)
    if choice is None:
        return {"patients": len({example.group for example in examples}), "map": None, "sets": []}
    predicted = predict_left_out(choice, examples)
    dice = np.array([example.dice for example in examples])
    skill = fit_skill(predicted, dice, [example.group for example in examples])
    persons = {row.case: row.patient for row in rows}
    by_case = {e.case: float(p) for e, p in zip(examples, predicted, strict=True)}
    residuals = {e.case: abs(p - e.dice) for e, p in zip(examples, predicted, strict=True)}
    own = [row for row in rows if not row.fold]
    by_contrasts: dict[tuple[str, ...], list[Measured]] = defaultdict(list)
    for row in own:
        by_contrasts[tuple(str(contrast) for contrast in row.contrasts)].append(row)
    sets = []
    for contrasts, members in sorted(by_contrasts.items(), key=lambda item: (-len(item[1]), item[0])):
        figures = {row.case: row.regions[region] for row in members}
        sets.append(
            {
                "contrasts": list(contrasts),
                "patients": sorted(figures),
                "dice": interval(
                    {case: residuals[case] for case in figures if case in residuals}, "half_width", persons
                ),
                "volume": volume_interval(figures, by_case, persons, skilled=skill["low"] > 0),
                "border": border_interval(figures, persons),
            }
        )
    everybody = {example.group for example in examples}
    folds = len(everybody) - len({example.group for example in fit_map.examples_of(own, region)})
    return {
        "patients": len(everybody),
        **({"folds": folds} if folds else {}),
        "map": {
            "chosen": str(choice.best),
            "components": choice.best.fit(examples),
            "candidates": sorted(choice.table, key=lambda entry: entry["left_out_error"]),
        },
        "examples": [
            {"case": e.case, "predicted": significant(p, 5), "dice": significant(e.dice, 5)}
            for e, p in zip(examples, predicted, strict=True)
        ],
        "temperature": fit_temperature(
            np.array([row.regions[region]["histogram"] for row in own if tempered], np.float64),
            [row.patient for row in own if tempered],
        ),
        "skill": skill,
        "status": fit_rules(
            predicted,
            dice,
            [example.group for example in examples],
            skilled=skill["low"] > 0,
            inner=region != Region.WT,
        ),
        "presence": fit_presence(own, region),
        "sets": sets,
    }
