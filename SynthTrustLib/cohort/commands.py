"""The commands ``synthtrust cohort``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SynthTrustLib.errors import Cancelled
from SynthTrustLib.segmenters.options import ENGINES, add_segmenter_folder

if TYPE_CHECKING:
    from SynthTrustLib.cohort.report.worklist import Line
    from SynthTrustLib.cohort.state import PatientState

SOME_FAILED = 4
"""Exit code of a run that is through, in which patients failed."""


def add_commands(subparsers: Any) -> None:
    """Add every command to the sub-parsers of ``synthtrust cohort``."""
    run = subparsers.add_parser(
        "run",
        help="assess every patient of a folder or a table; a second call goes on where the first stood",
        description="Assess every patient of a folder (one folder a patient, BIDS, or a DICOM tree) or of a table of "
        "paths. Says first what it will do. A patient who fails is one line, the others go on; what is done is not "
        "done again. Only COHORT/keys.csv says who is who.",
    )
    run.add_argument("source", type=Path, metavar="FOLDER|TABLE.csv", help="the patients")
    run.add_argument("--out", type=Path, required=True, metavar="COHORT", help="where the results go")
    run.add_argument("--dry-run", action="store_true", help="say what would be done, and stop")
    run.add_argument("--retry-failed", action="store_true", help="run those again who failed")
    run.add_argument(
        "--accept",
        dest="accepted",
        action="append",
        default=[],
        metavar="KEY",
        help="go on in spite of this concern, in every patient who has it, or as PATIENT/KEY in one; may be repeated",
    )
    run.add_argument(
        "--reference",
        metavar="NAME",
        help="measure against outlines: a column of the table, or the name of a file in each patient's folder, such as "
        "seg.nii.gz or '*_seg.nii.gz'",
    )
    where = run.add_argument_group("who does the work (Dask)")
    either = where.add_mutually_exclusive_group()
    either.add_argument("--workers", type=_count, metavar="N", help="processes on this machine (default: as suits it)")
    either.add_argument("--scheduler", metavar="ADDRESS", help="a cluster that is there, such as tcp://host:8786")
    where.add_argument(
        "--limit-memory", metavar="SIZE", help="end a worker of this machine that takes more than, say, 4GB"
    )
    how = run.add_argument_group("how")
    how.add_argument("--segmenters", default="default", metavar="SPEC", help="as of assess (default: the ladder)")
    how.add_argument("--record", metavar="ID", help="who draws the outline of record, as of assess")
    add_segmenter_folder(how)
    how.add_argument("--calibration", type=Path, metavar="FILE", help="what synthtrust trust calibrate wrote")
    how.add_argument("--engine", default="auto", metavar="NAME", help=f"one of {', '.join(ENGINES)} (default: auto)")
    how.add_argument("--scene", action="store_true", help="write scene.mrb for each patient, too")
    how.add_argument(
        "--dicom", action="store_true", help="write DICOM results, too, of DICOM images; they name the patient"
    )
    run.add_argument("--quiet", action="store_true", help="show errors only")
    run.set_defaults(run=_run)

    status = subparsers.add_parser(
        "status",
        help="how many patients are done, failed and waiting; the worst first",
        description="How many patients are done, have failed and wait, why those failed that did, and of the others "
        "who needs a look first: the worst status of each region with the predicted Dice.",
    )
    status.add_argument("cohort", type=Path, metavar="COHORT")
    status.add_argument("--worst", type=_count, default=10, metavar="N", help="show so many (default: 10)")
    status.add_argument("--names", action="store_true", help="show who is who, from COHORT/keys.csv")
    status.set_defaults(run=_status)

    report = subparsers.add_parser(
        "report",
        help="write COHORT/cohort.html, cohort.csv and cohort.parquet, worst first",
        description="Write COHORT/cohort.html, one page that opens offline, and the same as tables: cohort.csv, and "
        "cohort.parquet where pyarrow is installed. A run does so at its end.",
    )
    report.add_argument("cohort", type=Path, metavar="COHORT")
    report.set_defaults(run=_report)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a number, 1 or more")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    from SynthTrustLib.cohort.work.run import CohortRequest, run_cohort
    from SynthTrustLib.cohort.work.settings import Settings
    from SynthTrustLib.runner.process.display import show_progress

    request = CohortRequest(
        source=arguments.source,
        out=arguments.out,
        settings=Settings(
            segmenters=arguments.segmenters,
            record=arguments.record,
            extra_segmenter_folders=tuple(arguments.segmenter_folders),
            engine=arguments.engine,
            calibration=arguments.calibration,
            accepted=tuple(arguments.accepted),
            write_scene=arguments.scene,
            write_dicom=arguments.dicom,
        ),
        workers=arguments.workers,
        scheduler=arguments.scheduler,
        reference=arguments.reference,
        dry_run=arguments.dry_run,
        retry_failed=arguments.retry_failed,
        limit_memory=arguments.limit_memory,
    )

    def say(text: str) -> None:
        if not arguments.quiet:
            print(text, file=sys.stderr, flush=True)

    try:
        with show_progress(sys.stderr, quiet=arguments.quiet) as listener:
            states = run_cohort(request, say, listener)
    except KeyboardInterrupt:
        raise Cancelled("Whoever was done stays done; the same command goes on from there.") from None
    if arguments.dry_run:
        return 0
    print("\n".join(_lines(states, {})))
    _write_report(arguments.out)
    return 0 if all(state.is_done for state in states) else SOME_FAILED


def _status(arguments: argparse.Namespace) -> int:
    from SynthTrustLib.cohort.folder import require_cohort
    from SynthTrustLib.cohort.keys import read_keys
    from SynthTrustLib.cohort.report.worklist import read_worklist
    from SynthTrustLib.cohort.state import Outcome, read_states

    require_cohort(arguments.cohort)
    keys = read_keys(arguments.cohort)
    states = read_states(arguments.cohort)
    waiting = len(set(keys.values()) - set(states))
    names = {key: name for name, key in keys.items()} if arguments.names else {}
    lines = read_worklist(arguments.cohort)
    for line in lines:  # a result that cannot be read is none, whatever its run had to say
        if line.key in states and states[line.key].is_done and line.regions is None:
            states[line.key] = replace(states[line.key], outcome=Outcome.FAILED, reason=line.reason)
    print("\n".join(_lines(list(states.values()), names, waiting)))
    done = [line for line in lines if line.regions is not None]
    if done:
        print("worst first:" if len(done) > 1 else "a result:")
        print("\n".join(f"  {_called(line.key, names)}: {_found(line)}" for line in done[: arguments.worst]))
    if len(done) > arguments.worst:
        print(f"  and {len(done) - arguments.worst} more: {arguments.cohort / 'cohort.html'}, or --worst N")
    return 0


def _called(key: str, names: dict[str, str]) -> str:
    return f"{key} ({names[key]})" if key in names else key


def _found(line: Line) -> str:
    """What stands in the worklist, in words."""
    parts = []
    for name, region in (line.regions or {}).items():
        predicted = "" if region.predicted_dice is None else f" {region.predicted_dice:.2f}"
        parts.append(f"{name} {region.status}{predicted}")
    parts += ["unusual scans"] if line.unusual else []
    if line.warnings:
        parts.append("1 warning" if line.warnings == 1 else f"{line.warnings} warnings")
    return ", ".join(parts)


def _report(arguments: argparse.Namespace) -> int:
    from SynthTrustLib.cohort.folder import require_cohort

    require_cohort(arguments.cohort)
    _write_report(arguments.cohort)
    return 0


def _write_report(cohort: Path) -> None:
    from SynthTrustLib.cohort.report.page import write_report

    print(write_report(cohort, lambda text: print(text, file=sys.stderr))[0])


def _lines(states: list[PatientState], names: dict[str, str], waiting: int = 0) -> list[str]:
    """Counts, then a line for each who failed."""
    from SynthTrustLib.cohort.state import Outcome

    counts = Counter(state.outcome for state in states)
    parts = [f"{number} {outcome}" for outcome in Outcome if (number := counts[outcome])]
    lines = [", ".join([*parts, *([f"{waiting} waiting"] if waiting else [])]) or "no patient yet"]
    for state in states:
        if not state.is_done:
            lines.append(f"{_called(state.key, names)}: {state.reason}")
    return lines
