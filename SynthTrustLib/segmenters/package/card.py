"""The static half of a segmenter: what it is, what it was trained on, what it needs, what it may be used for.

The JSON form is ``configs/synthtrust.json`` of a package, checked against ``Resources/Schemas/segmenter.schema.json``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.plain_text import make_plain
from SynthTrustLib.vocabulary import Contrast, Region

MODEL_FILE = "models/model.onnx"
"""The weights in a package. Their hash on the card says whether a calibration belongs to the segmenter."""

OUTSIDE = "outside"
"""Family of the members that are no network: outlines made elsewhere and read from a file."""


@dataclass(frozen=True)
class TrainingMix:
    """What a segmenter was trained on.

    ``real_fraction`` + ``synthetic_fraction`` = 1, both of training *cases*. `quality` and `diversity` are the levels
    of the synthetic set as its maker names them (``"high"``, ``"low"``), None where there are no synthetic cases;
    `quality_measured` and `diversity_measured` hold audit figures by name where an audit was made. A mix without any
    cases is an unknown one, as of an outline made elsewhere: its fractions are NaN.
    """

    real_cases: int
    synthetic_cases: int
    generator: str | None = None  # e.g. "simulator 1"; None without synthetic cases
    quality: str | None = None
    diversity: str | None = None
    quality_measured: Mapping[str, float] = field(default_factory=dict)
    diversity_measured: Mapping[str, float] = field(default_factory=dict)
    source_sites: tuple[str, ...] = ()  # sites of the real cases
    source_patients: int | None = None  # distinct real patients behind the mix, the synthetic part included
    seed: int = 0

    @property
    def known(self) -> bool:
        return self.real_cases + self.synthetic_cases > 0

    @property
    def real_fraction(self) -> float:
        return 1.0 - self.synthetic_fraction

    @property
    def synthetic_fraction(self) -> float:
        total = self.real_cases + self.synthetic_cases
        return self.synthetic_cases / total if total else math.nan


@dataclass(frozen=True)
class HeldOutResult:
    """A figure measured on patients that the segmenter never saw."""

    metric: str  # "dice"
    region: Region
    cohort: str  # "BraTS test", "TCGA-LGG test"
    mean: float
    low: float  # 95 % bootstrap interval by patient
    high: float
    patients: int


@dataclass(frozen=True)
class SegmenterCard:
    """A segmenter as the scorecard and the panel show it."""

    id: str
    name: str
    version: str
    family: str
    summary: str
    training_mix: TrainingMix
    contrasts: tuple[Contrast, ...]  # input channels, in order
    required_contrasts: tuple[Contrast, ...]  # it cannot run without these; others may be missing
    regions: tuple[Region, ...]  # output channels, in order
    thresholds: Mapping[Region, float]  # of its own outline
    preprocessing: Mapping[str, Any]  # see segmenters.adapters.slices.preprocess.Preprocessing
    licence: str
    intended_use: str
    not_for: tuple[str, ...]
    held_out: tuple[HeldOutResult, ...] = ()
    presets: tuple[str, ...] = ()  # named sets it belongs to: "ladder", "real-against-synthetic"
    hashes: Mapping[str, str] = field(default_factory=dict)  # package-relative file -> SHA-256
    training: Mapping[str, Any] = field(default_factory=dict)  # command, seed, steps, versions, date: how it was made

    def __post_init__(self) -> None:
        make_plain(self, "name", "version", "summary", "licence", "intended_use", "not_for", "presets", "training")

    @property
    def is_outside(self) -> bool:
        """Whether this is an outline made elsewhere rather than a segmenter that ran."""
        return self.family == OUTSIDE

    @property
    def settings_hash(self) -> str:
        """SHA-256 of what makes outlines of the weights: how their input is prepared, their answer smoothed and cut."""
        thresholds = {str(region): value for region, value in self.thresholds.items()}
        return fingerprint({"preprocessing": dict(self.preprocessing), "thresholds": thresholds})
