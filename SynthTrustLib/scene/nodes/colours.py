"""Colours of outlines, and the colour tables of the maps: the same as in the report."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.scene.result.attributes import COLOUR_TABLE, nodes_of_class
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.vocabulary import Region

Colour = tuple[float, float, float]
"""Red, green, blue in 0..1."""


class MapKind(StrEnum):
    """The maps that a scene shows."""

    DISAGREEMENT = "disagreement"
    UNCERTAINTY = "uncertainty"
    MIX_INFLUENCE = "mix_influence"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


REAL, HALF, SYNTHETIC = "#3d8bff", "#d77fe0", "#ff9f1c"
POOLED = "#ffffff"
OUTSIDE = "#5fe3d3"
REGION_COLOURS = {Region.WT: "#009e73", Region.TC: "#f0e442", Region.ET: "#e377b0"}

TINTS = {Region.WT: 0.0, Region.TC: 0.3, Region.ET: 0.6}
"""How far a segmenter's colour is mixed with white for each region: the inner ones are lighter."""

SHADES = (0.0, -0.22, 0.35, -0.4, 0.6, -0.55)
"""Segmenters of one and the same synthetic fraction share a hue and differ in lightness. Dark lines are hard to see on
MRI, so the second is only a little darker."""

COLOURS_PER_TABLE = 256

_STOPS = {
    MapKind.DISAGREEMENT: (  # magma
        (0.0, "#000004"),
        (0.125, "#1d1147"),
        (0.25, "#51127c"),
        (0.375, "#832681"),
        (0.5, "#b73779"),
        (0.625, "#e75263"),
        (0.75, "#fc8961"),
        (0.875, "#fec488"),
        (1.0, "#fcfdbf"),
    ),
    MapKind.UNCERTAINTY: (  # viridis
        (0.0, "#440154"),
        (0.125, "#472d7b"),
        (0.25, "#3b528b"),
        (0.375, "#2c728e"),
        (0.5, "#21918c"),
        (0.625, "#28ae80"),
        (0.75, "#5ec962"),
        (0.875, "#addc30"),
        (0.9375, "#d2e21b"),
        (1.0, "#fde725"),
    ),
    MapKind.MIX_INFLUENCE: (  # blue where real training data say tumor, orange where synthetic data do
        (0.0, "#0f5fe0"),
        (0.25, REAL),
        (0.43, "#86b4f8"),
        (0.5, "#e0e0e0"),
        (0.57, "#f7c98a"),
        (0.75, SYNTHETIC),
        (1.0, "#d97400"),
    ),
}


def rgb(code: str) -> Colour:
    """``"#rrggbb"`` as red, green, blue in 0..1."""
    red, green, blue = (int(code[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0..1) of `second`."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def tinted(colour: Colour, region: Region) -> Colour:
    """A segmenter's colour for one of its regions."""
    return mixed(colour, (1.0, 1.0, 1.0), TINTS[region])


def segmenter_colours(segmenters: Sequence[SegmenterCard]) -> dict[str, Colour]:
    """Colour by segmenter id: blue for real training data only, over violet, to orange for synthetic only.

    Turquoise says nothing of a mix: outlines made elsewhere.
    """
    colours: dict[str, Colour] = {}
    seen: dict[float | None, int] = {}
    for card in segmenters:
        mix = card.training_mix
        colour, group = (
            (_of_mix(mix.synthetic_fraction), round(mix.synthetic_fraction, 3)) if mix.known else (rgb(OUTSIDE), None)
        )
        shade = SHADES[seen.setdefault(group, 0) % len(SHADES)]
        seen[group] += 1
        towards = (1.0, 1.0, 1.0) if shade > 0 else (0.0, 0.0, 0.0)
        colours[card.id] = mixed(colour, towards, abs(shade))
    return colours


def _of_mix(synthetic_fraction: float) -> Colour:
    if synthetic_fraction <= 0.5:
        return mixed(rgb(REAL), rgb(HALF), 2 * synthetic_fraction)
    return mixed(rgb(HALF), rgb(SYNTHETIC), 2 * synthetic_fraction - 1)


def table_colours(kind: MapKind, transparent_below: float = 0.0) -> npt.NDArray[np.float64]:
    """Red, green, blue, alpha (256, 4) from the lowest to the highest value of the map.

    A signed map is see-through where its size is below `transparent_below`: a threshold of a volume can hide only what
    lies below a value, not what lies around zero.
    """
    place = np.linspace(0.0, 1.0, COLOURS_PER_TABLE)
    at, codes = zip(*_STOPS[kind], strict=True)
    stops = np.array([rgb(code) for code in codes])
    colours = np.ones((COLOURS_PER_TABLE, 4))
    for channel in range(3):
        colours[:, channel] = np.interp(place, at, stops[:, channel])
    if kind is MapKind.MIX_INFLUENCE:
        colours[np.abs(2 * place - 1) < transparent_below, 3] = 0.0
    return colours


def colour_table(scene: Any, kind: MapKind, transparent_below: float = 0.0) -> Any:
    """The colour table of `kind` in this scene, made when it is not there yet. All runs of a scene share it."""
    for node in nodes_of_class(scene, "vtkMRMLColorTableNode"):
        if node.GetAttribute(COLOUR_TABLE) == kind:
            return node
    node = scene.CreateNodeByClass("vtkMRMLColorTableNode")
    node.UnRegister(None)
    node.SetName(f"SynthTrust {kind.words}")
    node.SetTypeToUser()
    node.SetNumberOfColors(COLOURS_PER_TABLE)
    for index, (red, green, blue, alpha) in enumerate(table_colours(kind, transparent_below)):
        node.SetColor(index, f"{index}", float(red), float(green), float(blue), float(alpha))
    node.SetAttribute(COLOUR_TABLE, kind)
    return scene.AddNode(node)
