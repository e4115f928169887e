"""A model of another framework, understood but not yet a package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from SynthTrustLib.case.outline.label_convention import Labels, nested_labels, spelled_out
from SynthTrustLib.case.outline.segment_names import Part, part_of
from SynthTrustLib.case.recognize.read_name import read_name
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.adapters.patches.settings import PatchSettings
from SynthTrustLib.segmenters.importing.export import Verified
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

_HELD_BY = {
    Part.ENHANCING: ("whole", "core", "enhancing"),
    Part.NECROSIS: ("whole", "core"),
    Part.CORE: ("whole", "core"),
    Part.EDEMA: ("whole",),
    Part.WHOLE: ("whole",),
    Part.TUMOR: ("whole",),
}
"""Part of a tumor -> those of `task.PARTS` that its voxels belong to; a region called so is the last of them."""


@dataclass(frozen=True, eq=False)
class Draft:
    """What was found out about a model."""

    settings: PatchSettings
    contrasts: tuple[str, ...]
    model: bytes
    framework: str
    name: str
    verified: Verified | None = None
    """None where the model came as ONNX, so that there was nothing to compare with."""
    found: Mapping[str, Any] = field(default_factory=dict)
    """What its files say of how it was trained, for the card's ``training``."""


@dataclass(frozen=True)
class Answers:
    """What whoever imports a model states of it, in place of what its files say."""

    contrasts: tuple[str, ...] | None = None
    """Input channels, in order."""
    labels: str | None = None
    """Labels (or, of a model with a sigmoid for each region, output channels from 0) of each region, spelled out:
    ``WT=1+2+3,TC=1+3,ET=3``."""
    axes: str | None = None
    """Where the axes of its input run, such as ``SPL``."""
    mirror: bool | None = None
    """False leaves out the mirroring that the model allows."""
    task: Task = GLIOMA


def contrasts_named(names: Sequence[str], source: str, task: Task = GLIOMA) -> tuple[str, ...]:
    """The contrasts that input channels of these names are.

    Raises SegmenterError if a name says no contrast, or two say the same.
    """
    found: list[str] = []
    for name in names:
        own = [contrast for contrast in task.contrast_ids if contrast.casefold() == name.casefold()]
        possible = own or [contrast for contrast in read_name(name).possible if contrast in task.contrast_ids]
        if len(possible) != 1:
            _ask(f"its input channel {name!r} is no contrast that SynthTrust knows by this name", "contrasts", source)
        found.append(possible[0])
    if len(set(found)) != len(found):
        _ask(f"two of its input channels are {', '.join(found)}", "contrasts", source)
    return tuple(found)


def regions_of_labels(names: Mapping[str, int], stated: Answers, source: str) -> tuple[tuple[str, ...], ...]:
    """Of each label from 0, the regions that it belongs to: as stated, or by its name.

    Raises SegmenterError if a label's name does not say which part of a tumor it is.
    """
    count = max(names.values()) + 1
    if stated.labels is not None:
        return regions_of_channels(_stated(stated.labels, count, source, stated.task), count, stated.task)
    channels: list[tuple[str, ...]] = [()] * count
    for name, label in names.items():
        part, called = part_of(name), stated.task.called(name)
        if label == 0 and (called or part not in (Part.OTHER, Part.UNKNOWN)):
            raise SegmenterError(
                f"its label 0, which is the background elsewhere, is called {name!r}",
                source=source,
                next_step="Export its network to ONNX, and state the channels of each region, counted from 0.",
            )
        if label == 0 or (part is Part.OTHER and not called):
            continue
        regions = _holding(part, stated.task)
        if called:
            regions = stated.task.ordered((called, *stated.task.around(called)))
        if not regions:
            _ask(
                f"its label {label} is called {name!r}, which says no part of a tumor",
                "labels",
                source,
            )
        channels[label] = regions
    return tuple(channels)


def regions_called(names: Sequence[str], stated: Answers, source: str) -> tuple[tuple[str, ...], ...]:
    """Of each output channel that is a region of its own, that region: as stated, or by its name."""
    task = stated.task
    if stated.labels is not None:
        labels = spelled_out(stated.labels, task) or {}
        if not labels or any(n >= len(names) for numbers in labels.values() for n in numbers):
            _ask(f"its outputs are 0 to {len(names) - 1}, not those of {stated.labels!r}", "outputs", source)
        return regions_of_channels(labels, len(names), task)
    found = []
    for name in names:
        part = part_of(name)
        held = _holding(part, task) if part not in (Part.NECROSIS, Part.EDEMA) else ()
        region = task.called(name) or next(reversed(held), "")
        if not region:
            _ask(f"its output {name!r} is no region that SynthTrust knows by this name", "outputs", source)
        found.append((region,))
    if len(set(found)) != len(found):
        _ask("two of its outputs have names of one region", "outputs", source)
    return tuple(found)


def regions_of_channels(labels: Labels, count: int, task: Task) -> tuple[tuple[str, ...], ...]:
    """The same by channel: of each of `count` channels, the regions that have its number."""
    return tuple(tuple(region for region in task.region_ids if n in labels.get(region, ())) for n in range(count))


def _holding(part: Part, task: Task) -> tuple[str, ...]:
    """The regions that a part of a tumor belongs to, outermost first."""
    return task.ordered([task.part(one) for one in _HELD_BY.get(part, ())])


def _stated(text: str, count: int, source: str, task: Task) -> Labels:
    labels = spelled_out(text, task)
    if labels is None or any(not 0 < n < count for numbers in labels.values() for n in numbers):
        _ask(f"its labels are 1 to {count - 1}, not those of {text!r}", "labels", source)
    return nested_labels(labels, task)


def _ask(problem: str, option: str, source: str) -> NoReturn:
    examples = {
        "contrasts": "State them in the order of the channels: --contrasts T1,T1c,T2,FLAIR.",
        "labels": "State the labels of each region: --labels WT=1+2+3,TC=1+3,ET=3.",
        "outputs": "State the output of each region, counted from 0: --labels WT=0,TC=1,ET=2.",
    }
    raise SegmenterError(problem, source=source, next_step=examples[option])
