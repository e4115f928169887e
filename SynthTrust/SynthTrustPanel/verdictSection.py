"""Your verdict: the reviewer's decision per region, and outlines that were edited, measured again."""

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.trust.verdict import Decision, Verdict

from . import theme
from .words import headline, inWords


class VerdictSection:
    """Decisions, comments, reviewer and time."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._filledFrom = ()
        self._reviewerOf = ()  # whose verdicts are shown: result, reviewer
        self._boxes = {}
        self._comments = {}
        self._drafts = {}  # result -> region -> choice and comment that were not recorded yet
        table = ui.verdictTable
        columns = [
            (_("Region"), _("What is judged; below it a comment that is kept with the verdict.")),
            (_("Verdict"), _("Whether the outline may be used.")),
        ]
        theme.setUpTable(table, columns)
        self._fitter = theme.RowFitter(table)
        edited = ui.editedTable
        columns = [
            (_("Edited"), _("The outline that was changed after the run, and each region of it.")),
            (
                _("Now"),
                _(
                    "Its volume, the longest diameter in an axial slice and the one perpendicular to it, and the "
                    "overlap with the segmenters' outlines, lowest and highest."
                ),
            ),
        ]
        theme.setUpTable(edited, columns, stretched=1)
        self._editedFitter = theme.RowFitter(edited)
        ui.recordVerdictButton.clicked.connect(self.onRecord)
        ui.editButton.clicked.connect(self.onEdit)

    def update(self):
        """Show the recorded verdict of the shown result."""
        assessment = self.panel.assessment()
        reviewer = self.panel.parameterNode.reviewer.strip() if self.panel.parameterNode else ""
        self._follow(assessment, reviewer)
        key = (assessment.id, assessment.verdicts()) if assessment else None
        if key != self._filledFrom:
            self._keepDrafts()
            self._filledFrom = key
            self._fill(assessment)
            self.updateEdited()
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
        self.ui.editButton.enabled = assessment is not None and assessment.nodes.record is not None
        for widget in (self.ui.verdictTable, self.ui.verdictLabel):
            widget.visible = assessment is not None
        self.ui.verdictTable.enabled = assessment is not None

    def _follow(self, assessment, reviewer):
        """In a cohort every reader has verdicts of their own: show those of whoever is named now."""
        key = (assessment.id, reviewer) if assessment else ()
        if key and self._reviewerOf and key[0] == self._reviewerOf[0] and key != self._reviewerOf:
            self.panel.cohort.logic.showVerdictsOf(assessment, reviewer)
        self._reviewerOf = key

    def isUnrecorded(self):
        """Whether something was chosen or written for the shown result, and not recorded."""
        self._keepDrafts()
        return bool(self._filledFrom and self._drafts.get(self._filledFrom[0]))

    def _keepDrafts(self):
        """Remember what differs from the recorded verdicts of the result that is shown."""
        if not self._filledFrom:
            return
        shown, verdicts = self._filledFrom
        recorded = {verdict.region: verdict for verdict in verdicts}
        drafts = {}
        for region, box in self._boxes.items():
            draft = (box.currentIndex, self._comments[region].text)
            if draft != self._choice(recorded.get(region)):
                drafts[region] = draft
        self._drafts[shown] = drafts

    def _choice(self, verdict):
        """A recorded verdict as index and comment."""
        return (list(Decision).index(verdict.decision) + 1, verdict.comment) if verdict else (0, "")

    def updateEdited(self):
        """List the outlines that differ from those of the run."""
        assessment = self.panel.assessment()
        measures = self.panel.logic.editedMeasures(assessment) if assessment else []
        table = self.ui.editedTable
        table.visible = bool(measures)
        table.rowCount = len(measures)
        for row, (name, region, volume, diameters, dice) in enumerate(measures):
            now = _("{volume}, {diameters}, Dice {dice}").format(volume=volume, diameters=diameters, dice=dice)
            table.setItem(row, 0, theme.tableItem(f"{theme.breakable(name)}\n{headline(region)}"))
            table.setItem(row, 1, theme.tableItem(now))
        self._editedFitter.fitSoon()

    def _fill(self, assessment):
        table = self.ui.verdictTable
        regions = assessment.regions if assessment else ()
        recorded = {verdict.region: verdict for verdict in assessment.verdicts()} if assessment else {}
        drafts = self._drafts.get(assessment.id, {}) if assessment else {}
        table.clearSpans()
        table.rowCount = 2 * len(regions)
        self._boxes, self._comments = {}, {}
        for row, region in zip(range(0, table.rowCount, 2), regions, strict=True):
            name = assessment.task.name(region)
            table.setItem(row, 0, theme.tableItem(headline(name)))
            box = qt.QComboBox()
            theme.narrow(box, letters=12)
            box.toolTip = _("Your verdict on the outline of the {region}.").format(region=inWords(name))
            box.addItem(_("not judged"), "")
            for decision in Decision:
                box.addItem(inWords(decision), str(decision))
            index, words = drafts.get(region) or self._choice(recorded.get(region))
            box.currentIndex = index
            box.currentIndexChanged.connect(self.onChanged)
            table.setCellWidget(row, 1, box)
            comment = qt.QLineEdit()
            comment.text = words
            comment.placeholderText = _("comment")
            comment.toolTip = _("Your comment on the outline of the {region}; it is kept with the verdict.").format(
                region=inWords(name)
            )
            table.setSpan(row + 1, 0, 1, 2)
            table.setCellWidget(row + 1, 0, comment)
            self._boxes[region], self._comments[region] = box, comment
        self._fitter.fitSoon()
        if recorded:
            last = max(recorded.values(), key=lambda verdict: verdict.time)
            text = _("Recorded by {reviewer} on {time} (UTC).")
            self.ui.verdictLabel.text = theme.breakable(
                text.format(reviewer=last.reviewer, time=last.time.replace("T", " ").replace("+00:00", ""))
            )
        else:
            self.ui.verdictLabel.text = _("No verdict has been recorded for this result.") if assessment else ""

    def _decisions(self):
        return {region: box.currentIndex - 1 for region, box in self._boxes.items() if box.currentIndex > 0}

    def onChanged(self, *unused):
        self.update()

    def onRecord(self, *unused):
        assessment = self.panel.assessment()
        recorded = {verdict.region: verdict for verdict in assessment.verdicts()}
        verdicts = []
        for region, index in self._decisions().items():
            # What nobody has changed stays as it was, with its reader and time.
            if (index + 1, self._comments[region].text) == self._choice(recorded.get(region)):
                verdicts.append(recorded[region])
                continue
            comment, reviewer = self._comments[region].text, self.panel.parameterNode.reviewer
            verdicts.append(Verdict.now(region, list(Decision)[index], comment, reviewer))
        assessment.set_verdicts(verdicts)
        self.update()
        self.panel.cohort.onVerdict(assessment)  # raises where the cohort's folder cannot be written to

    def onEdit(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The outline cannot be opened in the Segment Editor.")):
            self.panel.logic.editing.openInSegmentEditor(self.panel.assessment(), self.panel.look.region())
