"""How quick the panel is, in the stand-in for Slicer: opening, a run beside rendering, taking it in, and clicks.

    python Testing/Benchmarks/benchmark_panel.py [--patient FOLDER] [--repeat 2] [--frames 10]

The window is Qt's own, the scene and what draws it are Slicer's own. The panel is opened and the sample patient loaded,
or the four contrasts of a FOLDER. Then the jury that the panel proposes is run with its button, while the slice views
are scrolled and drawn ten times a second; each run is followed by the command line's, which writes its scene too.
Then overlays, regions and spots are gone through, in three planes and side by side. `own` is what the main thread has
worked, `drawn` the time on the clock until the views are drawn: here the processor draws them. Opening includes the
imports, as long as Python's compiled files are there; what PySide and the views have imported before is not in it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Host")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

OPEN_MS, SWITCH_MS, SPOT_MS, BLOCK_MS = 500, 150, 200, 100
"""What it may take: to open, to switch overlay or region, to go to a spot, and in one piece at a run's end."""
RATIO = 1.3
"""Of a run's seconds in the panel by those on the command line, at most."""
LOAD_SECONDS = 5.0
SET_UP_MS = 600
"""A new layout of views is set up some turns of the event loop later."""
TURNS, BEAT_MS = 4, 5


class Watch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._begin = self._now()

    @staticmethod
    def _now() -> tuple[float, float, float]:
        return time.perf_counter(), time.thread_time(), time.process_time()

    def read(self) -> tuple[float, float, float]:
        """On the clock, of this thread, and of all threads of this process."""
        clock, own, process = (now - begin for now, begin in zip(self._now(), self._begin, strict=True))
        return clock, own, process


class Blocks:
    """The longest piece of the main thread between two turns of the event loop, drawing the load left out."""

    def __init__(self) -> None:
        from PySide6 import QtCore

        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self.end_piece)
        self.forget()
        self._timer.start(BEAT_MS)

    def forget(self) -> None:
        """Begin anew."""
        self.clock = self.own = 0.0
        self.begin_piece()

    def begin_piece(self) -> None:
        """What was before does not count."""
        self._watch = Watch()

    def end_piece(self) -> None:
        """The event loop has come round."""
        clock, own, _process = self._watch.read()
        self.clock, self.own = max(self.clock, clock), max(self.own, own)
        self.begin_piece()


class Stage:
    """The views of the layout, drawn when asked to."""

    def __init__(self, host) -> None:
        import slicer

        self._host = host
        self.manager = slicer.app.layoutManager()

    def slices(self) -> list:
        """The slice views of the present layout."""
        from SynthTrustLib.scene.views.layout import slice_view_tags

        tags = slice_view_tags(self.manager.layoutLogic().GetLayoutNode().GetCurrentLayoutDescription())
        return [self.manager.sliceWidget(tag) for tag in tags]

    def draw(self) -> None:
        """Draw every slice view once, as Slicer does for all that has changed in one turn of the event loop."""
        for widget in self.slices():
            widget.view.render()

    def settle(self) -> None:
        """Let everything be done that was put off to the next turns of the event loop."""
        for _ in range(TURNS):
            self._host.process()


class Load:
    """Scrolls through the slices and draws them, `frames` times a second."""

    def __init__(self, stage: Stage, frames: float, blocks: Blocks) -> None:
        from PySide6 import QtCore

        self.drawn = 0
        self._stage, self._blocks = stage, blocks
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self._scroll)
        self._interval = round(1000 / frames) if frames else 0

    def __enter__(self) -> Load:
        if self._interval:
            self._timer.start(self._interval)
        return self

    def __exit__(self, *unused) -> None:
        self._timer.stop()

    def _scroll(self) -> None:
        self._blocks.end_piece()
        self.drawn += 1
        for widget in self._stage.slices():
            node = widget.mrmlSliceNode()
            node.SetSliceOffset(node.GetSliceOffset() + (1.0 if self.drawn % 40 < 20 else -1.0))
        self._stage.draw()
        self._blocks.begin_piece()


@dataclass
class Run:
    """One run: seconds on the clock until its result is there, of the processor, and of each of its stages."""

    whole: float
    cpu: float
    stages: dict[str, tuple[float, float]]
    parts: dict[str, float] = field(default_factory=dict)


def stages_of(scorecard) -> dict[str, tuple[float, float]]:
    """Stage -> seconds on the clock and of the processor."""
    from SynthTrustLib.codec import decode
    from SynthTrustLib.runner.process.stage_costs import StageCost
    from SynthTrustLib.trust.scorecard import STAGES

    costs = decode(tuple[StageCost, ...], list(scorecard.provenance[STAGES]))
    return {cost.stage: (cost.wall_s, cost.cpu_s) for cost in costs}


def run_panel(host, panel, blocks: Blocks) -> Run:
    """Press the button and wait until the result is shown."""
    took: dict[str, float] = {}
    before, watch = os.times(), Watch()
    panel.ui.runButton.click()
    took["click"] = watch.read()[0]

    def is_over() -> bool:
        if panel.logic._child is None and "child" not in took:
            took["child"] = watch.read()[0]
            blocks.forget()
        return not panel.logic.isRunning()

    blocks.forget()
    host.wait_until(is_over, seconds=3600)
    host.process()
    blocks.end_piece()
    whole, _own, process = watch.read()
    result = panel.assessment()
    if result is None:
        raise SystemExit(f"The run has ended without a result: {panel.ui.errorLabel.text()}\n{panel.logic.lastLog}")
    after = os.times()
    children = after.children_user + after.children_system - before.children_user - before.children_system
    parts = {"inputs written": took["click"], "taken in": whole - took["child"], "panel's processor": process}
    return Run(whole, children, stages_of(result.scorecard), parts)


def run_command_line(patient: Path, segmenters: list[str]) -> Run:
    """The same with `assess`, from the start of Python to its end."""
    from SynthTrustLib.runner.files.results import read_outcome

    with tempfile.TemporaryDirectory(prefix="synthtrust-benchmark-") as scratch:
        out = Path(scratch) / "result"
        command = [sys.executable, "-m", "SynthTrustLib", "assess", "--case", str(patient), "--out", str(out)]
        before, watch = os.times(), Watch()
        subprocess.run([*command, "--segmenters", ",".join(segmenters), "--quiet"], check=True, cwd=ROOT)
        whole, after = watch.read()[0], os.times()
        children = after.children_user + after.children_system - before.children_user - before.children_system
        return Run(whole, children, stages_of(read_outcome(out).scorecard))


def print_runs(panel: list[Run], line: list[Run]) -> None:
    """Stage by stage the quickest of each, in seconds."""
    quick, other = (min(runs, key=lambda run: run.whole) for runs in (panel, line))
    print(f"\n{'seconds (clock, processor)':<28}{'panel':>16}{'command line':>18}")
    for stage in dict.fromkeys([*quick.stages, *other.stages]):
        (a, b), (c, d) = (run.stages.get(stage, (0.0, 0.0)) for run in (quick, other))
        print(f"{stage:<28}{a:8.2f}{b:8.2f}{c:10.2f}{d:8.2f}")
    print(f"{'child or command':<28}{'':8}{quick.cpu:8.2f}{'':10}{other.cpu:8.2f}")
    for what, seconds in quick.parts.items():
        print(f"{what:<28}{seconds:8.2f}")
    print(f"{'from click to result':<28}{quick.whole:8.2f}{'':8}{other.whole:10.2f}")
    told = ", ".join(f"{a.whole:.2f}/{b.whole:.2f}" for a, b in zip(panel, line, strict=True))
    print(f"panel by command line: {quick.whole / other.whole:.2f} (at most {RATIO}; {told})")


def print_clicks(what: str, times: list[tuple[float, float, float]], limit: int) -> None:
    """Milliseconds: what the panel works, with drawing, and the clock until it is drawn."""
    median, worst = ([1000 * pick(column) for column in zip(*times, strict=True)] for pick in (statistics.median, max))
    cells = "".join(f"{a:9.0f}{b:6.0f}" for a, b in zip(median, worst, strict=True))
    print(f"{what:<28}{cells}   (at most {limit}{'' if worst[2] <= limit else ': over'})")


def time_clicks(stage: Stage, clicks: list[Callable[[], object]]) -> list[tuple[float, float, float]]:
    """For each: what this thread works without and with drawing, and the clock until the views are drawn."""
    times = []
    for click in clicks:
        watch = Watch()
        click()
        stage.settle()
        itself = watch.read()[1]
        stage.draw()
        drawn, own, _process = watch.read()
        times.append((itself, own, drawn))
        stage.settle()
    return times


def choose(combo, index: int) -> Callable[[], object]:
    return lambda: combo.setCurrentIndex(index)


def time_look(stage: Stage, panel) -> None:
    """Every overlay, every region under every overlay, every spot under contours and under a map."""
    ui = panel.ui
    overlays = [choose(ui.overlayComboBox, index) for index in (*range(ui.overlayComboBox.count()), 0)]
    print_clicks("overlay", time_clicks(stage, overlays * 2), SWITCH_MS)
    regions, spots = [], []
    for overlay in overlays[:-1]:
        time_clicks(stage, [overlay])
        indices = (*range(1, ui.regionComboBox.count()), 0)
        regions += time_clicks(stage, [choose(ui.regionComboBox, index) for index in indices])
        spots += time_clicks(stage, [ui.nextSpotButton.click] * ui.spotTable.rowCount())
    print_clicks("region", regions, SWITCH_MS)
    print_clicks("next spot", spots, SPOT_MS)


def know_qt() -> None:
    """PySide reads the signatures of a class when it is used first, for seconds; PythonQt has none to read."""
    from PySide6 import QtCore, QtGui, QtWidgets
    from shibokensupport.signature import get_signature

    for module in (QtCore, QtGui, QtWidgets):
        for name in dir(module):
            with contextlib.suppress(Exception):
                get_signature(getattr(module, name))


def open_panel(host):
    """Make the panel and enter it, until it is drawn and hears the next click; prints what that takes."""
    know_qt()
    watch = Watch()
    panel = host.open_module()
    host.dock.resize(400, 900)
    host.dock.show()
    host.process()
    clock, own, _process = watch.read()
    rows = panel.ui.segmenterTable.rowCount()
    print(f"opened with {rows} segmenters: {1000 * clock:.0f} ms, {1000 * own:.0f} of them work (at most {OPEN_MS})")
    return panel


def load_patient(host, panel, folder: Path | None) -> Path:
    """The sample patient with the panel's button, or the contrasts of a folder; returns the folder."""
    import slicer

    from SynthTrustLib.case.recognize.files import recognize_folder
    from SynthTrustLib.resources import resource_path

    if folder is None:
        panel.ui.sampleButton.click()
    else:
        for contrast, hit in recognize_folder(folder).contrasts.items():
            slicer.util.loadVolume(str(hit.path), properties={"name": str(contrast)})
    host.process(1000)
    return folder or resource_path("SamplePatient")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patient", type=Path, help="a folder with four contrasts instead of the sample patient")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--frames", type=float, default=10.0, help="of all slice views a second; 0 for none")
    arguments = parser.parse_args()

    from standin.application import Host

    host = Host(ROOT / "SynthTrust" / "SynthTrust.py")
    host.testing_enabled = True  # questions are answered, errors raised
    host.set_theme(dark=False)
    host.load_module()
    panel = open_panel(host)
    patient = load_patient(host, panel, arguments.patient)
    stage, blocks = Stage(host), Blocks()
    time_clicks(stage, [lambda: None])
    with Load(stage, arguments.frames, blocks) as load:
        watch = Watch()
        host.process(round(1000 * LOAD_SECONDS))
        clock, own, process = watch.read()
    print(
        f"the load alone: {load.drawn / clock:.1f} frames a second of {len(stage.slices())} views; "
        f"{own / clock:.2f} of a core in the main thread, {process / clock:.2f} with those that draw"
    )
    segmenters = panel.segmenters.chosenIds()
    ran: tuple[list[Run], list[Run]] = ([], [])
    for number in range(arguments.repeat):
        if number:
            panel.deleteAssessment(panel.assessment())
            host.process(500)
        with Load(stage, arguments.frames, blocks):
            ran[0].append(run_panel(host, panel, blocks))
        print(
            f"run {number + 1}: longest piece while taken in {1000 * blocks.own:.0f} ms of work, "
            f"{1000 * blocks.clock:.0f} on the clock (at most {BLOCK_MS})"
        )
        ran[1].append(run_command_line(patient, segmenters))
    print_runs(*ran)
    del blocks
    heading = "".join(f"{name:>15}" for name in ("own", "with drawing", "drawn"))
    print(f"\n{'ms, median and worst':<28}{heading}")
    host.process(SET_UP_MS)
    time_look(stage, panel)
    layouts = panel.ui.layoutComboBox
    layouts.setCurrentIndex(next(n for n in range(layouts.count()) if "ide by" in layouts.itemText(n)))
    host.process(SET_UP_MS)
    stage.draw()
    print(f"{len(stage.slices())} views side by side")
    time_look(stage, panel)


if __name__ == "__main__":
    main()
