"""The segments of a segmentation, whoever made it, as the regions that they tell: by name, by code or by number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from SynthTrustLib.case.outline.label_convention import AUTO, Labels, labels_of, nested_labels, spelled_out
from SynthTrustLib.case.outline.segment_names import Part, part_of
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import REGION_NAMES, Region

_NUMBERED = re.compile(r"(?:segment|label)?[ _]*(\d{1,3})")
"""A segment that was a label of a map: ``Segment_4``."""

_OF_WHOLE_TUMOR = (Part.WHOLE, Part.TUMOR, Part.EDEMA)

_LISTED = 8
"""So many segments are listed in a message."""


def listed(names: Sequence[str]) -> str:
    """The first few of them."""
    return ", ".join(names[:_LISTED]) + ", ..." * (len(names) > _LISTED)


@dataclass(frozen=True)
class Segment:
    """One segment: its number in its file, what it is called, and the meaning of its coded type, if it has one."""

    number: int
    label: str
    code: str = ""


@dataclass(frozen=True)
class Told:
    """What segments tell.

    Attributes
    ----------
    labels : mapping of Region to tuple of int
        The numbers (`Segment.number`) of the segments that make up each region, nested.
    guess : str
        What was taken for granted, as a sentence without a full stop; empty where nothing was.
    """

    labels: Labels
    guess: str = ""

    def unused(self, segments: Sequence[Segment]) -> list[str]:
        """The labels of the segments that are no part of a region."""
        used = {number for numbers in self.labels.values() for number in numbers}
        return [segment.label for segment in segments if segment.number not in used]

    def remarks(self, segments: Sequence[Segment]) -> tuple[str, ...]:
        """The guess and how many segments are not used, where there is something to say; no label is in it."""
        unused = len(self.unused(segments))
        are = "is" if unused == 1 else "are"
        left = f"{unused} of its {len(segments)} segments {are} no part of the tumor, so not used" if unused else ""
        return tuple(filter(None, (self.guess, left)))


def regions_of(segments: Sequence[Segment], convention: str, source: str) -> Told:
    """The regions that segments tell.

    Parameters
    ----------
    convention : str
        ``"auto"`` goes by the segments' names, or where these say nothing by their codes; where all are called by
        numbers, as in a label map that was loaded as a segmentation, by these. A single segment whose name says nothing
        is taken for the whole tumor. Any other convention goes by the numbers in the names where all have one, else by
        the segments' own.

    Raises
    ------
    InputError
        If the regions cannot be told; the segments are listed.
    """
    if not segments:
        raise InputError("it has no segment", source=source, next_step="Choose a segmentation that holds an outline.")
    matches = [_NUMBERED.fullmatch(segment.label.strip().lower()) for segment in segments]
    called = [int(match[1]) for match in matches if match]
    numbered = len(set(called)) == len(segments)
    numbers = dict(zip(called if numbered else [s.number for s in segments], [s.number for s in segments], strict=True))
    parts = {segment.number: _part(segment) for segment in segments}
    named = {number: part for number, part in parts.items() if part not in (Part.OTHER, Part.UNKNOWN)}
    if convention.lower() != AUTO:
        told = _by_number(numbers, convention)
        if not told:
            return _refuse(numbers, segments, source)
        by_name = _by_part(named) if Part.UNSURE not in named.values() else {}
        differ = any(set(by_name[region]) != set(told[region]) for region in told.keys() & by_name.keys())
        return Told(told, "its segments' names say other parts than the stated labels, which were used" * differ)
    if named:
        if Part.UNSURE in named.values():
            return _refuse(numbers, segments, source)
        guess = "of the whole tumor only edema is named" if set(named.values()) == {Part.EDEMA} else ""
        return Told(_by_part(named), guess)
    if numbered and len(segments) > 1:
        told = _by_number(numbers, AUTO)
        return Told(told) if told else _refuse(numbers, segments, source)
    if len(segments) == 1 and Part.OTHER not in parts.values():
        return Told({Region.WT: tuple(parts)}, "its only segment is taken for the whole tumor")
    return _refuse(numbers, segments, source)


def _by_number(numbers: dict[int, int], convention: str) -> Labels | None:
    """The segments' own numbers for each region, where `numbers` maps what they are called to these."""
    stated = spelled_out(convention) or {}
    if any(number not in numbers for group in stated.values() for number in group):
        return None
    told = labels_of(convention, numbers)
    if told is None:
        return None
    return {region: tuple(numbers[n] for n in group if n in numbers) for region, group in told.items()}


def _by_part(parts: Mapping[int, Part]) -> Labels:
    def holding(*kinds: Part) -> tuple[int, ...]:
        return tuple(number for number, part in parts.items() if part in kinds)

    enhancing, core, necrosis = holding(Part.ENHANCING), holding(Part.CORE), holding(Part.NECROSIS)
    whole = holding(*_OF_WHOLE_TUMOR)
    # Necrosis is not all of a core, unless nothing else is named that might be the rest of it.
    is_rest_known = bool(enhancing) or not holding(Part.WHOLE, Part.TUMOR)
    told: dict[Region, tuple[int, ...]] = {}
    if whole:
        told[Region.WT] = (*whole, *necrosis)
    if core or (necrosis and is_rest_known):
        told[Region.TC] = (*core, *necrosis)
    if enhancing:
        told[Region.ET] = enhancing
    return nested_labels(told)


def _part(segment: Segment) -> Part:
    """By its label, which says more than its code: that is often just "Neoplasm"."""
    part = part_of(segment.label)
    return part_of(segment.code) if part is Part.UNKNOWN else part


def _refuse(numbers: dict[int, int], segments: Sequence[Segment], source: str) -> Told:
    names = {segment.number: segment.label for segment in segments}
    codes = {segment.number: f" ({segment.code})" * bool(segment.code) for segment in segments}
    found = listed([f"{called} {names[n] + codes[n]!r}" for called, n in numbers.items()])
    raise InputError(
        f"which regions its segments are cannot be told ({found})",
        source=source,
        next_step=f"Name its segments {', '.join(REGION_NAMES.values())}, or state their numbers: WT=1+2,TC=1.",
    )
