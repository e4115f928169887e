"""The panel in the stand-in for Slicer, driven like a user, and the pictures that can be taken of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6 import QtCore, QtGui
from standin.application import Host

PANEL_WIDTH = 400
SECTIONS = ("patient", "segmenters", "run", "scorecard", "look", "verdict", "export")


class Camera:
    """The opened panel on an empty scene."""

    def __init__(self, module_file: Path) -> None:
        self.host = Host(module_file)
        self.host.testing_enabled = True  # questions are answered, errors raised
        self.host.set_theme(dark=False)
        self.host.load_module()
        self.panel = self.host.open_module()
        self.ui = self.panel.ui
        self.host.process()

    def load_sample_patient(self) -> None:
        self.ui.sampleButton.click()
        self.host.process()

    def run(self):
        """Press Run and wait for the result."""
        self.ui.runButton.click()
        self.host.wait_until(lambda: not self.panel.logic.isRunning(), seconds=3600)
        self.host.process(500)
        result = self.panel.assessment()
        if result is None:
            raise SystemExit(f"The run has failed: {self.ui.errorLabel.text()}\n{self.panel.logic.lastLog}")
        return result

    def look(self, overlay: str, layout: str, region: str = "WT") -> None:
        """Choose what is drawn and where, by the values of the module's own choices."""
        from SynthTrustPanel import parameters

        node = self.panel.parameterNode
        node.overlay = parameters.Overlay(overlay)
        node.layout = parameters.Layout(layout)
        node.region = region
        self.panel.updateFromParameterNode()
        self.host.process()

    def zoom(self, share: float, width: int, height: int, result=None, spot=None) -> None:
        """Show this share of the head in each slice view of a picture of that size.

        It shows the middle of the head, on the slice through a `spot` where there is one; with a `result` what is
        between it and the tumor, on the slice through the middle of the tumor.
        """
        import slicer

        self.views(width, height)  # views learn their size when they are drawn
        slicer.util.resetSliceViews()
        manager = slicer.app.layoutManager()
        for name in manager.sliceViewNames():
            node = manager.sliceWidget(name).mrmlSliceNode()
            x, y, z = node.GetFieldOfView()
            node.SetFieldOfView(x * share, y * share, z)
            if result is not None:
                node.JumpSliceByCentering(*towards_the_tumor(result))
                node.JumpSliceByOffsetting(*tumor_centre(result))
            if spot is not None:
                node.JumpSliceByOffsetting(*spot.ras)
        self.host.process()

    def views(self, width: int, height: int) -> QtGui.QImage:
        """What the views of the layout show."""
        import slicer

        self.host.process()
        return slicer.app.layoutManager().draw(width, height)

    def sections(self, *names: str) -> QtGui.QImage:
        """The panel's sections of these names, opened, with the others closed."""
        for name in SECTIONS:
            self._section(name).setProperty("collapsed", name not in names)
        self.host.set_size(PANEL_WIDTH)
        panel = self.host.dock.scroll_area.widget()
        grabbed = self.host.picture()
        shown = [self._section(name) for name in names]
        top = min(button.mapTo(panel, QtCore.QPoint(0, 0)).y() for button in shown)
        bottom = max(button.mapTo(panel, QtCore.QPoint(0, button.height())).y() for button in shown)
        return grabbed.copy(0, max(0, top - 6), grabbed.width(), bottom - top + 12)

    def _section(self, name: str):
        return getattr(self.ui, f"{name}CollapsibleButton")


def tumor_centre(result) -> np.ndarray:
    """The middle of the pooled whole tumor in RAS."""
    import slicer

    volume = result.nodes.reference_volume
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(result.nodes.pooled, "WT", volume)
    return _to_ras(volume, np.argwhere(mask).mean(axis=0))


def towards_the_tumor(result) -> np.ndarray:
    """From the middle of the images most of the way to the tumor, in RAS: both it and the head are seen from there."""
    import slicer

    volume = result.nodes.reference_volume
    middle = _to_ras(volume, (np.array(slicer.util.arrayFromVolume(volume).shape) - 1) / 2)
    return middle + 0.7 * (tumor_centre(result) - middle)


def _to_ras(volume, kji: np.ndarray) -> np.ndarray:
    import slicer
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return (slicer.util.arrayFromVTKMatrix(matrix) @ [*kji[::-1], 1.0])[:3]


def beside(left: QtGui.QImage, right: QtGui.QImage) -> QtGui.QImage:
    """Two pictures next to each other."""
    size = (left.width() + right.width(), max(left.height(), right.height()))
    image = QtGui.QImage(*size, QtGui.QImage.Format.Format_RGB32)
    image.fill(QtGui.QColor("#f0f0f0"))
    painter = QtGui.QPainter(image)
    painter.drawImage(0, 0, left)
    painter.drawImage(left.width(), 0, right)
    painter.end()
    return image


def keep(image: QtGui.QImage, path: Path) -> None:
    """Save a picture as a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not image.convertToFormat(QtGui.QImage.Format.Format_RGB888).save(str(path), quality=1):
        raise SystemExit(f"{path} cannot be written")
