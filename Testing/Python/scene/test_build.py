"""What `build_scene` puts into a scene."""

from __future__ import annotations

import json
from dataclasses import replace

import builders
import numpy as np
import pytest
import slicer
import vtk
from scene import conftest
from scene.reading import segment_array

from SynthTrustLib.codec import encode
from SynthTrustLib.errors import GeometryError
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.scene.build import build_scene
from SynthTrustLib.scene.nodes.dose_response import FRACTION
from SynthTrustLib.scene.nodes.maps import KEPT_FROM
from SynthTrustLib.scene.nodes.spots import spot_labels
from SynthTrustLib.scene.nodes.tables import COLUMNS
from SynthTrustLib.scene.nodes.terminology import terminology
from SynthTrustLib.scene.nodes.volumes import scalar_volume
from SynthTrustLib.scene.nodes.voxels import volume_array, volume_geometry
from SynthTrustLib.scene.result import attributes
from SynthTrustLib.scene.result.assessment import find_assessments, remove_assessment
from SynthTrustLib.scene.result.attributes import nodes_of_class
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.vocabulary import Contrast, Region


@pytest.fixture(scope="module")
def built(parts):
    from SynthTrustLib.scene.standalone import standalone_scene

    with standalone_scene() as scene:
        yield build_scene(scene, *parts)


def hierarchy_of(scene):
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def children(scene, item):
    found = vtk.vtkIdList()
    hierarchy_of(scene).GetItemChildren(item, found)
    return [hierarchy_of(scene).GetItemDataNode(found.GetId(index)) for index in range(found.GetNumberOfIds())]


def columns(table):
    return {
        table.GetColumnName(index): [
            table.GetTable().GetValue(row, index).ToString() for row in range(table.GetNumberOfRows())
        ]
        for index in range(table.GetNumberOfColumns())
    }


def test_each_segmenter_is_outlined_at_its_own_threshold(scene, parts):
    stack = conftest.with_threshold(parts.stack, member=1, threshold=0.2)
    nodes = build_scene(scene, *replace(parts, stack=stack))
    assert list(nodes.outlines) == [card.id for card in stack.segmenters]
    for member, card in enumerate(stack.segmenters):
        for region, probability in zip(stack.regions, stack.probabilities[member], strict=True):
            drawn = segment_array(nodes.outlines[card.id], region, stack.geometry)
            np.testing.assert_array_equal(drawn, probability >= (0.2 if member == 1 else 0.5))
            assert drawn.any()


def test_the_pooled_outline_is_the_mean_probability_at_one_half(built, parts):
    for region, probability in zip(parts.maps.regions, parts.maps.pooled, strict=True):
        np.testing.assert_array_equal(segment_array(built.pooled, region, parts.case.geometry), probability >= 0.5)


def test_a_region_that_a_segmenter_does_not_see_is_an_empty_segment(scene, parts):
    probabilities = parts.stack.probabilities.copy()
    probabilities[0, 2] = 0.0
    probabilities[1] = 0.0
    nodes = build_scene(scene, *conftest.assess(parts.case, replace(parts.stack, probabilities=probabilities)))
    first, second = list(nodes.outlines.values())[:2]
    for node, empty in ((first, [Region.ET]), (second, list(Region))):
        assert node.GetSegmentation().GetNumberOfSegments() == 3
        for region in Region:
            assert segment_array(node, region, parts.case.geometry).any() == (region not in empty)


def test_segments_say_what_they_are_and_lie_on_the_reference(built):
    for node in (*built.outlines.values(), built.pooled):
        assert node.GetNodeReferenceID(node.GetReferenceImageGeometryReferenceRole()) == built.reference_volume.GetID()
        assert not node.GetDisplayNode().GetVisibility2DFill()
        assert node.GetDisplayNode().GetVisibility2DOutline()
        for region in Region:
            segment = node.GetSegmentation().GetSegment(region)
            tag = vtk.reference("")
            assert segment.GetTag(segment.GetTerminologyEntryTagName(), tag)
            assert str(tag) == terminology(GLIOMA, region)
            assert segment.GetName().startswith(region)


def test_the_contrasts_are_there_voxel_by_voxel(built, parts):
    assert list(built.volumes) == list(parts.case.contrasts)
    for contrast, node in built.volumes.items():
        np.testing.assert_array_equal(volume_array(node), parts.case.volumes[contrast].array)
        assert volume_geometry(node).is_same(parts.case.geometry)


@pytest.mark.parametrize(("value", "kind"), [(7.0, np.int16), (0.5, np.float32), (40000.0, np.float32)])
def test_a_contrast_is_kept_small_only_where_nothing_is_lost(scene, parts, value, kind):
    case = conftest.make_parts().case
    case.volumes[Contrast.T2].array[0, 0, 0] = value
    nodes = build_scene(scene, case, parts.outcome)
    assert volume_array(nodes.volumes[Contrast.T2]).dtype == kind
    np.testing.assert_array_equal(volume_array(nodes.volumes[Contrast.T2]), case.volumes[Contrast.T2].array)


def test_a_map_volume_holds_the_map_where_it_says_anything(built, parts):
    maps = parts.maps
    by_kind = {
        "disagreement": maps["disagreement"],
        "uncertainty": maps["uncertainty"],
        "mix_influence": maps["mix_influence"],
    }
    assert set(built.maps) == {(kind, region) for kind in MAPS for region in Region}
    for (kind, region), node in built.maps.items():
        whole = by_kind[kind][maps.regions.index(region)]
        start = np.linalg.inv(maps.geometry.ijk_to_ras) @ [*volume_geometry(node).ras([0, 0, 0]), 1.0]
        k, j, i = np.rint(start[2::-1]).astype(int)
        array = volume_array(node)
        box = (slice(k, k + array.shape[0]), slice(j, j + array.shape[1]), slice(i, i + array.shape[2]))
        assert array.dtype == np.float32
        said = np.where(np.abs(whole) >= KEPT_FROM, whole, 0.0)
        np.testing.assert_array_equal(array, said[box])
        assert 0.0 < KEPT_FROM < MAPS[kind].shown_from
        said[box] = 0.0
        assert not said.any()
        assert array.size < whole.size


def test_a_map_is_drawn_over_its_fixed_range_and_never_over_that_of_the_case(built):
    for (kind, _), node in built.maps.items():
        display = node.GetDisplayNode()
        low = -1.0 if kind == "mix_influence" else 0.0
        assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (low, 1.0)
        assert not display.GetAutoWindowLevel()
        assert display.GetApplyThreshold()
        assert display.GetLowerThreshold() == (low if low < 0 else MAPS[kind].shown_from)
        assert display.GetColorNode().GetAttribute(attributes.COLOUR_TABLE) == kind


def test_each_map_has_a_legend_with_its_name(built):
    for (kind, region), node in built.maps.items():
        legends = [
            node.GetNthDisplayNode(index)
            for index in range(node.GetNumberOfDisplayNodes())
            if node.GetNthDisplayNode(index).IsA("vtkMRMLColorLegendDisplayNode")
        ]
        (title,) = [legend.GetTitleText().split("\n") for legend in legends]
        assert title == [MAPS[kind].title(region), *MAPS[kind].legend]
        assert legends[0].GetVisibility()
        assert legends[0].GetColorNode() is node.GetDisplayNode().GetColorNode()


def test_without_a_mix_influence_map_there_is_no_volume_for_it(scene, parts):
    nodes = build_scene(
        scene,
        *conftest.assess(parts.case, builders.stack(parts.stack.probabilities[:2], [0, 100], parts.case.geometry)),
    )
    assert {kind for kind, _ in nodes.maps} == {"disagreement", "uncertainty"}


def test_segmenters_that_agree_everywhere_still_get_maps(scene, parts):
    same = np.repeat((parts.stack.probabilities[2:3] >= 0.5).astype(np.float32), 3, axis=0)
    nodes = build_scene(scene, *conftest.assess(parts.case, builders.stack(same, geometry=parts.case.geometry)))
    assert volume_array(nodes.maps["disagreement", Region.WT]).max() == 0.0
    assert nodes.review_spots.GetNumberOfControlPoints() == 0


def test_the_dose_response_table_has_volumes_and_line_in_the_order_of_the_fractions(built, parts):
    table = columns(built.dose_response)
    curve = parts.scorecard.dose_response[0]
    assert [float(value) for value in table[FRACTION]] == [0.0, 0.25, 0.5, 0.75, 1.0]
    volumes = [point.volume_ml for point in sorted(curve.points, key=lambda point: point.synthetic_fraction)]
    np.testing.assert_allclose([float(value) for value in table["WT (mL)"]], volumes, rtol=1e-5)
    line = [curve.intercept + curve.slope * fraction for fraction in (0.0, 0.25, 0.5, 0.75, 1.0)]
    np.testing.assert_allclose([float(value) for value in table["WT line (mL)"]], line, rtol=1e-5)
    assert built.chart.GetNumberOfPlotSeriesNodes() == len(built.series) == 6
    low, high = built.chart.GetYAxisRange()
    assert low == 0.0 and high > 1.3 * max(volumes), "the legend would hide the end of the curve"


def test_without_trusted_spacing_the_dose_response_counts_voxels_and_draws_no_line(scene, parts):
    curves = tuple(
        replace(curve, points=tuple(replace(point, volume_ml=None) for point in curve.points), slope=None)
        for curve in parts.scorecard.dose_response
    )
    nodes = build_scene(scene, *replace(parts, scorecard=replace(parts.scorecard, dose_response=curves)))
    table = columns(nodes.dose_response)
    assert [float(value) for value in table["WT (voxels)"]] == [point.voxels for point in curves[0].points]
    assert len(nodes.series) == 3
    assert "mL" not in " ".join(table)


def test_review_spots_are_points_with_their_reasons_that_cannot_be_moved(built, parts):
    spots, points = parts.scorecard.review_spots, built.review_spots
    assert points.GetLocked()
    assert points.GetNumberOfControlPoints() == len(spots) > 0
    for index, spot in enumerate(spots):
        position = [0.0, 0.0, 0.0]
        points.GetNthControlPointPosition(index, position)
        np.testing.assert_allclose(position, spot.ras, atol=1e-6)
        assert points.GetNthControlPointLabel(index) in (f"{spot.rank} {spot.region}", "")
        assert points.GetNthControlPointDescription(index) == spot.reason
        assert points.GetNthControlPointLocked(index)


def test_labels_of_review_spots_do_not_lie_over_each_other_and_the_chosen_one_has_its_own(parts):
    first = replace(parts.scorecard.review_spots[0], rank=1, ras=(0.0, 0.0, 0.0))
    places = ((0.0, 0.0, 0.0), (0.0, 5.0, 0.0), (30.0, 0.0, 0.0), (30.0, 3.0, 3.0))
    spots = [replace(first, rank=rank, ras=ras) for rank, ras in enumerate(places, start=1)]

    def labelled(chosen):
        return [spot.rank for spot, label in zip(spots, spot_labels(spots, chosen), strict=True) if label]

    assert labelled(None) == [1, 3]
    assert labelled(1) == [2, 3]
    assert labelled(3) == [1, 4]


def test_the_scorecard_is_kept_as_it_is_and_as_a_table(built, parts):
    assert json.loads(built.scorecard.GetText()) == json.loads(json.dumps(encode(parts.scorecard)))
    table = columns(built.scorecard_table)
    assert tuple(table) == COLUMNS
    assert len(table["Row"]) == len(parts.scorecard.rows)
    for row, value in zip(parts.scorecard.rows, table["Value"], strict=True):
        assert (value == "unknown") == (row.value is None)


def test_everything_lies_in_one_folder_named_with_time_and_label(built):
    assert hierarchy_of(built.scene).GetItemName(built.folder) == "SynthTrust 2026-03-04 05:06 UTC, Case 7"
    assert children(built.scene, built.folder) == list(built.own_nodes)
    expected = 1 + 1 + 4 + 5 + 1 + 9 + 1 + 1 + 6 + 1
    assert len(built.own_nodes) == expected


def test_no_name_in_the_scene_comes_from_a_file(scene, parts):
    volumes = {c: replace(v, source="DOE_JOHN_1950.nii.gz") for c, v in parts.case.volumes.items()}
    build_scene(scene, *conftest.assess(replace(parts.case, volumes=volumes), parts.stack))
    for node in nodes_of_class(scene, "vtkMRMLNode"):
        values = [node.GetAttribute(name) for name in node.GetAttributeNames() or ()]
        assert "DOE" not in " ".join([node.GetName() or "", node.GetDescription() or "", *values])


def test_the_users_own_volumes_are_shown_and_not_copied(scene, parts):
    mine = {
        contrast: scalar_volume(scene, f"my {contrast}", volume.array, parts.case.geometry, (0.0, 1.0))
        for contrast, volume in parts.case.volumes.items()
    }
    nodes = build_scene(scene, *parts, existing_volumes=mine)
    assert nodes.volumes == mine
    assert not [node for node in nodes.own_nodes if node.GetAttribute(attributes.ROLE) == attributes.Role.VOLUME]
    assert all(node.GetAttribute(attributes.RUN) is None for node in mine.values())
    again = find_assessments(scene)[0]
    assert again.volumes == mine
    remove_assessment(nodes)
    assert all(node.GetScene() is scene for node in mine.values())


def test_volumes_on_another_grid_than_the_case_are_left_alone(scene, parts):
    elsewhere = builders.grid(conftest.SHAPE, spacing=(1.0, 1.0, 1.0))
    mine = {
        contrast: scalar_volume(scene, f"my {contrast}", volume.array, elsewhere, (0.0, 1.0))
        for contrast, volume in parts.case.volumes.items()
    }
    nodes = build_scene(scene, *parts, existing_volumes=mine)
    assert not set(nodes.volumes.values()) & set(mine.values())
    assert volume_geometry(nodes.reference_volume).is_same(parts.case.geometry)


def test_results_move_with_the_volume_they_were_computed_from(scene, parts):
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    mine = {
        contrast: scalar_volume(scene, f"my {contrast}", volume.array, parts.case.geometry, (0.0, 1.0))
        for contrast, volume in parts.case.volumes.items()
    }
    for node in mine.values():
        node.SetAndObserveTransformNodeID(transform.GetID())
    nodes = build_scene(scene, *parts, existing_volumes=mine)
    for node in (*nodes.outlines.values(), nodes.pooled, *nodes.maps.values(), nodes.review_spots):
        assert node.GetTransformNodeID() == transform.GetID()


def test_maps_of_another_grid_are_refused(scene, parts):
    with pytest.raises(GeometryError, match="the outcome"):
        build_scene(scene, parts.case, replace(parts.outcome, geometry=builders.grid(conftest.SHAPE)))


def test_two_runs_share_nothing_but_colour_tables(scene, parts):
    first, second = build_scene(scene, *parts), build_scene(scene, *parts)
    assert first.run != second.run
    assert first.folder != second.folder
    assert not set(first.own_nodes) & set(second.own_nodes)
    assert not {node.GetName() for node in first.own_nodes} & {node.GetName() for node in second.own_nodes}
    displays = [
        {
            node.GetNthDisplayNodeID(index)
            for node in nodes.own_nodes
            if node.IsA("vtkMRMLDisplayableNode")
            for index in range(node.GetNumberOfDisplayNodes())
        }
        for nodes in (first, second)
    ]
    assert not displays[0] & displays[1]
    tables = [
        node for node in nodes_of_class(scene, "vtkMRMLColorTableNode") if node.GetAttribute(attributes.COLOUR_TABLE)
    ]
    assert len(tables) == len(MAPS)


def test_runs_are_found_again_by_what_is_written_on_their_nodes(scene, parts):
    built = [build_scene(scene, *parts), build_scene(scene, *parts)]
    for made, found in zip(built, find_assessments(scene), strict=True):
        assert found.run == made.run
        assert found.folder == made.folder
        assert found.reference == made.reference
        assert found.volumes == made.volumes
        assert list(found.outlines.items()) == list(made.outlines.items())
        assert list(found.maps.items()) == list(made.maps.items())
        assert found.series == made.series
        for name in ("scorecard", "scorecard_table", "pooled", "dose_response", "chart", "review_spots"):
            assert getattr(found, name) is getattr(made, name)


def test_a_run_with_parts_that_the_user_has_deleted_is_still_found(scene, parts):
    nodes = build_scene(scene, *parts)
    scene.RemoveNode(nodes.pooled)
    scene.RemoveNode(nodes.volumes[Contrast.T1])
    found = find_assessments(scene)[0]
    assert found.pooled is None
    assert Contrast.T1 not in found.volumes
    assert found.reference_volume is nodes.reference_volume


def test_removing_a_run_leaves_the_other_whole_and_removing_both_leaves_nothing(scene, parts):
    before = {node.GetID() for node in nodes_of_class(scene, "vtkMRMLNode")}
    first, second = build_scene(scene, *parts), build_scene(scene, *parts)
    own = len(second.own_nodes)
    remove_assessment(first)
    assert [nodes.run for nodes in find_assessments(scene)] == [second.run]
    assert len(second.own_nodes) == own
    assert second.maps["disagreement", Region.WT].GetDisplayNode().GetColorNode() is not None
    remove_assessment(second)
    assert {node.GetID() for node in nodes_of_class(scene, "vtkMRMLNode")} == before
    assert hierarchy_of(scene).GetNumberOfItems() == 0
