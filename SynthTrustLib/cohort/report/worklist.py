"""One line per patient, from the result folders: those who need a look come first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.codec import parse
from SynthTrustLib.cohort.folder import result_of
from SynthTrustLib.cohort.keys import read_keys
from SynthTrustLib.cohort.state import PatientState, read_states
from SynthTrustLib.errors import InputError
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.trust.scorecard import Row, Scorecard, Section, read_scorecard
from SynthTrustLib.vocabulary import Status

WORST_FIRST = (Status.DO_NOT_RELY, Status.CHECK, Status.UNKNOWN, Status.AGREE)

WAITING = "waiting"
DAMAGED = "the result cannot be read"


@dataclass(frozen=True)
class RegionLine:
    """What a patient's scorecard says about one region; None where it says nothing, or that it is unknown.

    Attributes
    ----------
    status : Status
    reason : str
        Of the status.
    predicted_dice, dice_low, dice_high : float or None
        0..1, with the stated interval. None, too, where the prediction was withdrawn.
    volume_ml : float or None
        Of the outline of record.
    agreement : float or None
        Mean pairwise Dice of the jury, 0..1.
    mix_influence : float or None
        Change of probability from real to synthetic training data, -1..1.
    """

    status: Status
    reason: str
    predicted_dice: float | None = None
    dice_low: float | None = None
    dice_high: float | None = None
    volume_ml: float | None = None
    agreement: float | None = None
    mix_influence: float | None = None


@dataclass(frozen=True)
class Line:
    """One patient.

    Attributes
    ----------
    outcome : str
        ``done``, ``failed``, ``needs a look`` or ``waiting``.
    regions : mapping
        By region, in the order of the scorecard; empty without a result.
    unusual : bool or None
        Whether the scans are unlike those that predictions were learned from; None where that is unknown.
    warnings : int
        Rows about the input that ask for a check.
    """

    key: str
    outcome: str
    reason: str = ""
    regions: Mapping[str, RegionLine] | None = None
    unusual: bool | None = None
    warnings: int = 0
    seconds: float = 0.0

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


def read_worklist(cohort: Path) -> list[Line]:
    """Every patient who has a key, worst first."""
    states = read_states(cohort)
    keys = sorted(set(read_keys(cohort).values()) | set(states))
    return sorted((_line(cohort, key, states.get(key)) for key in keys), key=lambda line: line.rank)


def _line(cohort: Path, key: str, state: PatientState | None) -> Line:
    if state is None:
        return Line(key, WAITING)
    if not state.is_done:
        return Line(key, str(state.outcome), state.reason, seconds=state.seconds)
    try:
        card = read_scorecard(parse(read_regular(result_of(cohort, key) / "scorecard.json")))
    except (OSError, ValueError, InputError):
        return Line(key, "failed", DAMAGED)
    return line_of(key, card, state)


def line_of(key: str, card: Scorecard, state: PatientState) -> Line:
    """The line of a patient who has a scorecard."""
    rows = {row.key: row for row in card.rows}
    regions = {
        str(row.region): _region(rows, card, row) for row in card.section(Section.STATUS) if row.region is not None
    }
    withdrawn = [row for row in card.section(Section.PREDICTION) if row.withdrawn]
    familiar = rows.get("in_distribution")
    unusual = bool(withdrawn) if familiar is not None and familiar.value is not None else None
    warnings = sum(row.status in (Status.CHECK, Status.DO_NOT_RELY) for row in card.section(Section.PATIENT))
    return Line(key, str(state.outcome), "", regions, unusual, warnings, state.seconds)


def _region(rows: Mapping[str, Row], card: Scorecard, status: Row) -> RegionLine:
    name = status.region
    predicted = rows.get(f"predicted_dice.{name}")
    usable = predicted if predicted is not None and not predicted.withdrawn else None
    low, high = usable.interval if usable is not None and usable.interval else (None, None)
    return RegionLine(
        status=status.status if status.status in WORST_FIRST else Status.UNKNOWN,
        reason=status.reason,
        predicted_dice=_number(usable),
        dice_low=low,
        dice_high=high,
        volume_ml=_number(rows.get(f"volume.{name}.{card.record}")),
        agreement=_number(rows.get(f"pairwise_dice.{name}.mean")),
        mix_influence=_number(rows.get(f"mix_influence.{name}")),
    )


def _number(row: Row | None) -> float | None:
    return float(row.value) if row is not None and isinstance(row.value, int | float) else None
