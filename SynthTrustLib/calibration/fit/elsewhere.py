"""What a jury's agreement says of an outline that was made elsewhere, learned from outlines that stand in for those.

A jury recognizes bad outlines better than good ones: an expert's own looks to it like any other (Docs/decisions). So
the interval of Dice has no upper end below 1, and no status but check is given: the jury cannot condemn an outline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

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
    experts = examples_of([row for row in rows if row.kind == EXPERT], region)
    without = _maps_without({one.group for one in (*examples, *experts)}, examples)
    predicted = np.array([_left_out(without, example) for example in examples])
    dice = np.array([example.dice for example in examples])
    of_experts = [_left_out(without, expert) for expert in experts]
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
    rows: Sequence[Measured], region: Region, examples: Sequence[Example], short: npt.NDArray[np.float64]
) -> list[dict[str, Any]]:
    """The interval of Dice of every set of contrasts; `short` is by how much each example falls short."""
    contrasts = {row.case: tuple(str(contrast) for contrast in row.contrasts) for row in rows if region in row.regions}
    sets = []
    for which in {contrasts[example.case] for example in examples}:
        mine = [(e, float(value)) for e, value in zip(examples, short, strict=True) if contrasts[e.case] == which]
        by_case, by_person = _grouped((e.case, v) for e, v in mine), _grouped((e.group, v) for e, v in mine)
        level = level_for(len(by_person))
        bound = None if level is None else significant(max(0.0, quantile_by_person(by_person, level)))
        sets.append(
            {
                "contrasts": list(which),
                "patients": sorted(by_case),
                "dice": {
                    "patients": len(by_person),
                    "level": level,
                    "half_width": bound,
                    "open_above": True,
                    "scores": {case: significant(max(own)) for case, own in sorted(by_case.items())},
                },
                "volume": {**_NOT_LEARNED, "factor": None},
                "border": {**_NOT_LEARNED, "margin_mm": None},
            }
        )
    return sorted(sets, key=lambda one: (-len(one["patients"]), one["contrasts"]))


def _grouped(values: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for name, value in values:
        found[name].append(value)
    return found


def _maps_without(persons: Iterable[str], examples: Sequence[Example]) -> dict[str, list[dict[str, Any]]]:
    """Person -> the map that is fitted without them."""
    return {person: MAP.fit([one for one in examples if one.group != person]) for person in persons}


def _left_out(without: Mapping[str, Sequence[Mapping[str, Any]]], example: Example) -> float:
    return predict(without[example.group], example.signals) or 0.0


def _error(kind: str, kinds: Sequence[str], examples: Sequence[Example]) -> float:
    """Mean over persons of the error on outlines of a kind that was never used."""
    same = [example for example, one in zip(examples, kinds, strict=True) if one == kind]
    others = [example for example, one in zip(examples, kinds, strict=True) if one != kind]
    without = _maps_without({example.group for example in same}, others)
    errors = _grouped((example.group, abs(_left_out(without, example) - example.dice)) for example in same)
    return float(np.mean([np.mean(own) for own in errors.values()]))


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
