"""Outlines that were made elsewhere go from the scene to the child as what they are."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.outline.label_convention import labels_of
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.scene.nodes.volumes import scalar_volume
from SynthTrustLib.scene.patient.given_outline import (
    given_outlines,
    remarks_on,
    segments_of,
    write_outline,
    write_reference,
)
from SynthTrustLib.scene.standalone import standalone_scene
from SynthTrustLib.vocabulary import Region

WT, TC, ET = Region
SHAPE = (8, 10, 9)


@pytest.fixture
def scene(monkeypatch):
    """A scene that slicer.util works on, as in the application."""
    import slicer

    with standalone_scene() as made:
        logics = {
            "segmentations": slicer.vtkSlicerSegmentationsModuleLogic(),
            "volumes": slicer.vtkSlicerVolumesLogic(),
        }
        for logic in logics.values():
            logic.SetMRMLScene(made)
        modules = {name: SimpleNamespace(logic=lambda logic=logic: logic) for name, logic in logics.items()}
        monkeypatch.setattr(slicer, "mrmlScene", made, raising=False)
        monkeypatch.setattr(slicer, "modules", SimpleNamespace(**modules), raising=False)
        yield made


@pytest.fixture
def volume(scene):
    return grid(scene, SHAPE)


def grid(scene, shape, origin=(0.0, 0.0, 0.0)):
    affine = np.diag([-2.0, -2.0, 3.0, 1.0])
    affine[:3, 3] = origin
    return scalar_volume(scene, "FLAIR", np.ones(shape, np.int16), Geometry(shape, affine), (0.0, 1.0))


def drawn(scene, on, **boxes):
    """A segmentation with one segment per name, each a box (k, j, i) of slices on the grid of `on`."""
    import slicer

    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "By hand")
    node.SetReferenceImageGeometryParameterFromVolumeNode(on)
    k, j, i = on.GetImageData().GetDimensions()[::-1]
    for name, box in boxes.items():
        mask = np.zeros((k, j, i), np.uint8)
        mask[box] = 1
        identifier = node.GetSegmentation().AddEmptySegment("", name.replace("_", " "))
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, identifier, on)
    return node


def read_back(path, convention):
    labels = read_image(path, blank_allowed=True).array
    told = labels_of(convention, np.unique(labels))
    return {region: np.isin(labels, numbers) for region, numbers in told.items()}


OUTER, MIDDLE, INNER = (np.s_[1:5, 1:8, 1:7], np.s_[2:5, 2:7, 2:6], np.s_[3:4, 3:6, 3:5])


@pytest.mark.parametrize(
    ("names", "convention", "expected"),
    [
        (["whole tumor", "tumor core", "enhancing tumor"], "auto", {WT: "012", TC: "12", ET: "2"}),
        (["ET enhancing tumor", "WT whole tumor", "TC tumor core"], "auto", {WT: "012", TC: "02", ET: "0"}),
        (["edema", "necrotic core", "enhancing"], "auto", {WT: "012", TC: "12", ET: "2"}),
        (["Segment_1", "Segment_2", "Segment_4"], "auto", {WT: "012", TC: "02", ET: "2"}),
        (["my outline"], "auto", {WT: "0"}),
        (["a", "b", "c"], "brats", {WT: "012", TC: "02", ET: "2"}),
        (["a", "b", "c"], "binary", {WT: "012"}),
        (["a", "b", "c"], "WT=1+2+3,TC=2+3", {WT: "012", TC: "12"}),
        (["7", "9"], "WT=7+9,ET=9", {WT: "01", ET: "1"}),
    ],
)
def test_segments_are_told_by_name_by_number_or_as_stated(scene, volume, names, convention, expected):
    node = drawn(scene, volume, **dict.fromkeys(names, OUTER))
    ids = [node.GetSegmentation().GetNthSegmentID(n) for n in range(len(names))]
    told = segments_of(node, convention)
    assert {region: "".join(sorted(str(ids.index(i)) for i in found)) for region, found in told.items()} == expected


@pytest.mark.parametrize(
    ("names", "convention"), [(["left", "right"], "auto"), (["a", "b"], "WT=1+7"), ([], "auto"), (["5", "6"], "auto")]
)
def test_what_cannot_be_told_is_refused_with_a_list_of_the_segments(scene, volume, names, convention):
    with pytest.raises(InputError) as refused:
        segments_of(drawn(scene, volume, **dict.fromkeys(names, OUTER)), convention)
    assert all(repr(name) in refused.value.what for name in names)


def test_overlapping_regions_arrive_voxel_by_voxel(scene, volume, tmp_path):
    node = drawn(scene, volume, whole_tumor=OUTER, tumor_core=MIDDLE, enhancing_tumor=INNER)
    convention = write_outline(node, volume, tmp_path / "o.nrrd", world=False)
    found = read_back(tmp_path / "o.nrrd", convention)
    assert list(found) == [WT, TC, ET]
    for region, box in zip(Region, (OUTER, MIDDLE, INNER), strict=True):
        assert found[region].sum() == found[region][box].sum() == np.ones(SHAPE)[box].sum()


def test_a_single_segment_is_the_whole_tumor_and_tells_nothing_else(scene, volume, tmp_path):
    node = drawn(scene, volume, anything=MIDDLE)
    assert write_outline(node, volume, tmp_path / "o.nrrd", world=False) == "binary"
    assert read_back(tmp_path / "o.nrrd", "binary")[WT].sum() == 3 * 5 * 4


def test_an_outline_that_was_drawn_on_a_larger_grid_is_cut_to_the_patients(scene, volume, tmp_path):
    larger = grid(scene, (20, 20, 20), origin=(4.0, 4.0, -6.0))  # it begins two voxels before the patient's
    node = drawn(scene, larger, anything=np.s_[3:12, 4:8, 5:18])
    write_outline(node, volume, tmp_path / "o.nrrd", world=False)
    mask = read_back(tmp_path / "o.nrrd", "binary")[WT]
    expected = np.zeros(SHAPE, bool)
    expected[1:8, 2:6, 3:9] = True
    np.testing.assert_array_equal(mask, expected)


def test_an_outline_elsewhere_in_space_is_refused_and_an_empty_one_is_an_answer(scene, volume, tmp_path):
    far = grid(scene, SHAPE, origin=(500.0, 0.0, 0.0))
    with pytest.raises(GeometryError, match="does not overlap"):
        write_outline(drawn(scene, far, anything=OUTER), volume, tmp_path / "far.nrrd", world=False)
    empty = drawn(scene, volume, anything=np.s_[0:0, 0:0, 0:0])
    convention = write_outline(empty, volume, tmp_path / "empty.nrrd", world=False)
    assert not read_back(tmp_path / "empty.nrrd", convention)[WT].any()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["SNFH", "Tumor, not enhancing", "Enhancing tissue"], {WT: "012", TC: "12", ET: "2"}),
        (["Nekrose", "Ödem", "Anreichernder Tumor", "Resektionshöhle"], {WT: "012", TC: "02", ET: "2"}),
        (["enhancing tumor"], {ET: "0"}),
    ],
)
def test_words_that_are_taken_back_or_are_about_something_else_count_for_what_they_say(scene, volume, names, expected):
    node = drawn(scene, volume, **dict.fromkeys(names, OUTER))
    ids = [node.GetSegmentation().GetNthSegmentID(n) for n in range(len(names))]
    told = segments_of(node)
    assert {region: "".join(sorted(str(ids.index(i)) for i in found)) for region, found in told.items()} == expected


def test_labels_of_one_part_each_become_nested_regions(scene, volume, tmp_path):
    node = drawn(scene, volume, a=INNER, b=np.s_[5:7, 1:8, 1:7], c=np.s_[7:8, 1:8, 1:7])
    convention = write_outline(node, volume, tmp_path / "o.nrrd", convention="WT=2,TC=1,ET=3", world=False)
    found = read_back(tmp_path / "o.nrrd", convention)
    sizes = [np.ones(SHAPE)[box].sum() for box in (INNER, np.s_[5:7, 1:8, 1:7], np.s_[7:8, 1:8, 1:7])]
    assert [found[region].sum() for region in Region] == [sum(sizes), sizes[0] + sizes[2], sizes[2]]


def test_segments_that_are_not_used_and_guesses_are_told(scene, volume):
    assert "1 of its 2 segments is no part" in remarks_on(drawn(scene, volume, tumor=OUTER, vessel=INNER))[0]
    assert "taken for the whole tumor" in remarks_on(drawn(scene, volume, mine=OUTER))[0]
    assert remarks_on(drawn(scene, volume, whole_tumor=OUTER, tumor_core=MIDDLE)) == ()


def test_a_reference_without_all_regions_keeps_those_that_it_tells(scene, volume, tmp_path):
    node = drawn(scene, volume, whole_tumor=OUTER, tumor_core=MIDDLE)
    convention = write_reference(node, volume, tmp_path / "r.nrrd", world=False)
    found = read_back(tmp_path / "r.nrrd", convention)
    assert [found[region].sum() for region in (WT, TC)] == [4 * 7 * 6, 3 * 5 * 4] and ET not in found


def test_a_reference_becomes_brats_labels_and_must_not_be_empty(scene, volume, tmp_path):
    node = drawn(scene, volume, whole_tumor=OUTER, tumor_core=MIDDLE, enhancing_tumor=INNER)
    write_reference(node, volume, tmp_path / "r.nrrd", world=False)
    found = read_back(tmp_path / "r.nrrd", "auto")
    assert [found[region].sum() for region in Region] == [4 * 7 * 6, 3 * 5 * 4, 3 * 2]
    with pytest.raises(InputError, match="empty"):
        write_reference(drawn(scene, volume, tumor=np.s_[0:0]), volume, tmp_path / "e.nrrd", world=False)


def test_what_a_run_has_made_is_no_outline_made_elsewhere(scene, volume):
    node = drawn(scene, volume, tumor=OUTER)
    assert given_outlines(scene) == [node]
    node.SetAttribute("SynthTrust.Run", "1")
    assert given_outlines(scene) == []


def test_a_runs_own_outline_is_no_reference_and_a_copy_of_its_segments_is(scene, volume, tmp_path):
    own = drawn(scene, volume, whole_tumor=OUTER)
    own.SetAttribute("SynthTrust.Run", "1")
    with pytest.raises(InputError, match=r"result of SynthTrust.*new segmentation"):
        write_reference(own, volume, tmp_path / "r.nrrd", world=False)
    assert not (tmp_path / "r.nrrd").exists()
    copy = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Corrected")
    copy.GetSegmentation().CopySegmentFromSegmentation(
        own.GetSegmentation(), own.GetSegmentation().GetNthSegmentID(0), False
    )
    write_reference(copy, volume, tmp_path / "r.nrrd", world=False)
    assert read_back(tmp_path / "r.nrrd", "auto")[WT].sum() == np.ones(SHAPE)[OUTER].sum()
