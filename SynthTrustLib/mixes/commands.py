"""``synthtrust mixes ...``: the laboratory on the command line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes import console, synthesize_command
from SynthTrustLib.mixes.audit import command as audit_command
from SynthTrustLib.mixes.diffusion import command as generator_command
from SynthTrustLib.mixes.study import command as study_command


def add_commands(subparsers: Any) -> None:
    """Add every command to the sub-parsers of ``synthtrust mixes``."""
    split = subparsers.add_parser("split", help="deal labelled patients into train, calibration and test, once for all")
    split.add_argument("data", type=Path, metavar="DATA", help="labelled cases, DATA/COHORT/CASE/*.nii.gz, or a table")
    split.add_argument(
        "--sizes", action="append", required=True, metavar="COHORT=N,N,N", help="cases to train, calibrate, test"
    )
    split.add_argument("--seed", type=int, default=1)
    split.add_argument("--pin", action="append", default=[], metavar="PART=ID,ID", help="cases whose part is given")
    split.add_argument("--out", type=Path, required=True, metavar="FILE", help="the split, as JSON; never overwritten")
    split.set_defaults(run=_split)

    sample = subparsers.add_parser("sample-patient", help="simulate the patient that SynthTrust ships")
    sample.add_argument("--seed", type=int, default=11)
    sample.add_argument("--out", type=Path, required=True, metavar="DIR")
    sample.set_defaults(run=_sample_patient)

    train = subparsers.add_parser("train", help="train the segmenters of a plan that are not there yet")
    _add_plan(train)
    train.set_defaults(run=_train)

    measure = subparsers.add_parser("measure", help="measure trained segmenters on held-out patients")
    _add_plan(measure)
    measure.add_argument(
        "--part",
        choices=("calibration", "test"),
        default="calibration",
        help="held-out patients to measure on (calibration; the test patients are for the study, at the end)",
    )
    measure.add_argument(
        "--split",
        type=Path,
        metavar="FILE",
        help="patients of another split than the plan's; none may have been learned from",
    )
    measure.add_argument("--write-cards", action="store_true", help="write the means, with intervals, onto the cards")
    measure.set_defaults(run=_measure)
    generator_command.add_command(subparsers)
    synthesize_command.add_command(subparsers)
    audit_command.add_command(subparsers)
    study_command.add_command(subparsers)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="PLAN", help="plan file (YAML)")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder or table of labelled cases")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="samples and checkpoints are kept here")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of segmenter packages")
    parser.add_argument("--only", metavar="ID,ID", help="these segmenters of the plan")


def _split(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.labelled.cases import find_cases
    from SynthTrustLib.labelled.persons import joined_to_nobody
    from SynthTrustLib.labelled.split import PARTS, make_split, write_split

    if arguments.out.exists():
        raise InputError(
            "a split is frozen once it is made, so it is not overwritten",
            source=str(arguments.out),
            next_step="Name another file, or delete this one if nothing was trained on it.",
        )
    sizes = {}
    for entry in arguments.sizes:
        cohort, _, counts = entry.partition("=")
        numbers = [int(n) for n in counts.split(",") if n.strip().isdigit()]
        if len(numbers) != len(PARTS):
            raise InputError("these sizes cannot be read", source=entry, next_step="Write COHORT=12,5,5.")
        sizes[cohort] = numbers
    pinned: dict[str, str] = {}
    for entry in arguments.pin:
        part, _, identifiers = entry.partition("=")
        if part not in PARTS:
            raise InputError("this is not a part", source=part, next_step=f"Use one of {', '.join(PARTS)}.")
        pinned |= dict.fromkeys(identifiers.split(","), part)
    everyone = list(find_cases(arguments.data))
    cases = [case for case in everyone if case.cohort in sizes]
    unknown = sorted(pinned.keys() - {case.id for case in cases})
    if unknown:
        raise InputError("there is no such labelled case", source=unknown[0], next_step="Correct the name in --pin.")
    chosen = make_split(cases, sizes, seed=arguments.seed, pinned=pinned)
    options = " ".join(f"--sizes {entry}" for entry in arguments.sizes) + f" --seed {arguments.seed}"
    options += "".join(f" --pin {entry}" for entry in arguments.pin)
    write_split(arguments.out, chosen, f"synthtrust mixes split DATA {options} --out {arguments.out.name}")
    for cohort, parts in chosen.items():
        print(f"{cohort}: " + ", ".join(f"{len(identifiers)} {part}" for part, identifiers in parts.items()))
    for case in joined_to_nobody(everyone):
        if case.cohort in sizes:
            print(f"{case.id}: same_patient_as names {case.same_patient_as}, which no other case is or names")


def _sample_patient(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.mixes.sample_patient import write_sample_patient

    write_sample_patient(arguments.out, arguments.seed)
    print(arguments.out)


def _train(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.mixes.preflight import check_simulator

    laboratory, mixes = _laboratory(arguments)
    check_simulator(laboratory.plan, laboratory.part("train"), arguments.data)
    for mix in mixes:
        package = laboratory.train(mix, arguments.out, console.lines())
        print(f"{package.card.id}: trained")


def _measure(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.calibration.evaluate.intervals import mean_interval
    from SynthTrustLib.calibration.held_out import require_held_out, trained_on
    from SynthTrustLib.labelled.split import read_split
    from SynthTrustLib.mixes.evaluate import held_out_dice
    from SynthTrustLib.mixes.make import renew
    from SynthTrustLib.segmenters.package.folder import load_package

    laboratory, mixes = _laboratory(arguments)
    if arguments.split is not None:
        laboratory.split = read_split(arguments.split)
    for mix in mixes:
        package = load_package(arguments.out / mix.id)
        require_held_out(
            laboratory.part(arguments.part),
            list(laboratory.cases.values()),
            trained_on([package]),
            "the segmenter was trained on",
        )
        results = laboratory.measure(package, arguments.part)
        measured = []
        for cohort, regions in results.items():
            for region, by_case in regions.items():
                values = list(by_case.values())
                low, high = mean_interval(values)
                mean = sum(values) / len(values)
                print(f"{mix.id} {cohort} {region}: Dice {mean:.3f} [{low:.3f}, {high:.3f}], n = {len(values)}")
                measured.append(held_out_dice(region, f"{cohort} {arguments.part}", values))
        if arguments.write_cards:
            renew(package, held_out=tuple(filter(None, measured)))
        log = arguments.work / f"{arguments.part}-{mix.id}.json"
        log.write_text(json.dumps(results, indent=1))
        sys.stdout.flush()


def _laboratory(arguments: argparse.Namespace) -> tuple[Any, list[Any]]:
    from SynthTrustLib.mixes.make import Laboratory
    from SynthTrustLib.mixes.plan import read_plan
    from SynthTrustLib.mixes.preflight import check_plan

    plan = read_plan(arguments.plan)
    wanted = arguments.only.split(",") if arguments.only else [mix.id for mix in plan.segmenters]
    by_id = {mix.id: mix for mix in plan.segmenters}
    for identifier in wanted:
        if identifier not in by_id:
            raise InputError(
                "the plan has no such segmenter", source=identifier, next_step=f"Use one of {', '.join(by_id)}."
            )
    laboratory = Laboratory(plan, arguments.data, arguments.work)
    check_plan(plan, laboratory.split, laboratory.cases, console.lines())
    return laboratory, [by_id[identifier] for identifier in wanted]
