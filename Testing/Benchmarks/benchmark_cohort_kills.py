"""Kills a cohort's run at random, calls it again, and counts who was lost, doubled or told otherwise.

    python Testing/Benchmarks/benchmark_cohort_kills.py [--first 0] [--seeds 20]

Three small patients with three small segmenters run as a cohort. By seed, the client, its worker or a scheduler
elsewhere is killed up to three seconds after a patient is under way: a client by SIGKILL, SIGTERM or SIGINT, the
others by SIGKILL. The same call then goes on. Everybody must be there once, with the rows of an undisturbed run.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]

from cohort import killing
from cohort.conftest import write_source
from runner import patients

PATIENTS = 3


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--seeds", type=int, default=20, metavar="N")
    arguments = parser.parse_args(argv)
    killing.LONGEST_SECONDS = 3600.0
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        segmenters = patients.write_segmenters(root / "segmenters")
        patients.write_patient(root / "one")
        source = write_source(root / "source", root / "one")
        run = killing.Run(source, root / "undisturbed", segmenters)
        said = run.end()
        if run.process.returncode:
            raise SystemExit(said)
        undisturbed = killing.rows(run.out)
        wrong = 0
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        for number, seed in enumerate(seeds, start=1):
            before = _busy()
            killed = killing.kill_and_go_on(source, root / f"seed-{seed}", segmenters, seed)
            same = killed.rows == undisturbed and len(killed.rows) == PATIENTS and not killed.left
            wrong += not same
            became = "all as undisturbed" if same else f"NOT THE SAME: {killed.rows} {killed.left}"
            print(f"seed {seed}: {killed.victim} by {killed.how}, {killed.done} of {PATIENTS} done then; {became}")
            print(f"  {_busy() - before:.0f} s of the processor")
            print(f"  so far {number} kills: {wrong} with somebody lost, doubled or told otherwise", flush=True)


def _busy() -> float:
    """Seconds of the processor of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
