"""DICOM SEG objects as the segments that they hold, whoever wrote them."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import numpy as np

from SynthTrustLib.case.dicom.file import HEADER_BYTES, inflated, looks_like_dicom, quiet, read_elements
from SynthTrustLib.case.file.image import MAXIMUM_BYTES
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.outline.segmented_file import SegmentedFile
from SynthTrustLib.case.outline.segments import Segment
from SynthTrustLib.errors import InputError, SynthTrustError
from SynthTrustLib.regular_file import read_regular

_CONTOURS = ("RTSTRUCT", "PR", "ANN")
_NO_IMAGES = ("SR", "RTPLAN", "RTDOSE", "REG", "KO", "FID", "DOC", "OT")
_NEVER_DICOM = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Names that are read by what they say, whatever the first bytes are."""

_SEGMENTATIONS = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})


def is_dicom_outline(path: Path) -> bool:
    """Whether the file is a DICOM SEG."""
    if not looks_like_dicom(path):
        return False
    try:
        with quiet():
            return str(read_elements(path, ["SOPClassUID"]).get("SOPClassUID", "")) in _SEGMENTATIONS
    except Exception:  # pydicom raises nearly anything on damaged files
        return False


def refuse_other_dicom(path: Path, what: str) -> None:
    """Raise InputError for a DICOM file that is neither a SEG nor an image of a scanner, such as contours.

    `what` the file was to be, for the message.
    """
    if not looks_like_dicom(path) or path.name.lower().endswith(_NEVER_DICOM):
        return
    try:
        with quiet():
            modality = str(read_elements(path, ["Modality"]).get("Modality", ""))
    except Exception:  # pydicom raises nearly anything on damaged files; whoever reads it says what is wrong
        return
    if modality in _CONTOURS:
        raise InputError(
            f"the {what} is a set of contours (DICOM {modality}), which is not read",
            source=path.name,
            next_step="Load it in Slicer with its images, and save it as DICOM SEG, NIfTI or .seg.nrrd.",
        )
    if modality in _NO_IMAGES:
        raise InputError(
            f"the {what} is a DICOM file of another kind ({modality}), which holds no outline",
            source=path.name,
            next_step="Give the DICOM SEG, or a label map as NIfTI, NRRD or MetaImage.",
        )


def read_dicom_segments(path: Path) -> SegmentedFile:
    """Read a SEG with highdicom.

    Fractions of voxels are outlined from one half on. Where a file of fractions knows one value besides 0, it is a mask
    that was written as fractions, and this value is inside, whatever the object says its maximum is. Raises InputError
    if highdicom is missing, or the object is damaged.
    """
    try:
        import highdicom
    except ImportError:
        raise InputError(
            "reading a DICOM SEG needs highdicom, which is not installed",
            source=path.name,
            next_step='Install it with: pip install "synthtrust[dicom]", or give the outline as NIfTI.',
        ) from None
    raw = read_regular(path)
    try:
        with quiet():
            found = highdicom.seg.segread(BytesIO(inflated(raw, _most_bytes(path))))
            segments = tuple(_segment(n, found.get_segment_description(n)) for n in found.segment_numbers)
            voxels = int(found.Rows) * int(found.Columns) * int(found.NumberOfFrames) * len(segments)
            if voxels > MAXIMUM_BYTES:
                raise ValueError("it is larger than SynthTrust can hold")
            volume = found.get_volume(combine_segments=False, rescale_fractional=False, allow_missing_positions=True)
            stored = np.asarray(volume.array)
            full = int(found.MaximumFractionalValue) if found.SegmentationType == "FRACTIONAL" else 1
    except SynthTrustError:
        raise
    except Exception as error:  # highdicom and pydicom raise nearly anything on damaged files
        raise InputError(
            f"the DICOM SEG cannot be read ({type(error).__name__})",
            source=path.name,
            next_step="Export it again, or give the outline as NIfTI.",
        ) from None
    values = np.unique(stored)
    values = values[values > 0]
    remarks: tuple[str, ...] = ()
    if values.size == 1 and 2 * values[0] < full:
        remarks = (f"its fractions are all 0 or {values[0]} of {full}, so they are read as a mask",)
        full = int(values[0])
    elif values.size and 2 * values[-1] < full:
        remarks = (f"none of its fractions reaches one half ({values[-1]} of {full}), so it is read as empty",)
    position = {segment.number: at for at, segment in enumerate(segments)}
    return SegmentedFile(
        segments=segments,
        mask=lambda number: np.asarray(2 * stored[..., position[number]].astype(np.int64) >= full),
        geometry=Geometry.from_kji_to_lps(volume.spatial_shape, volume.affine),
        sha256=hashlib.sha256(raw).hexdigest(),
        source=path.name,
        remarks=remarks,
    )


def _most_bytes(path: Path) -> int:
    """What a deflated object can come to at most, as its header says."""
    head = read_elements(path, ["Rows", "Columns", "NumberOfFrames"])
    return HEADER_BYTES + min(MAXIMUM_BYTES, int(head.Rows) * int(head.Columns) * int(head.get("NumberOfFrames") or 1))


def _segment(number: int, description: object) -> Segment:
    kind = getattr(description, "segmented_property_type", None)
    return Segment(int(number), str(getattr(description, "SegmentLabel", "")), str(getattr(kind, "meaning", "")))
