"""``synthtrust mixes audit``: a synthetic set against real patients, as a mix card."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.mixes.audit import given_command
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.whole_file import write_text

DRAWS = 1000


def add_command(subparsers: Any) -> None:
    """Add ``audit``."""
    audit = subparsers.add_parser("audit", help="measure a synthetic set against real patients: the mix card")
    audit.add_argument("set", type=Path, metavar="SYNTHETIC", help="a set of any maker, as a folder or table of cases")
    audit.add_argument("--against", type=Path, metavar="REAL", help="folder or table of real patients to compare with")
    audit.add_argument(
        "--training", type=Path, metavar="REAL_TRAINING", help="the patients whom the generator was trained on"
    )
    audit.add_argument(
        "--labels",
        default="auto",
        metavar="CONVENTION",
        help="what synthetic labels mean, as in --member of assess",
    )
    audit.add_argument("--out", type=Path, metavar="CARD", help="folder of the card (with --against), or its JSON file")
    audit.add_argument("--work", type=Path, metavar="DIR", help="what was measured is kept here, for the next time")
    audit.add_argument("--draws", type=_positive, metavar="N", help="resamplings behind an interval")
    audit.add_argument(
        "--no-outlines",
        action="store_true",
        help="let no segmenter outline the cases: faster, and labels get no second opinion",
    )
    audit.add_argument(
        "--try",
        dest="try_it",
        action="store_true",
        help="train small segmenters of real, mixed and synthetic cases, and measure them on real ones",
    )
    audit.add_argument("--try-steps", type=_positive, metavar="N", help="training steps of --try (default: 300)")
    own = audit.add_argument_group("a set of synthtrust mixes synthesize, cohort by cohort")
    own.add_argument("--data", type=Path, metavar="DIR", help="folder or table of labelled cases")
    own.add_argument("--split", type=Path, metavar="FILE", help="split of those cases (JSON)")
    audit.set_defaults(run=_audit)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


def audit_set(
    folder: Path,
    cases: dict[str, LabelledCase],
    split: dict[str, dict[str, list[str]]],
    work: Path,
    command: str,
    *,
    draws: int = 1000,
    progress: Progress = silent,
) -> dict[str, Any]:
    """The mix card of the set in `folder`: every cohort against its training patients.

    The patients held out for comparison are those of the calibration part: test patients are kept for the end. Raises
    InputError if the split does not have a cohort of the set, a case of the split is missing, or there are too few
    cases.
    """
    from SynthTrustLib.labelled.split import part_cases
    from SynthTrustLib.mixes.audit.card import audit_cohort, mix_card
    from SynthTrustLib.mixes.audit.table import build_table
    from SynthTrustLib.mixes.samples import real_samples
    from SynthTrustLib.mixes.synthetic_set import read_set

    made = read_set(folder)
    names = sorted({sample.cohort for sample in made.samples})
    for cohort in names:
        if cohort not in split:
            raise InputError(
                "the set imitates this cohort, but the split does not have it",
                source=cohort,
                next_step="Name the split that the set was made with.",
            )
    patients = {
        (cohort, part): part_cases({cohort: split[cohort]}, cases, part)
        for cohort in names
        for part in ("train", "calibration")
    }
    cohorts = {}
    for cohort in names:
        progress(f"{cohort}: measuring the cases", 0.0)
        training, held_out = (
            build_table(
                (sample, case.site)
                for case in patients[cohort, part]
                for sample in real_samples([case], work / "real")[-1:]
            )
            for part in ("train", "calibration")
        )
        synthetic = build_table((sample, "synthetic") for sample in made.samples if sample.cohort == cohort)
        sources = [made.sources[identifier] for identifier in synthetic.ids]
        cohorts[cohort] = audit_cohort(cohort, training, held_out, synthetic, sources, draws=draws, progress=progress)
    return mix_card(made.record, cohorts, command)


def summarize(card: dict[str, Any]) -> list[str]:
    """The card's main figures, a line each."""
    lines = []
    for cohort, audit in card["cohorts"].items():
        memory = audit["memorization"]["pictures"]
        source, by_chance = memory["source"], 1 / (audit["cases"]["held_out"] + 1)
        figures = {
            "classifier AUC": audit["classifier_auc"],
            "density": audit["density"],
            "coverage": audit["coverage"],
            "Vendi ratio": audit["vendi_ratio"],
            "squared MMD": audit["mmd"],
            "outside the real range": audit["constraint"]["outside_real_range"],
            "nearest is a training patient, not a held-out one (chance 0.5)": memory["nearest_is_training"],
            f"nearer to a training patient than any held-out patient is (chance {by_chance:.2g})": memory["copies"],
        }
        if source is not None:
            name = f"nearest training patient is its own source (chance {source['chance']:.2g})"
            figures[name] = source["nearest_is_source"]
        for name, figure in figures.items():
            lines.append(f"{cohort} {name}: {_words(figure)}")
    return lines


def _words(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "unknown"
    if figure["low"] is None:
        return f"{figure['value']:.3g}"
    return f"{figure['value']:.3g} [{figure['low']:.3g}, {figure['high']:.3g}]"


def _audit(arguments: argparse.Namespace) -> None:
    if arguments.against is not None:
        given_command.run(arguments)
        return
    missing = [f"--{name}" for name in ("data", "split", "work", "out") if getattr(arguments, name) is None]
    if missing:
        raise InputError(
            f"{', '.join(missing)} must be given for a set of our own",
            source="audit",
            next_step="Give them, or name the real patients to compare any set with: --against REAL.",
        )
    _audit_own(arguments, arguments.draws or DRAWS)


def _audit_own(arguments: argparse.Namespace, draws: int) -> None:
    from SynthTrustLib.labelled.cases import find_cases
    from SynthTrustLib.labelled.split import read_split

    cases = {case.id: case for case in find_cases(arguments.data)}
    command = f"synthtrust mixes audit {arguments.set.name} --data DATA --split {arguments.split.name} --work WORK"

    def progress(stage: str, fraction: float) -> None:
        print(f"{100 * fraction:3.0f} % {stage}", flush=True)

    card = audit_set(
        arguments.set,
        cases,
        read_split(arguments.split),
        arguments.work,
        f"{command} --draws {draws} --out {arguments.out.name}",
        draws=draws,
        progress=progress,
    )
    write_text(arguments.out, json.dumps(card, indent=1) + "\n")
    print("\n".join(summarize(card)))
