"""What a cohort costs: its report, its worklist's order, and a patient beside a single assessment.

    python Testing/Benchmarks/benchmark_cohort.py report [--patients 1000]
    python Testing/Benchmarks/benchmark_cohort.py ranking [--calibration FILE]
    python Testing/Benchmarks/benchmark_cohort.py run [--data DATA/brats] [--patients 30] [--alone 5]
    python Testing/Benchmarks/benchmark_cohort.py workers [--data DATA/brats] [--patients 10]

``report`` copies a kept scorecard into so many result folders, with other numbers and a picture in each, writes the
report, and opens the page in headless Chromium where there is one. ``ranking`` sorts the patients of a calibration by
their cross-fitted predictions, as the worklist does, and says how many outlines with a Dice below 0.6 come first.
``run`` assesses patients one by one and as a cohort, and compares wall and processor time; it says how large a process
became while each fifth of them was at work. ``workers`` compares one worker on one core with two workers on two. Where
`--data` has fewer patients, they come again, a little brighter; without it, they are the sample patient. On a machine
that does other things as well, compare processor times only, and only within one call. Needs psutil.
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
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]

from browser import drive, find_browser
from cohort.many_results import write_results

from SynthTrustLib.calibration.evaluate.failure import auroc
from SynthTrustLib.cohort.report.page import write_report
from SynthTrustLib.cohort.state import read_states

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
    for name, measure, patients in (("run", measure_run, 30), ("workers", measure_workers, 10)):
        command = commands.add_parser(name)
        command.add_argument("--data", type=Path, default=ROOT / "Resources" / "SamplePatient")
        command.add_argument("--patients", type=int, default=patients)
        command.add_argument("--segmenters", help="as of assess (default: the ladder)")
        command.set_defaults(run=measure)
        if measure is measure_run:
            command.add_argument("--alone", type=int, default=5, help="so many are assessed one by one")
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
    for name, figure in (("AUROC", auroc_of), ("found among the first", found_first)):
        values = [figure(predicted[draw], bad[draw]) for draw in usable]
        low, high = np.quantile(values, (0.025, 0.975))
        figures.append(f"{name} {figure(predicted, bad):.2f} [{low:.2f}, {high:.2f}]")
    return f"n = {len(dice)}, {int(bad.sum())} with a Dice below {BAD}: {', '.join(figures)}"


def auroc_of(predicted: np.ndarray, bad: np.ndarray) -> float:
    return auroc(-predicted[bad], -predicted[~bad])


def found_first(predicted: np.ndarray, bad: np.ndarray) -> float:
    """Share of the bad ones among the first max(k, n / 5) of the worklist."""
    first = max(int(bad.sum()), round(FIRST_SHARE * len(bad)))
    return float(bad[np.argsort(predicted, kind="stable")[:first]].sum() / bad.sum())


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float
    memory: list[tuple[datetime, int]]
    """When, and how many bytes the largest process had then."""

    def peaks_by(self, ended: Sequence[str]) -> str:
        """The largest process while each fifth of the patients was at work, by when they ended."""
        parts = np.array_split([datetime.fromisoformat(moment) for moment in ended], min(5, len(ended)))
        begun, words, first = self.memory[0][0], [], 1
        for part in parts:
            peak = max((size for when, size in self.memory if begun <= when <= part[-1]), default=0)
            words.append(f"{first}-{first + len(part) - 1}: {peak / 1e9:.2f}")
            begun, first = part[-1], first + len(part)
        return ", ".join(words)


def measure_run(arguments: argparse.Namespace) -> None:
    """Single assessments of the first patients against a cohort of them all, as users start either."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        gather(arguments.data, root / "in", arguments.patients)
        folders = sorted((root / "in").iterdir())[: arguments.alone]
        options = [*quiet(arguments), "--no-scene"]
        alone = [cost(["assess", "--case", str(f), "--out", str(root / "alone" / f.name), *options]) for f in folders]
        many = cost(["cohort", "run", str(root / "in"), "--out", str(root / "cohort"), *quiet(arguments)])
        took = sorted(state.ended for state in read_states(root / "cohort").values() if state.is_done)
    if len(took) != arguments.patients:
        raise SystemExit(f"{len(took)} of {arguments.patients} patients are done")
    wall, cpu = many.wall / arguments.patients, many.cpu / arguments.patients
    single, busy = (float(np.mean([getattr(one, name) for one in alone])) for name in ("wall", "cpu"))
    print(f"one assess (mean of {len(alone)}): {single:.1f} s, {busy:.1f} s of the processor")
    print(f"a patient of {arguments.patients}: {wall:.1f} s, {cpu:.1f} s of the processor")
    print(f"ratio: wall {wall / single:.2f}, processor {cpu / busy:.2f}")
    print(f"largest process, GB, while these were at work: {many.peaks_by(took)}")


def measure_workers(arguments: argparse.Namespace) -> None:
    """One worker on one core against two on two."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        gather(arguments.data, root / "in", arguments.patients)
        costs = {}
        for count in (1, 2):
            out = ["--out", str(root / f"cohort-{count}"), "--workers", str(count)]
            costs[count] = cost(["cohort", "run", str(root / "in"), *out, *quiet(arguments)], cores=count)
            wall, cpu = costs[count].wall / arguments.patients, costs[count].cpu / arguments.patients
            print(f"workers of one core: {count}; a patient: {wall:.1f} s, {cpu:.1f} s of the processor", flush=True)
    print(f"patients an hour: {costs[1].wall / costs[2].wall:.2f} times as many")
    print(f"of the processor, a patient: {costs[2].cpu / costs[1].cpu:.2f} times as much")


def gather(data: Path, folder: Path, count: int) -> None:
    """`count` patients below `folder`: those of `data`, then copies of them, each time a little brighter.

    Copies of the sample patient where `data` is that one. Labels stay behind.
    """
    import SimpleITK as sitk

    labelled = sorted(path.parent for path in data.glob("*/seg.nii.gz"))
    sources = [data] if any(data.glob("*.nii.gz")) else labelled
    for n in range(count):
        source, again = sources[n % len(sources)], n // len(sources)
        target = folder / f"patient-{n:03d}"
        target.mkdir(parents=True)
        for path in source.glob("*.nii.gz"):
            if path.name in ("seg.nii.gz", "truth.nii.gz"):
                continue
            if not again:
                shutil.copy(path, target)
            else:
                image = sitk.ReadImage(str(path), sitk.sitkFloat32)
                sitk.WriteImage(image * (1 + 0.01 * again), str(target / path.name))


def quiet(arguments: argparse.Namespace) -> list[str]:
    """What every run of a comparison is told: nobody is asked, and the same segmenters answer."""
    accepted = [f"looks:{contrast}" for contrast in ("T1", "T1c", "T2", "FLAIR")]
    chosen = ["--segmenters", arguments.segmenters] if arguments.segmenters else []
    return [*chosen, "--quiet", *(word for key in accepted for word in ("--accept", key))]


def cost(command: Sequence[str], cores: int | None = None) -> Cost:
    """Of a command of SynthTrust with all processes that it waits for, on so many cores (Linux) or on all."""
    import psutil

    begun = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "SynthTrustLib", *command], env=environment)
    if cores is not None:
        os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:cores])  # before it has a thread
    memory, ended = [], threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            with suppress(psutil.Error):  # one of them has just ended
                parent = psutil.Process(process.pid)
                sizes = [one.memory_info().rss for one in (parent, *parent.children(recursive=True))]
                memory.append((datetime.now(UTC), max(sizes)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    ended.set()
    watcher.join()
    if status:
        raise SystemExit(f"{command[0]} failed")
    return Cost(time.monotonic() - begun, usage.ru_utime + usage.ru_stime, memory)


if __name__ == "__main__":
    main()
