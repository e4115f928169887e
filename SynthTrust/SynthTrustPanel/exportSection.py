"""Export: the report, the scorecard, tables and outlines as files, with the verdict in them."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from . import installing, theme
from .lines import followPath
from .slices import Slices

FOLDER_SETTING = "SynthTrust/ExportFolder"


class ExportSection:
    """Where to, what, and what was written."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._dicomOf = None
        self._slices = None  # of an export that is under way
        self._told = ("", "")  # id of a result, what became of its export
        ui.exportPathLineEdit.currentPath = str(qt.QSettings().value(FOLDER_SETTING) or Path.home())
        followPath(ui.exportPathLineEdit, self.update)
        for box in self._boxes():
            box.toggled.connect(lambda *unused: self.update())
        ui.exportButton.clicked.connect(self.onExport)
        ui.openReportButton.clicked.connect(self.onOpenReport)

    def _boxes(self):
        return (
            self.ui.exportReportCheckBox,
            self.ui.exportScorecardCheckBox,
            self.ui.exportTablesCheckBox,
            self.ui.exportSegmentationsCheckBox,
            self.ui.exportDicomCheckBox,
        )

    def update(self):
        """Enable what can be done; say why not otherwise."""
        assessment = self.panel.assessment()
        self._updateDicom(assessment)
        self.ui.exportDatabaseCheckBox.enabled = self._isDicom()
        folder = self.ui.exportPathLineEdit.currentPath
        self._showTold(assessment)
        if self._slices is not None:
            problem = _("Files are being written.")
        elif assessment is None:
            problem = _("There is no result to export yet.")
        elif not any(box.checked and box.enabled for box in self._boxes()):
            problem = _("Choose what to export.")
        elif not folder or not Path(folder).is_dir():  # an empty path would be where Slicer was started
            problem = _("Choose a folder that exists.")
        else:
            problem = ""
        self.ui.exportButton.enabled = not problem
        self.ui.exportButton.toolTip = problem or _("Write the chosen files into a new folder there.")
        hasReport = assessment is not None and assessment.has_report()
        self.ui.openReportButton.enabled = hasReport
        self.ui.openReportButton.toolTip = (
            _("Open the report of this result in the web browser.") if hasReport else _("There is no report to open.")
        )

    def _updateDicom(self, assessment):
        """Only what came from DICOM can go back there. The files are looked up once for each result."""
        box = self.ui.exportDicomCheckBox
        if assessment is None or assessment.id != self._dicomOf:
            self._dicomOf = assessment.id if assessment is not None else None
            box.enabled = assessment is not None and bool(self.panel.logic.files.dicomFiles(assessment))
            box.toolTip = (
                _("Every outline as DICOM SEG, the figures as a DICOM report. These files name the patient.")
                if box.enabled
                else _("DICOM SEG: only for a patient whose series were loaded from the DICOM database.")
            )

    def _isDicom(self):
        return self.ui.exportDicomCheckBox.checked and self.ui.exportDicomCheckBox.enabled

    def onExport(self, *unused):
        folder = Path(self.ui.exportPathLineEdit.currentPath)
        assessment = self.panel.assessment()
        dicom = self._isDicom()
        database = dicom and self.ui.exportDatabaseCheckBox.checked
        missing = installing.missing(installing.DICOM) if dicom else []
        problem, _details = installing.install(self.panel.logic, missing, _("To write DICOM SEG"))
        if problem:
            self._show(assessment, problem)
            return
        with slicer.util.tryWithErrorDisplay(_("The result cannot be exported.")):
            steps = self.panel.logic.files.exporting(
                assessment,
                folder,
                report=self.ui.exportReportCheckBox.checked,
                scorecard=self.ui.exportScorecardCheckBox.checked,
                tables=self.ui.exportTablesCheckBox.checked,
                segmentations=self.ui.exportSegmentationsCheckBox.checked,
                dicom=dicom,
            )
            qt.QSettings().setValue(FOLDER_SETTING, str(folder))
            self._slices = Slices(
                steps, lambda written, error: self._onExported(assessment, written, error, database), self._onProgress
            )
        self.update()

    def _onProgress(self, done):
        self._say(_("Writing, {percent} %").format(percent=round(100 * done)))

    def _onExported(self, assessment, written, error, database):
        self._slices = None
        if error is None:
            text = _("{count} files were written to {folder}").format(count=len(written), folder=written[0].parent)
            if database:
                added = self.panel.logic.files.addToDicomDatabase(written[0].parent)
                text += ". " + (
                    _("Slicer's DICOM database has the DICOM files, too.")
                    if added
                    else _("They could not be added to Slicer's DICOM database: open it in the module DICOM first.")
                )
            self._show(assessment, text)
            self.update()
        else:
            self._show(assessment, "")
            self.update()  # Slicer shows an error and raises it once more: nothing comes after that
            with slicer.util.tryWithErrorDisplay(_("The result cannot be exported.")):
                raise error

    def _show(self, assessment, text):
        """What became of an export; it is shown as long as its result is."""
        self._told = (assessment.id, text)
        self._showTold(assessment)

    def _showTold(self, assessment):
        if self._slices is None:
            shown = assessment is not None and self._told[0] == assessment.id
            self._say(theme.breakable(self._told[1]) if shown else "")

    def _say(self, text):
        self.ui.exportLabel.text = text
        self.ui.exportLabel.visible = bool(text)

    def isIdle(self):
        """Whether nothing is being written."""
        return self._slices is None

    def stop(self):
        """Give up what is being written: the scene or the module is closing."""
        if self._slices is not None:
            self._slices.stop()
            self._slices = None

    def onOpenReport(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The report cannot be opened.")):
            path = self.panel.logic.files.writeReport(self.panel.assessment())
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))
