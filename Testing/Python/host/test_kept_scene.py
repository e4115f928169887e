"""A scene that an earlier version has saved, opened in the panel of this one."""

from __future__ import annotations

from versions.kept import FOLDER, facts

from Testing.Versions.review import COMMENT, REVIEWER


def test_the_panel_shows_a_reviewed_result_of_an_earlier_version(host, panel):
    import slicer

    assert slicer.util.loadScene(str(FOLDER / "reviewed.mrb"))
    host.process()
    result = panel.assessment()
    assert result is not None and panel.ui.statusTable.rowCount == 3
    kept = facts()["small/calibrated"]
    assert result.scorecard.row("volume.WT.pooled").value == kept["row volume.WT.pooled"]["value"]
    assert panel.ui.statusTable.item(0, 1).text() == kept["row status.WT"]["value"]
    assert panel.ui.verdictLabel.text.startswith(f"Recorded by {REVIEWER}")
    assert panel.ui.verdictTable.cellWidget(1, 0).text == COMMENT
    assert panel.ui.openReportButton.enabled
    assert panel.parameterNode.region == "TC" and panel.ui.regionComboBox.currentText == "Tumor core"
    assert panel.parameterNode.overlay.value == "disagreement"
