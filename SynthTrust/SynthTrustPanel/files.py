"""What is written of results and runs, and the DICOM files that results lie on."""

import contextlib
import tempfile
from pathlib import Path

import slicer

from SynthTrustLib.errors import InputError

REPORT_NAME = "SynthTrust-report.html"
LOG_NAME = "SynthTrust-run.log"


def temporaryFolder():
    """A folder that is removed after the block."""
    return tempfile.TemporaryDirectory(prefix="ST", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True)


class Files:
    """Exports, files that are written to be looked at, and DICOM."""

    def __init__(self, logic):
        self._logic = logic

    def dicomFiles(self, result):
        """The files of the DICOM series that a result lies on; none where it came from elsewhere or was moved."""
        volume = result.nodes.reference_volume
        if volume is None or volume.GetParentTransformNode() is not None:
            return []
        return self._filesOf(volume)

    def dicomFilesOfInputs(self, result):
        """The files of all DICOM series that a result was made of, as far as the database has them."""
        return [path for volume in result.inputs.values() for path in self._filesOf(volume)]

    def _filesOf(self, volume):
        """The files that a volume was loaded from; none where one of them is unknown."""
        database = getattr(slicer, "dicomDatabase", None)
        if database is None:
            return []
        files = [database.fileForInstance(uid) for uid in (volume.GetAttribute("DICOM.instanceUIDs") or "").split()]
        return [Path(file) for file in files] if all(files) else []

    def addToDicomDatabase(self, folder):
        """Put copies of the DICOM files in `folder` into Slicer's DICOM database; False if that cannot be done."""
        database = getattr(slicer, "dicomDatabase", None)
        if database is None or not database.isOpen:
            return False
        from DICOMLib import DICOMUtils

        return DICOMUtils.importDicom(str(folder), database, True)

    def exporting(self, result, folder, *, dicom=False, **parts):
        """Steps that `export`, file by file (SynthTrustLib.progress.Steps).

        `report`, `scorecard`, `tables` and `segmentations` are written unless they are False. With `dicom` the outlines
        are written as DICOM SEG too, the figures as SR, where `dicomFiles` has some: these name the patient.
        """
        from SynthTrustLib.runner.files.export import exporting

        source, others = (self.dicomFiles(result), self.dicomFilesOfInputs(result)) if dicom else ((), ())
        if dicom and not source:
            raise InputError(
                "its series was moved, or its files are not in the DICOM database any more",
                source=result.nodes.reference_volume.GetName() if result.nodes.reference_volume else "DICOM",
                next_step="Take it back from its transform, or export without DICOM.",
            )
        return exporting(result, Path(folder), dicom_source=source, dicom_others=others, **parts)

    def writeReport(self, result):
        """Write the report, with the verdict in it, into a temporary file; returns its path."""
        from SynthTrustLib.runner.files.export import report_with_verdicts

        path = self._temporaryFile(REPORT_NAME)
        path.write_text(report_with_verdicts(result), encoding="utf-8")
        return path

    def removeTemporaryFiles(self):
        """Remove the report and the log that were written to be looked at: they name the case and the reviewer."""
        for name in (REPORT_NAME, LOG_NAME):
            with contextlib.suppress(OSError):  # Windows keeps a file that a viewer has open
                self._temporaryFile(name).unlink(missing_ok=True)

    def _temporaryFile(self, name):
        return Path(slicer.app.temporaryPath) / name

    def writeLog(self):
        """Write the log of the last run into a temporary file; returns its path."""
        path = self._temporaryFile(LOG_NAME)
        path.write_text(self._logic.lastLog + "\n", encoding="utf-8")
        return path
