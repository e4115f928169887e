"""What a cohort costs: its report, its worklist's order, and a patient beside a single assessment.

    python Testing/Benchmarks/benchmark_cohort.py report [--patients 1000]
    python Testing/Benchmarks/benchmark_cohort.py ranking [--calibration FILE]
    python Testing/Benchmarks/benchmark_cohort.py run [--patients 3] [--segmenters SPEC]
    python Testing/Benchmarks/benchmark_cohort.py workers [--patients 4] [--segmenters SPEC]

``report`` copies a kept scorecard into so many result folders, with other numbers and a picture in each, writes the
report, and opens the page in headless Chromium where there is one. ``ranking`` sorts the patients of a calibration by
their cross-fitted predictions, as the worklist does, and says how many outlines with a Dice below 0.6 come first.
``run`` assesses copies of the sample patient, alone and as a cohort with one worker, and compares wall time, processor
time and the largest process. ``workers`` compares one worker on one core with two workers on two. On a machine that
does other things as well, compare processor times only, and only within one call.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]

from browser import drive, find_browser
from cohort.many_results import write_results

from SynthTrustLib.calibration.evaluate.failure import auroc
from SynthTrustLib.cohort.report.page import write_report

BAD, FIRST_SHARE, DRAWS = 0.6, 0.2, 2000


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    report = commands.add_parser("report")
    report.add_argument("--patients", type=int, default=1000)
    report.add_argument("--keep", type=Path, help="leave the cohort in this folder")
    report.set_defaults(run=measure_report)
    ranking = commands.add_parser("ranking")
    ranking.add_argument("--calibration", type=Path, default=ROOT / "Resources/Calibration/synthtrust-reference.json")
    ranking.set_defaults(run=measure_ranking)
    run = commands.add_parser("run")
    run.add_argument("--patients", type=int, default=3)
    run.add_argument("--segmenters", default="real-only,synthetic-only")
    run.set_defaults(run=measure_run)
    workers = commands.add_parser("workers")
    workers.add_argument("--patients", type=int, default=4)
    workers.add_argument("--segmenters", default="real-only,synthetic-only")
    workers.set_defaults(run=measure_workers)
    arguments = parser.parse_args(argv)
    arguments.run(arguments)


def measure_report(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        cohort = arguments.keep or Path(temporary) / "cohort"
        write_results(cohort, arguments.patients)
        wall, busy = time.monotonic(), time.process_time()
        paths = write_report(cohort)
        wall, busy = time.monotonic() - wall, time.process_time() - busy
        print(f"{arguments.patients} patients: {busy:.1f} s of the processor, {wall:.1f} s")
        for path in paths:
            print(f"  {path.name}: {path.stat().st_size / 1e6:.2f} MB")
        if find_browser():
            empty = cohort.parent / "empty.html"
            empty.write_text("<!DOCTYPE html><title>empty</title><body></body>", "utf-8")
            (alone, _), (busy, wall) = opening(empty), opening(paths[0])
            print(f"  opened in Chromium: {busy:.1f} s of the processor, of an empty page {alone:.1f} s; {wall:.1f} s")


def opening(page: Path) -> tuple[float, float]:
    """Seconds of the processor of a browser that opens a page and ends, and seconds until the page was loaded."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    milliseconds = drive(page, "return performance.now();")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, milliseconds / 1000


def measure_ranking(arguments: argparse.Namespace) -> None:
    record = json.loads(arguments.calibration.read_text("utf-8"))
    for preset in record["presets"]:
        examples = preset["regions"].get("WT", {}).get("examples", [])
        if examples:
            predicted, dice = (np.array([example[name] for example in examples]) for name in ("predicted", "dice"))
            print(f"{preset['name']}: {in_words(predicted, dice)}")


def in_words(predicted: np.ndarray, dice: np.ndarray) -> str:
    """AUROC, and the share of bad outlines among the first, with 95 % bootstrap intervals by patient."""
    bad = dice < BAD
    if not bad.any() or bad.all():
        return f"n = {len(dice)}, {int(bad.sum())} with a Dice below {BAD}: nothing to tell apart"
    random = np.random.default_rng(0)
    draws = [random.integers(len(dice), size=len(dice)) for _ in range(DRAWS)]
    usable = [draw for draw in draws if bad[draw].any() and not bad[draw].all()]
    figures = []
    for name, figure in (("AUROC", _auroc), ("found among the first", found_first)):
        values = [figure(predicted[draw], bad[draw]) for draw in usable]
        low, high = np.quantile(values, (0.025, 0.975))
        figures.append(f"{name} {figure(predicted, bad):.2f} [{low:.2f}, {high:.2f}]")
    return f"n = {len(dice)}, {int(bad.sum())} with a Dice below {BAD}: {', '.join(figures)}"


def _auroc(predicted: np.ndarray, bad: np.ndarray) -> float:
    return auroc(-predicted[bad], -predicted[~bad])


def found_first(predicted: np.ndarray, bad: np.ndarray) -> float:
    """Share of the bad ones among the first max(k, n / 5) of the worklist."""
    first = max(int(bad.sum()), round(FIRST_SHARE * len(bad)))
    return float(bad[np.argsort(predicted, kind="stable")[:first]].sum() / bad.sum())


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float
    peak_mb: float


def measure_run(arguments: argparse.Namespace) -> None:
    sample = ROOT / "Resources" / "SamplePatient"
    options = ["--segmenters", arguments.segmenters, "--record", "pooled", "--quiet"]
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for n in range(arguments.patients):
            shutil.copytree(sample, root / "in" / f"patient-{n}")
        alone = cost(["assess", "--case", str(sample), "--out", str(root / "alone"), "--no-scene", *options])
        many = cost(["cohort", "run", str(root / "in"), "--out", str(root / "cohort"), "--workers", "1", *options])
    wall, cpu = many.wall / arguments.patients, many.cpu / arguments.patients
    print(f"one assess: {alone.wall:.0f} s, {alone.cpu:.0f} s of the processor, {alone.peak_mb:.0f} MB")
    print(f"a patient of {arguments.patients}: {wall:.0f} s, {cpu:.0f} s of the processor")
    print(f"ratio: wall {wall / alone.wall:.2f}, processor {cpu / alone.cpu:.2f}; peak {many.peak_mb:.0f} MB")


def measure_workers(arguments: argparse.Namespace) -> None:
    options = ["--segmenters", arguments.segmenters, "--record", "pooled", "--quiet"]
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for n in range(arguments.patients):
            shutil.copytree(ROOT / "Resources" / "SamplePatient", root / "in" / f"patient-{n}")
        costs = {}
        for count in (1, 2):
            out = ["--out", str(root / f"cohort-{count}"), "--workers", str(count)]
            costs[count] = cost(["cohort", "run", str(root / "in"), *out, *options], cores=count)
            wall, cpu = costs[count].wall / arguments.patients, costs[count].cpu / arguments.patients
            print(f"workers of one core: {count}; a patient: {wall:.0f} s, {cpu:.0f} s of the processor", flush=True)
    print(f"patients an hour: {costs[1].wall / costs[2].wall:.2f} times as many")
    print(f"of the processor, a patient: {costs[2].cpu / costs[1].cpu:.2f} times as much")


def cost(command: Sequence[str], cores: int | None = None) -> Cost:
    """Of a command of SynthTrust with all processes that it waits for, on so many cores (Linux) or on all."""
    begun = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "SynthTrustLib", *command], env=environment)
    if cores is not None:
        os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:cores])  # before it has a thread
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed")
    return Cost(time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3)


if __name__ == "__main__":
    main()
