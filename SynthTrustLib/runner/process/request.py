"""What is asked of one assessment: everything the child process needs to know, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.outline.outside_file import OutsideFile
from SynthTrustLib.case.unused import Unused, UnusedKind
from SynthTrustLib.vocabulary import Contrast

REQUEST_PREFIX = "synthtrust-request-"
"""Begins the name of a request's temporary file."""

NO_SEGMENTERS = "none"
"""In the place of segmenters: outlines made elsewhere are compared with each other only."""


@dataclass(frozen=True)
class AssessRequest:
    """One patient, the segmenters to run, and where the results go.

    Attributes
    ----------
    out : Path
        The result folder. It may be missing, empty, or hold an earlier result, which is then replaced.
    contrasts : mapping
        One file per contrast. May be empty when `case_folder` is given, and wins over it contrast by contrast.
    case_folder : Path or None
        A folder in which the contrasts are recognized by name and header.
    segmenters : str
        ``"default"``, ``"all"``, a preset's name, or ids separated by commas (see `registry.select`); ``"none"``
        compares the `members` only.
    record : str or None
        Who draws the outline of record: a segmenter's id, a member's name or ``"pooled"``. By default the flagship runs
        beside the segmenters, which are the jury, and draws it.
    members : tuple of OutsideFile
        Outlines made elsewhere that are shown beside the others. Their names are the user's words and reach the report.
    extra_segmenter_folders : tuple of Path
        Folders with packages beside those that ship with SynthTrust.
    reference : Path or None
        A mask drawn by someone else, to measure against. Never taken from `case_folder` by itself.
    reference_convention : str
        What its labels mean, as of a member.
    reference_remarks : tuple of str
        As of a member: what was guessed or not used when it was made of a segmentation.
    label : str or None
        Printed on every page of the report. The only words about the patient that reach any file.
    spacing_mm : tuple of float or None
        True voxel size (i, j, k) in mm, as stated by the user, where the files carry a placeholder.
    engine : str
        ``"auto"`` or the name of an engine.
    calibration : Path or None
        What ``synthtrust trust calibrate`` wrote; None for the one that ships for the segmenters' family.
    accepted : tuple of str
        Keys of concerns (`Check.key`) that a person has accepted: the run goes on in spite of them.
    unused : tuple of Unused
        What whoever asks has found for the patient and does not use: it gets rows and may be a concern.
    write_dicom : bool
        Also write DICOM SEG and Parametric Maps, where the patient came as DICOM. These name the patient, as an archive
        needs it: the only files of a result that do.
    """

    out: Path
    contrasts: Mapping[Contrast, Path] = field(default_factory=dict)
    case_folder: Path | None = None
    segmenters: str = "default"
    record: str | None = None
    members: tuple[OutsideFile, ...] = ()
    extra_segmenter_folders: tuple[Path, ...] = ()
    reference: Path | None = None
    reference_convention: str = AUTO
    reference_remarks: tuple[str, ...] = ()
    label: str | None = None
    spacing_mm: tuple[float, float, float] | None = None
    keep_probabilities: bool = False
    engine: str = "auto"
    write_scene: bool = True
    write_dicom: bool = False
    calibration: Path | None = None
    accepted: tuple[str, ...] = ()
    unused: tuple[Unused, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A record that JSON can hold; paths are absolute, so that the child's working folder does not matter."""
        return {
            "out": str(self.out.absolute()),
            "contrasts": {str(contrast): str(path.absolute()) for contrast, path in self.contrasts.items()},
            "case_folder": str(self.case_folder.absolute()) if self.case_folder else None,
            "segmenters": self.segmenters,
            "record": self.record,
            "members": [
                {
                    "name": member.name,
                    "path": str(member.path.absolute()),
                    "convention": member.convention,
                    "remarks": list(member.remarks),
                }
                for member in self.members
            ],
            "extra_segmenter_folders": [str(path.absolute()) for path in self.extra_segmenter_folders],
            "reference": str(self.reference.absolute()) if self.reference else None,
            "reference_convention": self.reference_convention,
            "reference_remarks": list(self.reference_remarks),
            "label": self.label,
            "spacing_mm": list(self.spacing_mm) if self.spacing_mm else None,
            "keep_probabilities": self.keep_probabilities,
            "engine": self.engine,
            "write_scene": self.write_scene,
            "write_dicom": self.write_dicom,
            "calibration": str(self.calibration.absolute()) if self.calibration else None,
            "accepted": list(self.accepted),
            "unused": [
                {"name": one.name, "reason": one.reason, "kind": one.kind, "resembles": sorted(one.resembles)}
                for one in self.unused
            ],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> AssessRequest:
        """The inverse of `to_dict`."""
        spacing = record["spacing_mm"]
        return cls(
            out=Path(record["out"]),
            contrasts={Contrast(name): Path(path) for name, path in record["contrasts"].items()},
            case_folder=Path(record["case_folder"]) if record["case_folder"] else None,
            segmenters=record["segmenters"],
            record=record.get("record"),
            members=tuple(
                OutsideFile(
                    member["name"], Path(member["path"]), member["convention"], tuple(member.get("remarks", ()))
                )
                for member in record.get("members", ())
            ),
            extra_segmenter_folders=tuple(Path(path) for path in record["extra_segmenter_folders"]),
            reference=Path(record["reference"]) if record["reference"] else None,
            reference_convention=record.get("reference_convention", AUTO),
            reference_remarks=tuple(record.get("reference_remarks", ())),
            label=record["label"],
            spacing_mm=(float(spacing[0]), float(spacing[1]), float(spacing[2])) if spacing else None,
            keep_probabilities=record["keep_probabilities"],
            engine=record["engine"],
            write_scene=record["write_scene"],
            write_dicom=record.get("write_dicom", False),
            calibration=Path(record["calibration"]) if record.get("calibration") else None,
            accepted=tuple(record.get("accepted", ())),
            unused=tuple(
                Unused(one["name"], one["reason"], UnusedKind(one["kind"]), frozenset(map(Contrast, one["resembles"])))
                for one in record.get("unused", ())
            ),
        )
