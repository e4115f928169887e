"""The scorecard: pure data. Every row has a value, an evidence level, a status and a reason.

The JSON form is ``scorecard.json`` of a result; ``Resources/Schemas/scorecard.schema.json`` is made of it. There is no
overall number, by design.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from SynthTrustLib.codec import Count, FieldError, FormatError, Fraction, Pattern, Range, Size, Text, decode
from SynthTrustLib.errors import InputError
from SynthTrustLib.maps.spots.spot import ReviewSpot, UnlistedDoubt
from SynthTrustLib.plain_text import make_plain
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.card import Identifier, SegmenterCard
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Id, Task
from SynthTrustLib.vocabulary import Evidence, Status

STAGES = "stages"
"""What in the provenance tells the time and memory of a run's stages: for developers, and no row of any report."""


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
    """One line of the scorecard."""

    key: Annotated[
        str,
        Pattern(
            r"^(?!(overall|total|trust|score|trust_score|summary)(\.|$))[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)*$",
            "the key of a row, of which none is overall",
        ),
    ]
    """Stable id, unique on the card, e.g. ``"volume.WT.pooled"``. Dots separate quantity, region, segmenter."""
    section: Section
    label: Text
    value: float | str | bool | None
    """None exactly when `evidence` is unknown."""
    unit: Annotated[str, Pattern("^(mL|mm\u00b2?)?$", "mL, mm, mm\u00b2 or nothing")]
    """``"mL"``, ``"mm"``, ``""`` for pure numbers and words."""
    evidence: Evidence
    status: Status
    reason: Text
    """Why the value is what it is, or why it is unknown; one sentence for a clinician."""
    region: Id | None = None
    segmenter: Identifier | None = None
    interval: tuple[float, float] | None = None
    """Lowest and highest of the jury, or a stated interval: `interval_meaning` says which."""
    interval_meaning: str = ""
    track_record: str = ""
    """How statements of this kind did on labelled test patients; empty where that was not measured."""
    withdrawn: str = ""
    """Why the value and its interval must not be used for this patient, who is not like those that they were learned
    from; they are shown struck through. Empty for all other rows."""
    promised: Fraction | None = None
    """The share of patients, 0..1, in whom the statement is promised to hold; None for what promises nothing, and in
    files that older versions wrote."""

    def __post_init__(self) -> None:
        make_plain(self)
        if (self.value is None) != (self.evidence is Evidence.UNKNOWN):
            raise FieldError(f"of {self.key} must be null exactly when the evidence is unknown", "value")
        if self.evidence is Evidence.UNKNOWN and self.status not in (Status.UNKNOWN, Status.INFORMATION):
            raise FieldError(f"of {self.key} is {self.status}, but the evidence is unknown", "status")

    def check_fields(self) -> None:
        if self.evidence is Evidence.UNKNOWN and self.interval is not None:
            raise FieldError("is there, but the evidence is unknown", "interval")
        if self.evidence is not Evidence.UNKNOWN and self.status is Status.UNKNOWN:
            raise FieldError("is unknown, but the evidence is not", "status")
        if (self.interval is None) != (not self.interval_meaning.strip()):
            raise FieldError("must say what the interval is, and be empty without one", "interval_meaning")
        if self.section is not Section.STATUS:
            if self.key.split(".")[0] == "status":
                raise FieldError("is that of a status", "key")
        elif self.key != f"status.{self.region}" or self.segmenter or not isinstance(self.value, str | None):
            raise FieldError("must be a status in words, of one region and no segmenter", "key")


@dataclass(frozen=True)
class DosePoint:
    """What one segmenter of known mix outlines of a region; the volume is None where spacing is not trusted."""

    segmenter: Identifier
    synthetic_fraction: Fraction
    volume_ml: Annotated[float, Range(0)] | None
    voxels: Count


@dataclass(frozen=True)
class DoseResponse:
    """This patient's volume against the synthetic fraction of the training mix, for one region.

    The line is least squares: `slope` in mL per unit of synthetic fraction, with its standard error, and `intercept` in
    mL at real-only training; None with fewer than three distinct fractions.
    """

    region: Id
    points: tuple[DosePoint, ...]
    slope: float | None
    slope_standard_error: Annotated[float, Range(0)] | None
    intercept: float | None

    def check_fields(self) -> None:
        if len({part is None for part in (self.slope, self.slope_standard_error, self.intercept)}) > 1:
            raise FieldError("must come with its standard error and the intercept", "slope")


@dataclass(frozen=True)
class Scorecard:
    """The case card."""

    FORMAT: ClassVar = 1

    rows: Annotated[tuple[Row, ...], Size(1)]
    segmenters: Annotated[tuple[SegmenterCard, ...], Size(1)]
    skipped: Annotated[Mapping[Identifier, Text], "Segmenter -> why it did not run."]
    pairwise_dice: Annotated[
        Mapping[Id, tuple[tuple[Fraction, ...], ...]],
        Size(1),
        "Segmenter by segmenter, in the order of segmenters.",
    ]
    dose_response: tuple[DoseResponse, ...]
    review_spots: tuple[ReviewSpot, ...]
    record: Annotated[Text, "Whose outline status, sizes and predictions are about: a segmenter, or pooled."] = POOLED
    jury: Annotated[
        tuple[Identifier, ...],
        "Segmenters whose agreement tells how far the outline of record can be trusted; without it, all.",
    ] = ()
    provenance: Annotated[Mapping[str, Any], "Hashes of the inputs, versions, settings and time."] = field(
        default_factory=dict
    )
    case_label: Annotated[str | None, "Chosen by the user; never taken from a file of a real patient."] = None
    is_synthetic_patient: bool = False
    task: Annotated[Task, "What was outlined, on which images; without it, glioma."] = GLIOMA
    unlisted_doubt: Annotated[tuple[UnlistedDoubt, ...], "What is disputed in none of the review spots."] = ()

    def __post_init__(self) -> None:
        make_plain(self, "skipped", "provenance", "case_label")
        if not self.jury:
            object.__setattr__(self, "jury", tuple(card.id for card in self.segmenters))

    @property
    def record_name(self) -> str:
        """Who draws the outline of record, in words."""
        return next((card.name for card in self.segmenters if card.id == self.record), "pooled")

    def check_fields(self) -> None:
        for n, card in enumerate(self.segmenters):
            try:
                card.check_task(self.task)
            except FieldError as error:
                raise error.inside(n).inside("segmenters") from None
        for what in ("rows", "dose_response", "review_spots", "unlisted_doubt"):
            for n, one in enumerate(getattr(self, what)):
                if one.region not in (None, *self.task.region_ids):
                    raise FieldError(f"is {one.region!r}, which is no region of {self.task.id}", what, n, "region")
        keys = [row.key for row in self.rows]
        for n, key in enumerate(keys):
            if key in keys[:n]:
                raise FieldError(f"is {key}, which is there twice", "rows", n, "key")
        members = len(self.segmenters)
        for region, matrix in self.pairwise_dice.items():
            if region not in self.task.region_ids:
                raise FieldError(f"is no region of {self.task.id}", "pairwise_dice", region)
            if len(matrix) != members or any(len(line) != members for line in matrix):
                raise FieldError(f"is not a matrix of {members} by {members}", "pairwise_dice", region)
        known = [card.id for card in self.segmenters if card.training_mix.known and card.id in self.jury]
        for n, response in enumerate(self.dose_response):
            if [point.segmenter for point in response.points] != known:
                problem = "are not one of each juror of known mix, in order"
                raise FieldError(problem, "dose_response", n, "points")
        if [spot.rank for spot in self.review_spots] != list(range(1, len(self.review_spots) + 1)):
            raise FieldError("are not ranked 1, 2, 3, ...", "review_spots")

    def row(self, key: str) -> Row:
        """The row with this key; KeyError if there is none."""
        for row in self.rows:
            if row.key == key:
                return row
        raise KeyError(key)

    def section(self, section: Section) -> tuple[Row, ...]:
        """The rows of one part, in order."""
        return tuple(row for row in self.rows if row.section is section)


def read_scorecard(data: Any) -> Scorecard:
    """The scorecard that `data` (parsed JSON) holds.

    Raises InputError if it is none, contradicts itself, or its format is another.
    """
    try:
        return decode(Scorecard, data)
    except FormatError as error:
        raise InputError(
            f"it {error.words}",
            source="scorecard",
            next_step="Open it with the version of SynthTrust that wrote it, or assess the patient again.",
        ) from error
    except FieldError as error:
        raise InputError(
            f"it is not a scorecard ({error})",
            source="scorecard",
            next_step="Assess the patient again; if that does not help, report it to the makers of SynthTrust.",
        ) from error
