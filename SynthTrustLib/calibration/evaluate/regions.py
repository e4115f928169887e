"""The track record of one preset and region: failure detection, coverage, calibration error, status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.failure import aurc, excess_aurc, excess_aurcs
from SynthTrustLib.calibration.evaluate.intervals import binomial_interval, bootstrap
from SynthTrustLib.calibration.fit.rules import GOOD, POOR
from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.significant import FEW_DIGITS, significant
from SynthTrustLib.trust.learned.monotone import predict
from SynthTrustLib.trust.learned.prediction import dice_bounds, findings_of, is_skilled, volume_bounds
from SynthTrustLib.trust.learned.signals import confidence
from SynthTrustLib.trust.learned.status_rules import worst
from SynthTrustLib.trust.measures.reliability import calibration_error, reliability
from SynthTrustLib.vocabulary import Region, Status

OURS, SINGLE = "ours (predicted Dice)", "one segmenter's foreground entropy"
SHOWN = ("pairwise_dice", "between_mix_dice", "expected_dice", "entropy_union", "entropy_foreground", "between_worst")
SHOWN_OF_RECORD = ("record_dice", "record_expected_dice", "record_entropy_foreground")

_USELESS_DICE = 0.5

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tested:
    """One test patient under one preset and region: figures, prediction, and whether the scans are unusual.

    `skilled` says whether the predicted Dice is better than the same number for everybody, and so scales volumes.
    """

    row: Measured
    figures: Mapping[str, Any]
    predicted: float
    intervals: Mapping[str, Any] | None
    status: Status
    out: bool
    skilled: bool = True


def apply_to(
    part: Mapping[str, Any], rows: Sequence[Measured], region: Region, out: Mapping[str, bool]
) -> list[Tested]:
    """The region's calibration `part` applied to test patients; `out`: case -> whether its scans are unusual."""
    tested = []
    for row in rows:
        if region not in row.regions:
            continue
        figures = row.regions[region]
        predicted = predict(part["map"]["components"], figures["signals"])
        if predicted is None or not figures["voxels"]:  # nothing is said of the quality of what was not found
            continue
        contrasts = [str(contrast) for contrast in row.contrasts]
        intervals = next((entry for entry in part["sets"] if entry["contrasts"] == contrasts), None)
        if intervals is not None and intervals["dice"]["level"] is None:
            intervals = None
        found = [voxels > 0 for voxels in figures["member_voxels"]]
        facts = {
            "predicted_dice": predicted,
            "share_of_finders": float(np.mean(found)),
            "in_distribution": 0.0 if out.get(row.case, False) else 1.0,
        }
        status = worst(findings_of(part, facts)) if intervals is not None else Status.UNKNOWN
        unusual = out.get(row.case, False)
        tested.append(Tested(row, figures, predicted, intervals, status, unusual, is_skilled(part)))
    return tested


def tested_regions(
    preset: Mapping[str, Any], rows: Sequence[Measured], out: Mapping[str, bool]
) -> Iterator[tuple[Region, Mapping[str, Any], list[Tested]]]:
    """The regions of a preset that test patients say something of, each with its part and those patients."""
    for region in Region:
        part = preset["regions"].get(region)
        if part is not None and part["map"] is not None and (tested := apply_to(part, rows, region, out)):
            yield region, part, tested


def evaluate_region(
    part: Mapping[str, Any], tested: Sequence[Tested], single: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """Every figure of the region; `single`: case -> signals of the one segmenter to compare with.

    Intervals are those that each patient was tested with; `part` says which are to be told of.
    """
    dice = np.array([t.figures["dice"] for t in tested])
    return {
        "patients": len(tested),
        "dice": significant(dice.mean(), FEW_DIGITS),
        "failure": failure(tested, single) if len(tested) > 2 else None,
        "coverage": [_coverage(entry, tested, kind) for entry in part["sets"] for kind in ("dice", "volume", "border")],
        "temperature": _temperature(part, tested),
        "status": count_by_status([t.status for t in tested], [t.figures["dice"] for t in tested]),
        "qu_brats": significant(np.mean([t.figures["qu_brats"]["score"] for t in tested]), FEW_DIGITS),
        "cases": [
            {
                "case": t.row.case,
                "predicted": significant(t.predicted, FEW_DIGITS),
                "dice": significant(t.figures["dice"], FEW_DIGITS),
                "status": str(t.status),
                "unusual": t.out,
            }
            for t in tested
        ],
    }


def failure(tested: Sequence[Tested], single: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """AURC x 100 of every signal on the pooled outline's risk (1 - Dice), and ours against one segmenter's entropy."""
    risks = np.array([1 - t.figures["dice"] for t in tested])
    sorted_by: dict[str, Array] = {OURS: np.array([t.predicted for t in tested])}
    for name in (*SHOWN, *SHOWN_OF_RECORD):
        if all(name in t.figures["signals"] for t in tested):
            sorted_by[name] = np.array([confidence(name, t.figures["signals"][name]) for t in tested])
    if all(t.row.case in single for t in tested):
        sorted_by[SINGLE] = np.array([-single[t.row.case]["entropy_foreground"] for t in tested])
    signals = []
    for name, values in sorted_by.items():
        low, high = bootstrap(lambda i, v=values: 100 * excess_aurcs(v[i], risks[i]), len(risks))  # type: ignore[misc]
        signals.append(
            {
                "signal": name,
                "aurc": significant(100 * aurc(values, risks), FEW_DIGITS),
                "excess": significant(100 * excess_aurc(values, risks), FEW_DIGITS),
                "low": significant(low, FEW_DIGITS),
                "high": significant(high, FEW_DIGITS),
            }
        )
    comparison = None
    if SINGLE in sorted_by:
        ours, other = sorted_by[OURS], sorted_by[SINGLE]

        def gain(i: npt.NDArray[np.intp]) -> Array:
            """Half of the other's excess minus ours, per draw: the bar is met where this is not negative."""
            return 100 * (0.5 * excess_aurcs(other[i], risks[i]) - excess_aurcs(ours[i], risks[i]))

        everyone = np.arange(len(risks))[None]
        low, high = bootstrap(gain, len(risks))
        comparison = {
            "half_minus_ours": significant(gain(everyone)[0], FEW_DIGITS),
            "low": significant(low, FEW_DIGITS),
            "high": significant(high, FEW_DIGITS),
        }
    return {
        "oracle": significant(100 * aurc(-risks, risks), FEW_DIGITS),
        "random": significant(100 * risks.mean(), FEW_DIGITS),
        "signals": signals,
        "comparison": comparison,
    }


def _coverage(entry: Mapping[str, Any], tested: Sequence[Tested], kind: str) -> dict[str, Any]:
    """How many test patients with these contrasts an interval of this level held.

    ``useless_from``: an interval of Dice wider than 0.5, of a volume wider than the volume, or a margin larger than the
    radius of a ball of that volume says little.
    """
    level = entry[kind]["level"]
    record: dict[str, Any] = {"kind": kind, "contrasts": entry["contrasts"], "level": level, "patients": 0}
    if level is None:
        return record
    held, widths, sizes = [], [], []
    for t in tested:
        if t.intervals is None or t.intervals["contrasts"] != entry["contrasts"]:
            continue
        bound, figures, ml = t.intervals[kind], t.figures, t.figures["voxel_ml"]
        if bound["level"] != level:
            continue
        if kind == "dice":
            low, high = dice_bounds(bound, t.predicted)
            held.append(low - 1e-9 <= figures["dice"] <= high + 1e-9)
            widths.append(high - low)
        elif kind == "volume" and ml is not None:
            drawn = figures["voxels"] * ml
            low, high = volume_bounds(drawn, bound["factor"], t.predicted if t.skilled else None)
            held.append(low <= figures["true_voxels"] * ml <= high)
            widths.append(high - low)
            sizes.append(drawn)
        elif kind == "border" and ml is not None and figures["voxels"]:
            held.append(figures["border_mm"] is not None and figures["border_mm"] <= bound["margin_mm"])
            widths.append(bound["margin_mm"])
            sizes.append((3000 * figures["voxels"] * ml / (4 * np.pi)) ** (1 / 3))
    if held:
        hits = int(sum(held))
        low, high = binomial_interval(hits, len(held))
        record |= {
            "patients": len(held),
            "held": hits,
            "low": significant(low, FEW_DIGITS),
            "high": significant(high, FEW_DIGITS),
            "mean_width": significant(np.mean(widths), FEW_DIGITS),
            "useless_from": significant(_USELESS_DICE if kind == "dice" else np.mean(sizes), FEW_DIGITS),
        }
    return record


def _temperature(part: Mapping[str, Any], tested: Sequence[Tested]) -> dict[str, Any] | None:
    value = part["temperature"]["value"]
    histograms = np.array([t.figures["histogram"] for t in tested], np.float64)
    if value is None or calibration_error(histograms) is None:
        return None
    return {
        "value": value,
        "patients": int((histograms[:, 0].sum(axis=1) > 0).sum()),
        "error_before": significant(calibration_error(histograms) or 0.0, FEW_DIGITS),
        "error_after": significant(calibration_error(histograms, value) or 0.0, FEW_DIGITS),
        "reliability_before": [[significant(v, FEW_DIGITS) for v in row] for row in reliability(histograms)],
        "reliability_after": [[significant(v, FEW_DIGITS) for v in row] for row in reliability(histograms, value)],
    }


def count_by_status(statuses: Sequence[Status], dice: Sequence[float]) -> dict[str, Any]:
    """Per status: how many patients were marked so, and how many of them have a good or a poor Dice."""
    counts = {}
    for status in (Status.AGREE, Status.CHECK, Status.DO_NOT_RELY, Status.UNKNOWN):
        marked = [value for value, given in zip(dice, statuses, strict=True) if given is status]
        counts[str(status)] = {
            "patients": len(marked),
            "good": sum(value >= GOOD for value in marked),
            "poor": sum(value < POOR for value in marked),
        }
    return counts
