"""Outlines made elsewhere: segmentations that are loaded in Slicer and join the comparison without a network."""

import qt
from slicer.i18n import tr as _

from SynthTrustLib.case.outline.label_convention import AUTO, BINARY
from SynthTrustLib.errors import SynthTrustError
from SynthTrustLib.task.task import BRATS

from . import theme
from .words import inWords


class OutlinesSection:
    """The table of outlines: which join, and what their segments mean. Both are kept on the nodes, with the scene."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._nodes = []
        self._filledFrom = None
        self._filling = False
        table = ui.outlineTable
        columns = [
            (
                _("Outline"),
                _(
                    "Check an outline to compare it; its name is printed in the report. Below it are the regions that "
                    "it tells: only those that every outline tells are compared."
                ),
            ),
            (
                _("Labels"),
                _(
                    "What its segments mean: what they are named, the labels of the task (of BraTS: 1 necrosis, "
                    "2 edema, 3 or 4 enhancing), or all of them the outermost region."
                ),
            ),
        ]
        theme.setUpTable(table, columns)
        self._fitter = theme.RowFitter(table)
        table.cellChanged.connect(self.onCellChanged)

    def chosen(self):
        """The checked segmentation nodes, and the label convention of each."""
        conventions = {node: self._comparedAs(node) for node in self._nodes}
        return {node: convention for node, convention in conventions.items() if convention}

    def _comparedAs(self, node):
        return self.panel.logic.comparedAs(node, self.panel.patient.volumes().values())

    def problem(self):
        """Why a run cannot start with these outlines; empty when it can."""
        problems = (self._told(node, convention)[1] for node, convention in self.chosen().items())
        return next(filter(None, problems), "")

    def update(self):
        """List the segmentations of the scene; a trusted reference is no member."""
        reference = self.panel.parameterNode.referenceSegmentation if self.panel.parameterNode else None
        self._nodes = [node for node in self.panel.logic.givenOutlines() if node is not reference]
        self._filling = True
        key = (theme.isDark(), self._task(), [(node.GetID(), node.GetName()) for node in self._nodes])
        if key != self._filledFrom:
            self._filledFrom = key
            self._fill()
        for row, node in enumerate(self._nodes):
            self._show(row, self._comparedAs(node), node)
        self._filling = False
        self._fitter.fitSoon()

    def _task(self):
        return self.panel.segmenters.task()

    def _fill(self):
        """A line for each outline."""
        task = self._task()
        labels = _("BraTS labels") if task.label_convention == BRATS else _("labels of the task")
        table = self.ui.outlineTable
        table.rowCount = len(self._nodes)
        for row, node in enumerate(self._nodes):
            table.setItem(row, 0, theme.tableItem(node.GetName(), checkable=True))
            box = qt.QComboBox()
            box.toolTip = table.horizontalHeaderItem(1).toolTip()
            theme.narrow(box, letters=9)
            for convention, title in (
                (AUTO, _("as they are named")),
                (task.label_convention, labels),
                (BINARY, _("all {region}").format(region=inWords(task.regions[0].name))),
            ):
                box.addItem(title, convention)
            box.currentIndexChanged.connect(lambda *unused, row=row: self.onConvention(row))
            table.setCellWidget(row, 1, box)
        table.visible = bool(self._nodes)
        self.ui.outlineLabel.text = (
            _("Outlines made elsewhere, to compare too:")
            if self._nodes
            else _("Outlines made elsewhere can be compared too: load them as segmentations.")
        )
        theme.setTextColour(self.ui.outlineLabel, None if self._nodes else theme.fadedColour())

    def _show(self, row, convention, node):
        table = self.ui.outlineTable
        table.item(row, 0).setCheckState(qt.Qt.Checked if convention else qt.Qt.Unchecked)
        theme.showCheckBox(table.item(row, 0))
        box = table.cellWidget(row, 1)
        if convention and box.findData(convention) < 0:
            box.addItem(convention, convention)  # spelled out by a script
        if convention:
            box.currentIndex = box.findData(convention)
        regions, problem = self._told(node, convention or box.itemData(box.currentIndex))
        told = problem or ", ".join(inWords(self._task().name(region)) for region in regions)
        item = table.item(row, 0)
        item.setText(theme.breakable(f"{node.GetName()}\n{told}"))
        item.setToolTip(theme.literally(told))
        problemColour = theme.errorColour() if convention else theme.fadedColour()
        item.setForeground(qt.QBrush(problemColour) if problem else qt.QBrush())

    def _told(self, node, convention):
        """The regions that an outline tells, and why not; one of the two is empty."""
        from SynthTrustLib.scene.patient.given_outline import segments_of

        try:
            return tuple(segments_of(node, convention, self._task())), ""
        except SynthTrustError as error:
            return (), str(error)

    def onCellChanged(self, row, column):
        if not self._filling and column == 0:
            self._store(row)

    def onConvention(self, row):
        if not self._filling:
            self.ui.outlineTable.item(row, 0).setCheckState(qt.Qt.Checked)  # who says what it means wants it compared
            self._store(row)

    def _store(self, row):
        box = self.ui.outlineTable.cellWidget(row, 1)
        checked = self.ui.outlineTable.item(row, 0).checkState() == qt.Qt.Checked
        self.panel.logic.compareOutline(
            self._nodes[row],
            box.itemData(box.currentIndex) if checked else "",
            self.panel.patient.volumes().values(),
        )
        if checked:
            self.panel.logic.views.showAsOutline(self._nodes[row])
        self.panel.updateFromParameterNode()
