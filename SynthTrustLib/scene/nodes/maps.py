"""The maps as volumes to lay over the MRI: fixed range, threshold, colour table and legend."""

from __future__ import annotations

from typing import Any

import numpy as np

from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.progress import Steps, finish, part
from SynthTrustLib.scene.nodes.colours import MapKind, colour_table
from SynthTrustLib.scene.nodes.volumes import scalar_volume
from SynthTrustLib.scene.nodes.voxels import Box, bounding_box, cropped
from SynthTrustLib.scene.result.attributes import Mark, Role, new_node
from SynthTrustLib.vocabulary import Region

SHOWN_FROM = 0.15
"""Values closer to zero are see-through, so that the MRI shows; as in the report."""

KEPT_FROM = 0.05
"""Values closer to zero are 0 in a map volume, which covers only the box around the others: networks whisper all over
the head, and an archive with all of it is five times as large. The full maps are in the result folder."""

MARGIN = 2
"""Voxels around that box."""

RANGES = {MapKind.DISAGREEMENT: (0.0, 1.0), MapKind.UNCERTAINTY: (0.0, 1.0), MapKind.MIX_INFLUENCE: (-1.0, 1.0)}
LABEL_FORMATS = {
    MapKind.DISAGREEMENT: "%.2f",
    MapKind.UNCERTAINTY: "%.2f",
    MapKind.MIX_INFLUENCE: "%+.1f",
}


LEGEND_LINES = {
    MapKind.DISAGREEMENT: ("0 all say the same",),
    MapKind.UNCERTAINTY: ("0 certain",),
    MapKind.MIX_INFLUENCE: ("+ synthetic scans say tumor", "- real scans say tumor"),
}
"""What the numbers mean, in a line or two under the legend's title."""

LEGEND_SIZE = (0.065, 0.32)
"""Shares of the view. Its letters grow with it, whatever the size of the font: a wider one hides the tumor."""


def map_box(maps: TrustMaps) -> Box:
    """The part of the grid that the map volumes cover."""
    return finish(_map_box(maps))


def _map_box(maps: TrustMaps) -> Steps[Box]:
    support = maps.support
    k, j, i = (len(range(n)[part]) for n, part in zip(maps.geometry.shape, support, strict=True))
    found = np.zeros((k, j, i), bool)
    kinds = _by_kind(maps)
    for done, volumes in enumerate(kinds.values()):
        for volume in volumes[(slice(None), *support)]:
            found |= (volume >= KEPT_FROM) | (volume <= -KEPT_FROM)
            yield done / len(kinds)
    inner = bounding_box(found)
    if inner is None:
        return slice(0, 1), slice(0, 1), slice(0, 1)
    grown = [
        slice(max(part.start + start - MARGIN, 0), min(part.stop + start + MARGIN, n))
        for part, start, n in zip(inner, (int(s.start or 0) for s in support), maps.geometry.shape, strict=True)
    ]
    return grown[0], grown[1], grown[2]


def map_volumes(scene: Any, maps: TrustMaps, run: str) -> Steps[dict[tuple[MapKind, Region], Any]]:
    """One float32 volume per map and region on a part of the case's grid, each with its legend. Not shown yet."""
    count = len(maps.regions) * len(_by_kind(maps))
    box = yield from part(_map_box(maps), 0.0, 0.3)
    geometry = cropped(maps.geometry, box)
    nodes: dict[tuple[MapKind, Region], Any] = {}
    for kind, volumes in _by_kind(maps).items():
        table = colour_table(scene, kind, transparent_below=SHOWN_FROM)
        for region, volume in zip(maps.regions, volumes, strict=True):
            inside = volume[box]
            kept = np.where(np.abs(inside) >= KEPT_FROM, inside, np.float32(0.0))
            display = new_node(scene, "vtkMRMLScalarVolumeDisplayNode")
            _set_display(display, kind, table)
            mark = Mark(run, Role.MAP, subject=kind, region=region, order=len(nodes))
            name = f"{region} {kind.words}"
            node = scalar_volume(scene, name, kept, geometry, RANGES[kind], display=display, mark=mark)
            _add_legend(scene, node, kind, region, table)
            nodes[kind, region] = node
            yield 0.3 + 0.7 * len(nodes) / count
    return nodes


def _by_kind(maps: TrustMaps) -> dict[MapKind, Any]:
    volumes = {MapKind.DISAGREEMENT: maps.disagreement, MapKind.UNCERTAINTY: maps.uncertainty}
    if maps.mix_influence is not None:
        volumes[MapKind.MIX_INFLUENCE] = maps.mix_influence
    return volumes


def _set_display(display: Any, kind: MapKind, table: Any) -> None:
    low, high = RANGES[kind]
    display.SetAndObserveColorNodeID(table.GetID())
    display.SetAutoThreshold(False)
    # What is hidden around zero of a signed map is the colour table's business.
    display.SetThreshold(low if low < 0 else SHOWN_FROM, high)
    display.SetApplyThreshold(True)
    display.SetInterpolate(False)


def _add_legend(scene: Any, node: Any, kind: MapKind, region: Region, table: Any) -> None:
    # The colour module's own helper makes the same node but needs the module's logic at hand.
    legend = new_node(scene, "vtkMRMLColorLegendDisplayNode")
    legend.SetName(f"{node.GetName()} legend")
    legend.SetAndObserveColorNodeID(table.GetID())
    legend.SetTitleText("\n".join((f"{region} {kind.words}", *LEGEND_LINES[kind])))
    legend.SetLabelFormat(LABEL_FORMATS[kind])
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
