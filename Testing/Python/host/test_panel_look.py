"""Look: overlays, layouts, review spots, shortcuts."""

from __future__ import annotations

import pytest


def colours_of(host, view: str):
    """Every colour (red, green, blue in 0..255) in a view of the layout, as rows of an array."""
    import numpy as np
    import slicer
    from standin.views import grab

    image = grab(slicer.app.layoutManager().sliceWidget(view).view, 300, 300).convertToFormat(
        host.qt.QImage.Format.Format_RGB888
    )
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(300, image.bytesPerLine())[:, :900]
    return pixels.reshape(-1, 3).astype(int)


def is_drawn(pixels, colour, tolerance=40) -> bool:
    import numpy as np

    return bool((np.abs(pixels - np.array(colour)).max(axis=1) <= tolerance).sum() > 20)


def test_every_overlay_can_be_shown(host, panel, result, picture):
    import slicer

    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    for index, kind in enumerate(("contours", "disagreement", "uncertainty", "mix_influence", "none")):
        panel.ui.overlayComboBox.setCurrentIndex(index)
        host.process()
        layer = slicer.mrmlScene.GetNodeByID(red.GetForegroundVolumeID() or "none")
        assert (layer.GetAttribute("SynthTrust.Subject") if layer else None) == (kind if 0 < index < 4 else None)
        outlined = result.nodes.outlines["real"].GetDisplayNode().GetVisibility()
        assert bool(outlined) == (kind == "contours")
        if kind in ("disagreement", "uncertainty", "mix_influence"):
            picture(f"overlay-{kind}", views=True)


def test_overlays_have_their_colours_in_the_views(host, user, panel, result):
    panel.ui.opacitySlider.setProperty("value", 1.0)
    result.nodes.review_spots.GetDisplayNode().SetVisibility(False)
    panel.ui.legendCheckBox.setChecked(False)
    orange, blue = (255, 159, 28), (61, 139, 255)
    drawn = {}
    for kind in ("Outlines", "Nothing", "Mix influence"):
        user.choose(panel.ui.overlayComboBox, kind)
        pixels = colours_of(host, "Red")
        drawn[kind] = (is_drawn(pixels, orange), is_drawn(pixels, blue))
    assert drawn["Outlines"] == (True, True), "real-only is blue, synthetic-only orange"
    assert drawn["Nothing"] == (False, False)
    assert drawn["Mix influence"] == (True, False), "here more synthetic cases make the tumor larger"


def test_threshold_and_opacity_reach_the_map(host, user, panel, result):
    import slicer

    user.choose(panel.ui.overlayComboBox, "Disagreement")
    panel.ui.thresholdSlider.setProperty("value", 0.4)
    panel.ui.opacitySlider.setProperty("value", 0.5)
    host.process()
    layer = result.nodes.maps["disagreement", "WT"]
    assert layer.GetDisplayNode().GetLowerThreshold() == pytest.approx(0.4)
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert red.GetForegroundOpacity() == pytest.approx(0.5)
    user.choose(panel.ui.regionComboBox, "Tumor core")
    assert red.GetForegroundVolumeID() == result.nodes.maps["disagreement", "TC"].GetID()


def test_the_border_margin_can_be_shown_where_one_is_stated(host, panel, patient, result, monkeypatch):
    from SynthTrustPanel import madeUpPatient

    from SynthTrustLib.scene import margin
    from SynthTrustLib.vocabulary import Region

    assert not panel.ui.marginCheckBox.isEnabled() and "no border margin" in panel.ui.marginCheckBox.toolTip()
    monkeypatch.setattr(margin, "stated_margins", lambda scorecard: {Region.WT: 5.0})
    made = madeUpPatient.makeResult(patient)
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    host.process()
    display = made.margin.GetDisplayNode()
    assert panel.ui.marginCheckBox.isEnabled() and not display.GetVisibility()
    panel.ui.marginCheckBox.click()
    host.process()
    assert display.GetVisibility() and display.GetSegmentVisibility("WT")
    assert is_drawn(colours_of(host, "Red"), (53, 160, 190), tolerance=90)
    panel.ui.assessmentComboBox.setCurrentIndex(1)
    host.process()
    assert not display.GetVisibility(), "only the shown result is drawn"


def test_side_by_side_gives_each_segmenter_its_view(host, user, panel, result, picture):
    user.choose(panel.ui.layoutComboBox, "Segmenters side by side")
    views = {name: node.GetDisplayNode().GetViewNodeIDs() for name, node in result.nodes.outlines.items()}
    for place, name in enumerate(("real", "half", "synthetic"), start=1):
        assert [v for v in views[name] if "SynthTrust" in v] == [f"vtkMRMLSliceNodeSynthTrust{place}"]
    assert panel.ui.nextPageButton.isHidden(), "three segmenters need one page"
    picture("side-by-side", views=True)


def test_more_than_six_segmenters_are_on_pages(host, user, panel, patient, picture):
    import slicer
    from SynthTrustPanel import madeUpPatient

    radii = {f"mix-{n}": 7.0 + 0.4 * n for n in range(8)}
    made = madeUpPatient.makeResult(patient, radii, {name: 10 * n for n, name in enumerate(radii)})
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    user.choose(panel.ui.layoutComboBox, "Segmenters side by side")
    assert panel.ui.pageLabel.text() == "page 1 of 2"
    assert not panel.ui.previousPageButton.isEnabled()
    picture("page-1", views=True)
    panel.ui.nextPageButton.click()
    host.process()
    assert panel.ui.pageLabel.text() == "page 2 of 2" and not panel.ui.nextPageButton.isEnabled()
    views = made.nodes.outlines["mix-7"].GetDisplayNode().GetViewNodeIDs()
    assert [view for view in views if "SynthTrust" in view] == ["vtkMRMLSliceNodeSynthTrust2"]
    assert slicer.app.layoutManager().layout == 57101


def test_one_view_and_3d_are_slicers_own_layouts(user, panel, result, picture):
    import slicer

    for text, layout in (("One view", "SlicerLayoutOneUpRedSliceView"), ("3D", "SlicerLayoutOneUp3DView")):
        user.choose(panel.ui.layoutComboBox, text)
        assert slicer.app.layoutManager().layout == getattr(slicer.vtkMRMLLayoutNode, layout)
    assert result.nodes.pooled.GetDisplayNode().GetVisibility3D()
    picture("3d", views=True)


def test_a_review_spot_moves_every_view_there(host, panel, result):
    import slicer

    panel.ui.nextSpotButton.click()
    host.process()
    spot = result.scorecard.review_spots[0]
    for name in ("Red", "Yellow", "Green"):
        middle = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode().GetSliceToRAS()
        assert [middle.GetElement(axis, 3) for axis in range(3)] == pytest.approx(spot.ras, abs=3.0)
    assert panel.parameterNode.region.value == spot.region


@pytest.fixture
def press(host, panel):
    """Presses Ctrl, Shift and a letter on the keyboard, while a list of the panel has the focus."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    window = panel.ui.SynthTrust.window()
    window.show()
    window.activateWindow()
    host.process(30)
    panel.ui.scorecardTree.setFocus()

    def press(letter: str) -> None:
        control = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(host.application.focusWidget(), getattr(Qt.Key, f"Key_{letter}"), control)
        host.process()

    return press


def test_the_keyboard_steps_through_spots_and_overlays(panel, result, press):
    spots = panel.ui.spotTable.rowCount()
    press("N")
    assert panel.ui.spotTable.currentRow() == 0 and panel.ui.spotTable.selectedItems()
    press("B")
    assert panel.ui.spotTable.currentRow() == spots - 1, "around at the ends"
    overlays = []
    for _ in type(panel.parameterNode.overlay):
        press("O")
        overlays.append(panel.parameterNode.overlay)
    assert len(set(overlays)) == len(overlays) == len(type(overlays[0])), "each once"


def test_other_modules_keep_their_keys(panel, result, press):
    panel.exit()
    before = panel.parameterNode.overlay
    press("N")
    press("O")
    assert not panel.ui.spotTable.selectedItems() and panel.parameterNode.overlay is before
    panel.enter()
    press("O")
    assert panel.parameterNode.overlay is not before


def test_the_keyboard_starts_a_run_where_one_can_start(panel, result, press, monkeypatch):
    started = []
    monkeypatch.setattr(panel.run, "onRun", lambda: started.append(True))
    panel.ui.runButton.setEnabled(False)
    press("R")
    assert started == []
    panel.ui.runButton.setEnabled(True)
    press("R")
    assert started == [True]
