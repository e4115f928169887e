"""What taking a result into Slicer's process costs: the longest piece of its main thread, and memory.

    python Testing/Benchmarks/benchmark_take_in.py [--segmenters 10] [--keep FOLDER]

A result of 240 x 240 x 155 voxels is made up and written as a run writes it. A process of its own then does what the
panel does with it, on a scene that holds the patient's four volumes: it reads in a thread, and builds node by node.
Every piece of the main thread is timed, waiting for the reader included, as that may hold Python's lock. Needs
slicer-core and psutil.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]

SHAPE = (155, 240, 240)
HEAD = (68.0, 88.0, 70.0)
TUMOR = (90.0, 105.0, 90.0)
RADII = (28.0, 20.0, 12.0)

LONGEST_MS, MOST_MB = 100, 600
"""What it may cost."""


def make_scorecard(names: list[str]):
    """One that states a margin for each region, and says of all segmenters that they agree."""
    import builders

    from SynthTrustLib.trust.rows.row import known
    from SynthTrustLib.trust.scorecard import Scorecard, Section
    from SynthTrustLib.vocabulary import Region

    fractions = [round(100 * n / max(1, len(names) - 1)) for n in range(len(names))]
    cards = tuple(builders.card(name, synthetic=n, real=100 - n) for name, n in zip(names, fractions, strict=True))
    margins = tuple(
        known(f"border_margin.{region}", Section.PREDICTION, "Margin", 4.0, "Made up.", unit="mm", region=region)
        for region in Region
    )
    dice = dict.fromkeys(Region, ((1.0,) * len(names),) * len(names))
    return Scorecard(margins, cards, {}, dice, (), ())


def make_result(folder: Path, segmenters: int) -> None:
    """Outlines of balls that differ a little, maps that whisper all over the head, and a scorecard."""
    import builders

    from SynthTrustLib.case.part import Part
    from SynthTrustLib.codec import to_text
    from SynthTrustLib.outcome.outcome import Outcome
    from SynthTrustLib.runner.files.volumes import writing_volumes
    from SynthTrustLib.segmenters.outlines import POOLED
    from SynthTrustLib.vocabulary import Region

    k, j, i = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    head = ((k - 77) / HEAD[0]) ** 2 + ((j - 120) / HEAD[1]) ** 2 + ((i - 120) / HEAD[2]) ** 2 <= 1
    distance = np.sqrt((k - TUMOR[0]) ** 2 + (j - TUMOR[1]) ** 2 + (i - TUMOR[2]) ** 2).astype(np.float32)
    draw = np.random.default_rng(1)
    names = [f"bench-{number}" for number in range(segmenters)]
    outlines = {
        name: {region: Part.of(distance < radius + n / 2) for region, radius in zip(Region, RADII, strict=True)}
        for n, name in enumerate([*names, POOLED])
    }
    maps: dict = {}
    for name in ("disagreement", "uncertainty", "mix_influence"):
        maps[name] = {}
        for region, radius in zip(Region, RADII, strict=True):
            border = np.exp(-np.abs(distance - radius) / 4) + 0.04 * draw.random(SHAPE, np.float32)
            maps[name][region] = Part.of(np.where(head, border, 0).clip(0, 1).astype(np.float32))
    scorecard = make_scorecard(names)
    outcome = Outcome(builders.grid(SHAPE), tuple(Region), outlines, maps, scorecard)
    for name in ("maps", "segmentations"):
        (folder / name).mkdir(parents=True)
    (folder / "scorecard.json").write_text(to_text(scorecard), "utf-8")
    with writing_volumes(folder, outcome):
        pass


class Pieces:
    """How long the main thread was busy in one piece: its own seconds, as those of the clock are others' as well."""

    def __init__(self) -> None:
        self.seconds: list[tuple[float, str]] = []
        self.clock: list[float] = []

    def all_of(self, steps, stage: str):
        """Do all steps; returns their result."""
        while True:
            begin, clock = time.thread_time(), time.perf_counter()
            try:
                next(steps)
            except StopIteration as end:
                return end.value
            finally:
                self.seconds.append((time.thread_time() - begin, stage))
                self.clock.append(time.perf_counter() - clock)


def take_in(folder: Path) -> dict:
    """Read and build; returns what it cost."""
    import builders
    import psutil

    import SynthTrustLib.runner.files.results as results
    from SynthTrustLib.case.geometry import Geometry
    from SynthTrustLib.progress import in_background
    from SynthTrustLib.scene.build import building
    from SynthTrustLib.scene.nodes.surface import surfaces
    from SynthTrustLib.scene.nodes.volumes import scalar_volume
    from SynthTrustLib.scene.patient.nodes import case_of_nodes
    from SynthTrustLib.scene.standalone import standalone_scene
    from SynthTrustLib.vocabulary import Contrast

    process, peak, stop = psutil.Process(), [0], threading.Event()
    with standalone_scene() as scene:
        grid: Geometry = builders.grid(SHAPE)
        values = np.random.default_rng(2).integers(0, 900, SHAPE).astype(np.int16)
        volumes = {contrast: scalar_volume(scene, contrast, values, grid, (0, 900)) for contrast in Contrast}
        del values
        before = process.memory_info().rss

        def watch() -> None:
            while not stop.wait(0.02):
                peak[0] = max(peak[0], process.memory_info().rss)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        pieces = Pieces()
        begin = time.perf_counter()
        outcome = pieces.all_of(in_background(lambda progress: results.read_outcome(folder, progress)), "reading")
        case = case_of_nodes(volumes, outcome.geometry, is_synthetic=False)
        nodes = pieces.all_of(building(scene, case, outcome, existing_volumes=volumes), "building")
        pieces.all_of(surfaces(nodes.record), "surfaces")
        took = time.perf_counter() - begin
        after = process.memory_info().rss
        del outcome, case
        stop.set()
        watcher.join()
    longest = {stage: max(s for s, name in pieces.seconds if name == stage) for _, stage in pieces.seconds}
    return {
        "took_s": round(took, 2),
        "longest_by_the_clock_ms": round(1000 * max(pieces.clock)),
        "longest_ms": {stage: round(1000 * seconds) for stage, seconds in longest.items()},
        "peak_mb": round((peak[0] - before) / 1e6),
        "after_mb": round((after - before) / 1e6),
    }


def main() -> int:
    """0 if it costs no more than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segmenters", type=int, default=10)
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="make the result there, or use the one that is there"
    )
    parser.add_argument("--take-in", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.take_in:
        print(json.dumps(take_in(arguments.take_in)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary) / "result"
        if not folder.exists():
            make_result(folder, arguments.segmenters)
        command = [sys.executable, __file__, "--take-in", str(folder)]
        cost = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    print(json.dumps(cost, indent=1))
    return int(max(cost["longest_ms"].values()) > LONGEST_MS or cost["peak_mb"] > MOST_MB)


if __name__ == "__main__":
    sys.exit(main())
