"""Start the stand-in: an application object, a scene with its logics, and the ``slicer`` names a module expects."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import types
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import shiboken6
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

REPOSITORY = Path(__file__).resolve().parents[3]


DOCK_HEIGHT = 900
"""Pixels of the dock widget on a usual screen; the panel in it is longer and is scrolled."""


class Host:
    """The running stand-in.

    Attributes
    ----------
    module_name : str
        Of the scripted module under test; its source is `module_file`.
    dialogs : list of str
        What dialogs have said; `answer` is what questions are answered with.
    """

    def __init__(self, module_file: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="standin-"))
        self.module_file = module_file
        self.module_name = module_file.stem
        self.dialogs: list[str] = []
        self.answer = True
        self.testing_enabled = False
        self.widget = None
        self._start()

    def _start(self) -> None:
        from standin import parameter_node, qt_namespace, sample_data, scripted_module, translation, widgets

        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        own = [f"standin.{path.stem}" for path in Path(__file__).parent.glob("*.py")]
        qt_namespace.switch_properties(False, "__main__", *own)
        self.qt = qt_namespace.install(self.folder / "settings.ini")
        ctk = types.ModuleType("ctk")
        for widget in widgets.CTK:
            setattr(ctk, widget.__name__, widget)
        sys.modules["ctk"] = ctk
        self.application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
        self._font = self.application.font()

        import slicer
        import slicer.util
        from trame_slicer.core import SlicerApp

        self.core = SlicerApp()
        interaction = slicer.vtkMRMLInteractionNode()
        interaction.SetSingletonTag("Singleton")
        self.core.scene.AddNode(interaction)
        plots, self.legends = slicer.vtkSlicerPlotsLogic(), slicer.vtkSlicerColorLogic()
        for logic in (plots, self.legends):  # they make their nodes known to the scene
            logic.SetMRMLApplicationLogic(self.core.app_logic)
            logic.SetMRMLScene(self.core.scene)
        slicer.mrmlScene = self.core.scene
        colors = self.core.app_logic.GetColorLogic()
        slicer.mrmlScene.AddObserver(slicer.mrmlScene.EndCloseEvent, lambda *_: colors.AddDefaultColorNodes())
        slicer.modules = self._modules(plots)
        slicer.app = App(self)
        for widget in widgets.MRML:
            setattr(slicer, widget.__name__, widget)
        slicer.ScriptedLoadableModule = _submodule("slicer.ScriptedLoadableModule", vars(scripted_module))
        slicer.parameterNodeWrapper = _submodule(
            "slicer.parameterNodeWrapper",
            {name: getattr(parameter_node, name) for name in ("parameterNodeWrapper", "WithinRange", "Default")},
        )
        _submodule("SampleData", vars(sample_data))
        slicer.i18n = _submodule("slicer.i18n", {"tr": translation.tr, "translate": translation.translate})
        slicer.packaging = _submodule(
            "slicer.packaging", {"pip_ensure": self._pip_ensure, "pip_check": lambda *_: True}
        )
        slicer.util.loadUI = load_ui
        slicer.util.childWidgetVariables = child_widget_variables
        slicer.util.messageBox = self._message_box
        slicer.util.confirmOkCancelDisplay = self._confirm
        slicer.util.mainWindow = lambda verbose=True: None
        slicer.util.getModuleWidget = lambda name: self.widget or self.open_module()
        slicer.util.selectModule = lambda name: self.dialogs.append(f"module: {name}")
        slicer.util.loadScene = self.load_scene
        slicer.util.loadVolume = self.load_volume
        slicer.util.saveScene = self.save_scene
        slicer.util.reloadScriptedModule = lambda name: self.reload()
        slicer.util.setApplicationLogoVisible = lambda *_, **__: None

    def _modules(self, plots) -> types.SimpleNamespace:
        core = self.core

        def module(logic):
            return types.SimpleNamespace(logic=lambda: logic)

        return types.SimpleNamespace(
            colors=module(core.color_logic),
            volumes=module(core.volumes_logic),
            segmentations=module(core.segmentations_logic),
            terminologies=module(core.terminologies_logic),
            plots=module(plots),
        )

    def _message_box(self, text, **_) -> int:
        self.dialogs.append(text)
        return int(QtWidgets.QMessageBox.StandardButton.Ok)

    def _confirm(self, text, windowTitle=None, **_) -> bool:
        self.dialogs.append(text)
        return self.answer

    def _pip_ensure(self, requirements, *, prompt_install=True, requester="") -> None:
        self.dialogs.append(f"pip_ensure: {', '.join(requirements)}")

    # The module under test ---------------------------------------------------------------------------------------

    def load_module(self):
        """Import the module file as Slicer does, and make its module object."""
        import slicer

        from standin import qt_namespace

        panel = self.module_file.parent / f"{self.module_name}Panel"
        names = [self.module_name, panel.name, *(f"{panel.name}.{p.stem}" for p in panel.glob("*.py"))]
        qt_namespace.switch_properties(True, *names)
        if str(self.module_file.parent) not in sys.path:
            sys.path.insert(0, str(self.module_file.parent))
        self.module = self._execute()
        self.parent = types.SimpleNamespace(path=str(self.module_file))
        setattr(slicer.modules, self.module_name.lower(), self.parent)
        self.scripted = getattr(self.module, self.module_name)(self.parent)
        slicer.app.emit("startupCompleted()")
        return self.scripted

    def _execute(self):
        spec = importlib.util.spec_from_file_location(self.module_name, self.module_file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module_name] = module
        spec.loader.exec_module(module)
        return module

    def open_module(self):
        """Make the module's widget and enter it."""
        self.make_widget()
        self.panel.isEntered = True
        self.widget.enter()
        return self.widget

    def make_widget(self, *, entered: bool = False):
        """Make the module's widget, in a place that is shown already or not yet."""
        import slicer

        from standin import widgets

        self.panel = widgets.qMRMLWidget()
        self.panel.isEntered = entered
        QtWidgets.QVBoxLayout(self.panel)
        self.dock = widgets.ModulePanel()
        self.dock.set_module(self.panel)
        self.widget = getattr(self.module, f"{self.module_name}Widget")(self.panel)
        setattr(slicer.modules, f"{self.module_name}Widget", self.widget)
        self.widget.setup()
        return self.widget

    def close_module(self) -> None:
        import slicer

        if self.widget is None:
            return
        self.widget.exit()
        self.widget.cleanup()
        self.widget = None
        self.dock.deleteLater()
        self.process()
        self.core.scene.Clear(0)
        slicer.app.layoutManager().forget_views()

    def quit(self) -> None:
        """As Slicer ends: it says so, destroys the main window with the panel in it, and unloads the modules then."""
        import slicer

        slicer.app.emit("aboutToQuit()")
        shiboken6.delete(self.dock)
        self.widget.cleanup()
        self.widget = None

    def reload(self):
        """As Slicer's: the old widget is cleaned up after the file has run, and the new one is set up, not entered."""
        self.module = self._execute()
        self.widget.cleanup()
        self.dock.deleteLater()
        return self.make_widget(entered=True)

    # Scenes --------------------------------------------------------------------------------------------------------

    def save_scene(self, path, properties=None) -> bool:
        return self.core.io_manager.save_scene(path)

    def load_scene(self, path, properties=None) -> bool:
        """Close the scene and load another. Clear and Import send the same events as in Slicer."""
        self.close_scene()
        ok = self.core.io_manager.load_scene(path)
        self.process()
        return ok

    def load_volume(self, path, properties=None):
        """As Slicer's readers, which process events while a volume is in the scene and not yet tied to its file."""
        name = (properties or {}).get("name") or Path(path).name.split(".")[0]
        scene = self.core.scene
        # After those who observe with the usual priority.
        tag = scene.AddObserver(scene.NodeAddedEvent, lambda *_: self.process(), -10.0)
        try:
            return self.core.volumes_logic.AddArchetypeVolume(str(path), name)
        finally:
            scene.RemoveObserver(tag)

    def close_scene(self) -> None:
        self.core.scene.Clear(0)
        self.process()

    # Time and pictures ---------------------------------------------------------------------------------------------

    def process(self, milliseconds: int = 0) -> None:
        """Let timers and events run for a while; without a while, those that are due."""
        loop = QtCore.QEventLoop()
        QtCore.QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def wait_until(self, condition, seconds: float = 60.0) -> None:
        """Run the event loop until `condition()` holds; AssertionError when it never does."""
        end = QtCore.QDeadlineTimer(int(seconds * 1000))
        while not condition():
            assert not end.hasExpired(), "what was waited for did not happen"
            self.process(20)

    def set_theme(self, dark: bool) -> None:
        """A light or a dark palette for everything; Qt tells so."""
        import slicer

        self.application.setStyle("Fusion")
        palette = QtGui.QPalette()
        roles = QtGui.QPalette.ColorRole
        colors = {
            roles.Window: ("#f0f0f0", "#2b2b2b"),
            roles.WindowText: ("#101010", "#e4e4e4"),
            roles.Base: ("#ffffff", "#1f1f1f"),
            roles.AlternateBase: ("#f5f5f5", "#272727"),
            roles.Text: ("#101010", "#e4e4e4"),
            roles.Button: ("#f0f0f0", "#383838"),
            roles.ButtonText: ("#101010", "#e4e4e4"),
            roles.Highlight: ("#308cc6", "#2f6d9b"),
            roles.HighlightedText: ("#ffffff", "#ffffff"),
            roles.ToolTipBase: ("#ffffdc", "#3c3c3c"),
            roles.ToolTipText: ("#101010", "#e4e4e4"),
            roles.PlaceholderText: ("#808080", "#8a8a8a"),
            roles.Link: ("#0057ae", "#7ab8f5"),
        }
        for role, pair in colors.items():
            palette.setColor(role, QtGui.QColor(pair[dark]))
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(
                QtGui.QPalette.ColorGroup.Disabled, role, QtGui.QColor("#909090" if not dark else "#777777")
            )
        self.application.setPalette(palette)
        slicer.app.emit("paletteChanged(QPalette)")

    def set_size(self, width: int, height: int = DOCK_HEIGHT) -> None:
        """Give the dock widget with the panel this size, and wait until the layout has come to rest."""
        self.dock.show()
        self.dock.resize(width, height)
        at_rest = 0
        for _ in range(40):  # tables fit their rows to their width, then the panel its height, then the tables again
            self.process(10)
            needed = max(self.viewport.height(), self.scrolled.heightForWidth(self.scrolled.width()))
            at_rest = at_rest + 1 if self.scrolled.height() == needed else 0
            if at_rest == 6:
                break

    def set_letters(self, scale: float) -> None:
        """Make all letters larger, as a screen of higher resolution or a user's setting does."""
        font = QtGui.QFont(self._font)
        font.setPointSizeF(scale * font.pointSizeF())
        self.application.setFont(font)

    @property
    def scrolled(self) -> QtWidgets.QWidget:
        """What is in the scroll area of the panel's dock widget."""
        return self.dock.scroll_area.widget()

    @property
    def viewport(self) -> QtWidgets.QWidget:
        """The part of the scroll area that shows it."""
        return self.dock.scroll_area.viewport()

    def least_width(self) -> int:
        """Pixels that the dock widget cannot be made narrower than."""
        return self.dock.minimumSizeHint().width()

    def picture(self) -> QtGui.QImage:
        """The whole panel, also what must be scrolled to."""
        return self.scrolled.grab().toImage()

    def screenshot(self, path: Path, *, panel_width: int = 400, views: bool = True, view_size: int = 800) -> None:
        """The panel at its full height, and the views of the layout beside it."""
        self.set_size(panel_width)
        grabbed = self.picture()
        view_width = view_height = view_size if views else 0
        picture = QtGui.QImage(
            panel_width + view_width, max(grabbed.height(), view_height), QtGui.QImage.Format.Format_RGB32
        )
        picture.fill(self.application.palette().color(QtGui.QPalette.ColorRole.Window))
        painter = QtGui.QPainter(picture)
        painter.drawImage(0, 0, grabbed)
        if views:
            import slicer

            painter.drawImage(panel_width, 0, slicer.app.layoutManager().draw(view_width, view_height))
        painter.end()
        path.parent.mkdir(parents=True, exist_ok=True)
        assert picture.save(str(path))


class App:
    """``slicer.app``: the methods and properties that the module uses."""

    applicationName = "Slicer stand-in"
    majorVersion, minorVersion = 5, 12

    def __init__(self, host: Host) -> None:
        from standin import views

        self._host = host
        self._layout_manager = views.LayoutManager(host.core)
        self.temporaryPath = str(host.folder)
        self.render_pauses = 0
        self._connected: dict[str, list] = {
            signal: [] for signal in ("startupCompleted()", "aboutToQuit()", "paletteChanged(QPalette)")
        }

    def connect(self, signal: str, function) -> None:
        self._connected[signal].append(function)

    def disconnect(self, signal: str, function) -> None:
        if function in self._connected[signal]:
            self._connected[signal].remove(function)

    def emit(self, signal: str) -> None:
        for function in list(self._connected[signal]):
            function()

    def layoutManager(self):
        return self._layout_manager

    def applicationLogic(self):
        return self._host.core.app_logic

    def testingEnabled(self) -> bool:
        return self._host.testing_enabled

    def processEvents(self) -> None:
        self._host.process()

    def pauseRender(self) -> None:
        self.render_pauses += 1

    def resumeRender(self) -> None:
        assert self.render_pauses > 0
        self.render_pauses -= 1

    def palette(self):
        return self._host.application.palette()

    def style(self):
        return self._host.application.style()

    def setOverrideCursor(self, *_) -> None:
        pass

    def restoreOverrideCursor(self) -> None:
        pass


def _submodule(name: str, content: dict) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update({key: value for key, value in content.items() if not key.startswith("__")})
    module.__all__ = [key for key in module.__dict__ if not key.startswith("_")]
    sys.modules[name] = module
    return module


def load_ui(path: str) -> QtWidgets.QWidget:
    """The real .ui file, with the stand-in's widgets for those that only Slicer has."""
    from standin import widgets

    loader = QtUiTools.QUiLoader()
    for widget in (*widgets.CTK, *widgets.MRML):
        loader.registerCustomWidget(widget)
    root = ElementTree.parse(path).getroot()
    for selector in root.iterfind(".//widget[@class='qMRMLNodeComboBox']"):
        # Of an enumeration that another class has, which Qt for Python cannot read; the stand-in has this one already.
        for policy in selector.findall("property[@name='sizeAdjustPolicy']"):
            selector.remove(policy)
    content = QtCore.QBuffer()
    content.setData(ElementTree.tostring(root))
    content.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
    loaded = loader.load(content)
    if loaded is None:
        raise RuntimeError(f"Could not load UI file: {path}")
    return loaded


def child_widget_variables(widget: QtWidgets.QWidget):
    """As Slicer's: every named child as an attribute."""
    ui = types.SimpleNamespace()
    for child in [widget, *widget.findChildren(QtWidgets.QWidget)]:
        if child.objectName():
            setattr(ui, child.objectName(), child)
    return ui
