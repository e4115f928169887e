"""Lists where two versions of SynthTrust say different things of the same patients.

    python Testing/Versions/compare.py                                  # the kept answers and this checkout
    python Testing/Versions/compare.py --small                          # the same in a minute
    python Testing/Versions/compare.py --before REVISION --after ../other-checkout
    python Testing/Versions/compare.py --before REVISION --data FOLDER  # three real patients as well

Who is compared: the sample patient and a small copy of it (with outlines from elsewhere, with a package of the kept
version), or with `--small` the copy alone; with `--data` real patients too.

The answers are kept anew, and the list of intended differences is emptied, where other segmenters ship:

    python Testing/Versions/compare.py --keep Testing/Python/fixtures/answers.json

Each side is a file of facts (`--keep` writes one), a checkout, or a git revision. What differs beyond the digits that
are shown is listed: rows of the scorecard, volumes and centres of label maps, summaries of probabilities and of maps,
which files there are. Ends with 1 where a difference is not in `intended.txt` beside this file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from Testing.Versions.differences import Runs, differences, listing, read_intended
from Testing.Versions.patients import KEPT, REAL, VERSION, Run, real_runs, sample_runs, small_runs
from Testing.Versions.sides import checkout_of, read_facts, run_all, write_facts

ANSWERS = KEPT / "answers.json"
INTENDED = Path(__file__).with_name("intended.txt")


def main(argv: Sequence[str] | None = None) -> int:
    """0 if nothing differs but what is intended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", default=str(ANSWERS), metavar="SIDE", help="default: the answers that are kept")
    parser.add_argument("--after", default=str(ROOT), metavar="SIDE", help="default: this checkout")
    parser.add_argument("--small", action="store_true", help="the small copy of the sample patient only")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="also real patients, from this folder")
    parser.add_argument("--patients", nargs="+", default=REAL, metavar="ID", help=f"which (default: {' '.join(REAL)})")
    parser.add_argument("--intended", type=Path, default=INTENDED, metavar="FILE", help="default: intended.txt")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the list there too")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the facts of the second side there")
    arguments = parser.parse_args(argv)
    intended = read_intended(arguments.intended)
    with TemporaryDirectory(prefix="synthtrust-small-") as folder:
        runs = [*small_runs(Path(folder), KEPT / VERSION)]
        if not arguments.small:
            runs += sample_runs()
        if arguments.data:
            runs += real_runs(arguments.data.resolve(), arguments.patients)
        before = _side(arguments.before, runs)
        after = _side(arguments.after, runs)
    if arguments.keep:
        write_facts(arguments.keep, after)
    text, left = listing(differences(before, after), intended, before)
    print(text, end="")
    if arguments.out:
        arguments.out.write_text(text, "utf-8", newline="\n")
    return 1 if left else 0


def _side(name: str, runs: Sequence[Run]) -> Runs:
    """The facts of just these runs."""
    if Path(name).is_file():
        kept = read_facts(Path(name))
        missing = [run.name for run in runs if run.name not in kept]
        if missing:
            raise SystemExit(f"{name} does not hold {', '.join(missing)}: name a checkout or a revision instead")
        return {run.name: kept[run.name] for run in runs}
    with checkout_of(name) as checkout:
        return run_all(checkout, runs)


if __name__ == "__main__":
    sys.exit(main())
