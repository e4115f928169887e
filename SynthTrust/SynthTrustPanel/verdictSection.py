"""Your verdict: the reviewer's decision per region, and outlines that were edited, measured again."""

from __future__ import annotations

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.trust.verdict import Decision, Verdict
from SynthTrustLib.vocabulary import REGION_NAMES, Region

from . import theme
from .words import headline, inWords


class VerdictSection:
    """Decisions, comments, reviewer and time."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._filledFrom = ()
        self._boxes = {}
        table = ui.verdictTable
        columns = [
            (_("Region"), _("What is judged.")),
            (_("Verdict"), _("Whether the outline may be used.")),
            (_("Comment"), _("Double-click to write; it is kept with the verdict.")),
        ]
        theme.setUpTable(table, columns)
        self._fitter = theme.RowFitter(table)
        edited = ui.editedTable
        columns = [
            (_("Edited outline"), _("The outline that was changed after the run.")),
            (_("Region"), _("Each region of it, also where nothing was changed.")),
            (_("Volume"), _("What it measures now.")),
            (_("Diameters"), _("The longest diameter in an axial slice and the one perpendicular to it, now.")),
            (_("Dice with the others"), _("Overlap with the segmenters' outlines now, lowest and highest.")),
        ]
        theme.setUpTable(edited, columns)
        self._editedFitter = theme.RowFitter(edited)
        ui.recordVerdictButton.clicked.connect(self.onRecord)
        ui.editButton.clicked.connect(self.onEdit)

    def update(self):
        """Show the recorded verdict of the shown result."""
        assessment = self.panel.assessment()
        key = (assessment.id, assessment.verdicts()) if assessment else None
        if key != self._filledFrom:
            self._filledFrom = key
            self._fill(assessment)
            self.updateEdited()
        reviewer = self.panel.parameterNode.reviewer.strip() if self.panel.parameterNode else ""
        if assessment is None:
            problem = _("There is no result to judge yet.")
        elif not reviewer:
            problem = _("Enter who gives the verdict.")
        elif not self._decisions():
            problem = _("Choose a verdict for at least one region.")
        else:
            problem = ""
        self.ui.recordVerdictButton.enabled = not problem
        self.ui.recordVerdictButton.toolTip = problem or _(
            "Keep this verdict in the scene, with your name and the time."
        )
        self.ui.editButton.enabled = assessment is not None and assessment.nodes.pooled is not None
        for widget in (self.ui.verdictTable, self.ui.verdictLabel):
            widget.visible = assessment is not None
        self.ui.verdictTable.enabled = assessment is not None

    def updateEdited(self):
        """List the outlines that differ from those of the run."""
        assessment = self.panel.assessment()
        measures = self.panel.logic.editedMeasures(assessment) if assessment else []
        table = self.ui.editedTable
        table.visible = bool(measures)
        table.rowCount = len(measures)
        for row, (name, region, *figures) in enumerate(measures):
            for column, text in enumerate((name, headline(region), *figures)):
                table.setItem(row, column, theme.tableItem(text))
        table.resizeColumnsToContents()
        self._editedFitter.fitSoon()

    def _fill(self, assessment):
        table = self.ui.verdictTable
        regions = assessment.regions if assessment else ()
        recorded = {verdict.region: verdict for verdict in assessment.verdicts()} if assessment else {}
        table.rowCount = len(regions)
        self._boxes = {}
        for row, region in enumerate(regions):
            table.setItem(row, 0, theme.tableItem(headline(REGION_NAMES[region])))
            box = qt.QComboBox()
            box.toolTip = _("Your verdict on the outline of the {region}.").format(region=inWords(REGION_NAMES[region]))
            box.addItem(_("not judged"), "")
            for decision in Decision:
                box.addItem(inWords(decision), str(decision))
            verdict = recorded.get(region)
            box.currentIndex = list(Decision).index(verdict.decision) + 1 if verdict else 0
            box.currentIndexChanged.connect(self.onChanged)
            table.setCellWidget(row, 1, box)
            comment = qt.QTableWidgetItem(verdict.comment if verdict else "")
            comment.setToolTip(_("Double-click to write a comment."))
            table.setItem(row, 2, comment)
            self._boxes[region] = box
        table.setColumnWidth(0, 120)
        table.setColumnWidth(1, 150)
        self._fitter.fitSoon()
        if recorded:
            last = max(recorded.values(), key=lambda verdict: verdict.time)
            text = _("Recorded by {reviewer} on {time} (UTC).")
            self.ui.verdictLabel.text = text.format(
                reviewer=last.reviewer, time=last.time.replace("T", " ").replace("+00:00", "")
            )
        else:
            self.ui.verdictLabel.text = _("No verdict has been recorded for this result.") if assessment else ""

    def _decisions(self):
        return {region: box.currentIndex - 1 for region, box in self._boxes.items() if box.currentIndex > 0}

    def onChanged(self, *unused):
        self.update()

    def onRecord(self, *unused):
        assessment = self.panel.assessment()
        decisions = self._decisions()
        table = self.ui.verdictTable
        verdicts = [
            Verdict.now(
                region,
                list(Decision)[decisions[region]],
                table.item(row, 2).text(),
                self.panel.parameterNode.reviewer,
            )
            for row, region in enumerate(assessment.regions)
            if region in decisions
        ]
        assessment.set_verdicts(verdicts)
        self.update()

    def onEdit(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The outline cannot be opened in the Segment Editor.")):
            region = Region(self.panel.parameterNode.region.value)
            self.panel.logic.openInSegmentEditor(self.panel.assessment(), region)
