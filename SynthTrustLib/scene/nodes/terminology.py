"""What the outlines are, in SNOMED CT, as Slicer writes it on a segment."""

from __future__ import annotations

CATEGORY_CONTEXT = "Segmentation category and type - DICOM master list"
ANATOMY_CONTEXT = "Anatomic codes - DICOM master list"
"""Slicer's own lists; of its two lists of types only this one has the neoplasm."""

CATEGORY = "SCT^49755003^Morphologically Altered Structure"
NEOPLASM = "SCT^108369006^Neoplasm"
BRAIN = "SCT^12738006^Brain"
NOTHING = "^^"

TUMOR = "~".join((CATEGORY_CONTEXT, CATEGORY, NEOPLASM, NOTHING, ANATOMY_CONTEXT, BRAIN, NOTHING))
"""Value of a segment's terminology tag. The regions are parts of one neoplasm; the names of the segments tell them
apart, since SNOMED CT has no code for the whole tumor of BraTS (with its edema) or for its core."""
