"""What the user finds on opening an archive: layout, slice views, and where they look."""

from __future__ import annotations

from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.scene.nodes.voxels import volume_geometry
from SynthTrustLib.scene.result.assessment import AssessmentNodes
from SynthTrustLib.scene.views import slices as views

ORIENTATIONS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
"""Slicer's own slice views and what they show by default."""

VIEW_PIXELS = 512
"""Of the views until Slicer gives them their size; it keeps the millimetres per pixel in proportion."""

PLOT_VIEW = "PlotView1"
MARGIN = 1.05


def arrange_views(nodes: AssessmentNodes, region: str) -> None:
    """Three slice views on the review spot and the dose-response chart: reference, first map, outlines.

    Expects a scene whose layout logic makes the views of a layout, as `standalone_scene` yields it.
    """
    scene = nodes.scene
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    if nodes.chart is None:
        layout.SetViewArrangement(layout.SlicerLayoutFourUpView)
    else:
        layout.SetViewArrangement(layout.SlicerLayoutFourUpPlotView)
        scene.GetSingletonNode(PLOT_VIEW, "vtkMRMLPlotViewNode").SetPlotChartNodeID(nodes.chart.GetID())
    corners = volume_geometry(nodes.reference_volume).corners_ras()
    field = MARGIN * float((corners.max(axis=0) - corners.min(axis=0)).max())
    for tag, orientation in ORIENTATIONS.items():
        view = scene.GetSingletonNode(tag, "vtkMRMLSliceNode")
        view.SetOrientation(orientation)
        view.SetDimensions(VIEW_PIXELS, VIEW_PIXELS, 1)
        view.SetFieldOfView(field, field, view.GetFieldOfView()[2])
        views.composite_node(scene, tag).SetLinkedControl(True)
    views.show_region(nodes, region)
    views.show_map(nodes, next(iter(MAPS)), region)
    views.jump_to(scene, views.point_of_interest(nodes))
