"""What a scorecard promised of a patient with a reference, and whether it held: Dice, volume, margin of the border.

They are the statements as they were made at the time, by whatever calibration was in use then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from SynthTrustLib.trust.scorecard import Row

_ROUNDING = 1e-5
"""Numbers of a scorecard have six digits."""


class Kind(StrEnum):
    """What a statement is about."""

    DICE = "Dice"
    VOLUME = "volume"
    MARGIN = "margin of the border"


@dataclass(frozen=True)
class Statement:
    """One promise about one region."""

    kind: Kind
    percent: int | None  # the share of patients in whom it was promised to hold; None in scorecards of older versions
    held: bool  # whether the truth lay within


@dataclass(frozen=True)
class Witnessed:
    """What a run with a reference kept beside the scorecard."""

    border_mm: Mapping[str, float | None]
    """Region -> within which distance of the outline of record 95 % of the true border lies; None where it has none."""
    trained_on: bool
    """Whether a segmenter was trained on the patient."""


def read_witnessed(folder: Path, key: str) -> Witnessed | None:
    """From a result folder; None where nothing was kept. Distances are there where `read_example` can use them."""
    # Calibration's imports take a moment.
    from SynthTrustLib.cohort.hospital.examples import read_example, read_trained_on

    trained_on = read_trained_on(folder)
    if trained_on is None:
        return None
    example = read_example(folder, key, key)
    regions = {} if isinstance(example, str) else example.measured.regions
    return Witnessed({str(name): figures["border_mm"] for name, figures in regions.items()}, trained_on)


def statements_of(
    rows: Mapping[str, Row], region: str, record: str, witnessed: Witnessed | None
) -> tuple[Statement, ...]:
    """Of one region, those that were made, not withdrawn, and can be checked.

    `rows`: key -> row of the scorecard. `record`: who draws the outline of record.
    """
    made = []
    dice, volume, margin = (
        rows.get(f"{kind}.{region}") for kind in ("predicted_dice", "predicted_volume", "border_margin")
    )
    measured = number_of(rows.get(f"reference_dice.{region}.{record}"))
    if measured is not None and (within := _interval(dice)):
        made.append(Statement(Kind.DICE, _percent(dice), within[0] - _ROUNDING <= measured <= within[1] + _ROUNDING))
    true = true_volume_of(rows, region, record)
    if true is not None and (within := _interval(volume)):
        slack = _ROUNDING * max(1.0, true)
        made.append(Statement(Kind.VOLUME, _percent(volume), within[0] - slack <= true <= within[1] + slack))
    promised = number_of(margin) if margin is not None and not margin.withdrawn else None
    if promised is not None and witnessed is not None and region in witnessed.border_mm:
        distance = witnessed.border_mm[region]
        made.append(Statement(Kind.MARGIN, _percent(margin), distance is not None and distance <= promised + _ROUNDING))
    return tuple(made)


def true_volume_of(rows: Mapping[str, Row], region: str, record: str) -> float | None:
    """Volume of the reference in mL: what is outlined, less its error."""
    drawn = number_of(rows.get(f"volume.{region}.{record}"))
    error = number_of(rows.get(f"reference_volume_error.{region}.{record}"))
    return None if drawn is None or error is None else drawn - error


def number_of(row: Row | None) -> float | None:
    """The row's value where it is a number."""
    return float(row.value) if row is not None and isinstance(row.value, int | float) else None


def _interval(row: Row | None) -> tuple[float, float] | None:
    return row.interval if row is not None and not row.withdrawn else None


def _percent(row: Row | None) -> int | None:
    return None if row is None or row.promised is None else round(100 * row.promised)
