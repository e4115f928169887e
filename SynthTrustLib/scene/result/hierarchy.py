"""One subject-hierarchy folder per run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import slicer
from vtkmodules.vtkCommonCore import vtkIdList

from SynthTrustLib.progress import Steps
from SynthTrustLib.scene.result.attributes import RUN
from SynthTrustLib.trust.scorecard import Scorecard


def folder_name(scorecard: Scorecard) -> str:
    """``SynthTrust 2026-11-24 02:31 UTC, LABEL``: time of the run and the label that the user chose, nothing else."""
    try:
        created = datetime.fromisoformat(str(scorecard.provenance["created"])).astimezone(UTC)
    except (KeyError, ValueError):
        created = datetime.now(UTC)
    parts = [f"SynthTrust {created:%Y-%m-%d %H:%M} UTC"]
    if scorecard.case_label:
        parts.append(scorecard.case_label)
    if scorecard.is_synthetic_patient:
        parts.append("synthetic patient")
    return ", ".join(parts)


def create_folder(scene: Any, name: str, run: str, nodes: Sequence[Any]) -> Steps[int]:
    """A folder at the top of the hierarchy with `nodes` in it, in order. Returns its item id."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    # Two runs may have begun within one minute, and still must be told apart in lists.
    folder = int(hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), hierarchy.GenerateUniqueItemName(name)))
    hierarchy.SetItemAttribute(folder, RUN, run)
    for done, node in enumerate(nodes, start=1):
        # In the application the item is already there; this moves it.
        hierarchy.CreateItem(folder, node)
        yield done / len(nodes)
    return folder


def find_folder(scene: Any, run: str) -> int | None:
    """The folder of a run, None if the user has removed it."""
    return find_item(scene, RUN, run)


def find_item(scene: Any, attribute: str, value: str) -> int | None:
    """The first item whose attribute has this value; None where none has."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    for item in _items(hierarchy, hierarchy.GetSceneItemID()):
        if hierarchy.HasItemAttribute(item, attribute) and hierarchy.GetItemAttribute(item, attribute) == value:
            return item
    return None


def remove_folder(scene: Any, folder: int) -> None:
    """Take the folder away; what the user has put into it moves up to the top."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    for child in _children(hierarchy, folder):
        hierarchy.SetItemParent(child, hierarchy.GetSceneItemID())
    hierarchy.RemoveItem(folder)


def remove_item_of(scene: Any, node: Any) -> None:
    """Take away the item of a node, with the items of its segments, but not the node.

    Before the node leaves the scene: without an application its item would stay, and could not be removed any more.
    """
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = hierarchy.GetItemByDataNode(node)
    if item != hierarchy.GetInvalidItemID():
        hierarchy.RemoveItem(item, False, True)


def _children(hierarchy: Any, item: int) -> list[int]:
    found = vtkIdList()
    hierarchy.GetItemChildren(item, found, False)
    return [int(found.GetId(index)) for index in range(found.GetNumberOfIds())]


def _items(hierarchy: Any, parent: int) -> Iterator[int]:
    for item in _children(hierarchy, parent):
        yield item
        yield from _items(hierarchy, item)
