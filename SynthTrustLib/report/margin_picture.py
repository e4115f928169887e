"""The picture of the border margin: within the band around the outline of record most of the true border lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SynthTrustLib.palette import MARGIN, RECORD
from SynthTrustLib.report.focus import Focus, best_slice
from SynthTrustLib.report.planes import Plane
from SynthTrustLib.report.sheet import (
    draw_outline,
    draw_scale_bar,
    draw_slice,
    fill_outline,
    new_sheet,
    place_in_words,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from SynthTrustLib.outcome.outcome import Outcome
    from SynthTrustLib.report.backdrop import Backdrop


def draw_margins(backdrop: Backdrop, outcome: Outcome, focus: Focus) -> Figure | None:
    """A panel for every region with a stated margin, on its own axial slice; None without any."""
    margins = outcome.margins
    regions = [region for region in outcome.regions if region in margins]
    if not regions:
        return None
    crop = backdrop.whole(Plane.AXIAL)
    size = backdrop.size(Plane.AXIAL, crop)
    note = "White: outline of record. Red: within the margin of its border, in and out."
    sheet = new_sheet([size] * len(regions), len(regions), backdrop, highest=3.6, titles=2, note=note)
    for axes, region in zip(sheet.panels, regions, strict=True):
        spl = best_slice(backdrop, outcome, region, focus)
        contrast = backdrop.contrast_for(region)
        draw_slice(axes, backdrop, contrast, Plane.AXIAL, spl, crop)
        shown = backdrop.cut(outcome.margin_band(region), Plane.AXIAL, spl)
        fill_outline(axes, shown, MARGIN, alpha=0.35)
        draw_outline(axes, backdrop.cut(outcome.record[region], Plane.AXIAL, spl), RECORD, width=0.9)
        axes.set_xlim(crop[0], crop[1])
        axes.set_ylim(crop[3], crop[2])
        draw_scale_bar(axes, backdrop, Plane.AXIAL, crop)
        where = place_in_words(backdrop, Plane.AXIAL, spl)
        set_title(axes, f"{region} on {contrast}: margin {margins[region]:.1f} mm\nAxial · {where}")
    return sheet.figure
