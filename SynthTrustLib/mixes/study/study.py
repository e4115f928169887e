"""A whole study: train what is missing, audit the sets, measure everyone on held-out patients, write the report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from SynthTrustLib.calibration.evaluate.page import read_track_record
from SynthTrustLib.errors import InputError
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.mixes.audit.card import FEWEST
from SynthTrustLib.mixes.audit.command import audit_set
from SynthTrustLib.mixes.dataset import first_samples
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.mixes.plan import Plan, read_plan
from SynthTrustLib.mixes.planned_sets import has_generator, planned_set
from SynthTrustLib.mixes.preflight import check_plan, check_simulator
from SynthTrustLib.mixes.samples import real_samples
from SynthTrustLib.mixes.study.analysis import analyse
from SynthTrustLib.mixes.study.facts import real_facts, synthetic_facts, true_sizes
from SynthTrustLib.mixes.study.figures import draw_figures
from SynthTrustLib.mixes.study.html import render_study
from SynthTrustLib.mixes.study.plain import render_plain
from SynthTrustLib.mixes.study.publish import publish
from SynthTrustLib.mixes.study.rows import Row, add_tertiles, measure_package
from SynthTrustLib.mixes.study.sentences import sentences
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.adapters.slices.mirrored import shown_once
from SynthTrustLib.segmenters.engines.engine import choose_engine
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import weights_of
from SynthTrustLib.whole_file import whole_file, write_text

FORMAT = 1


def run_study(
    plan_file: Path,
    data: Path,
    work: Path,
    packages: Path,
    report: Path,
    *,
    part: str = "test",
    draws: int = 1000,
    finished_only: bool = False,
    calibration: Path | None = None,
    progress: Progress = silent,
) -> Path:
    """Run or go on with the study of a plan and return the path of its ``study.html``.

    With `finished_only`, nothing is trained: the report is of the segmenters and generators that are there, and names
    those that are not and the sets that cannot be made. The track record of a `calibration` is added to the report.

    Everything that is finished and made by the same settings is skipped: the generator, the cases of the synthetic
    sets, the segmenters, the mix cards, and the measurements of unchanged weights on unchanged cases. Raises InputError
    before any training, if a case, its label, the split or the plan cannot be used; the message names it.
    """
    track_record = read_track_record(calibration) if calibration else None
    plan = read_plan(plan_file)
    laboratory = Laboratory(plan, data, work)
    check_plan(plan, laboratory.split, laboratory.cases, progress)
    training = laboratory.part("train")
    if not finished_only:
        check_simulator(plan, training, data)
    if not laboratory.part(part):
        raise InputError(
            f"its {part} part has no case to measure on",
            source=plan.split.name,
            next_step="Make a split with such cases, or measure on another part.",
        )
    if finished_only:
        found = {mix.id: laboratory.trained(mix, packages) for mix in plan.segmenters}
    else:
        found = {mix.id: laboratory.train(mix, packages, progress) for mix in plan.segmenters}
    mixes = [mix for mix in plan.segmenters if found[mix.id] is not None]
    trained = [package for package in found.values() if package is not None]
    if not trained:
        raise InputError(
            "none of its segmenters is trained yet",
            source=plan_file.name,
            next_step="Run the study without --finished-only, which trains them.",
        )
    command = f"synthtrust mixes study {plan_file.name} --data DATA --work WORK --out PACKAGES --report {report.name}"
    used = {mix.set for mix in mixes if mix.set and mix.synthetic_fraction + mix.added_fraction}
    ladder_set = next((mix.set for mix in plan.segmenters if mix.factor == "proportion" and mix.set), None)
    missing_sets = [
        name
        for name in plan.sets
        if finished_only and name in (*used, ladder_set) and not has_generator(plan, name, training, data)
    ]
    cards = _audit(plan, used - set(missing_sets), laboratory, report, command, draws, progress)
    made_set = None if ladder_set in missing_sets else ladder_set
    rows, patients = _measure(plan, laboratory, trained, part, made_set, progress)
    if part == "test":
        trained = [publish(package, mix, rows, cards) for mix, package in zip(mixes, trained, strict=True)]
    results = analyse(mixes, rows)
    study = {
        "format": FORMAT,
        "plan": plan_file.name,
        "command": f"{command} --part {part}"
        + (" --finished-only" if finished_only else "")
        + (f" --calibration {calibration.name}" if calibration else ""),
        "part": part,
        "patients": patients,
        "missing": [mix.id for mix in plan.segmenters if mix not in mixes],
        "missing_sets": missing_sets,
        "weights": {package.card.id: weights_of(package.card) for package in trained},
        "results": results,
        "sentences": sentences(results),
        "mix_cards": cards,
    }
    pictures = draw_figures(results)
    for name, picture in pictures.items():
        with whole_file(report / f"{name}.png") as unfinished:
            unfinished.write_bytes(picture)
    write_text(report / "study.json", json.dumps({**study, "mix_cards": sorted(cards), "rows": rows}, indent=1) + "\n")
    write_text(report / "study.html", render_study(study, pictures, track_record))
    write_text(report / "plain.html", render_plain(study))
    progress("the report is written", 1.0)
    return report / "study.html"


def _audit(
    plan: Plan, used: Set[str], laboratory: Laboratory, report: Path, command: str, draws: int, progress: Progress
) -> dict[str, Any]:
    """The mix card of every set that is used and that has enough cases; unchanged ones are read again."""
    cards: dict[str, Any] = {}
    for name in (name for name in plan.sets if name in used):
        made = laboratory.synthetic_set(name, progress)
        sizes = [made.record["counts"][cohort] for cohort in made.record["counts"]]
        real = [len(parts["train"]) for cohort, parts in laboratory.split.items() if cohort in made.record["counts"]]
        if min((*sizes, *real), default=0) < FEWEST:
            continue
        path = report / f"mix-card-{name}.json"
        stamp = f"{command} # set {fingerprint([made.record, draws])[:16]}"
        if path.exists() and json.loads(path.read_text("utf-8")).get("command") == stamp:
            cards[name] = json.loads(path.read_text("utf-8"))
            continue
        folder = laboratory.work / "sets" / name
        cards[name] = audit_set(
            folder, laboratory.cases, laboratory.split, laboratory.work, stamp, draws=draws, progress=progress
        )
        write_text(path, json.dumps(cards[name], indent=1) + "\n")
    return cards


def _measure(
    plan: Plan,
    laboratory: Laboratory,
    trained: Sequence[SegmenterPackage],
    part: str,
    made_set: str | None,
    progress: Progress,
) -> tuple[list[Row], dict[str, int]]:
    """Rows of every segmenter on the held-out real patients, and on synthetic ones of `made_set`, if any."""
    cases = laboratory.part(part)
    samples = first_samples(real_samples(cases, laboratory.work / "real"))
    facts = real_facts(cases, laboratory.work / "study")
    patients = {"real": len(samples), "synthetic": 0}
    if made_set is not None:
        training = laboratory.part("train")
        made = planned_set(plan, made_set, training, laboratory.data, laboratory.work, progress, held_out=cases)
        drawn = first_samples(made.samples)
        facts |= synthetic_facts(made)
        patients["synthetic"] = len(drawn)
        samples += drawn
    engine = choose_engine()
    rows = [
        row
        for package in trained
        for row in measure_package(shown_once(package), samples, facts, engine, laboratory.work / "study", progress)
    ]
    sizes: Mapping[tuple[str, str], Sequence[float]] = true_sizes(
        first_samples(real_samples(laboratory.part("train"), laboratory.work / "real"))
    )
    add_tertiles(rows, sizes)
    return rows, patients
