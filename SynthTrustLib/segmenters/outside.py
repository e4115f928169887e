"""Outlines made elsewhere, as members of a comparison: no network, no known training mix, certain of every voxel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.given_outline import load_outline
from SynthTrustLib.case.label_convention import AUTO
from SynthTrustLib.case.outside_file import OutsideFile
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import InputError
from SynthTrustLib.segmenters.card import OUTSIDE, SegmenterCard, TrainingMix
from SynthTrustLib.vocabulary import Region


@dataclass(frozen=True, eq=False)
class OutsideMember:
    """An outline on the case's grid, with a card that says what is not known about it."""

    card: SegmenterCard
    masks: dict[Region, npt.NDArray[np.bool_]]

    @property
    def box(self) -> tuple[slice, slice, slice] | None:
        """The box (k, j, i) around everything that is outlined; None where nothing is."""
        union = np.logical_or.reduce(list(self.masks.values()))
        found = ndimage.find_objects(union.astype(np.uint8))
        return found[0] if found else None

    def fill(self, target: npt.NDArray[np.float32], regions: Sequence[Region]) -> None:
        """Put 0 and 1 into `target` (region, k, j, i), the member's part of the stack."""
        for volume, region in zip(target, regions, strict=True):
            volume[self.masks[region]] = 1.0


def read_members(files: Sequence[OutsideFile], case: PatientCase) -> list[OutsideMember]:
    """The outlines on the case's grid, in the given order; their ids are ``outside-`` and the name in plain letters.

    Raises
    ------
    InputError, GeometryError
        If a file cannot be used, or two have the same name.
    """
    members: dict[str, OutsideMember] = {}
    for file in files:
        member = _read(file, case)
        if members.setdefault(member.card.id, member) is not member:
            raise InputError(
                "two outlines have this name", source=f"member {file.name}", next_step="Give each a name of its own."
            )
    return list(members.values())


def _read(file: OutsideFile, case: PatientCase) -> OutsideMember:
    given = load_outline(file.path, case, convention=file.convention)
    regions = tuple(region for region in Region if region in given.masks)
    how = f"with the label convention {file.convention}" if file.convention != AUTO else "by its labels"
    card = SegmenterCard(
        id=f"{OUTSIDE}-{re.sub(r'[^a-z0-9]+', '-', file.name.lower()).strip('-')[:50] or 'outline'}".rstrip("-"),
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
    )
    return OutsideMember(card, given.masks)
