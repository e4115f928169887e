"""The layout manager: real layout logic and displayable managers, drawn off screen by trame-slicer's views."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import slicer
import vtk
from PySide6 import QtCore, QtGui
from trame_slicer.views import AbstractView, SliceView, ThreeDView
from trame_slicer.views.render_scheduler import NoScheduleRendering
from vtkmodules.util.numpy_support import vtk_to_numpy

DRAWN_ON_DEMAND = NoScheduleRendering
"""Slicer draws when the event loop comes round. Here nobody watches: a view is drawn when its picture is taken, and not
on every change of a node, which costs minutes where the processor draws."""


BAR = 16
"""Pixels of the bar above a view."""

WINDOW_SIZE = 800
"""Pixels of all views together, each way, until a picture of another size is taken."""


class LayoutSliceView(SliceView):
    """A slice view on the node that the layout has made; SliceView itself would make another of the same name."""

    def set_scene(self, scene) -> None:
        AbstractView.set_scene(self, scene)
        self._logic.SetMRMLScene(scene)
        node = scene.GetSingletonNode(self.name, "vtkMRMLSliceNode")
        self._logic.SetSliceNode(node)
        self.set_view_node(node)


class SliceWidget:
    """``qMRMLSliceWidget``."""

    def __init__(self, view: SliceView) -> None:
        self.view = view

    def mrmlSliceNode(self):
        return self.view.get_view_node()

    def sliceView(self) -> SliceWidget:
        return self

    def renderWindow(self):
        return self.view.render_window()

    def sliceLogic(self):
        return self.view._logic

    def mrmlSliceCompositeNode(self):
        return self.view._logic.GetSliceCompositeNode()

    def fitSliceToBackground(self) -> None:
        self.view.fit_view_to_content()


class ThreeDWidget:
    """``qMRMLThreeDWidget``, which is also its own ``threeDView()``."""

    def __init__(self, view: ThreeDView) -> None:
        self.view = view

    def threeDView(self) -> ThreeDWidget:
        return self

    def mrmlViewNode(self):
        return self.view.get_view_node()

    def resetFocalPoint(self) -> None:
        self.view.reset_focal_point()

    def resetCamera(self) -> None:
        self.view.reset_camera()


class LayoutManager:
    """``qSlicerLayoutManager``: makes a view for each slice and 3D node of the current layout."""

    def __init__(self, app) -> None:
        self._app = app
        self._scene = app.scene
        self._slices: dict[str, SliceWidget] = {}
        self._three_d: dict[str, ThreeDWidget] = {}
        self._not_set_up: set[str] = set()
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLScene(self._scene)
        self._node = self._logic.GetLayoutNode()
        self._node.AddObserver("ModifiedEvent", lambda *_: self._make_views())
        self._scene.AddObserver(self._scene.EndImportEvent, lambda *_: self._make_views())
        self.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)

    def layoutLogic(self):
        return self._logic

    @property
    def layout(self) -> int:
        return self._node.GetViewArrangement()

    def setLayout(self, identifier: int) -> None:
        self._node.SetViewArrangement(identifier)
        self._make_views()

    def sliceViewNames(self) -> tuple[str, ...]:
        return tuple(self._slices)

    def sliceWidget(self, name: str) -> SliceWidget:
        return self._slices[name]

    @property
    def threeDViewCount(self) -> int:
        return len(self._three_d)

    def threeDWidget(self, index: int) -> ThreeDWidget:
        return list(self._three_d.values())[index]

    def mrmlSliceLogics(self):
        return self._app.app_logic.GetSliceLogics()

    def resetSliceViews(self) -> None:
        for widget in self._slices.values():
            widget.fitSliceToBackground()

    def resetThreeDViews(self) -> None:
        for widget in self._three_d.values():
            widget.resetFocalPoint()
            widget.resetCamera()

    def _make_views(self) -> None:
        nodes = self._logic.GetViewNodes()
        for index in range(nodes.GetNumberOfItems()):
            node = nodes.GetItemAsObject(index)
            tag = node.GetSingletonTag()
            if node.IsA("vtkMRMLSliceNode") and tag not in self._slices:
                view = LayoutSliceView(self._scene, self._app.app_logic, tag, DRAWN_ON_DEMAND())
                self._slices[tag] = SliceWidget(view)
                self._not_set_up.add(tag)
                QtCore.QTimer.singleShot(0, lambda tag=tag: self._set_up(tag))
            elif node.IsA("vtkMRMLViewNode") and tag not in self._three_d:
                view = ThreeDView(self._scene, self._app.app_logic, tag, DRAWN_ON_DEMAND())
                view.set_view_node(node)
                self._three_d[tag] = ThreeDWidget(view)
        for element, area in self._areas(QtCore.QRect(0, 0, WINDOW_SIZE, WINDOW_SIZE)):
            tag = element.get("singletontag", "")
            if tag in self._slices and tag not in self._not_set_up:
                self._slices[tag].view.update_size(area.width(), area.height())
            self._apply_properties(element)

    def forget_views(self) -> None:
        """Show the usual views and let go of all others: each follows whatever happens in the scene."""
        self.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        nodes = self._logic.GetViewNodes()
        usual = {nodes.GetItemAsObject(index).GetSingletonTag() for index in range(nodes.GetNumberOfItems())}
        for tag in set(self._slices) - usual:
            view = self._slices.pop(tag).view
            logic = view._logic
            made = (logic.GetSliceCompositeNode(), logic.GetSliceDisplayNode(), logic.GetSliceNode())
            view._displayable_manager_group.SetMRMLDisplayableNode(None)
            self._app.app_logic.GetSliceLogics().RemoveItem(logic)
            logic.SetMRMLScene(None)
            for node in made:
                if node is not None and self._scene.IsNodePresent(node):
                    self._scene.RemoveNode(node)

    def _set_up(self, tag: str) -> None:
        """As in Slicer, a new slice view begins at slice 0, with its own size, a turn of the event loop later."""
        self._not_set_up.discard(tag)
        node = self._scene.GetSingletonNode(tag, "vtkMRMLSliceNode")
        if node is None or tag not in self._slices:
            return
        node.SetSliceOffset(0.0)
        for element, area in self._areas(QtCore.QRect(0, 0, WINDOW_SIZE, WINDOW_SIZE)):
            if element.get("singletontag", "") == tag:
                self._slices[tag].view.update_size(area.width(), area.height())

    def _apply_properties(self, element: ET.Element) -> None:
        """The properties of a view in the layout's XML, which Slicer's view factories apply."""
        node = self._scene.GetSingletonNode(element.get("singletontag", ""), element.get("class"))
        if node is None or not node.IsA("vtkMRMLSliceNode"):
            return
        setters = {"orientation": node.SetOrientation, "viewlabel": node.SetLayoutLabel}
        for item in element.iter("property"):
            if item.get("name") in setters:
                setters[item.get("name")](item.text)

    def draw(self, width: int, height: int) -> QtGui.QImage:
        """A picture of all views of the current layout, side by side as its XML says."""
        picture = QtGui.QImage(width, height, QtGui.QImage.Format.Format_RGB32)
        picture.fill(QtCore.Qt.GlobalColor.black)
        painter = QtGui.QPainter(picture)
        for element, area in self._areas(QtCore.QRect(0, 0, width, height)):
            self._draw_view(element, area, painter)
        painter.end()
        return picture

    def _areas(self, area: QtCore.QRect, element: ET.Element | None = None):
        """Each view's element of the layout's XML, with its part of `area`."""
        if element is None:
            description = self._node.GetCurrentLayoutDescription()
            if not description:
                return
            element = ET.fromstring(description)
        if element.tag == "view":
            yield element, area.adjusted(1, 1, -1, -1)
            return
        children = list(element)
        if element.tag == "item":
            yield from self._areas(area, children[0])
            return
        cells = [(int(c.get("row", "0")), int(c.get("column", "0")), int(c.get("colspan", "1"))) for c in children]
        if element.get("type") == "horizontal":
            cells = [(0, index, 1) for index in range(len(children))]
        elif element.get("type", "vertical") != "grid":
            cells = [(index, 0, 1) for index in range(len(children))]
        rows = 1 + max(row for row, _, _ in cells)
        columns = max(column + span for _, column, span in cells)
        for child, (row, column, span) in zip(children, cells, strict=True):
            left, top = area.width() * column // columns, area.height() * row // rows
            right, bottom = area.width() * (column + span) // columns, area.height() * (row + 1) // rows
            part = QtCore.QRect(area.left() + left, area.top() + top, right - left, bottom - top)
            yield from self._areas(part, child)

    def _draw_view(self, element: ET.Element, area: QtCore.QRect, painter: QtGui.QPainter) -> None:
        tag = element.get("singletontag", "")
        widget = self._slices.get(tag) if element.get("class") == "vtkMRMLSliceNode" else self._three_d.get(tag)
        if element.get("class") == "vtkMRMLPlotViewNode":
            self._draw_plot(area, painter)
        elif widget is not None:
            image = grab(widget.view, area.width(), area.height() - BAR)
            painter.drawImage(area.left(), area.top() + BAR, image)
            node = widget.view.get_view_node()
            painter.fillRect(area.left(), area.top(), area.width(), BAR, QtGui.QColor("#3c3c3c"))
            painter.setPen(QtGui.QColor("white"))
            name = node.GetName() or tag
            painter.drawText(area.left() + 6, area.top() + 13, f"{node.GetLayoutLabel()}   {name}")

    def _draw_plot(self, area: QtCore.QRect, painter: QtGui.QPainter) -> None:
        view = self._scene.GetFirstNodeByClass("vtkMRMLPlotViewNode")
        chart = view.GetPlotChartNode() if view else None
        painter.fillRect(area, QtGui.QColor("white"))
        if chart is not None:
            painter.drawImage(area.topLeft(), draw_chart(chart, area.width(), area.height()))


def _image(window: vtk.vtkRenderWindow) -> QtGui.QImage:
    reader = vtk.vtkWindowToImageFilter()
    reader.SetInput(window)
    reader.ReadFrontBufferOff()
    reader.Update()
    data = reader.GetOutput()
    width, height, _ = data.GetDimensions()
    pixels = vtk_to_numpy(data.GetPointData().GetScalars()).reshape(height, width, -1)[::-1, :, :3].copy()
    return QtGui.QImage(pixels.data, width, height, 3 * width, QtGui.QImage.Format.Format_RGB888).copy()


def grab(view, width: int, height: int) -> QtGui.QImage:
    """What a view shows, in this size."""
    view.render_window().SetSize(width, height)
    if isinstance(view, SliceView):
        view._update_slice_size()
    view.render()
    return _image(view.render_window())


def draw_chart(chart, width: int, height: int) -> QtGui.QImage:
    """The series of a plot chart node as points and lines; Slicer's own plot view looks different in detail."""
    view = vtk.vtkContextView()
    window = view.GetRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetSize(width, height)
    plot = vtk.vtkChartXY()
    view.GetScene().AddItem(plot)
    plot.SetTitle(chart.GetTitle() or "")
    plot.SetShowLegend(bool(chart.GetLegendVisibility()))
    plot.GetAxis(1).SetTitle(chart.GetXAxisTitle() or "")
    plot.GetAxis(0).SetTitle(chart.GetYAxisTitle() or "")
    for axis, auto, bounds in (
        (plot.GetAxis(1), chart.GetXAxisRangeAuto(), chart.GetXAxisRange()),
        (plot.GetAxis(0), chart.GetYAxisRangeAuto(), chart.GetYAxisRange()),
    ):
        if not auto:
            axis.SetBehavior(vtk.vtkAxis.FIXED)
            axis.SetRange(*bounds)
    for index in range(chart.GetNumberOfPlotSeriesNodes()):
        series = chart.GetNthPlotSeriesNode(index)
        table = series.GetTableNode().GetTable()
        scatter = series.GetMarkerStyle() != series.MarkerStyleNone and series.GetLineStyle() == series.LineStyleNone
        item = plot.AddPlot(vtk.vtkChart.POINTS if scatter else vtk.vtkChart.LINE)
        item.SetInputData(table, series.GetXColumnName(), series.GetYColumnName())
        item.SetColorF(*series.GetColor())
        item.SetLabel(series.GetName())
        if scatter:
            item.SetMarkerSize(series.GetMarkerSize())
    window.Render()
    return _image(window)
