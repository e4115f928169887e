"""``synthtrust trust ...``: calibrate predictions on labelled patients, and measure how they do on others."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.cases import find_cases
from SynthTrustLib.segmenters.options import add_segmenter_folder
from SynthTrustLib.segmenters.package.folder import SegmenterPackage

if TYPE_CHECKING:
    from SynthTrustLib.calibration.calibrate import FitMixes


class OfCohort(Protocol):
    """Calibrates on a cohort, which this room does not know: to show what can be learned, or also to use it."""

    def __call__(self, cohort: Path, *, use: bool) -> None: ...


def add_commands(
    subparsers: Any,
    mixes_of_plan: Callable[[Path, Path, Path], FitMixes],
    of_cohort: OfCohort,
    undo: Callable[[], None],
) -> None:
    """Add every command to the sub-parsers of ``synthtrust trust``.

    `mixes_of_plan` asks the laboratory, which this room does not know: a plan, labelled cases, a work folder. `undo`
    takes back what `of_cohort` has done last.
    """
    calibrate = subparsers.add_parser(
        "calibrate",
        help="fit predictions on labelled patients that no segmenter was trained on",
        description="Fit predicted Dice, intervals, margins, temperatures, status rules and the in-distribution check "
        "on labelled patients. What was done before is kept under --work, so that a second call takes seconds. Of a "
        "COHORT that was run with --reference it learns for this hospital; nothing runs again, and only --use lets "
        "assessments use it.",
    )
    calibrate.add_argument(
        "of", nargs="?", type=Path, metavar="COHORT", help="learn for this hospital, and show how well that does"
    )
    calibrate.add_argument("--use", action="store_true", help="of a COHORT: judge patients by it from now on")
    calibrate.add_argument("--undo", action="store_true", help="take back what was learned last with --use")
    _add_common(calibrate, required=False)
    calibrate.add_argument(
        "--plan", type=Path, metavar="PLAN", help="plan file, to compare patients with the mixes' training sets"
    )
    calibrate.add_argument("--lab", type=Path, metavar="DIR", help="the laboratory's work folder, with --plan")
    calibrate.add_argument(
        "--folds", type=Path, metavar="FILE", help="learn from what synthtrust trust fold has written, too"
    )
    calibrate.add_argument("--out", type=Path, metavar="FILE", help="the calibration file")
    calibrate.set_defaults(run=partial(_calibrate, mixes_of_plan=mixes_of_plan, of_cohort=of_cohort, undo=undo))

    fold = subparsers.add_parser(
        "fold",
        help="measure training patients by segmenters that were trained without them",
        description="Measure the calibration part of a split by a fold: the segmenters of the presets, trained once "
        "more without these patients. A segmenter fold-ID stands for ID. Only signals and Dice are kept; calibrate "
        "--folds learns from them.",
    )
    _add_common(fold)
    fold.add_argument("--out", type=Path, required=True, metavar="FILE", help="a JSON file")
    fold.set_defaults(run=_fold)

    evaluate = subparsers.add_parser(
        "evaluate",
        help="measure the track record of a calibration on labelled test patients",
        description="Measure failure detection, coverage, calibration error and the in-distribution check on labelled "
        "patients that the calibration never saw; writes a JSON file and a page.",
    )
    _add_common(evaluate)
    evaluate.add_argument("calibration", type=Path, metavar="FILE", help="the calibration file")
    evaluate.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the track record, a .json with an .html beside it (default: beside the calibration file, where it is "
        "found when that is used)",
    )
    evaluate.add_argument(
        "--healthy", type=Path, metavar="FOLDER", help="scans of a healthy brain (t1.nii.gz, ...), to be found unusual"
    )
    evaluate.add_argument("--shifted", type=int, default=None, metavar="N", help="shift so many test patients (all)")
    evaluate.set_defaults(run=_evaluate)


def _add_common(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument(
        "--cases", type=Path, required=required, metavar="FOLDER", help="labelled cases, FOLDER/COHORT/CASE"
    )
    parser.add_argument(
        "--split", type=Path, metavar="FILE", help="which cases train, calibrate, test; without it all of them count"
    )
    parser.add_argument("--cohort", action="append", metavar="NAME", help="only cases of this cohort; may be repeated")
    parser.add_argument("--work", type=Path, required=required, metavar="DIR", help="answers and signals are kept here")
    parser.add_argument("--segmenters", default="all", metavar="SPEC", help="all, a preset, or ID,ID (default: all)")
    add_segmenter_folder(parser)
    parser.add_argument(
        "--replace-shipped", action="store_true", help="the result may replace a file that ships with SynthTrust"
    )
    parser.add_argument("--engine", default="auto", metavar="NAME", help="what runs the networks (default: auto)")


def _calibrate(
    arguments: argparse.Namespace,
    mixes_of_plan: Callable[[Path, Path, Path], FitMixes],
    of_cohort: OfCohort,
    undo: Callable[[], None],
) -> None:
    named = [f"--{name}" for name in ("cases", "work", "out") if getattr(arguments, name) is not None]
    if arguments.undo or arguments.of is not None:
        if named or (arguments.undo and (arguments.of is not None or arguments.use)):
            raise InputError(
                "a COHORT, --undo and --cases are three ways to use it, of which one is taken",
                source="calibrate",
                next_step="Give a COHORT with or without --use, or --undo, or --cases with --work and --out.",
            )
        if arguments.undo:
            undo()
        else:
            of_cohort(arguments.of, use=arguments.use)
        return
    if len(named) < 3 or arguments.use:
        raise InputError(
            "it does not say what to calibrate on",
            source="calibrate",
            next_step="Give a COHORT that was run with --reference, or --cases with --work and --out.",
        )
    _calibrate_cases(arguments, mixes_of_plan)


def _calibrate_cases(arguments: argparse.Namespace, mixes_of_plan: Callable[[Path, Path, Path], FitMixes]) -> None:
    from SynthTrustLib.calibration.calibrate import calibrate, write_record
    from SynthTrustLib.calibration.folds import read_folds
    from SynthTrustLib.calibration.held_out import require_held_out
    from SynthTrustLib.calibration.output_files import require_free
    from SynthTrustLib.trust.learned.calibration import shipped_calibration
    from SynthTrustLib.trust.learned.calibration_file import CalibrationFile

    require_free(arguments.out, replace_shipped=arguments.replace_shipped)
    everyone = list(find_cases(arguments.cases))
    bench = _bench(arguments)
    if (arguments.plan is None) != (arguments.lab is None):
        raise InputError("--plan and --lab go together", source="calibrate", next_step="Name both, or neither.")
    fit_mixes = None
    if arguments.plan is not None:
        fit_mixes = mixes_of_plan(arguments.plan, arguments.cases, arguments.lab)
    entries = _held_out(arguments, everyone, "calibration", bench.packages)
    folds = read_folds(arguments.folds) if arguments.folds else {}
    in_fold = {row.case for rows in folds.values() for row in rows}
    require_held_out(entries, everyone, in_fold, f"{arguments.folds} already has")
    record = calibrate(
        bench,
        entries,
        _part(arguments, everyone, "train") if arguments.split else [],
        _command(arguments, "calibrate"),
        base=shipped_calibration([package.card for package in bench.packages]),
        folds=folds,
        fit_mixes=fit_mixes,
        progress=_say,
    )
    write_record(arguments.out, record, CalibrationFile)
    for preset in record["presets"]:
        counts = ", ".join(f"{region} {part['patients']}" for region, part in preset["regions"].items())
        print(f"{preset['name']}: {len(preset['segmenters'])} segmenters, patients: {counts}")
    print(arguments.out)


def _fold(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.calibration.calibrate import write_record
    from SynthTrustLib.calibration.folds import FoldFile, folded, measure_fold
    from SynthTrustLib.calibration.output_files import require_free

    require_free(arguments.out, replace_shipped=arguments.replace_shipped)
    bench = _bench(arguments)
    entries = _held_out(arguments, list(find_cases(arguments.cases)), "calibration", folded(bench.packages))
    write_record(arguments.out, measure_fold(bench, entries, _command(arguments, "fold"), _say), FoldFile)
    print(arguments.out)


def _evaluate(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.calibration.calibrate import write_record
    from SynthTrustLib.calibration.evaluate.everything import evaluate
    from SynthTrustLib.calibration.evaluate.page import render_evaluation
    from SynthTrustLib.calibration.held_out import require_held_out
    from SynthTrustLib.calibration.needs import require
    from SynthTrustLib.calibration.output_files import require_free, track_record_files, write_result
    from SynthTrustLib.trust.learned.calibration import read_calibration
    from SynthTrustLib.trust.learned.calibration_file import EvaluationFile

    require("jinja2", "matplotlib")
    calibration = read_calibration(arguments.calibration)
    record_file, page = track_record_files(arguments.calibration, arguments.out)
    seen = {patient["case"] for patient in calibration.record["patients"]}
    everyone = list(find_cases(arguments.cases))
    bench = _bench(arguments)
    entries = _held_out(arguments, everyone, "test", bench.packages)
    require_held_out(entries, everyone, seen, "the calibration was fitted on")
    require_free(record_file, page, replace_shipped=arguments.replace_shipped)
    result = evaluate(
        bench,
        calibration,
        entries,
        _command(arguments, "evaluate"),
        calibration_entries=[entry for entry in everyone if entry.id in seen],
        healthy=arguments.healthy,
        shifted=arguments.shifted,
        progress=_say,
    )
    write_record(record_file, result, EvaluationFile)
    write_result(page, render_evaluation(result, calibration.record))
    for shift in result["in_distribution"].get("not_simulated", ()):
        print(f"not simulated, as resector is not installed: {shift}")
    print(page)


def _bench(arguments: argparse.Namespace) -> Any:
    from SynthTrustLib.calibration.calibrate import Bench
    from SynthTrustLib.segmenters.engines.engine import choose_engine
    from SynthTrustLib.segmenters.package.registry import find_packages, select

    installed = find_packages(arguments.segmenter_folders)
    packages = select(installed, arguments.segmenters)
    families = {package.card.family for package in packages}
    rivals = [package for package in installed if package.card.family in families]
    return Bench(packages, choose_engine(arguments.engine), arguments.work, rivals)


def _held_out(
    arguments: argparse.Namespace, everyone: Sequence[LabelledCase], part: str, packages: Iterable[SegmenterPackage]
) -> list[LabelledCase]:
    """The cases of a part, refused where a segmenter was trained on one of them."""
    from SynthTrustLib.calibration.held_out import require_held_out, trained_on

    entries = _part(arguments, everyone, part)
    require_held_out(entries, everyone, trained_on(packages), "the segmenters were trained on")
    return entries


def _part(arguments: argparse.Namespace, everyone: Sequence[LabelledCase], part: str) -> list[LabelledCase]:
    """The cases of a part of the split, or all of them without one; of the chosen cohorts only."""
    from SynthTrustLib.labelled.split import read_split

    split = None if arguments.split is None else read_split(arguments.split)
    _require_cohorts(arguments.cohort or (), {case.cohort for case in everyone} if split is None else split)
    cases = [c for c in everyone if not arguments.cohort or c.cohort in arguments.cohort]
    if split is None:
        return cases
    wanted = {case for name in arguments.cohort or split for case in split.get(name, {}).get(part, ())}
    missing = sorted(wanted - {case.id for case in cases})
    if missing:
        raise InputError(
            f"{len(missing)} cases of the split are not in the folder, the first is {missing[0]}",
            source=str(arguments.cases),
            next_step="Name the folder that holds all cases of the split.",
        )
    return [case for case in cases if case.id in wanted]


def _require_cohorts(wanted: Iterable[str], there: Collection[str]) -> None:
    for name in wanted:
        if name not in there:
            raise InputError(
                "there is no such cohort",
                source=f"--cohort {name}",
                next_step=f"Name one of these: {', '.join(sorted(there))}." if there else "Name labelled cases.",
            )


def _command(arguments: argparse.Namespace, name: str) -> str:
    """The command as it can be given again, without this machine's paths."""
    parts = [f"synthtrust trust {name}"]
    if name == "evaluate":
        parts.append(arguments.calibration.name)
    parts.append("--cases CASES --work WORK")
    if arguments.split:
        parts.append(f"--split {arguments.split.name}")
    parts += [f"--cohort {name}" for name in arguments.cohort or ()]
    if getattr(arguments, "plan", None):
        parts.append(f"--plan {arguments.plan.name} --lab LAB")
    if getattr(arguments, "folds", None):
        parts.append(f"--folds {arguments.folds.name}")
    if name == "fold":
        parts.append("--segmenter-folder FOLD")
    if arguments.segmenters != "all":
        parts.append(f"--segmenters {arguments.segmenters}")
    if getattr(arguments, "healthy", None):
        parts.append("--healthy FOLDER")
    if getattr(arguments, "shifted", None) is not None:
        parts.append(f"--shifted {arguments.shifted}")
    if arguments.out:
        parts.append(f"--out {arguments.out.name}")
    return " ".join(parts)


_last = [""]


def _say(stage: str, fraction: float) -> None:
    if stage != _last[0]:
        print(stage, flush=True)
        _last[0] = stage
