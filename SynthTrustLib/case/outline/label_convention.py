"""What the numbers in somebody's label map mean, as the regions that they tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Region

NECROSIS, EDEMA = 1, 2
"""Of all BraTS years; label 1 includes the non-enhancing core."""

AUTO, BRATS, BINARY = "auto", "brats", "binary"
"""Conventions by name: 0/1 is taken for WT and anything else for BraTS; BraTS in any case; every label is WT."""

Labels = Mapping[Region, tuple[int, ...]]
"""The labels of each region that is told."""

_PART = re.compile(r"(WT|TC|ET)=(\d{1,3}(?:\+\d{1,3})*)", re.IGNORECASE)


def brats_labels(values: Collection[float]) -> Labels:
    """The labels of each region in a mask with these values.

    Enhancing tumor is 4 until BraTS 2021 and 3 from 2023. Where both are there it is 3, and 4 is no tumor (the cavity
    of a resection in BraTS 2024).
    """
    enhancing = 4 if 4 in values and 3 not in values else 3
    return {
        Region.WT: (NECROSIS, EDEMA, enhancing),
        Region.TC: (NECROSIS, enhancing),
        Region.ET: (enhancing,),
    }


def is_convention(text: str) -> bool:
    """Whether `text` is the name of a convention, or spells one out, such as ``WT=1+2+3,TC=1+3,ET=3``."""
    return text.lower() in (AUTO, BRATS, BINARY) or all(_PART.fullmatch(part) for part in text.split(","))


def spelled_out(convention: str) -> Labels | None:
    """The labels of a convention that is spelled out, as they stand there; None for one that has a name."""
    if convention.lower() in (AUTO, BRATS, BINARY):
        return None
    parts = [_PART.fullmatch(part) for part in convention.split(",")]
    labels = {Region(p[1].upper()): tuple(int(n) for n in p[2].split("+")) for p in parts if p}
    if not all(parts) or len(labels) < len(parts):
        raise InputError(
            f"{convention!r} is no label convention",
            source="label convention",
            next_step=f"State {BRATS}, {BINARY}, or the labels of each region, such as WT=1+2+3,TC=1+3,ET=3.",
        )
    return {region: labels[region] for region in Region if region in labels}


def nested_labels(labels: Labels) -> Labels:
    """`labels` with those of the inner regions in the outer ones: of ``WT=2,TC=1,ET=3`` the whole tumor is 1, 2 and 3.

    Who gives every voxel the label of one part only means these regions: ET lies in TC, and TC in WT.
    """
    nested: dict[Region, tuple[int, ...]] = {}
    inner: tuple[int, ...] = ()
    for region in reversed(Region):
        if region in labels:
            inner = tuple(sorted({*labels[region], *inner}))
            nested[region] = inner
    return {region: nested[region] for region in Region if region in nested}


def labels_of(convention: str, values: Collection[float]) -> Labels | None:
    """The labels of each region in a map with these values, nested; None where the values are not such labels."""
    stated = spelled_out(convention)
    inside = {float(value) for value in values} - {0.0}
    if any(value < 0 or not value.is_integer() or value > 255 for value in inside):
        return None
    if stated is not None:
        return nested_labels(stated)
    if convention.lower() == BINARY:
        return {Region.WT: tuple(sorted(int(value) for value in inside))}
    if not inside <= {1.0, 2.0, 3.0, 4.0}:
        return None
    if convention.lower() == AUTO and inside <= {1.0}:
        return {Region.WT: (1,)}
    return brats_labels(inside)
