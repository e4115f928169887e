"""The study's pictures as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from SynthTrustLib.palette import REAL, SYNTHETIC
from SynthTrustLib.report.sheet import to_png

_DPI = 130


def draw_figures(results: Mapping[str, Any]) -> dict[str, bytes]:
    """PNG by name: ``dose-response`` and, where the plan has such mixes, ``contrasts``."""
    pictures = {"dose-response": _dose_response(results["dose_response"])}
    if results["contrasts"]:
        pictures["contrasts"] = _contrasts(results["contrasts"])
    return pictures


def _dose_response(entries: Sequence[Mapping[str, Any]]) -> bytes:
    from matplotlib.figure import Figure

    columns = max(1, min(4, len(entries)))
    rows = max(1, -(-len(entries) // columns))
    figure = Figure(figsize=(3.1 * columns, 2.9 * rows), dpi=_DPI, layout="constrained")
    lows = [p[side]["low"] for e in entries for p in e["points"] for side in ("real", "synthetic")]
    floor = max(0.0, min((low for low in lows if low is not None), default=0.0) // 0.1 * 0.1)
    for n, entry in enumerate(entries):
        axes = figure.add_subplot(rows, columns, n + 1)
        for side, colour, mark, aside in (("real", REAL, "o", -1), ("synthetic", SYNTHETIC, "s", 1)):
            points = [p for p in entry["points"] if p[side]["value"] is not None]
            if not points:
                continue
            at = [100 * p["synthetic_fraction"] + aside for p in points]
            middle = [p[side]["value"] for p in points]
            axes.plot(at, middle, color=colour, marker=mark, markersize=5, label=f"on {side} patients")
            bars = [(x, p[side]["low"], p[side]["high"]) for x, p in zip(at, points, strict=True)]
            for x, low, high in bars:
                if low is not None:
                    axes.plot([x, x], [low, high], color=colour, linewidth=1.2, alpha=0.7)
        seeds = [(100 * p["synthetic_fraction"] - 4, v) for p in entry["points"] for v in p["real_by_seed"]]
        at, each = [x for x, _ in seeds], [value for _, value in seeds]
        axes.plot(at, each, "_", color=REAL, markersize=6, label="one training, on real patients")
        axes.set(title=f"{entry['cohort']} {entry['region']}", ylim=(floor - 0.02, 1.0), xlim=(-8, 106))
        axes.set_xticks([100 * p["synthetic_fraction"] for p in entry["points"]])
        axes.set_xlabel("synthetic training patients (%)")
        axes.set_ylabel("Dice")
        axes.grid(alpha=0.25)
        if n == 0:
            axes.legend(fontsize=8, frameon=False, loc="lower left")
    return to_png(figure)


def _contrasts(entries: Sequence[Mapping[str, Any]]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 0.8 + 0.32 * len(entries)), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    for y, entry in enumerate(reversed(entries)):
        result = entry["difference"]
        if result["value"] is None:
            continue
        limit = entry["chance_limit"] or 0.0
        axes.barh(y, 2 * limit, left=-limit, height=0.7, color="#e3e6ea", zorder=0)
        axes.plot(result["value"], y, "o", color="#333333", markersize=5)
        if result["low"] is not None:
            axes.plot([result["low"], result["high"]], [y, y], color="#333333", linewidth=1.4)
    for y, (below, above) in enumerate(pairwise(reversed(entries))):
        if (below["factor"], below.get("kept")) != (above["factor"], above.get("kept")):
            axes.axhline(y + 0.5, color="#c9ced6", linewidth=1)
    axes.axvline(0, color="#888888", linewidth=1)
    axes.set_yticks(
        range(len(entries)),
        [f"{e.get('kept', '')} {e['factor']}: {e['cohort']} {e['region']}".strip() for e in reversed(entries)],
        fontsize=8,
    )
    reach = max(map(abs, axes.get_xlim()))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.6, len(entries) - 0.4)
    axes.set_xlabel("worse  \N{LEFTWARDS ARROW}  difference in Dice on real patients  \N{RIGHTWARDS ARROW}  better")
    axes.grid(axis="x", alpha=0.25)
    return to_png(figure)
