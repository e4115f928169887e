"""The scorecard: pure data. Every row has a value, an evidence level, a status and a reason.

The JSON form is checked against ``Resources/Schemas/scorecard.schema.json``. There is no overall number, by design.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from SynthTrustLib.maps.trust_maps import ReviewSpot
from SynthTrustLib.plain_text import make_plain
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.vocabulary import Evidence, Region, Status


class Section(StrEnum):
    """The parts of the scorecard, in reading order."""

    STATUS = "status"  # per region: agree / check / do not rely, with reasons
    PATIENT = "patient"  # what was loaded, checked and changed
    SIZE = "size"  # volumes, diameters, lesions, side
    AGREEMENT = "agreement"  # between segmenters
    UNCERTAINTY = "uncertainty"
    MIX = "mix"  # what the share of synthetic training data does to the answer
    PREDICTION = "prediction"  # calibrated statements with their track record
    REFERENCE = "reference"  # against a reference mask, when one was given
    SEGMENTERS = "segmenters"


@dataclass(frozen=True)
class Row:
    """One line of the scorecard.

    Attributes
    ----------
    key : str
        Stable id, unique on the card, e.g. ``"volume.WT.pooled"``. Dots separate quantity, region, segmenter.
    value : float, str, bool or None
        None exactly when `evidence` is unknown.
    unit : str
        ``"mL"``, ``"mm"``, ``""`` for pure numbers and words.
    interval : tuple of float or None
        Lowest and highest over the segmenters, or a stated interval: `interval_meaning` says which.
    reason : str
        Why the value is what it is, or why it is unknown; one sentence for a clinician.
    track_record : str
        How statements of this kind did on labelled test patients; empty where that was not measured.
    withdrawn : str
        Why the value and its interval must not be used for this patient, who is not like those that they were learned
        from; they are shown struck through. Empty for all other rows.
    """

    key: str
    section: Section
    label: str
    value: float | str | bool | None
    unit: str
    evidence: Evidence
    status: Status
    reason: str
    region: Region | None = None
    segmenter: str | None = None
    interval: tuple[float, float] | None = None
    interval_meaning: str = ""
    track_record: str = ""
    withdrawn: str = ""

    def __post_init__(self) -> None:
        make_plain(self)
        if (self.value is None) != (self.evidence is Evidence.UNKNOWN):
            raise ValueError(f"{self.key}: a row has no value exactly when its evidence is unknown")
        if self.evidence is Evidence.UNKNOWN and self.status not in (Status.UNKNOWN, Status.INFORMATION):
            raise ValueError(f"{self.key}: an unknown row cannot have the status {self.status}")


@dataclass(frozen=True)
class DoseResponse:
    """This patient's volume against the synthetic fraction of the training mix, for one region.

    `points` holds (segmenter id, synthetic fraction, volume in mL) of those whose mix is known; volumes are None where
    spacing is not trusted, then `voxels` carries the counts. The line is least squares: `slope` in mL per unit of
    synthetic fraction, with its standard error; None with fewer than three distinct fractions.
    """

    region: Region
    points: tuple[tuple[str, float, float | None], ...]
    voxels: tuple[int, ...]
    slope: float | None
    slope_standard_error: float | None
    intercept: float | None


@dataclass(frozen=True)
class Scorecard:
    """The case card."""

    rows: tuple[Row, ...]
    segmenters: tuple[SegmenterCard, ...]
    skipped: Mapping[str, str]  # segmenter id -> reason
    pairwise_dice: Mapping[Region, tuple[tuple[float, ...], ...]]  # (segmenter, segmenter), order of `segmenters`
    dose_response: tuple[DoseResponse, ...]
    review_spots: tuple[ReviewSpot, ...]
    record: str = POOLED  # whose outline status, size and predictions are about: a segmenter's id, or "pooled"
    jury: tuple[str, ...] = ()  # ids of those whose agreement tells how far it can be trusted; of old cards, everybody
    provenance: Mapping[str, Any] = field(default_factory=dict)
    case_label: str | None = None
    is_synthetic_patient: bool = False

    def __post_init__(self) -> None:
        make_plain(self, "skipped", "provenance", "case_label")
        if not self.jury:
            object.__setattr__(self, "jury", tuple(card.id for card in self.segmenters))

    @property
    def record_name(self) -> str:
        """Who draws the outline of record, in words."""
        return next((card.name for card in self.segmenters if card.id == self.record), "pooled")

    def row(self, key: str) -> Row:
        """The row with this key; KeyError if there is none."""
        for row in self.rows:
            if row.key == key:
                return row
        raise KeyError(key)

    def section(self, section: Section) -> tuple[Row, ...]:
        """The rows of one part, in order."""
        return tuple(row for row in self.rows if row.section is section)
