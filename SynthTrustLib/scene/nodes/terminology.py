"""What the outlines are, in SNOMED CT, as Slicer writes it on a segment."""

from __future__ import annotations

from SynthTrustLib.task.task import Task

CATEGORY_CONTEXT = "Segmentation category and type - DICOM master list"
ANATOMY_CONTEXT = "Anatomic codes - DICOM master list"
"""Slicer's own lists; of its two lists of types only this one has the neoplasm."""

NOTHING = "^^"


def terminology(task: Task, region: str) -> str:
    """Value of a segment's terminology tag.

    The regions of a glioma are parts of one neoplasm; the names of the segments tell them apart, since SNOMED CT has no
    code for the whole tumor of BraTS (with its edema) or for its core.
    """
    kind = task.region(region).type
    return "~".join((CATEGORY_CONTEXT, task.category, kind, NOTHING, ANATOMY_CONTEXT, task.anatomy, NOTHING))
