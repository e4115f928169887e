"""Small Python versions of the CTK and MRML widgets that SynthTrust.ui names: the part of their interface it uses."""

from __future__ import annotations

import shiboken6
import vtk
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Property, Signal


class ctkCollapsibleButton(QtWidgets.QAbstractButton):
    """A push button over the children of its layout, which are hidden while it is collapsed.

    As CTK's: it asks its layout for sizes, keeps a maximum height while it is collapsed, and remembers of each child
    whether it was shown or hidden by others meanwhile.
    """

    contentsCollapsed = Signal(bool)
    SHOWN = "visibilityToParent"
    COLLAPSED_HEIGHT = 10
    """Pixels that are left under the button of a collapsed section."""

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._collapsed = False
        self._forcing = False
        self._open_maximum = self.maximumHeight()
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Minimum, QtWidgets.QSizePolicy.Policy.Preferred)
        self.setContentsMargins(0, self._button_size().height(), 0, 0)
        self.setBackgroundRole(QtGui.QPalette.ColorRole.Window)
        self.toggled.connect(lambda checked: self._collapse(not checked))

    # Sizes ---------------------------------------------------------------------------------------------------------

    def _button_option(self) -> QtWidgets.QStyleOptionButton:
        option = QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        option.text = self.text()
        return option

    def _button_size(self) -> QtCore.QSize:
        option, style = self._button_option(), self.style()
        metric = QtWidgets.QStyle.PixelMetric
        text = self.fontMetrics().size(QtCore.Qt.TextFlag.TextShowMnemonic, self.text() or "XXXX")
        width = style.pixelMetric(metric.PM_IndicatorWidth, option, self)
        width += style.pixelMetric(metric.PM_CheckBoxLabelSpacing, option, self)
        width += text.width() if self.text() else 0
        height = max(style.pixelMetric(metric.PM_IndicatorHeight, option, self), text.height())
        kind = QtWidgets.QStyle.ContentsType.CT_PushButton
        return style.sizeFromContents(kind, option, QtCore.QSize(width, height), self)

    def _size(self, hint) -> QtCore.QSize:
        button = self._button_size()
        collapsed = button + QtCore.QSize(0, self.COLLAPSED_HEIGHT)
        if self._collapsed:
            return collapsed
        return hint().expandedTo(button)

    def sizeHint(self) -> QtCore.QSize:
        return self._size(super().sizeHint)

    def minimumSizeHint(self) -> QtCore.QSize:
        return self._size(super().minimumSizeHint)

    def event(self, event) -> bool:
        if event.type() in (QtCore.QEvent.Type.StyleChange, QtCore.QEvent.Type.FontChange):
            self.setContentsMargins(0, self._button_size().height(), 0, 0)
            if self._collapsed:
                self.setMaximumHeight(self.sizeHint().height())
        return super().event(event)

    # Children ------------------------------------------------------------------------------------------------------

    def _collapse(self, collapsed: bool) -> None:
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        if collapsed:
            self._open_maximum = self.maximumHeight()
            self.setMaximumHeight(self.sizeHint().height())
        else:
            self.setMaximumHeight(self._open_maximum)
            self.updateGeometry()
        self._show_children()
        self.updateGeometry()
        self.contentsCollapsed.emit(collapsed)

    def _show_children(self) -> None:
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget):
                self._show_child(child)

    def _show_child(self, child: QtWidgets.QWidget) -> None:
        self._forcing = True
        wanted = child.property(self.SHOWN) is not False
        child.setVisible(wanted and not self._collapsed)
        if wanted:  # nobody has hidden it explicitly
            child.setAttribute(QtCore.Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
        self._forcing = False

    def childEvent(self, event) -> None:
        if event.type() == QtCore.QEvent.Type.ChildAdded and event.child().isWidgetType():
            event.child().installEventFilter(self)
        super().childEvent(event)

    def setVisible(self, visible: bool) -> None:
        self._forcing = True
        super().setVisible(visible)
        self._forcing = False
        self._show_children()  # Qt has shown those that were added to a collapsed button

    def eventFilter(self, child, event) -> bool:
        if self._forcing:
            return False
        if event.type() == QtCore.QEvent.Type.ShowToParent:
            child.setProperty(self.SHOWN, True)
            self._show_child(child)
        elif event.type() == QtCore.QEvent.Type.HideToParent:
            child.setProperty(self.SHOWN, False)
        return False

    # Drawing and clicking ------------------------------------------------------------------------------------------

    def _button_rect(self) -> QtCore.QRect:
        return QtCore.QRect(0, 0, self.width(), self._button_size().height())

    def hitButton(self, position) -> bool:
        return self._button_rect().contains(position)

    def paintEvent(self, event) -> None:
        painter = QtWidgets.QStylePainter(self)
        option = self._button_option()
        option.rect = self._button_rect()
        option.state |= QtWidgets.QStyle.StateFlag.State_Raised
        option.text = ""
        painter.drawControl(QtWidgets.QStyle.ControlElement.CE_PushButtonBevel, option)
        height = option.rect.height()
        arrow = self._button_option()
        arrow.rect = QtCore.QRect(height // 4, height // 4, height // 2, height // 2)
        element = QtWidgets.QStyle.PrimitiveElement
        painter.drawPrimitive(element.PE_IndicatorArrowDown if self._collapsed else element.PE_IndicatorArrowUp, arrow)
        words = option.rect.adjusted(height, 0, 0, 0)
        painter.drawText(words, QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.TextFlag.TextShowMnemonic, self.text())

    collapsed = Property(bool, lambda self: self._collapsed, lambda self, collapsed: self.setChecked(not collapsed))


class ctkSliderWidget(QtWidgets.QWidget):
    """A slider with a spin box."""

    valueChanged = Signal(float)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._box = QtWidgets.QDoubleSpinBox(self)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal, self)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider)
        layout.addWidget(self._box)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed)
        self._box.valueChanged.connect(self._on_box)
        self._slider.valueChanged.connect(lambda step: self._box.setValue(step / 1000.0))
        self.setFocusProxy(self._box)

    def _on_box(self, value: float) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(round(value * 1000))
        self._slider.blockSignals(False)
        self.valueChanged.emit(value)

    def _set_minimum(self, value: float) -> None:
        self._box.setMinimum(value)
        self._slider.setMinimum(round(value * 1000))
        self._keep_width()

    def _set_maximum(self, value: float) -> None:
        self._box.setMaximum(value)
        self._slider.setMaximum(round(value * 1000))
        self._keep_width()

    def _keep_width(self) -> None:
        """The box is never narrower than its widest number."""
        self._box.setMinimumWidth(self._box.sizeHint().width())

    value = Property(float, lambda self: self._box.value(), lambda self, value: self._box.setValue(value))
    minimum = Property(float, lambda self: self._box.minimum(), _set_minimum)
    maximum = Property(float, lambda self: self._box.maximum(), _set_maximum)
    decimals = Property(int, lambda self: self._box.decimals(), lambda self, n: self._box.setDecimals(n))
    singleStep = Property(float, lambda self: self._box.singleStep(), lambda self, step: self._box.setSingleStep(step))


class ctkPathLineEdit(QtWidgets.QWidget):
    """A line for a path, with those of before and a button to browse.

    As CTK's, it is as wide as the path that it has when it is first asked, unless it is given a minimum length: then
    its least width is that of so many letters. An empty path is no valid one, so that no path is told when it is
    emptied.
    """

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._minimum_length = 0
        self._sizes: dict[bool, QtCore.QSize] = {}
        self._combo = QtWidgets.QComboBox(self)
        self._combo.setEditable(True)
        self._combo.setInsertPolicy(QtWidgets.QComboBox.InsertPolicy.NoInsert)
        self._line = self._combo.lineEdit()
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._combo)
        self._button = QtWidgets.QToolButton(self)
        self._button.setText("...")
        self._button.setSizePolicy(QtWidgets.QSizePolicy.Policy.Fixed, QtWidgets.QSizePolicy.Policy.Ignored)
        layout.addWidget(self._button)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed)
        self._valid = False
        self._line.textChanged.connect(self._on_text)
        self.setFocusProxy(self._combo)

    def _on_text(self, text: str) -> None:
        was, self._valid = self._valid, bool(text)
        if text:
            self.currentPathChanged.emit(text)
        if self._valid != was:
            self.validInputChanged.emit(self._valid)

    def _size(self, least: bool) -> QtCore.QSize:
        if least not in self._sizes:
            metrics = self._line.fontMetrics()
            text = 0
            if not least or self._minimum_length == 0:
                path = self._line.text()
                text = metrics.boundingRect(path).width() + 8 if path else 7 * metrics.horizontalAdvance("x")
            text = max(text, self._minimum_length * metrics.horizontalAdvance("X"))
            arrow = 30  # the frame and the arrow of the list
            width = text + arrow + self._button.minimumSizeHint().width()
            self._sizes[least] = QtCore.QSize(width, self._combo.minimumSizeHint().height())
        return self._sizes[least]

    def sizeHint(self) -> QtCore.QSize:
        return self._size(False)

    def minimumSizeHint(self) -> QtCore.QSize:
        return self._size(True)

    def _set_minimum_length(self, length: int) -> None:
        self._minimum_length = length
        self.updateGeometry()

    currentPath = Property(str, lambda self: self._line.text(), lambda self, text: self._line.setText(text))
    minimumContentsLength = Property(int, lambda self: self._minimum_length, _set_minimum_length)


class qMRMLWidget(QtWidgets.QWidget):
    """Hands the scene to the MRML widgets in it, as the connections of the .ui file do in Slicer."""

    def setMRMLScene(self, scene) -> None:
        for child in self.findChildren(QtWidgets.QWidget):
            if hasattr(child, "setMRMLScene"):
                child.setMRMLScene(scene)


class ModulePanel(QtWidgets.QWidget):
    """``qSlicerModulePanel``: the scroll area in the dock widget that shows the module.

    It never scrolls sideways: it asks the main window for the least width of what is in it, and what does not fit is
    cut where the window does not have that much.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scroll_area = QtWidgets.QScrollArea(self)
        self.scroll_area.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setWidgetResizable(True)
        layout = QtWidgets.QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.scroll_area)
        contents = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(contents)
        self._help = ctkCollapsibleButton()
        self._help.setText("Help && Acknowledgement")
        self._help.setChecked(False)
        policy = QtWidgets.QSizePolicy.Policy
        self._help.setSizePolicy(policy.Ignored, policy.Fixed)
        column.addWidget(self._help)
        column.addItem(QtWidgets.QSpacerItem(0, 0, policy.Minimum, policy.MinimumExpanding))
        self.scroll_area.setWidget(contents)

    def set_module(self, module: QtWidgets.QWidget) -> None:
        module.layout().setContentsMargins(0, 0, 0, 0)
        self.scroll_area.widget().layout().insertWidget(1, module, 1)
        module.setSizePolicy(QtWidgets.QSizePolicy.Policy.Minimum, module.sizePolicy().verticalPolicy())
        module.setVisible(True)
        module.installEventFilter(self)

    def eventFilter(self, module, event) -> bool:
        if event.type() == QtCore.QEvent.Type.Resize:
            self.updateGeometry()
        return False

    def minimumSizeHint(self) -> QtCore.QSize:
        area = self.scroll_area
        width = area.widget().minimumSizeHint().width() + area.horizontalScrollBar().sizeHint().width()
        return QtCore.QSize(width, super().minimumSizeHint().height())


class qMRMLNodeComboBox(QtWidgets.QWidget):
    """Lists the nodes of some classes in the scene, and follows it.

    As Slicer's: a frame around a list, which lends the list's focus to itself although it takes none.
    """

    currentNodeChanged = Signal(object)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._scene = None
        self._types: list[str] = []
        self._none_enabled = False
        self._none_text = "None"
        self._filling = False
        self._list = QtWidgets.QComboBox(self)
        self._list.setFocusProxy(self)
        policy = QtWidgets.QSizePolicy.Policy
        self._list.setSizePolicy(policy.Expanding, policy.Expanding)
        self._list.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list)
        self.setSizePolicy(policy.Preferred, policy.Fixed)
        self._list.currentIndexChanged.connect(self._on_index)

    def setMRMLScene(self, scene) -> None:
        import slicer

        self._scene = scene
        tags = [scene.AddObserver(event, self._on_scene) for event in (scene.EndCloseEvent, scene.EndImportEvent)]
        tags += [scene.AddObserver(event, self._on_node) for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent)]
        # As Slicer's scene model: after those who observe with the usual priority.
        tags.append(scene.AddObserver(scene.NodeAboutToBeRemovedEvent, self._on_removal, -10.0))
        # The scene outlives the widgets of all tests, and would call each of them at everything that happens in it.
        self.destroyed.connect(lambda *_: [scene.RemoveObserver(tag) for tag in tags])
        assert isinstance(scene, slicer.vtkMRMLScene)
        self._fill()

    def mrmlScene(self):
        return self._scene

    def currentNode(self):
        identifier = self._current()
        return self._scene.GetNodeByID(identifier) if identifier and self._scene else None

    def setCurrentNode(self, node) -> None:
        self.setCurrentNodeID(node.GetID() if node else "")

    def setCurrentNodeID(self, identifier: str) -> None:
        nothing = 0 if self._none_enabled else -1
        self._list.setCurrentIndex(max(0, self._list.findData(identifier)) if identifier else nothing)

    def _current(self) -> str:
        return self._list.itemData(self._list.currentIndex()) or ""

    def _on_scene(self, caller, event) -> None:
        if shiboken6.isValid(self):
            self._fill()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_node(self, caller, event, node) -> None:
        if shiboken6.isValid(self) and node.GetClassName() in self._types:
            self._fill()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_removal(self, scene, event, node) -> None:
        """Take the node's row away. Where it is the current one, Qt selects the one above, as in Slicer."""
        if shiboken6.isValid(self) and not scene.IsClosing():
            row = self._list.findData(node.GetID())
            if row >= 0:
                self._list.removeItem(row)

    def _on_index(self, *_) -> None:
        if not self._filling:
            self.currentNodeChanged.emit(self.currentNode())

    def _nodes(self):
        import slicer

        if self._scene is None:
            return
        for name in self._types:
            for node in slicer.util.getNodesByClass(name, self._scene):
                if node.GetClassName() == name and not node.GetHideFromEditors():
                    yield node

    def _fill(self) -> None:
        before = self._current()
        self._filling = True
        self._list.clear()
        if self._none_enabled:
            self._list.addItem(self._none_text, "")
        for node in self._nodes():
            self._list.addItem(node.GetName(), node.GetID())
        index = self._list.findData(before) if before else -1
        self._list.setCurrentIndex(index if index >= 0 else (0 if self._none_enabled else -1))
        self._filling = False
        if self._current() != before:
            self.currentNodeChanged.emit(self.currentNode())

    def _set_types(self, types) -> None:
        self._types = list(types)
        self._fill()

    def _set_none_enabled(self, enabled: bool) -> None:
        self._none_enabled = enabled
        self._fill()

    def _set_none_text(self, text: str) -> None:
        self._none_text = text
        self._fill()

    nodeTypes = Property("QStringList", lambda self: self._types, _set_types)
    noneEnabled = Property(bool, lambda self: self._none_enabled, _set_none_enabled)
    noneDisplay = Property(str, lambda self: self._none_text, _set_none_text)
    currentNodeID = Property(str, lambda self: self._current(), lambda self, text: self.setCurrentNodeID(text))


CTK = (ctkCollapsibleButton, ctkSliderWidget, ctkPathLineEdit)
MRML = (qMRMLWidget, qMRMLNodeComboBox)
