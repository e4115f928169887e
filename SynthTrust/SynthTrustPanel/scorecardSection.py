"""Scorecard: what was found, with the evidence of every line; unknown is grey, and nothing says "safe"."""

from html import escape

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.report import wording
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import Evidence, Status

from . import choices, theme
from .timers import singleShot
from .words import headline, inWords

NO_COMPARISON = "none"
OWN_PREFIX = "SynthTrust "
"""Begins the name of every result's folder in the subject hierarchy; here it would say nothing."""
LEAST_WORDS = 26
"""Letters that the first column of the list shows at least; before that, its last columns make room."""

OPEN_AT_FIRST = (Section.SIZE, Section.AGREEMENT, Section.MIX, Section.PREDICTION)


def _inPercent(row):
    return f"{100 * row.value:.0f}\u00a0%" if isinstance(row.value, float) else wording.format_value(row)


def _figures():
    """Title, explanation and row key of each figure that a region is summed up with; how its value and range are said.

    The outline of record is no member of its jury: its volume may lie outside the jury's range.
    """
    return (
        (
            _("Volume"),
            _("Of the outline of record; in brackets those of its jury, lowest and highest."),
            "volume.{region}.{record}",
            wording.format_value,
            _("jury {range}"),
        ),
        (
            _("Agreement"),
            _("Mean Dice of two segmenters' outlines, and the lowest and highest pair; 1 is the same outline."),
            "pairwise_dice.{region}.mean",
            wording.format_value,
            "{range}",
        ),
        (
            _("Uncertainty"),
            _("Between segmenters, in the worst block of voxels: 0 is certain, 1 most uncertain."),
            "between.{region}.worst_patch",
            wording.format_value,
            "{range}",
        ),
        (
            _("Due to mix"),
            _("Share of the disagreement that the training mix explains; the rest is chance of training."),
            "mix_share.{region}",
            _inPercent,
            "{range}",
        ),
    )


def _volumeName(volume):
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
            (_("Region"), _("What was outlined. A region may lie inside another one.")),
            (_("Status"), _("Whether to rely on the outline, as calibrated on labelled patients; unknown is grey.")),
        ]
        theme.setUpTable(table, columns)
        self._fitter = theme.RowFitter(table)
        ui.statusReasonLabel.toolTip = "\n".join(f"{title}: {about}" for title, about, *_how in _figures())
        ui.scorecardTree.indentation = 12
        self._columnTimer = singleShot(0, self._fitColumns, ui.scorecardTree)
        ui.scorecardTree.header().sectionResized.connect(lambda *unused: self._columnTimer.start())
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
        titles = self._titles(assessments)
        self._fillCombo(self.ui.assessmentComboBox, titles, shown, None)
        others = {i: title for i, title in titles.items() if shown is not None and i != shown.id}
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
            self._fill(shown, other, titles)

    def _fillCombo(self, combo, titles, current, none):
        first = {NO_COMPARISON: none or _("no result yet")} if none or not titles else {}
        choices.fill(combo, first | titles, current.id if current is not None else NO_COMPARISON)
        for index in range(combo.count):  # a narrow panel cuts it
            combo.setItemData(index, theme.literally(combo.itemText(index)), qt.Qt.ToolTipRole)

    def _titles(self, assessments):
        """The title of each result by its id; first whose it is, where there are results of several patients."""
        volumes = {a.id: a.nodes.reference_volume for a in assessments}
        named = {id(volume): (volume, _volumeName(volume)) for volume in volumes.values()}
        titles = {a.id: a.title.removeprefix(OWN_PREFIX) for a in assessments}  # a narrow panel cuts the end
        if len(named) < 2:
            return titles
        whose = {key: name for key, (_volume, name) in named.items()}
        if len(set(whose.values())) < len(whose):  # they are called flair, both
            whose = {key: self._patientTitle(volume) or name for key, (volume, name) in named.items()}
        if len(set(whose.values())) < len(whose):
            whose = {key: f"{name} ({number})" for number, (key, name) in enumerate(whose.items(), start=1)}
        return {a.id: f"{whose[id(volumes[a.id])]} · {titles[a.id]}" for a in assessments}

    def _patientTitle(self, volume):
        """What tells the patient of a volume from the other patients that are loaded; empty where nothing does."""
        return next((p.title for p in self.panel.patient.patients if volume is not None and p.has([volume])), "")

    def _fill(self, shown, other, titles):
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
        self._fillTree(scorecard, other.scorecard if other else None, titles[other.id] if other else "")

    def _fillProvenance(self, scorecard):
        parts = [_("{count} segmenters").format(count=len(scorecard.segmenters))]
        if scorecard.provenance.get("engine"):
            parts.append(escape(str(scorecard.provenance["engine"])))
        if scorecard.is_synthetic_patient:
            parts.insert(0, "<b>" + _("Synthetic patient, not a real person") + "</b>")
        for identifier, reason in scorecard.skipped.items():
            words = _("{segmenter} did not run: {reason}").format(segmenter=identifier, reason=reason)
            parts.append(escape(theme.breakable(words)))
        self.ui.provenanceLabel.text = " · ".join(parts)

    def _fillStatus(self, scorecard):
        """The status of each region; under the table its figures and the reason in words."""
        table = self.ui.statusTable
        rows = {row.key: row for row in scorecard.rows}
        regions = [region for region in scorecard.task.region_ids if f"status.{region}" in rows]
        table.rowCount = len(regions)
        reasons = []
        for line, region in enumerate(regions):
            name = headline(scorecard.task.name(region))
            status = rows[f"status.{region}"]
            table.setItem(line, 0, theme.tableItem(name))
            table.setItem(line, 1, theme.statusItem(str(status.status), inWords(status.status), status.reason))
            figures = [
                self._figure(title, rows[key], value, words)
                for title, _about, pattern, value, words in _figures()
                if (key := pattern.format(region=region, record=scorecard.record)) in rows
            ]
            reason = escape(theme.breakable(status.reason))
            reasons.append(f"<p><b>{escape(name)}</b><br>{' · '.join(figures)}<br>{reason}</p>")
        self.ui.statusReasonLabel.text = "".join(reasons)
        self._fitter.fitSoon()

    def _figure(self, title, row, valueOf, rangeWords):
        """HTML of a value with its range; what is unknown is grey."""
        value = f"<b>{theme.unbroken(valueOf(row))}</b>"
        if row.interval is not None:
            value += f" {theme.unbroken('(' + rangeWords.format(range=_range(row)) + ')')}"
        text = f"{theme.unbroken(title)} {value}"
        if row.evidence == Evidence.UNKNOWN:
            return f'<span style="color:{theme.fadedColour().name()};">{text}</span>'
        return text

    def _fillTree(self, scorecard, other, otherTitle):
        """Every line: under its section, under its region, and a segmenter's under what it is one of."""
        tree = self.ui.scorecardTree
        headers = [_("What"), _("Value"), _("Range") if other is None else _("Compared"), _("Evidence")]
        tree.columnCount = len(headers)
        tree.setHeaderLabels(headers)
        about = theme.literally(otherTitle) or _("What it spans is said in the explanation of the line.")
        tree.headerItem().setToolTip(2, about)
        others = {row.key: row for row in other.rows} if other is not None else None
        self._rows = {row.key: row for row in scorecard.rows}
        names = {card.id: card.name for card in scorecard.segmenters}
        for section in Section:
            rows = scorecard.section(section)
            if section is Section.STATUS or not rows:
                continue
            title = inWords(wording.SECTION_TITLES[section])
            group = self._heading(title.partition(":")[0], bold=True)
            group.setToolTip(0, title)
            tree.addTopLevelItem(group)
            group.setFirstColumnSpanned(True)
            regions, lines = {}, {}
            for row in rows:
                parent, label = group, row.label
                if row.region is not None:
                    if row.region not in regions:
                        regions[row.region] = self._heading(headline(scorecard.task.name(row.region)))
                        group.addChild(regions[row.region])
                        regions[row.region].setExpanded(True)
                    parent = regions[row.region]
                    for tail in (f", {scorecard.task.name(row.region)}", f" of the {scorecard.task.name(row.region)}"):
                        label = label.replace(tail, "")
                if row.key.startswith("found."):
                    label = _("Found")  # whatever a region is called in the label, the heading above says it
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
        self._fitColumns()

    def _fitColumns(self):
        """Show as many of the last columns as there is room for; the explanation of a line holds them all."""
        tree = self.ui.scorecardTree
        room = tree.viewport().width - LEAST_WORDS * tree.fontMetrics().averageCharWidth()
        for column in range(1, tree.columnCount):
            room -= max(tree.sizeHintForColumn(column), tree.header().sectionSizeHint(column))
            tree.setColumnHidden(column, column > 1 and room < 0)

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
        tip = theme.literally(f"{inWords(row.label)}\n{self._explanation(row)}")
        for column, text in enumerate(cells):
            item.setText(column, text)
            item.setToolTip(column, tip)
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
        self._showReason(f"{self._inFull(row)} {self._explanation(row)}" if row else "")

    def _inFull(self, row):
        """A line's value, range and evidence in words, also where the list has no room for them."""
        value = wording.format_value(row) + (f" ({_range(row)})" if row.interval is not None else "")
        if row.evidence == Evidence.UNKNOWN:
            return headline(row.evidence) + "."
        return f"{value}, {inWords(row.evidence)}."

    def _showReason(self, text):
        self.ui.reasonLabel.text = theme.breakable(text) or _("Select a line to read its explanation.")
        theme.setTextColour(self.ui.reasonLabel, None if text else theme.fadedColour())

    def onAssessment(self, *unused):
        combo = self.ui.assessmentComboBox
        before = self.panel.assessment()
        self.panel.showAssessment(combo.itemData(combo.currentIndex))
        self.panel.updateFromParameterNode()
        after = self.panel.assessment()
        if before and after and before.nodes.reference_volume is not after.nodes.reference_volume:
            self.panel.logic.views.center(after)  # another patient's head may lie elsewhere

    def onCompare(self, *unused):
        combo = self.ui.compareComboBox
        chosen = combo.itemData(combo.currentIndex)
        self.panel.parameterNode.compared = "" if chosen == NO_COMPARISON else chosen

    def onPlot(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The plot cannot be shown.")):
            self.panel.logic.views.showPlot(self.panel.assessment())

    def onDelete(self, *unused):
        assessment = self.panel.assessment()
        question = _("Delete the result “{title}” with its outlines, maps and verdict from the scene?")
        if assessment is not None and slicer.util.confirmOkCancelDisplay(
            theme.literally(question.format(title=assessment.title))
        ):
            self.panel.deleteAssessment(assessment)
