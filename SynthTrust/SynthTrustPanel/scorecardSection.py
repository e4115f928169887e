"""Scorecard: what was found, with the evidence of every line; unknown is grey, and nothing says "safe"."""

from __future__ import annotations

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.report import wording
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import REGION_NAMES, Evidence, Region, Status

from . import theme

NO_COMPARISON = "none"
OPEN_AT_FIRST = (Section.SIZE, Section.AGREEMENT, Section.MIX)


class ScorecardSection:
    """The shown result, its status per region, all of its lines, and its place among the other results."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._filled = ()  # ids of what the tables show
        self._rows = {}  # key -> row of the shown scorecard
        table = ui.statusTable
        table.columnCount = 4
        table.setHorizontalHeaderLabels([_("Region"), _("Status"), _("Volume"), _("Why")])
        table.verticalHeader().visible = False
        table.horizontalHeader().stretchLastSection = True
        table.wordWrap = True
        self._fitter = theme.RowFitter(table)
        ui.scorecardTree.setFixedHeight(300)
        ui.scorecardTree.indentation = 12
        ui.scorecardTree.textElideMode = qt.Qt.ElideMiddle
        ui.scorecardTree.itemSelectionChanged.connect(self.onRow)
        ui.assessmentComboBox.currentIndexChanged.connect(self.onAssessment)
        ui.compareComboBox.currentIndexChanged.connect(self.onCompare)
        ui.plotButton.clicked.connect(self.onPlot)
        ui.deleteAssessmentButton.clicked.connect(self.onDelete)

    def update(self):
        """Show the result that the parameter node names."""
        assessments = self.panel.logic.assessments()
        shown = self.panel.assessment()
        other = self.panel.comparedAssessment()
        self._fillCombo(self.ui.assessmentComboBox, assessments, shown, None)
        others = [a for a in assessments if shown is not None and a.id != shown.id]
        self._fillCombo(self.ui.compareComboBox, others, other, _("nothing"))
        self.ui.assessmentComboBox.enabled = bool(assessments)
        self.ui.compareComboBox.enabled = bool(others)
        self.ui.deleteAssessmentButton.enabled = shown is not None
        hasCurve = shown is not None and shown.nodes.chart is not None
        self.ui.plotButton.enabled = hasCurve
        self.ui.plotButton.toolTip = (
            _("Plot this patient's volume against the share of synthetic training cases, in Slicer's plot view.")
            if hasCurve
            else _("It needs a result of segmenters with at least two different shares of synthetic training cases.")
        )
        key = (shown.id if shown else None, other.id if other else None, theme.isDark())
        if key != self._filled:
            self._filled = key
            self._fill(shown, other)

    def _fillCombo(self, combo, assessments, current, none):
        combo.blockSignals(True)
        combo.clear()
        if none is not None:
            combo.addItem(none, NO_COMPARISON)
        elif not assessments:
            combo.addItem(_("no result yet"), NO_COMPARISON)
        for assessment in assessments:
            combo.addItem(assessment.title, assessment.id)
        index = combo.findData(current.id) if current is not None else 0
        combo.currentIndex = max(0, index)
        combo.blockSignals(False)

    def _fill(self, shown, other):
        visible = shown is not None
        for widget in (
            self.ui.statusTable,
            self.ui.scorecardTree,
            self.ui.reasonLabel,
            self.ui.provenanceLabel,
            self.ui.plotButton,
            self.ui.deleteAssessmentButton,
        ):
            widget.visible = visible
        self.ui.reasonLabel.text = ""
        self.ui.scorecardTree.clear()
        if not visible:
            self.ui.provenanceLabel.text = ""
            self.ui.statusTable.rowCount = 0
            return
        scorecard = shown.scorecard
        self._fillProvenance(scorecard)
        self._fillStatus(scorecard)
        self._fillTree(scorecard, other.scorecard if other else None, other.title if other else "")

    def _fillProvenance(self, scorecard):
        parts = [_("{count} segmenters").format(count=len(scorecard.segmenters))]
        if scorecard.provenance.get("engine"):
            parts.append(str(scorecard.provenance["engine"]))
        if scorecard.is_synthetic_patient:
            parts.insert(0, "<b>" + _("Synthetic patient, not a real person") + "</b>")
        for identifier, reason in scorecard.skipped.items():
            parts.append(_("{segmenter} did not run: {reason}").format(segmenter=identifier, reason=reason))
        self.ui.provenanceLabel.text = " · ".join(parts)

    def _fillStatus(self, scorecard):
        table = self.ui.statusTable
        rows = {row.region: row for row in scorecard.section(Section.STATUS) if row.region and not row.segmenter}
        regions = [region for region in Region if region in rows]
        table.rowCount = len(regions)
        for index, region in enumerate(regions):
            row = rows[region]
            volume = next((r for r in scorecard.rows if r.key == f"volume.{region}.pooled"), None)
            value = wording.format_value(volume) if volume else "-"
            span = wording.format_interval(volume) if volume else ""
            if volume and volume.interval:
                value = value + "\n" + self._range(volume)
            table.setItem(index, 0, theme.tableItem(_(REGION_NAMES[region])))
            table.setItem(index, 1, theme.statusItem(str(row.status), _(str(row.status))))
            table.setItem(index, 2, theme.tableItem(value, span or value))
            table.setItem(index, 3, theme.tableItem(row.reason))
        for column in (0, 1, 2):
            table.resizeColumnToContents(column)
        self._fitter.fitSoon()

    def _fillTree(self, scorecard, other, otherTitle):
        tree = self.ui.scorecardTree
        headers = [_("What"), _("Value"), _("Range"), _("Evidence")]
        if other is not None:
            headers.insert(2, otherTitle)
        tree.columnCount = len(headers)
        tree.setHeaderLabels(headers)
        otherRows = {row.key: row for row in other.rows} if other is not None else {}
        self._rows = {row.key: row for row in scorecard.rows}
        faded = qt.QBrush(theme.fadedColour())
        for section in Section:
            rows = scorecard.section(section)
            if section is Section.STATUS or not rows:
                continue
            group = qt.QTreeWidgetItem(tree)
            group.setText(0, _(wording.SECTION_TITLES[section]))
            group.setFirstColumnSpanned(True)
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            for row in rows:
                cells = [row.label, wording.format_value(row), self._range(row), _(str(row.evidence))]
                if other is not None:
                    twin = otherRows.get(row.key)
                    cells.insert(2, wording.format_value(twin) if twin else "-")
                item = qt.QTreeWidgetItem(group)
                item.setData(0, qt.Qt.UserRole, row.key)
                if row.status in (Status.AGREE, Status.CHECK, Status.DO_NOT_RELY):
                    item.setIcon(0, theme.statusIcon(str(row.status)))
                for column, text in enumerate(cells):
                    item.setText(column, text)
                    item.setToolTip(column, self._explanation(row))
                    if row.evidence == Evidence.UNKNOWN:
                        item.setForeground(column, faded)
            group.setExpanded(section in OPEN_AT_FIRST)
        header = tree.header()
        header.stretchLastSection = False
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        for column in range(1, len(headers)):
            header.setSectionResizeMode(column, qt.QHeaderView.ResizeToContents)

    def _range(self, row):
        if row.interval is None:
            return ""
        low, high = (wording.format_number(end, row.unit) for end in row.interval)
        return f"{low} to {high}"

    def _explanation(self, row):
        parts = [row.reason]
        if row.interval_meaning:
            parts.append(_("Range: {meaning}.").format(meaning=row.interval_meaning))
        return " ".join(part for part in parts if part)

    def onRow(self):
        items = self.ui.scorecardTree.selectedItems()
        row = self._rows.get(items[0].data(0, qt.Qt.UserRole)) if items else None
        self.ui.reasonLabel.text = self._explanation(row) if row else ""

    def onAssessment(self, *unused):
        combo = self.ui.assessmentComboBox
        self.panel.showAssessment(combo.itemData(combo.currentIndex))

    def onCompare(self, *unused):
        combo = self.ui.compareComboBox
        chosen = combo.itemData(combo.currentIndex)
        self.panel.parameterNode.compared = "" if chosen == NO_COMPARISON else chosen

    def onPlot(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The plot cannot be shown.")):
            self.panel.logic.showPlot(self.panel.assessment())

    def onDelete(self, *unused):
        assessment = self.panel.assessment()
        question = _("Delete the result “{title}” with its outlines, maps and verdict from the scene?")
        if assessment is not None and slicer.util.confirmOkCancelDisplay(question.format(title=assessment.title)):
            self.panel.deleteAssessment(assessment)
