"""What a jury's agreement says of an outline that was made elsewhere, learned from outlines that stand in for those.

A jury recognizes bad outlines better than good ones: an expert's own looks to it like any other (Docs/decisions). So
the interval of Dice has no upper end below 1, and no status but check is given: the jury cannot condemn an outline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from SynthTrustLib.calibration.fit.map import Candidate, Example, examples_of
from SynthTrustLib.calibration.fit.presence import fit_presence
from SynthTrustLib.calibration.fit.rules import GOOD, IN_DISTRIBUTION, POOR
from SynthTrustLib.calibration.fit.skill import fit_skill
from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.calibration.measured_elsewhere import EXPERT
from SynthTrustLib.significant import FEW_DIGITS, significant
from SynthTrustLib.trust.learned.conformal import level_for, quantile_by_person
from SynthTrustLib.trust.learned.monotone import predict
from SynthTrustLib.vocabulary import Region

MAP = Candidate(("record_dice",), "line")
"""Of six signals and their pairs, none errs less on persons left out (Docs/decisions)."""

_NOT_LEARNED: Mapping[str, Any] = {"patients": 0, "level": None, "scores": {}}


def fit_elsewhere(rows: Sequence[Measured], region: Region) -> dict[str, Any]:
    """The part of one region; `rows` are all stand-ins of all patients, the experts' own among them."""
    theirs = [row for row in rows if row.kind != EXPERT]
    kinds = [row.kind for row in theirs if region in row.regions and row.regions[region]["voxels"]]
    examples = examples_of(theirs, region)
    persons = sorted({example.group for example in examples})
    if level_for(len(persons)) is None:
        return {"patients": len(persons), "map": None, "sets": []}
    predicted = np.array([_left_out(example, examples) for example in examples])
    dice = np.array([example.dice for example in examples])
    experts = examples_of([row for row in rows if row.kind == EXPERT], region)
    of_experts = [_left_out(expert, examples) for expert in experts]
    return {
        "patients": len(persons),
        "map": {"chosen": str(MAP), "components": MAP.fit(examples), "candidates": []},
        "temperature": {"patients": 0, "value": None},
        "skill": fit_skill(predicted, dice, [example.group for example in examples]),
        "status": _status(len(persons)),
        "presence": fit_presence([row for row in rows if row.kind == EXPERT and region in row.regions], region),
        "stand_ins": {
            kind: {"outlines": kinds.count(kind), "error": significant(_error(kind, kinds, examples), FEW_DIGITS)}
            for kind in sorted(set(kinds))
        },
        "expert": {
            "patients": len(experts),
            "predicted": significant(float(np.mean(of_experts)), FEW_DIGITS),
            "lowest": significant(min(of_experts), FEW_DIGITS),
        },
        "sets": _sets(theirs, region, examples, predicted - dice),
    }


def _sets(
    rows: Sequence[Measured], region: Region, examples: Sequence[Example], short: np.ndarray
) -> list[dict[str, Any]]:
    """The interval of Dice of every set of contrasts; `short` is by how much each example falls short."""
    contrasts = {row.case: tuple(str(contrast) for contrast in row.contrasts) for row in rows if region in row.regions}
    found: dict[tuple[str, ...], dict[str, dict[str, list[float]]]] = defaultdict(lambda: defaultdict(dict))
    cases: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for example, value in zip(examples, short, strict=True):
        which = contrasts[example.case]
        cases[which].add(example.case)
        found[which]["person"].setdefault(example.group, []).append(float(value))
        found[which]["case"].setdefault(example.case, []).append(float(value))
    sets = []
    for which in sorted(found, key=lambda one: (-len(cases[one]), one)):
        by_person = found[which]["person"]
        level = level_for(len(by_person))
        bound = None if level is None else significant(max(0.0, quantile_by_person(by_person, level)))
        sets.append(
            {
                "contrasts": list(which),
                "patients": sorted(cases[which]),
                "dice": {
                    "patients": len(by_person),
                    "level": level,
                    "half_width": bound,
                    "open_above": True,
                    "scores": {case: significant(max(own)) for case, own in sorted(found[which]["case"].items())},
                },
                "volume": {**_NOT_LEARNED, "factor": None},
                "border": {**_NOT_LEARNED, "margin_mm": None},
            }
        )
    return sets


def _left_out(example: Example, examples: Sequence[Example], without: Sequence[bool] | None = None) -> float:
    """What a map predicts that was fitted without the person, and without those marked in `without`."""
    marked = without or [False] * len(examples)
    others = [o for o, out in zip(examples, marked, strict=True) if not out and o.group != example.group]
    return predict(MAP.fit(others), example.signals) or 0.0


def _error(kind: str, kinds: Sequence[str], examples: Sequence[Example]) -> float:
    """Mean over persons of the error on outlines of a kind that was never used."""
    same = [one == kind for one in kinds]
    by_person: dict[str, list[float]] = defaultdict(list)
    for example, it_is in zip(examples, same, strict=True):
        if it_is:
            by_person[example.group].append(abs(_left_out(example, examples, same) - example.dice))
    return float(np.mean([np.mean(errors) for errors in by_person.values()]))


def _status(patients: int) -> dict[str, Any]:
    """Rules that never say anything but check, each with its reason."""
    rules: list[Mapping[str, Any]] = [
        {
            "name": "predicted Dice",
            "signal": "predicted_dice",
            "words": "the predicted Dice",
            "agree_from": None,
            "rely_from": None,
            "if_not": "the jury can neither confirm nor condemn an outline made elsewhere",
        },
        IN_DISTRIBUTION,
    ]
    target = {"good": GOOD, "agree_share": 1.0, "poor": POOR, "poor_share": 1.0, "marked_agree": 0, "marked_poor": 0}
    return {"patients": patients, "rules": rules, "target": target}
