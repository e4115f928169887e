"""DICOM SEG objects as the regions that they tell, whoever wrote them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.dicom_frame import looks_like_dicom, quiet
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.label_convention import labels_by_name, spelled_out
from SynthTrustLib.case.read import MAXIMUM_BYTES
from SynthTrustLib.errors import InputError, SynthTrustError
from SynthTrustLib.vocabulary import Region

_SEGMENTATIONS = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})


@dataclass(frozen=True, eq=False)
class DicomOutline:
    """Regions of a SEG: boolean masks (k, j, i) on `geometry`, the grid of the object itself."""

    masks: Mapping[Region, npt.NDArray[np.bool_]]
    geometry: Geometry
    sha256: str


def is_dicom_outline(path: Path) -> bool:
    """Whether the file is a DICOM SEG."""
    import pydicom

    if not path.is_file() or not looks_like_dicom(path):
        return False
    try:
        with quiet():
            head = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=["SOPClassUID"])
            return str(head.get("SOPClassUID", "")) in _SEGMENTATIONS
    except Exception:  # pydicom raises nearly anything on damaged files
        return False


def read_dicom_outline(path: Path, convention: str = "auto") -> DicomOutline:
    """Read a SEG with highdicom.

    Parameters
    ----------
    convention : str
        The numbers of the segments of each region, such as ``"WT=1+2,TC=1"``; else the segments' names decide.

    Raises
    ------
    InputError
        If highdicom is missing, the object is damaged, or its segments cannot be told apart: they are listed.
    """
    try:
        import highdicom
    except ImportError:
        raise InputError(
            "reading a DICOM SEG needs highdicom, which is not installed",
            source=path.name,
            next_step='Install it with: pip install "synthtrust[dicom]", or give the outline as NIfTI.',
        ) from None
    raw = path.read_bytes()
    try:
        with quiet():
            found = highdicom.seg.segread(BytesIO(raw))
            names = {n: _name(found.get_segment_description(n)) for n in found.segment_numbers}
            voxels = int(found.Rows) * int(found.Columns) * int(found.NumberOfFrames) * len(names)
            if voxels > MAXIMUM_BYTES:
                raise ValueError("it is larger than SynthTrust can hold")
            volume = found.get_volume(combine_segments=False, allow_missing_positions=True)
    except SynthTrustError:
        raise
    except Exception as error:  # highdicom and pydicom raise nearly anything on damaged files
        raise InputError(
            f"the DICOM SEG cannot be read ({type(error).__name__})",
            source=path.name,
            next_step="Export it again, or give the outline as NIfTI.",
        ) from None
    numbers = spelled_out(convention) or labels_by_name(names)
    segments = {n: np.asarray(volume.array[..., at] >= 0.5) for at, n in enumerate(names)}
    if not numbers or any(n not in segments for group in numbers.values() for n in group):
        listed = ", ".join(f"{n} {name!r}" for n, name in list(names.items())[:8])
        raise InputError(
            f"which regions its segments are cannot be told ({listed})",
            source=path.name,
            next_step="State the numbers of the segments of each region, such as WT=1+2,TC=1.",
        )
    masks = {region: reduce(np.logical_or, [segments[n] for n in group]) for region, group in numbers.items()}
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(volume.affine)[:, [2, 1, 0, 3]]
    k, j, i = volume.spatial_shape
    return DicomOutline(masks, Geometry((k, j, i), affine), hashlib.sha256(raw).hexdigest())


def _name(segment: object) -> str:
    label = str(getattr(segment, "SegmentLabel", ""))
    kind = getattr(segment, "segmented_property_type", None)
    return f"{label} ({getattr(kind, 'meaning', '')})"
