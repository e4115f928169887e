"""``synthtrust trust evaluate``: the track record of a calibration on labelled patients that it never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from SynthTrustLib.calibration.calibrate import Bench
from SynthTrustLib.calibration.evaluate.elsewhere import evaluate_elsewhere
from SynthTrustLib.calibration.evaluate.familiarity import (
    evaluate_healthy,
    evaluate_shifts,
    unusual_cases,
)
from SynthTrustLib.calibration.evaluate.intervals import false_alarms
from SynthTrustLib.calibration.evaluate.regions import Tested, apply_to, evaluate_region, tested_regions
from SynthTrustLib.calibration.evaluate.shifts import RESECTION, can_resect
from SynthTrustLib.calibration.evaluate.track_record import track_record, track_record_elsewhere
from SynthTrustLib.calibration.fit.everything import choose_maps, fit_region
from SynthTrustLib.calibration.fit.rules import GOOD
from SynthTrustLib.calibration.measured import CalibratedSet, Measured
from SynthTrustLib.calibration.measured_elsewhere import ElsewhereSet
from SynthTrustLib.calibration.output_files import EVALUATION_FORMAT, file_head
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import weights_of
from SynthTrustLib.trust.learned.calibration import Calibration, with_jury
from SynthTrustLib.trust.learned.prediction import dice_bounds
from SynthTrustLib.vocabulary import Region, Status


def evaluate(
    bench: Bench,
    calibration: Calibration,
    entries: Sequence[LabelledCase],
    command: str,
    *,
    calibration_entries: Sequence[LabelledCase] = (),
    healthy: Path | None = None,
    shifted: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Measure everything on the test patients `entries`; the content of ``<name>.evaluation.json``.

    `calibration_entries`: the calibration patients, for leaving one site out; none to do without that. `healthy`:
    folder with the contrasts of a healthy brain. `shifted`: shift so many of the test patients, evenly chosen; all by
    default. Raises InputError if there is no test patient, or none of the segmenters was calibrated.
    """
    if not entries:
        raise InputError("there is no test patient", source="evaluate", next_step="Name a folder of labelled cases.")
    sets = _calibrated_sets(bench, calibration)
    singles = {name: one.record or min(one.jury, key=_synthetic) for name, one in sets.items()}
    alone = {f"alone: {package.card.id}": CalibratedSet((package,)) for package in singles.values()}
    measured = bench.measure(entries, {**sets, **alone}, progress)
    learned = bench.measure(calibration_entries, sets, progress) if calibration_entries else {}

    looks = calibration.record["in_distribution"]
    cache = bench.work / "looks"
    usual = unusual_cases(looks, entries, bench.settings, cache, progress)
    out = {case: familiar.out for case, familiar in usual.items()}
    chosen = _evenly(entries, shifted)
    sites = _sites(learned, {name: measured[name] for name in sets}, out) if learned else {}
    presets = {}
    for preset in calibration.record["presets"]:
        if preset["name"] in sets:
            rows = measured[preset["name"]]
            single = measured[f"alone: {singles[preset['name']].card.id}"]
            regions = _regions(preset, rows, single, out)
            presets[preset["name"]] = {
                "single": singles[preset["name"]].card.id,
                "regions": regions,
                "sites": sites.get(preset["name"], []),
            }
    named, juries = _calibrated_elsewhere(bench, calibration)
    stand_ins = bench.measure_elsewhere(entries, juries, progress)
    elsewhere = {name: evaluate_elsewhere(named[name], rows, out) for name, rows in stand_ins.items()}
    in_distribution: dict[str, Any] = {
        **false_alarms(out),
        "shifts": evaluate_shifts(looks, chosen, usual, bench.settings, cache, progress),
        "healthy": evaluate_healthy(looks, healthy, bench.settings) if healthy is not None else None,
    }
    if chosen and all(entry["shift"] != RESECTION for entry in in_distribution["shifts"]) and not can_resect():
        in_distribution["not_simulated"] = [RESECTION]
    return {
        **file_head(EVALUATION_FORMAT, bench.family, bench.engine.name, command),
        "calibration_sha256": calibration.sha256,
        "patients": [{"case": entry.id, "cohort": entry.cohort, "site": entry.site} for entry in entries],
        "presets": presets,
        "elsewhere": elsewhere,
        "in_distribution": in_distribution,
        "track_record": {
            **track_record(presets, in_distribution),
            **track_record_elsewhere(elsewhere, in_distribution),
        },
    }


def _calibrated_sets(bench: Bench, calibration: Calibration) -> dict[str, CalibratedSet]:
    """The presets of the file whose segmenters are all here with the weights that were calibrated."""
    by_weights = {weights_of(package.card): package for package in bench.packages}
    sets: dict[str, CalibratedSet] = {}
    for preset in calibration.record["presets"]:
        wanted, record = list(preset["segmenters"].values()), preset.get("record", {}).get("weights")
        if not preset.get("elsewhere") and by_weights.keys() >= {*wanted, *([record] if record else [])}:
            jury = tuple(package for weights, package in by_weights.items() if weights in wanted)
            sets[preset["name"]] = CalibratedSet(jury, by_weights[record] if record else None)
    if not sets:
        raise InputError(
            "none of its sets of segmenters is here with the weights that were calibrated",
            source=calibration.name,
            next_step="Calibrate again, or name the folder with those segmenters.",
        )
    return sets


def _calibrated_elsewhere(
    bench: Bench, calibration: Calibration
) -> tuple[dict[str, Mapping[str, Any]], dict[str, ElsewhereSet]]:
    """The presets of the file for outlines made elsewhere, and their juries with the weights that were calibrated."""
    presets = [preset for preset in calibration.record["presets"] if preset.get("elsewhere")]
    juries = {}
    for name, one in bench.elsewhere().items():
        weights = {weights_of(package.card) for package in one.jury}
        if any(preset["name"] == name for preset in with_jury(presets, weights)):
            juries[name] = one
    return {preset["name"]: preset for preset in presets}, juries


def _regions(
    preset: Mapping[str, Any], rows: Sequence[Measured], single: Sequence[Measured], out: Mapping[str, bool]
) -> dict[str, Any]:
    results = {}
    for region, part, tested in tested_regions(preset, rows, out):
        signals = {row.case: row.regions[region]["signals"] for row in single if region in row.regions}
        results[str(region)] = evaluate_region(part, tested, signals)
    return results


def _sites(
    learned: Mapping[str, Sequence[Measured]], tested: Mapping[str, Sequence[Measured]], out: Mapping[str, bool]
) -> dict[str, list[dict[str, Any]]]:
    """Whole tumor: calibrate without one site, test on its patients (all of them, none of whom was learned from).

    Preset -> one record a site.
    """
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in tested}
    everyone = [row for rows in (*learned.values(), *tested.values()) for row in rows]
    for site in sorted({(row.cohort, row.site) for row in everyone}):
        others = {name: [row for row in learned[name] if (row.cohort, row.site) != site] for name in tested}
        for name, choice in choose_maps(others, Region.WT).items():
            rows = [row for row in others[name] if Region.WT in row.regions]
            theirs = [row for row in (*learned[name], *tested[name]) if (row.cohort, row.site) == site]
            applied = apply_to(fit_region(rows, Region.WT, choice), theirs, Region.WT, out)
            if applied:
                results[name].append(_site(f"{site[0]}: {site[1]}", len(rows), applied))
    return results


def _site(name: str, learned_from: int, applied: Sequence[Tested]) -> dict[str, Any]:
    inside = [t for t in applied if t.intervals is not None]
    return {
        "site": name,
        "patients": len(applied),
        "learned_from": learned_from,
        "mean_error": round(float(np.mean([abs(t.predicted - t.figures["dice"]) for t in applied])), 4),
        "with_interval": len(inside),
        "held": sum(_holds(t) for t in inside),
        "agree": sum(t.status is Status.AGREE for t in applied),
        "agree_good": sum(t.status is Status.AGREE and t.figures["dice"] >= GOOD for t in applied),
    }


def _holds(tested: Tested) -> bool:
    if tested.intervals is None:
        return False
    low, high = dice_bounds(tested.intervals["dice"], tested.predicted)
    return bool(low - 1e-9 <= tested.figures["dice"] <= high + 1e-9)


def _synthetic(package: SegmenterPackage) -> tuple[tuple[bool, float], str]:
    return package.card.training_mix.rank, package.card.id


def _evenly(entries: Sequence[LabelledCase], count: int | None) -> list[LabelledCase]:
    if count is None or count >= len(entries):
        return list(entries)
    return [entries[int(n)] for n in np.linspace(0, len(entries) - 1, count).round()] if count else []
