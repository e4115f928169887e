"""How nodes of a run are known again, in this session and after a scene was saved and loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

RUN = "SynthTrust.Run"
"""Every node of a run, and its subject-hierarchy folder: the run's id."""

ROLE = "SynthTrust.Role"
"""What the node is within its run: a `Role`."""

SUBJECT = "SynthTrust.Subject"
"""What it is about: a contrast, a segmenter's id, a kind of map."""

REGION = "SynthTrust.Region"
ORDER = "SynthTrust.Order"
"""Position among the nodes of its role, from 0."""

COLOUR_TABLE = "SynthTrust.ColourTable"
"""The kind of map that a colour table, shared by all runs, is for."""

VOLUME_REFERENCE = "SynthTrust.Volume."
"""Start of the scorecard's node references to the contrasts, which may be the user's own volumes."""

REFERENCE_CONTRAST = "SynthTrust.ReferenceContrast"
RECORD = "SynthTrust.Record"

ROOM = "neighbourhood"
"""Id of the hidden segment of the reviewer's own outline that painting is limited to."""


class Role(StrEnum):
    """What a node is within its run."""

    SCORECARD = "scorecard"
    SCORECARD_TABLE = "scorecard table"
    VOLUME = "volume"
    OUTLINES = "outlines"
    POOLED = "pooled"
    MARGIN = "margin"
    MAP = "map"
    DOSE_RESPONSE = "dose-response"
    CHART = "chart"
    SERIES = "series"
    REVIEW_SPOTS = "review spots"
    REPORT = "report"
    CORRECTED = "corrected"
    PREVIEW = "preview"


def nodes_of_class(scene: Any, name: str) -> list[Any]:
    """The scene's nodes of a class and its children, in the order they were added."""
    found = scene.GetNodesByClass(name)  # GetNthNodeByClass would search the scene anew for every node
    found.UnRegister(None)  # the collection was made for us, and Python holds it once more
    return list(found)


@contextmanager
def changing(nodes: Iterable[Any]) -> Iterator[None]:
    """Within it nodes say nothing of their changes, and at the end each says it once: every view draws after each."""
    before = [(node, node.StartModify()) for node in nodes if node is not None]
    try:
        yield
    finally:
        for node, was in before:
            node.EndModify(was)


def referenced(node: Any, prefix: str) -> dict[str, Any]:
    """The nodes that a node refers to, by what follows `prefix` in the role; deleted ones are left out."""
    roles = [node.GetNthNodeReferenceRole(n) for n in range(node.GetNumberOfNodeReferenceRoles())]
    found = {r.removeprefix(prefix): node.GetNodeReference(r) for r in roles if r and r.startswith(prefix)}
    return {name: other for name, other in found.items() if other is not None}


@dataclass(frozen=True)
class Mark:
    """What a node is: the run that it belongs to, its role there, and what it is about."""

    run: str
    role: Role
    subject: str = ""
    region: str = ""
    order: int = 0

    def write_on(self, node: Any) -> None:
        node.SetAttribute(RUN, self.run)
        node.SetAttribute(ROLE, self.role)
        node.SetAttribute(ORDER, str(self.order))
        if self.subject:
            node.SetAttribute(SUBJECT, self.subject)
        if self.region:
            node.SetAttribute(REGION, self.region)


def new_node(scene: Any, class_name: str) -> Any:
    """A node with the scene's defaults that is not in the scene yet: `add` it when it is complete."""
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)  # it was made for us, and Python holds it once more
    return node


def add(scene: Any, node: Any, name: str, mark: Mark | None = None) -> Any:
    """Add a node that is complete, under a name that no other node of the scene has; returns it.

    Everything that follows a scene looks at each change of a node in it, and at one that is added complete only once.
    """
    node.SetName(scene.GenerateUniqueName(name))
    if mark is not None:
        mark.write_on(node)
    return scene.AddNode(node)
