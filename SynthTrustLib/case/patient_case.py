"""The patient as the rest of the library sees it: the contrasts on one grid, what was checked, what was changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.plain_text import make_plain
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task


class Skull(StrEnum):
    """Whether voxels outside the brain were removed before the image reached us."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class ContrastVolume:
    """One contrast on the case's grid."""

    contrast: str
    array: npt.NDArray[np.float32]
    """Shape (k, j, i). Intensities in the scanner's arbitrary units; finite. Read-only."""
    source: str
    """File name or node name, for messages and provenance; never a patient's name or a full path."""
    sha256: str
    """Of the file's bytes, or of the array's bytes when there was no file."""
    native: Geometry
    """The grid that it came on; differs from the case's when `resampled`."""
    resampled: bool = False
    files: tuple[Path | None, ...] = field(default=(), repr=False)
    """Of a DICOM series: the file of each slice along the native k axis, None where a slice was interpolated. For
    pointing back into the archive, never for messages or files. Empty for other formats."""
    moved: npt.NDArray[np.float64] | None = None
    """Shape (4, 4). Where registration moved the image: maps RAS positions (mm) in the case to those in the native
    image. None where it was left where its header puts it. Read-only."""
    elsewhere: Geometry | None = None
    """Where its header's second statement, which was not used, puts the native image (see `ReadImage`)."""

    def __post_init__(self) -> None:
        make_plain(self, "source")


@dataclass(frozen=True, eq=False)
class PatientCase:
    """A patient ready for the segmenters. All arrays are on `geometry`, that of the reference series."""

    geometry: Geometry
    volumes: Mapping[str, ContrastVolume]
    reference: str
    spacing_trusted: bool
    """False where voxel sizes are placeholders: rows in mm or mL are then unknown, and nothing in mm or mL is
    calibrated on the case."""
    skull: Skull
    checks: tuple[Check, ...] = ()
    label: str | None = None
    """A label that the user chose for every printed page. Never taken from a file."""
    is_synthetic: bool = False
    task: Task = GLIOMA

    def __post_init__(self) -> None:
        make_plain(self, "label")

    @property
    def concerns(self) -> tuple[Check, ...]:
        """What a person must accept before anything runs on the case; the one list of it, whoever raised it.

        Those that are `accepted` already stay among them.
        """
        return tuple(check for check in self.checks if check.verdict is Verdict.CONCERN)

    def accepting(self, keys: Collection[str]) -> PatientCase:
        """The case with the concerns of these keys (`Check.key`) accepted; keys that fit none are passed over."""
        accepted = {check for check in self.concerns if check.key in keys}
        checks = (replace(check, accepted=True) if check in accepted else check for check in self.checks)
        return replace(self, checks=tuple(checks))

    @property
    def contrasts(self) -> tuple[str, ...]:
        """The contrasts that are there, in channel order."""
        return tuple(c for c in self.task.contrast_ids if c in self.volumes)

    @property
    def missing(self) -> tuple[str, ...]:
        """The contrasts that are not there, in channel order."""
        return tuple(c for c in self.task.contrast_ids if c not in self.volumes)
