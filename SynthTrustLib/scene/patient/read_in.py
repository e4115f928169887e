"""A patient's images as volumes in a folder of the subject hierarchy, as if the user had loaded them, and away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.scene.nodes.volumes import image_volume
from SynthTrustLib.scene.result.assessment import remove_node
from SynthTrustLib.scene.result.attributes import nodes_of_class

READ_FOR = "ReadForCohort"
"""Attribute of the volumes and of their folder: whose they are, as whoever has read them calls it.

It begins like no attribute of a result: these are images, which segmenters may run on.
"""


def patient_volumes(scene: Any, title: str, owner: str, images: Mapping[str, ReadImage]) -> dict[str, Any]:
    """A volume for each contrast, in a folder of this title; all at once, so that nobody takes a part for a patient.

    `owner`: what `remove_patient` finds them by.
    """
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    folder = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), title)
    hierarchy.SetItemAttribute(folder, READ_FOR, owner)
    nodes = {}
    for contrast, image in images.items():
        nodes[contrast] = node = image_volume(scene, contrast, image.array, image.geometry)
        node.SetAttribute(READ_FOR, owner)
        hierarchy.CreateItem(folder, node)
    return nodes


def owners(scene: Any) -> set[str]:
    """Whose volumes are in the scene."""
    found = (node.GetAttribute(READ_FOR) for node in nodes_of_class(scene, "vtkMRMLScalarVolumeNode"))
    return {owner for owner in found if owner}


def remove_patient(scene: Any, owner: str) -> None:
    """Remove the volumes of an owner, and their folder; what the user has put into it moves up to the top."""
    from SynthTrustLib.scene.result.hierarchy import find_item, remove_folder

    for node in nodes_of_class(scene, "vtkMRMLScalarVolumeNode"):
        if node.GetAttribute(READ_FOR) == owner:
            remove_node(scene, node)
    folder = find_item(scene, READ_FOR, owner)
    if folder is not None:
        remove_folder(scene, folder)
