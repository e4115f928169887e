"""The maps as volumes to lay over the MRI: fixed range, threshold, colour table and legend."""

from __future__ import annotations

from typing import Any

import numpy as np

from SynthTrustLib.case.part import NOWHERE, Box, around, bounding_box, grown, shifted
from SynthTrustLib.maps.kind import MapKind
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.progress import Steps, part
from SynthTrustLib.scene.nodes.colours import colour_table
from SynthTrustLib.scene.nodes.volumes import scalar_volume
from SynthTrustLib.scene.result.attributes import Mark, Role, new_node

KEPT_FROM = 0.05
"""Values closer to zero are 0 in a map volume, which covers only the box around the others: networks whisper all over
the head, and an archive with all of it is five times as large. The full maps are in the result folder."""

MARGIN = 2
"""Voxels around that box."""

LEGEND_SIZE = (0.065, 0.32)
"""Shares of the view. Its letters grow with it, whatever the size of the font: a wider one hides the tumor."""


def _map_box(outcome: Outcome) -> Steps[Box]:
    layers = [layer for by_region in outcome.maps.values() for layer in by_region.values()]
    boxes = []
    for layer in layers:
        inner = bounding_box((layer.values >= KEPT_FROM) | (layer.values <= -KEPT_FROM))
        boxes.append(shifted(inner, layer.box) if inner else NOWHERE)
        yield len(boxes) / len(layers)
    found = around(boxes)
    return grown(found, MARGIN, outcome.geometry.shape) if found != NOWHERE else (slice(0, 1), slice(0, 1), slice(0, 1))


def map_volumes(scene: Any, outcome: Outcome, run: str) -> Steps[dict[tuple[str, str | None], Any]]:
    """By id and region, one float32 volume per map on a part of the case's grid, with its legend. Not shown yet."""
    box = yield from part(_map_box(outcome), 0.0, 0.3)
    geometry = outcome.geometry.cropped(box)
    nodes: dict[tuple[str, str | None], Any] = {}
    count = sum(map(len, outcome.maps.values()))
    for kind, by_region in ((MAPS[name], by_region) for name, by_region in outcome.maps.items()):
        table = colour_table(scene, kind)
        for region, layer in by_region.items():
            kept = layer.within(box)
            kept[np.abs(kept) < KEPT_FROM] = 0.0
            display = new_node(scene, "vtkMRMLScalarVolumeDisplayNode")
            _set_display(display, kind, table)
            mark = Mark(run, Role.MAP, subject=kind.id, region=region or "", order=len(nodes))
            title = kind.title(region)
            node = scalar_volume(scene, title, kept, geometry, kind.window, display=display, mark=mark)
            _add_legend(scene, node, kind, title, table)
            nodes[kind.id, region] = node
            yield 0.3 + 0.7 * len(nodes) / count
    return nodes


def _set_display(display: Any, kind: MapKind, table: Any) -> None:
    low, high = kind.window
    display.SetAndObserveColorNodeID(table.GetID())
    display.SetAutoThreshold(False)
    # What is hidden around zero of a signed map is the colour table's business.
    display.SetThreshold(low if kind.signed else kind.shown_from, high)
    display.SetApplyThreshold(True)
    display.SetInterpolate(False)


def _add_legend(scene: Any, node: Any, kind: MapKind, title: str, table: Any) -> None:
    # The colour module's own helper makes the same node but needs the module's logic at hand.
    legend = new_node(scene, "vtkMRMLColorLegendDisplayNode")
    legend.SetName(f"{node.GetName()} legend")
    legend.SetAndObserveColorNodeID(table.GetID())
    legend.SetTitleText("\n".join((title, *kind.legend)))
    legend.SetLabelFormat("%+.1f" if kind.signed else "%.2f")
    legend.SetUseColorNamesForLabels(False)
    legend.SetNumberOfLabels(5)
    legend.SetMaxNumberOfColors(256)
    legend.SetOrientation(legend.Vertical)
    legend.SetPosition(0.97, 0.5)
    legend.SetSize(*LEGEND_SIZE)
    legend.GetTitleTextProperty().SetFontSize(11)
    legend.GetLabelTextProperty().SetFontSize(10)
    legend.SetVisibility(True)
    scene.AddNode(legend)
    legend.SetAndObservePrimaryDisplayNode(node.GetDisplayNode())
    node.AddAndObserveDisplayNodeID(legend.GetID())
