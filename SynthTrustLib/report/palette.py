"""Colours with one meaning each, told apart by people with any colour vision, and never the only carrier of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SynthTrustLib.vocabulary import Region

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

REAL = "#3d8bff"
"""Real training data, wherever it is drawn. Bright enough for a line on a dark MRI."""

SYNTHETIC = "#ff9f1c"
"""Synthetic training data."""

HALF = "#d77fe0"
"""Between the two: a hue of its own, so that a half-and-half mix does not fade into the grey of the MRI."""

OUTSIDE = "#5fe3d3"
"""Outlines made elsewhere, whose training mix is unknown."""

POOLED = "#ffffff"
FOCUS = "#ffe34d"

REGION_COLOURS = {Region.WT: "#009e73", Region.TC: "#f0e442", Region.ET: "#e377b0"}
"""Fills of the regions; away from blue and orange, which mean real and synthetic."""

PAPER = "#000000"
INK = "#e8e8e8"
FAINT_INK = "#a8a8a8"


def mix_colours() -> Colormap:
    """Colour of a segmenter by its synthetic fraction: 0 is blue (all real), 1 is orange (all synthetic)."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("real to synthetic", [REAL, HALF, SYNTHETIC])


def influence_colours() -> Colormap:
    """Colour of the mix influence, -1..1: blue where real training data say tumor, orange where synthetic data do.

    Deep at the ends and full of colour close to zero, because the grey of the MRI shines through.
    """
    from matplotlib.colors import LinearSegmentedColormap

    stops = [(0.0, "#0f5fe0"), (0.25, REAL), (0.43, "#86b4f8"), (0.5, "#e0e0e0"), (0.57, "#f7c98a"), (0.75, SYNTHETIC)]
    return LinearSegmentedColormap.from_list("mix influence", [*stops, (1.0, "#d97400")])
