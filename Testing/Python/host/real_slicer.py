"""A running Slicer with the interface of the stand-in's Host, so that the same tests drive both."""

from __future__ import annotations

import time
from pathlib import Path

import qt
import slicer


class SlicerHost:
    """The application that the tests run in.

    Attributes
    ----------
    module, widget
        The module SynthTrust and its panel.
    dialogs : list of str
        What dialogs would have said; `answer` is what questions are answered with.
    folder : Path
        For temporary files.
    """

    is_standin = False

    def __init__(self) -> None:
        import SynthTrust

        self.module = SynthTrust
        self.folder = Path(slicer.app.temporaryPath)
        self.dialogs: list[str] = []
        self.answer = True
        self.widget = None
        self._font = qt.QFont(slicer.app.font())
        self._palette = qt.QPalette(slicer.app.palette())
        slicer.util.messageBox = self._message_box
        slicer.util.confirmOkCancelDisplay = self._confirm

    def _message_box(self, text, **_):
        self.dialogs.append(text)
        return qt.QMessageBox.Ok

    def _confirm(self, text, windowTitle=None, **_):
        self.dialogs.append(text)
        return self.answer

    # The module and the scene --------------------------------------------------------------------------------------

    def open_module(self):
        """Show the panel; it is made only once, so what it knows of segmenters is looked up again."""
        slicer.util.selectModule("SynthTrust")
        self.widget = slicer.modules.SynthTrustWidget
        self.widget.ui.segmenterFolderPathLineEdit.currentPath = ""
        self.widget.segmenters.load()
        self.widget.updateFromParameterNode()
        return self.widget

    def close_module(self) -> None:
        self.close_scene()
        slicer.util.selectModule("Welcome")
        self.widget = None

    def close_scene(self) -> None:
        slicer.mrmlScene.Clear(0)
        self.process()

    # Time ------------------------------------------------------------------------------------------------------------

    def process(self, milliseconds: int = 0) -> None:
        end = time.monotonic() + milliseconds / 1000
        slicer.app.processEvents()
        while time.monotonic() < end:
            slicer.app.processEvents()
            time.sleep(0.005)

    def wait_until(self, condition, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "what was waited for did not happen"
            self.process(20)

    # The panel's dock widget -----------------------------------------------------------------------------------------

    @property
    def dock(self):
        return slicer.util.findChildren(slicer.util.mainWindow(), "PanelDockWidget")[0]

    @property
    def scroll_area(self):
        area = self.widget.ui.SynthTrust
        while not area.inherits("QScrollArea"):
            area = area.parentWidget()
        return area

    @property
    def scrolled(self):
        return self.scroll_area.widget()

    @property
    def viewport(self):
        return self.scroll_area.viewport()

    def least_width(self) -> int:
        return self.scroll_area.parentWidget().minimumSizeHint.width()

    def set_size(self, width: int, height: int = 0) -> None:
        """Give the dock widget this width; its height is the main window's."""
        slicer.util.mainWindow().resizeDocks([self.dock], [width], qt.Qt.Horizontal)
        self.process(400)

    def set_letters(self, scale: float) -> None:
        font = qt.QFont(self._font)
        font.setPointSizeF(scale * font.pointSizeF())
        slicer.app.setFont(font)

    def set_theme(self, dark: bool) -> None:
        palette = qt.QPalette(self._palette)
        if dark:
            for role, colour in (
                (qt.QPalette.Window, "#2b2b2b"),
                (qt.QPalette.WindowText, "#e4e4e4"),
                (qt.QPalette.Base, "#1f1f1f"),
                (qt.QPalette.Text, "#e4e4e4"),
                (qt.QPalette.Button, "#383838"),
                (qt.QPalette.ButtonText, "#e4e4e4"),
            ):
                palette.setColor(role, qt.QColor(colour))
        slicer.app.setPalette(palette)

    def picture(self):
        return self.scrolled.grab()

    def screenshot(self, path: Path, **_) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        assert self.picture().save(str(path))
