"""Headers of the images that a result is of: what an object takes over or needs of them, and nothing else.

Scanners, archives and anonymizers write what the standard does not allow: a sex of W, a birth date of 1947, a weight of
70,5, a slice without a thickness. Objects made of such headers are wrong, or are not made at all. So a header is built
anew here: of identity what can be stated as the standard asks for it, of place what the images were read with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

from SynthTrustLib.case.dicom.file import quiet, read_elements
from SynthTrustLib.case.dicom.frame import DicomFrame, read_header
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import InputError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

IDENTIFIERS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "SOPInstanceUID")
"""What an image needs so that an object can refer to it."""

_STORAGE = "1.2.840.10008.5.1.4.1.1."
"""What the classes of images that the standard knows begin with. A maker's own ones no object can refer to."""

_MR = f"{_STORAGE}4"
_MULTI_FRAME = tuple(f"{_MR}.{n}" for n in (1, 3, 4))
"""Enhanced MR, in color, and converted from legacy images."""

_TEXTS = ("PatientName", "PatientID", "StudyID", "AccessionNumber", "ReferringPhysicianName")
_DATES, _TIMES, _SEX = ("PatientBirthDate", "StudyDate"), ("StudyTime",), "PatientSex"
"""With `_TEXTS`, what the standard asks for, and be it empty: an archive files by it."""

_IF_THERE = ("IssuerOfPatientID", "StudyDescription", "DeidentificationMethod")
_REMOVED = "PatientIdentityRemoved"
_COUNTS = ("Rows", "Columns", "NumberOfFrames")
_LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
_SCANNER = ("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber", "StationName",
            "InstitutionName", "InstitutionalDepartmentName")  # fmt: skip
"""The equipment that made the images: an object names it as having contributed."""

_READ = [*IDENTIFIERS, "FrameOfReferenceUID", "Modality", *_TEXTS, *_DATES, *_TIMES, _SEX, *_IF_THERE, _REMOVED,
         *_SCANNER, *_COUNTS, *_LOSSY]  # fmt: skip

_LONGEST = {
    "StudyID": 16,
    "StationName": 16,
    **dict.fromkeys(
        ("StudyDescription", "IssuerOfPatientID", "DeidentificationMethod", *_SCANNER[:4], *_SCANNER[5:]), 64
    ),
}
"""Letters that the standard allows, of what may be cut: nobody is found by it."""

_LONGEST_ACCESSION = 16
"""A longer number is left out: cut, it may be that of another order. Patients' names and ids stay as they are."""

_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?")


def source_images(files: Iterable[Path]) -> list[Dataset]:
    """Headers of a series, each file once, in the given order.

    Raises InputError if a file cannot be read again.
    """
    return [_image(path) for path in dict.fromkeys(files)]


def other_sources(files: Iterable[Path], images: Sequence[Dataset]) -> list[Dataset]:
    """Headers of what a result was made of beside the series that it lies on, `images`: the other contrasts.

    Those that no object can refer to are left out, as anonymizers have dropped their identifiers, or they are of a
    maker's own kind.
    """
    known = {str(image.SOPInstanceUID) for image in images}
    others: dict[str, Dataset] = {}
    for image in source_images(files):
        if not why_no_reference(image):
            others.setdefault(str(image.SOPInstanceUID), image)
    return [image for identifier, image in others.items() if identifier not in known]


def why_no_reference(image: Any) -> str:
    """Why an object cannot refer to this image; empty where it can."""
    if not all(str(image.get(name) or "") for name in IDENTIFIERS):
        return "they lack the identifiers of their study, series or image"
    if not str(image.SOPClassUID).startswith(_STORAGE):
        return "they are of a kind that only their maker knows (a private SOP class)"
    return ""


def is_multi_frame(image: Any) -> bool:
    """Whether it is of a kind that has its frames in one file."""
    return str(image.get("SOPClassUID", "")) in _MULTI_FRAME


def left_empty(files: Iterable[Path]) -> list[str]:
    """Names of what the first of the files states in a way that the standard does not allow: objects leave it empty."""
    found: list[str] = []
    for path in list(files)[:1]:
        data = _elements(path)
        found += [
            name
            for name in (*_DATES, *_TIMES, _SEX, "AccessionNumber")
            if _is_there(data, name) and not _identity(data, name)
        ]
    return found


def on_grid(images: Sequence[Dataset], geometry: Geometry) -> list[Dataset]:
    """`images` as highdicom needs them, to say which of them lies at which slice of the grid.

    It asks for a slice thickness, for one orientation to the last digit, for the same orientation and pixel size of all
    frames of a file, and for a frame of reference. Where the header has none, that is one of the series' own.
    """
    import pydicom

    first = images[0]
    frame = str(first.get("FrameOfReferenceUID", "")) or _frame_of(str(first.SeriesInstanceUID))
    made = []
    for image in images:
        placed = pydicom.Dataset()
        placed.update(image)
        placed.FrameOfReferenceUID = frame
        if is_multi_frame(image):
            shared = image.SharedFunctionalGroupsSequence[0]
            measures = shared.PixelMeasuresSequence[0]
            turned = shared.PlaneOrientationSequence[0]
            both = {"PlaneOrientationSequence": [turned], "PixelMeasuresSequence": [_measures(measures, geometry)]}
            placed.SharedFunctionalGroupsSequence = [item(**both)]
        else:
            placed.update(_measures(image, geometry))
            placed.ImageOrientationPatient = first.ImageOrientationPatient
        made.append(placed)
    return made


def item(**elements: Any) -> Dataset:
    """A dataset of these elements, as the item of a sequence."""
    import pydicom

    made = pydicom.Dataset()
    for name, value in elements.items():
        setattr(made, name, value)
    return made


def _measures(image: Dataset, geometry: Geometry) -> Dataset:
    step = geometry.spacing[0]
    thickness = image.get("SliceThickness") or step
    return item(
        PixelSpacing=image.PixelSpacing,
        SliceThickness=_decimal(float(thickness)),
        SpacingBetweenSlices=_decimal(float(step)),
    )


def _frame_of(series: str) -> str:
    """The same for all objects of a series, whenever they are made."""
    return f"2.25.{uuid5(NAMESPACE_OID, f'frame of reference of {series}').int}"


def _image(path: Path) -> Dataset:
    data, header = _elements(path), read_header(path)
    if header is None:
        raise _cannot_read("it is damaged")
    with quiet():
        made = item(**{name: value for name in IDENTIFIERS if (value := _text(data, name))})
        made.Modality = _text(data, "Modality") or "MR"
        for name in (*_TEXTS, *_DATES, *_TIMES, _SEX):
            setattr(made, name, _identity(data, name))
        for name in (*_IF_THERE, *_SCANNER, "FrameOfReferenceUID"):
            if value := _text(data, name):
                setattr(made, name, value)
        if _text(data, _REMOVED).upper() == "YES":
            made.PatientIdentityRemoved = "YES"
            made.DeidentificationMethod = made.get("DeidentificationMethod") or "See the source images"
        for name in _COUNTS:
            if _value(data, name):
                setattr(made, name, int(_value(data, name)))
        if _text(data, _LOSSY[0]) == "01":
            for name in _LOSSY:
                if value := _value(data, name):
                    setattr(made, name, value)
        if header.frames:
            _place(made, header.frames)
    return made


def _place(made: Dataset, frames: Sequence[DicomFrame]) -> None:
    """Add where the frames lie, as far as their headers say it."""
    first = frames[0]
    measures: dict[str, Any] = {}
    if all(first.pixel_mm):
        measures["PixelSpacing"] = [_decimal(first.pixel_mm[1]), _decimal(first.pixel_mm[0])]
    if first.thickness_mm and first.thickness_mm > 0:
        measures["SliceThickness"] = _decimal(first.thickness_mm)
    places = [None if one.position is None else [_decimal(float(v)) for v in one.position] for one in frames]
    axes = [] if first.axes is None else [_decimal(float(v)) for v in first.axes.ravel()]
    if is_multi_frame(made):
        made.NumberOfFrames = len(frames)
        shared = item(PixelMeasuresSequence=[item(**measures)])
        shared.PlaneOrientationSequence = [item(ImageOrientationPatient=axes)]
        made.SharedFunctionalGroupsSequence = [shared]
        made.PerFrameFunctionalGroupsSequence = [
            item(PlanePositionSequence=[item(ImagePositionPatient=place)]) for place in places
        ]
        return
    for name, value in measures.items():
        setattr(made, name, value)
    if places[0]:
        made.ImagePositionPatient = places[0]
    if axes:
        made.ImageOrientationPatient = axes


def _decimal(value: float) -> Any:
    """As a decimal string can hold it: 16 characters."""
    from pydicom.valuerep import DSfloat

    return DSfloat(value, auto_format=True)


def _elements(path: Path) -> Any:
    try:
        return read_elements(path, _READ)
    except OSError as error:
        raise _cannot_read(error.strerror or type(error).__name__) from None


def _cannot_read(why: str) -> InputError:
    return InputError(
        f"the DICOM series cannot be read again ({why})",
        source="DICOM",
        next_step="Keep the folder in place until the results are written.",
    )


def _value(data: Any, name: str) -> Any:
    """None where it is missing, or nothing of its kind."""
    with quiet(), suppress(Exception):  # pydicom raises nearly anything on what is no number or text
        return data.get(name)
    return None


def _text(data: Any, name: str) -> str:
    value = _value(data, name)
    if value is None:
        return ""
    if hasattr(value, "__len__") and not isinstance(value, str | bytes) and not hasattr(value, "components"):
        value = next(iter(value), "")  # of several, where the standard allows one, the first
    text = "".join(letter for letter in str(value) if letter.isprintable()).strip()
    return text[: _LONGEST.get(name, len(text))].strip()


def _is_there(data: Any, name: str) -> bool:
    try:
        return bool(_text(data, name)) or (name in data and bool(data.get_item(name).value))
    except Exception:  # it is there, and nothing of its kind
        return True


def _identity(data: Any, name: str) -> str:
    """What an object states under this name; empty where the source states nothing that the standard allows."""
    text = _text(data, name)
    if name in _DATES:
        return _date(text)
    if name in _TIMES:
        time = text.replace(":", "")
        return time if _TIME.fullmatch(time) else ""
    if name == _SEX:
        return text.upper() if text.upper() in ("M", "F", "O") else ""
    if name == "AccessionNumber" and len(text) > _LONGEST_ACCESSION:
        return ""
    return text


def _date(text: str) -> str:
    plain = text.replace(".", "")
    try:
        datetime.strptime(plain, "%Y%m%d")
    except ValueError:
        return ""
    return plain if len(plain) == 8 else ""
