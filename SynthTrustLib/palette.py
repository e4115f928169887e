"""Every colour that has a meaning, once: report, scene, panel and study draw with these. Regions have their task's.

People with any colour vision tell apart what stands side by side (a test simulates them), and a colour is never the
only carrier of its meaning. Blue and orange mean real and synthetic training data, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.vocabulary import Status

Colour = tuple[float, float, float]
"""Red, green, blue in 0..1."""

Stops = Sequence[tuple[float, str]]
"""Places in 0..1 with the colours there; straight lines between."""

REAL = "#2d74f0"
"""Real training data, wherever it is drawn: for a line on a dark MRI and for a bar on white paper."""

SYNTHETIC = "#e67300"
"""Synthetic training data."""

HALF = "#c06f9f"
"""Between the two: a hue of its own, so that a half-and-half mix does not fade into the grey of the MRI."""

OUTSIDE = "#4fea86"
"""Outlines made elsewhere, whose training mix is unknown."""

RECORD = "#ffffff"
"""The outline of record."""

POOLED = "#b9bec6"
"""The pooled outline beside another one of record."""

FOCUS = "#ffe34d"
"""A place worth a look."""

MARGIN = "#e8475f"
"""The band around the border of record."""

STATUSES = {
    Status.AGREE: ("#8fe3d6", "#10201d"),
    Status.CHECK: ("#ffd84d", "#2b2200"),
    Status.DO_NOT_RELY: ("#b3142c", "#ffffff"),
    Status.UNKNOWN: ("#626974", "#ffffff"),
    Status.INFORMATION: ("#626974", "#ffffff"),
}
"""Ground and ink of a status, on light and on dark. Unknown is grey, never green."""

MAGMA: Stops = (
    (0.0, "#000004"),
    (0.125, "#1d1147"),
    (0.25, "#51127c"),
    (0.375, "#832681"),
    (0.5, "#b73779"),
    (0.625, "#e75263"),
    (0.75, "#fc8961"),
    (0.875, "#fec488"),
    (1.0, "#fcfdbf"),
)
VIRIDIS: Stops = (
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
)
REAL_TO_SYNTHETIC: Stops = (
    (0.0, "#0b49b8"),
    (0.25, REAL),
    (0.43, "#86aef6"),
    (0.5, "#e0e0e0"),
    (0.57, "#f5b37a"),
    (0.75, SYNTHETIC),
    (1.0, "#b85a00"),
)
"""Of a signed map: deep at the ends and full of colour close to zero, because the grey of the MRI shines through."""

_MIX: Stops = ((0.0, REAL), (0.5, HALF), (1.0, SYNTHETIC))


def rgb(code: str) -> Colour:
    """``"#rrggbb"`` as red, green, blue in 0..1."""
    red, green, blue = (int(code[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0..1) of `second`."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def along(stops: Stops, place: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The colours at places in 0..1: (...) -> (..., 3)."""
    at, codes = zip(*stops, strict=True)
    channels = np.array([rgb(code) for code in codes]).T
    return np.stack([np.interp(np.asarray(place), at, channel) for channel in channels], axis=-1)


def of_mix(synthetic_fraction: float) -> Colour:
    """Of a segmenter by its training mix: blue for real data only, over violet, to orange for synthetic only."""
    red, green, blue = (float(channel) for channel in along(_MIX, synthetic_fraction))
    return red, green, blue
