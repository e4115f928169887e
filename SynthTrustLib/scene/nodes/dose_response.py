"""This patient's volumes against the synthetic fraction of the training mix: table, series, chart."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from SynthTrustLib.palette import mixed, rgb
from SynthTrustLib.scene.nodes.tables import table_node
from SynthTrustLib.scene.result.attributes import Mark, Role, add, new_node
from SynthTrustLib.trust.scorecard import Scorecard

FRACTION = "Synthetic fraction"
SEGMENTER = "Segmenter"
MARKER_SIZE = 10.0
ROOM_FOR_LEGEND = 1.4
"""Of the highest value: Slicer draws the legend into the upper right corner, where a curve that rises would end."""
LINE_WIDTH = 2.0
BLACK_SHARE = 0.25
"""Colours that stand out from a dark MRI are too pale for the white of a plot."""


@dataclass(frozen=True, eq=False)
class DoseResponseNodes:
    """The nodes of the dose-response curves."""

    table: Any
    series: tuple[Any, ...]
    chart: Any


def dose_response_nodes(scene: Any, scorecard: Scorecard, run: str) -> DoseResponseNodes | None:
    """Points of every region and, where there is one, the fitted line; None if the scorecard has no curve.

    Volumes are in mL, or in voxels where the spacing is not trusted; then there is no line.
    """
    curves = [curve for curve in scorecard.dose_response if curve.points]
    if not curves:
        return None
    in_ml = all(point.volume_ml is not None for curve in curves for point in curve.points)
    unit, size = ("mL", attrgetter("volume_ml")) if in_ml else ("voxels", attrgetter("voxels"))
    # The line is drawn from row to row, so rows are in the order of the fractions.
    order = sorted(range(len(curves[0].points)), key=lambda index: curves[0].points[index].synthetic_fraction)
    fractions = [curves[0].points[index].synthetic_fraction for index in order]
    columns: list[tuple[str, list[Any]]] = [
        (SEGMENTER, [curves[0].points[index].segmenter for index in order]),
        (FRACTION, fractions),
    ]
    plots = []
    for curve in curves:
        points = f"{curve.region} ({unit})"
        columns.append((points, [size(curve.points[index]) for index in order]))
        line = ""
        if in_ml and curve.slope is not None and curve.intercept is not None:
            line = f"{curve.region} line ({unit})"
            columns.append((line, [curve.intercept + curve.slope * fraction for fraction in fractions]))
        plots.append((curve, points, line))
    highest = max(max(values) for _, values in columns[2:])
    table = table_node(scene, "Dose-response", columns, Mark(run, Role.DOSE_RESPONSE))

    chart = new_node(scene, "vtkMRMLPlotChartNode")
    chart.SetTitle("Volume against the synthetic share of the training mix")
    chart.SetXAxisTitle("synthetic fraction of the training cases")
    chart.SetYAxisTitle(f"volume ({unit})" if in_ml else "voxels")
    chart.SetXAxisRangeAuto(False)
    chart.SetXAxisRange(-0.05, 1.05)
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(0.0, ROOM_FOR_LEGEND * (highest or 1.0))
    chart.SetLegendVisibility(True)
    series: list[Any] = []
    for curve, points, line in plots:
        for column in filter(None, (points, line)):
            mark = Mark(run, Role.SERIES, region=curve.region, order=len(series))
            colour = scorecard.task.region(curve.region).colour
            node = add(scene, _series(scene, table, colour, column, is_line=column == line), column, mark)
            chart.AddAndObservePlotSeriesNodeID(node.GetID())
            series.append(node)
    add(scene, chart, "Dose-response chart", Mark(run, Role.CHART))
    return DoseResponseNodes(table, tuple(series), chart)


def _series(scene: Any, table: Any, colour: str, column: str, *, is_line: bool) -> Any:
    node = new_node(scene, "vtkMRMLPlotSeriesNode")
    node.SetAndObserveTableNodeID(table.GetID())
    node.SetPlotType(node.PlotTypeScatter)
    node.SetXColumnName(FRACTION)
    node.SetYColumnName(column)
    node.SetColor(*mixed(rgb(colour), (0.0, 0.0, 0.0), BLACK_SHARE))
    if is_line:
        node.SetMarkerStyle(node.MarkerStyleNone)
        node.SetLineStyle(node.LineStyleSolid)
        node.SetLineWidth(LINE_WIDTH)
    else:
        node.SetLabelColumnName(SEGMENTER)
        node.SetMarkerStyle(node.MarkerStyleCircle)
        node.SetMarkerSize(MARKER_SIZE)
        node.SetLineStyle(node.LineStyleNone)
    return node
