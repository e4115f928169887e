"""Pictures of a scene, drawn off-screen by Slicer's own displayable managers."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

TAGS = {"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}
PACKAGES = "libegl1 and libgl1-mesa-dri"
"""What Debian and Ubuntu call the libraries that draw without a screen."""

_DRAW_NOTHING = """
import vtk
window = vtk.vtkRenderWindow()
window.SetOffScreenRendering(True)
window.SetSize(32, 32)
renderer = vtk.vtkRenderer()
renderer.SetBackground(1.0, 0.0, 0.0)
window.AddRenderer(renderer)
window.Render()
pixel = vtk.vtkUnsignedCharArray()
window.GetPixelData(16, 16, 16, 16, 0, pixel, 0)
print("drawn", pixel.GetValue(0), pixel.GetValue(1))
"""


def why_not() -> str:
    """Why nothing can be drawn on this machine; empty if it can. Tried in another process, since VTK may abort."""
    tried = subprocess.run([sys.executable, "-c", _DRAW_NOTHING], capture_output=True, text=True, timeout=120)
    if "drawn 255 0" in tried.stdout:
        return ""
    said = re.sub(r"\x1b\[[0-9;]*m", "", tried.stderr).strip().splitlines()
    reason = said[-1] if said else f"exit code {tried.returncode}"
    return (
        f"nothing can be drawn off-screen without {PACKAGES} (sudo apt-get install libegl1 libgl1-mesa-dri): {reason}"
    )


class Studio:
    """Slicer's three slice views on one scene. There is one per process: displayable managers are singletons."""

    def __init__(self, size: int = 300) -> None:
        from trame_slicer.core import SlicerApp
        from trame_slicer.views import SliceView

        self.app = SlicerApp()
        self.scene = self.app.scene
        # The application's colour module does this; trame-slicer has a plainer one.
        self.scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
        self.size = size
        self.views = {}
        for tag, orientation in TAGS.items():
            view = SliceView(self.scene, self.app.app_logic, tag)
            view.set_orientation(orientation)
            # Only `picture` draws: else every change of a node would.
            view.set_render_blocked(True)
            view.render_window().SetMultiSamples(0)
            view.render_window().SetSize(size, size)
            self.views[tag] = view

    def empty(self) -> Any:
        """The scene with nothing in it but the views."""
        for tag in TAGS:
            self.views[tag].set_background_volume_id(None)
            self.views[tag].set_foreground_volume_id(None)
        self.scene.Clear(False)
        return self.scene

    def node(self, tag: str) -> Any:
        """The slice node of a view."""
        return self.views[tag].get_view_node()

    def look_at(self, ras: Sequence[float], field_mm: float) -> None:
        """Centre every view on a point and show `field_mm` around it."""
        for view in self.views.values():
            node = view.get_view_node()
            view.update_size(self.size, self.size)
            node.SetDimensions(self.size, self.size, 1)
            node.SetFieldOfView(field_mm, field_mm, node.GetFieldOfView()[2])
            node.JumpSliceByCentering(*ras)

    def picture(self, tag: str) -> np.ndarray:
        """What a view shows: uint8 (row, column, 3), the first row on top."""
        view = self.views[tag]
        view.interactor().Render()
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(view.render_window())
        grab.SetInputBufferTypeToRGB()
        grab.ReadFrontBufferOff()
        grab.Update()
        image = grab.GetOutput()
        width, height, _ = image.GetDimensions()
        pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)
        return pixels[::-1].copy()

    def pixel(self, tag: str, ras: Sequence[float]) -> tuple[int, int]:
        """Row and column in `picture` of a point (RAS, mm)."""
        to_ras = self.node(tag).GetXYToRAS()
        to_xy = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(to_ras, to_xy)
        x, y, _, _ = to_xy.MultiplyPoint((*(float(value) for value in ras), 1.0))
        return self.size - 1 - round(y), round(x)


def near(picture: np.ndarray, pixel: tuple[int, int], radius: int = 3) -> np.ndarray:
    """The colours (n, 3) within a square around a pixel."""
    row, column = pixel
    return picture[max(row - radius, 0) : row + radius + 1, max(column - radius, 0) : column + radius + 1].reshape(
        -1, 3
    )


def resembles(colours: np.ndarray, wanted: Sequence[float], tolerance: int = 40) -> np.ndarray:
    """Which colours (..., 3) are close to `wanted` (red, green, blue in 0..1)."""
    difference = np.abs(colours.astype(int) - np.round(np.array(wanted) * 255).astype(int))
    return difference.max(axis=-1) <= tolerance


def save(picture: np.ndarray, path: Path) -> None:
    """Write a picture as PNG, to be looked at."""
    from matplotlib.image import imsave

    imsave(path, picture)
