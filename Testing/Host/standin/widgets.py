"""Small Python versions of the CTK and MRML widgets that SynthTrust.ui names: the part of their interface it uses."""

from __future__ import annotations

import shiboken6
import vtk
from PySide6 import QtCore, QtWidgets
from PySide6.QtCore import Property, Signal


class ctkCollapsibleButton(QtWidgets.QWidget):
    """A header button, and under it the children of its layout while it is not collapsed."""

    contentsCollapsed = Signal(bool)
    HEADER = 26
    SHOWN = "standinShown"

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._collapsed = False
        self._header = QtWidgets.QToolButton(self)
        self._header.setToolButtonStyle(QtCore.Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._header.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed)
        self._header.clicked.connect(lambda *_: self._set_collapsed(not self._collapsed))
        self.setContentsMargins(0, self.HEADER, 0, 0)
        self._show_arrow()

    def resizeEvent(self, event) -> None:
        self._header.setGeometry(0, 0, self.width(), self.HEADER - 2)
        super().resizeEvent(event)

    def _show_arrow(self) -> None:
        arrow = QtCore.Qt.ArrowType.RightArrow if self._collapsed else QtCore.Qt.ArrowType.DownArrow
        self._header.setArrowType(arrow)

    def _set_collapsed(self, collapsed: bool) -> None:
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        for child in self.children():
            if not isinstance(child, QtWidgets.QWidget) or child is self._header:
                continue
            if collapsed:
                child.setProperty(self.SHOWN, not child.isHidden())
                child.hide()
            else:
                child.setVisible(child.property(self.SHOWN) is not False)
        self.setMaximumHeight(self.HEADER if collapsed else 16777215)
        self._show_arrow()
        self.contentsCollapsed.emit(collapsed)

    collapsed = Property(bool, lambda self: self._collapsed, _set_collapsed)
    text = Property(str, lambda self: self._header.text(), lambda self, text: self._header.setText(text))


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

    def _set_maximum(self, value: float) -> None:
        self._box.setMaximum(value)
        self._slider.setMaximum(round(value * 1000))

    value = Property(float, lambda self: self._box.value(), lambda self, value: self._box.setValue(value))
    minimum = Property(float, lambda self: self._box.minimum(), _set_minimum)
    maximum = Property(float, lambda self: self._box.maximum(), _set_maximum)
    decimals = Property(int, lambda self: self._box.decimals(), lambda self, n: self._box.setDecimals(n))
    singleStep = Property(float, lambda self: self._box.singleStep(), lambda self, step: self._box.setSingleStep(step))


class ctkPathLineEdit(QtWidgets.QWidget):
    """A line for a path."""

    currentPathChanged = Signal(str)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._line = QtWidgets.QLineEdit(self)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._line)
        button = QtWidgets.QToolButton(self)
        button.setText("…")
        layout.addWidget(button)
        self._line.textChanged.connect(self.currentPathChanged)
        self.setFocusProxy(self._line)

    currentPath = Property(str, lambda self: self._line.text(), lambda self, text: self._line.setText(text))


class qMRMLWidget(QtWidgets.QWidget):
    """Hands the scene to the MRML widgets in it, as the connections of the .ui file do in Slicer."""

    def setMRMLScene(self, scene) -> None:
        for child in self.findChildren(QtWidgets.QWidget):
            if hasattr(child, "setMRMLScene"):
                child.setMRMLScene(scene)


class qMRMLNodeComboBox(QtWidgets.QComboBox):
    """Lists the nodes of some classes in the scene, and follows it."""

    currentNodeChanged = Signal(object)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._scene = None
        self._types: list[str] = []
        self._none_enabled = False
        self._none_text = "None"
        self._filling = False
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed)
        self.currentIndexChanged.connect(self._on_index)

    def setMRMLScene(self, scene) -> None:
        import slicer

        self._scene = scene
        for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent, scene.EndImportEvent):
            scene.AddObserver(event, self._on_scene)
        # As Slicer's scene model: after those who observe with the usual priority.
        scene.AddObserver(scene.NodeAboutToBeRemovedEvent, self._on_removal, -10.0)
        assert isinstance(scene, slicer.vtkMRMLScene)
        self._fill()

    def mrmlScene(self):
        return self._scene

    def currentNode(self):
        identifier = self.itemData(self.currentIndex())
        return self._scene.GetNodeByID(identifier) if identifier and self._scene else None

    def setCurrentNode(self, node) -> None:
        self.setCurrentNodeID(node.GetID() if node else "")

    def setCurrentNodeID(self, identifier: str) -> None:
        self.setCurrentIndex(max(0, self.findData(identifier)) if identifier else (0 if self._none_enabled else -1))

    def _on_scene(self, caller, event) -> None:
        if shiboken6.isValid(self):
            self._fill()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_removal(self, scene, event, node) -> None:
        """Take the node's row away. Where it is the current one, Qt selects the one above, as in Slicer."""
        if shiboken6.isValid(self) and not scene.IsClosing():
            row = self.findData(node.GetID())
            if row >= 0:
                self.removeItem(row)

    def _on_index(self, *_) -> None:
        if not self._filling:
            self.currentNodeChanged.emit(self.currentNode())

    def _nodes(self):
        if self._scene is None:
            return
        for index in range(self._scene.GetNumberOfNodes()):
            node = self._scene.GetNthNode(index)
            if node.GetClassName() in self._types and not node.GetHideFromEditors():
                yield node

    def _fill(self) -> None:
        before = self.itemData(self.currentIndex())
        self._filling = True
        self.clear()
        if self._none_enabled:
            self.addItem(self._none_text, "")
        for node in self._nodes():
            self.addItem(node.GetName(), node.GetID())
        index = self.findData(before) if before else -1
        self.setCurrentIndex(index if index >= 0 else (0 if self._none_enabled else -1))
        self._filling = False
        if (self.itemData(self.currentIndex()) or "") != (before or ""):
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
    currentNodeID = Property(
        str, lambda self: self.itemData(self.currentIndex()) or "", lambda self, text: self.setCurrentNodeID(text)
    )


CTK = (ctkCollapsibleButton, ctkSliderWidget, ctkPathLineEdit)
MRML = (qMRMLWidget, qMRMLNodeComboBox)
