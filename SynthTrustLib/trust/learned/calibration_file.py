"""What a calibration file and its track record hold, field by field. Case ids are those of the user's own folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from SynthTrustLib.codec import Count, Fraction, Pattern, Range, Sha256, Size, Text
from SynthTrustLib.vocabulary import Contrast, Region

_Positive = Annotated[int, Range(1)]
_Contrasts = Annotated[list[Contrast], Size(1)]
_Level = Annotated[float, Range(above=0, below=1)] | None
_Scores = Annotated[Mapping[str, float | None], "Case -> nonconformity; null is infinite."]
_Date = Annotated[str, Pattern(r"^\d{4}-\d{2}-\d{2}$", "a date such as 2026-11-30")]


class Versions(TypedDict):
    """Of the code that computes signals and features; others do not fit."""

    signals: Count
    appearance: Count


class Patient(TypedDict):
    """A patient that it was learned from."""

    case: str
    cohort: str
    site: str
    contrasts: _Contrasts


class View(TypedDict):
    """Of one contrast: principal components, Ledoit-Wolf precision, and the distance of a typical member."""

    mean: list[float]
    scale: list[float]
    components: list[list[float]]
    centre: list[float]
    precision: list[list[float]]
    typical: float


class Group(TypedDict):
    """Patients with the same contrasts; by id, or how many."""

    contrasts: _Contrasts
    patients: list[str] | Count
    views: Mapping[str, View]


class Limits(TypedDict):
    """How many patients a fact is known of, and their range with a tenth allowed on either side."""

    patients: _Positive
    low: float
    high: float


class PlainFacts(TypedDict):
    """Of training and calibration patients."""

    cut_off: Limits | None
    brain_ml: Limits | None


class TrainingSet(TypedDict):
    """The patients that a segmenter was trained on."""

    groups: list[Group]
    scores: list[float]


class InDistribution(TypedDict):
    """Whose scans a patient's are compared with."""

    groups: list[Group]
    distances: NotRequired[
        Annotated[
            Mapping[str, list[Mapping[Contrast, float]]],
            "Calibration patient -> for each of the groups, contrast -> distance, where both have it.",
        ]
    ]
    plain_facts: NotRequired[PlainFacts]
    mixes: Annotated[Mapping[Sha256, TrainingSet], "Weights of a segmenter -> its own training set."]


class Component(TypedDict):
    """From one signal to Dice, by straight lines between (confidence, Dice) pairs."""

    signal: str
    knots: Annotated[list[tuple[float, float]], Size(1)]


class Candidate(TypedDict):
    """A map that might have been chosen."""

    candidate: str
    left_out_error: float
    gain: float
    gain_standard_error: float | None


class DiceMap(TypedDict):
    """From signals to Dice; predictions of several components are averaged."""

    chosen: str
    components: Annotated[list[Component], Size(1)]
    candidates: list[Candidate]


class Example(TypedDict):
    """Predicted by the map of all other patients, and true."""

    case: str
    predicted: float
    dice: Fraction


class Temperature(TypedDict):
    """What the pooled logits are divided by; null where it could not be learned."""

    patients: Count
    value: float | None
    error_before: NotRequired[Fraction]
    error_after: NotRequired[Fraction]
    reliability_before: NotRequired[list[tuple[float, float, float]]]
    reliability_after: NotRequired[list[tuple[float, float, float]]]


class Skill(TypedDict):
    """How much less than the same number for everybody the predicted Dice errs on patients left out.

    skill is 1 - error / error_of_the_mean, and low its lower end, one-sided 90 % over persons.
    """

    patients: Count
    error: Annotated[float, Range(0)]
    error_of_the_mean: Annotated[float, Range(0)]
    skill: Annotated[float, Range(high=1)]
    low: Annotated[float, Range(high=1)]


class Rule(TypedDict):
    """From agree_from on: agree; from rely_from on: check; below: do not rely. The status is the worst of all rules.

    if_agree and if_not are said in place of the numbers.
    """

    name: str
    signal: str
    words: str
    agree_from: float | None
    rely_from: float | None
    if_agree: NotRequired[str]
    if_not: NotRequired[str]


class Target(TypedDict):
    """What the rules were chosen for."""

    good: Fraction
    agree_share: Fraction
    poor: Fraction
    poor_share: Fraction
    marked_agree: Count
    marked_poor: Count


class StatusRules(TypedDict):
    """How a region's status follows from its signals."""

    patients: Count
    rules: list[Rule]
    target: Target | None


class PresenceRule(TypedDict):
    """Labelled patients who have the region, and the lowest mean pairwise Dice of the segmenters among them."""

    patients: _Positive
    pairwise_dice: Fraction


class DiceInterval(TypedDict):
    """Half the width of the interval of Dice; with `open_above` it ends at 1, and that is what it reaches below."""

    patients: Count
    level: _Level
    half_width: float | None
    open_above: NotRequired[bool]
    scores: _Scores


class VolumeInterval(TypedDict):
    """Bound of the logarithm of true over outlined volume, times 1.05 - predicted Dice where that has skill."""

    patients: Count
    level: _Level
    factor: float | None
    scores: _Scores


class BorderInterval(TypedDict):
    """95 % of the true border lies within this distance; cases with a trusted spacing only."""

    patients: Count
    level: _Level
    margin_mm: float | None
    scores: _Scores


class ContrastSet(TypedDict):
    """The intervals for patients with just these contrasts."""

    contrasts: _Contrasts
    patients: list[str]
    dice: DiceInterval
    volume: VolumeInterval
    border: BorderInterval


class StandIns(TypedDict):
    """Outlines that stood in for those made elsewhere: how many, and the error of the map on them.

    The map is then fitted without the person and without any outline of this kind.
    """

    outlines: _Positive
    error: Annotated[float, Range(0)]


class Expert(TypedDict):
    """What is predicted of the experts' own outlines, whose Dice is 1: mean and lowest."""

    patients: _Positive
    predicted: Fraction
    lowest: Fraction


class CalibratedRegion(TypedDict):
    """What was learned about one region.

    Without a presence rule every outline counts as found; without skill, predictions of older files are taken to be
    better than the average.
    """

    patients: Count
    folds: NotRequired[Annotated[_Positive, "How many of them were answered by segmenters trained without them."]]
    map: DiceMap | None
    examples: NotRequired[list[Example]]
    temperature: NotRequired[Temperature]
    skill: NotRequired[Skill]
    status: NotRequired[StatusRules]
    presence: NotRequired[PresenceRule | None]
    stand_ins: NotRequired[Mapping[str, StandIns]]
    expert: NotRequired[Expert]
    sets: list[ContrastSet]


class OfRecord(TypedDict):
    """Who draws the outline of record."""

    id: Text
    weights: Sha256
    settings: Sha256


class Preset(TypedDict):
    """A set of segmenters, by the hashes of their weights, and of their cards' preprocessing and thresholds.

    Without settings, weights alone decide whether the preset belongs to segmenters. Without a record, the outline of
    record is pooled from the segmenters, or with `elsewhere` any that was made elsewhere.
    """

    name: str
    segmenters: Annotated[Mapping[str, Sha256], Size(1)]
    record: NotRequired[OfRecord]
    elsewhere: NotRequired[bool]
    settings: NotRequired[Mapping[str, Sha256]]
    regions: Mapping[Region, CalibratedRegion]


class CalibrationFile(TypedDict):
    """What was learned on labelled patients about sets of segmenters of one family. Applying it needs numpy alone."""

    format: Literal[1]
    family: str
    synthtrust: str
    versions: Versions
    date: _Date
    command: str
    engine: str
    libraries: Mapping[str, str]
    patients: Annotated[list[Patient], Size(1)]
    persons: NotRequired[Annotated[_Positive, "How many they are, where it was learned at this hospital."]]
    in_distribution: InDistribution
    presets: Annotated[list[Preset], Size(1)]


class TestPatient(TypedDict):
    """A patient that the statements were tested on."""

    case: str
    cohort: str
    site: str


class TestedPreset(TypedDict):
    """How the statements about a set of segmenters did, by region."""

    single: str
    regions: Mapping[Region, Mapping[str, Any]]
    sites: list[Any]


class EvaluationFile(TypedDict):
    """How calibrated statements did on labelled test patients; belongs to the calibration file with this hash."""

    format: Literal[1]
    family: str
    synthtrust: str
    calibration_sha256: Sha256
    date: str
    command: str
    engine: str
    patients: Annotated[list[TestPatient], Size(1)]
    presets: Mapping[str, TestedPreset]
    elsewhere: NotRequired[
        Annotated[Mapping[str, Mapping[Region, Mapping[str, Any]]], "Of outlines made elsewhere: preset -> region."]
    ]
    in_distribution: Mapping[str, Any]
    left_out: NotRequired[Annotated[bool, "The patients are those of the calibration, each person left out in turn."]]
    track_record: Annotated[
        Mapping[str, Mapping[str, Mapping[str, str]]], "Preset -> region or case -> kind of row -> one sentence."
    ]
