"""How nodes of a run are known again, in this session and after a scene was saved and loaded."""

from __future__ import annotations

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


def nodes_of_class(scene: Any, name: str) -> list[Any]:
    """The scene's nodes of a class and its children, in the order they were added."""
    found = scene.GetNodesByClass(name)  # GetNthNodeByClass would search the scene anew for every node
    found.UnRegister(None)  # the collection was made for us, and Python holds it once more
    return list(found)


def mark(node: Any, run: str, role: Role, *, subject: str = "", region: str = "", order: int = 0) -> Any:
    """Write on `node` what it is; returns it."""
    node.SetAttribute(RUN, run)
    node.SetAttribute(ROLE, role)
    node.SetAttribute(ORDER, str(order))
    if subject:
        node.SetAttribute(SUBJECT, subject)
    if region:
        node.SetAttribute(REGION, region)
    return node


def add_node(scene: Any, class_name: str, name: str) -> Any:
    """A new node with a name that no other node of the scene has."""
    return scene.AddNewNodeByClass(class_name, scene.GenerateUniqueName(name))
