"""The ``qt`` module of Slicer's Python, made of PySide6.

PythonQt shows Qt's properties as attributes. PySide6 does the same for modules in which its `true_property` feature is
switched on; `switch_properties` does that for a module that does not know of PySide6.
"""

from __future__ import annotations

import ctypes
import sys
import types
from pathlib import Path
from typing import ClassVar

from PySide6 import QtCore, QtGui, QtWidgets

TRUE_PROPERTY = 0x02
IGNORED = -1


class QTimer(QtCore.QTimer):
    """A timer that holds whatever is connected to it until it is destroyed, as all of PythonQt's objects do.

    A timer that belongs to who is connected is then destroyed by nobody, but by `deleteLater`: PySide6 would let go of
    both. PySide6's `true_property` breaks QTimer, too, whose property `singleShot` has the name of a static method.
    """

    _held: ClassVar[dict[int, _Held]] = {}

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        key = id(self)
        self.timeout = QTimer._held[key] = _Held(self.timeout)
        self.destroyed.connect(lambda *_: QTimer._let_go(key))

    @staticmethod
    def _let_go(key: int) -> None:
        held = QTimer._held.pop(key, None)
        if held is not None and held.calling:  # PythonQt would go on with what is destroyed, and crash
            error = RuntimeError("a timer was destroyed by what it calls: keep it, and use deleteLater")
            sys.excepthook(type(error), error, None)

    def setSingleShot(self, single: bool) -> None:
        QtCore.QTimer.setSingleShot(self, single)

    @staticmethod
    def singleShot(milliseconds: int, function) -> None:
        """A timer as any other, as PythonQt's; Qt itself would call `function` before the events that have come."""
        timer = QtCore.QTimer(QtCore.QCoreApplication.instance())
        timer.setSingleShot(True)
        timer.timeout.connect(function)
        timer.timeout.connect(timer.deleteLater)
        timer.start(milliseconds)


class _Held:
    """A signal that holds its handlers."""

    def __init__(self, signal) -> None:
        self._signal = signal
        self._functions: list = []
        self.calling = 0

    def connect(self, function) -> None:
        def call() -> None:
            self.calling += 1
            try:
                function()
            finally:
                self.calling -= 1

        self._functions.append(call)
        self._signal.connect(call)


class QDesktopServices:
    """Remembers what would have been opened."""

    opened: ClassVar[list[str]] = []

    @classmethod
    def openUrl(cls, url) -> bool:
        cls.opened.append(url.toString())
        return True


def make_qt(settings_file: Path) -> types.ModuleType:
    """The module; its QSettings live in `settings_file`, so that tests neither see nor change the user's own."""

    class QSettings(QtCore.QSettings):
        def __init__(self) -> None:
            super().__init__(str(settings_file), QtCore.QSettings.Format.IniFormat)

    qt = types.ModuleType("qt")
    for source in (QtCore, QtGui, QtWidgets):
        for name in dir(source):
            if name.startswith("Q"):
                setattr(qt, name, getattr(source, name))
    qt.QTimer = QTimer
    qt.QSettings = QSettings
    qt.QDesktopServices = QDesktopServices
    return qt


def switch_properties(on: bool, *module_names: str) -> None:
    """Whether the modules of these names see Qt's properties as attributes, as all modules do in Slicer.

    A module that is not named here and does not speak of PySide6 goes by whichever module touched Qt last, so all of
    the panel and its tests must be named before they touch Qt.
    """
    switches = _switches()
    for name in module_names:
        switches[name] = TRUE_PROPERTY if on else 0


def _switches() -> dict[str, int]:
    """PySide6's switch of each module, by its name."""
    from shibokensupport import feature

    if not feature._is_initialized:
        asked = feature._mod_uses_pyside
        switches = feature.pyside_feature_dict

        def speaks_of_pyside(module: types.ModuleType) -> bool:
            try:
                return asked(module)
            except Exception:  # PySide6 asks for its source, which lazy modules, such as torch.ops, do not bear
                return False

        feature._mod_uses_pyside = speaks_of_pyside
        # PySide6 would do the same in a walk over sys.modules, which must not grow then: asking a lazy one grows it.
        for name, module in list(sys.modules.items()):
            switches.setdefault(name, 0 if speaks_of_pyside(module) else IGNORED)
        starter = types.ModuleType("standin_feature_starter")
        exec("from __feature__ import true_property", starter.__dict__)
    return feature.pyside_feature_dict


def _make_constants_immortal() -> None:
    """PySide6 6.12 gives None back once too often on each call without a result, and True and False now and then.

    Python 3.11 does not survive that.
    """
    if sys.version_info < (3, 12):
        for constant in (None, True, False):
            ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 40


def install(settings_file: Path) -> types.ModuleType:
    """Make `qt` importable."""
    _make_constants_immortal()
    qt = make_qt(settings_file)
    sys.modules["qt"] = qt
    return qt
