"""A calibration file: what was learned on labelled patients about a set of segmenters. Reading it needs numpy alone.

Written by ``synthtrust trust calibrate``, as `calibration_file` describes it. Beside it may lie
its track record (``<name>.evaluation.json``), written by ``synthtrust trust evaluate``.

What was learned at this hospital (`own`) comes before what ships, region by region.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.codec import FieldError, decode, parse
from SynthTrustLib.errors import InputError
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.package.card import MODEL_FILE, SegmenterCard
from SynthTrustLib.task.task import TaskRegion
from SynthTrustLib.trust.learned import signals
from SynthTrustLib.trust.learned.calibration_file import CalibrationFile, EvaluationFile
from SynthTrustLib.trust.learned.conformal import LEVELS, fewest
from SynthTrustLib.trust.learned.own import own_file
from SynthTrustLib.trust.measures import appearance

FORMAT = 1
NONE = "No calibration belongs to these segmenters, so it is not guessed."


@dataclass(frozen=True, eq=False)
class Calibration:
    """A calibration file and, if it was evaluated, its track record."""

    name: str
    sha256: str
    record: Mapping[str, Any]
    """As `CalibrationFile` describes it."""
    track_record: Mapping[str, Any] = field(default_factory=dict)
    """Preset -> region -> kind of row -> one sentence; empty where nothing was measured."""
    shipped: Calibration | None = None
    """Of a file of this hospital: what ships, for all that was not learned here."""
    set_aside: str = ""
    """Of what ships: why the file of this hospital is not used; empty where there is none."""

    @property
    def learned_here(self) -> bool:
        """Whether it is a hospital's own."""
        return "persons" in self.record


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What a calibration says about the segmenters that ran on a patient with these contrasts.

    `preset` is None where they were never calibrated together; `why_not` says why, as a sentence. `shipped` is what
    the shipped calibration says, where this one is the hospital's own.
    """

    calibration: Calibration | None
    preset: Mapping[str, Any] | None
    contrasts: tuple[str, ...]
    why_not: str = ""
    shipped: Calibrated | None = None

    def about(self, region: str) -> Calibrated:
        """Who speaks of a region: the hospital's own where it was learned for these contrasts, else what ships."""
        if self.shipped is None:
            return self
        part = self.preset["regions"].get(region) if self.preset else None
        sets = part["sets"] if part else []
        return self if any(entry["contrasts"] == list(self.contrasts) for entry in sets) else self.shipped

    def region(self, region: TaskRegion) -> tuple[Mapping[str, Any] | None, str]:
        """The region's part (map, temperature, rules), or None and the reason."""
        if self.preset is None:
            return None, self.why_not
        part = self.preset["regions"].get(region.id)
        patients = part["patients"] if part else 0
        if part is None or part["map"] is None:
            return None, too_few(patients, f"with a labelled {region.name}")
        return part, ""

    def contrast_set(self, region: TaskRegion) -> tuple[Mapping[str, Any] | None, str]:
        """The intervals of this region for these very contrasts, or None and the reason."""
        part, why_not = self.region(region)
        if part is None:
            return None, why_not
        wanted = list(self.contrasts)
        found = next((entry for entry in part["sets"] if entry["contrasts"] == wanted), None)
        if found is None or found["dice"]["level"] is None:
            patients = len(found["patients"]) if found else 0
            return None, too_few(patients, f"with just {_words(wanted)}")
        return found, ""

    def track_record(self, region: str | None, kind: str) -> str:
        """How statements of this kind did on test patients; empty if that was not measured."""
        if self.calibration is None or self.preset is None:
            return ""
        of_preset = self.calibration.track_record.get(self.preset["name"], {})
        return str(of_preset.get("case" if region is None else region, {}).get(kind, ""))


def too_few(patients: int, which: str) -> str:
    """Why something is unknown, with the numbers."""
    learned = "too little" if patients else "nothing"
    return f"Unknown: {learned} was learned from patients {which} (n = {patients}; {fewest(min(LEVELS))} are needed)."


def read_calibration(path: Path) -> Calibration:
    """Read a calibration file, and the track record beside it if it was measured with this very file.

    Raises InputError if it cannot be read, or was made by a version that computed something in another way.
    """
    try:
        data = read_regular(path)
        record = parse(data)
        made_with = (record["format"], record["versions"]["signals"], record["versions"]["appearance"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_calibration(path, "") from error
    if made_with != (FORMAT, signals.VERSION, appearance.VERSION):
        raise InputError(
            "it was made by another version of SynthTrust, which computed its signals in another way",
            source=path.name,
            next_step="Calibrate again with synthtrust trust calibrate.",
        )
    try:
        decode(CalibrationFile, record)
    except FieldError as error:
        raise _no_calibration(path, f" ({error})") from error
    sha256 = hashlib.sha256(data).hexdigest()
    return Calibration(path.name, sha256, record, _track_record(path, sha256))


def _no_calibration(path: Path, why: str) -> InputError:
    return InputError(
        f"this is not a calibration file{why}",
        source=path.name,
        next_step="Name a file that synthtrust trust calibrate wrote.",
    )


def find_calibration(segmenters: Sequence[SegmenterCard], path: Path | None = None) -> Calibration | None:
    """The calibration in `path`, else this hospital's for the segmenters' family, else the one that ships, or None.

    A file of this hospital that cannot be read is set aside where another one ships. Raises InputError if `path` is
    given and is not a calibration file, or the hospital's is not and none ships.
    """
    if path is not None:
        return read_calibration(path)
    shipped = shipped_calibration(segmenters)
    families = _families(segmenters)
    own = own_file(families.pop()) if len(families) == 1 else None
    if own is None:
        return shipped
    try:
        return replace(read_calibration(own), shipped=shipped)
    except InputError as error:
        if shipped is None:
            raise
        return replace(shipped, set_aside=error.what)


def shipped_calibration(segmenters: Sequence[SegmenterCard]) -> Calibration | None:
    """The calibration that ships for the segmenters' family; None if there is none."""
    families = _families(segmenters)
    return shipped_for(families.pop()) if len(families) == 1 else None


def shipped_for(family: str) -> Calibration | None:
    """The calibration that ships for a family; None if there is none."""
    try:
        return read_calibration(resource_path(f"Calibration/{family}.json"))
    except InputError:  # not shipped, or older than this library: the rows then say that nothing was calibrated
        return None


def _families(segmenters: Sequence[SegmenterCard]) -> set[str]:
    return {card.family for card in segmenters if not card.is_outside}


def look_up(
    calibration: Calibration | None,
    segmenters: Sequence[SegmenterCard],
    record: SegmenterCard | None,
    case: PatientCase,
) -> Calibrated:
    """The preset with exactly these segmenters as jury and this outline of record (None: pooled).

    They are told by the hashes of their weights and settings. What was learned of outlines made elsewhere holds for
    every record that none of the presets has.
    """
    found = _look_up(calibration, segmenters, record, case)
    if calibration is None or calibration.shipped is None:
        return found
    return replace(found, shipped=_look_up(calibration.shipped, segmenters, record, case))


def _look_up(
    calibration: Calibration | None,
    segmenters: Sequence[SegmenterCard],
    record: SegmenterCard | None,
    case: PatientCase,
) -> Calibrated:
    if calibration is None:
        return Calibrated(None, None, case.contrasts, NONE)
    ours = [card for card in segmenters if not card.is_outside]
    if len(ours) < len(segmenters):
        there = _look_up(calibration, ours, record, case).preset is not None
        return Calibrated(calibration, None, case.contrasts, _made_elsewhere(segmenters, there))
    mine, draws = [_weights(card) for card in segmenters], None if record is None else _weights(record)
    presets = calibration.record["presets"]
    same = with_jury(presets, mine)
    found = with_record(same, draws)
    if found is None and record is not None:
        found = next((preset for preset in same if preset.get("elsewhere")), None)
    if found is not None:
        changed = _changed(found, segmenters, record)
        return Calibrated(calibration, None if changed else found, case.contrasts, changed)
    if record is not None and record.is_outside:
        return Calibrated(calibration, None, case.contrasts, _made_elsewhere([record], False))
    why_not = _another_record(same, record) if same else _never(presets, segmenters)
    return Calibrated(calibration, None, case.contrasts, why_not)


def with_jury(presets: Iterable[Mapping[str, Any]], weights: Collection[str]) -> list[Mapping[str, Any]]:
    """The presets whose jury has exactly these weights: a copy of a juror would count twice, as in none of them."""
    return [preset for preset in presets if sorted(preset["segmenters"].values()) == sorted(weights)]


def with_record(presets: Iterable[Mapping[str, Any]], weights: str | None) -> Mapping[str, Any] | None:
    """That of an outline of record which a segmenter with these weights draws (None: the pooled one)."""
    own = (preset for preset in presets if not preset.get("elsewhere"))
    return next((preset for preset in own if preset.get("record", {}).get("weights") == weights), None)


def _weights(card: SegmenterCard) -> str:
    return str(card.hashes.get(MODEL_FILE, card.id))


def _another_record(presets: Sequence[Mapping[str, Any]], record: SegmenterCard | None) -> str:
    """Why these segmenters' agreement says nothing about an outline of record that they were not calibrated with."""
    who = "the pooled outline" if record is None else f"the outline of {record.id}"
    own = (preset for preset in presets if not preset.get("elsewhere"))
    known = [preset["record"]["id"] if "record" in preset else "pooled" for preset in own]
    return f"Never calibrated: n = 0 with {who} as outline of record, only with that of {_words(known)}."


def _changed(preset: Mapping[str, Any], segmenters: Sequence[SegmenterCard], record: SegmenterCard | None) -> str:
    """Whose settings are others than those that were calibrated, as a sentence; empty if nobody's are.

    Files from before settings were kept say nothing of them.
    """
    known = {preset["segmenters"][name]: settings for name, settings in preset.get("settings", {}).items()}
    mine = {card.id: (known.get(_weights(card)), card.settings_hash) for card in segmenters}
    if record is not None and "record" in preset:
        mine[record.id] = (preset["record"]["settings"], record.settings_hash)
    others = [name for name, (calibrated, settings) in mine.items() if calibrated not in (None, settings)]
    if not others:
        return ""
    return f"Never calibrated: n = 0 calibration patients have seen {_words(others)} with these settings on the card."


def _made_elsewhere(segmenters: Sequence[SegmenterCard], calibrated_without: bool) -> str:
    names = [card.id for card in segmenters if card.is_outside]
    was, it = ("was", "it") if len(names) == 1 else ("were", "them")
    back = f"; leave {it} out to have status and predictions" if calibrated_without else ""
    return (
        f"Never calibrated: {_words(names)} {was} made elsewhere, and no calibration patient has such an outline{back}."
    )


def _never(presets: Sequence[Mapping[str, Any]], segmenters: Sequence[SegmenterCard]) -> str:
    known = {weights for preset in presets for weights in preset["segmenters"].values()}
    strangers = [card.id for card in segmenters if card.hashes.get(MODEL_FILE) not in known]
    if strangers:
        return f"Never calibrated: n = 0 calibration patients have seen these weights of {_words(strangers)}."
    names = ", ".join(preset["name"] for preset in presets)
    return f"Never calibrated: n = 0 for just these {len(segmenters)} segmenters together, only for the sets {names}."


def _track_record(path: Path, sha256: str) -> Mapping[str, Any]:
    try:
        record = decode(EvaluationFile, parse(read_regular(path.with_name(f"{path.stem}.evaluation.json"))))
    except (OSError, FieldError):
        return {}
    return record["track_record"] if record["calibration_sha256"] == sha256 else {}


def _words(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
