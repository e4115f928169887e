"""One DICOM file's header as plain values: its frames in space, and the attributes that tell contrasts apart.

Names, identifiers and dates of the patient are never kept: only a hash tells two patients apart.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

PLAIN_NAMES = (".dcm", ".dicom", ".ima")
"""Name endings of DICOM files, in lower case. Others are looked at for the letters DICM behind their preamble."""

LARGEST_HEADER_FRAMES = 20_000
"""A file that declares more frames than this is damaged."""

_TAGS = [
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "InstanceNumber",
    "SeriesDescription",
    "ProtocolName",
    "SequenceName",
    "PulseSequenceName",
    "ImageType",
    "ScanningSequence",
    "RepetitionTime",
    "EchoTime",
    "InversionTime",
    "MRAcquisitionType",
    "ContrastBolusAgent",
    "ContrastBolusVolume",
    "ContrastBolusAgentSequence",
    "BurnedInAnnotation",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "RescaleSlope",
    "RescaleIntercept",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "StudyDate",
    "StudyTime",
    "EchoPulseSequence",
    "InversionRecovery",
    "DiffusionBValue",
    "FrameOfReferenceUID",
]


@dataclass(frozen=True)
class SeriesAttributes:
    """What the header says about how the images were made. Times in ms; None where it does not say.

    Attributes
    ----------
    text : str
        Series description, protocol and sequence name, joined. For reading words from, never for printing.
    agent : bool or None
        Whether a contrast agent was given.
    volumetric : bool
        A 3D acquisition, not a stack of 2D slices.
    """

    text: str = ""
    sequence_name: str = ""
    scanning_sequence: frozenset[str] = frozenset()
    image_type: tuple[str, ...] = ()
    repetition_time: float | None = None
    echo_time: float | None = None
    inversion_time: float | None = None
    agent: bool | None = None
    volumetric: bool = False
    burned_in: bool = False
    diffusion: bool = False


@dataclass(frozen=True, eq=False)
class DicomFrame:
    """One image plane.

    Attributes
    ----------
    frame : int
        Which of the file's frames, from 0.
    position : ndarray, shape (3,)
        Centre of the first pixel, LPS mm. None where the header has none.
    axes : ndarray, shape (2, 3)
        Unit vectors along a row (i) and down a column (j), LPS.
    pixel_mm : tuple of float
        Pixel size along i and j.
    """

    path: Path
    frame: int
    frames: int
    identity: str
    instance: int
    shape: tuple[int, int]
    position: npt.NDArray[np.float64] | None
    axes: npt.NDArray[np.float64] | None
    pixel_mm: tuple[float, float]
    slope: float
    intercept: float


@dataclass(frozen=True, eq=False)
class DicomHeader:
    """One file: whose it is (hashed), which series, how it was made, its frames.

    `other` says in words why the file cannot be a contrast; empty where it can.
    """

    patient: str
    study: str
    study_time: str
    series: str
    series_number: int
    frame_of_reference: str
    other: str
    attributes: SeriesAttributes
    frames: tuple[DicomFrame, ...]


def looks_like_dicom(path: Path) -> bool:
    """Whether the name or the first bytes are those of a DICOM file."""
    if path.suffix.lower() in PLAIN_NAMES:
        return True
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the readers' warnings and log lines away: they quote values of the header."""
    logger = logging.getLogger("pydicom")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


class _BoundedReader(io.BufferedReader):
    """Reads no more than is there: a damaged length of gigabytes must not make Python set gigabytes aside."""

    def __init__(self, raw: io.FileIO) -> None:
        super().__init__(raw)
        self._end = os.fstat(raw.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        rest = max(0, self._end - self.tell())
        return super().read(rest if size is None or size < 0 else min(size, rest))


def read_header(path: Path) -> DicomHeader | None:
    """The header of a DICOM file; None where it is damaged, no DICOM, or only an index of others (DICOMDIR)."""
    import pydicom

    try:
        with quiet(), _BoundedReader(io.FileIO(path)) as file:
            data = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=_TAGS)
            if not data.get("SOPClassUID") or str(data.SOPClassUID) == "1.2.840.10008.1.3.10":
                return None
            return _header(path, data)
    except Exception:  # pydicom raises nearly anything on damaged files; all of it means the same here
        return None


def _header(path: Path, data: Any) -> DicomHeader:
    groups = list(data.get("PerFrameFunctionalGroupsSequence") or [])
    shared = next(iter(data.get("SharedFunctionalGroupsSequence") or []), None)
    declared = int(data.get("NumberOfFrames") or 1)
    if not 1 <= declared <= LARGEST_HEADER_FRAMES or (groups and len(groups) != declared):
        raise ValueError("the number of frames contradicts itself")
    attributes = _attributes(data, shared, groups)
    other = _other_kind(data, attributes, declared, bool(groups))
    frames = () if other else tuple(_frame(path, data, shared, groups, n, declared) for n in range(declared))
    who = "|".join(str(data.get(name, "")) for name in ("PatientID", "PatientName", "PatientBirthDate"))
    return DicomHeader(
        patient=hashlib.sha256(who.encode("utf-8", "replace")).hexdigest(),
        study=str(data.get("StudyInstanceUID", "")),
        study_time=f"{data.get('StudyDate', '')}{data.get('StudyTime', '')}",
        series=str(data.get("SeriesInstanceUID", "")),
        series_number=int(data.get("SeriesNumber") or 0),
        frame_of_reference=str(data.get("FrameOfReferenceUID", "")),
        other=other,
        attributes=attributes,
        frames=frames,
    )


def _other_kind(data: Any, attributes: SeriesAttributes, frames: int, functional: bool) -> str:
    modality = str(data.get("Modality", ""))
    if modality not in ("MR", ""):
        return f"its modality is {modality[:8]}, not MR"
    if not data.get("Rows") or not data.get("Columns"):
        return "it holds no images"
    if int(data.get("SamplesPerPixel") or 1) != 1:
        return "a color image or screenshot"
    if str(data.SOPClassUID).startswith("1.2.840.10008.5.1.4.1.1.7"):
        return "a secondary capture (screenshot), not a scan"
    if attributes.burned_in:
        return "text or drawings are burned into its images"
    if frames > 1 and not functional:
        return "several frames without a position for each"
    return ""


def _item(shared: Any, group: Any, name: str) -> Any:
    """The first item of a functional group sequence, per frame before shared; None if there is none."""
    for level in (group, shared):
        sequence = level.get(name) if level is not None else None
        if sequence:
            return sequence[0]
    return None


def _frame(path: Path, data: Any, shared: Any, groups: list[Any], n: int, frames: int) -> DicomFrame:
    group = groups[n] if groups else None
    where = _item(shared, group, "PlanePositionSequence") or data
    turned = _item(shared, group, "PlaneOrientationSequence") or data
    pixels = _item(shared, group, "PixelMeasuresSequence") or data
    scaling = _item(shared, group, "PixelValueTransformationSequence") or data
    rows_apart, columns_apart = _numbers(pixels.get("PixelSpacing"), 2) or (0.0, 0.0)
    position = _numbers(where.get("ImagePositionPatient"), 3)
    axes = _numbers(turned.get("ImageOrientationPatient"), 6)
    slope = _number(scaling.get("RescaleSlope"))
    return DicomFrame(
        path=path,
        frame=n,
        frames=frames,
        identity=f"{data.get('SOPInstanceUID', path)}#{n}",
        instance=int(data.get("InstanceNumber") or 0) + n,
        shape=(int(data.Rows), int(data.Columns)),
        position=np.array(position) if position else None,
        axes=np.array(axes).reshape(2, 3) if axes else None,
        pixel_mm=(columns_apart, rows_apart),
        slope=slope if slope else 1.0,
        intercept=_number(scaling.get("RescaleIntercept")) or 0.0,
    )


def _attributes(data: Any, shared: Any, groups: list[Any]) -> SeriesAttributes:
    group = groups[0] if groups else None
    timing = _item(shared, group, "MRTimingAndRelatedParametersSequence") or data
    echo = _item(shared, group, "MREchoSequence")
    modifier = _item(shared, group, "MRModifierSequence")
    frame_type = _item(shared, group, "MRImageFrameTypeSequence")
    sequence = set(_texts(data.get("ScanningSequence")))
    echo_pulse = str(data.get("EchoPulseSequence", "")).upper()
    if echo_pulse in ("SPIN", "BOTH"):
        sequence.add("SE")
    if echo_pulse in ("GRADIENT", "BOTH"):
        sequence.add("GR")
    inverted = str((modifier or data).get("InversionRecovery", "")).upper() == "YES"
    times = modifier.get("InversionTimes") if modifier is not None else None
    if times is not None and _is_many(times):
        times = times[0]
    inversion = _number(data.get("InversionTime")) or _number(times)
    if inverted:
        sequence.add("IR")
    kind = _texts(frame_type.get("FrameType")) if frame_type is not None else _texts(data.get("ImageType"))
    words = ("SeriesDescription", "ProtocolName", "SequenceName", "PulseSequenceName")
    return SeriesAttributes(
        text=" / ".join(str(data.get(name) or "") for name in words[:2]),
        sequence_name=" ".join(str(data.get(name) or "") for name in words[2:]).strip(),
        scanning_sequence=frozenset(sequence),
        image_type=tuple(kind),
        repetition_time=_number(timing.get("RepetitionTime")),
        echo_time=_number(echo.get("EffectiveEchoTime")) if echo is not None else _number(data.get("EchoTime")),
        inversion_time=inversion,
        agent=_agent(data),
        volumetric="3D" in _texts(data.get("MRAcquisitionType")),
        burned_in=str(data.get("BurnedInAnnotation", "")).upper() == "YES",
        diffusion=any(_is_diffusion(_item(shared, one, "MRDiffusionSequence") or data) for one in groups or [None]),
    )


def _is_diffusion(data: Any) -> bool:
    """Whether a frame is weighted by diffusion; a scanner may write of any frame that it is not."""
    directed = str(data.get("DiffusionDirectionality") or "NONE").upper() != "NONE"
    return directed or (_number(data.get("DiffusionBValue")) or 0) > 0


def _agent(data: Any) -> bool | None:
    if data.get("ContrastBolusAgentSequence"):
        return True
    text = str(data.get("ContrastBolusAgent") or "").strip().lower()
    if not text:
        volume = _number(data.get("ContrastBolusVolume"))
        return True if volume else None
    return text not in ("no", "none", "n", "nein", "non", "without", "ohne", "sans", "0", "na", "n/a", "no contrast")


def _is_many(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str) and len(value) > 0


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(v).upper() for v in value] if _is_many(value) else [str(value).upper()]


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    if not _is_many(value) or len(value) != count:
        return None
    numbers = tuple(float(v) for v in value)
    return numbers if all(np.isfinite(v) and abs(v) < 1e6 for v in numbers) else None
