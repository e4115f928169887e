"""Outlines made elsewhere: listed, told apart, compared, and kept with the scene."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def drawn(host, panel, patient):
    """A segmentation that somebody has drawn, with two segments whose names say nothing."""
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Drawn by A. B.")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(patient["FLAIR"])
    bright = slicer.util.arrayFromVolume(patient["FLAIR"]) > 700
    back = np.arange(bright.shape[1])[None, :, None] < 24
    for name, mask in (("front", bright & ~back), ("back", bright & back)):
        identifier = node.GetSegmentation().AddEmptySegment("", name)
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask.astype(np.uint8), node, identifier, patient["FLAIR"])
    node.voxels = int(bright.sum())
    host.process()
    return node


def check(host, panel, row: int, checked: bool = True) -> None:
    from qt import Qt

    state = Qt.Checked if checked else Qt.Unchecked
    panel.ui.outlineTable.item(row, 0).setCheckState(state)
    host.process()


def told(panel) -> list[str]:
    """What is said under the name of each outline."""
    table = panel.ui.outlineTable
    return [table.item(row, 0).text().partition("\n")[2] for row in range(table.rowCount)]


def test_without_an_outline_the_panel_says_how_to_get_one(panel, patient):
    assert panel.ui.outlineTable.isHidden()
    assert "load them as segmentations" in panel.ui.outlineLabel.text


def test_what_an_outline_tells_is_shown_and_what_cannot_be_told_blocks_the_run(host, user, panel, drawn, packages):
    user.choose_segmenters_in(packages)
    assert "cannot be told (1 'front', 2 'back')" in told(panel)[0]
    assert panel.ui.runButton.enabled, "an outline that is not checked does not matter"
    check(host, panel, 0)
    assert "cannot be told" in panel.ui.runButton.toolTip
    user.choose(panel.ui.outlineTable.cellWidget(0, 1), "all whole tumor")
    assert told(panel) == ["whole tumor"] and panel.ui.runButton.enabled
    check(host, panel, 0, checked=False)
    assert panel.outlines.chosen() == {}


def test_an_outline_that_is_imported_stays_that_of_its_own_patient(panel, drawn):
    """Ids of nodes change where a scene is imported into another, and an attribute does not follow."""
    import slicer

    mine, other = (slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode") for _ in range(2))
    panel.logic.compareOutline(drawn, "auto", [mine])
    drawn.SetAttribute("ComparedWith", other.GetID())
    assert panel.logic.comparedAs(drawn, [mine]) == "auto" and panel.logic.comparedAs(drawn, [other]) == ""
    panel.logic.compareOutline(drawn, "auto", [other])
    assert panel.logic.comparedAs(drawn, [mine]) == "" and panel.logic.comparedAs(drawn, [other]) == "auto"


def test_a_trusted_reference_is_not_compared_with_itself(host, panel, drawn):
    panel.ui.referenceSelector.setCurrentNode(drawn)
    host.process()
    assert panel.ui.outlineTable.rowCount == 0


def test_an_outline_joins_the_segmenters(host, user, panel, patient, drawn, packages, picture):
    user.choose_segmenters_in(packages)
    check(host, panel, 0)
    user.choose(panel.ui.outlineTable.cellWidget(0, 1), "all whole tumor")
    picture("outlines")
    user.run()
    assert panel.ui.errorLabel.text == ""
    result = panel.assessment()
    assert [card.name for card in result.segmenters] == ["t-0", "t-50", "t-100", "Drawn by A. B."]
    volume = result.scorecard.row(f"volume.WT.{result.segmenters[-1].id}").value
    assert volume == pytest.approx(drawn.voxels * 3.0 * 2.5 * 2.5 / 1000, abs=1e-3)
    assert panel.outlines.chosen() == {drawn: "binary"}, "the result's own outlines are not made elsewhere"
    assert list(host.folder.glob("ST*/")) == [], "temporary files are left"


def test_an_outline_made_elsewhere_can_be_the_one_of_record(host, user, panel, patient, drawn, packages, picture):
    user.choose_segmenters_in(packages)
    records = panel.ui.recordComboBox
    assert records.currentText == "Flagship, with those checked as its jury" and panel.segmenters.record() == ""
    assert records.findData("Drawn by A. B.") < 0, "only what runs can be the outline of record"
    check(host, panel, 0)
    user.choose(panel.ui.outlineTable.cellWidget(0, 1), "all whole tumor")
    user.choose(records, "Drawn by A. B.")
    assert panel.parameterNode.record == panel.segmenters.record() == "Drawn by A. B."
    picture("record")
    user.run()
    result = panel.assessment()
    assert result.scorecard.record == "outside-drawn-by-a-b"
    assert result.nodes.record is result.nodes.outlines["outside-drawn-by-a-b"]
    assert sorted(result.scorecard.jury) == ["t-0", "t-100", "t-50"]
    check(host, panel, 0, checked=False)
    assert panel.segmenters.record() == "", "who does not run any more gives way to the default"


def test_outlines_alone_are_compared_without_an_engine(host, user, panel, patient, drawn, monkeypatch):
    panel.ui.segmenterFolderPathLineEdit.currentPath = ""
    asked = []
    monkeypatch.setattr(panel.logic, "missingPackages", lambda engine: asked.append(engine) or [])
    check(host, panel, 0)
    user.choose(panel.ui.outlineTable.cellWidget(0, 1), "all whole tumor")
    assert panel.segmenters.chosenIds() == []
    user.run()
    assert asked == [False] and panel.ui.errorLabel.text == ""
    assert [card.name for card in panel.assessment().segmenters] == ["Drawn by A. B."]


def test_the_choice_of_outlines_is_saved_with_the_scene(host, panel, user, drawn, tmp_path):
    import slicer

    user.choose(panel.ui.outlineTable.cellWidget(0, 1), "all whole tumor")
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    host.close_scene()
    assert panel.ui.outlineTable.rowCount == 0
    assert slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    host.process()
    (found,) = panel.outlines.chosen().items()
    assert (found[0].GetName(), found[1]) == ("Drawn by A. B.", "binary")
    assert panel.ui.outlineTable.cellWidget(0, 1).currentText == "all whole tumor"
