"""A segmenter's card as JSON and back. Reading checks everything itself, so that it also works without jsonschema."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing
from SynthTrustLib.segmenters.adapters.slices.smooth_slices import LARGEST, SETTING
from SynthTrustLib.segmenters.package.card import OUTSIDE, HeldOutResult, SegmenterCard, TrainingMix
from SynthTrustLib.vocabulary import Contrast, Region

FORMAT = 1
"""Version of the JSON form of a card."""

FRACTION_TOLERANCE = 1e-6
"""The stated fractions may differ from those of the counts by this much."""

ID_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
RESERVED_IDS = frozenset({"all", "none", "pooled", "reference"})
"""Words that mean something else in a choice of segmenters or among the files of a result."""

_HASH = re.compile(r"[0-9a-f]{64}")
_MISSING = object()
_Word = TypeVar("_Word", bound=StrEnum)


def card_to_dict(card: SegmenterCard) -> dict[str, Any]:
    """The card as plain JSON values, in the order of ``segmenter.schema.json``."""
    mix = card.training_mix
    return {
        "format": FORMAT,
        "id": card.id,
        "name": card.name,
        "version": card.version,
        "family": card.family,
        "summary": card.summary,
        "training_mix": {
            "real_cases": mix.real_cases,
            "synthetic_cases": mix.synthetic_cases,
            "real_fraction": mix.real_fraction if mix.known else None,
            "synthetic_fraction": mix.synthetic_fraction if mix.known else None,
            "generator": mix.generator,
            "quality": mix.quality,
            "diversity": mix.diversity,
            "quality_measured": dict(mix.quality_measured),
            "diversity_measured": dict(mix.diversity_measured),
            "source_sites": list(mix.source_sites),
            "source_patients": mix.source_patients,
            "seed": mix.seed,
        },
        "contrasts": [str(contrast) for contrast in card.contrasts],
        "required_contrasts": [str(contrast) for contrast in card.required_contrasts],
        "regions": [str(region) for region in card.regions],
        "thresholds": {str(region): card.thresholds[region] for region in card.regions},
        "preprocessing": dict(card.preprocessing),
        "licence": card.licence,
        "intended_use": card.intended_use,
        "not_for": list(card.not_for),
        "held_out": [
            {
                "metric": result.metric,
                "region": str(result.region),
                "cohort": result.cohort,
                "mean": result.mean,
                "low": result.low,
                "high": result.high,
                "patients": result.patients,
            }
            for result in card.held_out
        ],
        "presets": list(card.presets),
        "hashes": dict(card.hashes),
        "training": dict(card.training),
    }


def card_from_dict(data: Any, *, source: str = "segmenter") -> SegmenterCard:
    """The card that `data` (parsed JSON) describes.

    Raises
    ------
    SegmenterError
        If anything is missing, unknown, of the wrong type, out of range or contradicts something else; `source` names
        the segmenter in the message.
    """
    fields = _Fields(data, "", source)
    if fields.integer("format", low=1) != FORMAT:
        raise SegmenterError(
            f"its card is of format {data['format']}, this SynthTrust reads format {FORMAT}",
            source=source,
            next_step="Update SynthTrust, or install a version of the segmenter that fits it.",
        )
    identifier = fields.text("id")
    if not ID_PATTERN.fullmatch(identifier) or identifier in RESERVED_IDS:
        fields.refuse("id", f"{identifier!r} is not a usable name (lower case letters, digits and hyphens)")
    regions = fields.words("regions", Region, at_least=1)
    family = fields.text("family")
    # An outline made elsewhere says neither what it was drawn on nor what its maker was trained on.
    contrasts = fields.words("contrasts", Contrast, at_least=int(family != OUTSIDE))
    required = fields.words("required_contrasts", Contrast)
    if not set(required) <= set(contrasts):
        fields.refuse("required_contrasts", "names a contrast that is not among the contrasts")
    preprocessing = fields.mapping("preprocessing")
    unknown = set(preprocessing) - set(Preprocessing.__dataclass_fields__) - {"network", SETTING}
    if unknown:
        fields.refuse("preprocessing", f"has the unknown setting {sorted(unknown)[0]!r}")
    if SETTING in preprocessing:
        _Fields(preprocessing, "preprocessing.", source).number(SETTING, 0, LARGEST)
    card = SegmenterCard(
        id=identifier,
        name=fields.text("name"),
        version=fields.text("version"),
        family=family,
        summary=fields.text("summary"),
        training_mix=_mix(_Fields(fields.mapping("training_mix"), "training_mix.", source), known=family != OUTSIDE),
        contrasts=contrasts,
        required_contrasts=required,
        regions=regions,
        thresholds=_thresholds(_Fields(fields.mapping("thresholds"), "thresholds.", source), regions),
        preprocessing=preprocessing,
        licence=fields.text("licence"),
        intended_use=fields.text("intended_use"),
        not_for=fields.texts("not_for"),
        held_out=tuple(
            _held_out(_Fields(item, f"held_out[{n}].", source), regions)
            for n, item in enumerate(fields.sequence("held_out"))
        ),
        presets=fields.texts("presets"),
        hashes=_hashes(fields),
        training=fields.mapping("training"),
    )
    fields.close()
    return card


def _mix(fields: _Fields, *, known: bool) -> TrainingMix:
    mix = TrainingMix(
        real_cases=fields.integer("real_cases"),
        synthetic_cases=fields.integer("synthetic_cases"),
        generator=fields.optional_text("generator"),
        quality=fields.optional_text("quality"),
        diversity=fields.optional_text("diversity"),
        quality_measured=fields.numbers("quality_measured"),
        diversity_measured=fields.numbers("diversity_measured"),
        source_sites=fields.texts("source_sites"),
        source_patients=fields.optional_integer("source_patients"),
        seed=fields.integer("seed"),
    )
    if mix.known != known:
        fields.refuse("real_cases", "and synthetic_cases must both be 0 for an outside outline, and only for one")
    for name, counted in (("real_fraction", mix.real_fraction), ("synthetic_fraction", mix.synthetic_fraction)):
        if not known:
            fields.require_null(name)
            continue
        stated = fields.number(name, 0, 1)
        if abs(stated - counted) > FRACTION_TOLERANCE:
            fields.refuse(name, f"is {stated:g}, but the counted cases make it {counted:g}")
    if bool(mix.synthetic_cases) != (mix.generator is not None):
        fields.refuse("generator", "must be named where there are synthetic cases, and only there")
    if not mix.synthetic_cases and (mix.quality is not None or mix.diversity is not None):
        fields.refuse("quality", "and diversity describe synthetic cases, but there are none")
    fields.close()
    return mix


def _thresholds(fields: _Fields, regions: tuple[Region, ...]) -> dict[Region, float]:
    thresholds = {region: fields.number(region, 0, 1) for region in regions}
    for region, value in thresholds.items():
        if not 0 < value < 1:
            fields.refuse(region, "must lie between 0 and 1")
    fields.close()
    return thresholds


def _held_out(fields: _Fields, regions: tuple[Region, ...]) -> HeldOutResult:
    region = fields.word("region", Region)
    if region not in regions:
        fields.refuse("region", f"is {region}, which this segmenter does not draw")
    result = HeldOutResult(
        metric=fields.text("metric"),
        region=region,
        cohort=fields.text("cohort"),
        mean=fields.number("mean"),
        low=fields.number("low"),
        high=fields.number("high"),
        patients=fields.integer("patients", low=1),
    )
    if not result.low <= result.mean <= result.high:
        fields.refuse("mean", f"{result.mean:g} lies outside its interval {result.low:g} to {result.high:g}")
    if result.metric == "dice" and not 0 <= result.low <= result.high <= 1:
        fields.refuse("low", "and high of a Dice must lie in 0..1")
    fields.close()
    return result


def _hashes(fields: _Fields) -> dict[str, str]:
    hashes = fields.mapping("hashes")
    for name, value in hashes.items():
        if not isinstance(value, str) or not _HASH.fullmatch(value):
            fields.refuse(f"hashes.{name}", "is not a SHA-256 in lower-case hexadecimal")
    return dict(hashes)


class _Fields:
    """Typed access to one JSON object; every refusal names the field by its path."""

    def __init__(self, data: Any, prefix: str, source: str) -> None:
        self._prefix, self._source = prefix, source
        self._data: Mapping[str, Any] = {}
        self._read: set[str] = set()
        if not isinstance(data, Mapping):
            self.refuse("", "is not a JSON object")
        self._data = data

    def refuse(self, key: str, problem: str) -> None:
        path = f"{self._prefix}{key}".strip(".") or "the card"
        raise SegmenterError(
            f"its card is wrong: {path} {problem}",
            source=self._source,
            next_step="Install the package again, or ask its maker for a corrected one.",
        )

    def close(self) -> None:
        """Refuse what was not asked for: a misspelled field must not pass as a missing one."""
        for key in self._data:
            if key not in self._read:
                self.refuse(str(key), "is not a field that SynthTrust knows")

    def _get(self, key: str, kinds: type | tuple[type, ...], kind_name: str) -> Any:
        self._read.add(key)
        value = self._data.get(key, _MISSING)
        if value is _MISSING:
            self.refuse(key, "is missing")
        if not isinstance(value, kinds) or isinstance(value, bool):
            self.refuse(key, f"is not {kind_name}")
        return value

    def _optional(self, key: str) -> bool:
        """Whether the field is null (it must be there all the same)."""
        self._read.add(key)
        return key in self._data and self._data[key] is None

    def require_null(self, key: str) -> None:
        if not self._optional(key):
            self.refuse(key, "is not null")

    def text(self, key: str) -> str:
        value: str = self._get(key, str, "a text")
        if not value.strip():
            self.refuse(key, "is empty")
        return value

    def optional_text(self, key: str) -> str | None:
        return None if self._optional(key) else self.text(key)

    def number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float:
        value = float(self._get(key, (int, float), "a number"))
        if not math.isfinite(value) or not low <= value <= high:
            self.refuse(key, f"is {value:g}, not in {low:g} to {high:g}")
        return value

    def integer(self, key: str, low: int = 0) -> int:
        value: int = self._get(key, int, "a whole number")
        if value < low:
            self.refuse(key, f"is {value}, less than {low}")
        return value

    def optional_integer(self, key: str) -> int | None:
        return None if self._optional(key) else self.integer(key)

    def mapping(self, key: str) -> Mapping[str, Any]:
        value: Mapping[str, Any] = self._get(key, Mapping, "a JSON object")
        return value

    def numbers(self, key: str) -> dict[str, float]:
        inner = _Fields(self.mapping(key), f"{self._prefix}{key}.", self._source)
        return {name: inner.number(name) for name in self._data[key]}

    def sequence(self, key: str) -> Iterable[Any]:
        value: Iterable[Any] = self._get(key, (list, tuple), "a list")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = tuple(self.sequence(key))
        if any(not isinstance(value, str) or not value.strip() for value in values):
            self.refuse(key, "holds something that is not a text")
        if len(set(values)) != len(values):
            self.refuse(key, "names something twice")
        return values

    def word(self, key: str, kind: type[_Word]) -> _Word:
        return self._word(key, self.text(key), kind)

    def words(self, key: str, kind: type[_Word], at_least: int = 0) -> tuple[_Word, ...]:
        values = tuple(self._word(key, value, kind) for value in self.texts(key))
        if len(values) < at_least:
            self.refuse(key, "is empty")
        return values

    def _word(self, key: str, value: str, kind: type[_Word]) -> _Word:
        if value not in list(kind):
            self.refuse(key, f"says {value!r}, not one of {', '.join(kind)}")
        return kind(value)
