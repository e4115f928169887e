"""A segmentation file with segments that carry names, as its reader hands it on: Slicer's own, or a DICOM SEG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.outline.segments import Segment


@dataclass(frozen=True, eq=False)
class SegmentedFile:
    """Segments and where their voxels are."""

    segments: tuple[Segment, ...]
    mask: Callable[[int], npt.NDArray[np.bool_]]
    """From a segment's number to its voxels, bool (k, j, i) on `geometry`, the grid of the file itself."""
    geometry: Geometry
    sha256: str
    """Of the file's bytes."""
    source: str
    remarks: tuple[str, ...] = ()
    """How voxels were read where that is not plain, as sentences without a full stop."""
    unnamed: tuple[float, ...] = ()
    """Values of voxels that no segment has."""
