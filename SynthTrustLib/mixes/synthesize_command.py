"""``synthtrust mixes synthesize``: a synthetic set from the simulator or a trained generator."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError


def add_command(subparsers: Any) -> None:
    """Add ``synthesize``."""
    make = subparsers.add_parser("synthesize", help="make a synthetic set: images, labels and a record a case")
    make.add_argument(
        "--generator", default="simulator", metavar="NAME", help="simulator (the default), or a generator's folder"
    )
    make.add_argument("--quality", default="high", choices=("high", "low"), help="level of a trained generator")
    make.add_argument("--count", action="append", required=True, metavar="COHORT=N", help="cases to make")
    make.add_argument("--seed", type=int, default=1000, help="of the first case; the next has the next number")
    make.add_argument("--sources", type=int, metavar="N", help="source patients a cohort (all training patients)")
    make.add_argument("--name", help="name of the set (that of its folder)")
    make.add_argument("--no-images", action="store_true", help="only what training and audit read")
    make.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder or table of labelled cases")
    make.add_argument("--split", type=Path, required=True, metavar="FILE", help="split of those cases (JSON)")
    make.add_argument("--work", type=Path, required=True, metavar="DIR", help="prepared samples are kept here")
    make.add_argument("--out", type=Path, required=True, metavar="SET", help="folder of the set; what is there stays")
    make.set_defaults(run=_synthesize)


def _synthesize(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.labelled.cases import find_cases
    from SynthTrustLib.labelled.split import part_cases, read_split
    from SynthTrustLib.mixes.makers import build_diffusion, build_simulator
    from SynthTrustLib.mixes.set_plan import SIMULATOR
    from SynthTrustLib.mixes.simulator.simulate import protocol_of
    from SynthTrustLib.mixes.synthetic_set import write_set

    cases = {case.id: case for case in find_cases(arguments.data)}
    training = part_cases(read_split(arguments.split), cases, "train")
    counts = _counts(arguments.count, {case.cohort for case in training})
    trained = arguments.generator != SIMULATOR
    if trained:
        generator = Path(arguments.generator)
        maker = build_diffusion(training, generator, arguments.quality, arguments.work, arguments.sources)
    else:
        for cohort in counts:
            protocol_of(cohort)  # before the patients are measured, which takes minutes
        maker = build_simulator(training, arguments.data, arguments.work, arguments.sources)

    def progress(stage: str, fraction: float) -> None:
        print(stage, flush=True)

    write_set(
        arguments.out,
        maker,
        counts,
        arguments.seed,
        name=arguments.name or arguments.out.name,
        quality=arguments.quality if trained else None,
        diversity=None if arguments.sources is None else f"{arguments.sources} source patients a cohort",
        images=not arguments.no_images,
        progress=progress,
    )


def _counts(entries: list[str], cohorts: set[str]) -> dict[str, int]:
    counts = {}
    for entry in entries:
        cohort, _, number = entry.partition("=")
        if cohort not in cohorts or not number.isdigit():
            raise InputError(
                "this count cannot be read",
                source=entry,
                next_step=f"Write COHORT=N with one of the cohorts {', '.join(sorted(cohorts))}.",
            )
        counts[cohort] = int(number)
    return counts
