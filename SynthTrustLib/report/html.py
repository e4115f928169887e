"""The report as one HTML file that needs nothing else: inline style, inline pictures, no script, no request."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SynthTrustLib import palette
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.plain_text import page_templates
from SynthTrustLib.report import wording
from SynthTrustLib.report.pictures import SPOTS_SHOWN
from SynthTrustLib.trust.rows.patient import ACCEPTED_CONCERN, CONCERN
from SynthTrustLib.trust.rows.row import volume_words
from SynthTrustLib.trust.scorecard import STAGES, Row, Scorecard, Section
from SynthTrustLib.vocabulary import Evidence, Status

if TYPE_CHECKING:
    import jinja2

_HERE = Path(__file__).resolve().parent
_SECTIONS = (
    Section.PATIENT,
    Section.SIZE,
    Section.AGREEMENT,
    Section.UNCERTAINTY,
    Section.MIX,
    Section.PREDICTION,
    Section.REFERENCE,
    Section.SEGMENTERS,
)

_CONCERNS = (CONCERN, ACCEPTED_CONCERN)

WIDEST_VOLUME = 0.25
"""Of the volume, on either side: a wider interval says little, and stays off the first page."""

_LOOSE_PERCENT = re.compile(r"(?<=\d) %")
"""A line must not break between a number and its sign."""


@dataclass(frozen=True)
class _RegionSummary:
    """What the first page says about one region: its status, how large it is, and how good the outline may be."""

    region: str
    name: str
    status: Row
    volume: Row | None
    too_wide: bool
    too_little: bool
    """Whether something is drawn, and too little of it to count as found."""
    dice: Row | None


@dataclass(frozen=True)
class _Part:
    """A section: rows about all segmenters together, and one line per quantity that each segmenter has its own of."""

    section: Section
    rows: list[Row]
    apart: list[_Line]

    @property
    def reasons(self) -> dict[str, list[str]]:
        """Reason -> labels of the lines that it is the reason of."""
        reasons: dict[str, list[str]] = {}
        for line in self.apart:
            for reason in line.reasons:
                reasons.setdefault(reason, []).append(line.label)
        return reasons


@dataclass(frozen=True)
class _Line:
    """One quantity, a row of the scorecard per segmenter in the order of the segmenters; None where there is none."""

    label: str
    cells: list[Row | None]
    reasons: list[str]


def render_html(scorecard: Scorecard, pictures: Mapping[str, bytes]) -> str:
    """The report.

    `pictures`: PNG files as `report.pictures.draw_pictures` names them; those that are not there are left out, and the
    report says why where their absence means something.

    Returns a complete HTML document; the same text for the same input. Every word of the scorecard is escaped.
    """
    summaries = _summaries(scorecard)
    shown = {summary.status.key for summary in summaries}
    spots = sorted(scorecard.review_spots, key=lambda spot: spot.rank)
    captions = wording.captions(len(scorecard.segmenters))
    html = report_template().render(
        card=scorecard,
        words=wording,
        palette=palette,
        maps=MAPS,
        captions=captions,
        sections=[_part(scorecard, section) for section in _SECTIONS],
        Section=Section,
        summaries=summaries,
        other_status=[row for row in scorecard.section(Section.STATUS) if row.key not in shown],
        first_spots=spots[:SPOTS_SHOWN],
        other_spots=spots[SPOTS_SHOWN:],
        matrices=_matrices(scorecard),
        concerns=[row for row in scorecard.section(Section.PATIENT) if row.value in _CONCERNS],
        lacking=_lacking(scorecard),
        one_purpose=_one_purpose(scorecard),
        region_names={region.id: region.name for region in scorecard.task.regions},
        pictures={name: base64.b64encode(png).decode("ascii") for name, png in pictures.items()},
        missing={
            name: _why_missing(scorecard, name) or caption.missing
            for name, caption in captions.items()
            if name not in pictures
        },
        spacing_trusted=all(spot.volume_ml is not None for spot in scorecard.review_spots),
        provenance=_provenance(scorecard),
        widest_volume=WIDEST_VOLUME,
        Status=Status,
        Evidence=Evidence,
    )
    return _LOOSE_PERCENT.sub("\u00a0%", html)


@cache
def report_template() -> jinja2.Template:
    """The page without its words. Compiling it takes a third of a second, which may be had before they are known."""
    import jinja2

    environment = page_templates(_HERE, undefined=jinja2.StrictUndefined)
    environment.filters["value"] = wording.format_value
    environment.filters["interval"] = wording.format_interval
    environment.filters["volume"] = volume_words
    environment.filters["slug"] = lambda word: str(word).replace(" ", "-")
    environment.filters["sentence"] = lambda text: f"{text[:1].upper()}{text[1:]}"
    environment.filters["css_string"] = css_string
    environment.filters["percent"] = lambda share: f"{100 * share:.0f}"
    return environment.get_template("report.html.j2")


def _part(scorecard: Scorecard, section: Section) -> _Part:
    """The section's rows: those of single segmenters as lines, unless the segmenter's own card already says them."""
    names = {card.id: card.name for card in scorecard.segmenters}
    together: list[Row] = []
    groups: dict[str, list[Row]] = {}
    for row in scorecard.section(section):
        if row.segmenter not in names:
            together.append(row)
        elif not (section is Section.SEGMENTERS and row.key.startswith(("held_out", "training_mix."))):
            groups.setdefault(row.key.replace(f".{row.segmenter}", "", 1), []).append(row)
    lines = []
    for rows in groups.values():
        by_segmenter = {row.segmenter: row for row in rows}
        label = rows[0].label.removesuffix(f", {names[str(rows[0].segmenter)]}")
        reasons = list(dict.fromkeys(row.reason for row in rows))
        lines.append(_Line(label, [by_segmenter.get(identifier) for identifier in names], reasons))
    return _Part(section, together, lines)


def _lacking(scorecard: Scorecard) -> list[Row]:
    """The contrasts that were not there, unless a concern says so already: all else on the page depends on it."""
    told = {row.key.rpartition(".")[2] for row in scorecard.section(Section.PATIENT) if row.value in _CONCERNS}
    rows = (row for row in scorecard.section(Section.PATIENT) if row.key.startswith("patient.contrast."))
    return [row for row in rows if row.value == "missing" and row.key.rpartition(".")[2] not in told]


def _one_purpose(scorecard: Scorecard) -> bool:
    """Whether intended use and licence are the same for several segmenters, so that they need be said only once."""
    purposes = {(card.intended_use, card.not_for, card.licence) for card in scorecard.segmenters}
    return len(purposes) == 1 < len(scorecard.segmenters)


def css_string(text: str) -> str:
    """`text` as the inside of a CSS string in a style element: everything but letters and digits as an escape.

    HTML escaping does not work there, and the label is the user's own.
    """
    return "".join(
        character if character.isascii() and character.isalnum() else f"\\{ord(character):06x}" for character in text
    )


def _summaries(scorecard: Scorecard) -> list[_RegionSummary]:
    """A summary for each region that has a status row of its own, the outermost first."""
    rows = {row.key: row for row in scorecard.rows}
    summaries = []
    for region in scorecard.task.region_ids:
        status = next((r for r in scorecard.section(Section.STATUS) if r.region == region and not r.segmenter), None)
        if status is not None:
            predicted = [rows.get(f"{kind}.{region}") for kind in ("predicted_volume", "predicted_dice")]
            stated = predicted[0] if predicted[0] and predicted[0].value is not None else None
            withdrawn = stated is not None and bool(stated.withdrawn)
            too_wide = stated is not None and not withdrawn and not _says_something(stated)
            found = rows.get(f"found.{region}")
            can_be_seen = found is None or found.evidence is not Evidence.UNKNOWN
            drawn = rows.get(f"volume.{region}.{scorecard.record}") if can_be_seen else None
            # What is drawn was measured all the same.
            volume = drawn if stated is None or withdrawn or too_wide else stated
            name = scorecard.task.name(region)
            too_little = found is not None and found.value is False and drawn is not None and bool(drawn.value)
            summaries.append(_RegionSummary(region, name, status, volume, too_wide, too_little, predicted[1]))
    return summaries


def _says_something(row: Row) -> bool:
    """Whether an interval of the volume is narrow enough for the first page."""
    if not isinstance(row.value, float) or row.interval is None:
        return False
    low, high = row.interval
    return high - low <= 2 * WIDEST_VOLUME * row.value


def _matrices(scorecard: Scorecard) -> list[dict[str, Any]]:
    """The pairwise Dice tables: per region the rows of (value, colour class); the diagonal says nothing."""
    tables = []
    for region, matrix in scorecard.pairwise_dice.items():
        rows = [
            [
                None if m == n else {"text": wording.format_number(value), "shade": min(int(value * 10), 9)}
                for n, value in enumerate(line)
            ]
            for m, line in enumerate(matrix)
        ]
        if len(rows) > 1:
            tables.append({"region": region, "name": scorecard.task.name(region), "rows": rows})
    return tables


def _why_missing(scorecard: Scorecard, picture: str) -> str:
    """Why there is no such picture: the scorecard's own reason, empty where it has none."""
    for row in scorecard.rows:
        if row.evidence is Evidence.UNKNOWN and picture in row.key:
            return row.reason
    return ""


def _provenance(scorecard: Scorecard) -> list[tuple[str, list[str]]]:
    """(what, lines of text): a row for every leaf of the provenance, but one row only for a segmenter."""
    runs = scorecard.provenance.get("segmenters", {})
    others = {name: value for name, value in scorecard.provenance.items() if name not in ("segmenters", STAGES)}
    rows = [(path, [text]) for path, text in _flatten(others)]
    for card in scorecard.segmenters if rows or runs else ():
        files = [f"{digest}  {file}" for file, digest in card.hashes.items()]
        run = {key: value for key, value in runs.get(card.id, {}).items() if key not in ("version", "hashes")}
        rows.append((f"{card.id} {card.version}", [*files, *(f"{path}: {text}" for path, text in _flatten(run))]))
    return rows


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, value) of every leaf of nested mappings and lists, in order."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flatten(inner, f"{path} / {key}" if path else str(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(inner, (Mapping, list, tuple)) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _flatten(inner, f"{path} / {number}")
    elif isinstance(value, (list, tuple)):
        yield path, ", ".join(str(inner) for inner in value)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
