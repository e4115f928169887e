"""Times and clicks of a reading, for a trial: off until it is switched on, in a file on this computer."""

from pathlib import Path

from slicer.i18n import tr as _

from . import theme
from .lines import followPath

KEY, BUTTON, LIST, PROGRAM = "key", "button", "list", "program"
"""What a step was done by."""


class TimesSection:
    """The switch, and what the other sections tell of."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._times = None  # the file, while it is recorded
        self._result = None
        self._by = LIST
        self._problem = ""
        ui.timesCheckBox.toggled.connect(self.onToggled)
        followPath(ui.exportPathLineEdit, self.update)

    def update(self):
        """Enable the switch where there is a folder to write to, and say where the file is."""
        box = self.ui.timesCheckBox
        folder = self.ui.exportPathLineEdit.currentPath
        box.enabled = self._times is not None or bool(folder and Path(folder).is_dir())
        box.toolTip = (
            _(
                "For a trial: note when spots are opened and settled, in a file in this folder. Nothing leaves this "
                "computer, and no name is noted."
            )
            if box.enabled
            else _("Choose a folder that exists.")
        )
        label = self.ui.timesLabel
        text = self._problem
        if self._times is not None:
            text = _("Recording into {file}").format(file=self._times.path)
        label.text = theme.breakable(text)
        label.visible = bool(text)
        assessment = self.panel.assessment()
        if self._times is not None and assessment is not None and assessment.id != self._result:
            self._result = assessment.id
            self.mark("result")

    def onToggled(self, *unused):
        if self.ui.timesCheckBox.checked:
            self._begin()
        else:
            self.stop()
        self.update()

    def stop(self):
        """End the file: it is switched off, or the panel closes."""
        if self._times is not None:
            self.mark("stop")
            self._times = None

    def do(self, by, function):
        """Do something that a key or a button has asked for. What follows of it by itself is the program's."""
        self._by = by
        try:
            function()
        finally:
            self._by = LIST

    def note(self, what, spot=None, region="", choice="", taken=""):
        """Note a step, if it is recorded."""
        by = self._by
        if by in (KEY, BUTTON):
            self._by = PROGRAM
        self._write(what, by, spot=spot, region=region, choice=choice, taken=taken)

    def mark(self, what):
        """Note what is no step at a spot, if it is recorded."""
        self._write(what, "")

    def _begin(self):
        from SynthTrustLib.errors import SynthTrustError
        from SynthTrustLib.runner.files.reading_times import ReadingTimes

        self._problem, self._result = "", None
        try:
            self._times = ReadingTimes(Path(self.ui.exportPathLineEdit.currentPath))
        except SynthTrustError as error:
            self._fail(error)
            return
        self.mark("start")

    def _write(self, what, by, **where):
        from SynthTrustLib.errors import SynthTrustError

        if self._times is None:
            return
        assessment = self.panel.assessment()
        made = str(assessment.scorecard.provenance.get("created", "")) if assessment is not None else ""
        try:
            self._times.note(what, by=by, result=made, **where)
        except SynthTrustError as error:
            self._fail(error)

    def _fail(self, error):
        """Say why nothing is recorded any more: no dialog may hold up the reading."""
        self._times = None
        self._problem = str(error)
        self.ui.timesCheckBox.checked = False
        self.update()
