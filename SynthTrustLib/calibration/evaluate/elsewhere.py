"""How statements about outlines made elsewhere did on test patients, by outlines that stand in for those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from SynthTrustLib.calibration.evaluate.intervals import mean_interval
from SynthTrustLib.calibration.evaluate.regions import Tested, tested_regions
from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.calibration.measured_elsewhere import EXPERT
from SynthTrustLib.significant import FEW_DIGITS, significant
from SynthTrustLib.trust.learned.prediction import dice_bounds


def evaluate_elsewhere(
    preset: Mapping[str, Any], rows: Sequence[Measured], out: Mapping[str, bool]
) -> dict[str, dict[str, Any]]:
    """Region -> every figure; each person's outlines count together as one."""
    found = {}
    for region, part, tested in tested_regions(preset, rows, out):
        if len({one.row.kind == EXPERT for one in tested}) == 2:  # of either alone there is nothing to compare
            found[str(region)] = _region(part, tested)
    return found


def _region(part: Mapping[str, Any], tested: Sequence[Tested]) -> dict[str, Any]:
    theirs = [one for one in tested if one.row.kind != EXPERT]
    experts = [one.predicted for one in tested if one.row.kind == EXPERT]
    dice = np.array([one.figures["dice"] for one in theirs])
    kinds = sorted({one.row.kind for one in theirs})
    return {
        "patients": len({one.row.patient for one in theirs}),
        "outlines": len(theirs),
        "error": _by_person((one, abs(one.predicted - one.figures["dice"])) for one in theirs),
        "error_of_the_mean": _by_person((one, abs(dice.mean() - one.figures["dice"])) for one in theirs),
        "kinds": {
            kind: _by_person((o, abs(o.predicted - o.figures["dice"])) for o in theirs if o.row.kind == kind)
            for kind in kinds
        },
        "experts": {"predicted": significant(np.mean(experts), FEW_DIGITS), "lowest": significant(min(experts))},
        "coverage": [_coverage(entry, theirs) for entry in part["sets"] if entry["dice"]["level"] is not None],
    }


def _coverage(entry: Mapping[str, Any], tested: Sequence[Tested]) -> dict[str, Any]:
    """The share of outlines that are as good as said, or better, with its interval over persons."""
    mine = [one for one in tested if one.intervals is entry]
    held = _persons(
        (one, float(one.figures["dice"] >= dice_bounds(entry["dice"], one.predicted)[0] - 1e-9)) for one in mine
    )
    low, high = mean_interval(held)
    return {
        "contrasts": entry["contrasts"],
        "level": entry["dice"]["level"],
        "patients": len(held),
        "held": significant(np.mean(held), FEW_DIGITS) if held else None,
        "low": None if np.isnan(low) else significant(low, FEW_DIGITS),
        "high": None if np.isnan(high) else significant(high, FEW_DIGITS),
    }


def _persons(values: Iterable[tuple[Tested, float]]) -> list[float]:
    """The mean of each person's values."""
    found: dict[str, list[float]] = defaultdict(list)
    for one, value in values:
        found[one.row.patient].append(value)
    return [float(np.mean(own)) for own in found.values()]


def _by_person(values: Iterable[tuple[Tested, float]]) -> float:
    return significant(float(np.mean(_persons(values))), FEW_DIGITS)
