"""What a reviewer has decided at the review spots, as files: JSON, and a part of the report with pictures of it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from SynthTrustLib.codec import encode
from SynthTrustLib.maps.spots.spot import ADDED, INCLUDE, KEEP, LEAVE_OUT, REMOVED
from SynthTrustLib.outcome.correction import PAINTED, Settled, edited_card
from SynthTrustLib.report.spot_crops import draw_spot
from SynthTrustLib.report.wording import format_interval, format_value, time_in_words
from SynthTrustLib.trust.scorecard import Row, Scorecard, Section

if TYPE_CHECKING:  # the scene's parts need slicer
    from SynthTrustLib.scene.result.edited_outlines import RegionSize
    from SynthTrustLib.scene.result.your_outline import YourOutline

CORRECTED = "your-outline"
"""The reviewer's outline among files."""

_WORDS = {
    INCLUDE: "included",
    LEAVE_OUT: "left out",
    KEEP: "kept as it was",
    PAINTED: "drawn by hand",
}


def corrections_record(yours: YourOutline) -> dict[str, Any]:
    """As JSON can hold it: the decisions in order, sizes before and after, and predictions that hold no more."""
    sizes = yours.sizes()
    return {
        "outline": CORRECTED,
        "starts_as": yours.result.scorecard.record,
        "edited_regions": list(yours.edited_regions()),
        **encode(yours.correction),
        "sizes": {region: {"before": encode(was), "after": encode(now)} for region, (was, now) in sizes.items()},
        "withdrawn": {row.key: {"before": row.value, "why": row.withdrawn} for row in _withdrawn(yours)},
    }


def decision_in_words(decision: Settled, scorecard: Scorecard) -> str:
    """What was decided: ``included``, ``taken from Real only``."""
    if decision.choice in _WORDS:
        return _WORDS[decision.choice]
    name = next((card.name for card in scorecard.segmenters if card.id == decision.choice), "the jury together")
    part = {ADDED: "what it adds, ", REMOVED: "what it leaves out, "}.get(decision.taken, "")
    return f"{part}taken from {name}"


def size_in_words(size: RegionSize) -> str:
    """``12.3 mL, 41 x 30 mm``, or voxels where the voxel size is not trusted."""
    return ", ".join(filter(None, size.in_words()))


def corrections_html(yours: YourOutline) -> str:
    """The report's part about the corrected outline; empty where nothing was decided."""
    correction, card = yours.correction, yours.result.scorecard
    if not correction.counting:
        return ""
    sizes = "".join(
        f"<tr><td>{escape(yours.result.task.name(region))}</td><td>{size_in_words(was)}</td><td>{size_in_words(now)}</td></tr>"
        for region, (was, now) in yours.sizes().items()
    )
    decisions = "".join(
        f"<tr><td>{one.spot}</td><td>{escape(one.region)}</td><td>{escape(decision_in_words(one, card))}</td>"
        f"<td>{escape(one.reviewer)}</td><td>{escape(time_in_words(one.time))}</td></tr>"
        for one in correction.counting
    )
    withdrawn = "".join(
        f"<li>{escape(row.label)}: edited; before, it was {escape(_value(row))}.</li>" for row in _withdrawn(yours)
    )
    return (
        '<section id="correction"><h2>Corrected outline, before and after</h2>'
        f"{_TABLE}<th>Region</th><th>Before: {escape(card.record_name)}</th><th>After</th></tr></thead>"
        f"<tbody>{sizes}</tbody></table></div>"
        f"{_TABLE}<th>Spot</th><th>Region</th><th>Settled how</th><th>By</th><th>Time</th></tr></thead>"
        f"<tbody>{decisions}</tbody></table></div>"
        + (
            f"<p>These were learned of outlines as they are drawn, and hold no more:</p><ul>{withdrawn}</ul>"
            if withdrawn
            else ""
        )
        + _crops(yours)
        + "</section>"
    )


_TABLE = '<div class="scroll"><table class="rows"><thead><tr>'


def _crops(yours: YourOutline) -> str:
    """Every settled spot before and after, in the order of rank; empty where no image is left to show."""
    figures = [
        figure for one in sorted(yours.correction.counting, key=lambda one: one.spot) if (figure := _crop(yours, one))
    ]
    if not figures:
        return ""
    return (
        "<h3>The settled spots, before and after</h3>"
        '<p class="small faint">Of each spot the slice that has changed most. White: the outline of record. '
        "Yellow: the corrected outline, with all decisions. Dotted: the neighbourhood. "
        "The right side of the patient is on the left.</p>"
        f'<div class="crops">{"".join(figures)}</div>'
    )


def _crop(yours: YourOutline, decision: Settled) -> str:
    place, found = yours.place(decision), yours.image(decision.region)
    if place is None or found is None:
        return ""
    spot, box, grid = place
    contrast, image = found
    before, after = yours.before()[decision.region], yours.outlines()[decision.region]
    drawn = draw_spot(image, grid, box, spot.kji, before, after, spacing_trusted=yours.spacing_trusted)
    what = f"Spot {spot.rank}, {decision.region}: {decision_in_words(decision, yours.result.scorecard)}"
    bar = ", bar 10 mm" if yours.spacing_trusted else ""
    return (
        f'<figure class="spot"><div class="pair">{drawn.before}{drawn.after}</div>'
        f"<figcaption><b>{escape(what)}.</b> {escape(contrast)}, {drawn.place}{bar}.</figcaption></figure>"
    )


def _withdrawn(yours: YourOutline) -> list[Row]:
    """The predictions that hold no more since the outline was edited."""
    before = yours.result.scorecard.section(Section.PREDICTION)
    after = edited_card(yours.result.scorecard, yours.edited_regions()).section(Section.PREDICTION)
    return [now for was, now in zip(before, after, strict=True) if now != was]


def _value(row: Row) -> str:
    interval = f" ({format_interval(row)})" if row.interval else ""
    return f"{format_value(row)}{interval}"
