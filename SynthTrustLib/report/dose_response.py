"""The picture of this patient's volume against the synthetic share of the training mix."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from SynthTrustLib.maps.mix_fit import MixFit, fit_mixes
from SynthTrustLib.palette import of_mix
from SynthTrustLib.report.sheet import DPI, WIDTH_INCHES
from SynthTrustLib.report.wording import MINUS
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.scorecard import DoseResponse, Scorecard

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOLLOW = "hollow: another training budget, not part of the fit"


def draw_dose_response(scorecard: Scorecard) -> Figure | None:
    """A panel per region: a point per segmenter, the least-squares line, the line with its slope one SE up and down.

    Points of segmenters that the fit leaves out are hollow. None with fewer than two synthetic fractions. Volumes in
    mL; in voxels, and without a line, where the voxel size is not known.
    """
    from matplotlib.figure import Figure

    fractions = [{point.synthetic_fraction for point in curve.points} for curve in scorecard.dose_response]
    curves = [curve for curve, found in zip(scorecard.dose_response, fractions, strict=True) if len(found) > 1]
    if not curves:
        return None
    figure = Figure(figsize=(WIDTH_INCHES, 3.0), dpi=DPI, facecolor="white")
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    mixes = fit_mixes(scorecard.segmenters)
    cards = scorecard.segmenters
    apart = {card.id for index, card in enumerate(cards) if mixes is not None and index not in mixes.used}
    for axes, curve in zip(panels, curves, strict=True):
        _draw_curve(axes, curve, mixes, apart, scorecard.task)
    if any(point.segmenter in apart for curve in curves for point in curve.points):
        figure.text(0.01, 0.02, HOLLOW, fontsize=7, ha="left", va="bottom")
    figure.supxlabel(
        "synthetic share of the training cases (0 % = all real, 100 % = all synthetic)", fontsize=8.5, y=0.03
    )
    whose = " · ".join(
        part
        for part in ("SYNTHETIC PATIENT" if scorecard.is_synthetic_patient else "", scorecard.case_label or "")
        if part
    )
    figure.text(0.99, 0.02, whose[:60], fontsize=7, ha="right", va="bottom", fontweight="bold")
    figure.subplots_adjust(left=0.06, right=0.985, top=0.82, bottom=0.2, wspace=0.24)
    return figure


def _draw_curve(axes: Axes, curve: DoseResponse, mixes: MixFit | None, apart: Collection[str], task: Task) -> None:
    fractions = np.array([point.synthetic_fraction for point in curve.points])
    volumes = [point.volume_ml for point in curve.points if point.volume_ml is not None]
    in_ml = len(volumes) == len(curve.points)
    heights = np.array(volumes if in_ml else [point.voxels for point in curve.points], dtype=np.float64)
    title = f"{curve.region} {task.name(curve.region)}"
    error = curve.slope_standard_error
    if mixes is not None and in_ml and curve.slope is not None and curve.intercept is not None and error is not None:
        x = np.linspace(0.0, 1.0, 21)
        line = curve.intercept + curve.slope * x
        spread = error * np.abs(x - mixes.pivot)
        axes.fill_between(100 * x, line - spread, line + spread, color="#8a8a8a", alpha=0.25, linewidth=0)
        axes.plot(100 * x, line, color="#333333", linewidth=1.4)
        sign = "+" if curve.slope >= 0 else MINUS
        title += f"\n{sign}{abs(curve.slope):.1f} mL (standard error {error:.1f}) from 0 to 100 %"
    colours = [of_mix(fraction) for fraction in fractions]
    hollow = [point.segmenter in apart for point in curve.points]
    axes.scatter(
        100 * fractions,
        heights,
        facecolors=["white" if one else colour for one, colour in zip(hollow, colours, strict=True)],
        edgecolors=[colour if one else "#222222" for one, colour in zip(hollow, colours, strict=True)],
        s=46,
        linewidths=[1.6 if one else 0.8 for one in hollow],
        zorder=3,
    )
    axes.set_title(title, fontsize=8.5, loc="left", color="#111111")
    axes.set_ylabel("volume, mL" if in_ml else "volume, voxels (size unknown)", fontsize=8)
    axes.set_xlim(-6, 106)
    found = bool(heights.max() > 0)
    axes.set_ylim(0.0, 1.2 * float(heights.max()) if found else 1.0)
    if not found:
        axes.set_yticks([0])
        axes.text(50, 0.5, "no segmenter outlines it", ha="center", fontsize=8.5, color="#444444")
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.tick_params(labelsize=7.5)
    axes.grid(axis="y", color="#d9d9d9", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
