"""Outlines made elsewhere, as members of a comparison: no network, no known training mix, certain of every voxel."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.outline.given import load_outline, segment_checks
from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.outline.outside_file import OutsideFile
from SynthTrustLib.case.part import NOWHERE, Box, bounding_box
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import InputError
from SynthTrustLib.segmenters.package.card import OUTSIDE, SegmenterCard, TrainingMix

_LONGEST_ID = 44
"""Letters of a name in an id; a card's id has at most 64."""


@dataclass(frozen=True, eq=False)
class OutsideMember:
    """An outline on the case's grid, with a card that says what is not known about it."""

    card: SegmenterCard
    masks: dict[str, npt.NDArray[np.bool_]]
    checks: tuple[Check, ...] = ()

    @property
    def box(self) -> Box:
        """The box (k, j, i) around everything that is outlined; `NOWHERE` where nothing is."""
        return bounding_box(np.logical_or.reduce(list(self.masks.values()))) or NOWHERE


def read_members(files: Sequence[OutsideFile], case: PatientCase) -> list[OutsideMember]:
    """The outlines on the case's grid, in the given order.

    Their ids are ``outside-`` and the name as far as it is of plain letters and digits, numbered where two would be the
    same: ``outside-r-1`` and ``outside-r-1-2`` of "R 1" and "R-1", ``outside-outline`` of a name in Chinese. Raises
    InputError, GeometryError if a file cannot be used, or two names look the same.
    """
    members: list[OutsideMember] = []
    seen: set[str] = set()
    taken: set[str] = set()
    for file in files:
        looks = _as_it_looks(file.name)
        if looks in seen:
            raise InputError(
                "two outlines have this name", source=f"member {file.name}", next_step="Give each a name of its own."
            )
        seen.add(looks)
        identifier = _free_id(file.name, taken)
        taken.add(identifier)
        member = _read(file, identifier, case)
        same = next((other.card.name for other in members if _same(other, member)), None)
        if same is not None:
            text = f"outlines exactly the voxels that {same} does: it may be the same outline under another name"
            row = Check("outline_same", file.name, Verdict.WARNING, text)
            member = replace(member, checks=(*member.checks, row))
        members.append(member)
    return members


def _same(one: OutsideMember, other: OutsideMember) -> bool:
    """Whether two members tell the same of a tumor that is there."""
    return one.masks.keys() == other.masks.keys() and all(
        np.array_equal(mask, other.masks[region]) and mask.any() for region, mask in one.masks.items()
    )


def _as_it_looks(name: str) -> str:
    """`name` without what no reader sees: invisible characters, and the ways to write one letter."""
    visible = (c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) not in ("Cf", "Cc"))
    return " ".join("".join(visible).split())


def _free_id(name: str, taken: Collection[str]) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_ID].strip("-") or "outline"
    candidates = chain([f"{OUTSIDE}-{words}"], (f"{OUTSIDE}-{words}-{n}" for n in count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _read(file: OutsideFile, identifier: str, case: PatientCase) -> OutsideMember:
    given = load_outline(file.path, case, convention=file.convention, name=file.name)
    regions = case.task.ordered(given.masks)
    how = f"with the label convention {file.convention}" if file.convention != AUTO else "by its labels"
    card = SegmenterCard(
        id=identifier,
        name=file.name,
        version="0",
        family=OUTSIDE,
        summary=f"An outline made elsewhere, read {how}; it tells {', '.join(regions)}.",
        training_mix=TrainingMix(0, 0),
        contrasts=(),
        required_contrasts=(),
        regions=regions,
        thresholds=dict.fromkeys(regions, 0.5),
        preprocessing={},
        licence="unknown",
        intended_use="unknown",
        not_for=(),
        hashes={"outline": given.sha256},
        task=case.task.id,
    )
    return OutsideMember(card, given.masks, (*segment_checks(file.remarks, file.name), *given.checks))
