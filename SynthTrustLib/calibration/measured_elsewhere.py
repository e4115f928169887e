"""Outlines that stand in for those made elsewhere: how a jury agrees with each, and how it compares with the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from SynthTrustLib.calibration.answers import Answers
from SynthTrustLib.calibration.measured import Measured, of_case, truth_of
from SynthTrustLib.calibration.stand_ins import Mask, Masks, StandIn, stand_ins
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import segmenter_identity
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.run import why_not
from SynthTrustLib.trust.learned import signals as trust_signals
from SynthTrustLib.trust.measures.material import Material, RegionOutlines, gather
from SynthTrustLib.trust.measures.overlap import mask_dice, pairwise_dice
from SynthTrustLib.whole_file import write_text

VERSION = 1
"""Raised whenever stand-ins are made, or a figure below is computed, in another way."""

EXPERT = "the expert's own"
"""The kind of the label itself, which nothing is learned from: it tells what is predicted of a Dice of 1."""


@dataclass(frozen=True)
class ElsewhereSet:
    """A jury, and the networks beside it that stand in for others; the first is the best one."""

    jury: tuple[SegmenterPackage, ...]
    networks: tuple[SegmenterPackage, ...]


def measure_elsewhere(
    entries: Sequence[LabelledCase],
    members: ElsewhereSet,
    answers: Answers,
    cache: Path,
    progress: Progress = silent,
) -> list[Measured]:
    """One for every stand-in of every case, `Measured.kind` being its kind; kept under `cache` as `measure` does."""
    found: list[Measured] = []
    who = persons(entries)
    for done, entry in enumerate(entries):
        progress(f"measuring stand-ins on {entry.id}", done / max(1, len(entries)))
        identity = case_identity(entry)
        path = cache / f"{_stamp(identity, members, answers.engine.name)}.json"
        if not path.exists():
            write_text(path, json.dumps(_record(entry, identity, members, answers)))
        record = json.loads(path.read_text("utf-8"))
        for outline in record["outlines"]:
            found.append(Measured.of_entry({**record, **outline}, entry, who[entry.id]))
    return found


def _stamp(identity: str, members: ElsewhereSet, engine: str) -> str:
    who = [[segmenter_identity(package.card) for package in some] for some in (members.jury, members.networks)]
    return digest([identity, who, engine, trust_signals.VERSION, VERSION])


def _record(entry: LabelledCase, identity: str, members: ElsewhereSet, answers: Answers) -> dict[str, Any]:
    case = entry.load()
    everyone = (*members.jury, *members.networks)
    outlines: list[dict[str, Any]] = []
    if all(why_not(package.card, case) is None for package in everyone):
        stack = answers.stack(identity, case, everyone)
        outlines = list(_figures(case, stack, members, truth_of(entry, case)))
    return {
        **of_case(case),
        "members": [segmenter_identity(package.card) for package in members.jury],
        "outlines": outlines,
    }


def _figures(
    case: PatientCase, stack: ProbabilityStack, members: ElsewhereSet, expert: Masks
) -> Iterator[dict[str, Any]]:
    jury = stack.only([package.card.id for package in members.jury])
    material = gather(case, jury, compute_maps(jury))
    box, geometry = stack.support, case.geometry
    truth = {region: mask[box] for region, mask in expert.items()}
    networks = {
        package.card.id: {region: stack.outlines[package.card.id][region].within(box) for region in truth}
        for package in members.networks
    }
    seen = [
        _Seen.of(material, outlines, truth[outlines.region])
        for outlines in material.outlines
        if outlines.region in truth
    ]
    best = networks[members.networks[0].card.id]
    made = stand_ins(networks, best, truth, geometry.spacing, geometry.sideways_axis)
    for one in (*made, StandIn(EXPERT, truth)):
        yield {"kind": one.kind, "regions": {part.outlines.region: part.figures(material, one) for part in seen}}


@dataclass(frozen=True, eq=False)
class _Seen:
    """A region as the jury sees it, in the box of the head."""

    outlines: RegionOutlines
    truth: Mask
    signals: trust_signals.Signals

    @classmethod
    def of(cls, material: Material, outlines: RegionOutlines, truth: Mask) -> _Seen:
        box = material.stack.support
        jury = np.stack(
            [material.stack.outlines[card.id][outlines.region].within(box) for card in material.stack.segmenters]
        )
        pooled = material.maps.outlines[outlines.region].within(box)
        own = trust_signals.region_signals(material, outlines, pairwise_dice(outlines.members))
        return cls(replace(outlines, box=box, everyone=jury, pooled=pooled), truth, own)

    def figures(self, material: Material, one: StandIn) -> dict[str, Any]:
        mask = one.masks[self.outlines.region]
        place = len(self.outlines.everyone)
        outlines = replace(
            self.outlines, everyone=np.concatenate([self.outlines.everyone, mask[None]]), record_place=place
        )
        record = trust_signals.region_signals(material, outlines, np.ones((1, 1)), trust_signals.OF_A_MASK)
        return {
            "signals": {**self.signals, **record},
            "dice": mask_dice(mask, self.truth),
            "voxels": outlines.record_voxels,
            "true_voxels": int(np.count_nonzero(self.truth)),
            "member_voxels": list(self.outlines.voxels),
        }
