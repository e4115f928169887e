"""The segments of a segmentation, whoever made it, as the regions that they tell: by name, by code or by number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from SynthTrustLib.case.outline.label_convention import AUTO, Labels, example, labels_of, nested_labels, spelled_out
from SynthTrustLib.case.outline.segment_names import Part, part_of
from SynthTrustLib.errors import InputError
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import PARTS, Task

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
    """What segments tell."""

    labels: Labels  # the numbers (`Segment.number`) of the segments that make up each region, nested
    guess: str = ""  # what was taken for granted, as a sentence without a full stop; empty where nothing was

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


def regions_of(segments: Sequence[Segment], convention: str, source: str, task: Task = GLIOMA) -> Told:
    """The regions that segments tell.

    `convention`: ``"auto"`` goes by the segments' names, or where these say nothing by their codes; where all are
    called by numbers, as in a label map that was loaded as a segmentation, by these. A single segment whose name says
    nothing is taken for the outermost region. Any other convention goes by the numbers in the names where all have one,
    else by the segments' own. Raises InputError if the regions cannot be told; the segments are listed.
    """
    if not segments:
        raise InputError("it has no segment", source=source, next_step="Choose a segmentation that holds an outline.")
    matches = [_NUMBERED.fullmatch(segment.label.strip().lower()) for segment in segments]
    called = [int(match[1]) for match in matches if match]
    numbered = len(set(called)) == len(segments)
    numbers = dict(zip(called if numbered else [s.number for s in segments], [s.number for s in segments], strict=True))
    own = {s.number: region for s in segments if (region := task.called(s.label))}
    parts = {segment.number: _part(segment) for segment in segments if segment.number not in own}
    named = {number: part for number, part in parts.items() if part not in (Part.OTHER, Part.UNKNOWN)}
    if convention.lower() != AUTO:
        told = _by_number(numbers, convention, task)
        if not told:
            return _refuse(numbers, segments, source, task)
        by_name = _by_name(named, own, task) if Part.UNSURE not in named.values() else {}
        differ = any(set(by_name[region]) != set(told[region]) for region in told.keys() & by_name.keys())
        return Told(told, "its segments' names say other parts than the stated labels, which were used" * differ)
    if Part.UNSURE in named.values():
        return _refuse(numbers, segments, source, task)
    if told := _by_name(named, own, task):
        only_edema = set(named.values()) == {Part.EDEMA} and not own
        return Told(told, f"of the {task.name(task.part('whole'))} only edema is named" if only_edema else "")
    if numbered and len(segments) > 1:
        told = _by_number(numbers, AUTO, task)
        return Told(told) if told else _refuse(numbers, segments, source, task)
    if len(segments) == 1 and Part.OTHER not in parts.values():
        outermost = task.regions[0]
        return Told({outermost.id: tuple(parts)}, f"its only segment is taken for the {outermost.name}")
    return _refuse(numbers, segments, source, task)


def _by_number(numbers: dict[int, int], convention: str, task: Task) -> Labels | None:
    """The segments' own numbers for each region, where `numbers` maps what they are called to these."""
    stated = spelled_out(convention, task) or {}
    if any(number not in numbers for group in stated.values() for number in group):
        return None
    told = labels_of(convention, numbers, task)
    if told is None:
        return None
    return {region: tuple(numbers[n] for n in group if n in numbers) for region, group in told.items()}


def _by_name(parts: Mapping[int, Part], own: Mapping[int, str], task: Task) -> Labels:
    """The segments of each region, by the part of a tumor that they are called, or (`own`) by the region's own name."""
    by_part = _by_part(parts)
    told = {region.id: by_part[region.part] for region in task.regions if region.part in by_part}
    for number, region in own.items():
        told[region] = (*told.get(region, ()), number)
    return nested_labels(told, task)


def _by_part(parts: Mapping[int, Part]) -> Labels:
    """The segments of each of `PARTS`, nested."""

    def holding(*kinds: Part) -> tuple[int, ...]:
        return tuple(number for number, part in parts.items() if part in kinds)

    enhancing, core, necrosis = holding(Part.ENHANCING), holding(Part.CORE), holding(Part.NECROSIS)
    whole = holding(*_OF_WHOLE_TUMOR)
    # Necrosis is not all of a core, unless nothing else is named that might be the rest of it.
    is_rest_known = bool(enhancing) or not holding(Part.WHOLE, Part.TUMOR)
    solid = (*core, *necrosis, *enhancing) if core or (necrosis and is_rest_known) else ()
    everything = (*whole, *necrosis, *core, *enhancing) if whole else ()
    return {part: held for part, held in zip(PARTS, (everything, solid, enhancing), strict=True) if held}


def _part(segment: Segment) -> Part:
    """By its label, which says more than its code: that is often just "Neoplasm"."""
    part = part_of(segment.label)
    return part_of(segment.code) if part is Part.UNKNOWN else part


def _refuse(numbers: dict[int, int], segments: Sequence[Segment], source: str, task: Task) -> Told:
    names = {segment.number: segment.label for segment in segments}
    codes = {segment.number: f" ({segment.code})" * bool(segment.code) for segment in segments}
    found = listed([f"{called} {names[n] + codes[n]!r}" for called, n in numbers.items()])
    raise InputError(
        f"which regions its segments are cannot be told ({found})",
        source=source,
        next_step=f"Name its segments {', '.join(region.name for region in task.regions)}, or state their numbers: "
        f"{example(task)}.",
    )
