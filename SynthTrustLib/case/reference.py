"""A trusted outline to measure against, as the regions that its labels can tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import POSITION_TOLERANCE_MM, Geometry
from SynthTrustLib.case.patient_case import PatientCase, Verdict
from SynthTrustLib.case.read import read_image
from SynthTrustLib.case.resample import covered_share, resample_labels
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.vocabulary import Region

NECROSIS, EDEMA = 1, 2
"""Of all BraTS years; label 1 includes the non-enhancing core."""


def brats_labels(values: Collection[float]) -> Mapping[Region, tuple[int, ...]]:
    """The labels of each region in a mask with these values.

    Enhancing tumor is 4 until BraTS 2021 and 3 from 2023. Where both are there it is 3, and 4 is no tumor (the cavity
    of a resection in BraTS 2024).
    """
    enhancing = 4 if 4 in values and 3 not in values else 3
    return {
        Region.WT: (NECROSIS, EDEMA, enhancing),
        Region.TC: (NECROSIS, enhancing),
        Region.ET: (enhancing,),
    }


def load_reference(path: Path, case: PatientCase) -> dict[Region, npt.NDArray[np.bool_]]:
    """Read a reference mask onto the case's grid.

    A file with values 0 and 1 only tells WT. BraTS labels (1, 2 and 3 or 4) tell WT, TC and ET.

    Returns
    -------
    dict of Region to ndarray of bool, shape (k, j, i)
        Nearest neighbour where the file has another grid.

    Raises
    ------
    InputError
        If the file cannot be read, or holds values that are not such labels; the values are named.
    GeometryError
        If it does not overlap the patient in space.
    """
    image = read_image(Path(path))
    grid = image.geometry
    values = [float(v) for v in np.unique(image.array)]
    wrong = [v for v in values if v not in (0.0, 1.0, 2.0, 3.0, 4.0)]
    if wrong:
        shown = ", ".join(f"{v:g}" for v in wrong[:6]) + (", ..." if len(wrong) > 6 else "")
        raise InputError(
            f"it holds the values {shown}, which are not reference labels",
            source=image.source,
            next_step="Give a mask with 0 and 1, or with BraTS labels 1, 2 and 3 or 4.",
        )
    labels: npt.NDArray = image.array.astype(np.uint8)
    if not grid.is_same(case.geometry) and not _is_before_restating(grid, case):
        if covered_share(case.geometry, by=grid) == 0.0:
            raise GeometryError(
                "the reference mask does not overlap the patient in space",
                source=image.source,
                next_step="Give the mask that was drawn on this examination.",
            )
        labels = resample_labels(labels, grid, case.geometry)
    if max(values) == 1.0:
        return {Region.WT: labels == 1}
    return {region: np.isin(labels, members) for region, members in brats_labels(values).items()}


def _is_before_restating(grid: Geometry, case: PatientCase) -> bool:
    """Whether `grid` is the case's but for the voxel size that the user stated in the header's place."""
    restated = any(check.name == "spacing" and check.verdict is Verdict.CHANGED for check in case.checks)
    return (
        restated
        and grid.shape == case.geometry.shape
        and np.allclose(grid.direction_ras, case.geometry.direction_ras, atol=1e-4)
        and np.allclose(grid.ijk_to_ras[:3, 3], case.geometry.ijk_to_ras[:3, 3], atol=POSITION_TOLERANCE_MM)
    )
