"""An image as it was read, and how large or small one may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import HeadLook, look_at_head
from SynthTrustLib.errors import InputError
from SynthTrustLib.plain_text import make_plain

MINIMUM_VOXELS = 8
"""A volume with fewer voxels along any axis is a localizer or a fragment, not a brain."""

MAXIMUM_BYTES = 2**31
"""Largest accepted volume as float32: 812 voxels cubed, four times the largest clinical series."""


@dataclass(frozen=True, eq=False)
class ReadImage:
    """An image as it lies in its file."""

    array: npt.NDArray[np.float32]
    """Shape (k, j, i). Scaled as the header says; finite, not constant."""
    geometry: Geometry
    sha256: str
    """Of the file's bytes (followed by those of its data file, where header and voxels are two files)."""
    source: str
    """The file's name without its folder, or the number of the DICOM series."""
    remarks: tuple[Check, ...] = ()
    """What was found and repaired while reading; their subject is empty, as the contrast is not known here."""
    files: tuple[Path | None, ...] = ()
    """Of a DICOM series: the file of each slice along k, None where a slice was interpolated. Else empty."""
    patient: frozenset[str] = frozenset()
    """Of a DICOM series: hashes of the ways in which its headers write the patient. Else empty."""
    told: Mapping[str, float] = field(default_factory=dict)
    """Of a DICOM series: what its header speaks for (natural logarithm), by contrast; see `evidence_of`. Else empty."""
    day: str = field(default="", repr=False)
    """Of a DICOM series: on which it was scanned, YYYYMMDD, if its header says so. Never printed."""
    elsewhere: Geometry | None = None
    """Where the header's second statement, which was not used, puts the voxels: outlines saved by other programs may
    lie there. None where there is no other."""

    def __post_init__(self) -> None:
        make_plain(self, "source")

    @cached_property
    def look(self) -> HeadLook:
        """A coarse look at the head in it, taken once: several checks want it."""
        return look_at_head(self.array, self.geometry)


def require_image_content(array: npt.NDArray[np.float32], source: str) -> None:
    """Raise InputError unless the values differ."""
    low, high = float(array.min()), float(array.max())
    if low == high:
        raise InputError(
            f"every voxel has the same value ({low:g}), so there is no image",
            source=source,
            next_step="Give the image series itself; this file is empty or a blank mask.",
        )
