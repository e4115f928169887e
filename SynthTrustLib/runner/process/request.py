"""What is asked of one assessment: everything the child process needs to know, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.outline.outside_file import OutsideFile
from SynthTrustLib.case.unused import Unused
from SynthTrustLib.codec import Range

REQUEST_PREFIX = "synthtrust-request-"
"""Begins the name of a request's temporary file."""

NO_SEGMENTERS = "none"
"""In the place of segmenters: outlines made elsewhere are compared with each other only."""


Millimetres = Annotated[float, Range(above=0)]


@dataclass(frozen=True)
class AssessRequest:
    """One patient, the segmenters to run, and where the results go."""

    out: Path
    """The result folder. It may be missing, empty, or hold an earlier result, which is then replaced."""
    contrasts: Mapping[str, Path] = field(default_factory=dict)
    """One file per contrast. May be empty when `case_folder` is given, and wins over it contrast by contrast."""
    case_folder: Path | None = None
    """A folder in which the contrasts are recognized by name and header."""
    case_files: tuple[Path, ...] = ()
    """The patient's DICOM files, where `case_folder` holds those of others as well; nothing else in it is looked at."""
    segmenters: str = "default"
    """``"default"``, ``"all"``, a preset's name, or ids separated by commas (see `registry.select`); ``"none"``
    compares the `members` only."""
    record: str | None = None
    """Who draws the outline of record: a segmenter's id, a member's name or ``"pooled"``. By default the flagship runs
    beside the segmenters, which are the jury, and draws it."""
    members: tuple[OutsideFile, ...] = ()
    """Outlines made elsewhere that are shown beside the others. Their names are the user's words and reach the
    report."""
    extra_segmenter_folders: tuple[Path, ...] = ()
    """Folders with packages beside those that ship with SynthTrust."""
    reference: Path | None = None
    """A mask drawn by someone else, to measure against. Never taken from `case_folder` by itself."""
    reference_convention: str = AUTO
    """What its labels mean, as of a member."""
    reference_remarks: tuple[str, ...] = ()
    """As of a member: what was guessed or not used when it was made of a segmentation."""
    label: str | None = None
    """Printed on every page of the report. The only words about the patient that reach any file."""
    spacing_mm: tuple[Millimetres, Millimetres, Millimetres] | None = None
    """True voxel size (i, j, k) in mm, as stated by the user, where the files carry a placeholder."""
    synthetic: bool = False
    """No such patient exists: whoever asks knows that a computer made the images. Files beside them may say so, too."""
    keep_probabilities: bool = False
    engine: str = "auto"
    """``"auto"`` or the name of an engine."""
    write_scene: bool = True
    write_dicom: bool = False
    """Also write DICOM SEG and Parametric Maps, where the patient came as DICOM. These name the patient, as an archive
    needs it: the only files of a result that do."""
    calibration: Path | None = None
    """What ``synthtrust trust calibrate`` wrote; None for the one that ships for the segmenters' family."""
    accepted: tuple[str, ...] = ()
    """Keys of concerns (`Check.key`) that a person has accepted: the run goes on in spite of them."""
    unused: tuple[Unused, ...] = ()
    """What whoever asks has found for the patient and does not use: it gets rows and may be a concern."""
