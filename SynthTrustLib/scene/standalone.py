"""A MRML scene without an application: Slicer's classes alone, as the PyPI package slicer-core brings them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import slicer

LOGICS = (
    "vtkSlicerMarkupsLogic",
    "vtkSlicerSegmentationsModuleLogic",
    "vtkSlicerSubjectHierarchyModuleLogic",
    "vtkSlicerVolumesLogic",
)
"""They make their nodes known to a scene, and need nothing but the scene."""

NODES = ("vtkMRMLColorLegendDisplayNode",)
"""Known only to logics that expect a whole application."""


@contextmanager
def standalone_scene() -> Iterator[Any]:
    """An empty scene that knows the nodes of an assessment, and Slicer's layouts, orientations and colours."""
    scene = slicer.vtkMRMLScene()
    # Slicer warns when it opens a scene of another application or of a newer version than its own.
    scene.SetVersion(f"Slicer {'.'.join(metadata.version('slicer-core').split('.')[:3])} 0")
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)  # patient's right is on the screen's left
    for name in NODES:
        scene.RegisterNodeClass(getattr(slicer, name)())
    application = slicer.vtkMRMLApplicationLogic()
    application.SetMRMLScene(scene)
    logics = []
    for name in LOGICS:
        logic = getattr(slicer, name)()
        logic.SetMRMLApplicationLogic(application)
        logic.SetMRMLScene(scene)
        logics.append(logic)
    colours = slicer.vtkMRMLColorLogic()
    colours.SetMRMLScene(scene)
    colours.AddDefaultColorNodes()
    layouts = slicer.vtkMRMLLayoutLogic()
    layouts.SetMRMLScene(scene)
    yield scene
