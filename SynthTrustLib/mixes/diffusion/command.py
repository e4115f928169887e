"""``synthtrust mixes generator``: train the diffusion generator on training patients."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from SynthTrustLib.codec import FieldError, decode, encode
from SynthTrustLib.errors import InputError
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.mixes import console
from SynthTrustLib.mixes.diffusion.training import GeneratorSchedule
from SynthTrustLib.progress import Progress, silent


def add_command(subparsers: Any) -> None:
    """Add ``generator``."""
    command = subparsers.add_parser("generator", help="train a label-conditioned diffusion generator")
    command.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder or table of labelled cases")
    command.add_argument("--split", type=Path, required=True, metavar="FILE", help="split of those cases (JSON)")
    command.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="samples and checkpoints are kept here"
    )
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the generator")
    command.add_argument("--steps", type=int, default=GeneratorSchedule.steps, help="of the high quality level")
    command.add_argument("--low-steps", type=int, default=GeneratorSchedule.snapshots[0], help="of the low level")
    command.add_argument("--seed", type=int, default=1)
    command.set_defaults(run=_generator)


def make_generator(
    training: Sequence[LabelledCase],
    schedule: GeneratorSchedule,
    work: Path,
    out: Path,
    progress: Progress = silent,
) -> None:
    """Train a generator with a high and a low quality level, unless `out` holds one of these patients and schedule."""
    from SynthTrustLib.mixes.diffusion.generator_files import write_generator
    from SynthTrustLib.mixes.diffusion.source import read_source
    from SynthTrustLib.mixes.diffusion.training import train_generator

    if is_trained(training, schedule, out):
        return
    record = _describe(training, schedule)
    progress("generator: preparing the patients", 0.0)
    sources = [read_source(case, work) for case in training]
    name = fingerprint(record)[:12]

    def report(step: int, running: float, left: float) -> None:
        what = f"generator: step {step} of {schedule.steps}, loss {running:.4f}, {left / 60:.0f} min left"
        progress(what, step / schedule.steps)

    kept = train_generator(sources, schedule, work / "checkpoints" / f"generator-{name}.pt", report)
    levels = {"high": (schedule.steps, kept[schedule.steps])}
    if schedule.snapshots:
        levels["low"] = (schedule.snapshots[0], kept[schedule.snapshots[0]])
    versions = {package: version(package) for package in ("torch", "monai", "numpy")}
    write_generator(out, {**record, "versions": versions}, levels)


def is_trained(training: Sequence[LabelledCase], schedule: GeneratorSchedule, out: Path) -> bool:
    """Whether `out` holds a generator of these patients and this schedule."""
    stored = out / "generator.json"
    if not stored.exists():
        return False
    there = json.loads(stored.read_text("utf-8"))
    return all(there.get(name) == value for name, value in _describe(training, schedule).items())


def _describe(training: Sequence[LabelledCase], schedule: GeneratorSchedule) -> dict[str, Any]:
    """What decides a generator's weights, as JSON values."""
    return {
        "schedule": encode(schedule),
        "network": dict(schedule.network),
        "training_patients": sorted(case.id for case in training),
    }


def _generator(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.labelled.cases import find_cases
    from SynthTrustLib.labelled.split import part_cases, read_split

    asked = {"steps": arguments.steps, "snapshots": [arguments.low_steps], "seed": arguments.seed}
    try:
        schedule = decode(GeneratorSchedule, asked)
    except FieldError as error:
        raise InputError(str(error), source="generator", next_step="Change --steps, --low-steps or --seed.") from error
    cases = {case.id: case for case in find_cases(arguments.data)}
    training = part_cases(read_split(arguments.split), cases, "train")
    make_generator(training, schedule, arguments.work, arguments.out, console.lines())
    print(arguments.out)
