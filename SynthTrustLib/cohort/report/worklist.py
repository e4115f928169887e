"""One line per patient, from the result folders: those who need a look come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from SynthTrustLib.codec import decode, parse
from SynthTrustLib.cohort.folder import result_of
from SynthTrustLib.cohort.keys import read_keys
from SynthTrustLib.cohort.report.statements import (
    Statement,
    Witnessed,
    number_of,
    read_witnessed,
    statements_of,
    true_volume_of,
)
from SynthTrustLib.cohort.state import PatientState, read_states
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Status

WORST_FIRST = (Status.DO_NOT_RELY, Status.CHECK, Status.UNKNOWN, Status.AGREE)

_SECTIONS = (Section.STATUS, Section.PATIENT)
_KEYS = {
    "predicted_dice": "",
    "in_distribution": "",
    "volume": ".{record}",
    "pairwise_dice": ".mean",
    "mix_influence": "",
    "between": ".union",
    "within": ".union",
    "predicted_volume": "",
    "border_margin": "",
    "learned_here": "",
    "reference_dice": ".{record}",
    "reference_volume_error": ".{record}",
}
"""First word of a row's key -> how the key ends, of all other rows that a line is made of."""

WAITING = "waiting"
DAMAGED = "the result cannot be read"


@dataclass(frozen=True)
class RegionLine:
    """What a patient's scorecard says about one region; None where it says nothing, or that it is unknown."""

    status: Status
    reason: str
    """Of the status."""
    predicted_dice: float | None = None
    dice_low: float | None = None
    dice_high: float | None = None
    """`predicted_dice`, `dice_low` and `dice_high`: 0..1, with the stated interval. None, too, where the prediction was
    withdrawn."""
    volume_ml: float | None = None
    """Of the outline of record."""
    agreement: float | None = None
    """Mean pairwise Dice of the jury, 0..1."""
    mix_influence: float | None = None
    """Change of probability from real to synthetic training data, -1..1."""
    between: float | None = None
    within: float | None = None
    """`between` and `within`: uncertainty between segmenters, and within them, around the outlines, 0..1."""
    measured_dice: float | None = None
    """Of the outline of record with the reference, 0..1; and `true_volume_ml`, that of the reference."""
    true_volume_ml: float | None = None
    name: str = ""
    """Of the region, in words."""


@dataclass(frozen=True)
class Line:
    """One patient."""

    key: str
    outcome: str
    """``done``, ``failed``, ``needs a look`` or ``waiting``."""
    reason: str = ""
    regions: Mapping[str, RegionLine] | None = None
    """By region, in the order of the scorecard; empty without a result."""
    unusual: bool | None = None
    """Whether the scans are unlike those that predictions were learned from; None where that is unknown."""
    warnings: int = 0
    """Rows about the input that ask for a check."""
    seconds: float = 0.0
    statements: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    """Region -> what was promised about a patient with a reference, and whether it held."""
    learned_here: bool = False
    """Whether predictions come from what was learned at this hospital, perhaps on this very patient."""
    trained_on: bool | None = None
    """Whether a segmenter was trained on the patient; None where that is not known."""
    concerns: tuple[str, ...] = ()
    concerns_said: tuple[str, ...] = ()
    """`concerns` and `concerns_said`: what a person must look at before the patient is run, its keys and its words."""

    @property
    def worst(self) -> Status:
        """Of the regions; for sorting only, and shown nowhere: there is no overall status."""
        statuses = [region.status for region in (self.regions or {}).values()] or [Status.UNKNOWN]
        return min(statuses, key=WORST_FIRST.index)

    @property
    def rank(self) -> tuple[bool, int, float, bool, int, str]:
        """Sorts: no result; worst status; lowest predicted Dice of any region; unusual scans; most warnings."""
        predicted = [r.predicted_dice for r in (self.regions or {}).values() if r.predicted_dice is not None]
        order = WORST_FIRST.index(self.worst)
        return (
            self.regions is not None,
            order,
            min(predicted, default=0.0),
            not self.unusual,
            -self.warnings,
            self.key,
        )


def read_worklist(cohort: Path, progress: Progress = silent) -> list[Line]:
    """Every patient who has a key, worst first."""
    states = read_states(cohort)
    keys = sorted(set(read_keys(cohort).values()) | set(states))
    lines = []
    for done, key in enumerate(keys):
        progress("reading the patients", done / len(keys))
        lines.append(_line(cohort, key, states.get(key)))
    return sorted(lines, key=lambda line: line.rank)


def _line(cohort: Path, key: str, state: PatientState | None) -> Line:
    if state is None:
        return Line(key, WAITING)
    if not state.is_done:
        return Line(
            key,
            str(state.outcome),
            state.reason,
            concerns=state.concerns,
            concerns_said=state.concerns_said,
            seconds=state.seconds,
        )
    try:
        folder = result_of(cohort, key)
        card = parse(read_regular(folder / "scorecard.json"))
        rows = _rows(card)
        measured = any(row.section is Section.REFERENCE for row in rows)
        witnessed = read_witnessed(folder, key) if measured else None
        return line_of(key, rows, str(card.get("record", POOLED)), state, witnessed)
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return Line(key, "failed", DAMAGED)


def _rows(card: Mapping[str, Any]) -> list[Row]:
    """The rows that a line is made of: to check every row of a thousand scorecards takes a minute."""
    record = card.get("record", POOLED)

    def is_wanted(row: Mapping[str, Any]) -> bool:
        kind, _, rest = row["key"].partition(".")
        ends = _KEYS.get(kind)
        return row["section"] in _SECTIONS or (ends is not None and rest.endswith(ends.format(record=record)))

    return [decode(Row, row) for row in card["rows"] if is_wanted(row)]


def line_of(
    key: str, rows: Sequence[Row], record: str, state: PatientState, witnessed: Witnessed | None = None
) -> Line:
    """The line of a patient who has a scorecard.

    `rows`: of the scorecard; others than those that `_rows` takes do no harm. `record`: who draws the outline of
    record. `witnessed`: what else is known of a patient with a reference.
    """
    by_key = {row.key: row for row in rows}
    regions = {
        str(row.region): _region(by_key, record, row)
        for row in rows
        if row.section is Section.STATUS and row.region is not None
    }
    withdrawn = [row for row in rows if row.section is Section.PREDICTION and row.withdrawn]
    familiar = by_key.get("in_distribution")
    # Of contrasts that were never calibrated nothing is predicted, so that nothing is withdrawn either.
    told = familiar is not None and familiar.value is not None
    unusual = bool(withdrawn) or (familiar is not None and familiar.status is Status.CHECK) if told else None
    alarms = (Status.CHECK, Status.DO_NOT_RELY)
    warnings = sum(row.section is Section.PATIENT and row.status in alarms for row in rows)
    statements = {region: statements_of(by_key, region, record, witnessed) for region in regions}
    learned = by_key.get("learned_here")
    return Line(
        key,
        str(state.outcome),
        "",
        regions,
        unusual,
        warnings,
        state.seconds,
        {region: made for region, made in statements.items() if made},
        learned is not None and learned.value is not None,
        witnessed.trained_on if witnessed is not None else None,
    )


def _region(rows: Mapping[str, Row], record: str, status: Row) -> RegionLine:
    name = status.region
    predicted = rows.get(f"predicted_dice.{name}")
    usable = predicted if predicted is not None and not predicted.withdrawn else None
    low, high = usable.interval if usable is not None and usable.interval else (None, None)
    return RegionLine(
        status=status.status if status.status in WORST_FIRST else Status.UNKNOWN,
        reason=status.reason,
        name=status.label,
        predicted_dice=number_of(usable),
        dice_low=low,
        dice_high=high,
        volume_ml=number_of(rows.get(f"volume.{name}.{record}")),
        agreement=number_of(rows.get(f"pairwise_dice.{name}.mean")),
        mix_influence=number_of(rows.get(f"mix_influence.{name}")),
        between=number_of(rows.get(f"between.{name}.union")),
        within=number_of(rows.get(f"within.{name}.union")),
        measured_dice=number_of(rows.get(f"reference_dice.{name}.{record}")),
        true_volume_ml=true_volume_of(rows, str(name), record),
    )
