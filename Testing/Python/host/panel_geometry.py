"""What is wrong with the geometry of a panel: every visible widget against its own size hint and its neighbours.

Written as Slicer's Python sees Qt (properties are attributes), so that it runs there as well as in the stand-in.
"""

from __future__ import annotations


def faults(contents, viewport) -> list[str]:
    """A line for each widget that is cut, squeezed, wider than the panel or over another one; empty where all is well.

    Parameters
    ----------
    contents : QWidget
        What the panel's scroll area scrolls.
    viewport : QWidget
        What is seen of it.
    """
    found = []
    if contents.width != viewport.width:
        found.append(f"the contents are {contents.width} wide, what is seen of them {viewport.width}")
    blank = contents.height - max(viewport.height, contents.heightForWidth(contents.width))
    if blank > 0:
        found.append(f"{blank} pixels below the contents are blank")
    for widget in _visible(contents):
        if widget is not contents:
            found += [f"{_name(widget)}: {fault}" for fault in _own_faults(widget)]
        found += [f"{_name(widget)}: {fault}" for fault in _faults_among(_shown_children(widget))]
    return found


def _visible(widget):
    """The widget and all below it that are seen, except for the parts of one widget of Qt's or CTK's."""
    yield widget
    if _is_composed(widget):
        return
    for child in _shown_children(widget):
        yield from _visible(child)


def _shown_children(widget):
    return [child for child in widget.children() if child.isWidgetType() and child.visible and not child.isWindow()]


def _is_composed(widget):
    """Whether what is in it is its own business."""
    return widget.inherits("QAbstractScrollArea") or widget.metaObject().className() in (
        "QComboBox",
        "QDoubleSpinBox",
        "QLineEdit",
        "ctkPathLineEdit",
        "ctkSliderWidget",
        "qMRMLNodeComboBox",
    )


def _own_faults(widget):
    least = _value(widget.minimumSizeHint).expandedTo(widget.minimumSize)
    if widget.inherits("QAbstractButton") and not widget.inherits("ctkCollapsibleButton"):
        least = least.expandedTo(_value(widget.sizeHint))
    if widget.inherits("QLabel") and not widget.wordWrap:
        least = least.expandedTo(_value(widget.sizeHint))
    height = widget.heightForWidth(widget.width) if widget.hasHeightForWidth() else least.height()
    if widget.width < least.width():
        yield f"{widget.width} pixels wide, needs {least.width()}"
    if widget.height < height:
        yield f"{widget.height} pixels high, needs {height}"
    if widget.inherits("QLabel") and not widget.text and (not widget.pixmap or widget.pixmap.isNull()):
        yield "is there and shows nothing"
    parent = widget.parentWidget()
    if not parent.rect.contains(widget.geometry):
        yield f"{_rectangle(widget.geometry)} leaves its parent {_rectangle(parent.rect)}"
    if widget.inherits("QTableView") or widget.inherits("QTreeView"):
        yield from _faults_of_columns(widget)
    if widget.inherits("QTableView"):
        yield from _faults_of_rows(widget)


def _faults_among(widgets):
    for n, one in enumerate(widgets):
        for other in widgets[n + 1 :]:
            if one.geometry.intersects(other.geometry):
                yield f"{_name(one)} {_rectangle(one.geometry)} lies over {_name(other)} {_rectangle(other.geometry)}"


def _faults_of_columns(view):
    header = view.horizontalHeader() if view.inherits("QTableView") else view.header()
    if header.length() > view.viewport().width:
        yield f"its columns need {header.length()} of {view.viewport().width} pixels"
    for column in range(header.count()):
        if not header.isSectionHidden(column) and header.sectionSize(column) < header.sectionSizeHint(column):
            yield f"the title of column {column} is cut"


def _faults_of_rows(table):
    rows = range(table.model().rowCount())
    height = sum(table.rowHeight(row) for row in rows)
    if height > table.viewport().height and not table.verticalScrollBar().visible:
        yield f"its rows need {height} of {table.viewport().height} pixels"
    for row in rows:
        if table.rowHeight(row) < table.sizeHintForRow(row):
            yield f"row {row} is {table.rowHeight(row)} pixels high, needs {table.sizeHintForRow(row)}"
        for column in range(table.model().columnCount()):
            widget = table.cellWidget(row, column)
            if widget is not None and _value(widget.minimumSizeHint).width() > table.columnWidth(column):
                yield f"the widget of row {row}, column {column} is cut"


def _value(hint):
    """A size hint: an attribute of Qt's widgets, a method of those that the stand-in has in the place of CTK's."""
    return hint() if callable(hint) else hint


def _name(widget):
    return widget.objectName or widget.metaObject().className()


def _rectangle(rectangle):
    return f"({rectangle.x()}, {rectangle.y()}, {rectangle.width()} x {rectangle.height()})"
