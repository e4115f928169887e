"""Whether the patient's scans are like those that calibration and training were done on, as conformal p-values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing, prepare_shared
from SynthTrustLib.segmenters.package.card import MODEL_FILE, SegmenterCard
from SynthTrustLib.trust.learned.calibration import NONE, Calibrated
from SynthTrustLib.trust.learned.conformal import FLAG, LEVELS, can_flag, fewest, flagged, p_value
from SynthTrustLib.trust.learned.unfamiliarity import contrasts_of, distances, nearest, unfamiliarity
from SynthTrustLib.trust.measures.appearance import Views, appearance
from SynthTrustLib.trust.measures.plain_checks import plain_facts
from SynthTrustLib.trust.rows.row import known, unknown
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Status

LABEL = "How usual the patient's scans are (p-value)"

_PLAIN = {
    "cut_off": ("field_of_view", "Share of an image's side that the head touches", ""),
    "brain_ml": ("brain_volume", "Volume inside the extracted brain", "mL"),
}
_CANNOT = {
    "cut_off": "The head could not be told from its surroundings, so it is not known whether it is cut off.",
    "brain_ml": "It needs an extracted brain and a trusted voxel size.",
}

NOBODY = "The calibration file does not tell what other patients have."

_SEEN: WeakKeyDictionary[PatientCase, dict[Preprocessing, Views]] = WeakKeyDictionary()
_LOOKING = Lock()

FEWEST = fewest(min(LEVELS))
"""Known patients that a p-value needs, as the widest interval does."""


@dataclass(frozen=True, eq=False)
class Familiarity:
    """How a patient's scans compare. `p` is None where it cannot be told, and `why_not` says why.

    `views` are the features of his scans and `score` their unfamiliarity, None without a calibration or a group that
    has one of his contrasts. `patients` are those of calibration and training who have all of his contrasts.
    """

    views: Views | None
    score: float | None
    p: float | None
    patients: int
    why_not: str = ""

    @property
    def out(self) -> bool:
        """Whether calibrated statements must not be used for this patient."""
        return self.p is not None and flagged(self.p, self.patients)

    @property
    def withdrawn(self) -> str:
        """Why they must not; empty if they may."""
        if not self.out:
            return ""
        return (
            f"Not to be used: the scans are unlike those of the {self.patients} patients with these contrasts that it "
            f"was learned from (p = {p_words(self.p)})."
        )


def familiarity(calibrated: Calibrated, segmenters: tuple[SegmenterCard, ...], case: PatientCase) -> Familiarity:
    """Compare the patient's scans with those of the patients that the calibration knows."""
    calibration = calibrated.calibration
    if calibration is None:
        return Familiarity(None, None, None, 0, NONE)
    return compare(calibration.record["in_distribution"], views_of(case, segmenters[0]))


def views_of(case: PatientCase, segmenter: SegmenterCard) -> Views:
    """The `appearance` of a patient's scans as a segmenter sees them, found once for each patient.

    It does not depend on any answer: called in a thread while the networks run, it needs no images of its own.
    """
    settings = Preprocessing.from_dict(segmenter.preprocessing)
    with _LOOKING:
        seen = _SEEN.setdefault(case, {})
        if settings not in seen:
            seen[settings] = appearance(prepare_shared(case, settings).image, case.task.contrast_ids)
        return seen[settings]


def compare(record: Mapping[str, Any], views: Views) -> Familiarity:
    """Compare scans with those of known patients; `record` is the part ``in_distribution`` of the file.

    Only with those who have all of the patient's contrasts, and over just these: a mean over fewer contrasts varies
    more. Files from before distances were kept contrast by contrast have nobody to compare with.
    """
    own = distances(record["groups"], views)
    contrasts = contrasts_of(own)
    score = nearest(own, contrasts)
    if score is None:
        return Familiarity(views, None, None, 0, "No training patients with these contrasts to compare with.")
    others = [found for found in record.get("distances", {}).values() if contrasts <= contrasts_of(found)]
    scores = [other for found in others if (other := nearest(found, contrasts)) is not None]
    if len(scores) < FEWEST:
        names = ", ".join(contrast for contrast in views if contrast in contrasts)
        why_not = f"Unknown: n = {len(scores)} known patients with {names}, and a p-value needs {FEWEST}."
        return Familiarity(views, score, None, len(scores), why_not)
    return Familiarity(views, score, p_value(score, scores), len(scores))


def p_words(p: float | None) -> str:
    """A p-value with two decimals, or three where they are needed."""
    return "unknown" if p is None else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def in_distribution_rows(
    calibrated: Calibrated, familiar: Familiarity, segmenters: tuple[SegmenterCard, ...], case: PatientCase
) -> Iterator[Row]:
    """Against the patients that are known (which gates the intervals), against each mix's training set, plain facts."""
    yield _gate(calibrated, familiar)
    if calibrated.calibration is not None:
        record = calibrated.calibration.record["in_distribution"]
        yield from _mixes(record["mixes"], familiar, segmenters)
        yield from _plain(record.get("plain_facts", {}), case)


def _gate(calibrated: Calibrated, familiar: Familiarity) -> Row:
    key = "in_distribution"
    if familiar.p is None:
        return unknown(key, Section.PREDICTION, LABEL, familiar.why_not)
    smallest = 1 / (familiar.patients + 1)
    if not can_flag(familiar.patients):
        verdict = f"so few patients cannot tell what is rarer than {p_words(smallest)}, and nothing is withdrawn"
    elif familiar.out:
        verdict = f"a flag is raised up to {p_words(FLAG)}, so nothing that was calibrated holds for this patient"
    else:
        verdict = f"a flag is raised up to {p_words(FLAG)}, so nothing speaks against what was calibrated"
    return known(
        key,
        Section.PREDICTION,
        LABEL,
        familiar.p,
        f"Share of the {familiar.patients} known patients with these contrasts whose scans are as unusual, "
        f"this one counted too; {verdict}.",
        status=Status.CHECK if familiar.out else Status.INFORMATION,
        track_record=calibrated.track_record(None, "in_distribution"),
    )


def _mixes(fitted: Mapping[str, Any], familiar: Familiarity, segmenters: tuple[SegmenterCard, ...]) -> Iterator[Row]:
    for card in segmenters:
        key = f"in_training.{card.id}"
        label = f"p-value against its own training set, {card.name}"
        mix = fitted.get(str(card.hashes.get(MODEL_FILE)))
        score = unfamiliarity(mix["groups"], familiar.views) if mix and familiar.views is not None else None
        if mix is None or score is None:
            reason = "Its training set was not compared with patients when the calibration was made."
            yield unknown(key, Section.PREDICTION, label, reason, segmenter=card.id)
            continue
        reason = (
            f"Share of its {len(mix['scores'])} training cases that are as unusual among themselves; for information, "
            "as networks also meet what they were not trained on."
        )
        p = p_value(score, mix["scores"])
        yield known(key, Section.PREDICTION, label, p, reason, segmenter=card.id)


def _plain(limits: Mapping[str, Any], case: PatientCase) -> Iterator[Row]:
    facts = plain_facts(case)
    for fact, (key, label, unit) in _PLAIN.items():
        value, limit = facts[fact], limits.get(fact)
        if value is None or limit is None:
            yield unknown(key, Section.PREDICTION, label, _CANNOT[fact] if value is None else NOBODY, unit=unit)
            continue
        low, high = limit["low"], limit["high"]
        inside = low <= value <= high
        reason = f"{'Within' if inside else 'Outside'} what {limit['patients']} training and calibration patients have"
        yield known(
            key,
            Section.PREDICTION,
            label,
            value,
            f"{reason}, a tenth allowed on either side.",
            unit=unit,
            status=Status.INFORMATION if inside else Status.CHECK,
            interval=(low, high),
            interval_meaning="range of the patients, and a tenth",
        )
