"""DICOM series of known content, written as scanners write them, for tests. Their patient has a name worth hiding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

NAME, IDENTIFIER, BIRTH = "Zebedee^Quirkwood", "MRN-8841-XQ", "19471123"
"""Planted into every header; must not appear in anything that is written."""

SECRETS = ("Zebedee", "Quirkwood", IDENTIFIER, BIRTH, "Dr^Ozymandias", "Ozymandias", "St. Elsewhere")

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

T1_TIMING = {"ScanningSequence": "SE", "RepetitionTime": 500.0, "EchoTime": 10.0}
T2_TIMING = {"ScanningSequence": "SE", "RepetitionTime": 4500.0, "EchoTime": 100.0}
FLAIR_TIMING = {"ScanningSequence": ["SE", "IR"], "RepetitionTime": 9000.0, "EchoTime": 110.0, "InversionTime": 2500.0}


def study(**changes: Any) -> dict[str, Any]:
    """What all series of one examination share."""
    return {
        "PatientName": NAME,
        "PatientID": IDENTIFIER,
        "PatientBirthDate": BIRTH,
        "PatientSex": "O",
        "ReferringPhysicianName": "Dr^Ozymandias",
        "InstitutionName": "St. Elsewhere",
        "StudyInstanceUID": generate_uid(),
        "StudyID": "1",
        "AccessionNumber": "",
        "StudyDate": "20200102",
        "StudyTime": "101500",
        "FrameOfReferenceUID": generate_uid(),
        "Manufacturer": "test",
        "ManufacturerModelName": "test",
        "DeviceSerialNumber": "1",
        "SoftwareVersions": "1",
    } | changes


def positions(count: int, step: float = 5.0, *, start=(-80.0, -90.0, -40.0), shear=(0.0, 0.0)) -> list[list[float]]:
    """Where axial slices lie, LPS mm; `shear` is how far each lies aside of the one below, along x and y."""
    x, y, z = start
    return [[x + n * shear[0], y + n * shear[1], z + n * step] for n in range(count)]


def write_series(
    folder: Path,
    voxels: np.ndarray,
    *,
    shared: dict[str, Any],
    number: int = 1,
    places: list[list[float]] | None = None,
    axes=AXIAL,
    pixel=(2.0, 2.0),
    names: str = "IM-{:04d}.dcm",
    edit: Callable[[Dataset, int], None] | None = None,
    **attributes: Any,
) -> list[Path]:
    """One single-frame MR file per slice of `voxels` (k, j, i), int16 or uint16; `places` one position per slice.

    `edit` changes the dataset of a slice before it is saved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = positions(len(voxels)) if places is None else places
    series = generate_uid()
    written = []
    for n, (plane, place) in enumerate(zip(voxels, places, strict=True)):
        data = _plain(shared, plane, MRImageStorage, number, series)
        data.InstanceNumber = n + 1
        data.ImagePositionPatient = [float(v) for v in place]
        data.ImageOrientationPatient = [float(v) for v in axes]
        data.PixelSpacing = [float(v) for v in pixel]
        data.SliceThickness = 5.0
        for name, value in attributes.items():
            setattr(data, name, value[n] if isinstance(value, PerSlice) else value)
        if edit is not None:
            edit(data, n)
        path = folder / names.format(n)
        data.save_as(path, enforce_file_format=True)
        written.append(path)
    return written


class PerSlice(list):
    """An attribute that differs from slice to slice."""


def write_multiframe(
    path: Path,
    voxels: np.ndarray,
    *,
    shared: dict[str, Any],
    number: int = 1,
    places: list[list[float]] | None = None,
    pixel=(2.0, 2.0),
    slope: float = 1.0,
    echo: float = 110.0,
    repetition: float = 9000.0,
    inversion: float | None = 2500.0,
    **attributes: Any,
) -> Path:
    """One enhanced MR file with a frame per slice, in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    places = positions(len(voxels)) if places is None else places
    data = _plain(shared, voxels[0], EnhancedMRImageStorage, number, generate_uid())
    data.NumberOfFrames = len(voxels)
    data.PixelData = np.ascontiguousarray(voxels).tobytes()
    common = Dataset()
    common.PixelMeasuresSequence = Sequence([_dataset(PixelSpacing=[float(v) for v in pixel], SliceThickness=5.0)])
    common.PlaneOrientationSequence = Sequence([_dataset(ImageOrientationPatient=list(AXIAL))])
    common.MRTimingAndRelatedParametersSequence = Sequence([_dataset(RepetitionTime=repetition)])
    common.MREchoSequence = Sequence([_dataset(EffectiveEchoTime=echo)])
    if inversion:
        common.MRModifierSequence = Sequence([_dataset(InversionRecovery="YES", InversionTimes=inversion)])
    common.PixelValueTransformationSequence = Sequence(
        [_dataset(RescaleSlope=slope, RescaleIntercept=0.0, RescaleType="US")]
    )
    data.SharedFunctionalGroupsSequence = Sequence([common])
    data.PerFrameFunctionalGroupsSequence = Sequence(
        [
            _dataset(PlanePositionSequence=Sequence([_dataset(ImagePositionPatient=[float(v) for v in place])]))
            for place in places
        ]
    )
    data.EchoPulseSequence = "SPIN"
    for name, value in attributes.items():
        setattr(data, name, value)
    data.save_as(path, enforce_file_format=True)
    return path


def _plain(shared: dict[str, Any], plane: np.ndarray, kind: str, number: int, series: str) -> Dataset:
    data = pydicom.Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = kind
    data.SOPClassUID = kind
    data.SOPInstanceUID = generate_uid()
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    for name, value in shared.items():
        setattr(data, name, value)
    data.Modality = "MR"
    data.SeriesInstanceUID = series
    data.SeriesNumber = number
    data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    data.Rows, data.Columns = plane.shape
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit = 15
    data.PixelRepresentation = int(plane.dtype == np.int16)
    data.PixelData = np.ascontiguousarray(plane).tobytes()
    return data


def _dataset(**values: Any) -> Dataset:
    data = Dataset()
    for name, value in values.items():
        setattr(data, name, value)
    return data
