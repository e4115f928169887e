"""Colours of outlines, and the colour tables of the maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib import palette
from SynthTrustLib.maps.kind import MapKind
from SynthTrustLib.palette import Colour, mixed, of_mix, rgb
from SynthTrustLib.scene.result.attributes import COLOUR_TABLE, nodes_of_class
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

TINT = 0.12
"""How far a segmenter's colour is mixed with white for every region around: the inner ones are lighter, and still seen
on tumor that is white after contrast."""

SHADES = (0.0, -0.22, 0.35, -0.4, 0.6, -0.55)
"""Segmenters of one and the same synthetic fraction share a hue and differ in lightness. Dark lines are hard to see on
MRI, so the second is only a little darker."""

COLOURS_PER_TABLE = 256


def tinted(colour: Colour, region: str, task: Task = GLIOMA) -> Colour:
    """A segmenter's colour for one of its regions."""
    return mixed(colour, (1.0, 1.0, 1.0), min(1.0, TINT * len(task.around(region))))


def segmenter_colours(segmenters: Sequence[SegmenterCard]) -> dict[str, Colour]:
    """Colour by segmenter id: of its mix, and one that says nothing of a mix for outlines made elsewhere."""
    colours: dict[str, Colour] = {}
    seen: dict[float | None, int] = {}
    for card in segmenters:
        mix = card.training_mix
        colour, group = (
            (of_mix(mix.synthetic_fraction), round(mix.synthetic_fraction, 3))
            if mix.known
            else (rgb(palette.OUTSIDE), None)
        )
        shade = SHADES[seen.setdefault(group, 0) % len(SHADES)]
        seen[group] += 1
        towards = (1.0, 1.0, 1.0) if shade > 0 else (0.0, 0.0, 0.0)
        colours[card.id] = mixed(colour, towards, abs(shade))
    return colours


def table_colours(kind: MapKind, transparent_below: float = 0.0) -> npt.NDArray[np.float64]:
    """Red, green, blue, alpha (256, 4) from the lowest to the highest value of the map.

    A signed map is see-through where its size is below `transparent_below`: a threshold of a volume can hide only what
    lies below a value, not what lies around zero.
    """
    low, high = kind.window
    place = np.linspace(0.0, 1.0, COLOURS_PER_TABLE)
    colours = np.ones((COLOURS_PER_TABLE, 4))
    colours[:, :3] = palette.along(kind.stops, place)
    if kind.signed:
        colours[np.abs(low + (high - low) * place) < transparent_below, 3] = 0.0
    return colours


def colour_table(scene: Any, kind: MapKind) -> Any:
    """The colour table of `kind` in this scene, made when it is not there yet. All runs of a scene share it."""
    for node in nodes_of_class(scene, "vtkMRMLColorTableNode"):
        if node.GetAttribute(COLOUR_TABLE) == kind.id:
            return node
    node = scene.CreateNodeByClass("vtkMRMLColorTableNode")
    node.UnRegister(None)
    node.SetName(f"SynthTrust {kind.name}")
    node.SetTypeToUser()
    node.SetNumberOfColors(COLOURS_PER_TABLE)
    for index, (red, green, blue, alpha) in enumerate(table_colours(kind, kind.shown_from)):
        node.SetColor(index, f"{index}", float(red), float(green), float(blue), float(alpha))
    node.SetAttribute(COLOUR_TABLE, kind.id)
    return scene.AddNode(node)
