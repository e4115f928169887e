"""The static half of a segmenter: what it is, what it was trained on, what it needs, what it may be used for.

The JSON form is ``configs/synthtrust.json`` of a package; ``Resources/Schemas/segmenter.schema.json`` is made of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, ClassVar, TypedDict

from SynthTrustLib.codec import (
    As,
    Count,
    FieldError,
    FormatError,
    Fraction,
    Pattern,
    Range,
    Sha256,
    Size,
    Text,
    Unique,
    decode,
)
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.plain_text import make_plain
from SynthTrustLib.segmenters.adapters.patches.settings import PatchSettings
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Id, Task

MODEL_FILE = "models/model.onnx"
"""The weights in a package. Their hash on the card says whether a calibration belongs to the segmenter."""

OUTSIDE = "outside"
"""Family of the members that are no network: outlines made elsewhere and read from a file."""

LARGEST_SMOOTHING = 1 / 3
"""The part of a slice that makes it and its neighbours count the same."""

LARGEST_MODEL_MB = 2000.0
"""An ONNX file cannot be larger than 2 GiB."""

Identifier = Annotated[
    str,
    # The words mean something else in a choice of segmenters, or among the files of a result.
    Pattern(
        "^(?!(all|none|pooled|reference)$)[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$",
        "lower case letters, digits and hyphens, and none of all, none, pooled, reference",
    ),
]
Millimetres = Annotated[float, Range(above=0, high=50)]
Texts = Annotated[tuple[Text, ...], Unique()]


class PreprocessingFields(TypedDict, total=False):
    """What `adapters.slices.preprocess.Preprocessing` and the network ask for; what is left out keeps its default."""

    in_plane_mm: Millimetres
    in_plane_keep_mm: tuple[Millimetres, Millimetres]
    finest_slice_mm: Millimetres
    neighbour_mm: Millimetres
    multiple: Annotated[int, Range(1, 256)]
    solid_head: bool
    slice_smoothing: Annotated[
        float, Range(0, LARGEST_SMOOTHING), "What each neighbour gives to a slice's probabilities; 0 without it."
    ]
    mirrored: Annotated[bool, "Whether answers are the mean for a slice and for its mirror image, left to right."]
    network: Annotated[
        Mapping[str, Any], "Architecture, for the torch engine; see SynthTrustLib/segmenters/network.py."
    ]


@dataclass(frozen=True)
class TrainingMix:
    """What a segmenter was trained on.

    ``real_fraction`` + ``synthetic_fraction`` = 1, both of training *cases*. `quality` and `diversity` are the levels
    of the synthetic set as its maker names them (``"high"``, ``"low"``), None where there are no synthetic cases;
    `quality_measured` and `diversity_measured` hold audit figures by name where an audit was made. A mix without any
    cases is not known, as of an outline made elsewhere: its fractions are NaN.
    """

    DERIVED: ClassVar = ("real_fraction", "synthetic_fraction")

    real_cases: Count
    synthetic_cases: Count
    generator: Annotated[Text | None, "What made the synthetic cases; null without any."] = None
    quality: Text | None = None
    diversity: Text | None = None
    quality_measured: Mapping[str, float] = field(default_factory=dict)
    diversity_measured: Mapping[str, float] = field(default_factory=dict)
    generator_card: Annotated[Texts, "What the audit of its synthetic cases measured, a line each."] = ()
    source_sites: Annotated[Texts, "Of the real cases."] = ()
    source_patients: Annotated[Count | None, "Distinct real patients behind the mix, the synthetic part included."] = (
        None
    )
    seed: Count = 0

    def check_fields(self) -> None:
        if bool(self.synthetic_cases) != (self.generator is not None):
            raise FieldError("must be named where there are synthetic cases, and only there", "generator")
        if not self.synthetic_cases and (self.quality is not None or self.diversity is not None):
            raise FieldError("and diversity describe synthetic cases, but there are none", "quality")

    @property
    def known(self) -> bool:
        return self.real_cases + self.synthetic_cases > 0

    @property
    def rank(self) -> tuple[bool, float]:
        """For sorting: by rising synthetic fraction, mixes that are not known last."""
        return not self.known, self.synthetic_fraction if self.known else 0.0

    @property
    def real_fraction(self) -> Fraction:
        return 1.0 - self.synthetic_fraction

    @property
    def synthetic_fraction(self) -> Fraction:
        total = self.real_cases + self.synthetic_cases
        return self.synthetic_cases / total if total else math.nan


@dataclass(frozen=True)
class HeldOutResult:
    """A figure measured on patients that the segmenter never saw."""

    metric: Text  # "dice"
    region: Id
    cohort: Text  # "BraTS test", "TCGA-LGG test"
    mean: float
    low: Annotated[float, "Of the 95 % bootstrap interval by patient."]
    high: float
    patients: Annotated[int, Range(1)]

    def check_fields(self) -> None:
        if not self.low <= self.mean <= self.high:
            raise FieldError(f"{self.mean:g} lies outside its interval {self.low:g} to {self.high:g}", "mean")
        if self.metric == "dice" and not 0 <= self.low <= self.high <= 1:
            raise FieldError("and high of a Dice must lie in 0..1", "low")


@dataclass(frozen=True)
class Limits:
    """How large a segmenter is; it is refused where it turns out to be larger. In 10^6 bytes."""

    model_mb: Annotated[float, Range(above=0, high=LARGEST_MODEL_MB), "Of the model's file."] = 4.0
    memory_mb: Annotated[
        Annotated[float, Range(above=0)] | None,
        "What its network takes while it runs, beside images and answers; null where nobody measured it.",
    ] = None


@dataclass(frozen=True)
class SegmenterCard:
    """A segmenter as the scorecard and the panel show it."""

    FORMAT: ClassVar = 1
    QUIET: ClassVar = ("adapter", "limits")

    id: Identifier
    name: Text
    version: Text
    family: Text
    summary: Text
    training_mix: TrainingMix
    contrasts: Annotated[tuple[Id, ...], Unique(), "Input channels, in order."]
    required_contrasts: Annotated[tuple[Id, ...], Unique(), "It cannot run without these; the others may be missing."]
    regions: Annotated[tuple[Id, ...], Size(1), Unique(), "Output channels, in order."]
    thresholds: Annotated[Mapping[Id, Annotated[float, Range(above=0, below=1)]], "Of its own outline."]
    preprocessing: Annotated[Mapping[str, Any], As(PreprocessingFields)]
    licence: Text
    intended_use: Text
    not_for: Texts
    held_out: tuple[HeldOutResult, ...] = ()
    task: Annotated[Id, "Of the package's configs/task.json, or of one that ships."] = GLIOMA.id
    presets: Annotated[
        tuple[Annotated[str, Pattern("^(?!all$)[a-z0-9][a-z0-9-]*$", "a preset's name")], ...],
        Unique(),
        "Named sets that it belongs to.",
    ] = ()
    hashes: Annotated[Mapping[str, Sha256], "Package-relative path -> SHA-256."] = field(default_factory=dict)
    training: Annotated[Mapping[str, Any], "How it was made: command, seed, steps, versions, date."] = field(
        default_factory=dict
    )
    adapter: Annotated[
        PatchSettings | None, "Of a network that sees patches; null for the 2.5D ones, which `preprocessing` describes."
    ] = None
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        make_plain(self, "name", "version", "summary", "licence", "intended_use", "not_for", "presets", "training")

    def check_fields(self) -> None:
        if self.training_mix.known and self.is_outside:
            problem = "and synthetic_cases must both be 0 for an outside outline"
            raise FieldError(problem, "training_mix", "real_cases")
        # An outline made elsewhere says neither what it was drawn on nor what its maker was trained on.
        if not self.contrasts and not self.is_outside:
            raise FieldError("is empty", "contrasts")
        if not set(self.required_contrasts) <= set(self.contrasts):
            raise FieldError("names a contrast that is not among the contrasts", "required_contrasts")
        for region in {*self.regions, *self.thresholds}:
            if region not in self.regions:
                raise FieldError("is of a region that it does not draw", "thresholds", region)
            if region not in self.thresholds:
                raise FieldError("is missing", "thresholds", region)
        if self.adapter is not None and set(self.adapter.answer.regions) != set(self.regions):
            told = ", ".join(self.adapter.answer.regions)
            raise FieldError(f"tell {told}, not the regions of the card", "adapter", "answer", "channels")
        for n, result in enumerate(self.held_out):
            if result.region not in self.regions:
                raise FieldError(f"is {result.region}, which it does not draw", "held_out", n, "region")

    def check_task(self, task: Task) -> None:
        """FieldError where it names another task, or what the task does not have."""
        if self.task != task.id:
            raise FieldError(f"is {self.task}, but regions and contrasts are those of {task.id}", "task")
        for what, ids, known in (
            ("contrasts", self.contrasts, task.contrast_ids),
            ("regions", self.regions, task.region_ids),
        ):
            for n, name in enumerate(ids):
                if name not in known:
                    raise FieldError(f"is {name!r}, not one of {', '.join(known)}", what, n)

    @property
    def is_outside(self) -> bool:
        """Whether this is an outline made elsewhere rather than a segmenter that ran."""
        return self.family == OUTSIDE

    @property
    def settings_hash(self) -> str:
        """SHA-256 of what makes outlines of the weights: how their input is prepared, their answer smoothed and cut."""
        settings = {"preprocessing": dict(self.preprocessing), "thresholds": dict(self.thresholds)}
        return fingerprint(settings if self.adapter is None else {**settings, "adapter": asdict(self.adapter)})


def read_card(data: Any, *, source: str = "segmenter", task: Task = GLIOMA) -> SegmenterCard:
    """The card that `data` (parsed JSON) describes; `source` names the segmenter in errors.

    Raises SegmenterError if anything is missing, unknown, of the wrong type, out of range or contradicts something
    else.
    """
    try:
        card = decode(SegmenterCard, data)
        card.check_task(task)
        return card
    except FormatError as error:
        raise SegmenterError(
            f"its card {error.words}",
            source=source,
            next_step="Update SynthTrust, or install a version of the segmenter that fits it.",
        ) from error
    except FieldError as error:
        raise SegmenterError(
            f"its card is wrong: {error}",
            source=source,
            next_step="Install the package again, or ask its maker for a corrected one.",
        ) from error
