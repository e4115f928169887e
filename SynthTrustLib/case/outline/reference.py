"""A trusted outline to measure against, as the regions that its labels can tell."""

from __future__ import annotations

from pathlib import Path

from SynthTrustLib.case.outline.given import GivenOutline, Masks, load_outline
from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.patient_case import PatientCase


def load_reference(path: Path, case: PatientCase, *, convention: str = AUTO) -> Masks:
    """Read a reference mask, Slicer's segmentation or a DICOM SEG onto the case's grid; see `load_outline`.

    A file with values 0 and 1 only tells WT. BraTS labels (1, 2 and 3 or 4) tell WT, TC and ET.

    Returns
    -------
    dict of Region to ndarray of bool, shape (k, j, i)
        Nearest neighbour where the file has another grid.

    Raises
    ------
    InputError
        If the file cannot be read, holds values that are not such labels (the values are named), or is empty.
    GeometryError
        If it does not overlap the patient in space, or none of it falls on a voxel of the patient.
    """
    return read_reference(path, case, convention=convention).masks


def read_reference(path: Path, case: PatientCase, *, convention: str = AUTO) -> GivenOutline:
    """As `load_reference`, with the rows to check."""
    return load_outline(path, case, convention=convention, what="reference", may_be_empty=False)
