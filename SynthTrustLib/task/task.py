"""What a family of segmenters outlines, and on which images: regions and contrasts as data."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Annotated, ClassVar, Literal

from SynthTrustLib.codec import FieldError, Pattern, Range, Size, Text

Id = Annotated[str, Pattern("^[A-Za-z][A-Za-z0-9_-]{0,31}$", "a letter, and up to 31 letters, digits, - and _")]
"""Ids of tasks, contrasts and regions: they stand in keys of rows and in names of files."""

Label = Annotated[int, Range(1, 255)]
Code = Annotated[
    str,
    Pattern(r"^[^^~]+\^[^^~]+\^[^^~]+$", "a code scheme^value^meaning"),
    "Of SNOMED CT, for DICOM and for Slicer's terminology: SCT^108369006^Neoplasm.",
]

PARTS = ("whole", "core", "enhancing")
"""What a region of a tumor may be to a reader of segments' names: everything with its edema, the solid part with
necrosis, and what enhances."""

LABELS, BRATS = "labels", "brats"
"""Names of the convention that a task's own labels follow: of no name, or that of BraTS."""


@dataclass(frozen=True)
class TaskContrast:
    """One series of the patient."""

    id: Annotated[Id, "T1, T1c, T2 and FLAIR are recognized by name, header and look; any other is named by hand."]
    agent: Annotated[bool, "Taken after a contrast agent."] = False
    important: Annotated[
        bool, "Outlines are much worse without it: a person is asked where something like it was found and not used."
    ] = False
    if_missing: Annotated[str, "What a reader must know where it is missing, in full sentences."] = ""


@dataclass(frozen=True)
class TaskRegion:
    """One region that is outlined."""

    id: Id
    name: Annotated[Text, "On screen."]
    label: Annotated[Label, "In label maps, of its voxels that lie in no region inside it."]
    colour: Annotated[str, Pattern("^#[0-9a-f]{6}$", "a colour #rrggbb")]
    type: Code
    noun: Annotated[str, "What is found there, in a sentence (No tumor found); by default the name."] = ""
    inside: Annotated[str, "Id of the region that it lies in, which stands before it; empty for none."] = ""
    part: Annotated[
        Literal["", "whole", "core", "enhancing"],
        "What it is to a reader of segments' names and codes; empty for none of these.",
    ] = ""
    other_label: Annotated[Label | None, "The same in label maps of another year, read where there is no label."] = None
    shown_on: Annotated[tuple[Id, ...], "Contrasts on which readers look for it, best first; the others follow."] = ()
    needs: Annotated[
        tuple[Id, ...], "Contrasts without any one of which it cannot be seen: what is outlined then is a guess."
    ] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "noun", self.noun or self.name)

    def missing(self, there: Collection[str]) -> tuple[str, ...]:
        """The contrasts that it needs to be seen and that are not among these."""
        return tuple(name for name in self.needs if name not in there)


@dataclass(frozen=True)
class Task:
    """Regions and contrasts, in the order in which everything lists them.

    Of two regions one lies in the other, as `TaskRegion.inside` says, or they share no voxel.
    """

    FORMAT: ClassVar = 1

    id: Id
    contrasts: Annotated[tuple[TaskContrast, ...], Size(1)]
    regions: Annotated[tuple[TaskRegion, ...], Size(1)]
    category: Code
    anatomy: Code
    reference_order: Annotated[
        tuple[Id, ...], "Whose grid the case takes, the first that is there; the other contrasts follow."
    ] = ()
    label_convention: Annotated[
        Literal["labels", "brats"], "What its labels are called where a convention is stated."
    ] = "labels"

    def check_fields(self) -> None:
        for field, ids in (("contrasts", self.contrast_ids), ("regions", self.region_ids)):
            _different(field, (name.casefold() for name in ids))
        labels = ((region.label, region.other_label) for region in self.regions)
        _different("regions", (label for label in chain.from_iterable(labels) if label is not None))
        _different("regions", (region.part for region in self.regions if region.part))
        named = [
            ("reference_order", self.reference_order),
            *(("regions", (*r.shown_on, *r.needs)) for r in self.regions),
        ]
        for field, contrasts in named:
            for contrast in contrasts:
                if contrast not in self.contrast_ids:
                    raise FieldError(f"names {contrast}, which is no contrast of the task", field)
        for n, region in enumerate(self.regions):
            if region.inside and region.inside not in self.region_ids[:n]:
                raise FieldError(f"is {region.inside}, which is no region before {region.id}", "regions", n, "inside")

    @cached_property
    def contrast_ids(self) -> tuple[str, ...]:
        return tuple(contrast.id for contrast in self.contrasts)

    @cached_property
    def region_ids(self) -> tuple[str, ...]:
        return tuple(region.id for region in self.regions)

    def contrast(self, name: str) -> TaskContrast:
        """The contrast of this id; KeyError if there is none."""
        return {contrast.id: contrast for contrast in self.contrasts}[name]

    def region(self, name: str) -> TaskRegion:
        """The region of this id; KeyError if there is none."""
        return {region.id: region for region in self.regions}[name]

    def called(self, words: str) -> str:
        """The region of this id or name, however it is written; empty if none is called so."""
        words = words.strip().casefold()
        called = (region.id for region in self.regions if words in (region.id.casefold(), region.name.casefold()))
        return next(called, "")

    def name(self, region: str) -> str:
        """The region on screen."""
        return self.region(region).name

    def noun(self, region: str) -> str:
        """What is found in the region, in a sentence."""
        return self.region(region).noun

    def ordered(self, regions: Collection[str]) -> tuple[str, ...]:
        """Those of the regions that the task has, in its order."""
        return tuple(name for name in self.region_ids if name in regions)

    def around(self, region: str) -> tuple[str, ...]:
        """The regions that it lies in, the nearest first."""
        outer = self.region(region).inside
        return (outer, *self.around(outer)) if outer else ()

    def within(self, region: str) -> tuple[str, ...]:
        """The regions that lie in it, at any depth, in order."""
        return tuple(name for name in self.region_ids if region in self.around(name))

    def labels(self, region: str) -> tuple[int, ...]:
        """The labels that make it up in a label map: its own and those of the regions within."""
        return tuple(sorted(self.region(name).label for name in (region, *self.within(region))))

    def part(self, part: str) -> str:
        """The region that is this one of `PARTS`; empty without one."""
        return next((region.id for region in self.regions if region.part == part), "")

    def best_reference(self, there: Collection[str]) -> str | None:
        """Whose grid a case with these contrasts takes, None without any."""
        return next((name for name in (*self.reference_order, *self.contrast_ids) if name in there), None)

    def best_contrast(self, region: str, there: Collection[str]) -> str | None:
        """On which of these contrasts a reader looks for the region, None without any."""
        return next((name for name in (*self.region(region).shown_on, *self.contrast_ids) if name in there), None)

    def visible(self, there: Collection[str]) -> tuple[str, ...]:
        """The regions that these contrasts can show, in order."""
        return tuple(region.id for region in self.regions if not region.missing(there))


def _different(field: str, values: Iterable[str | int]) -> None:
    seen: set[str | int] = set()
    for value in values:
        if value in seen:
            raise FieldError(f"say {value!r} twice", field)
        seen.add(value)
