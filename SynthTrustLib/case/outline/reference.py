"""A trusted outline to measure against, as the regions that its labels can tell."""

from __future__ import annotations

from pathlib import Path

from SynthTrustLib.case.outline.given import GivenOutline, load_outline
from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.patient_case import PatientCase


def read_reference(path: Path, case: PatientCase, *, convention: str = AUTO) -> GivenOutline:
    """Read a reference mask, Slicer's segmentation or a DICOM SEG onto the case's grid; see `load_outline`.

    A file with values 0 and 1 only tells WT. BraTS labels (1, 2 and 3 or 4) tell WT, TC and ET. Raises InputError,
    GeometryError as `load_outline` does, and InputError if it is empty.
    """
    return load_outline(path, case, convention=convention, what="reference", may_be_empty=False)
