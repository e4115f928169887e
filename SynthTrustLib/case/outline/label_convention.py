"""What the numbers in somebody's label map mean, as the regions that they tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from SynthTrustLib.errors import InputError
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import BRATS, LABELS, Task

AUTO, BINARY = "auto", "binary"
"""Conventions by name: 0/1 is taken for the outermost region and anything else for the task's labels; every label is
the outermost region."""

Labels = Mapping[str, tuple[int, ...]]
"""The labels of each region that is told."""

_NAMES = (AUTO, BINARY, LABELS, BRATS)
_PART = re.compile(r"([A-Za-z][\w-]*)=(\d{1,3}(?:\+\d{1,3})*)", re.ASCII)


def task_labels(values: Collection[float], task: Task = GLIOMA) -> Labels:
    """The labels of each region in a mask with these values.

    Enhancing tumor is 4 until BraTS 2021 and 3 from 2023. Where both are there it is 3, and 4 is no tumor (the cavity
    of a resection in BraTS 2024).
    """
    own = {region.id: region.label for region in task.regions}
    for region in task.regions:
        if region.other_label in values and region.label not in values and region.other_label is not None:
            own[region.id] = region.other_label
    return {r: tuple(sorted(own[part] for part in (r, *task.within(r)))) for r in own}


def is_convention(text: str) -> bool:
    """Whether `text` is the name of a convention, or spells one out, such as ``WT=1+2+3,TC=1+3,ET=3``."""
    return text.lower() in _NAMES or all(_PART.fullmatch(part) for part in text.split(","))


def spelled_out(convention: str, task: Task = GLIOMA) -> Labels | None:
    """The labels of a convention that is spelled out, as they stand there; None for one that has a name."""
    if convention.lower() in (AUTO, BINARY, LABELS, task.label_convention):
        return None
    parts = [_PART.fullmatch(part) for part in convention.split(",")]
    ids = {region.casefold(): region for region in task.region_ids}
    labels = {ids.get(p[1].casefold(), ""): tuple(int(n) for n in p[2].split("+")) for p in parts if p}
    if not all(parts) or len(labels) < len(parts) or "" in labels:
        raise InputError(
            f"{convention!r} is no label convention",
            source="label convention",
            next_step=f"State {task.label_convention}, {BINARY}, or each region's labels, such as {example(task)}.",
        )
    return {region: labels[region] for region in task.ordered(labels)}


def example(task: Task) -> str:
    """A convention spelled out: that of the task's own labels."""
    return in_words(task_labels((), task))


def in_words(labels: Labels) -> str:
    """``WT=1+2+3,TC=1+3,ET=3``."""
    return ",".join(f"{region}={'+'.join(map(str, numbers))}" for region, numbers in labels.items())


def nested_labels(labels: Labels, task: Task = GLIOMA) -> Labels:
    """`labels` with those of the inner regions in the outer ones: of ``WT=2,TC=1,ET=3`` the whole tumor is 1, 2 and 3.

    Who gives every voxel the label of one part only means these regions: ET lies in TC, and TC in WT.
    """
    return {
        region: tuple(sorted({n for part in (region, *task.within(region)) for n in labels.get(part, ())}))
        for region in task.ordered(labels)
    }


def labels_of(convention: str, values: Collection[float], task: Task = GLIOMA) -> Labels | None:
    """The labels of each region in a map with these values, nested; None where the values are not such labels."""
    stated = spelled_out(convention, task)
    inside = {float(value) for value in values} - {0.0}
    if any(value < 0 or not value.is_integer() or value > 255 for value in inside):
        return None
    outermost = task.region_ids[0]
    if stated is not None:
        return nested_labels(stated, task)
    if convention.lower() == BINARY:
        return {outermost: tuple(sorted(int(value) for value in inside))}
    if not inside <= known_labels(task):
        return None
    if convention.lower() == AUTO and inside <= {1.0}:
        return {outermost: (1,)}
    return task_labels(inside, task)


def known_labels(task: Task) -> set[float]:
    """Every label that some region of the task has."""
    return {float(label) for region in task.regions for label in (region.label, region.other_label) if label}
