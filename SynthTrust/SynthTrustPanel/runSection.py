"""Run: what it will take, start and stop, how far it is, what went wrong."""

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.errors import Cancelled, ConcernsError, SynthTrustError
from SynthTrustLib.runner.process.estimate import duration

from . import installing, theme
from .words import headline, shortened


def progressInWords(event):
    """The stage that a Progressed event of a child tells, and how long it will take."""
    left = ""
    if event.seconds_left is not None and event.overall < 1:
        left = _(", about {time} left").format(time=duration(event.seconds_left))
    return headline(event.stage) + left


class RunSection:
    """The run's buttons, its progress and its errors."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._faded = False
        self._stopping = False
        ui.runProgressBar.visible = False
        ui.runButton.clicked.connect(self.onRun)
        ui.cancelButton.clicked.connect(self.onCancel)
        ui.errorDetailsButton.toggled.connect(self.onDetails)
        ui.openLogButton.clicked.connect(self.onOpenLog)
        self.showError(None)

    def update(self):
        """Enable what can be done; say why not otherwise."""
        logic = self.panel.logic
        running = logic.isRunning()
        problem = _("A run is under way.") if running else self.panel.problem()
        self.ui.runButton.enabled = not problem
        patient = self.panel.patient.title()
        self.ui.runButton.text = _("Run on {patient}").format(patient=shortened(patient)) if patient else _("Run")
        self.ui.runButton.toolTip = theme.literally(
            problem
            or _("Run the chosen segmenters on {patient} (Ctrl+Shift+R).").format(patient=patient or _("this patient"))
        )
        self.ui.cancelButton.enabled = running and not self._stopping
        self.ui.runProgressBar.visible = running
        self.ui.openLogButton.enabled = bool(logic.lastLog)
        self.ui.openLogButton.toolTip = (
            _("Open the log of the last run in a text viewer.") if logic.lastLog else _("There was no run yet.")
        )
        self.ui.estimateLabel.text = theme.breakable(problem) if problem and not running else self._estimate()
        theme.setTextColour(self.ui.estimateLabel, theme.fadedColour() if problem and not running else None)
        if not running:
            self.ui.stageLabel.text = ""
        self.ui.stageLabel.visible = running
        self._colourProblem()

    def _estimate(self):
        members = len(self.panel.segmenters.chosenIds()) + len(self.panel.outlines.chosen())
        seconds, memory = self.panel.logic.estimate(self.panel.patient.volumes(), members, self.panel.segmenters.task())
        gigabytes = f"{memory / 1e9:.1f}"
        if seconds is None:
            return _(
                "Takes up to {memory} GB of memory. The time is known after the first run on this computer."
            ).format(memory=gigabytes)
        return _("Takes about {time} (as measured on this computer) and up to {memory} GB of memory.").format(
            time=duration(seconds), memory=gigabytes
        )

    def onRun(self, *unused):
        self.showError(None)
        missing = self.panel.logic.missingPackages(engine=bool(self.panel.segmenters.chosenIds()))
        problem, details = installing.install(self.panel.logic, missing, _("To run segmenters"))
        if problem:
            self._showProblem(problem, details)
            return
        with slicer.util.tryWithErrorDisplay(_("The run cannot be started.")):
            try:
                self.panel.startRun()
            except SynthTrustError as error:
                self.showError(error)

    def onConcerns(self, error):
        """Ask about all concerns of the run at once, and start it again where they are accepted."""
        if not self.panel.mayStartAgain():
            return  # the scene was closed, or the user was quicker
        question = _("Please look at this before anything runs:\n\n{concerns}\n\nRun all the same?")
        accepted = slicer.util.confirmOkCancelDisplay(
            theme.literally(question.format(concerns=self._listed(error))), "SynthTrust"
        )
        if not accepted:
            self.panel.forgetRun()
        if not self.panel.mayStartAgain():
            return  # it was declined, or the scene was closed while the question was there
        self.showError(None)
        with slicer.util.tryWithErrorDisplay(_("The run cannot be started.")):
            try:
                self.panel.startAgain([concern.key for concern in error.concerns])
            except SynthTrustError as problem:
                self.showError(problem)

    def _listed(self, error):
        return "\n".join(f"• {' '.join(concern.text.split())}" for concern in error.concerns)

    def onCancel(self, *unused):
        self._stopping = True
        self.ui.cancelButton.enabled = False
        self.ui.stageLabel.text = _("Stopping…")
        self.panel.logic.cancel()

    def onProgress(self, event):
        """Show a Progressed event of the child."""
        self.ui.runProgressBar.value = round(100 * event.overall)
        if self._stopping:
            return  # the child has said this before it was told to stop
        self.ui.stageLabel.text = progressInWords(event)

    def onStarted(self):
        self._stopping = False
        self.ui.runProgressBar.value = 0
        self.ui.stageLabel.text = _("Starting…")
        self.update()
        self.panel.scroller.show(self.ui.runCollapsibleButton)

    def showError(self, error):
        """One sentence in the panel; what a developer needs is behind Details. None clears it."""
        if isinstance(error, Cancelled):
            self._showProblem(_("The run was cancelled. Nothing was kept."), faded=True)
        elif isinstance(error, ConcernsError):
            text = _("Nothing was run. Correct this, or press Run again and accept it:\n{concerns}")
            self._showProblem(text.format(concerns=self._listed(error)))
        else:
            self._showProblem("" if error is None else str(error), getattr(error, "details", ""))

    def _showProblem(self, text, details="", faded=False):
        self.ui.errorLabel.text = theme.breakable(text)
        self.ui.errorLabel.visible = bool(text)
        self._faded = faded
        self._colourProblem()
        self.ui.errorDetailsButton.visible = bool(details)
        self.ui.errorDetailsButton.checked = False
        self.ui.errorDetailsBrowser.plainText = details
        self.ui.errorDetailsBrowser.visible = False

    def _colourProblem(self):
        theme.setTextColour(self.ui.errorLabel, theme.fadedColour() if self._faded else theme.errorColour())

    def onDetails(self, shown):
        self.ui.errorDetailsBrowser.visible = shown

    def onOpenLog(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The log cannot be opened.")):
            path = self.panel.logic.files.writeLog()
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))
