"""Loading a patient: one grid, honest preflight rows, and one clear error where a patient cannot be loaded."""

from __future__ import annotations

import json
import re

import builders
import numpy as np
import pytest
from case_heads import make_head

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.load import assemble_case, load_case
from SynthTrustLib.case.patient_case import PatientCase, Skull
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.vocabulary import Contrast


def checks(case: PatientCase, name: str) -> dict[str, Check]:
    return {check.subject: check for check in case.checks if check.name == name}


@pytest.fixture
def patient(write_image, head_grid):
    """Four contrasts of one stripped head on one grid, as files."""
    return {
        contrast: write_image(f"{contrast.lower()}.nii.gz", make_head(skull=False, seed=n), head_grid)
        for n, contrast in enumerate(Contrast)
    }


def test_contrasts_on_one_grid_pass_through_untouched(patient, head_grid):
    case = load_case(patient)
    assert case.contrasts == tuple(Contrast) and not case.missing
    assert case.geometry.is_same(head_grid)
    assert case.reference == Contrast.FLAIR
    assert case.skull is Skull.OFF and case.spacing_trusted and not case.is_synthetic
    for n, contrast in enumerate(Contrast):
        volume = case.volumes[contrast]
        assert not volume.resampled
        assert volume.source == f"{contrast.lower()}.nii.gz"
        np.testing.assert_array_equal(volume.array, make_head(skull=False, seed=n))
        with pytest.raises(ValueError, match="read-only"):
            volume.array[0, 0, 0] = 1
    # The head is too coarse to be judged by its looks.
    assert {check.verdict for check in case.checks if check.name != "looks"} == {Verdict.READY}


def test_a_missing_contrast_has_a_row_that_says_so(patient):
    del patient[Contrast.T2]
    case = load_case(patient)
    assert case.missing == (Contrast.T2,)
    assert checks(case, "contrast")["T2"].verdict is Verdict.MISSING


def test_one_contrast_alone_is_a_patient(patient):
    case = load_case({Contrast.T1: patient[Contrast.T1]})
    assert case.contrasts == (Contrast.T1,) and case.reference == Contrast.T1


def test_no_contrast_is_refused():
    with pytest.raises(InputError, match="no contrast was given"):
        load_case({})


def test_a_contrast_on_another_grid_is_resampled_and_a_row_says_from_where(patient, write_image, head_grid):
    shifted = builders.grid((75, 90, 80), (2.0, 2.0, 2.0), origin=(82.0, 91.0, -69.0))
    patient[Contrast.T1] = write_image("t1.nii.gz", make_head((75, 90, 80), skull=False), shifted)
    case = load_case(patient)
    volume = case.volumes[Contrast.T1]
    assert volume.resampled and volume.native.is_same(shifted)
    assert volume.array.shape == case.geometry.shape and case.geometry.is_same(head_grid)
    row = checks(case, "grid")["T1"]
    assert row.verdict is Verdict.CHANGED
    assert "FLAIR" in row.text and "80x90x75" in row.text
    assert set(checks(case, "grid")) == {"T1"}


def test_the_user_can_choose_the_reference(patient, write_image):
    own = builders.grid((75, 90, 80), (2.0, 2.0, 2.0), origin=(82.0, 91.0, -69.0))
    patient[Contrast.T1] = write_image("t1.nii.gz", make_head((75, 90, 80), skull=False), own)
    case = load_case(patient, reference=Contrast.T1)
    assert case.geometry.is_same(own)
    assert [c for c in case.contrasts if case.volumes[c].resampled] == [Contrast.T1C, Contrast.T2, Contrast.FLAIR]


def test_a_reference_that_was_not_given_is_refused(patient):
    del patient[Contrast.T2]
    with pytest.raises(InputError, match="T2 was chosen as the reference"):
        load_case(patient, reference=Contrast.T2)


def test_contrasts_that_do_not_overlap_are_refused_by_both_names(patient, write_image, head_grid):
    far = Geometry(head_grid.shape, head_grid.ijk_to_ras + np.array([[0, 0, 0, 900.0], [0] * 4, [0] * 4, [0] * 4]))
    patient[Contrast.T1C] = write_image("t1c.nii.gz", make_head(skull=False, seed=9), far)
    with pytest.raises(GeometryError, match=re.escape("t1c.nii.gz: T1c and FLAIR (flair.nii.gz) do not overlap")):
        load_case(patient)


def test_a_little_overlap_is_a_warning(patient, write_image, head_grid):
    up = np.array(head_grid.ijk_to_ras)
    up[2, 3] += 90.0
    patient[Contrast.T1C] = write_image("t1c.nii.gz", make_head(skull=False, seed=9), Geometry(head_grid.shape, up))
    row = checks(load_case(patient), "overlap")["T1c"]
    assert row.verdict is Verdict.WARNING and "40%" in row.text


def test_the_same_path_given_twice_is_refused_by_both_names(patient):
    patient[Contrast.T2] = patient[Contrast.T1].parent / "." / patient[Contrast.T1].name
    with pytest.raises(InputError, match="the same image was given as T1 and as T2"):
        load_case(patient)


def test_a_copy_given_twice_is_refused(patient):
    patient[Contrast.T2].write_bytes(patient[Contrast.FLAIR].read_bytes())
    with pytest.raises(InputError, match="the same image was given as T2 and as FLAIR"):
        load_case(patient)


def test_the_same_voxels_in_another_format_are_refused(patient, write_image, head_grid):
    patient[Contrast.T2] = write_image("t2.nrrd", make_head(skull=False, seed=0), head_grid)
    with pytest.raises(InputError, match="the same image was given as T1 and as T2"):
        load_case(patient)


def test_a_mask_given_as_a_contrast_is_refused(patient, write_image, head_grid):
    mask = (make_head(skull=False) > 0).astype(np.uint8) * 4
    patient[Contrast.FLAIR] = write_image("seg.nii.gz", mask, head_grid)
    with pytest.raises(InputError, match=r"seg\.nii\.gz: it has only 2 different values"):
        load_case(patient)


def test_a_damaged_file_among_good_ones_is_named(patient):
    patient[Contrast.T1C].write_bytes(patient[Contrast.T1C].read_bytes()[:2000])
    with pytest.raises(InputError, match=r"t1c\.nii\.gz: the file is truncated"):
        load_case(patient)


def test_a_gap_in_a_contrast_is_a_warning(patient, write_image, head_grid):
    cut = make_head(skull=False, seed=3)
    cut[:, 48:] = 0
    patient[Contrast.FLAIR] = write_image("flair.nii.gz", cut, head_grid)
    rows = checks(load_case(patient), "coverage")
    assert set(rows) == {"FLAIR"} and rows["FLAIR"].verdict is Verdict.WARNING


def test_a_background_of_minus_one_is_moved_to_zero_and_said(patient, write_image, head_grid):
    head = make_head(skull=False, seed=3)
    patient[Contrast.FLAIR] = write_image("flair.nii.gz", head / 500.0 - 1.0, head_grid)
    case = load_case(patient)
    assert checks(case, "intensity")["FLAIR"].verdict is Verdict.CHANGED
    array = case.volumes[Contrast.FLAIR].array
    np.testing.assert_array_equal(array == 0, head == 0)
    np.testing.assert_allclose(array, head / 500.0, atol=1e-6)


def test_an_image_whose_largest_numbers_became_negative_is_asked_about(patient, write_image, head_grid):
    head = (make_head(skull=False, seed=3) / 1000 * 20_000).astype(np.uint16)
    head[28:32, 34:40, 28:32] = 40_000
    patient[Contrast.FLAIR] = write_image("flair.nii.gz", head, head_grid)
    assert not checks(load_case(patient), "sign")
    patient[Contrast.FLAIR] = write_image("flair.nii.gz", head.view(np.int16), head_grid)
    (concern,) = load_case(patient).concerns
    assert concern.key == "sign:FLAIR" and "96 voxels" in concern.text


def test_an_inverted_image_is_asked_about(patient, write_image, head_grid):
    patient[Contrast.FLAIR] = write_image("flair.nii.gz", -make_head(skull=False, seed=3), head_grid)
    assert "sign:FLAIR" in [concern.key for concern in load_case(patient).concerns]


def test_a_contrast_that_shows_half_of_the_head_is_asked_about(patient, write_image, head_grid):
    cut = make_head(skull=False, seed=3)
    cut[:, 36:] = 0
    patient[Contrast.FLAIR] = write_image("flair.nii.gz", cut, head_grid)
    assert "coverage:FLAIR" in [concern.key for concern in load_case(patient).concerns]


def test_a_grey_background_with_darker_tissue_stays_as_it_is(patient, write_image, head_grid):
    head = make_head(skull=False, seed=3)
    array = np.where(head == 0, 300.0, head - 100.0).astype(np.float32)
    patient[Contrast.T1] = write_image("t1.nii.gz", array, head_grid)
    np.testing.assert_array_equal(load_case(patient).volumes[Contrast.T1].array, array)


def test_spikes_are_a_warning(patient, write_image, head_grid):
    head = make_head(skull=False, seed=3)
    head[30, 36, 30] = 60000.0
    patient[Contrast.FLAIR] = write_image("flair.nii.gz", head, head_grid)
    assert checks(load_case(patient), "intensity")["FLAIR"].verdict is Verdict.WARNING


def test_clipped_intensities_are_a_warning(patient, write_image, head_grid):
    patient[Contrast.FLAIR] = write_image("flair.nii.gz", np.minimum(make_head(skull=False, seed=3), 400.0), head_grid)
    row = checks(load_case(patient), "intensity")["FLAIR"]
    assert row.verdict is Verdict.WARNING and "clipped" in row.text


@pytest.fixture
def placeholder_patient(write_image):
    """A whole head in 36 slices whose header says 1 x 1 x 1 mm."""
    grid = builders.grid((36, 220, 190))
    return {Contrast.FLAIR: write_image("flair.nii.gz", make_head(grid.shape, skull=True), grid)}


def test_a_placeholder_voxel_size_is_not_trusted(placeholder_patient):
    case = load_case(placeholder_patient)
    assert not case.spacing_trusted
    assert checks(case, "spacing")["case"].verdict is Verdict.WARNING


def test_a_stated_voxel_size_is_used_trusted_and_said_to_be_declared(placeholder_patient):
    case = load_case(placeholder_patient, spacing_mm=(0.9, 0.8, 5.0))
    assert case.spacing_trusted
    np.testing.assert_allclose(case.geometry.spacing, (5.0, 0.8, 0.9))
    row = checks(case, "spacing")["case"]
    assert row.verdict is Verdict.CHANGED and "declared by the user" in row.text
    assert not case.volumes[Contrast.FLAIR].resampled


def test_a_size_cannot_be_stated_for_contrasts_on_different_grids(patient, write_image):
    own = builders.grid((75, 90, 80), (2.0, 2.0, 2.0), origin=(82.0, 91.0, -69.0))
    patient[Contrast.T1] = write_image("t1.nii.gz", make_head((75, 90, 80), skull=False), own)
    with pytest.raises(GeometryError, match="only where all contrasts share one grid"):
        load_case(patient, spacing_mm=(1.0, 1.0, 1.0))


def test_the_orientation_row_names_the_axes_and_the_tilt(write_image, head_grid):
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    turn = np.array([[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]])
    tilted = Geometry(head_grid.shape, turn @ head_grid.ijk_to_ras)
    path = write_image("t1.nii.gz", make_head(skull=False), tilted)
    row = checks(load_case({Contrast.T1: path}), "orientation")["case"]
    assert row.verdict is Verdict.WARNING
    assert "L P S" in row.text and "30 degrees" in row.text


def test_thick_sagittal_slices_are_a_warning(write_image):
    matrix = np.array([[0, 0, 6.0, 0], [1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 0, 1]])
    sagittal = Geometry((26, 160, 180), matrix)
    path = write_image("t1.nii.gz", make_head(sagittal.shape, skull=False), sagittal)
    row = checks(load_case({Contrast.T1: path}), "slices")["case"]
    assert row.verdict is Verdict.WARNING and "sagittal" in row.text


@pytest.mark.parametrize("name", ["patient.json", ".synthtrust-case.json"])
def test_a_synthetic_patient_is_known_by_the_file_beside_it(patient, name):
    folder = patient[Contrast.T1].parent
    (folder / name).write_text(json.dumps({"synthetic": True, "made_with": "simulator 1", "label": "Sample"}))
    case = load_case(patient)
    assert case.is_synthetic and case.label == "Sample"
    assert name in checks(case, "origin")["case"].text


def test_the_users_label_wins_over_the_declared_one(patient):
    (patient[Contrast.T1].parent / "patient.json").write_text(json.dumps({"synthetic": True, "label": "Sample"}))
    assert load_case(patient, label="Mine").label == "Mine"


@pytest.mark.parametrize("content", ['{"synthetic": false, "label": "Doe"}', '{"label": "Doe"}', "[1]", "{", ""])
def test_nothing_is_taken_from_the_file_beside_a_real_patient(patient, content):
    (patient[Contrast.T1].parent / "patient.json").write_text(content)
    case = load_case(patient)
    assert not case.is_synthetic and case.label is None


def test_a_damaged_declaration_of_ours_is_refused(patient):
    (patient[Contrast.T1].parent / ".synthtrust-case.json").write_text("{")
    with pytest.raises(InputError, match="does not say whether the patient is synthetic"):
        load_case(patient)


def test_progress_goes_from_nothing_to_done_without_going_back(patient):
    seen: list[float] = []
    load_case(patient, progress=lambda stage, fraction: seen.append(fraction))
    assert seen[0] == 0.0 and seen[-1] == 1.0 and seen == sorted(seen)


def test_images_in_memory_make_the_same_patient_as_files(patient):
    grid = load_case(patient).geometry
    images = {
        contrast: ReadImage(make_head(skull=False, seed=n), grid, f"{n}", f"node {n}")
        for n, contrast in enumerate(Contrast)
    }
    case = assemble_case(images)
    for contrast, volume in load_case(patient).volumes.items():
        np.testing.assert_array_equal(case.volumes[contrast].array, volume.array)
        assert case.volumes[contrast].source.startswith("node")
