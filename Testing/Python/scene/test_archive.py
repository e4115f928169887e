"""scene.mrb: what is written comes back, voxel by voxel, with everything in place."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import slicer
import vtk
from scene import conftest
from scene.reading import load_scene, segment_array, unpack_mrb

import SynthTrustLib
from SynthTrustLib.codec import encode
from SynthTrustLib.errors import OutputError, SynthTrustError
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.scene.nodes.colours import table_colours
from SynthTrustLib.scene.nodes.voxels import volume_array, volume_geometry
from SynthTrustLib.scene.result import archive
from SynthTrustLib.scene.result.assessment import find_assessments
from SynthTrustLib.scene.standalone import standalone_scene
from SynthTrustLib.scene.views.opening import ORIENTATIONS
from SynthTrustLib.vocabulary import Region


@pytest.fixture(scope="module")
def bundle(parts, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bündle of scenes")
    archive.write_mrb(folder / "scene.mrb", *parts)
    return folder / "scene.mrb"


@pytest.fixture(scope="module")
def loaded(bundle, tmp_path_factory):
    with standalone_scene() as scene:
        assert load_scene(scene, unpack_mrb(bundle, tmp_path_factory.mktemp("unpacked")))
        (nodes,) = find_assessments(scene)
        yield nodes


@pytest.fixture(scope="module")
def built(parts):
    from SynthTrustLib.scene.build import build_scene

    with standalone_scene() as scene:
        yield build_scene(scene, *parts)


def test_nothing_else_is_left_in_the_folder(bundle):
    assert [file.name for file in bundle.parent.iterdir()] == ["scene.mrb"]


def test_contrasts_come_back_voxel_by_voxel(loaded, parts):
    assert set(loaded.volumes) == set(parts.case.contrasts)
    for contrast, node in loaded.volumes.items():
        np.testing.assert_array_equal(volume_array(node), parts.case.volumes[contrast].array)
        assert volume_geometry(node).is_same(parts.case.geometry)


def test_maps_come_back_voxel_by_voxel(loaded, built):
    assert list(loaded.maps) == list(built.maps)
    for key, node in loaded.maps.items():
        assert volume_array(node).dtype == np.float32
        np.testing.assert_array_equal(volume_array(node), volume_array(built.maps[key]))
        assert volume_geometry(node).is_same(volume_geometry(built.maps[key]))


def test_outlines_come_back_voxel_by_voxel(loaded, parts):
    assert list(loaded.outlines) == [card.id for card in parts.stack.segmenters]
    for card, probabilities in zip(parts.stack.segmenters, parts.stack.probabilities, strict=True):
        for region, probability in zip(parts.stack.regions, probabilities, strict=True):
            drawn = segment_array(loaded.outlines[card.id], region, parts.case.geometry)
            np.testing.assert_array_equal(drawn, probability >= 0.5)
    for region, probability in zip(parts.maps.regions, parts.maps.pooled, strict=True):
        np.testing.assert_array_equal(segment_array(loaded.pooled, region, parts.case.geometry), probability >= 0.5)


def test_segments_come_back_with_names_colours_and_terminology(loaded, built):
    pairs = zip((*loaded.outlines.values(), loaded.pooled), (*built.outlines.values(), built.pooled), strict=True)
    for back, made in pairs:
        assert back.GetNodeReferenceID(back.GetReferenceImageGeometryReferenceRole()) == loaded.reference_volume.GetID()
        assert not back.GetDisplayNode().GetVisibility2DFill()
        for region in Region:
            one, other = (node.GetSegmentation().GetSegment(region) for node in (back, made))
            assert one.GetName() == other.GetName()
            np.testing.assert_allclose(one.GetColor(), other.GetColor(), atol=1e-5)
            tags = [vtk.reference(""), vtk.reference("")]
            for segment, tag in zip((one, other), tags, strict=True):
                segment.GetTag(segment.GetTerminologyEntryTagName(), tag)
            assert str(tags[0]) == str(tags[1]) != ""


def test_a_segment_that_is_empty_is_still_there(parts, tmp_path):
    probabilities = parts.stack.probabilities.copy()
    probabilities[0, 2] = 0.0
    probabilities[1] = 0.0
    stack = replace(parts.stack, probabilities=probabilities)
    archive.write_mrb(tmp_path / "scene.mrb", *conftest.assess(parts.case, stack))
    with standalone_scene() as scene:
        load_scene(scene, unpack_mrb(tmp_path / "scene.mrb", tmp_path / "unpacked"))
        first, second = list(find_assessments(scene)[0].outlines.values())[:2]
        for node, empty in ((first, {Region.ET}), (second, set(Region))):
            seen = {region for region in Region if segment_array(node, region, parts.case.geometry).any()}
            assert seen == set(Region) - empty
            assert node.GetSegmentation().GetNumberOfSegments() == 3


def test_map_displays_come_back_with_range_threshold_colours_and_legend(loaded):
    for (kind, region), node in loaded.maps.items():
        display = node.GetDisplayNode()
        low = -1.0 if kind == "mix_influence" else 0.0
        assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (low, 1.0)
        assert display.GetApplyThreshold()
        assert display.GetLowerThreshold() == pytest.approx(low if low < 0 else MAPS[kind].shown_from)
        table = display.GetColorNode()
        rgba = [0.0] * 4
        colours = []
        for index in range(table.GetNumberOfColors()):
            table.GetColor(index, rgba)
            colours.append(list(rgba))
        np.testing.assert_allclose(colours, table_colours(MAPS[kind], MAPS[kind].shown_from), atol=1 / 255)
        legend = next(
            node.GetNthDisplayNode(index)
            for index in range(node.GetNumberOfDisplayNodes())
            if node.GetNthDisplayNode(index).IsA("vtkMRMLColorLegendDisplayNode")
        )
        assert legend.GetTitleText().startswith(MAPS[kind].title(region) + "\n")
        assert legend.GetVisibility()
        assert legend.GetColorNode() is table


def test_scorecard_spots_and_curves_come_back(loaded, parts):
    assert json.loads(loaded.scorecard.GetText()) == json.loads(json.dumps(encode(parts.scorecard)))
    assert loaded.scorecard_table.GetNumberOfRows() == len(parts.scorecard.rows)
    assert loaded.dose_response.GetNumberOfRows() == len(parts.stack.segmenters)
    assert loaded.chart.GetNumberOfPlotSeriesNodes() == len(loaded.series) == 6
    assert all(series.GetTableNode() is loaded.dose_response for series in loaded.series)
    assert loaded.review_spots.GetNumberOfControlPoints() == len(parts.scorecard.review_spots)
    assert loaded.review_spots.GetNthControlPointDescription(0) == parts.scorecard.review_spots[0].reason
    assert loaded.review_spots.GetLocked()
    position = [0.0, 0.0, 0.0]
    loaded.review_spots.GetNthControlPointPosition(0, position)
    np.testing.assert_allclose(position, parts.scorecard.review_spots[0].ras, atol=1e-3)


def test_the_folder_comes_back_with_everything_in_it(loaded):
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(loaded.scene)
    assert hierarchy.GetItemName(loaded.folder) == "SynthTrust 2026-03-04 05:06 UTC, Case 7"
    for node in loaded.own_nodes:
        assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == loaded.folder


def test_it_opens_on_the_first_review_spot_with_its_regions_disagreement_over_the_reference(loaded, parts):
    spot = parts.scorecard.review_spots[0]
    shown = loaded.maps["disagreement", spot.region]
    for tag, orientation in ORIENTATIONS.items():
        view = loaded.scene.GetSingletonNode(tag, "vtkMRMLSliceNode")
        assert view.GetOrientation() == orientation
        centre = [view.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
        assert centre == pytest.approx(spot.ras, abs=1e-3)
        composite = loaded.scene.GetSingletonNode(tag, "vtkMRMLSliceCompositeNode")
        assert composite.GetBackgroundVolumeID() == loaded.reference_volume.GetID()
        assert composite.GetForegroundVolumeID() == shown.GetID()
        assert 0.0 < composite.GetForegroundOpacity() < 1.0
    for node in loaded.outlines.values():
        assert [region for region in Region if node.GetDisplayNode().GetSegmentVisibility(region)] == [spot.region]
    layout = loaded.scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    assert layout.GetViewArrangement() == slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView
    plot = loaded.scene.GetSingletonNode("PlotView1", "vtkMRMLPlotViewNode")
    assert plot.GetPlotChartNodeID() == loaded.chart.GetID()


def test_it_names_no_folder_of_this_machine_and_no_other_application(bundle):
    with zipfile.ZipFile(bundle) as packed:
        names = packed.namelist()
        (mrml,) = [name for name in names if name.endswith(".mrml")]
        text = packed.read(mrml).decode("utf-8")
    assert all(name.startswith("scene/") for name in names)
    assert str(bundle.parent.parent) not in text
    assert Path.home().as_posix() + "/" not in text
    assert '<MRML version="Slicer ' in text


def test_a_failure_leaves_what_was_there_before(parts, tmp_path, monkeypatch):
    (tmp_path / "scene.mrb").write_bytes(b"earlier")

    def fill_disk(contents, packed):
        packed.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_pack", fill_disk)
    with pytest.raises(OSError, match="No space"):
        archive.write_mrb(tmp_path / "scene.mrb", *parts)
    assert [file.name for file in tmp_path.iterdir()] == ["scene.mrb"]
    assert (tmp_path / "scene.mrb").read_bytes() == b"earlier"


def test_a_part_that_cannot_be_written_is_an_error(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_save", lambda scene, contents: False)
    with pytest.raises(OutputError, match="could not write"):
        archive.write_mrb(tmp_path / "scene.mrb", *parts)
    assert not list(tmp_path.iterdir())


def test_without_slicer_core_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['slicer'] = None\n"
        "from pathlib import Path\n"
        "from SynthTrustLib.errors import SynthTrustError\n"
        "from SynthTrustLib.scene.result.archive import write_mrb\n"
        "try:\n"
        "    write_mrb(Path('scene.mrb'), None, None)\n"
        "except ImportError as error:\n"
        "    print(isinstance(error, SynthTrustError), error.name, error.next_step)\n"
    )
    repository = Path(SynthTrustLib.__file__).parent.parent
    tried = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository)
    assert tried.stdout.strip() == "True slicer Install it with: pip install 'synthtrust[scene]'"
    assert issubclass(archive.SlicerCoreMissing, SynthTrustError)


def test_two_archives_opened_in_one_scene_are_two_runs(bundle, loaded, parts, tmp_path):
    with standalone_scene() as scene:
        archive.write_mrb(tmp_path / "other.mrb", *parts)
        load_scene(scene, unpack_mrb(bundle, tmp_path / "one"))
        load_scene(scene, unpack_mrb(tmp_path / "other.mrb", tmp_path / "two"))
        first, second = find_assessments(scene)
        assert first.run == loaded.run != second.run
        for nodes in (first, second):
            assert set(nodes.volumes) == set(parts.case.contrasts)
            assert len(nodes.maps) == 9
            assert nodes.folder is not None
        assert not set(first.own_nodes) & set(second.own_nodes)
        assert not set(first.volumes.values()) & set(second.volumes.values())
