"""Results as DICOM come back voxel by voxel, in place, with their makers named, and point to the source series."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import pydicom
import pytest
from dicom_files import FLAIR_TIMING, IDENTIFIER, positions, study, write_multiframe, write_series

from SynthTrustLib.case.dicom.folder import read_series, series_at
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.errors import InputError
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.report.dicom_seg import can_write_dicom, write_dicom
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.vocabulary import Contrast, Region

hd = pytest.importorskip("highdicom", reason="DICOM results need highdicom")

SHAPE = (9, 16, 18)


def answers(geometry, *, empty: bool = False) -> ProbabilityStack:
    random = np.random.default_rng(3)
    probabilities = random.random((3, 3, *SHAPE), dtype=np.float32) * (0.0 if empty else 1.0)
    return builders.stack(probabilities.astype(np.float32), synthetic=(0, 50, 100), geometry=geometry)


def voxels() -> np.ndarray:
    return np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.uint16)


def on_our_grid(volume, geometry) -> np.ndarray:
    """highdicom chooses the order of slices itself: its volume, reordered (never interpolated) onto `geometry`."""
    affine = (np.diag([-1.0, -1, 1, 1]) @ geometry.ijk_to_ras)[:, [2, 1, 0, 3]]
    uid = volume.frame_of_reference_uid
    ours = hd.VolumeGeometry(affine, geometry.shape, coordinate_system="PATIENT", frame_of_reference_uid=uid)
    return volume.match_geometry(ours, tol=1e-3).array


def case_of(folder):
    return assemble_case({Contrast.FLAIR: read_series(series_at(folder))})


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A case from an oblique single-frame series, the answers, and the folder with the DICOM results."""
    folder = tmp_path_factory.mktemp("written")
    axes = (0.96, 0.28, 0.0, 0.0, 0.0, -1.0)
    normal = np.cross(axes[:3], axes[3:])
    places = [(np.array([-20.0, 10.0, 30.0]) + 4.0 * n * normal).tolist() for n in range(SHAPE[0])]
    source = write_series(folder / "in", voxels(), shared=study(), places=places, axes=axes, **FLAIR_TIMING)
    case = case_of(folder / "in")
    stack = answers(case.geometry)
    maps = compute_maps(stack)
    names = write_dicom(folder / "out", case, builders.outcome(stack))
    return folder / "out", names, case, stack, maps, source


def test_there_is_one_object_for_each_segmenter_the_pooled_outline_and_each_map(written):
    folder, names, _, stack, _, _ = written
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert [name for name in names if name.startswith("seg_")] == [
        *(f"seg_{card.id}.dcm" for card in stack.segmenters), "seg_pooled.dcm",
    ]  # fmt: skip
    assert [name for name in names if name.startswith("map_")] == [
        f"map_{kind}_{region}.dcm" for kind in ("disagreement", "uncertainty", "mix_influence") for region in Region
    ]


def test_outlines_come_back_voxel_by_voxel_and_in_place(written):
    folder, _, case, stack, maps, _ = written
    expected = {f"seg_{card.id}.dcm": p >= 0.5 for card, p in zip(stack.segmenters, stack.probabilities, strict=True)}
    expected["seg_pooled.dcm"] = maps.pooled >= 0.5
    for name, masks in expected.items():
        array = on_our_grid(hd.seg.segread(folder / name).get_volume(), case.geometry)
        for region, mask in enumerate(masks):
            np.testing.assert_array_equal(array[..., region], mask)


def test_maps_come_back_bit_by_bit(written):
    folder, _, case, _, maps, _ = written
    for kind, volumes in (("disagreement", maps["disagreement"]), ("uncertainty", maps["uncertainty"])):
        for region, values in zip(maps.regions, volumes, strict=True):
            image = hd.imread(folder / f"map_{kind}_{region}.dcm")
            volume = image.get_volume(apply_real_world_transform=False)
            np.testing.assert_array_equal(on_our_grid(volume, case.geometry), values)


@pytest.fixture
def slicers_reader(tmp_path):
    """Runs a converter of dcmqi, through which Slicer reads SEG and Parametric Maps; gives its volumes by file name."""
    import SimpleITK as sitk

    def read(program: str, path) -> dict[str, sitk.Image]:
        found = shutil.which(program) or shutil.which(program, path=str(Path(sys.executable).parent))
        if found is None:
            pytest.skip("dcmqi is not installed")
        out = tmp_path / program
        out.mkdir()
        command = [found, "--inputDICOM", str(path), "--outputDirectory", str(out), "-t", "nrrd"]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return {volume.stem: sitk.ReadImage(str(volume)) for volume in out.glob("*.nrrd")}

    return read


def on_grid_of(geometry, image) -> np.ndarray:
    """The reader turns slices around as it likes: its voxels where ours are, nearest neighbour."""
    import SimpleITK as sitk

    like = geometry.to_sitk(np.zeros(geometry.shape, np.float32))
    return sitk.GetArrayFromImage(sitk.Resample(image, like, sitk.Transform(), sitk.sitkNearestNeighbor))


def test_the_reader_that_slicer_uses_gets_the_same_outlines(written, slicers_reader):
    folder, _, case, stack, _, _ = written
    volumes = slicers_reader("segimage2itkimage", folder / f"seg_{stack.segmenters[0].id}.dcm")
    assert sorted(volumes) == ["1", "2", "3"]
    for n in range(3):
        found = on_grid_of(case.geometry, volumes[str(n + 1)])
        np.testing.assert_array_equal(found > 0, stack.probabilities[0, n] >= 0.5)


def test_the_reader_that_slicer_uses_gets_the_same_maps(written, slicers_reader):
    folder, _, case, _, maps, _ = written
    (volume,) = slicers_reader("paramap2itkimage", folder / "map_disagreement_WT.dcm").values()
    np.testing.assert_array_equal(on_grid_of(case.geometry, volume), maps["disagreement"][0])


def test_a_segmentation_names_its_algorithm_its_training_mix_and_its_source_images(written):
    folder, _, _, stack, _, source = written
    card = stack.segmenters[1]
    data = hd.seg.segread(folder / f"seg_{card.id}.dcm")
    segment = data.get_segment_description(1)
    assert segment.segment_label == "WT whole tumor" and segment.segmented_property_type.value == "108369006"
    colour = hd.color.CIELabColor.from_dicom_value(segment.RecommendedDisplayCIELabValue)
    assert np.abs(np.array(colour.to_rgb(), int) - (0x00, 0x79, 0x5A)).max() <= 1  # the task's #00795a
    parts = [kind.SegmentedPropertyTypeModifierCodeSequence[0] for (kind,) in
             (one.SegmentedPropertyTypeCodeSequence for one in data.SegmentSequence)]  # fmt: skip
    assert [part.CodeValue for part in parts] == ["ST-PART-WT", "ST-PART-TC", "ST-PART-ET"]
    algorithm = segment.algorithm_identification
    assert algorithm.name == f"SynthTrust {card.id}" and algorithm.version == card.version
    assert algorithm.parameters["synthetic fraction"] == "0.500"
    uids = {pydicom.dcmread(path).SOPInstanceUID for path in source}
    assert {uid for _, _, uid in data.get_source_image_uids()} == uids
    assert data.StudyInstanceUID == pydicom.dcmread(source[0]).StudyInstanceUID
    assert data.PatientID == IDENTIFIER  # an archive files it by that
    assert data.ContentLabel == "SYNTHTRUST"


def test_no_tumor_found_is_a_result_in_dicom_too(tmp_path):
    write_series(tmp_path / "in", voxels(), shared=study(), places=positions(SHAPE[0], 4.0))
    case = case_of(tmp_path / "in")
    stack = answers(case.geometry, empty=True)
    write_dicom(tmp_path / "out", case, builders.outcome(stack))
    assert not hd.seg.segread(tmp_path / "out" / "seg_pooled.dcm").get_volume().array.any()


def test_a_multiframe_source_is_referred_to(tmp_path):
    path = write_multiframe(tmp_path / "in" / "IM1", voxels(), shared=study(), places=positions(SHAPE[0], 4.0))
    case = case_of(tmp_path / "in")
    stack = answers(case.geometry)
    write_dicom(tmp_path / "out", case, builders.outcome(stack))
    data = hd.seg.segread(tmp_path / "out" / "seg_pooled.dcm")
    array = on_our_grid(data.get_volume(), case.geometry)
    np.testing.assert_array_equal(array[..., 0], compute_maps(stack).pooled[0] >= 0.5)
    assert {uid for _, _, uid in data.get_source_image_uids()} == {pydicom.dcmread(path).SOPInstanceUID}


def test_a_case_from_other_files_is_refused(tmp_path):
    case = builders.case()
    stack = builders.stack(np.zeros((3, 3, *case.geometry.shape), np.float32))
    with pytest.raises(InputError, match="did not come from DICOM"):
        write_dicom(tmp_path / "out", case, builders.outcome(stack))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["SeriesInstanceUID", "StudyInstanceUID", "SOPInstanceUID"])
def test_nothing_is_written_for_images_whose_identifiers_are_not_those_of_a_series(tmp_path, name):
    def edit(data, n):
        setattr(data, name, "1.2.3" if name == "SOPInstanceUID" else pydicom.uid.generate_uid())

    write_series(tmp_path, voxels(), shared=study(), edit=edit, **FLAIR_TIMING)
    case = case_of(tmp_path)
    assert "are not those of one series of images" in can_write_dicom(case)


def test_images_without_a_preamble_can_be_referred_to(tmp_path):
    for path in write_series(tmp_path / "in", voxels(), shared=study(), **FLAIR_TIMING):
        raw = path.read_bytes()
        path.write_bytes(raw[144 + int.from_bytes(raw[140:144], "little") :])
    case = case_of(tmp_path / "in")
    stack = answers(case.geometry)
    assert write_dicom(tmp_path / "out", case, builders.outcome(stack))


def test_the_names_of_a_task_may_be_in_any_script(written, tmp_path):
    _, _, case, stack, _, _ = written
    outcome = builders.outcome(stack)
    whole = replace(outcome.task.regions[0], name="größte Läsion 腫瘍")
    task = replace(outcome.task, regions=(whole, *outcome.task.regions[1:]))
    write_dicom(tmp_path / "named", case, replace(outcome, scorecard=replace(outcome.scorecard, task=task)))
    segment = hd.seg.segread(tmp_path / "named" / "seg_pooled.dcm").get_segment_description(1)
    assert segment.segment_label == "WT größte Läsion 腫瘍"
