"""The panel's layout: nothing is cut, squeezed or laid over something else, whatever is shown and however narrow."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import slicer

ROOT = Path(__file__).resolve().parents[3]
SCREENSHOTS = os.environ.get("SYNTHTRUST_SCREENSHOTS")
WIDTHS = (330, 400, 500)
SCALES = (1.0, 1.5)


@pytest.fixture
def at_every_size(host, panel):
    """Checks the geometry at every width, size of letters and theme, and takes pictures with SYNTHTRUST_SCREENSHOTS."""
    from panel_geometry import faults

    def check(state: str) -> None:
        found = []
        for dark in (False, True):
            host.set_theme(dark)
            panel.updateFromParameterNode()
            for scale in SCALES:
                host.set_letters(scale)
                for width in WIDTHS:
                    host.set_size(width)
                    where = f"{state}, {width} pixels, {scale:.0%}, {'dark' if dark else 'light'}"
                    if host.least_width() > width:
                        found.append(f"{where}: the panel asks for {host.least_width()} pixels")
                    found += [f"{where}: {fault}" for fault in faults(host.scrolled, host.viewport)]
                    if SCREENSHOTS:
                        host.picture().save(f"{SCREENSHOTS}/{where.replace(', ', '-')}.png")
        host.set_letters(1.0)
        host.set_theme(False)
        panel.updateFromParameterNode()
        assert not found, "\n".join(found)

    yield check
    host.set_letters(1.0)
    host.set_theme(False)


@pytest.fixture
def crowded(monkeypatch):
    """The segmenters that SynthTrust ships, beside those of a folder."""
    from SynthTrustLib.segmenters.package import registry

    monkeypatch.setattr(registry, "resource_path", lambda relative: ROOT / "Resources" / relative)


def test_many_changes_are_laid_out_once_after_all_of_them(host, panel, result):
    host.set_size(400)
    table, below = panel.ui.statusTable, panel.ui.statusReasonLabel
    table.visible = False
    host.process(50)
    before = below.y
    with panel._laidOutOnce():
        with panel._laidOutOnce():  # of a part of the changes
            table.visible = True
        assert below.y == before
    assert below.y > before


def test_without_a_patient(at_every_size):
    at_every_size("empty")


def test_with_long_names_and_folders(host, user, panel, patient, packages, tmp_path, monkeypatch, at_every_size):
    folder = tmp_path / "_".join(["segmenters"] * 8)
    folder.mkdir()
    damaged = folder / "a_package_with_a_name_that_has_no_blank_in_it"
    shutil.copytree(packages / "t-50", damaged)
    (damaged / "configs" / "synthtrust.json").write_text("{", "utf-8")
    shutil.copytree(packages / "t-0", folder / "t-0")
    patient["T2"].SetName("1.2.840.113619.2.5.1762583153.215519.978957063.78_AX_T2_FSE_PROPELLER_" + 40 * "x")
    slicer.util.arrayFromVolume(patient["T2"])[:] = 5
    slicer.util.arrayFromVolumeModified(patient["T2"])
    monkeypatch.setattr(panel.patient, "title", lambda: "MUELLER-LUEDENSCHEIDT_HANNELORE_1937")
    user.choose_segmenters_in(folder)
    panel.ui.segmenterTable.selectRow(0)
    at_every_size("patient with long names")


def test_with_every_segmenter_that_ships(host, panel, patient, crowded, at_every_size):
    panel.segmenters.load()
    panel.updateFromParameterNode()
    at_every_size("patient")


def test_with_outlines_made_elsewhere(host, user, panel, patient, packages, at_every_size):
    from SynthTrustPanel import madeUpPatient

    user.choose_segmenters_in(packages)
    madeUpPatient.drawOutline(patient["FLAIR"], "Drawn by A. B.", 7)
    unclear, _mask = madeUpPatient.drawOutline(patient["FLAIR"], "An_outline_of_nobody_knows_what_drawn_yesterday", 9)
    unclear.GetSegmentation().GetNthSegment(0).SetName("something")
    host.process()
    panel.logic.compareOutline(unclear, "auto")
    panel.updateFromParameterNode()
    at_every_size("outlines")


def test_during_a_run_and_after_it_has_failed(host, user, panel, patient, packages, monkeypatch, at_every_size):
    from SynthTrustLib.errors import SegmenterError
    from SynthTrustLib.runner.process.events import Progressed

    user.choose_segmenters_in(packages)
    monkeypatch.setattr(panel.logic, "isRunning", lambda: True)
    panel.run.onStarted()
    panel.run.onProgress(
        Progressed(stage="outlining with 50 % synthetic (seed 2)", fraction=0.4, overall=0.4, seconds_left=95.0)
    )
    at_every_size("running")
    panel.ui.cancelButton.click()
    at_every_size("stopping")
    monkeypatch.setattr(panel.logic, "isRunning", lambda: False)
    source = "/home/somebody/" + "a_folder_with_a_long_name/" * 4 + "model.onnx"
    error = SegmenterError("the weights cannot be read", source=source, next_step="Install the package again.")
    error.details = "Traceback\n" * 40
    panel.onRunEnded(None, error)
    panel.ui.errorDetailsButton.checked = True
    at_every_size("error")


def test_with_a_result_a_verdict_and_what_was_exported(host, user, panel, patient, result, tmp_path, at_every_size):
    at_every_size("result")
    tree = panel.ui.scorecardTree
    tree.setCurrentItem(tree.topLevelItem(1).child(0).child(1))
    panel.ui.nextSpotButton.click()
    at_every_size("a line and a spot")
    user.choose(panel.ui.overlayComboBox, "Disagreement")
    at_every_size("map")
    panel.ui.verdictTable.cellWidget(0, 1).currentIndex = 2
    panel.ui.reviewerLineEdit.text = "Prof. Dr. med. A. B. with_a_long_name_that_nobody_can_break"
    host.process()
    panel.ui.recordVerdictButton.click()
    folder = tmp_path / "a_folder_with_a_long_name_that_has_no_blank_in_it_and_does_not_end_before_this"
    folder.mkdir()
    panel.ui.exportPathLineEdit.currentPath = str(folder)
    panel.ui.exportButton.click()
    host.wait_until(lambda: panel.ui.exportLabel.text.startswith("9 files"))
    at_every_size("verdict")


def test_with_an_edited_outline_and_two_results(host, panel, patient, result, at_every_size):
    from SynthTrustPanel import madeUpPatient

    radii = {f"mix-{n}": 7.0 + 0.4 * n for n in range(8)}
    made = madeUpPatient.makeResult(patient, radii, {name: 10 * n for n, name in enumerate(radii)})
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    panel.ui.compareComboBox.currentIndex = 1
    panel.ui.layoutComboBox.currentIndex = 2
    pooled, volume = made.nodes.pooled, made.nodes.reference_volume
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(pooled, "WT", volume)
    mask[:] = 0
    mask[10:14, 20:30, 15:20] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "WT", volume)
    host.wait_until(lambda: panel.ui.editedTable.rowCount == 3, seconds=60)
    at_every_size("edited")
