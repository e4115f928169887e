"""The pictures of the report: outlines, maps, segmenters, dose-response, review spots. Same case, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib import palette
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.maps.kind import MapKind
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.palette import FOCUS, OUTSIDE, along, of_mix
from SynthTrustLib.report.backdrop import Backdrop, Crop
from SynthTrustLib.report.dose_response import draw_dose_response
from SynthTrustLib.report.focus import Focus, best_slice, find_focus
from SynthTrustLib.report.margin_picture import draw_margins
from SynthTrustLib.report.planes import Plane
from SynthTrustLib.report.sheet import (
    INK,
    PAPER,
    Sheet,
    draw_outline,
    draw_scale_bar,
    draw_slice,
    fill_outline,
    new_sheet,
    place_in_words,
    render,
    set_title,
    smooth_alpha,
    to_png,
    write_across,
)
from SynthTrustLib.report.thumbnail import RECORD_WIDTH as THUMBNAIL_RECORD_WIDTH
from SynthTrustLib.report.thumbnail import new_thumbnail, to_jpeg
from SynthTrustLib.segmenters.package.card import SegmenterCard

if TYPE_CHECKING:
    from matplotlib.figure import Figure

THUMBNAIL = "thumbnail"
"""The one picture that is no part of the report: it stands for the patient in a list."""

SPOTS_SHOWN = 6
LINE_STYLES: tuple[Any, ...] = ("solid", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
"""Told apart by these: segmenters of one and the same synthetic fraction, which share a colour."""

RECORD_WIDTH = 1.9
"""Of the outline of record, which lies over all others."""

BAND_ALPHA = 0.3
"""Of the band between what all of the jury outline and what any of them does: the MRI shows through."""


@dataclass(frozen=True, eq=False)
class _Scene:
    """What every picture of one case needs."""

    backdrop: Backdrop
    outcome: Outcome
    focus: Focus

    @property
    def record(self) -> str:
        """Whose outline is that of record."""
        return self.outcome.scorecard.record

    def outline(self, name: str, region: str, plane: Plane, spl: tuple[int, int, int]) -> npt.NDArray:
        """Where a member, or all of the jury, outlines a region on a slice: 0 and 1."""
        return self.backdrop.cut(self.outcome.outlines[name][region], plane, spl)

    def in_words(self, region: str) -> str:
        return f"{region} {self.outcome.task.name(region)}"

    def colour(self, region: str) -> str:
        """The fill of a region."""
        return self.outcome.task.region(region).colour

    def is_outlined(self, region: str) -> bool:
        """Whether any segmenter outlines `region` anywhere."""
        return any(self.outcome.outlines[card.id][region].count for card in self.outcome.members)

    def tumor_window(self, spl: tuple[int, int, int]) -> Crop:
        """A square crop of the axial slice around every outline of any region on it."""
        spans = []
        for region in self.outcome.regions:
            masks = [self.outline(card.id, region, Plane.AXIAL, spl) for card in self.outcome.members]
            rows, columns = np.nonzero(np.any(masks, axis=0))
            if rows.size:
                spans.append((columns.min(), columns.max(), rows.min(), rows.max()))
        length = self.backdrop.head_length()
        if not spans:
            _, p, left = self.backdrop.head_centre()
            return self.backdrop.around(Plane.AXIAL, left, p, 1.1 * length)
        box = np.array(spans)
        c0, c1, r0, r1 = (box[:, 0].min(), box[:, 1].max(), box[:, 2].min(), box[:, 3].max())
        across, down = self.backdrop.pixel_size(Plane.AXIAL)
        side = max((c1 - c0 + 1) * across, (r1 - r0 + 1) * down) + 0.12 * length
        return self.backdrop.around(
            Plane.AXIAL, (c0 + c1) / 2, (r0 + r1) / 2, float(np.clip(side, 0.4 * length, length))
        )


def draw_pictures(case: PatientCase, outcome: Outcome, *, names: Collection[str] | None = None) -> dict[str, bytes]:
    """Draw the report's pictures.

    `names`: draw only these; all of them if not given.

    Returns PNG files by name: ``overview``, ``regions``, ``members`` and, where there is something to show, the id of
    each map, ``border_margin`` (a calibrated margin), ``dose_response`` and ``spots``; and a small JPEG, `THUMBNAIL`.
    Raises GeometryError if case and outcome are not on one grid.
    """
    import matplotlib

    case.geometry.require_same(outcome.geometry, "the case", "the outcome")
    # The user's own matplotlib settings must not change a report; names may hold a dollar sign.
    with matplotlib.rc_context(), ThreadPoolExecutor(1, thread_name_prefix="encode") as encoder:
        matplotlib.rcdefaults()
        matplotlib.rcParams["text.parse_math"] = False
        backdrop = Backdrop.of(case)
        scene = _Scene(backdrop, outcome, find_focus(backdrop, outcome))
        painters: dict[str, Callable[[_Scene], Figure | None]] = {
            THUMBNAIL: _thumbnail,
            "overview": _overview,
            "regions": _regions,
            **{kind.id: partial(_map, kind) for kind in MAPS.values()},
            "border_margin": lambda scene: draw_margins(scene.backdrop, scene.outcome, scene.focus),
            "members": _members,
            "dose_response": lambda scene: draw_dose_response(scene.outcome.scorecard),
            "spots": _spots,
        }
        files = {}
        for name, paint in painters.items():
            figure = paint(scene) if names is None or name in names else None
            if figure is not None:  # it is compressed while the next one is drawn
                files[name] = encoder.submit(to_jpeg if name == THUMBNAIL else to_png, render(figure))
    return {name: file.result() for name, file in files.items()}


def _overview(scene: _Scene) -> Figure:
    """Axial, coronal and sagittal through the place most worth a look: record and band of the jury."""
    backdrop, focus = scene.backdrop, scene.focus
    crops = {plane: backdrop.whole(plane) for plane in Plane}
    sheet = new_sheet(
        [backdrop.size(plane, crop) for plane, crop in crops.items()],
        3,
        backdrop,
        legend_rows=1,
        highest=4.6,
        titles=2,
        note=f"Cross: {focus.reason}.",
    )
    contrast = backdrop.contrast_for(focus.region)
    for axes, (plane, crop) in zip(sheet.panels, crops.items(), strict=True):
        draw_slice(axes, backdrop, contrast, plane, focus.spl, crop)
        _draw_band(axes, scene, focus.region, plane, focus.spl)
        _draw_cross(axes, scene, plane, focus.spl)
        draw_scale_bar(axes, backdrop, plane, crop)
        what = f"{scene.in_words(focus.region)} on {contrast}\n" if plane is Plane.AXIAL else ""
        set_title(axes, f"{what}{plane.capitalize()} · {place_in_words(backdrop, plane, focus.spl)}")
    _band_legend(sheet, scene)
    return sheet.figure


def _thumbnail(scene: _Scene) -> Figure:
    """The axial panel of the overview: no other plane, which might show a face, and no word but the marks of sides."""
    backdrop, focus = scene.backdrop, scene.focus
    crop = backdrop.whole(Plane.AXIAL)
    figure, axes = new_thumbnail(backdrop.size(Plane.AXIAL, crop))
    draw_slice(axes, backdrop, backdrop.contrast_for(focus.region), Plane.AXIAL, focus.spl, crop)
    _draw_band(axes, scene, focus.region, Plane.AXIAL, focus.spl, THUMBNAIL_RECORD_WIDTH)
    return figure


def _regions(scene: _Scene) -> Figure:
    """Every region close up on its own slice, on the contrast that shows it, with every segmenter's outline."""
    places = {
        region: best_slice(scene.backdrop, scene.outcome, region, scene.focus) for region in scene.outcome.regions
    }
    crops = {region: scene.tumor_window(spl) for region, spl in places.items()}
    sheet = new_sheet(
        [scene.backdrop.size(Plane.AXIAL, crop) for crop in _equal(scene, crops).values()],
        len(crops),
        scene.backdrop,
        legend_rows=-(-(len(_styles(scene)) + 1) // 4),
        highest=3.3,
        titles=2,
    )
    for axes, (region, crop) in zip(sheet.panels, _equal(scene, crops).items(), strict=True):
        contrast = scene.backdrop.contrast_for(region)
        draw_slice(axes, scene.backdrop, contrast, Plane.AXIAL, places[region], crop)
        _draw_outlines(axes, scene, region, Plane.AXIAL, places[region])
        if not scene.is_outlined(region):
            write_across(axes, f"no segmenter outlines {region}")
        draw_scale_bar(axes, scene.backdrop, Plane.AXIAL, crop)
        place = place_in_words(scene.backdrop, Plane.AXIAL, places[region])
        set_title(axes, f"{scene.in_words(region)} on {contrast}\nAxial · {place}")
    _outline_legend(sheet, scene)
    return sheet.figure


def _equal(scene: _Scene, crops: dict[str, Crop]) -> dict[str, Crop]:
    """The crops widened to the largest of them, so that the panels have one size and one scale."""
    side = max(scene.backdrop.size(Plane.AXIAL, crop)[0] for crop in crops.values())
    return {
        region: scene.backdrop.around(Plane.AXIAL, (crop[0] + crop[1]) / 2, (crop[2] + crop[3]) / 2, side)
        for region, crop in crops.items()
    }


def _map(kind: MapKind, scene: _Scene) -> Figure | None:
    """One map over the MRI, a panel per region on that region's own slice, with the colour bar of its fixed window.

    A map of the patient has one panel, where the other pictures look. None where there is none to show.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    layers = scene.outcome.maps.get(kind.id, {})
    if not layers or (kind.alone and len(scene.outcome.members) == 1):
        return None
    low, high = kind.window
    colours = ListedColormap(along(kind.stops, np.linspace(0.0, 1.0, 256)))
    crop = scene.backdrop.whole(Plane.AXIAL)
    size = scene.backdrop.size(Plane.AXIAL, crop)
    sheet = new_sheet([size] * len(layers), len(layers), scene.backdrop, legend_rows=2, highest=3.6, titles=2)
    for axes, (of, layer) in zip(sheet.panels, layers.items(), strict=True):
        region = of or scene.focus.region
        spl = best_slice(scene.backdrop, scene.outcome, region, scene.focus)
        contrast = scene.backdrop.contrast_for(region)
        draw_slice(axes, scene.backdrop, contrast, Plane.AXIAL, spl, crop)
        shown = scene.backdrop.cut(layer, Plane.AXIAL, spl)
        axes.imshow(
            shown,
            cmap=colours,
            vmin=low,
            vmax=high,
            alpha=smooth_alpha(shown, kind.shown_from),
            interpolation="nearest",
            aspect="auto",
        )
        draw_outline(axes, scene.outline(scene.record, region, Plane.AXIAL, spl), palette.RECORD, width=0.8)
        axes.set_xlim(crop[0], crop[1])
        axes.set_ylim(crop[3], crop[2])
        draw_scale_bar(axes, scene.backdrop, Plane.AXIAL, crop)
        place = place_in_words(scene.backdrop, Plane.AXIAL, spl)
        set_title(axes, f"{scene.in_words(region)} on {contrast}\nAxial · {place}")
    bar = sheet.figure.add_axes(
        (0.30, sheet.legend_y - 0.13 / sheet.figure.get_figheight(), 0.40, 0.09 / sheet.figure.get_figheight())
    )
    sheet.figure.colorbar(ScalarMappable(Normalize(low, high), colours), cax=bar, orientation="horizontal")
    bar.set_xticks(np.linspace(low, high, 5))
    bar.tick_params(colors=INK, labelsize=7, length=2, pad=1)
    for edge in bar.spines.values():
        edge.set_edgecolor(INK)
    bar.set_xlabel(
        f"{kind.scale}; not drawn within {kind.shown_from} of 0; white line: outline of record",
        color=INK,
        fontsize=7.5,
        labelpad=2,
    )
    return sheet.figure


def _members(scene: _Scene) -> Figure:
    """A panel per segmenter: the same slice, its own regions filled."""
    from matplotlib.patches import Patch

    cards = scene.outcome.members
    columns = min(len(cards), 6) if len(cards) <= 6 else (len(cards) + 1) // 2 if len(cards) <= 12 else 6
    crop = scene.tumor_window(scene.focus.spl)
    size = scene.backdrop.size(Plane.AXIAL, crop)
    place = place_in_words(scene.backdrop, Plane.AXIAL, scene.focus.spl)
    sheet = new_sheet([size] * len(cards), columns, scene.backdrop, highest=2.6, titles=2, note=f"Axial · {place}.")
    contrast = scene.backdrop.contrast_for(scene.focus.region)
    room = int(20 * 6 / max(columns, 5))
    for axes, card in zip(sheet.panels, cards, strict=True):
        draw_slice(axes, scene.backdrop, contrast, Plane.AXIAL, scene.focus.spl, crop)
        for region in scene.outcome.regions:
            shown = scene.outline(card.id, region, Plane.AXIAL, scene.focus.spl)
            fill_outline(axes, shown, scene.colour(region), alpha=0.42)
            draw_outline(axes, shown, scene.colour(region), width=0.9)
        set_title(axes, f"{_shorten(card.name, room)}\n{_share(card)}")
    sheet.figure.legend(
        handles=[Patch(color=scene.colour(region), label=scene.in_words(region)) for region in scene.outcome.regions],
        **_legend_style(sheet, 3),
    )
    return sheet.figure


def _spots(scene: _Scene) -> Figure | None:
    """A strip of close-ups of the first review spots."""
    spots = sorted(scene.outcome.scorecard.review_spots, key=lambda spot: spot.rank)
    spots = [spot for spot in spots if spot.region in scene.outcome.regions][:SPOTS_SHOWN]
    if not spots:
        return None
    places = [scene.backdrop.anatomy.spl(spot.kji) for spot in spots]
    side = 0.45 * scene.backdrop.head_length()
    crops = [
        scene.backdrop.around(Plane.AXIAL, *scene.backdrop.anatomy.pixel(Plane.AXIAL, spl), side) for spl in places
    ]
    sheet = new_sheet(
        [scene.backdrop.size(Plane.AXIAL, crop) for crop in crops],
        SPOTS_SHOWN // 2,
        scene.backdrop,
        legend_rows=1,
        highest=3.0,
        titles=1,
    )
    for axes, spot, spl, crop in zip(sheet.panels, spots, places, crops, strict=True):
        draw_slice(axes, scene.backdrop, scene.backdrop.contrast_for(spot.region), Plane.AXIAL, spl, crop)
        _draw_band(axes, scene, spot.region, Plane.AXIAL, spl)
        _draw_cross(axes, scene, Plane.AXIAL, spl)
        draw_scale_bar(axes, scene.backdrop, Plane.AXIAL, crop)
        number = f"slice {spl[0] + 1}/{scene.backdrop.anatomy.shape[0]}"
        set_title(axes, f"{spot.rank} · {spot.region} on {scene.backdrop.contrast_for(spot.region)} · {number}")
    _band_legend(sheet, scene)
    return sheet.figure


def _draw_band(
    axes: Any, scene: _Scene, region: str, plane: Plane, spl: tuple[int, int, int], width: float = RECORD_WIDTH
) -> None:
    """What some of the jury outline and some do not, as a light band, and the outline of record on top."""
    jury = scene.outcome.scorecard.jury
    votes = np.sum([scene.outline(name, region, plane, spl) > 0 for name in jury], axis=0)
    torn = ((votes > 0) & (votes < len(jury))).astype(np.float32)
    fill_outline(axes, torn, FOCUS, alpha=BAND_ALPHA)
    draw_outline(axes, torn, FOCUS, width=0.6)
    _draw_record(axes, scene, region, plane, spl, width)


def _draw_cross(axes: Any, scene: _Scene, plane: Plane, spl: tuple[int, int, int]) -> None:
    column, row = scene.backdrop.anatomy.pixel(plane, spl)
    axes.plot([column], [row], marker="+", markersize=11, markeredgewidth=2.6, color=PAPER)
    axes.plot([column], [row], marker="+", markersize=10, markeredgewidth=1.1, color=FOCUS)


def _draw_record(
    axes: Any, scene: _Scene, region: str, plane: Plane, spl: tuple[int, int, int], width: float = RECORD_WIDTH
) -> None:
    shown = scene.outline(scene.record, region, plane, spl)
    draw_outline(axes, shown, PAPER, width=width + 1.2)
    draw_outline(axes, shown, palette.RECORD, width=width)


def _band_legend(sheet: Sheet, scene: _Scene) -> None:
    from matplotlib.patches import Patch

    jury = len(scene.outcome.scorecard.jury)
    handles: list[Any] = [_record_in_legend(scene)]
    if jury > 1:
        label = f"in doubt: outlined by some of the jury of {jury}, not by all"
        handles.append(Patch(facecolor=(*palette.rgb(FOCUS), BAND_ALPHA), edgecolor=FOCUS, label=label))
    sheet.figure.legend(handles=handles, **_legend_style(sheet, 2))


def _record_in_legend(scene: _Scene) -> Any:
    from matplotlib.lines import Line2D

    label = f"outline of record: {scene.outcome.scorecard.record_name}"
    return Line2D([], [], color=palette.RECORD, linewidth=RECORD_WIDTH, label=label)


def _draw_outlines(axes: Any, scene: _Scene, region: str, plane: Plane, spl: tuple[int, int, int]) -> None:
    """The others' outlines of `region`, coloured by their synthetic fraction, and the outline of record on top.

    Later lines are thinner, so that outlines that coincide show as rims of every colour and none hides the others.
    """
    styles = _styles(scene)
    widths = np.linspace(2.4, 0.9, max(1, len(styles)))
    for width, (card, colour, style) in zip(widths, styles, strict=False):
        draw_outline(axes, scene.outline(card.id, region, plane, spl), colour, width=float(width), style=style)
    _draw_record(axes, scene, region, plane, spl)


def _styles(scene: _Scene) -> list[tuple[SegmenterCard, Any, Any]]:
    """Card, colour and line style of all but the record: colour says the mix, style tells apart those of one mix."""
    seen: dict[Any, int] = {}
    styles = []
    for card in (card for card in scene.outcome.members if card.id != scene.record):
        mix = card.training_mix
        colour = of_mix(round(mix.synthetic_fraction, 3)) if mix.known else OUTSIDE
        style = LINE_STYLES[seen.get(colour, 0) % len(LINE_STYLES)]
        seen[colour] = seen.get(colour, 0) + 1
        styles.append((card, colour, style))
    return styles


def _outline_legend(sheet: Sheet, scene: _Scene) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, linestyle=style, linewidth=2, label=_name_and_share(card))
        for card, colour, style in _styles(scene)
    ]
    handles.insert(0, _record_in_legend(scene))
    sheet.figure.legend(handles=handles, **_legend_style(sheet, min(4, len(handles))))


def _legend_style(sheet: Sheet, columns: int) -> dict[str, Any]:
    return {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, sheet.legend_y),
        "ncols": columns,
        "frameon": False,
        "labelcolor": INK,
        "fontsize": 8,
        "handlelength": 2.0,
        "borderaxespad": 0.0,
        "columnspacing": 1.2,
    }


def _name_and_share(card: SegmenterCard) -> str:
    share = _share(card)
    return _shorten(card.name, 30) if share in card.name else f"{_shorten(card.name, 23)}, {share}"


def _share(card: SegmenterCard) -> str:
    mix = card.training_mix
    return f"{100 * mix.synthetic_fraction:.0f} % synthetic" if mix.known else "mix unknown"


def _shorten(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
