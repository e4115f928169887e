"""One DICOM file's header as plain values: its frames in space, and the attributes that tell contrasts apart.

Names, identifiers and dates are kept only until the files are sorted: a series has hashes of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.dicom.examination import StudyMarks, read_study
from SynthTrustLib.case.dicom.file import quiet, read_elements
from SynthTrustLib.case.dicom.patient import PatientIdentity, read_patient

LARGEST_HEADER_FRAMES = 20_000
"""A file that declares more frames than this is damaged."""

_TAGS = [
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "IssuerOfPatientID",
    "StudyInstanceUID",
    "AccessionNumber",
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
    "ContrastBolusUsageSequence",
    "BurnedInAnnotation",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "ImagesInAcquisition",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "RescaleSlope",
    "RescaleIntercept",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "StudyDate",
    "StudyTime",
    "AcquisitionDate",
    "AcquisitionDateTime",
    "EchoPulseSequence",
    "InversionRecovery",
    "DiffusionBValue",
    "FrameOfReferenceUID",
]

NO_IMAGES = "it holds no images"
_BURNT_IN = "text or drawings are burned into its images"
_NO_PLACES = "several frames without a position for each"

_FRAME_KINDS = ("ComplexImageComponent", "AcquisitionContrast", "VolumeBasedCalculationTechnique")
"""What enhanced files say of the kind of a frame, beside its type."""


@dataclass(frozen=True)
class SeriesAttributes:
    """What the header says about how the images were made. Times in ms; None where it does not say."""

    text: str = ""
    """Series description, protocol and sequence name, joined. For reading words from, never for printing."""
    sequence_name: str = ""
    scanning_sequence: frozenset[str] = frozenset()
    image_type: tuple[str, ...] = ()
    repetition_time: float | None = None
    echo_time: float | None = None
    inversion_time: float | None = None
    agent: bool | None = None
    """Whether a contrast agent was given."""
    volumetric: bool = False
    """A 3D acquisition, not a stack of 2D slices."""
    burned_in: bool = False
    diffusion: bool = False


@dataclass(frozen=True, eq=False)
class DicomFrame:
    """One image plane."""

    path: Path
    frame: int
    """Which of the file's frames, from 0."""
    frames: int
    identity: str
    """What the archive knows the image by; copies share it, and so do different images behind a careless anonymizer."""
    instance: int
    attributes: SeriesAttributes
    shape: tuple[int, int]
    position: npt.NDArray[np.float64] | None
    """Shape (3,). Centre of the first pixel, LPS mm. None where the header has none."""
    axes: npt.NDArray[np.float64] | None
    """Shape (2, 3). Unit vectors along a row (i) and down a column (j), LPS."""
    pixel_mm: tuple[float, float]
    """Pixel size along i and j."""
    slope: float
    intercept: float
    thickness_mm: float | None = None
    apart_mm: float | None = None
    """`thickness_mm` and `apart_mm`: of the slice, and from its middle to that of the next, as its header says."""

    @property
    def image(self) -> tuple[str, SeriesAttributes]:
        """The same for copies of one image only: careless anonymizers give all images one identity."""
        return self.identity, self.attributes


@dataclass(frozen=True, eq=False)
class DicomHeader:
    """One file: whose it is, which examination and series, how its first frame was made, its frames."""

    path: Path
    patient: PatientIdentity
    study: StudyMarks
    series: str
    series_number: int
    expected: int  # how many images the acquisition has, 0 where the header does not say
    other: str  # why the file cannot be a contrast, in words; empty where it can
    attributes: SeriesAttributes
    frames: tuple[DicomFrame, ...]

    @property
    def is_scan(self) -> bool:
        """Whether the scanner made its images, usable or not."""
        return self.other in ("", _BURNT_IN, _NO_PLACES)


def read_header(path: Path) -> DicomHeader | None:
    """The header of a DICOM file; None where it is damaged, no DICOM, or only an index of others (DICOMDIR)."""
    try:
        with quiet():
            data = read_elements(path, _TAGS)
            _drop_unreadable(data)
            if not data.get("SOPClassUID") or str(data.SOPClassUID) == "1.2.840.10008.1.3.10":
                return None
            return _header(path, data)
    except Exception:  # pydicom raises nearly anything on damaged files; all of it means the same here
        return None


def _drop_unreadable(data: Any) -> None:
    """Without elements whose value is nothing of their kind, such as a thickness of ``5 mm``: they say nothing."""
    for tag in list(data.keys()):
        try:
            element = data[tag]
        except Exception:  # pydicom raises nearly anything
            del data[tag]
            continue
        if element.VR == "SQ":
            for one in element.value or ():
                _drop_unreadable(one)


def _header(path: Path, data: Any) -> DicomHeader:
    groups = list(data.get("PerFrameFunctionalGroupsSequence") or [])
    shared = next(iter(data.get("SharedFunctionalGroupsSequence") or []), None)
    declared = int(data.get("NumberOfFrames") or 1)
    if not 1 <= declared <= LARGEST_HEADER_FRAMES or (groups and len(groups) != declared):
        raise ValueError("the number of frames contradicts itself")
    diffusion = any(_is_diffusion(_item(shared, one, "MRDiffusionSequence") or data) for one in groups or [None])
    attributes = [_attributes(data, shared, group, diffusion=diffusion) for group in groups or [None]]
    other = _other_kind(data, attributes[0], declared, bool(groups))
    frames = () if other else tuple(_frame(path, data, shared, groups, n, attributes[n]) for n in range(declared))
    return DicomHeader(
        path=path,
        patient=read_patient(data),
        study=read_study(data),
        series=str(data.get("SeriesInstanceUID", "")),
        series_number=_whole(data, "SeriesNumber"),
        expected=_whole(data, "ImagesInAcquisition"),
        other=other,
        attributes=attributes[0],
        frames=frames,
    )


def _other_kind(data: Any, attributes: SeriesAttributes, frames: int, functional: bool) -> str:
    modality = str(data.get("Modality", ""))
    if modality not in ("MR", ""):
        return f"its modality is {modality[:8]}, not MR"
    if not data.get("Rows") or not data.get("Columns"):
        return NO_IMAGES
    if int(data.get("SamplesPerPixel") or 1) != 1:
        return "a color image or screenshot"
    if str(data.SOPClassUID).startswith("1.2.840.10008.5.1.4.1.1.7"):
        return "a secondary capture (screenshot), not a scan"
    if attributes.burned_in:
        return _BURNT_IN
    if frames > 1 and not functional:
        return _NO_PLACES
    return ""


def _item(shared: Any, group: Any, name: str) -> Any:
    """The first item of a functional group sequence, per frame before shared; None if there is none."""
    for level in (group, shared):
        sequence = level.get(name) if level is not None else None
        if sequence:
            return sequence[0]
    return None


def _frame(path: Path, data: Any, shared: Any, groups: list[Any], n: int, attributes: SeriesAttributes) -> DicomFrame:
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
        frames=max(1, len(groups)),
        identity=f"{data.get('SOPInstanceUID', path)}#{n}",
        instance=_whole(data, "InstanceNumber") + n,
        attributes=attributes,
        shape=(int(data.Rows), int(data.Columns)),
        position=np.array(position) if position else None,
        axes=np.array(axes).reshape(2, 3) if axes else None,
        pixel_mm=(columns_apart, rows_apart),
        slope=slope if slope else 1.0,
        intercept=_number(scaling.get("RescaleIntercept")) or 0.0,
        thickness_mm=_number(pixels.get("SliceThickness")),
        apart_mm=_number(pixels.get("SpacingBetweenSlices")),
    )


def _attributes(data: Any, shared: Any, group: Any, *, diffusion: bool) -> SeriesAttributes:
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
    kind = _texts(data.get("ImageType"))
    if frame_type is not None:
        told = (_texts(frame_type.get(name)) for name in _FRAME_KINDS)
        kind = (_texts(frame_type.get("FrameType")) or kind) + [word for words in told for word in words]
    words = ("SeriesDescription", "ProtocolName", "SequenceName", "PulseSequenceName")
    return SeriesAttributes(
        text=" / ".join(str(data.get(name) or "") for name in words[:2]),
        sequence_name=" ".join(str(data.get(name) or "") for name in words[2:]).strip(),
        scanning_sequence=frozenset(sequence),
        image_type=tuple(kind),
        repetition_time=_number(timing.get("RepetitionTime")),
        echo_time=_number(echo.get("EffectiveEchoTime")) if echo is not None else _number(data.get("EchoTime")),
        inversion_time=inversion,
        agent=_agent(data, _item(shared, group, "ContrastBolusUsageSequence")),
        volumetric="3D" in _texts(data.get("MRAcquisitionType")),
        burned_in=str(data.get("BurnedInAnnotation", "")).upper() == "YES",
        diffusion=diffusion,
    )


def _is_diffusion(data: Any) -> bool:
    """Whether a frame is weighted by diffusion; a scanner may write of any frame that it is not."""
    directed = str(data.get("DiffusionDirectionality") or "NONE").upper() != "NONE"
    return directed or (_number(data.get("DiffusionBValue")) or 0) > 0


def _agent(data: Any, usage: Any) -> bool | None:
    administered = str(usage.get("ContrastBolusAgentAdministered", "")).upper() if usage is not None else ""
    if administered:
        return administered == "YES"
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


def _whole(data: Any, name: str) -> int:
    """A number that only counts or orders, 0 where it is missing or no number."""
    try:
        return int(float(data.get(name) or 0))
    except (TypeError, ValueError, OverflowError):
        return 0


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
