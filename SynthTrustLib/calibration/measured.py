"""One labelled patient under one set of segmenters: signals, and how the outline of record compares with the truth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.answers import Answers
from SynthTrustLib.calibration.evaluate.qu_brats import qu_brats
from SynthTrustLib.case.part import bounding_box
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.engines.engine import Engine
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import segmenter_identity
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.segmenters.run import why_not
from SynthTrustLib.trust.learned import signals as trust_signals
from SynthTrustLib.trust.measures.margin import border_distance
from SynthTrustLib.trust.measures.material import Material, RegionOutlines, gather
from SynthTrustLib.trust.measures.overlap import dice, pairwise_dice
from SynthTrustLib.trust.measures.reliability import histogram
from SynthTrustLib.vocabulary import Contrast, Region
from SynthTrustLib.whole_file import write_text

VERSION = 2
"""Raised whenever a truth-derived figure below is computed in another way."""


@dataclass(frozen=True)
class CalibratedSet:
    """Segmenters that are calibrated together: a jury, and who draws the outline of record (None: pooled of it)."""

    jury: tuple[SegmenterPackage, ...]
    record: SegmenterPackage | None = None

    @property
    def members(self) -> tuple[SegmenterPackage, ...]:
        """All that run."""
        return self.jury if self.record is None else (*self.jury, self.record)

    @property
    def roles(self) -> Roles:
        """Of those that run."""
        record = POOLED if self.record is None else self.record.card.id
        return Roles(record, tuple(package.card.id for package in self.jury))


@dataclass(frozen=True)
class Measured:
    """What is kept of one case under one set of segmenters."""

    case: str
    patient: str
    """The same for all cases of one person."""
    cohort: str
    site: str
    contrasts: tuple[Contrast, ...]
    spacing_trusted: bool
    members: tuple[str, ...]
    """Identity of every segmenter that ran."""
    regions: Mapping[Region, Mapping[str, Any]]
    """Region -> ``signals``, ``dice``, ``voxels`` (record), ``true_voxels``, ``member_voxels``, ``voxel_ml`` (None
    where spacing is not trusted), ``border_mm`` (or None), ``histogram``, ``qu_brats``; for labelled regions."""
    kind: str = ""
    fold: bool = False
    """Whether others answered, who were trained without the patient: ``signals``, ``dice`` and ``voxels`` alone."""

    @classmethod
    def of(cls, record: Mapping[str, Any], *, case: str, patient: str, cohort: str, site: str) -> Measured:
        """From what is kept on disk."""
        return cls(
            case=case,
            patient=patient,
            cohort=cohort,
            site=site,
            contrasts=tuple(Contrast(name) for name in record["contrasts"]),
            spacing_trusted=bool(record["spacing_trusted"]),
            members=tuple(record["members"]),
            regions={Region(name): figures for name, figures in record["regions"].items()},
            kind=record.get("kind", ""),
        )

    @classmethod
    def of_entry(cls, record: Mapping[str, Any], entry: LabelledCase, patient: str) -> Measured:
        """The same of a labelled case."""
        return cls.of(record, case=entry.id, patient=patient, cohort=entry.cohort, site=entry.site)


def measure(
    entries: Sequence[LabelledCase],
    sets: Mapping[str, CalibratedSet],
    answers: Answers,
    cache: Path,
    progress: Progress = silent,
) -> dict[str, list[Measured]]:
    """Name of a set of segmenters -> every case; what the same engine measured before is read from `cache`."""
    found: dict[str, list[Measured]] = {name: [] for name in sets}
    who = persons(entries)
    for done, entry in enumerate(entries):
        progress(f"measuring {entry.id}", done / max(1, len(entries)))
        identity = case_identity(entry)
        paths = {name: cache / f"{_stamp(identity, members, answers.engine)}.json" for name, members in sets.items()}
        missing = [name for name, path in paths.items() if not path.exists()]
        if missing:
            _measure_missing(entry, identity, {name: sets[name] for name in missing}, answers, paths)
        for name, path in paths.items():
            record = json.loads(path.read_text("utf-8"))
            if record["members"]:
                found[name].append(Measured.of_entry(record, entry, who[entry.id]))
    progress("measured every case", 1.0)
    return found


def _stamp(identity: str, members: CalibratedSet, engine: Engine) -> str:
    who = [segmenter_identity(package.card) for package in members.members]
    return digest([identity, who, members.roles.record, engine.name, trust_signals.VERSION, VERSION])


def measure_stack(
    case: PatientCase,
    stack: ProbabilityStack,
    roles: Roles,
    truth: Mapping[str, npt.NDArray[np.bool_]],
    maps: TrustMaps | None = None,
) -> dict[str, Any]:
    """What is kept of a case, as values that JSON can hold: see `Measured`.

    `truth`, shape (k, j, i): the regions that are labelled, on the case's grid. `maps`: of the jury, where they are
    there already.
    """
    material = gather(case, stack, compute_maps(stack.only(roles.jury)) if maps is None else maps, roles)
    return {
        **of_case(case),
        "members": [segmenter_identity(card) for card in stack.segmenters],
        "regions": {
            str(outlines.region): _figures(material, outlines, np.asarray(truth[outlines.region], bool))
            for outlines in material.outlines
            if outlines.region in truth
        },
    }


def of_case(case: PatientCase) -> dict[str, Any]:
    """What is kept of a case whoever ran."""
    return {"contrasts": [str(contrast) for contrast in case.contrasts], "spacing_trusted": case.spacing_trusted}


def truth_of(entry: LabelledCase, case: PatientCase) -> dict[str, npt.NDArray[np.bool_]]:
    """The regions that the label tells, on the case's grid."""
    return {region: np.asarray(mask, bool) for region, mask in entry.masks(case).items() if region in entry.regions}


def _measure_missing(
    entry: LabelledCase,
    identity: str,
    sets: Mapping[str, CalibratedSet],
    answers: Answers,
    paths: Mapping[str, Path],
) -> None:
    case = entry.load()
    truth = truth_of(entry, case)
    for name, members in sets.items():
        record: dict[str, Any] = {**of_case(case), "members": [], "regions": {}}
        if all(why_not(package.card, case) is None for package in members.members):
            record = measure_stack(case, answers.stack(identity, case, members.members), members.roles, truth)
        write_text(paths[name], json.dumps(record))


def _figures(material: Material, outlines: RegionOutlines, truth: npt.NDArray[np.bool_]) -> dict[str, Any]:
    probability = material.record_probability(outlines)
    drawn = np.zeros(truth.shape, np.bool_)
    drawn[outlines.box] = outlines.record
    true_voxels = int(np.count_nonzero(truth))
    common = int(np.count_nonzero(drawn & truth))
    near = outlines.dilated_union
    uncertainty = material.maps.part(material.maps["uncertainty"], outlines.index)
    there = np.any([volume.array > volume.array.min() for volume in material.case.volumes.values()], axis=0)
    border = None
    box = bounding_box(drawn | truth, margin=1)
    if material.trusted and box is not None:
        border = border_distance(drawn[box], truth[box], material.stack.geometry.spacing)
    return {
        "signals": trust_signals.region_signals(material, outlines, pairwise_dice(outlines.members)),
        "dice": dice(common, outlines.record_voxels, true_voxels),
        "voxels": outlines.record_voxels,
        "true_voxels": true_voxels,
        "member_voxels": list(outlines.voxels),
        "voxel_ml": material.voxel_ml if material.trusted else None,
        "border_mm": border,
        "histogram": histogram(probability.within(outlines.box)[near], truth[outlines.box][near]).astype(int).tolist(),
        "qu_brats": qu_brats(drawn, truth, uncertainty.whole(truth.shape), there),
    }
