"""Recording times and clicks for a trial: off by default, local, without a name."""

from __future__ import annotations

import csv

import pytest


@pytest.fixture
def recorded(panel, result, tmp_path):
    """What was recorded into the folder, as rows; the switch is on."""
    panel.ui.exportPathLineEdit.currentPath = str(tmp_path)
    panel.ui.timesCheckBox.checked = True

    def rows():
        (path,) = tmp_path.iterdir()
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return rows


def steps(rows):
    return [(row["what"], row["by"], row["spot"]) for row in rows if row["spot"]]


def press(host, panel, keys):
    """Press one of the panel's keys."""
    import qt

    shortcut = next(one for one in panel._shortcuts if one.key == qt.QKeySequence(keys))
    shortcut.activated.emit()
    host.process()


def test_nothing_is_recorded_unless_it_is_switched_on(host, panel, result, tmp_path):
    panel.ui.exportPathLineEdit.currentPath = str(tmp_path)
    assert not panel.ui.timesCheckBox.checked and panel.ui.timesCheckBox.enabled
    panel.look.step(1)
    panel.ui.keepButton.click()
    host.process()
    assert not list(tmp_path.iterdir())
    assert not panel.ui.timesLabel.visible


def test_what_was_done_at_the_spots_is_recorded_with_what_it_was_done_by(host, panel, result, recorded):
    panel.ui.spotTable.selectRow(0)
    host.process()
    panel.ui.includeButton.click()
    host.process()
    press(host, panel, "Ctrl+Shift+K")
    panel.ui.undoButton.click()
    host.process()
    press(host, panel, "Ctrl+Shift+N")
    assert steps(recorded()) == [
        ("spot", "list", "1"),
        ("settled", "button", "1"),
        ("spot", "program", "2"),
        ("settled", "key", "2"),
        ("spot", "program", "3"),
        ("undo", "button", "2"),
        ("spot", "program", "2"),
        ("spot", "key", "3"),
    ]
    settled = [row for row in recorded() if row["what"] == "settled"]
    assert [row["choice"] for row in settled] == ["include", "keep"]
    assert {row["result"] for row in recorded()} == {result.scorecard.provenance["created"]}
    seconds = [float(row["seconds"]) for row in recorded()]
    assert seconds == sorted(seconds)


def test_the_switch_is_a_stopwatch_and_leaving_the_panel_is_seen(host, panel, result, recorded):
    panel.exit()
    panel.enter()
    panel.ui.timesCheckBox.checked = False
    host.process()
    panel.look.step(1)
    assert [row["what"] for row in recorded()] == ["start", "result", "left", "entered", "stop"]


def test_the_file_has_no_name_in_it(host, panel, result, recorded):
    panel.parameterNode.reviewer = "Reader Seven"
    panel.parameterNode.caseLabel = "Patient Nine"
    panel.look.step(1)
    panel.ui.keepButton.click()
    host.process()
    text = "\n".join(",".join(row.values()) for row in recorded())
    assert "settled" in text
    for name in ("Reader", "Seven", "Patient", "Nine", result.title, result.id, "patient FLAIR"):
        assert name not in text


def test_a_file_that_cannot_be_written_stops_the_recording_and_says_so(host, panel, result, recorded, tmp_path):
    (path,) = tmp_path.iterdir()
    path.unlink()
    path.mkdir()
    panel.look.step(1)
    host.process()
    assert not panel.ui.timesCheckBox.checked
    assert path.name in panel.ui.timesLabel.text.replace("\u200b", "")
    panel.ui.keepButton.click()
    host.process()
    assert panel.logic.yourOutline(panel.assessment()).correction.settled, "the reading goes on"


def test_without_a_folder_it_cannot_be_switched_on(panel, result, tmp_path):
    panel.ui.exportPathLineEdit.currentPath = str(tmp_path / "nowhere")
    assert not panel.ui.timesCheckBox.enabled
    assert "folder" in panel.ui.timesCheckBox.toolTip
