"""The picture of a patient in a list: one small axial slice without a word on it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from SynthTrustLib.report.sheet import DPI, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

SIDE_PIXELS = 160
"""Twice what a list shows, for fine screens and for a closer look."""

QUALITY = 78
"""Of JPEG: 4 to 6 kB a patient, so that a page of a thousand stays below 10 MB."""

RECORD_WIDTH = 0.9
"""Of the outline of record, in points."""


def new_thumbnail(size: tuple[float, float]) -> tuple[Figure, Axes]:
    """A square figure and its one panel, in which something of this size (width, height; any common unit) fits."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIDE_PIXELS / DPI, SIDE_PIXELS / DPI), dpi=DPI, facecolor=PAPER)
    width, height = (side / max(size) for side in size)
    return figure, figure.add_axes(((1 - width) / 2, (1 - height) / 2, width, height))


def to_jpeg(image: Image) -> bytes:
    """An image as JPEG with no more in it than its pixels; the same bytes for the same pixels."""
    buffer = io.BytesIO()
    # Thin coloured lines are what matters here: their colour is not thinned out (subsampling 4:4:4).
    image.save(buffer, format="jpeg", dpi=(DPI, DPI), quality=QUALITY, subsampling=0, optimize=True)
    return buffer.getvalue()
