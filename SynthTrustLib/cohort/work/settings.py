"""What is the same for every patient of a cohort: segmenters, calibration and what is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import SynthTrustLib
from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.cohort.patient import Patient
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.runner.process.request import AssessRequest
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.task.task import Task


@dataclass(frozen=True)
class Settings:
    """As the fields of `AssessRequest` of these names."""

    segmenters: str = "default"
    record: str | None = None
    extra_segmenter_folders: tuple[Path, ...] = ()
    engine: str = "auto"
    calibration: Path | None = None
    accepted: tuple[str, ...] = ()
    """Concerns to go on in spite of: ``"missing:T2"`` in everybody, ``"p1234567/missing:T2"`` in one patient."""
    write_scene: bool = False
    write_dicom: bool = False

    def request(self, patient: Patient, key: str, out: Path) -> AssessRequest:
        """The assessment of one patient; the key stands on every page of the report."""
        from SynthTrustLib.case.outline.outside_file import file_and_convention

        reference, convention = file_and_convention(patient.reference) if patient.reference else (None, AUTO)
        return AssessRequest(
            out=out,
            contrasts=patient.contrasts,
            case_folder=patient.folder,
            case_files=patient.files,
            reference=reference,
            reference_convention=convention,
            label=key,
            **{**vars(self), "accepted": self.accepted_of(key)},
        )

    def accepted_of(self, key: str) -> tuple[str, ...]:
        """The keys of the concerns to go on in spite of in the patient with this key."""
        named = [concern.rpartition("/") for concern in self.accepted]
        return tuple(concern for patient, _, concern in named if patient in ("", key))

    def packages(self) -> tuple[list[SegmenterPackage], list[SegmenterPackage]]:
        """The jury, and everybody who runs, as `runner.assess.choose_packages`."""
        from SynthTrustLib.runner.assess import choose_packages

        return choose_packages(self.segmenters, self.record, self.extra_segmenter_folders)

    def task(self) -> Task:
        """What the segmenters outline, on which images."""
        from SynthTrustLib.segmenters.package.registry import task_of

        return task_of(self.packages()[1])

    def fingerprint(self) -> str:
        """A hash of all that shapes a result but the patient: where it differs, every patient runs again.

        The same on every machine with the same version and segmenters. What was accepted is not in it: an accepted
        concern changes nothing for patients without it. Raises SynthTrustError if a segmenter or the calibration cannot
        be used.
        """
        from SynthTrustLib.trust.learned.calibration import find_calibration

        asked, packages = self.packages()
        calibration = find_calibration([package.card for package in packages], self.calibration)
        return fingerprint(
            {
                "version": SynthTrustLib.__version__,
                "jury": [package.card.id for package in asked],
                "segmenters": {package.card.id: dict(package.card.hashes) for package in packages},
                "record": self.record,
                "engine": self.engine,
                "calibration": calibration.sha256 if calibration else None,
                "scene": self.write_scene,
                "dicom": self.write_dicom,
            }
        )
