"""Scorecard: what was found, with the evidence of every line; unknown is grey, and nothing says "safe"."""

from __future__ import annotations

from html import escape

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.report import wording
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import REGION_NAMES, Evidence, Region, Status

from . import theme
from .words import headline, inWords

NO_COMPARISON = "none"
NARROW = 74
"""Pixels of a column whose words may be wrapped."""

OPEN_AT_FIRST = (Section.SIZE, Section.AGREEMENT, Section.MIX, Section.PREDICTION)


def _figures():
    """Title, tooltip and row key of each figure that a region is summed up with."""
    return (
        (_("Volume"), _("Of the pooled outline; below it the range over the segmenters."), "volume.{region}.pooled"),
        (
            _("Agreement"),
            _("Mean Dice of two segmenters' outlines, 1 is the same outline; below it the lowest and highest pair."),
            "pairwise_dice.{region}.mean",
        ),
        (
            _("Uncertainty"),
            _("Between segmenters, in the worst block of voxels: 0 is certain, 1 most uncertain."),
            "between.{region}.worst_patch",
        ),
        (
            _("Due to mix"),
            _("Share of the disagreement that the training mix explains, 0 to 1; the rest is chance of training."),
            "mix_share.{region}",
        ),
    )


def _volumeName(assessment):
    volume = assessment.nodes.reference_volume
    return volume.GetName() if volume is not None else _("volume deleted")


def _range(row):
    """Without its unit, which stands beside the value already: there is not much room."""
    return wording.format_range(row).removesuffix(f"\u00a0{row.unit}")


class ScorecardSection:
    """The shown result, its status per region, all of its lines, and its place among the other results."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._filled = ()  # ids of what the tables show
        self._rows = {}  # key -> row of the shown scorecard
        table = ui.statusTable
        columns = [
            (_("Region"), _("Regions overlap: the enhancing tumor lies in the core, the core in the whole tumor.")),
            (_("Status"), _("Whether to rely on the outline, as calibrated on labelled patients; unknown is grey.")),
            *((title, tip) for title, tip, _key in _figures()),
        ]
        theme.setUpTable(table, columns)
        table.wordWrap = True
        self._fitter = theme.RowFitter(table)
        ui.scorecardTree.setFixedHeight(320)
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
            combo.addItem(self._title(assessment), assessment.id)
        index = combo.findData(current.id) if current is not None else 0
        combo.currentIndex = max(0, index)
        combo.blockSignals(False)

    def _title(self, assessment):
        """The result's name, with the volume that it lies on where there are several patients."""
        patients = {_volumeName(other) for other in self.panel.logic.assessments()}
        return f"{assessment.title} · {_volumeName(assessment)}" if len(patients) > 1 else assessment.title

    def _fill(self, shown, other):
        visible = shown is not None
        for widget in (
            self.ui.statusTable,
            self.ui.statusReasonLabel,
            self.ui.scorecardTree,
            self.ui.reasonLabel,
            self.ui.provenanceLabel,
            self.ui.plotButton,
            self.ui.deleteAssessmentButton,
        ):
            widget.visible = visible
        self._showReason("")
        self.ui.scorecardTree.clear()
        if not visible:
            self.ui.provenanceLabel.text = ""
            self.ui.statusTable.rowCount = 0
            return
        scorecard = shown.scorecard
        self._fillProvenance(scorecard)
        self._fillStatus(scorecard)
        self._fillTree(scorecard, other.scorecard if other else None, self._title(other) if other else "")

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
        """One line per region with its status and its figures; under the table the reasons in words."""
        table = self.ui.statusTable
        rows = {row.key: row for row in scorecard.rows}
        regions = [region for region in Region if f"status.{region}" in rows]
        table.rowCount = len(regions)
        reasons = []
        for line, region in enumerate(regions):
            name = headline(REGION_NAMES[region])
            status = rows[f"status.{region}"]
            table.setItem(line, 0, theme.tableItem(name))
            table.setItem(line, 1, theme.statusItem(str(status.status), inWords(status.status), status.reason))
            for column, (_title, _tip, key) in enumerate(_figures(), start=2):
                table.setItem(line, column, self._figure(rows.get(key.format(region=region))))
            reasons.append(f"<b>{escape(name)}:</b> {escape(status.reason)}")
        self.ui.statusReasonLabel.text = "<br>".join(reasons)
        table.setColumnWidth(0, NARROW)
        for column in range(1, table.columnCount - 1):
            table.resizeColumnToContents(column)
        self._fitter.fitSoon()

    def _figure(self, row):
        """A value with its range below it; its evidence is in the tooltip, and what is unknown is grey."""
        if row is None:
            return theme.tableItem("-")
        text = wording.format_value(row)
        if row.interval is not None:
            text += "\n" + _range(row)
        item = theme.tableItem(text, f"{inWords(row.evidence)}: {self._explanation(row)}")
        if row.evidence == Evidence.UNKNOWN:
            item.setForeground(qt.QBrush(theme.fadedColour()))
        return item

    def _fillTree(self, scorecard, other, otherTitle):
        """Every line: under its section, under its region, and a segmenter's under what it is one of."""
        tree = self.ui.scorecardTree
        headers = [_("What"), _("Value"), _("Range") if other is None else _("Compared"), _("Evidence")]
        tree.columnCount = len(headers)
        tree.setHeaderLabels(headers)
        tree.headerItem().setToolTip(2, otherTitle or _("What it spans is said in the explanation of the line."))
        others = {row.key: row for row in other.rows} if other is not None else None
        self._rows = {row.key: row for row in scorecard.rows}
        names = {card.id: card.name for card in scorecard.segmenters}
        for section in Section:
            rows = scorecard.section(section)
            if section is Section.STATUS or not rows:
                continue
            group = self._heading(inWords(wording.SECTION_TITLES[section]), bold=True)
            tree.addTopLevelItem(group)
            group.setFirstColumnSpanned(True)
            regions, lines = {}, {}
            for row in rows:
                parent, label = group, row.label
                if row.region is not None:
                    if row.region not in regions:
                        regions[row.region] = self._heading(headline(REGION_NAMES[row.region]))
                        group.addChild(regions[row.region])
                        regions[row.region].setExpanded(True)
                    parent = regions[row.region]
                    for tail in (f", {REGION_NAMES[row.region]}", f" of the {REGION_NAMES[row.region]}"):
                        label = label.replace(tail, "")
                family = row.key.rpartition(".")[0]
                if row.segmenter in names and family in lines:
                    parent, label = lines[family], names[row.segmenter]
                elif row.segmenter is None:
                    lines[family] = item = self._line(row, label, others)
                    parent.addChild(item)
                    continue
                parent.addChild(self._line(row, label, others))
            group.setExpanded(section in OPEN_AT_FIRST)
        header = tree.header()
        header.stretchLastSection = False
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        for column in range(1, len(headers)):
            header.setSectionResizeMode(column, qt.QHeaderView.ResizeToContents)

    def _heading(self, text, bold=False):
        item = qt.QTreeWidgetItem()
        item.setText(0, text)
        font = item.font(0)
        font.setBold(bold)
        item.setFont(0, font)
        return item

    def _line(self, row, label, others):
        """The tree's item of a row; `others` are the rows of the result that it is compared with, or None."""
        second = _range(row)
        if others is not None:
            second = wording.format_value(others[row.key]) if row.key in others else "-"
        cells = [inWords(label), wording.format_value(row), second, inWords(row.evidence)]
        item = qt.QTreeWidgetItem()
        item.setData(0, qt.Qt.UserRole, row.key)
        if row.status in (Status.AGREE, Status.CHECK, Status.DO_NOT_RELY):
            item.setIcon(0, theme.statusIcon(str(row.status)))
        for column, text in enumerate(cells):
            item.setText(column, text)
            item.setToolTip(column, f"{inWords(row.label)}\n{self._explanation(row)}")
            if row.evidence == Evidence.UNKNOWN:
                item.setForeground(column, qt.QBrush(theme.fadedColour()))
            if row.withdrawn and column in (1, 2):
                font = item.font(column)
                font.setStrikeOut(True)
                item.setFont(column, font)
        return item

    def _explanation(self, row):
        parts = [row.reason]
        if row.interval_meaning:
            parts.append(_("Range: {meaning}.").format(meaning=row.interval_meaning))
        if row.track_record:
            parts.append(_("Track record: {sentence}").format(sentence=row.track_record))
        if row.withdrawn:
            parts.insert(0, _("Withdrawn: {reason}").format(reason=row.withdrawn))
        return " ".join(part for part in parts if part)

    def onRow(self):
        items = self.ui.scorecardTree.selectedItems()
        row = self._rows.get(items[0].data(0, qt.Qt.UserRole)) if items else None
        self._showReason(self._explanation(row) if row else "")

    def _showReason(self, text):
        self.ui.reasonLabel.text = text or _("Select a line to read its explanation.")
        theme.setTextColour(self.ui.reasonLabel, None if text else theme.fadedColour())

    def onAssessment(self, *unused):
        combo = self.ui.assessmentComboBox
        before = self.panel.assessment()
        self.panel.showAssessment(combo.itemData(combo.currentIndex))
        self.panel.updateFromParameterNode()
        after = self.panel.assessment()
        if before is not None and after is not None and _volumeName(before) != _volumeName(after):
            self.panel.logic.center(after)  # another patient's head may lie elsewhere

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
