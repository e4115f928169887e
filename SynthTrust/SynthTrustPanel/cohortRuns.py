"""Runs of a cohort from the panel, with progress and cancel; and what a hospital learns from its references."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.errors import Cancelled
from SynthTrustLib.runner.process.events import Noted, Progressed

from . import installing, theme
from .lines import followPath
from .runSection import progressInWords

NOTES = 12
"""Lines of a run that are shown below its progress, the last ones."""


class CohortRuns:
    """The child process that works on the cohort of a `section`."""

    def __init__(self, ui, panel, section):
        self.ui = ui
        self.panel = panel
        self.section = section
        self._notes = []
        self._progress = ""
        self._learned = ""  # the folder of the cohort that was learned from last
        followPath(ui.cohortSourcePathLineEdit, section.update)
        ui.cohortRunButton.clicked.connect(lambda *unused: self.onRun())
        ui.cohortAcceptButton.clicked.connect(self.onAccept)
        ui.cohortCancelButton.clicked.connect(self.onCancel)
        ui.cohortLearnButton.clicked.connect(self.onLearn)
        ui.cohortUseButton.clicked.connect(self.onUse)
        ui.cohortUndoButton.clicked.connect(self.onUndo)

    def update(self):
        """Enable what can be done; say why not otherwise."""
        running = self.section.logic.isRunning()
        self._updateRun(running)
        self._updateLearn(running)

    def _updateRun(self, running):
        ui = self.ui
        source, folder = ui.cohortSourcePathLineEdit.currentPath, ui.cohortPathLineEdit.currentPath
        if running:
            problem = _("A run is under way.")
        elif not folder:
            problem = _("Choose the folder that the results go into, above.")
        elif not source or not Path(source).exists():
            problem = _("Choose a folder or a table of patients.")
        else:
            problem = self.panel.segmenters.problem()
        ui.cohortRunButton.enabled = not problem
        ui.cohortRunButton.toolTip = theme.literally(problem) or _(
            "Run the chosen segmenters on every patient. Whoever is done is not run again."
        )
        ui.cohortRunHintLabel.text = problem or _(
            "Runs the chosen segmenters on every patient, and goes on where an earlier run stood."
        )
        theme.setTextColour(ui.cohortRunHintLabel, theme.fadedColour())
        ui.cohortCancelButton.enabled = running
        line = self.section.selected()
        concerned = line is not None and bool(line.concerns)
        ui.cohortAcceptButton.visible = concerned
        ui.cohortAcceptButton.enabled = concerned and not problem
        ui.cohortAcceptButton.toolTip = theme.literally(problem) or _(
            "Run this patient in spite of what needs a look, and whoever waits."
        )

    def _updateLearn(self, running):
        ui, cohort = self.ui, self.section.logic.cohort
        own = self.section.logic.ownCalibration()
        problem = _("A run is under way.") if running else "" if cohort is not None else _("Open a cohort first.")
        learned = cohort is not None and self._learned == str(cohort.folder)
        ui.cohortLearnButton.enabled = not problem
        ui.cohortLearnButton.toolTip = problem or _(
            "Learn status and predictions from this cohort's references, and show how well they do. Replaces nothing."
        )
        ui.cohortUseButton.enabled = not problem and learned
        ui.cohortUseButton.toolTip = problem or (
            _("Judge patients by what was learned from now on.") if learned else _("Learn first, and look at it.")
        )
        ui.cohortUndoButton.enabled = own is not None and not running
        ui.cohortUndoButton.toolTip = (
            _("Take back what was learned last.") if own is not None else _("Nothing was learned at this hospital yet.")
        )
        ui.cohortLearnHintLabel.text = theme.breakable(
            _("In use: {file}, beside what SynthTrust ships.").format(file=own.name)
            if own is not None
            else _("In use: what SynthTrust ships. Patients with references teach status and predictions.")
        )
        theme.setTextColour(ui.cohortLearnHintLabel, theme.fadedColour())

    def onAccept(self, *unused):
        """Ask about the concerns of the patient who is selected, and run it where they are accepted."""
        line = self.section.selected()
        question = _("Please look at this before the patient is run:\n\n{concerns}\n\nRun all the same?")
        text = question.format(concerns=self.section.about(line.key))
        if slicer.util.confirmOkCancelDisplay(theme.literally(text), "SynthTrust"):
            self.onRun([f"{line.key}/{concern}" for concern in line.concerns])

    def onRun(self, accepted=()):
        """Run whoever is not done; in spite of the concerns that are `accepted`."""
        if not self._install(self.section.logic.missingPackages(), _("To run many patients")):
            return
        self._begin(
            lambda **listen: self.section.logic.run(
                self.ui.cohortPathLineEdit.currentPath,
                self.ui.cohortSourcePathLineEdit.currentPath,
                segmenters=self.panel.segmenters.chosenIds(),
                record=self.panel.segmenters.record(),
                segmenterFolder=self.ui.segmenterFolderPathLineEdit.currentPath,
                reference=self.ui.cohortReferenceLineEdit.text.strip(),
                retryFailed=self.ui.cohortRetryCheckBox.checked,
                accepted=accepted,
                **listen,
            ),
            lambda: self.section.open(self.ui.cohortPathLineEdit.currentPath),
            self.section.openAgain,
        )

    def _install(self, missing, purpose):
        """Whether all is there that is needed, having asked where it was not."""
        problem, _details = installing.install(self.panel.logic, missing, purpose)
        if problem:
            self.section.tell("", problem)
            self.section.update()
        return not problem

    def onLearn(self, *unused):
        if not self._install(installing.missing(installing.REPORT), _("To show what was learned")):
            return
        folder = str(self.section.logic.cohort.folder)

        def learned():
            self._learned = folder
            self.section.tell("\n".join(self._notes))
            page = Path(folder) / "hospital.html"
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(page)))

        self._begin(lambda **listen: self.section.logic.learn(folder, **listen), learned)

    def onUse(self, *unused):
        question = _("Judge patients by what was learned from this cohort from now on? You can take it back.")
        if not slicer.util.confirmOkCancelDisplay(question, "SynthTrust"):
            return

        def used():
            self.section.tell("\n".join(self._notes[-2:]))

        folder = str(self.section.logic.cohort.folder)
        self._begin(lambda **listen: self.section.logic.learn(folder, use=True, **listen), used)

    def onUndo(self, *unused):
        question = _("Take back what was learned at this hospital last?")
        if not slicer.util.confirmOkCancelDisplay(question, "SynthTrust"):
            return
        with slicer.util.tryWithErrorDisplay(_("It cannot be taken back.")):
            before = self.section.logic.undo()
            what = before.name if before else _("what SynthTrust ships")
            self.section.tell(_("In use: {what}.").format(what=what))
        self.section.update()

    def _begin(self, start, onDone, onStopped=lambda told: None):
        self._notes, self._progress = [], ""
        self.section.tell(_("Starting…"))
        self.ui.cohortProgressBar.value = 0

        def ended(_folder, error):
            if error is None:
                self.section.tell("")
                onDone()
            elif isinstance(error, Cancelled):
                self.section.tell(_("It was stopped. Whoever is done stays done."))
                onStopped(self.section.told)
            else:
                self.section.tell("", self.section.inOneSentence(error))
                onStopped("")
            self.section.update()

        with slicer.util.tryWithErrorDisplay(_("It cannot be started.")):
            try:
                start(onEvent=self.onEvent, onEnd=ended)
            except BaseException:
                self.section.tell("")
                raise
            finally:
                self.section.update()

    def onCancel(self, *unused):
        self.ui.cohortCancelButton.enabled = False
        self.section.tell(_("Stopping…"))
        self.section.logic.cancel()

    def onEvent(self, event):
        """Show what the child says."""
        if isinstance(event, Noted):
            self._notes.append(event.text)
        elif isinstance(event, Progressed):
            self.ui.cohortProgressBar.value = round(100 * event.overall)
            self._progress = progressInWords(event)
        self.section.tell("\n".join([*filter(None, [self._progress]), *self._notes[-NOTES:]]))
