"""Cohort: many patients as a worklist, worst first; one click loads the next, and readers judge them."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.errors import SynthTrustError

from . import theme
from .cohortLogic import CohortLogic
from .cohortRuns import CohortRuns
from .lines import followPath
from .slices import Slices
from .words import headline, inWords

PATIENT, FIRST_REGION = 0, 1


class CohortSection:
    """The worklist of an open cohort, and its patients."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self.logic = CohortLogic(panel.logic)
        self._slices = None  # of a cohort or a patient that is being read
        self._reading = ""  # the key of that patient
        self._problem = ""
        self._told = ""
        self._regions = ()
        self._selected = ""
        self._filled = None
        self.runs = CohortRuns(ui, panel, self)
        ui.cohortTable.verticalHeader().visible = False
        ui.cohortTable.wordWrap = False
        ui.cohortTable.textElideMode = qt.Qt.ElideMiddle
        ui.cohortTable.itemSelectionChanged.connect(self.onSelection)
        ui.cohortTable.cellDoubleClicked.connect(self.onDoubleClick)
        followPath(ui.cohortPathLineEdit, self.onFolder)
        ui.previousPatientButton.clicked.connect(lambda *unused: self.step(-1))
        ui.nextPatientButton.clicked.connect(lambda *unused: self.step(1))
        ui.exportVerdictsButton.clicked.connect(self.onExportVerdicts)

    # What is shown -----------------------------------------------------------------------------------------------

    def update(self):
        """Enable what can be done; say why not otherwise."""
        cohort, ui = self.logic.cohort, self.ui
        reading, running = self._slices is not None, self.logic.isRunning()
        lines = cohort.lines if cohort is not None else ()
        done = [line for line in lines if line.regions is not None]
        for widget in (ui.cohortTable, ui.cohortPatientLabel, ui.exportVerdictsButton):
            widget.visible = cohort is not None
        for widget in (ui.previousPatientButton, ui.nextPatientButton):
            widget.visible = bool(done)
        ui.cohortLabel.text = theme.breakable(self._problem or self._summary())
        theme.setTextColour(ui.cohortLabel, theme.errorColour() if self._problem else theme.fadedColour())
        ui.previousPatientButton.enabled = not reading and self._neighbour(-1) is not None
        ui.nextPatientButton.enabled = not reading and self._neighbour(1) is not None
        ui.previousPatientButton.toolTip = _("Load the patient above, and put this one away (Ctrl+Shift+PgUp).")
        ui.nextPatientButton.toolTip = _("Load the patient below, and put this one away (Ctrl+Shift+PgDown).")
        hasVerdicts = cohort is not None and any(cohort.verdicts.values())
        ui.exportVerdictsButton.enabled = hasVerdicts
        ui.exportVerdictsButton.toolTip = (
            _("Write the verdicts of all readers as one table into the cohort's folder.")
            if hasVerdicts
            else _("There is no verdict in this cohort yet.")
        )
        self.runs.update()
        ui.cohortProgressBar.visible = reading or running
        ui.cohortStageLabel.text = theme.breakable(self._told)
        ui.cohortStageLabel.visible = bool(self._told)
        key = (id(cohort), theme.isDark(), cohort.verdicts if cohort else None)
        if key != self._filled:
            self._filled = key
            self._fill()
        self._mark()

    def _summary(self):
        cohort = self.logic.cohort
        if cohort is None:
            return _("Choose the folder of a cohort, or an empty one to run patients into.")
        counts = {}
        for line in cohort.lines:
            counts[line.outcome] = counts.get(line.outcome, 0) + 1
        parts = [f"{number} {inWords(outcome)}" for outcome, number in sorted(counts.items())]
        words = _("{count} patients: {parts}.") if len(cohort.lines) != 1 else _("{count} patient: {parts}.")
        return words.format(count=len(cohort.lines), parts=", ".join(parts))

    def _fill(self):
        """The worklist: who, the status of each region with the predicted Dice, and the verdicts."""
        table, cohort = self.ui.cohortTable, self.logic.cohort
        lines = cohort.lines if cohort is not None else ()
        self._regions = tuple(dict.fromkeys(region for line in lines for region in line.regions or {}))
        columns = [(_("Patient"), _("As you know them; the key where the local file does not tell."))]
        about = _("The status as a colour; the number is the predicted Dice, a dot where none is predicted.")
        columns += [(region, about) for region in self._regions]
        columns += [(_("Verdict"), _("Of all readers; differ: they are not of one mind."))]
        table.blockSignals(True)
        table.clearContents()
        theme.setUpTable(table, columns)
        table.wordWrap = False
        table.rowCount = len(lines)
        for row, line in enumerate(lines):
            name = cohort.name(line.key)
            item = theme.tableItem(
                name, f"{name} ({line.key})\n{line.outcome}{': ' if line.reason else ''}{line.reason}"
            )
            item.setData(qt.Qt.UserRole, line.key)
            table.setItem(row, PATIENT, item)
            for column, region in enumerate(self._regions, start=FIRST_REGION):
                table.setItem(row, column, self._regionItem(line, region))
            verdicts = cohort.verdicts.get(line.key, ())
            table.setItem(row, FIRST_REGION + len(self._regions), self._verdictItem(verdicts))
            if line.key == self._selected:
                table.selectRow(row)
        table.blockSignals(False)

    def _regionItem(self, line, region):
        found = (line.regions or {}).get(region)
        if found is None:
            return theme.tableItem("-" if line.regions is None else "", line.reason or line.outcome)
        text = "\u00b7" if found.predicted_dice is None else f"{found.predicted_dice:.2f}"
        return theme.statusItem(str(found.status), text, f"{inWords(found.status)}: {found.reason}")

    def _verdictItem(self, verdicts):
        from SynthTrustLib.cohort.verdicts import in_a_word

        tip = "\n".join(f"{v.region}: {inWords(v.decision)}, {v.reviewer} {v.time[:10]} {v.comment}" for v in verdicts)
        return theme.tableItem(inWords(in_a_word(verdicts)) if verdicts else "", tip)

    def _mark(self):
        """Whoever is shown is bold."""
        table, shown = self.ui.cohortTable, self.logic.keyOf(self.panel.assessment())
        for row in range(table.rowCount):
            item = table.item(row, PATIENT)
            font = item.font()
            bold = item.data(qt.Qt.UserRole) == shown
            if font.bold() != bold:
                font.setBold(bold)
                item.setFont(font)

    # The cohort and its patients ---------------------------------------------------------------------------------

    def onFolder(self):
        """Open what lies in the folder; one without a cohort waits for a run."""
        folder = self.ui.cohortPathLineEdit.currentPath
        self._stopReading()
        self.logic.cohort = None
        self._problem = self._told = ""
        if folder and Path(folder).is_dir():
            self.open(folder)
        else:
            self.update()

    @property
    def told(self):
        """What is said below the list."""
        return self._told

    def openAgain(self, told):
        """Read what a run that did not get to its end has left, where it has come to be a cohort; then say `told`."""
        from SynthTrustLib.cohort.folder import COHORT_FILE

        folder = self.ui.cohortPathLineEdit.currentPath
        if (Path(folder) / COHORT_FILE).is_file():
            self.open(folder, told)

    def open(self, folder, told=""):
        """Read the cohort in a folder again, and then say `told`."""

        def opened(cohort, error):
            self._slices = None
            self.logic.cohort = cohort
            self._told = told
            if error is not None and not self._isEmpty(folder):
                self._problem = self.inOneSentence(error)
            self.update()

        self._read(self.logic.opening(folder), opened, _("Reading the cohort, {percent} %"))

    def _isEmpty(self, folder):
        try:
            return not any(Path(folder).iterdir())
        except OSError:
            return False

    def onSelection(self):
        table = self.ui.cohortTable
        rows = [item.row() for item in table.selectedItems()]
        self._selected = table.item(rows[0], PATIENT).data(qt.Qt.UserRole) if rows else ""
        self.ui.cohortPatientLabel.text = theme.breakable(self.about(self._selected))
        self.update()

    def selected(self):
        """The line of the patient who is selected; None for nobody."""
        return self._line(self._selected)

    def about(self, key):
        """Why a patient stands where it stands, in sentences."""
        line = self._line(key)
        if line is None:
            return ""
        if line.concerns_said:
            return "\n".join([f"{headline(line.outcome)}.", *(f"\u2022 {said}." for said in line.concerns_said)])
        if line.regions is None:
            reason = line.reason.removeprefix(f"{line.outcome}: ")  # what needs a look says so itself
            return f"{headline(line.outcome)}. {reason[:1].upper()}{reason[1:]}".rstrip(". ") + "."
        reasons = {}
        for region, found in line.regions.items():
            reasons.setdefault(found.reason, []).append(region)
        said = [f"{', '.join(regions)}: {reason}" for reason, regions in reasons.items()]
        if line.unusual:
            said.append(_("The scans are unlike those that predictions were learned from."))
        return "\n".join(said)

    def _line(self, key):
        lines = self.logic.cohort.lines if self.logic.cohort is not None else ()
        return next((line for line in lines if line.key == key), None)

    def onDoubleClick(self, row, column):
        self.load(self.ui.cohortTable.item(row, PATIENT).data(qt.Qt.UserRole))

    def step(self, by):
        """Load the next patient with a result, `by` steps further down the list; nothing at its end."""
        key = self._neighbour(by)
        if key is not None and self._slices is None:
            self.load(key)

    def _neighbour(self, by):
        """The key of the patient with a result who is `by` steps from the one that is shown, or selected."""
        lines = self.logic.cohort.lines if self.logic.cohort is not None else ()
        keys = [line.key for line in lines if line.regions is not None]
        here = self.logic.keyOf(self.panel.assessment())
        if here not in keys:
            here = self._selected
            if here in keys and by > 0:
                return here
        if here not in keys:
            return keys[0] if keys and by > 0 else None
        place = keys.index(here) + by
        return keys[place] if 0 <= place < len(keys) else None

    def load(self, key):
        """Show a patient of the cohort, and put the one before away."""
        line = self._line(key)
        if line is None or self._slices is not None or not self._maySetAside():
            return
        if line.regions is None:
            self._told = _("There is no result to load for this patient.")
            self.update()
            return

        def loaded(result, error):
            self._slices = None
            self._reading = self._told = ""
            if error is not None:
                self._problem = self.inOneSentence(error)
                self.panel.showPatient()
            else:
                self._show(result)
            self.update()

        self._problem, self._reading = "", key
        reviewer = self.panel.parameterNode.reviewer
        self._read(self.logic.loading(key, reviewer), loaded, _("Loading the patient, {percent} %"))

    def _show(self, result):
        panel, table = self.panel, self.ui.cohortTable
        for row in range(table.rowCount):
            if table.item(row, PATIENT).data(qt.Qt.UserRole) in (self._reading, self.logic.keyOf(result)):
                table.selectRow(row)
        panel.showAssessment(result.id)
        panel.unfold("scorecard", "look", "verdict")
        panel.updateFromParameterNode()
        panel.logic.views.center(panel.assessment())

    def _maySetAside(self):
        """Whether the patient that is shown may be put away: what was edited or chosen and not kept would be lost."""
        questions = []
        if self.logic.isEdited():
            questions.append(
                _("Outlines of this patient were edited. Put the patient away, and lose what was not exported?")
            )
        if self.logic.keyOf(self.panel.assessment()) and self.panel.verdict.isUnrecorded():
            questions.append(_("A verdict was chosen and not recorded. Put the patient away without it?"))
        return all(slicer.util.confirmOkCancelDisplay(question, "SynthTrust") for question in questions)

    def _read(self, steps, onEnd, words):
        def onProgress(done):
            self.ui.cohortProgressBar.value = round(100 * done)
            self.ui.cohortStageLabel.text = words.format(percent=round(100 * done))

        self._slices = Slices(steps, onEnd, onProgress)
        self._told = words.format(percent=0)
        self.ui.cohortProgressBar.value = 0
        self.update()

    def _stopReading(self):
        if self._slices is not None:
            self._slices.stop()
            self._slices = None
            self._reading = ""

    def isIdle(self):
        """Whether nothing is being read or run."""
        return self._slices is None and not self.logic.isRunning()

    def stop(self):
        """Give up what is being read and run: the module is closing."""
        self._stopReading()
        self.logic.abandon()

    def onSceneClosed(self):
        """What is being loaded goes with the scene; the cohort stays open."""
        self._stopReading()

    # Verdicts ----------------------------------------------------------------------------------------------------

    def onVerdict(self, result):
        """A verdict was recorded: keep it in the cohort's folder, where the result is of one."""
        with slicer.util.tryWithErrorDisplay(_("The verdict is in the scene, and not in the cohort's folder.")):
            if self.logic.keepVerdicts(result):
                self._told = _("The verdict was written into the cohort's folder.")
        self.update()

    def onExportVerdicts(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The table cannot be written.")):
            self._told = _("The verdicts were written to {path}.").format(path=self.logic.writeVerdicts())
        self.update()

    def tell(self, text, problem=""):
        """Say what is being done, or what became of it; and what went wrong, in one sentence."""
        self._told, self._problem = text, problem
        self.ui.cohortStageLabel.text = theme.breakable(text)
        self.ui.cohortStageLabel.visible = bool(text)

    def inOneSentence(self, error):
        """An error in words."""
        return str(error) if isinstance(error, SynthTrustError) else f"{type(error).__name__}: {error}"
