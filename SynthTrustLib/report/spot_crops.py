"""A settled spot before and after, as two small SVG pictures.

They need no plotting library, as Slicer may have none where a saved scene is exported.
"""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part
from SynthTrustLib.palette import FOCUS, RECORD
from SynthTrustLib.report.planes import MARKS, Anatomy, Plane
from SynthTrustLib.report.sheet import INK, PAPER

MARGIN_MM = 12.0
"""Shown around the neighbourhood, on each side."""

WINDOW_PERCENTILES = (1.0, 99.0)
"""Of the intensities of the whole slice that are not background: black and white."""

WIDTH = 300
"""Of a picture where the page does not say how wide it is, in CSS pixels."""

Window = tuple[slice, slice]
"""Rows and columns of a shown slice."""


@dataclass(frozen=True)
class SpotCrops:
    """Two pictures of one slice and one place, and where that is, in words."""

    before: str
    after: str
    place: str


def draw_spot(
    image: npt.NDArray,
    geometry: Geometry,
    box: Box,
    kji: tuple[int, int, int],
    before: Part[np.bool_],
    after: Part[np.bool_],
    *,
    spacing_trusted: bool,
) -> SpotCrops:
    """The axial slice of a neighbourhood on which most has changed, with one region's outline before and after.

    `image`: shape (k, j, i); the contrast to show, on `geometry`. `box`: the neighbourhood, along (k, j, i). `kji`: the
    spot's voxel: its slice is shown where nothing has changed. `before` and `after`: the region on the same grid.
    `spacing_trusted`: where False there is no scale.
    """
    anatomy = Anatomy.of(geometry)
    spl = anatomy.spl(_most_changed(anatomy.axes[0], box, kji, before, after))
    shown = anatomy.cut(image, Plane.AXIAL, spl)
    pixel = (anatomy.spacing[1], anatomy.spacing[2])
    covered = _covered(anatomy, box)
    window = _square(covered, pixel)
    grey = _within(_grey(shown), window)
    outlines = [_within(anatomy.cut_part(part, Plane.AXIAL, spl), window) for part in (before, after)]
    rows, columns = (slice(a.start - b.start, a.stop - b.start) for a, b in zip(covered, window, strict=True))
    first, second = (
        _picture(grey, pixel, (rows, columns), lines, spacing_trusted, words)
        for lines, words in (
            ([(outlines[0], RECORD, 2.0)], "Before"),
            ([(outlines[0], RECORD, 0.8), (outlines[1], FOCUS, 2.0)], "After"),
        )
    )
    return SpotCrops(first, second, f"axial slice {spl[0] + 1} of {anatomy.shape[0]}")


def _most_changed(
    axis: int, box: Box, kji: tuple[int, int, int], before: Part[np.bool_], after: Part[np.bool_]
) -> tuple[int, int, int]:
    """The spot's voxel, moved along the grid's axis `axis` to the slice of the box with most changes."""
    changed = before.within(box) != after.within(box)
    counts = changed.sum(axis=tuple(other for other in range(3) if other != axis))
    if not counts.any():
        return kji
    k, j, i = (box[axis].start + int(counts.argmax()) if n == axis else at for n, at in enumerate(kji))
    return k, j, i


def _covered(anatomy: Anatomy, box: Box) -> Window:
    """The rows and columns of an axial slice that a box of the grid covers."""
    first = anatomy.spl((box[0].start, box[1].start, box[2].start))
    last = anatomy.spl((box[0].stop - 1, box[1].stop - 1, box[2].stop - 1))
    rows, columns = (slice(min(a, b), max(a, b) + 1) for a, b in zip(first[1:], last[1:], strict=True))
    return rows, columns


def _square(covered: Window, pixel: tuple[float, float]) -> Window:
    """A square around a window, with the margin; it may leave the slice."""
    longest = max((side.stop - side.start) * size for side, size in zip(covered, pixel, strict=True))
    sides = [round((longest + 2 * MARGIN_MM) / size) for size in pixel]
    starts = [(side.start + side.stop - length) // 2 for side, length in zip(covered, sides, strict=True)]
    rows, columns = (slice(start, start + length) for start, length in zip(starts, sides, strict=True))
    return rows, columns


def _within(shown: npt.NDArray, window: Window) -> npt.NDArray:
    """The window of a slice, zero where that has ended."""
    found = np.zeros([side.stop - side.start for side in window], shown.dtype)
    there = [slice(max(0, side.start), min(size, side.stop)) for side, size in zip(window, shown.shape, strict=True)]
    to = tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(there, window, strict=True))
    found[to] = shown[tuple(there)]
    return found


def _grey(shown: npt.NDArray) -> npt.NDArray[np.uint8]:
    """A slice in 256 greys."""
    tissue = shown[shown > shown.min()]
    low, high = np.percentile(tissue, WINDOW_PERCENTILES) if tissue.size else (0.0, 1.0)
    share = (shown.astype(np.float64) - low) / max(high - low, 1e-9)
    return np.asarray(np.rint(np.clip(share, 0, 1) * 255), np.uint8)


def _picture(
    grey: npt.NDArray[np.uint8],
    pixel: tuple[float, float],
    covered: Window,
    lines: list[tuple[npt.NDArray[np.bool_], str, float]],
    has_scale: bool,
    title: str,
) -> str:
    """One SVG: `covered` and `lines` (mask, colour, width) in pixels (row, column) of `grey`; `pixel` is their size."""
    rows, columns = grey.shape
    down, across = pixel
    height = f"{WIDTH * rows * down / (columns * across):.1f}"
    data = base64.b64encode(_png(grey)).decode("ascii")
    paths = "".join(
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linecap="square"{_AS_IS}/>'
        for mask, ink, thick in lines
        if (d := _edges(mask))
        for colour, width in ((PAPER, thick + 1.4), (ink, thick))
    )
    box = " ".join(
        f'{name}="{value}"'
        for name, value in (
            ("x", covered[1].start),
            ("y", covered[0].start),
            ("width", covered[1].stop - covered[1].start),
            ("height", covered[0].stop - covered[0].start),
        )
    )
    marks = MARKS[Plane.AXIAL]
    letters = "".join(
        f'<text x="{x}%" y="{y}%" text-anchor="{anchor}">{letter}</text>'
        for letter, x, y, anchor in (
            (title, 2, 6, "start"),
            (marks.left, 1, 52, "start"),
            (marks.right, 99, 52, "end"),
            (marks.top, 50, 6, "middle"),
            (marks.bottom, 50, 98, "middle"),
        )
    )
    return (
        f'<svg class="crop" role="img" aria-label="{title}" width="{WIDTH}" viewBox="0 0 {WIDTH} {height}">'
        f'<svg width="{WIDTH}" height="{height}" viewBox="0 0 {columns} {rows}" preserveAspectRatio="none">'
        f'<image width="{columns}" height="{rows}" preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
        f'<rect {box} fill="none" stroke="{INK}" stroke-opacity="0.7" stroke-dasharray="2 4"{_AS_IS}/>'
        f"{paths}{_scale(10 / across, rows, columns) if has_scale else ''}</svg>"
        f'<g font-family="sans-serif" font-size="12" font-weight="700" fill="{INK}" stroke="{PAPER}" stroke-width="2" '
        f'paint-order="stroke">{letters}</g></svg>'
    )


_AS_IS = ' vector-effect="non-scaling-stroke"'
"""Lines are as wide, however large a pixel is drawn."""


def _scale(length: float, rows: int, columns: int) -> str:
    """A bar of 10 mm at the lower left, `length` pixels long."""
    bar = f"M{0.03 * columns:g} {0.96 * rows:g}h{length:g}"
    return "".join(
        f'<path d="{bar}" stroke="{colour}" stroke-width="{width}"{_AS_IS}/>'
        for colour, width in ((PAPER, 5), (INK, 3))
    )


def _edges(mask: npt.NDArray[np.bool_]) -> str:
    """The borders between pixels inside and outside of a mask as an SVG path, straight runs in one stroke.

    At the rim of the picture there is none: the outline goes on there.
    """
    rows = _runs(mask[1:] != mask[:-1])
    columns = _runs((mask[:, 1:] != mask[:, :-1]).T)
    return "".join(
        [f"M{start} {line + 1}h{length}" for line, start, length in rows]
        + [f"M{line + 1} {start}v{length}" for line, start, length in columns]
    )


def _runs(lines: npt.NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """(line, start, length) of every run of True."""
    step = np.diff(np.pad(lines, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, stops = np.argwhere(step == 1), np.argwhere(step == -1)
    return [(int(n), int(a), int(b - a)) for (n, a), b in zip(starts, stops[:, 1], strict=True)]


def _png(grey: npt.NDArray[np.uint8]) -> bytes:
    """A grey picture (row, column) as a PNG file."""
    rows, columns = grey.shape
    raw = np.column_stack([np.zeros(rows, np.uint8), grey]).tobytes()  # each line begins with its filter: none

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
