"""The paper that pictures are drawn on: dark, like a reading station, with panels of one common scale."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.report.backdrop import Backdrop, Crop
from SynthTrustLib.report.planes import MARKS, OBLIQUE_DEGREES, Plane
from SynthTrustLib.report.wording import MINUS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

PAPER, INK, FAINT_INK = "#000000", "#e8e8e8", "#a8a8a8"
DPI = 110
WIDTH_INCHES = 10.6
PNG_LEVEL = 3
"""Half the time of the usual 6 for a twentieth of the size."""
FOOT_CHARACTERS, BOLD_WIDTH = 180, 1.3
"""How much of the foot's small print fits into one line, and how wide a bold letter is in it."""
CONVENTION = "Radiological convention: the patient's right (R) is on the left of the picture."


@dataclass(frozen=True)
class Sheet:
    """A figure and its panels, in reading order; `legend_y` is the height (0..1) at which a legend may start."""

    figure: Figure
    panels: tuple[Axes, ...]
    legend_y: float


def new_sheet(
    sizes: Sequence[tuple[float, float]],
    columns: int,
    backdrop: Backdrop,
    *,
    legend_rows: int = 1,
    highest: float = 4.2,
    note: str = "",
    titles: int = 1,
) -> Sheet:
    """Panels of the given sizes (width, height; any common unit) in rows of `columns`, all at one scale.

    `legend_rows`: lines kept free under the panels. `highest`: no panel is taller than this, in inches. `note`: added
    to the line at the foot, which states the convention. `titles`: lines kept free above each panel.
    """
    from matplotlib.figure import Figure

    rows = [sizes[start : start + columns] for start in range(0, len(sizes), columns)]
    gap, title = 0.10, 0.06 + 0.17 * titles
    widest = max(sum(width for width, _ in row) for row in rows)
    tallest = max(height for _, height in sizes)
    scale = min((WIDTH_INCHES - gap * (columns + 1)) / widest, highest / tallest)
    said, whose = _foot(backdrop, note)
    footer = 0.34 + 0.21 * legend_rows + 0.13 * said.count("\n")
    heights = [max(height for _, height in row) * scale for row in rows]
    total = footer + sum(heights) + (title + gap) * len(rows)
    figure = Figure(figsize=(WIDTH_INCHES, total), dpi=DPI, facecolor=PAPER)

    panels = []
    top = total
    for row, row_height in zip(rows, heights, strict=True):
        top -= title
        used = sum(width for width, _ in row) * scale
        # A short last row lines up with the columns above it; one short row alone is centred.
        space = (
            (WIDTH_INCHES - used) / (len(row) + 1)
            if len(rows) == 1
            else (WIDTH_INCHES - widest * scale) / (columns + 1)
        )
        left = space
        for width, height in row:
            rect = (
                left / WIDTH_INCHES,
                (top - height * scale) / total,
                width * scale / WIDTH_INCHES,
                height * scale / total,
            )
            panels.append(figure.add_axes(rect))
            left += width * scale + space
        top -= row_height + gap
    figure.text(0.01, 0.07 / total, said, color=FAINT_INK, fontsize=7, ha="left", va="bottom")
    figure.text(0.99, 0.07 / total, whose, color=INK, fontsize=7, ha="right", va="bottom", fontweight="bold")
    return Sheet(figure, tuple(panels), (footer - 0.06) / total)


def _foot(backdrop: Backdrop, note: str) -> tuple[str, str]:
    """The foot of every picture: convention and what is not known about the voxels; and whose picture it is."""
    said = [CONVENTION]
    if backdrop.case.geometry.tilt_degrees > OBLIQUE_DEGREES:
        said.append(f"Slices follow the scan, tilted by {backdrop.case.geometry.tilt_degrees:.0f}°.")
    if not backdrop.case.spacing_trusted:
        said.append("Slice thickness unknown: no scale, heights are a guess.")
    if note:
        said.append(note)
    whose = []
    if backdrop.case.is_synthetic:
        whose.append("SYNTHETIC PATIENT")
    if backdrop.case.label:
        whose.append(backdrop.case.label if len(backdrop.case.label) <= 40 else backdrop.case.label[:39] + "…")
    right = " · ".join(whose)
    fits = len(" ".join(said)) + BOLD_WIDTH * len(right) <= FOOT_CHARACTERS
    return (" ".join(said) if fits or len(said) == 1 else f"{' '.join(said[:-1])}\n{said[-1]}"), right


def draw_slice(
    axes: Axes, backdrop: Backdrop, contrast: str, plane: Plane, spl: tuple[int, int, int], crop: Crop
) -> None:
    """The MRI slice through `spl` with the marks of its sides; pixel coordinates, cropped."""
    image = backdrop.anatomy.cut(backdrop.case.volumes[contrast].array, plane, spl)
    low, high = backdrop.window(contrast)
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="bilinear", aspect="auto")
    axes.set_facecolor(PAPER)
    axes.set_xlim(crop[0], crop[1])
    axes.set_ylim(crop[3], crop[2])
    axes.set_axis_off()
    marks = MARKS[plane]
    for text, x, y, across, down in (
        (marks.left, 0.012, 0.5, "left", "center"),
        (marks.right, 0.988, 0.5, "right", "center"),
        (marks.top, 0.5, 0.99, "center", "top"),
        (marks.bottom, 0.5, 0.01, "center", "bottom"),
    ):
        mark = axes.text(x, y, text, transform=axes.transAxes, ha=across, va=down, color=INK, fontsize=9)
        mark.set_fontweight("bold")
        mark.set_path_effects(_halo(2.0))


def draw_outline(axes: Axes, mask: npt.NDArray, colour: Any, *, width: float = 1.2, style: str = "solid") -> None:
    """The border of a mask of 0 and 1 (a shown slice); nothing where it has none."""
    from matplotlib.collections import LineCollection

    contours = None if mask.all() else _contours(mask)
    if contours is not None:
        lines = contours.lines(0.5)
        axes.add_collection(
            LineCollection(lines, colors=[colour], linewidths=[width], linestyles=[style]), autolim=False
        )


def fill_outline(axes: Axes, mask: npt.NDArray, colour: Any, *, alpha: float) -> None:
    """The inside of a mask of 0 and 1 (a shown slice), see-through."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    contours = _contours(mask)
    if contours is not None:
        paths = [Path(points, codes) for points, codes in zip(*contours.filled(0.5, 2.0), strict=True)]
        axes.add_collection(PathCollection(paths, facecolors=[colour], linewidths=0, alpha=alpha), autolim=False)


def _contours(mask: npt.NDArray) -> Any:
    """What matplotlib makes contours with, without its colour scales, which take longer; None for an empty mask."""
    from contourpy import FillType, LineType, contour_generator

    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    # Only the neighbourhood of the outline is searched for it: most of a slice is far away.
    columns = np.flatnonzero(mask.any(axis=0))
    down = slice(max(int(rows[0]) - 1, 0), int(rows[-1]) + 2)
    across = slice(max(int(columns[0]) - 1, 0), int(columns[-1]) + 2)
    near = mask[down, across]
    if min(near.shape) < 2:
        return None
    x, y = across.start + np.arange(near.shape[1]), down.start + np.arange(near.shape[0])
    return contour_generator(x, y, near, line_type=LineType.Separate, fill_type=FillType.OuterCode)


def draw_scale_bar(axes: Axes, backdrop: Backdrop, plane: Plane, crop: Crop) -> None:
    """A bar of 10, 20 or 50 mm at the lower left; nothing where the voxel size is not known."""
    if not backdrop.case.spacing_trusted:
        return
    width = backdrop.size(plane, crop)[0]
    length = next((mm for mm in (50, 20, 10) if mm < 0.45 * width), None)
    if length is None:
        return
    share = length / width
    axes.plot([0.03, 0.03 + share], [0.035, 0.035], transform=axes.transAxes, color=INK, linewidth=2.0, clip_on=False)
    label = axes.text(
        0.03 + share / 2,
        0.045,
        f"{length} mm",
        transform=axes.transAxes,
        color=INK,
        fontsize=7,
        ha="center",
        va="bottom",
    )
    label.set_path_effects(_halo(1.5))


def place_in_words(backdrop: Backdrop, plane: Plane, spl: tuple[int, int, int]) -> str:
    """The slice's position: its RAS coordinate where mm mean something, and its number from below, front or right.

    The coordinate keeps the file's sign. Many files are not centred on the head: `L 42 mm` would be read as a side.
    """
    axis = {Plane.AXIAL: 0, Plane.CORONAL: 1, Plane.SAGITTAL: 2}[plane]
    number = spl[axis] + 1
    text = f"slice {number} of {backdrop.anatomy.shape[axis]}"
    if not backdrop.case.spacing_trusted:
        return text
    coordinate = float(backdrop.case.geometry.ras(backdrop.anatomy.kji(spl))[{0: 2, 1: 1, 2: 0}[axis]])
    return f"{text} · {'SAR'[axis]} {round(coordinate)} mm".replace("-", MINUS)


def write_across(axes: Axes, text: str) -> None:
    """Words in the lower part of a panel, for what is not there to be drawn."""
    note = axes.text(0.5, 0.12, text, transform=axes.transAxes, color=INK, fontsize=8, ha="center", va="bottom")
    note.set_path_effects(_halo(2.5))


def set_title(axes: Axes, text: str) -> None:
    """A line (or two) above a panel, at its left edge."""
    axes.annotate(
        text,
        (0.0, 1.0),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        color=INK,
        fontsize=8,
        ha="left",
        va="bottom",
    )


def render(figure: Figure) -> Image:
    """The pixels of a figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    size = canvas.get_width_height(physical=True)
    # Nothing can be seen through: without its opacity a picture takes a fifth less time and room.
    return Image.frombuffer("RGBA", size, canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")


def to_png(picture: Image | Figure) -> bytes:
    """A picture as PNG; the same bytes for the same pixels. An image is compressed outside Python's lock.

    A figure is a chart of few colours, and gets a palette: pages with many of them take less than half.
    """
    from matplotlib.figure import Figure
    from PIL import Image

    if isinstance(picture, Figure):
        picture = render(picture).quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    picture.save(buffer, format="png", dpi=(DPI, DPI), compress_level=PNG_LEVEL)
    return buffer.getvalue()


def smooth_alpha(values: npt.NDArray, threshold: float) -> npt.NDArray:
    """Opacity of a map over the MRI: none below `threshold`, then rising with the value."""
    size = np.abs(values)
    return np.where(size < threshold, 0.0, np.clip(0.45 + 0.35 * size, 0.0, 0.8))


def _halo(width: float) -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=PAPER)]
