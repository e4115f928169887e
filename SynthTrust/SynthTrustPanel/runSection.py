"""Run: what it will take, start and stop, how far it is, what went wrong."""

from __future__ import annotations

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.errors import Cancelled
from SynthTrustLib.runner.estimate import duration

from . import theme


class RunSection:
    """The run's buttons, its progress and its errors."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        ui.runProgressBar.visible = False
        ui.errorDetailsBrowser.setFixedHeight(130)
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
        self.ui.runButton.toolTip = problem or _("Run the chosen segmenters on this patient (Ctrl+Shift+R).")
        self.ui.cancelButton.enabled = running
        self.ui.runProgressBar.visible = running
        self.ui.openLogButton.enabled = bool(logic.lastLog)
        self.ui.openLogButton.toolTip = (
            _("Open the log of the last run in a text viewer.") if logic.lastLog else _("There was no run yet.")
        )
        self.ui.estimateLabel.text = problem if problem and not running else self._estimate()
        theme.setTextColour(self.ui.estimateLabel, theme.fadedColour() if problem and not running else None)
        if not running:
            self.ui.stageLabel.text = ""
        self.ui.stageLabel.visible = running

    def _estimate(self):
        seconds, memory = self.panel.logic.estimate(
            self.panel.patient.volumes(), len(self.panel.segmenters.chosenIds())
        )
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
        with slicer.util.tryWithErrorDisplay(_("The run cannot be started.")):
            self.panel.startRun()

    def onCancel(self, *unused):
        self.ui.cancelButton.enabled = False
        self.ui.stageLabel.text = _("Stopping…")
        self.panel.logic.cancel()

    def onProgress(self, event):
        """Show a Progressed event of the child."""
        self.ui.runProgressBar.value = round(100 * event.overall)
        left = ""
        if event.seconds_left is not None and event.overall < 1:
            left = _(", about {time} left").format(time=duration(event.seconds_left))
        self.ui.stageLabel.text = event.stage[:1].upper() + event.stage[1:] + left

    def onStarted(self):
        self.ui.runProgressBar.value = 0
        self.ui.stageLabel.text = _("Starting…")
        self.update()

    def showError(self, error):
        """One sentence in the panel; what a developer needs is behind Details. None clears it."""
        details = getattr(error, "details", "")
        if error is None:
            text = ""
        elif isinstance(error, Cancelled):
            text = _("The run was cancelled. Nothing was kept.")
        else:
            text = str(error)
        self.ui.errorLabel.text = text
        self.ui.errorLabel.visible = bool(text)
        theme.setTextColour(
            self.ui.errorLabel, theme.fadedColour() if isinstance(error, Cancelled) else theme.errorColour()
        )
        self.ui.errorDetailsButton.visible = bool(details)
        self.ui.errorDetailsButton.checked = False
        self.ui.errorDetailsBrowser.plainText = details
        self.ui.errorDetailsBrowser.visible = False

    def onDetails(self, shown):
        self.ui.errorDetailsBrowser.visible = shown

    def onOpenLog(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The log cannot be opened.")):
            path = self.panel.logic.writeLog()
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))
