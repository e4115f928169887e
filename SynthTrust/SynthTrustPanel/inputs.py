"""What a run of the panel is given, as nodes of the scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slicer.i18n import tr as _


def gridVolume(volumes, task=None):
    """Whose grid a patient's results take: of these volume nodes (by contrast) the best of the task, or None."""
    from SynthTrustLib.task.glioma import GLIOMA

    return volumes.get((task or GLIOMA).best_reference(volumes))


def voxelSize(text):
    """The true voxel size (i, j, k) in mm that a user has typed, None for an empty text; ValueError otherwise."""
    words = text.lower().replace("\u00d7", " ").replace("mm", " ").replace("x", " ").replace(";", " ").split()
    if not words:
        return None
    try:
        sizes = tuple(float(word.replace(",", ".")) for word in words)
    except ValueError:
        sizes = ()
    if len(sizes) != 3 or not all(0.1 <= size <= 20 for size in sizes):
        raise ValueError(_("Write the voxel size as three numbers from 0.1 to 20 mm, e.g. 0.5 x 0.5 x 5."))
    return sizes


@dataclass(frozen=True)
class Inputs:
    """One patient in the scene, and what is to be done with it."""

    volumes: dict
    """A contrast's id -> vtkMRMLScalarVolumeNode."""
    segmenters: Any = "all"
    """A preset ("ladder", "real-against-synthetic", "all") or ids; an empty list compares the `outlines` only."""
    record: str = ""
    """Who draws the outline of record: a segmenter's id, the name of one of the `outlines`, or "pooled"; empty for the
    flagship, beside a jury of several segmenters."""
    outlines: dict | None = None
    """Outlines made elsewhere that join the comparison: vtkMRMLSegmentationNode -> its label convention. "auto" goes by
    the names of the segments; "brats", "binary" or "WT=1+2,TC=1" by their numbers."""
    reference: Any = None
    """A trusted segmentation (vtkMRMLSegmentationNode) to measure against."""
    label: str = ""
    """Printed on every page of the report."""
    voxelSize: str = ""
    """The true voxel size as the user has typed it; empty where the volumes have it right."""
    segmenterFolder: str = ""
    """A folder with more packages; empty without one."""
    task: Any = None
    """What the segmenters outline, on which images (a Task); by default the task of those that are named."""
    accepted: Any = ()
    """Keys of concerns that a person has accepted."""
