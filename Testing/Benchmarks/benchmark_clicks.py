"""How long a click at a review spot keeps the processor busy: in the real panel, on the stand-in for Slicer.

    python Testing/Benchmarks/benchmark_clicks.py --case PATIENT --result FOLDER

PATIENT is a folder with T1, T1c, T2 and FLAIR as `assess` takes it, FOLDER what `assess` has written of it. Every spot
is settled once. A click decides, measures volume and diameters again, marks the spot and opens the next one; what the
panel does after that, when Slicer is idle, is told apart. Seconds are of the processor, not of the clock.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Host")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    arguments = parser.parse_args()

    from standin.application import Host

    host = Host(ROOT / "SynthTrust" / "SynthTrust.py")
    host.testing_enabled = True
    host.set_theme(dark=False)
    host.load_module()
    panel = host.open_module()

    from SynthTrustLib.case.load import load_case
    from SynthTrustLib.case.recognize.files import recognize_folder
    from SynthTrustLib.progress import finish
    from SynthTrustLib.runner.files.results import read_outcome, read_text

    case = load_case(recognize_folder(arguments.case).contrasts)
    report = read_text(arguments.result, "report.html")
    made = finish(panel.logic.buildingResult(case, read_outcome(arguments.result), {}, {}, report))
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    host.process()

    def seconds(do: Callable[[], object]) -> tuple[float, float]:
        start = time.process_time()
        do()
        done = time.process_time()
        host.process()
        return done - start, time.process_time() - done

    ui, spots = panel.ui, made.scorecard.review_spots
    opened = seconds(lambda: ui.spotTable.selectRow(0))
    clicks = []
    for number in range(len(spots)):
        button = (ui.includeButton, ui.keepButton, ui.leaveOutButton)[number % 3]
        clicks.append(seconds((button if button.isEnabled() else ui.includeButton).click))
    taken_back = [seconds(ui.undoButton.click) for _ in spots]
    print(f"{len(spots)} spots, {len(made.outlines)} outlines, grid {case.geometry.shape}; ms: median, longest")
    for what, times in (("first spot opened", [opened]), ("click", clicks), ("undo", taken_back)):
        itself, after = 1000 * np.array(times).T
        print(
            f"  {what:18} {np.median(itself):4.0f} {itself.max():4.0f}, then {np.median(after):4.0f} {after.max():4.0f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
