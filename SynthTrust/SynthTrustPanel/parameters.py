"""What the panel remembers with the scene."""

from __future__ import annotations

import enum
from typing import Annotated

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from SynthTrustLib.maps.registry import MAPS

from .words import headline


class _Overlay(enum.Enum):
    def label(self):
        if self.isMap():
            return headline(MAPS[self.value].name)
        return {"contours": _("Outlines of all segmenters"), "none": _("Nothing")}[self.value]

    def isMap(self):
        return self.value in MAPS


Overlay = _Overlay(
    "Overlay",
    {name.upper(): name for name in ("contours", *MAPS, "none")},
    module=__name__,
)
"""What is drawn over the images: outlines, a map, or nothing."""


class Layout(enum.Enum):
    """How the views are arranged."""

    PLANES = "planes"
    ONE = "one"
    SIDE_BY_SIDE = "side by side"
    THREE_D = "3D"

    def label(self):
        return {
            Layout.PLANES: _("Three planes and 3D"),
            Layout.ONE: _("One view"),
            Layout.SIDE_BY_SIDE: _("Segmenters side by side"),
            Layout.THREE_D: _("3D"),
        }[self]

    def isSideBySide(self):
        return self is Layout.SIDE_BY_SIDE


@parameterNodeWrapper
class SynthTrustParameterNode:
    """What the panel remembers with the scene."""

    t1Volume: slicer.vtkMRMLScalarVolumeNode
    t1cVolume: slicer.vtkMRMLScalarVolumeNode
    t2Volume: slicer.vtkMRMLScalarVolumeNode
    flairVolume: slicer.vtkMRMLScalarVolumeNode
    contrastsSeen: list[str]  # had a series once: where the user has set it to none since, it stays so
    referenceSegmentation: slicer.vtkMRMLSegmentationNode
    caseLabel: str
    voxelSize: str
    segmenters: list[str]
    segmentersChosen: bool = False
    record: (
        str  # who draws the outline of record: an id, the name of an outline made elsewhere, "pooled"; "" by default
    )
    assessment: str
    compared: str
    overlay: Overlay = Overlay.CONTOURS
    region: str  # its id; where the shown result has none of that name, its first (see choices)
    background: str  # the contrast under the overlay, in the same way; "" for the one that shows the region best
    layout: Layout = Layout.PLANES
    page: int = 0
    opacity: Annotated[float, WithinRange(0, 1)] = 0.7
    threshold: Annotated[float, WithinRange(0, 1)] = 0.1
    legend: bool = True
    margin: bool = False
    reviewer: str
