"""Where the parameter node keeps the series that is chosen for a contrast, and the selectors of further contrasts.

T1, T1c, T2 and FLAIR have fields and selectors of their own, and are found by name. A task may have any other contrast:
its series is chosen by hand, and kept as a reference of the parameter node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

FIELDS = {"T1": "t1Volume", "T1c": "t1cVolume", "T2": "t2Volume", "FLAIR": "flairVolume"}
REFERENCE = "Series."
"""Start of the parameter node's references to the series of other contrasts."""


def chosenSeries(parameterNode, contrast):
    """The volume node that is chosen for a contrast; None without one."""
    if contrast in FIELDS:
        return getattr(parameterNode, FIELDS[contrast])
    return parameterNode.parameterNode.GetNodeReference(REFERENCE + contrast)


def chooseSeries(parameterNode, contrast, volume):
    """Choose a volume node for a contrast, or none."""
    if contrast in FIELDS:
        setattr(parameterNode, FIELDS[contrast], volume)
    elif chosenSeries(parameterNode, contrast) is not volume:
        parameterNode.parameterNode.SetNodeReferenceID(REFERENCE + contrast, volume.GetID() if volume else None)
        parameterNode.parameterNode.Modified()


@dataclass(frozen=True)
class Row:
    """What the form has for one contrast: its name, its selector, and what was found about the chosen series."""

    name: Any
    selector: Any
    status: Any

    def show(self, visible):
        """Show the contrast, or not; its status is shown by who knows it."""
        self.name.visible = visible
        self.selector.visible = visible
        if not visible:
            self.status.visible = False


def ownRows(ui):
    """Contrast -> its row, of those that the form has from the start."""
    return {
        contrast: Row(
            *(getattr(ui, f"{contrast.lower()}{part}") for part in ("SelectorLabel", "Selector", "StatusLabel"))
        )
        for contrast in FIELDS
    }


def letKeysIn(selector):
    """Let Tab and the arrow keys reach a node selector; returns its list.

    Slicer's lends its list's focus to its own frame, which takes none: Tab passes it by, and keys choose nothing.
    """
    ownList = selector.findChild(qt.QComboBox)
    ownList.setFocusProxy(None)
    return ownList


def newRow(form, contrast, above, onChosen):
    """Add a row for another contrast to a grid layout, below the selector `above`.

    `onChosen` is told the volume node that a user chooses.
    """
    name = qt.QLabel(_("{contrast}:").format(contrast=contrast))
    selector = slicer.qMRMLNodeComboBox()
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.showChildNodeTypes = False
    selector.noneEnabled = True
    selector.addEnabled = False
    selector.removeEnabled = False
    selector.renameEnabled = False
    # Long names of volumes do not widen the panel; Slicer's Python cannot set the selector's own sizeAdjustPolicy.
    selector.sizePolicy = qt.QSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
    selector.setMRMLScene(slicer.mrmlScene)
    selector.toolTip = name.toolTip = _("The series of this contrast. It is not found by its name: choose it.")
    selector.currentNodeChanged.connect(lambda *unused: onChosen(selector.currentNode()))
    status = qt.QLabel()
    status.textFormat = qt.Qt.PlainText
    status.wordWrap = True
    status.sizePolicy = qt.QSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Preferred)
    line = form.rowCount()
    form.addWidget(name, line, 0)
    form.addWidget(selector, line, 1)
    form.addWidget(status, line + 1, 0, 1, 2)
    # What is made later comes after all that the form has.
    qt.QWidget.setTabOrder(above.findChild(qt.QComboBox), letKeysIn(selector))
    return Row(name, selector, status)
