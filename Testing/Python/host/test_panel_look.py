"""Look: overlays, layouts, review spots, shortcuts."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.palette import REAL, SYNTHETIC, rgb


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
        panel.ui.overlayComboBox.currentIndex = index
        host.process()
        layer = slicer.mrmlScene.GetNodeByID(red.GetForegroundVolumeID() or "none")
        assert (layer.GetAttribute("SynthTrust.Subject") if layer else None) == (kind if 0 < index < 4 else None)
        outlined = result.nodes.outlines["real"].GetDisplayNode().GetVisibility()
        assert bool(outlined) == (kind == "contours")
        if kind in ("disagreement", "uncertainty", "mix_influence"):
            picture(f"overlay-{kind}", views=True)


@pytest.mark.standin
def test_overlays_have_their_colours_in_the_views(host, user, panel, result):
    panel.ui.opacitySlider.value = 1.0
    result.nodes.review_spots.GetDisplayNode().SetVisibility(False)
    panel.ui.legendCheckBox.checked = False
    orange, blue = ([round(255 * c) for c in rgb(code)] for code in (SYNTHETIC, REAL))
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
    panel.ui.thresholdSlider.value = 0.4
    panel.ui.opacitySlider.value = 0.5
    host.process()
    layer = result.nodes.maps["disagreement", "WT"]
    assert layer.GetDisplayNode().GetLowerThreshold() == pytest.approx(0.4)
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert red.GetForegroundOpacity() == pytest.approx(0.5)
    user.choose(panel.ui.regionComboBox, "Tumor core")
    assert red.GetForegroundVolumeID() == result.nodes.maps["disagreement", "TC"].GetID()


@pytest.mark.standin
def test_the_border_margin_can_be_shown_where_one_is_stated(host, panel, patient, result, monkeypatch):
    from SynthTrustPanel import madeUpPatient

    from SynthTrustLib.outcome import outcome
    from SynthTrustLib.vocabulary import Region

    assert not panel.ui.marginCheckBox.enabled and "no border margin" in panel.ui.marginCheckBox.toolTip
    monkeypatch.setattr(outcome, "stated_margins", lambda scorecard: {Region.WT: 5.0})
    made = madeUpPatient.makeResult(patient)
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    host.process()
    display = made.margin.GetDisplayNode()
    assert panel.ui.marginCheckBox.enabled and not display.GetVisibility()
    panel.ui.marginCheckBox.click()
    host.process()
    assert display.GetVisibility() and display.GetSegmentVisibility("WT")
    assert is_drawn(colours_of(host, "Red"), (53, 160, 190), tolerance=90)
    panel.ui.assessmentComboBox.currentIndex = 1
    host.process()
    assert not display.GetVisibility(), "only the shown result is drawn"


def test_side_by_side_gives_each_segmenter_its_view(host, user, panel, result, picture):
    user.choose(panel.ui.layoutComboBox, "Segmenters side by side")
    views = {name: node.GetDisplayNode().GetViewNodeIDs() for name, node in result.nodes.outlines.items()}
    for place, name in enumerate(("real", "half", "synthetic"), start=1):
        assert [v for v in views[name] if "SynthTrust" in v] == [f"vtkMRMLSliceNodeSynthTrust{place}"]
    assert panel.ui.nextPageButton.isHidden(), "three segmenters need one page"
    picture("side-by-side", views=True)


@pytest.mark.standin
@pytest.mark.parametrize("first", ["views", "map"])
def test_a_map_has_its_legend_in_the_views_side_by_side_too(host, user, panel, result, first):
    import slicer

    def pictures():
        host.process(400)
        image = slicer.app.layoutManager().draw(900, 400)
        return [image.copy(300 * place, 0, 300, 400) for place in range(3)]

    choices = [(panel.ui.layoutComboBox, "Segmenters side by side"), (panel.ui.overlayComboBox, "Disagreement")]
    for combo, text in choices if first == "views" else choices[::-1]:
        user.choose(combo, text)
    pictures()  # views learn their size when they are drawn
    shown = pictures()
    assert shown == pictures()
    panel.ui.legendCheckBox.checked = False
    assert all(one != other for one, other in zip(shown, pictures(), strict=True))


def test_side_by_side_a_map_lies_under_each_segmenters_own_outline(user, panel, result):
    user.choose(panel.ui.layoutComboBox, "Segmenters side by side")
    for overlay, seen in (("Disagreement", True), ("Nothing", False), ("Outlines", True)):
        user.choose(panel.ui.overlayComboBox, overlay)
        shown = {name: node.GetDisplayNode().GetVisibility() for name, node in result.nodes.outlines.items()}
        assert shown == dict.fromkeys(("real", "half", "synthetic"), seen), overlay
    user.choose(panel.ui.overlayComboBox, "Disagreement")
    user.choose(panel.ui.layoutComboBox, "Three planes")
    assert not result.nodes.outlines["real"].GetDisplayNode().GetVisibility(), "all at once would hide the map"


def test_more_than_six_segmenters_are_on_pages(host, user, panel, patient, picture):
    import slicer
    from SynthTrustPanel import madeUpPatient

    radii = {f"mix-{n}": 7.0 + 0.4 * n for n in range(8)}
    made = madeUpPatient.makeResult(patient, radii, {name: 10 * n for n, name in enumerate(radii)})
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    user.choose(panel.ui.layoutComboBox, "Segmenters side by side")
    assert panel.ui.pageLabel.text == "page 1 of 2"
    assert not panel.ui.previousPageButton.enabled
    picture("page-1", views=True)
    panel.ui.nextPageButton.click()
    host.process()
    assert panel.ui.pageLabel.text == "page 2 of 2" and not panel.ui.nextPageButton.enabled
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
    assert panel.parameterNode.region == spot.region


@pytest.fixture
def press(host, panel):
    """Presses Ctrl, Shift and a letter on the keyboard, while a list of the panel has the focus."""
    from PySide6.QtTest import QTest
    from qt import Qt

    window = panel.ui.SynthTrust.window()
    window.show()
    window.activateWindow()
    host.process(30)
    panel.ui.scorecardTree.setFocus()

    def press(letter: str) -> None:
        control = Qt.ControlModifier | Qt.ShiftModifier
        QTest.keyClick(host.application.focusWidget(), getattr(Qt.Key, f"Key_{letter}"), control)
        host.process()

    return press


@pytest.mark.standin
def test_the_keyboard_steps_through_spots_and_overlays(panel, result, press):
    spots = panel.ui.spotTable.rowCount
    press("N")
    assert panel.ui.spotTable.currentRow() == 0 and panel.ui.spotTable.selectedItems()
    press("B")
    assert panel.ui.spotTable.currentRow() == spots - 1, "around at the ends"
    overlays = []
    for _ in type(panel.parameterNode.overlay):
        press("O")
        overlays.append(panel.parameterNode.overlay)
    assert len(set(overlays)) == len(overlays) == len(type(overlays[0])), "each once"


@pytest.mark.standin
def test_other_modules_keep_their_keys(panel, result, press):
    panel.exit()
    before = panel.parameterNode.overlay
    press("N")
    press("O")
    assert not panel.ui.spotTable.selectedItems() and panel.parameterNode.overlay is before
    panel.enter()
    press("O")
    assert panel.parameterNode.overlay is not before


@pytest.mark.standin
def test_the_keyboard_starts_a_run_where_one_can_start(panel, result, press, monkeypatch):
    started = []
    monkeypatch.setattr(panel.run, "onRun", lambda: started.append(True))
    panel.ui.runButton.enabled = False
    press("R")
    assert started == []
    panel.ui.runButton.enabled = True
    press("R")
    assert started == [True]


def test_a_spot_is_where_its_cross_is_after_a_transform_was_hardened(host, panel, result):
    import vtk

    spot, moved = result.scorecard.review_spots[0], vtk.vtkTransform()
    panel.logic.views.jump(result, spot)
    before = middle_of("Red")
    moved.Translate(0.0, 0.0, 12.0)
    result.nodes.review_spots.ApplyTransform(moved)
    panel.logic.views.jump(result, spot)
    assert middle_of("Red")[2] == pytest.approx(before[2] + 12.0, abs=0.1)


def test_views_side_by_side_show_the_head_although_slicer_sets_them_up_later(host, user, panel, result):
    """New views are at slice 0 when the layout has been set; the standard views stay where they are."""
    import slicer

    manager = slicer.app.layoutManager()
    for tag in [tag for tag in manager.sliceViewNames() if tag.startswith("SynthTrust")]:
        del manager._slices[tag]  # nobody has used this layout since Slicer was started
    spot = result.scorecard.review_spots[0]
    panel.logic.views.jump(result, spot)
    before = {name: middle_of(name) for name in ("Red", "Yellow", "Green")}
    panel.ui.layoutComboBox.currentIndex = 2
    host.process(600)
    for place in (1, 2, 3):
        s = middle_of(f"SynthTrust{place}")[2]
        assert s == pytest.approx(spot.ras[2], abs=3.0)
        field = manager.sliceWidget(f"SynthTrust{place}").mrmlSliceNode().GetFieldOfView()
        assert min(field[:2]) > 100, "the whole head"
    assert {name: middle_of(name) for name in before} == before
    assert colours_of(host, "SynthTrust1").max() > 60, "the images are drawn"


def middle_of(name):
    import slicer

    middle = slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLSliceNode").GetSliceToRAS()
    return tuple(round(middle.GetElement(axis, 3), 3) for axis in range(3))


def test_a_view_side_by_side_has_a_short_label_and_its_segmenters_name_as_a_title(host, user, panel, result):
    import slicer

    user.choose(panel.ui.layoutComboBox, "Segmenters side by side")
    host.process(400)
    for place, card in enumerate(result.segmenters, start=1):
        view = slicer.app.layoutManager().sliceWidget(f"SynthTrust{place}")
        assert view.mrmlSliceNode().GetLayoutLabel() == str(place)
        actors = view.sliceView().renderWindow().GetRenderers().GetFirstRenderer().GetActors2D()
        titles = [actor.GetInput() for actor in actors if actor.GetObjectName() == "SynthTrust title"]
        assert titles == [card.name], "once"


def test_a_view_of_the_outline_of_record_is_titled_in_its_colour(result):
    from types import SimpleNamespace

    from SynthTrustLib.palette import RECORD, rgb
    from SynthTrustLib.scene.views.look import page_view_titles

    other = SimpleNamespace(segmenters=result.segmenters, scorecard=SimpleNamespace(record="half"))
    coloured = dict(page_view_titles(other, 0).values())
    assert [name for name, colour in coloured.items() if colour == rgb(RECORD)] == ["half (self-test)"]


def test_side_by_side_the_pooled_line_is_thinner_than_the_segmenters_own(user, panel, result):
    def widths():
        nodes = (result.nodes.pooled, result.nodes.outlines["real"])
        return [node.GetDisplayNode().GetSliceIntersectionThickness() for node in nodes]

    apart = widths()
    user.choose(panel.ui.layoutComboBox, "Segmenters side by side")
    assert widths()[0] < widths()[1]
    user.choose(panel.ui.layoutComboBox, "Three planes")
    assert widths() == apart


def test_a_map_shows_the_outline_of_record_too(user, panel, result):
    user.choose(panel.ui.overlayComboBox, "Mix influence")
    pooled = result.nodes.pooled.GetDisplayNode()
    assert pooled.GetVisibility() and pooled.GetVisibility2DOutline()
    assert not result.nodes.outlines["real"].GetDisplayNode().GetVisibility()


def test_only_the_views_of_the_layout_change_and_one_that_the_user_adds_is_brought_in_line(host, user, panel, result):
    import slicer

    user.choose(panel.ui.layoutComboBox, "One view")
    user.choose(panel.ui.overlayComboBox, "Disagreement")
    layer = result.nodes.maps["disagreement", "WT"].GetID()
    red, green = (slicer.mrmlScene.GetNodeByID(f"vtkMRMLSliceCompositeNode{name}") for name in ("Red", "Green"))
    assert (red.GetForegroundVolumeID(), green.GetForegroundVolumeID()) == (layer, None)
    node = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    node.SetViewArrangement(node.SlicerLayoutFourUpView)
    host.process()
    assert green.GetForegroundVolumeID() == layer
    assert node.GetViewArrangement() == node.SlicerLayoutFourUpView, "the user's layout stays"


def test_the_views_are_another_modules_while_the_panel_is_not_shown(host, panel, result, patient):
    import numpy as np
    import slicer

    panel.exit()
    other = slicer.util.addVolumeFromArray(np.ones((4, 4, 4), np.float32), name="other head FLAIR")
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    red.SetBackgroundVolumeID(other.GetID())
    node = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    node.SetViewArrangement(node.SlicerLayoutOneUpRedSliceView)
    panel.parameterNode.opacity = 0.3
    host.process(500)
    assert red.GetBackgroundVolumeID() == other.GetID()
    panel.enter()
    host.process()
    assert red.GetBackgroundVolumeID() == patient["FLAIR"].GetID(), "what was chosen meanwhile is drawn"


def test_the_images_follow_the_region_until_others_are_chosen(user, panel, result, patient):
    import slicer

    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    shown, images = [], panel.ui.backgroundComboBox
    for combo, text in (
        (panel.ui.regionComboBox, "Whole"),
        (panel.ui.regionComboBox, "Enhancing"),
        (images, "T2"),
        (panel.ui.regionComboBox, "Whole"),
        (images, "Best for whole tumor: FLAIR"),
    ):
        user.choose(combo, text)
        shown.append(next(name for name, node in patient.items() if node.GetID() == red.GetBackgroundVolumeID()))
    assert shown == ["FLAIR", "T1c", "T2", "T2", "FLAIR"]


def test_a_spot_changes_no_background(panel, result, host):
    """Each change of a view's volumes takes Slicer a tenth of a second."""
    import slicer

    panel.ui.backgroundComboBox.currentIndex = 1
    panel.ui.overlayComboBox.currentIndex = 1
    host.process()
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    changes = []
    tag = red.AddObserver("ModifiedEvent", lambda *unused: changes.append(red.GetBackgroundVolumeID()))
    panel.look.apply(force=True)
    red.RemoveObserver(tag)
    assert changes == []


@pytest.mark.parametrize("overlay", ["Outlines", "Disagreement"])
def test_a_switch_changes_every_outline_once_and_no_legend_that_it_does_not_concern(host, user, panel, result, overlay):
    """Every view of Slicer draws anew after each change of a node."""
    user.choose(panel.ui.overlayComboBox, overlay)
    changes = Counter()

    def watch(node):
        name = node.GetID()
        node.AddObserver("ModifiedEvent", lambda *unused: changes.update([name]))
        return name

    outlines = [watch(node.GetDisplayNode()) for node in result.outlines.values()]
    legends = {
        region: watch(layer.GetNthDisplayNode(1))
        for (kind, region), layer in result.nodes.maps.items()
        if kind == "mix_influence"
    }
    panel.ui.regionComboBox.currentIndex = 1
    host.process()
    assert [changes[node] for node in outlines] == [1] * len(outlines)
    if overlay == "Outlines":
        assert not any(changes[node] for node in legends.values())
    changes.clear()
    panel.look.apply(force=True)
    assert not any(changes[node] for node in outlines), "nothing was switched"


def test_the_spots_of_another_result_are_hidden_and_come_back_with_it(host, panel, result, patient):
    from SynthTrustPanel import madeUpPatient

    def shown(made):
        return bool(made.nodes.review_spots.GetDisplayNode().GetVisibility())

    other = madeUpPatient.makeResult(madeUpPatient.makeVolumes("other"))
    panel.showAssessment(other.id)
    host.process()
    assert (shown(result), shown(other)) == (False, True)
    other.nodes.review_spots.GetDisplayNode().SetVisibility(False)
    panel.showAssessment(result.id)
    host.process()
    assert (shown(result), shown(other)) == (True, False)
    panel.showAssessment(other.id)
    host.process()
    assert not shown(other), "the user has hidden these"


def test_a_map_that_is_registered_is_a_choice_of_the_panel(host, panel, monkeypatch):
    kind = replace(MAPS["uncertainty"], id="made_up", name="made up")
    monkeypatch.setitem(MAPS, "made_up", kind)
    parameters = sys.modules[type(panel.parameterNode.overlay).__module__]
    spec = spec_from_file_location(f"{parameters.__package__}.anew", parameters.__file__)  # as in a new session
    anew = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, anew)
    spec.loader.exec_module(anew)
    assert [overlay.value for overlay in anew.Overlay] == ["contours", *MAPS, "none"]
    assert anew.Overlay.MADE_UP.label() == "Made up" and anew.Overlay.MADE_UP.isMap()
    assert not anew.Overlay.CONTOURS.isMap() and not anew.Overlay.NONE.isMap()
