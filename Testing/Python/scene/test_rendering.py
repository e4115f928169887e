"""What a person sees: drawn by Slicer's own displayable managers and checked by colour at known places."""

from __future__ import annotations

import numpy as np
import pytest
from scene import conftest, rendering
from scene.reading import load_scene, unpack_mrb

from SynthTrustLib.case.part import Part
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.palette import FOCUS, SYNTHETIC, rgb
from SynthTrustLib.scene.build import build_scene
from SynthTrustLib.scene.nodes import colours, preview
from SynthTrustLib.scene.result import archive
from SynthTrustLib.scene.result.assessment import find_assessments
from SynthTrustLib.scene.views import slices as views
from SynthTrustLib.vocabulary import Region

FIELD_MM = 90.0
OUTSIDE = (8, 34, 6)
"""Index (k, j, i) far from the tumor."""


@pytest.fixture
def shown(studio, parts):
    """The small patient's whole tumor in all three views, in the middle of the tumor, without a map."""
    nodes = build_scene(studio.empty(), *parts)
    nodes.review_spots.GetDisplayNode().SetVisibility(False)
    for tag in rendering.TAGS:
        studio.views[tag].set_background_volume_id(nodes.reference_volume.GetID())
    views.show_region(nodes, Region.WT)
    studio.look_at(parts.case.geometry.ras(conftest.CENTER), FIELD_MM)
    return nodes


def hide_outlines(nodes):
    for node in (*nodes.outlines.values(), nodes.pooled):
        node.GetDisplayNode().SetVisibility(False)


def is_grey(pixels):
    return np.ptp(pixels.astype(int), axis=-1) <= 6


@pytest.mark.parametrize("tag", rendering.TAGS)
def test_every_segmenters_contour_is_drawn_in_its_colour_at_its_border(studio, shown, parts, tag):
    shown.pooled.GetDisplayNode().SetVisibility(False)
    picture = studio.picture(tag)
    wanted = colours.segmenter_colours(parts.stack.segmenters)
    axis = {"Red": (0, 0, -1), "Green": (0, 0, -1), "Yellow": (0, -1, 0)}[tag]
    for card, radius in zip(parts.stack.segmenters, conftest.RADII, strict=True):
        border = parts.case.geometry.ras(np.array(conftest.CENTER) + np.array(axis) * radius)
        around = rendering.near(picture, studio.pixel(tag, border), radius=8)
        assert rendering.resembles(around, wanted[card.id]).any(), card.id
        middle = rendering.near(picture, studio.pixel(tag, parts.case.geometry.ras(conftest.CENTER)))
        assert not rendering.resembles(middle, wanted[card.id]).any()


def test_the_pooled_contour_is_white(studio, shown, parts):
    for node in shown.outlines.values():
        node.GetDisplayNode().SetVisibility(False)
    pooled = parts.maps.pooled[0][conftest.CENTER[0], conftest.CENTER[1]]
    left = conftest.CENTER[2] - int((pooled[: conftest.CENTER[2]] >= 0.5).sum()) - 0.5
    border = parts.case.geometry.ras([conftest.CENTER[0], conftest.CENTER[1], left + 0.5])
    around = rendering.near(studio.picture("Red"), studio.pixel("Red", border), radius=6)
    assert rendering.resembles(around, (1.0, 1.0, 1.0), tolerance=12).any()


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_patients_left_is_on_the_right_of_the_axial_and_coronal_views(studio, side):
    column = {"left": 30, "right": 9}[side]
    case = conftest.make_parts().case
    stack = conftest.builders.stack(
        conftest.soft_balls(center=(8, 20, column), radii=(3.0, 4.5, 6.0)), geometry=case.geometry
    )
    nodes = build_scene(studio.empty(), *conftest.assess(case, stack))
    nodes.review_spots.GetDisplayNode().SetVisibility(False)
    views.show_region(nodes, Region.WT)
    for tag in rendering.TAGS:
        studio.views[tag].set_background_volume_id(nodes.reference_volume.GetID())
    studio.look_at(case.geometry.ras([8, 20, 19.5]), FIELD_MM)
    orange = rgb(SYNTHETIC)
    for tag in ("Red", "Green"):
        columns = np.nonzero(rendering.resembles(studio.picture(tag), orange))[1]
        assert columns.size
        on_the_right = columns > studio.size / 2
        assert on_the_right.all() if side == "left" else not on_the_right.any()


@pytest.mark.parametrize("kind", MAPS)
@pytest.mark.parametrize("tag", rendering.TAGS)
def test_a_map_has_the_colour_of_its_value_and_lets_the_mri_through_where_it_is_low(studio, shown, parts, kind, tag):
    hide_outlines(shown)
    plain = studio.picture(tag)
    views.show_map(shown, kind, Region.WT, opacity=1.0)
    picture = studio.picture(tag)
    volumes = {
        "disagreement": parts.maps["disagreement"],
        "uncertainty": parts.maps["uncertainty"],
        "mix_influence": parts.maps["mix_influence"],
    }
    values = volumes[kind][0]
    table = colours.table_colours(MAPS[kind])
    low = -1.0 if kind == "mix_influence" else 0.0
    plane = {"Red": 0, "Green": 1, "Yellow": 2}[tag]
    index = np.argwhere(np.take(values, [conftest.CENTER[plane]], axis=plane) > 0.6)
    place = index[len(index) // 2]
    place[plane] = conftest.CENTER[plane]
    value = values[tuple(place)]
    expected = table[round((value - low) / (1.0 - low) * 255), :3]
    drawn = rendering.near(picture, studio.pixel(tag, parts.case.geometry.ras(place)), radius=0)
    assert rendering.resembles(drawn, expected, tolerance=12).all()
    for quiet in (conftest.CENTER, OUTSIDE):
        spot = np.array(quiet)
        spot[plane] = conftest.CENTER[plane]
        assert abs(values[tuple(spot)]) < 0.1
        at = studio.pixel(tag, parts.case.geometry.ras(spot))
        np.testing.assert_array_equal(rendering.near(picture, at, radius=1), rendering.near(plain, at, radius=1))


def test_a_map_under_opacity_is_a_blend_with_the_mri(studio, shown, parts):
    hide_outlines(shown)
    plain = studio.picture("Red").astype(float)
    pictures = {}
    for opacity in (1.0, 0.5):
        views.show_map(shown, "disagreement", Region.WT, opacity=opacity)
        pictures[opacity] = studio.picture("Red").astype(float)
    index = np.argwhere(parts.maps["disagreement"][0][conftest.CENTER[0]] > 0.6)[0]
    row, column = studio.pixel("Red", parts.case.geometry.ras([conftest.CENTER[0], *index]))
    expected = (plain[row, column] + pictures[1.0][row, column]) / 2
    np.testing.assert_allclose(pictures[0.5][row, column], expected, atol=4)


@pytest.mark.parametrize("kind", MAPS)
def test_the_legend_runs_through_the_maps_colours_and_is_there_with_the_map_only(studio, shown, kind):
    hide_outlines(shown)
    for tag in rendering.TAGS:
        margin = studio.picture(tag)[:, int(0.8 * studio.size) :]
        assert is_grey(margin).all()
        views.show_map(shown, kind, Region.WT)
        margin = studio.picture(tag)[:, int(0.8 * studio.size) :]
        table = colours.table_colours(MAPS[kind])
        for place in (30, 64, 192, 225):
            assert rendering.resembles(margin, table[place, :3], tolerance=25).any(), (tag, place)
        views.hide_maps(shown)


@pytest.mark.parametrize("kind", MAPS)
def test_a_legend_leaves_most_of_the_view_to_the_images(studio, shown, kind):
    hide_outlines(shown)
    views.show_map(shown, kind, Region.WT)
    layer = shown.maps[kind, Region.WT]
    displays = [layer.GetNthDisplayNode(index) for index in range(layer.GetNumberOfDisplayNodes())]
    (legend,) = [display for display in displays if display.IsA("vtkMRMLColorLegendDisplayNode")]
    with_legend = studio.picture("Red").astype(int)
    legend.SetVisibility(False)
    _rows, columns = np.nonzero((with_legend != studio.picture("Red")).any(axis=2))
    assert 0.55 * studio.size < columns.min() < 0.95 * studio.size


def test_review_spots_are_marked_where_they_are(studio, shown, parts):
    hide_outlines(shown)
    shown.review_spots.GetDisplayNode().SetVisibility(True)
    spot = parts.scorecard.review_spots[0]
    studio.look_at(spot.ras, FIELD_MM)
    yellow = rgb(FOCUS)
    for tag in rendering.TAGS:
        around = rendering.near(studio.picture(tag), studio.pixel(tag, spot.ras), radius=12)
        assert rendering.resembles(around, yellow).any()


def test_the_archive_shows_map_and_outlines_as_soon_as_it_is_opened(studio, parts, tmp_path):
    archive.write_mrb(tmp_path / "scene.mrb", *parts)
    scene = studio.empty()
    assert load_scene(scene, unpack_mrb(tmp_path / "scene.mrb", tmp_path / "unpacked"))
    (nodes,) = find_assessments(scene)
    nodes.review_spots.GetDisplayNode().SetVisibility(False)
    spot = parts.scorecard.review_spots[0]
    region = parts.maps.regions.index(spot.region)
    for tag in rendering.TAGS:
        assert [studio.node(tag).GetSliceToRAS().GetElement(axis, 3) for axis in range(3)] == pytest.approx(spot.ras)
    studio.look_at(spot.ras, FIELD_MM)
    value = parts.maps["disagreement"][region][spot.kji]
    strong = colours.table_colours(MAPS["disagreement"])[round(float(value) * 255), :3]
    orange = colours.tinted(rgb(SYNTHETIC), spot.region)
    for tag in rendering.TAGS:
        picture = studio.picture(tag)
        at = studio.pixel(tag, spot.ras)
        assert rendering.resembles(
            rendering.near(picture, at, radius=6), views.MAP_OPACITY * strong, tolerance=90
        ).any()
        assert not is_grey(rendering.near(picture, at, radius=6)).all()
        assert rendering.resembles(picture, orange).any()
        legend = picture[:, int(0.8 * studio.size) :]
        table = colours.table_colours(MAPS["disagreement"])
        assert all(rendering.resembles(legend, table[place, :3], tolerance=25).any() for place in (64, 192))


@pytest.mark.parametrize("tag", rendering.TAGS)
def test_a_preview_is_a_dashed_line_in_every_view(studio, shown, parts, tag):
    """Of a ball of 14 mm: its border is drawn here and there, and nothing of it elsewhere."""
    hide_outlines(shown)
    grid = parts.case.geometry
    ball = conftest.soft_balls(radii=(9.5,))[0, 0] > 0.5
    whole = tuple(slice(0, size) for size in grid.shape)
    preview.show_preview(studio.scene, Part.of(ball), whole, grid, shown.reference_volume, shown.run, Region.WT)
    yellow = rendering.resembles(studio.picture(tag), rgb(FOCUS))
    middle = np.array(studio.pixel(tag, grid.ras(conftest.CENTER)))
    away = np.hypot(*(np.argwhere(yellow) - middle).T)
    assert away.size and away.min() > 0.7 * away.max() > 20
    rows, columns = (np.argwhere(yellow) - middle).T
    sectors = np.bincount(((np.arctan2(rows, columns) / (2 * np.pi) + 0.5) * 72).astype(int) % 72, minlength=72) > 0
    assert 0.3 < sectors.mean() < 0.95
    changes = int((sectors != np.roll(sectors, 1)).sum())
    assert changes >= 12, "at least six dashes"
    preview.remove_previews(studio.scene)
    assert not rendering.resembles(studio.picture(tag), rgb(FOCUS)).any()
