"""Learn status and predictions on the patients of a cohort who have references, and say how they do on those left out.

What belongs to one hospital is bound to its segmenters, their outline of record, and the contrasts that its patients
have. A region with too few persons is shown, and replaces nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from SynthTrustLib.calibration.evaluate.cross_validation import cross_validate
from SynthTrustLib.calibration.evaluate.intervals import false_alarms
from SynthTrustLib.calibration.evaluate.regions import Tested, evaluate_region, tested_regions
from SynthTrustLib.calibration.evaluate.track_record import LEFT_OUT, track_record
from SynthTrustLib.calibration.fit.everything import choose_maps, fit_region
from SynthTrustLib.calibration.fit.familiarity import fit_familiarity
from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.calibration.output_files import EVALUATION_FORMAT, file_head
from SynthTrustLib.cohort.folder import result_of
from SynthTrustLib.cohort.hospital.examples import MADE_HERE, Example, Who, read_example, read_trained_on
from SynthTrustLib.cohort.keys import read_known
from SynthTrustLib.cohort.state import read_states
from SynthTrustLib.errors import InputError
from SynthTrustLib.trust.learned import signals
from SynthTrustLib.trust.learned.calibration import FORMAT, Calibration, shipped_for, with_jury, with_record
from SynthTrustLib.trust.learned.in_distribution import compare
from SynthTrustLib.trust.measures import appearance
from SynthTrustLib.vocabulary import Region

FEWEST_PERSONS = 20
"""Of a region with the same contrasts, from whom on what ships is replaced: with one left out, 19 carry 90 %."""

COMMAND = "synthtrust trust calibrate COHORT"

AS_SHIPPED = " as shipped"
"""After the name of a preset: how the shipped calibration does on the same patients."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What a cohort teaches."""

    family: str
    fitted: Mapping[str, Any]
    """A calibration file's content with every region that could be fitted; to be shown."""
    kept: Mapping[str, Any] | None
    """The same with those regions and contrasts alone that have enough persons; None where there are none."""
    evaluation: Mapping[str, Any]
    """How it does by leaving persons out, and what ships on the same patients: the content of an evaluation file."""
    persons: Mapping[str, int]
    """Region -> how many persons have a reference of it and an outline."""
    left_out: Mapping[str, int]
    """Why patients were not learned from, in a few words -> how many."""

    @property
    def regions_kept(self) -> list[str]:
        """The regions that would replace what ships."""
        return list(self.kept["presets"][0]["regions"]) if self.kept else []


def learn(cohort: Path) -> Learned:
    """Fit and cross-validate; needs no network, as runs with references leave what it takes.

    Raises InputError if no patient of the cohort has a reference that can be used.
    """
    examples, left_out = _examples(cohort)
    who = examples[0].who
    shipped = shipped_for(who.family)
    preset = _shipped_preset(who, shipped)
    name = preset["name"] if preset else "here"
    rows = [example.measured for example in examples]
    familiar = _familiarity(examples, shipped)
    out = {e.measured.case: _is_unusual(familiar, e) for e in examples}
    parts, figures = {}, {}
    for region in Region:
        theirs = [row for row in rows if region in row.regions]
        choice = choose_maps({name: theirs}, region).get(name)
        if choice is None:
            continue
        parts[region] = part = fit_region(theirs, region, choice)
        tested = cross_validate(theirs, region, choice, out)
        if not tested:
            continue
        figures[region] = evaluate_region(part, _one_each(tested), {})
        fitted = part["temperature"]
        figures[region]["temperature"] = fitted if fitted["value"] is not None else None
    alone = {"single": "", "regions": {str(region): each for region, each in figures.items()}, "sites": []}
    presets = {name: alone, **_as_shipped(name, preset, shipped, examples)}
    first = {example.measured.patient: example.measured.case for example in reversed(examples)}
    flags = {**false_alarms({case: out[case] for case in first.values()}), "shifts": [], "healthy": None}
    record = _record(who, name, rows, familiar, parts)
    return Learned(
        family=who.family,
        fitted=record,
        kept=_enough(record, rows),
        evaluation={
            **file_head(EVALUATION_FORMAT, who.family, who.engine, COMMAND),
            "calibration_sha256": "0" * 64,  # until it is written
            "patients": [{"case": row.case, "cohort": row.cohort, "site": row.site} for row in rows],
            "presets": presets,
            "in_distribution": flags,
            "left_out": True,
            "track_record": track_record({name: alone}, flags, LEFT_OUT),
        },
        persons={str(region): len(_persons(rows, region)) for region in Region},
        left_out=left_out,
    )


def _examples(cohort: Path) -> tuple[list[Example], dict[str, int]]:
    """The patients to learn from, all under the same segmenters, and why others are left out."""
    known, states = read_known(cohort), read_states(cohort)
    found: list[Example] = []
    why: Counter[str] = Counter()
    trained_on = {patient.person for key, patient in known.items() if read_trained_on(result_of(cohort, key))}
    for key, patient in sorted(known.items()):
        state = states.get(key)
        if state is None or not state.is_done:
            why["have no result"] += 1
            continue
        example = read_example(result_of(cohort, key), key, patient.person)
        if isinstance(example, str):
            why[example] += 1
        elif patient.person in trained_on:
            why["were trained on by a segmenter"] += 1
        else:
            found.append(example)
    marks = Counter(example.who.mark for example in found)
    if not marks:
        reasons = ", ".join(f"{number} {reason}" for reason, number in why.most_common()) or "it is empty"
        raise InputError(
            f"no patient of this cohort can be learned from: {reasons}",
            source=str(cohort),
            next_step="Run it with --reference, which names the outlines that were drawn by hand.",
        )
    mark, number = marks.most_common(1)[0]
    if number < len(found):
        why["were run with other segmenters"] += len(found) - number
    return [example for example in found if example.who.mark == mark], dict(why)


def _shipped_preset(who: Who, shipped: Calibration | None) -> Mapping[str, Any] | None:
    """The shipped preset of the same segmenters."""
    presets = shipped.record["presets"] if shipped else ()
    same = with_jury(presets, who.preset["segmenters"].values())
    return with_record(same, who.preset.get("record", {}).get("weights"))


def _familiarity(examples: Sequence[Example], shipped: Calibration | None) -> dict[str, Any]:
    """What the hospital's scans look like, measured from the training patients of what ships."""
    looks = {e.measured.case: (e.views, e.plain) for e in examples}
    if shipped is None:
        return fit_familiarity([], {}, looks)
    base = shipped.record["in_distribution"]
    familiar = fit_familiarity(base["groups"], {}, looks)
    limits = {
        fact: _wider(limit, base.get("plain_facts", {}).get(fact)) for fact, limit in familiar["plain_facts"].items()
    }
    return {**familiar, "plain_facts": limits, "mixes": base["mixes"]}


def _wider(mine: Mapping[str, float] | None, theirs: Mapping[str, float] | None) -> Mapping[str, float] | None:
    """The range of both."""
    if mine is None or theirs is None:
        return mine or theirs
    return {
        "patients": mine["patients"] + theirs["patients"],
        "low": min(mine["low"], theirs["low"]),
        "high": max(mine["high"], theirs["high"]),
    }


def _is_unusual(familiar: Mapping[str, Any], example: Example) -> bool:
    """Whether a patient is flagged among the others."""
    others = {case: found for case, found in familiar["distances"].items() if case != example.measured.case}
    return compare({**familiar, "distances": others}, example.views).out


def _one_each(tested: Sequence[Tested]) -> list[Tested]:
    """One examination of every person, the first: a share of patients that held is one of persons."""
    return list({one.row.patient: one for one in reversed(tested)}.values())[::-1]


def _as_shipped(
    name: str, preset: Mapping[str, Any] | None, shipped: Calibration | None, examples: Sequence[Example]
) -> dict[str, Any]:
    """How the shipped calibration does on the hospital's patients, as a preset of an evaluation."""
    if preset is None or shipped is None:
        return {}
    base = shipped.record["in_distribution"]
    out = {e.measured.case: compare(base, e.views).out for e in examples}
    rows = [example.measured for example in examples]
    regions = {
        str(r): evaluate_region(part, _one_each(tested), {}) for r, part, tested in tested_regions(preset, rows, out)
    }
    return {f"{name}{AS_SHIPPED}": {"single": "", "regions": regions, "sites": []}}


def _record(
    who: Who,
    name: str,
    rows: Sequence[Measured],
    familiar: Mapping[str, Any],
    parts: Mapping[Region, Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        **file_head(FORMAT, who.family, who.engine, COMMAND),
        "versions": {"signals": signals.VERSION, "appearance": appearance.VERSION},
        "libraries": {library: version(library) for library in ("numpy", "scipy")},
        "patients": [
            {"case": row.case, "cohort": MADE_HERE, "site": MADE_HERE, "contrasts": list(map(str, row.contrasts))}
            for row in rows
        ],
        "persons": len({row.patient for row in rows}),
        "in_distribution": dict(familiar),
        "presets": [{"name": name, **who.preset, "regions": {str(region): part for region, part in parts.items()}}],
    }


def _enough(record: Mapping[str, Any], rows: Sequence[Measured]) -> dict[str, Any] | None:
    """The record with the regions and contrasts that have enough persons alone."""
    (preset,) = record["presets"]
    regions = {}
    for region, part in preset["regions"].items():
        sets = [entry for entry in part["sets"] if _can_replace(entry, region, rows)]
        if sets:
            regions[region] = {**part, "sets": sets}
    if not regions:
        return None
    persons = min(len(_persons(rows, region)) for region in regions)
    return {**record, "persons": persons, "presets": [{**preset, "regions": regions}]}


def _can_replace(entry: Mapping[str, Any], region: str, rows: Sequence[Measured]) -> bool:
    same = [row for row in rows if list(map(str, row.contrasts)) == entry["contrasts"]]
    return entry["dice"]["level"] is not None and len(_persons(same, region)) >= FEWEST_PERSONS


def _persons(rows: Sequence[Measured], region: str) -> set[str]:
    """Who has a reference of the region, and an outline of record to compare it with."""
    return {row.patient for row in rows if region in row.regions and row.regions[Region(region)]["voxels"]}
