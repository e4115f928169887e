"""What Slicer's views show of patients and results."""

import qt
import slicer
import vtk

from . import choices
from .inputs import gridVolume

SET_UP_TURNS, SET_UP_MS = 5, 50
AS_OUTLINE = "DrawnAsOutline"


class Views:
    """The views of the present layout; without a main window there are none, and nothing is done."""

    def __init__(self, logic):
        self._logic = logic

    def shownSeries(self):
        """The patients' series that the views of the layout show."""
        from SynthTrustLib.scene.views.slices import shown_volumes

        if slicer.app.layoutManager() is None:
            return []
        return [node for node in shown_volumes(slicer.mrmlScene) if self._logic.isSeries(node)]

    def show(self, result, parameterNode, arrange=True):
        """Bring the views in line with the parameters; without `arrange`, as the user has arranged them."""
        from SynthTrustLib.scene.views import look
        from SynthTrustLib.scene.views.layout import is_page

        manager = slicer.app.layoutManager()
        if manager is None:
            return
        layout = manager.layout
        region = choices.chosen(parameterNode.region, result.regions)
        wanted = look.Look(
            overlay=parameterNode.overlay.value,
            region=region,
            background=choices.image(parameterNode.background, result.task, result.contrasts, region),
            arrangement=look.Arrangement(parameterNode.layout.value),
            page=min(parameterNode.page, self.pages(result) - 1),
            opacity=parameterNode.opacity,
            threshold=parameterNode.threshold,
            legend=parameterNode.legend,
            margin=parameterNode.margin,
        )
        others = [other for other in self._logic.assessments() if other.id != result.id]
        with slicer.util.RenderBlocker():
            look.show(result, wanted, manager.layoutLogic().GetLayoutNode(), others, arrange=arrange)
        if manager.layout != layout and is_page(manager.layout):
            titles = look.page_view_titles(result, wanted.page)
            qt.QTimer.singleShot(0, lambda: self._setUpPage(titles, fit=not is_page(layout)))

    def hide(self, results):
        """Take everything of these results off the views."""
        from SynthTrustLib.scene.views import look

        with slicer.util.RenderBlocker():
            for result in results:
                look.hide(result)

    def arrangement(self):
        """The number of Slicer's present layout; None without a main window."""
        manager = slicer.app.layoutManager()
        return manager.layout if manager is not None else None

    def showSeries(self, volumes, task=None):
        """Show a patient's series (contrast -> volume node) in the views, the whole head."""
        from SynthTrustLib.scene.views import slices as views

        shown = gridVolume(volumes, task)
        if shown is None or slicer.app.layoutManager() is None:
            return
        with slicer.util.RenderBlocker():
            views.show_volume(slicer.mrmlScene, shown)
            slicer.util.resetSliceViews()

    def showAsOutline(self, segmentation):
        """Draw a segmentation as a line, once; how the user draws it later stays."""
        display = segmentation.GetDisplayNode()
        if display is not None and not display.GetAttribute(AS_OUTLINE):
            display.SetAttribute(AS_OUTLINE, "1")
            display.SetVisibility2DFill(False)
            display.SetVisibility2DOutline(True)
            display.SetVisibility3D(False)

    def restoreViews(self):
        """Show the result of a scene that was saved side by side, or the usual views where there is none.

        A scene's file and Slicer's settings have the number of the layout only. Slicer would show no view at all where
        nobody has used that layout since it was started.
        """
        manager = slicer.app.layoutManager()
        layout = manager.layoutLogic().GetLayoutNode() if manager is not None else None
        if layout is None or layout.IsLayoutDescription(layout.GetViewArrangement()):
            return
        from SynthTrustLib.scene.views.layout import is_page

        if not is_page(layout.GetViewArrangement()):
            return
        parameterNode = self._logic.getParameterNode()
        result = self._logic.assessment(parameterNode.assessment)
        if result is not None:
            self.show(result, parameterNode)
        else:
            layout.SetViewArrangement(layout.SlicerLayoutFourUpView)

    def _setUpPage(self, titles, fit, before=None, turns=SET_UP_TURNS):
        """Title the side-by-side views; show the whole head in them, on the slice that the axial view is on.

        Slicer sets new views up after it has made them, some turns of the event loop later: it is done again whenever
        their sizes have changed. Other views stay as they are.
        """
        from SynthTrustLib.scene.views import slices as views
        from SynthTrustLib.scene.views.layout import is_page

        manager = slicer.app.layoutManager()
        if not is_page(manager.layout):
            return
        widgets = {tag: manager.sliceWidget(tag) for tag in titles if tag in manager.sliceViewNames()}
        widgets = {tag: widget for tag, widget in widgets.items() if widget is not None}
        sizes = [tuple(widget.mrmlSliceNode().GetDimensions()) for widget in widgets.values()]
        if sizes != before:
            for tag, widget in widgets.items():
                views.show_title(widget.sliceView().renderWindow(), *titles[tag])
                if fit:
                    widget.fitSliceToBackground()
            views.show_legends(slicer.mrmlScene, widgets)
            red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")
            if fit and red is not None:
                views.show_slices_at(slicer.mrmlScene, views.center_of(red), widgets)
        if turns:
            qt.QTimer.singleShot(SET_UP_MS, lambda: self._setUpPage(titles, fit, sizes, turns - 1))

    def center(self, result):
        """Show the whole head in every view, on the slices through the first review spot."""
        from SynthTrustLib.scene.views import slices as views

        manager = slicer.app.layoutManager()
        if manager is None:
            return
        slicer.util.resetSliceViews()
        if result.nodes.reference_volume is None:
            return
        views.show_slices_at(slicer.mrmlScene, views.point_of_interest(result.nodes))
        if manager.threeDViewCount > 0:
            view = manager.threeDWidget(0).threeDView()
            view.resetFocalPoint()
            view.resetCamera()

    def jump(self, result, spot):
        """Move every view to a review spot."""
        from SynthTrustLib.scene.nodes.spots import label_spots
        from SynthTrustLib.scene.views import slices as views

        spots = result.scorecard.review_spots
        index = spots.index(spot)
        with slicer.util.RenderBlocker():
            label_spots(result.nodes.review_spots, spots, index)
            views.jump_to(slicer.mrmlScene, self._worldPosition(result, index, spot.ras))

    def _worldPosition(self, result, index, ras):
        """Where a spot is in the world now: as its cross lies, which moves with transforms and stays where they harden.

        Without its cross it moves with the transform of the reference volume.
        """
        crosses = result.nodes.review_spots
        if crosses is not None and crosses.GetNumberOfControlPoints() == len(result.scorecard.review_spots):
            position = [0.0, 0.0, 0.0]
            crosses.GetNthControlPointPositionWorld(index, position)
            return position
        volume = result.nodes.reference_volume
        parent = volume.GetParentTransformNode() if volume is not None else None
        if parent is None:
            return ras
        transform = vtk.vtkGeneralTransform()
        parent.GetTransformToWorld(transform)
        return transform.TransformPoint(ras)

    def pages(self, result):
        """How many pages the side-by-side layout has."""
        from SynthTrustLib.scene.views.layout import page_count

        return page_count(result.segmenters)

    def showPlot(self, result):
        """Show the dose-response chart in the present layout."""
        slicer.modules.plots.logic().ShowChartInLayout(result.nodes.chart)
