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
from SynthTrustLib.vocabulary import Contrast, Region

_REGIONS_OF = {
    Part.ENHANCING: (Region.WT, Region.TC, Region.ET),
    Part.NECROSIS: (Region.WT, Region.TC),
    Part.CORE: (Region.WT, Region.TC),
    Part.EDEMA: (Region.WT,),
    Part.WHOLE: (Region.WT,),
    Part.TUMOR: (Region.WT,),
}
"""Part of a tumor -> the regions that its voxels belong to."""

_REGION_CALLED = {
    Part.ENHANCING: Region.ET,
    Part.CORE: Region.TC,
    Part.WHOLE: Region.WT,
    Part.TUMOR: Region.WT,
}
"""What the name of an overlapping region says -> the region."""


@dataclass(frozen=True, eq=False)
class Draft:
    """What was found out about a model.

    Attributes
    ----------
    verified : Verified or None
        None where the model came as ONNX, so that there was nothing to compare with.
    found : mapping
        What its files say of how it was trained, for the card's ``training``.
    """

    settings: PatchSettings
    contrasts: tuple[str, ...]
    model: bytes
    framework: str
    name: str
    verified: Verified | None = None
    found: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """What whoever imports a model states of it, in place of what its files say.

    Attributes
    ----------
    contrasts : tuple of Contrast or None
        Input channels, in order.
    labels : str or None
        Labels (or, of a model with a sigmoid for each region, output channels from 0) of each region, spelled out:
        ``WT=1+2+3,TC=1+3,ET=3``.
    axes : str or None
        Where the axes of its input run, such as ``SPL``.
    mirror : bool or None
        False leaves out the mirroring that the model allows.
    """

    contrasts: tuple[str, ...] | None = None
    labels: str | None = None
    axes: str | None = None
    mirror: bool | None = None


def contrasts_named(names: Sequence[str], source: str) -> tuple[str, ...]:
    """The contrasts that input channels of these names are.

    Raises
    ------
    SegmenterError
        If a name says no contrast, or two say the same.
    """
    found = []
    for name in names:
        possible = read_name(name).possible
        if len(possible) != 1:
            _ask(f"its input channel {name!r} is no contrast that SynthTrust knows by this name", "contrasts", source)
        found.append(Contrast(next(iter(possible))))
    if len(set(found)) != len(found):
        _ask(f"two of its input channels are {', '.join(found)}", "contrasts", source)
    return tuple(found)


def regions_of_labels(names: Mapping[str, int], stated: str | None, source: str) -> tuple[tuple[str, ...], ...]:
    """Of each label from 0, the regions that it belongs to: as stated, or by its name.

    Raises
    ------
    SegmenterError
        If a label's name does not say which part of a tumor it is.
    """
    count = max(names.values()) + 1
    if stated is not None:
        return regions_of_channels(_stated(stated, count, source), count)
    channels: list[tuple[str, ...]] = [()] * count
    for name, label in names.items():
        part = part_of(name)
        if label == 0 or part is Part.OTHER:
            continue
        if part not in _REGIONS_OF:
            _ask(
                f"its label {label} is called {name!r}, which says no part of a tumor",
                "labels",
                source,
            )
        channels[label] = _REGIONS_OF[part]
    return tuple(channels)


def regions_called(names: Sequence[str], stated: str | None, source: str) -> tuple[tuple[str, ...], ...]:
    """Of each output channel that is a region of its own, that region: as stated, or by its name."""
    if stated is not None:
        labels = spelled_out(stated) or {}
        return regions_of_channels(labels, len(names))
    found = []
    for name in names:
        region = _REGION_CALLED.get(part_of(name))
        if region is None:
            _ask(f"its output {name!r} is no region that SynthTrust knows by this name", "labels", source)
        found.append((region,))
    if len(set(found)) != len(found):
        _ask("two of its outputs have names of one region", "labels", source)
    return tuple(found)


def regions_of_channels(labels: Labels, count: int) -> tuple[tuple[str, ...], ...]:
    """The same by channel: of each of `count` channels, the regions that have its number."""
    return tuple(tuple(region for region in Region if n in labels.get(region, ())) for n in range(count))


def _stated(text: str, count: int, source: str) -> Labels:
    labels = spelled_out(text)
    if labels is None or any(not 0 < n < count for numbers in labels.values() for n in numbers):
        _ask(f"its labels are 1 to {count - 1}, not those of {text!r}", "labels", source)
    return nested_labels(labels)


def _ask(problem: str, option: str, source: str) -> NoReturn:
    examples = {
        "contrasts": "State them in the order of the channels: --contrasts T1,T1c,T2,FLAIR.",
        "labels": "State the labels of each region: --labels WT=1+2+3,TC=1+3,ET=3.",
    }
    raise SegmenterError(problem, source=source, next_step=examples[option])
