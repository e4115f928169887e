"""Whatever is made from an outcome tells the same volumes: scorecard, label maps, DICOM SEG and scene."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest
import SimpleITK as sitk
from dicom_files import FLAIR_TIMING, positions, study, write_series

from SynthTrustLib.case.dicom.folder import read_series, series_at
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.case.outline.outside_file import OutsideFile
from SynthTrustLib.case.part import Part
from SynthTrustLib.codec import to_text
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.outcome.outcome import outcome_of
from SynthTrustLib.runner.files.results import read_outcome
from SynthTrustLib.runner.files.volumes import writing_volumes
from SynthTrustLib.segmenters.adapters.outline import read_members
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.vocabulary import Contrast, Region

SHAPE = (9, 24, 26)
WT, TC, ET = Region
CONVENTIONS = {"Spelled out": "WT=2,TC=1,ET=3", "Nested": "WT=1+2+3,TC=1+3,ET=3", "BraTS": "brats"}
SOFT = "mix-0-0"
"""A segmenter with thresholds of its own."""


def box(k, j, i, size=4):
    mask = np.zeros(SHAPE, bool)
    mask[k : k + size, j : j + size, i : i + size] = True
    return mask


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """A case from DICOM, and what was found of it: by a network, and outside, also where no region holds another."""
    folder = tmp_path_factory.mktemp("patient")
    voxels = np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.uint16)
    write_series(folder / "in", voxels, shared=study(), places=positions(SHAPE[0], 4.0), **FLAIR_TIMING)
    case = assemble_case({Contrast.FLAIR: read_series(series_at(folder / "in"))})
    case = replace(case, spacing_trusted=True)  # which is doubted of so small a head
    labels = np.where(box(2, 4, 4, 6), 2, 0) + np.where(box(3, 5, 5), -1, 0) + np.where(box(3, 6, 6, 2), 2, 0)
    sitk.WriteImage(case.geometry.to_sitk(labels.astype(np.uint8)), str(folder / "labels.nii.gz"))
    files = [OutsideFile(name, folder / "labels.nii.gz", how) for name, how in CONVENTIONS.items()]
    outside = read_members(files, case)
    apart = {WT: box(1, 12, 12), TC: box(1, 16, 16), ET: box(3, 18, 3)}
    for name in ("apart", "apart-too", "apart-again", "apart-at-last"):
        outside.append(replace(outside[0], card=replace(outside[0].card, id=name, name=name), masks=apart))
    stack = run_segmenters(case, [], outside=outside)
    soft = np.zeros((1, 3, *SHAPE), np.float32)
    soft[0, :, 2:7, 3:9, 3:9] = np.array([0.6, 0.45, 0.35])[:, None, None, None]
    card = builders.card(SOFT, thresholds={WT: 0.6, TC: 0.5, ET: 0.3})
    stack = replace(
        stack,
        probabilities=np.concatenate([soft, builders.on_grid(stack)]),
        segmenters=(card, *stack.segmenters),
        support=builders.everything(SHAPE),
    )
    maps = compute_maps(stack)
    return case, outcome_of(stack, maps, build_scorecard(case, stack, maps))


@pytest.fixture(scope="module")
def volumes(patient):
    """(id, region) -> mL of the scorecard."""
    _, outcome = patient
    return {
        (name, region): outcome.scorecard.row(f"volume.{region}.{name}").value
        for name in outcome.outlines
        for region in Region
    }


def masks_of(outlines):
    """(id, region) -> mask."""
    return {(name, region): mask.values for name, regions in outlines.items() for region, mask in regions.items()}


def assert_same(found, volumes, geometry, names=None):
    """`found` holds (id, region) -> mask."""
    assert set(found) == {key for key in volumes if names is None or key[0] in names}
    for key, mask in found.items():
        assert np.count_nonzero(mask) * geometry.voxel_volume_ml == pytest.approx(volumes[key], rel=1e-4), key


def test_every_convention_and_every_own_threshold_counts(volumes):
    for name in ("outside-spelled-out", "outside-nested", "outside-brats"):
        assert [volumes[name, region] / volumes[name, ET] for region in Region] == pytest.approx([27, 8, 1], rel=1e-4)
    assert volumes[SOFT, WT] == volumes[SOFT, TC] == volumes[SOFT, ET] > 0
    assert volumes["apart", WT] == volumes["apart", TC] == volumes["apart", ET] > 0


def test_the_result_folder_tells_the_volumes_of_the_scorecard(patient, volumes, tmp_path):
    _, outcome = patient
    for name in ("maps", "segmentations"):
        (tmp_path / name).mkdir()
    with writing_volumes(tmp_path, outcome):
        (tmp_path / "scorecard.json").write_text(to_text(outcome.scorecard), "utf-8")
    read = read_outcome(tmp_path)
    found = {
        (name, region): mask.values for name, outlines in read.outlines.items() for region, mask in outlines.items()
    }
    assert_same(found, volumes, read.geometry)
    for name, outlines in outcome.outlines.items():
        for region, mask in outlines.items():
            np.testing.assert_array_equal(read.outlines[name][region].whole(SHAPE), mask.whole(SHAPE))
    written = {path.name for path in (tmp_path / "segmentations").iterdir()}
    assert {"outside-spelled-out.nii.gz", "pooled_WT.nii.gz", "apart_WT.nii.gz", "apart_TC.nii.gz"} < written


def test_the_dicom_segmentations_tell_the_volumes_of_the_scorecard(patient, volumes, tmp_path):
    hd = pytest.importorskip("highdicom", reason="DICOM results need highdicom")
    from SynthTrustLib.report.dicom_seg import write_dicom

    case, outcome = patient
    write_dicom(tmp_path, case, outcome)
    found = {}
    for path in tmp_path.glob("seg_*.dcm"):
        segments = np.moveaxis(hd.seg.segread(path).get_volume().array, -1, 0)
        found |= {(path.stem.removeprefix("seg_"), region): mask for region, mask in zip(Region, segments, strict=True)}
    assert_same(found, volumes, case.geometry, names=(SOFT, POOLED))


def test_the_scene_tells_the_volumes_of_the_scorecard(patient, volumes):
    pytest.importorskip("slicer", reason="slicer-core is not installed: pip install 'synthtrust[scene]'")
    from scene.reading import segment_array

    from SynthTrustLib.scene.build import build_scene
    from SynthTrustLib.scene.standalone import standalone_scene

    case, outcome = patient
    with standalone_scene() as scene:
        built = build_scene(scene, case, outcome)
        nodes = {**built.outlines, POOLED: built.pooled}
        found = {(name, r): segment_array(node, r, case.geometry) for name, node in nodes.items() for r in Region}
        assert_same(found, volumes, case.geometry)


def test_a_part_is_cut_put_back_and_compared_wherever_it_lies():
    mask, other = box(2, 3, 4), box(4, 5, 6)
    part = Part.of(mask)
    assert part.values.shape == (4, 4, 4) and part.values.all() and part.count == 64
    np.testing.assert_array_equal(part.whole(SHAPE), mask)
    window = (slice(3, 9), slice(0, 5), slice(5, 26))
    np.testing.assert_array_equal(part.within(window), mask[window])
    assert part.common(Part.of(other)) == np.count_nonzero(mask & other) == 8
    moved = Part.of(mask[2:, 1:, 3:], corner=(2, 1, 3))
    np.testing.assert_array_equal(moved.whole(SHAPE), mask)
    nothing = Part.of(np.zeros(SHAPE, bool))
    assert nothing.count == part.common(nothing) == nothing.common(part) == 0
    assert not nothing.whole(SHAPE).any()
