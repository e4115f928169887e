"""Compliance: fields of the files' headers that can hold who a patient is. Their names only, never what they say."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from SynthTrustLib.case.dicom.file import quiet, read_elements

_NIFTI_TEXTS = {"db_name": (14, 32), "descrip": (148, 228), "aux_file": (228, 252), "intent_name": (328, 344)}
"""Free texts of a NIfTI-1 header, by their bytes."""

_HARMLESS = re.compile(r"(?i)^(|fsl[\d.: a-z]*|.*itk.*|.*spm.*|.*nibabel.*|none|unknown|intensity|label|mask)$")
"""What programs write there of themselves."""

_DICOM_FIELDS = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientAddress",
    "OtherPatientIDs",
    "InstitutionName",
    "ReferringPhysicianName",
    "AccessionNumber",
    "StudyDate",
)


def identifying_fields(files: Iterable[Path]) -> tuple[str, ...]:
    """Names of the fields that are filled in any of the files, sorted. Formats other than NIfTI and DICOM are not read.

    A date or an id that was made up looks like any other, so this is a reason to look, not a verdict.
    """
    found: set[str] = set()
    for path in files:
        name = path.name.lower()
        if name.endswith((".nii", ".nii.gz")):
            found |= _of_nifti(path)
        elif not name.endswith((".nrrd", ".nhdr", ".mha", ".mhd")):
            found |= _of_dicom(path)
    return tuple(sorted(found))


def _of_nifti(path: Path) -> set[str]:
    try:
        with path.open("rb") as stream:  # packed or not, whatever it is called
            packed = stream.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rb") as stream:
            header = stream.read(352)
    except (OSError, EOFError, zlib.error):
        return set()
    if header[344:347] not in (b"n+1", b"ni1"):
        return set()
    texts = {
        name: header[start:stop].split(b"\0")[0].decode("latin-1").strip()
        for name, (start, stop) in _NIFTI_TEXTS.items()
    }
    found = {f"NIfTI {name}" for name, text in texts.items() if not _HARMLESS.match(text)}
    return found | ({"NIfTI extension"} if header[348:349] not in (b"", b"\0") else set())


def _of_dicom(path: Path) -> set[str]:
    try:
        dataset = read_elements(path, ["PatientIdentityRemoved", *_DICOM_FIELDS])
        if str(dataset.get("PatientIdentityRemoved", "")) == "YES":
            return set()
    except Exception:  # pydicom raises nearly anything on what is no DICOM file
        return set()
    return {f"DICOM {name}" for name in _DICOM_FIELDS if _is_filled(dataset, name)}


def _is_filled(dataset: Any, name: str) -> bool:
    try:
        with quiet():
            return bool(str(dataset.get(name, "")).strip())
    except Exception:  # it says something, and nothing of its kind
        return True
