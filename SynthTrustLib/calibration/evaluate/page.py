"""The track record as one HTML file with its pictures inside."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import SynthTrustLib.report
from SynthTrustLib.calibration.evaluate.failure import risk_curve
from SynthTrustLib.calibration.evaluate.track_record import LEFT_OUT, TEST_PATIENTS
from SynthTrustLib.calibration.fit.rules import GOOD, POOR
from SynthTrustLib.errors import InputError
from SynthTrustLib.palette import STATUSES
from SynthTrustLib.plain_text import page_templates
from SynthTrustLib.report.sheet import DPI, to_png
from SynthTrustLib.trust.learned.calibration import read_calibration
from SynthTrustLib.trust.learned.signals import SIGNAL_WORDS
from SynthTrustLib.vocabulary import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TEMPLATES = (Path(__file__).resolve().parent, Path(SynthTrustLib.report.__file__).resolve().parent)
"""Where the template of a page with tables is (``page.html.j2``), and its style with the colours of a report."""

_MARKERS = {Status.AGREE: "o", Status.CHECK: "s", Status.DO_NOT_RELY: "X", Status.UNKNOWN: "D"}


def render_evaluation(result: Mapping[str, Any], calibration: Mapping[str, Any]) -> str:
    """A complete HTML document of an evaluation and the calibration that it is of; every word is escaped."""
    template = page_templates(*TEMPLATES).get_template("evaluation.html.j2")
    return template.render(**_values(result, calibration))


def read_track_record(file: Path) -> dict[str, Any]:
    """What ``track_record.html.j2`` shows of a calibration file and the evaluation beside it.

    Raises InputError if the calibration cannot be read, or this very calibration was not evaluated.
    """
    calibration = read_calibration(file)
    if not calibration.track_record:
        raise InputError(
            "this calibration has no track record", source=file.name, next_step="Run synthtrust trust evaluate first."
        )
    result = json.loads(file.with_name(f"{file.stem}.evaluation.json").read_text("utf-8"))
    return _values(result, calibration.record)


def _values(result: Mapping[str, Any], calibration: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "result": result,
        "who": LEFT_OUT if result.get("left_out") else TEST_PATIENTS,
        "calibration": calibration,
        "words": SIGNAL_WORDS,
        "unseen": {
            preset["name"]: {region: part.get("stand_ins", {}) for region, part in preset["regions"].items()}
            for preset in calibration["presets"]
        },
        "good": GOOD,
        "poor": POOR,
        "pictures": {name: base64.b64encode(_draw(preset)).decode() for name, preset in result["presets"].items()},
    }


def _draw(preset: Mapping[str, Any]) -> bytes:
    """Predicted against true Dice, risk against coverage, and reliability, one row a region; a PNG."""
    from matplotlib.figure import Figure

    regions = preset["regions"]
    rows = max(1, len(regions))
    figure = Figure(figsize=(10.8, 3.5 * rows), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, 3, squeeze=False)
    for (left, middle, right), (region, figures) in zip(grid, regions.items(), strict=False):
        _draw_risk(middle, figures["cases"])
        for axes in (left, right):
            axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
            axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        for status, marker in _MARKERS.items():
            marked = [case for case in figures["cases"] if case["status"] == status]
            x, y = [case["predicted"] for case in marked], [case["dice"] for case in marked]
            left.scatter(
                x,
                y,
                color=STATUSES[status][0],
                edgecolors="#333333",
                linewidths=0.5,
                marker=marker,
                s=24,
                label=f"{status} ({len(marked)})",
            )
        left.set(title=region, xlabel="predicted Dice", ylabel="true Dice")
        left.legend(fontsize=7, loc="upper left")
        fitted = figures["temperature"]
        if fitted is not None:
            for key, colour, label in (("before", "#888888", "before"), ("after", "#16191d", "after")):
                table = fitted[f"reliability_{key}"]
                name = f"{label}, error {fitted[f'error_{key}']:.3f}"
                right.plot([r[0] for r in table], [r[1] for r in table], "o-", color=colour, markersize=4, label=name)
            right.legend(fontsize=7, loc="upper left")
        right.set(xlabel="probability", ylabel="share that is tumor")
    return to_png(figure)


def _draw_risk(axes: Axes, cases: Sequence[Mapping[str, Any]]) -> None:
    """Mean error of the patients who are kept, when those with the lowest predicted Dice are left to a person first."""
    risks = np.array([1 - case["dice"] for case in cases])
    coverage = np.arange(1, len(cases) + 1) / len(cases)
    for confidences, colour, style, name in (
        (np.array([case["predicted"] for case in cases]), "#16191d", "-", "by predicted Dice"),
        (-risks, "#888888", "--", "by the true Dice"),
    ):
        axes.plot(coverage, risk_curve(confidences, risks), style, color=colour, linewidth=1.2, label=name)
    axes.axhline(risks.mean(), color="#bbbbbb", linewidth=0.8, label="in any order")
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="share of patients kept", ylabel="mean error, 1 - Dice")
    axes.legend(fontsize=7, loc="upper left")
