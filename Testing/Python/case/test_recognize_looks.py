"""Images that nothing names: told by their looks, with a confidence, and never taken for what a name says already."""

from __future__ import annotations

import shutil

import builders
import numpy as np
import pytest
from case_heads import make_head

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.recognize.files import recognize_folder
from SynthTrustLib.case.recognize.image_contrast import contrast_features, look_at_contrast
from SynthTrustLib.case.unused import UnusedKind
from SynthTrustLib.errors import InputError
from SynthTrustLib.resources import resource_path
from SynthTrustLib.vocabulary import Contrast

SURE = (Contrast.T1, Contrast.T2, Contrast.FLAIR)
"""Contrasts of the sample patient that look like those of real ones; its T1c is told from T1 by a real one only."""


@pytest.fixture
def sample():
    return {contrast: resource_path(f"SamplePatient/{contrast.lower()}.nii.gz") for contrast in Contrast}


def test_images_without_a_name_are_told_by_their_looks_and_it_is_said(tmp_path, sample):
    for n, contrast in enumerate(SURE):
        shutil.copy(sample[contrast], tmp_path / f"{n}.nii.gz")
    recognition = recognize_folder(tmp_path)
    assert {c: found.path.name for c, found in recognition.contrasts.items()} == {
        contrast: f"{n}.nii.gz" for n, contrast in enumerate(SURE)
    }
    for found in recognition.contrasts.values():
        assert found.confidence < 1 and "looks like" in found.reason
    rows = [check for check in load_case(recognition.contrasts).checks if check.name == "recognition"]
    assert {row.subject for row in rows} == {"T1", "T2", "FLAIR"}


def test_an_unnamed_image_only_fills_a_place_that_no_name_takes(tmp_path, sample):
    shutil.copy(sample[Contrast.T1], tmp_path / "t1.nii.gz")
    shutil.copy(sample[Contrast.FLAIR], tmp_path / "flair.nii.gz")
    shutil.copy(sample[Contrast.T2], tmp_path / "scan.nii.gz")
    contrasts = recognize_folder(tmp_path).contrasts
    assert contrasts[Contrast.T1].confidence == 1.0 and contrasts[Contrast.T2].path.name == "scan.nii.gz"
    assert Contrast.T2 not in recognize_folder(tmp_path, named=[Contrast.T2, Contrast.T1C]).contrasts


def test_the_image_decides_where_a_name_leaves_it_open_whether_agent_was_given(tmp_path, sample):
    shutil.copy(sample[Contrast.T1], tmp_path / "t1_zzyzx_kontrast.nii.gz")
    shutil.copy(sample[Contrast.T1C], tmp_path / "t1_gd.nii.gz")
    contrasts = recognize_folder(tmp_path).contrasts
    assert contrasts[Contrast.T1C].path.name == "t1_gd.nii.gz" and contrasts[Contrast.T1C].confidence == 1.0
    assert contrasts[Contrast.T1].path.name == "t1_zzyzx_kontrast.nii.gz"
    assert "for contrast agent or against it; it looks like T1" in contrasts[Contrast.T1].reason


@pytest.mark.parametrize("enhanced", [True, False])
def test_a_second_t1_with_a_word_that_nothing_explains_is_t1c_only_if_it_looks_so(
    tmp_path, sample, monkeypatch, enhanced
):
    import SynthTrustLib.case.recognize.looks as looks
    from SynthTrustLib.case.recognize.image_contrast import ImageOpinion

    shares = dict(zip(Contrast, (0.05, 0.9, 0.0, 0.05) if enhanced else (0.9, 0.05, 0.0, 0.05), strict=True))
    monkeypatch.setattr(looks, "look_at_contrast", lambda *_: ImageOpinion(shares))
    shutil.copy(sample[Contrast.T1], tmp_path / "t1.nii.gz")
    shutil.copy(sample[Contrast.T1C], tmp_path / "t1_zzyzx.nii.gz")
    recognition = recognize_folder(tmp_path)
    assert recognition.contrasts[Contrast.T1].path.name == "t1.nii.gz"
    if enhanced:
        assert recognition.contrasts[Contrast.T1C].path.name == "t1_zzyzx.nii.gz"
        assert "it looks like T1c" in recognition.contrasts[Contrast.T1C].reason
    else:
        assert Contrast.T1C not in recognition.contrasts
        (unused,) = recognition.unused
        assert unused.kind is UnusedKind.SPARE and unused.resembles == {Contrast.T1}


def test_a_mask_under_a_name_that_leaves_it_open_is_no_contrast(tmp_path, sample, write_image):
    grid = builders.grid((20, 24, 22), (8.0, 8.0, 8.0))
    write_image("flair_lesions.nii.gz", (make_head(grid.shape, skull=False) > 0).astype(np.uint8), grid)
    shutil.copy(sample[Contrast.T2], tmp_path / "t2.nii.gz")
    recognition = recognize_folder(tmp_path)
    assert set(recognition.contrasts) == {Contrast.T2}
    assert "looks like a mask" in recognition.ignored[tmp_path / "flair_lesions.nii.gz"].reason


def test_unsure_looks_have_a_row_to_check(tmp_path, sample, monkeypatch):
    import SynthTrustLib.case.recognize.looks as looks
    from SynthTrustLib.case.recognize.image_contrast import ImageOpinion

    shares = dict(zip(Contrast, (0.3, 0.2, 0.0, 0.5), strict=True))
    monkeypatch.setattr(looks, "look_at_contrast", lambda *_: ImageOpinion(shares))
    shutil.copy(sample[Contrast.FLAIR], tmp_path / "scan.nii.gz")
    case = load_case(recognize_folder(tmp_path).contrasts)
    row = next(check for check in case.checks if check.name == "recognition")
    assert row.verdict is Verdict.WARNING and "only 50% confidence" in row.text


def test_masks_and_images_without_a_head_are_not_taken_for_anything(tmp_path, write_image):
    grid = builders.grid((20, 24, 22), (8.0, 8.0, 8.0))
    write_image("one.nii.gz", (make_head(grid.shape, skull=False) > 0).astype(np.uint8), grid)
    noise = np.random.default_rng(0).uniform(1000, 1001, grid.shape).astype(np.float32)
    write_image("two.nii.gz", noise, grid)
    with pytest.raises(InputError, match="none of its 2 image files"):
        recognize_folder(tmp_path)


def test_features_ask_for_no_units_no_voxel_size_and_no_orientation(sample):
    image = read_image(sample[Contrast.T2])
    array, geometry = image.array[::2, ::2, ::2], image.geometry
    plain = contrast_features(array, Geometry(array.shape, geometry.ijk_to_ras))
    assert plain is not None
    scaled = contrast_features(array * np.float32(37.0), Geometry(array.shape, geometry.ijk_to_ras))
    larger = np.array(geometry.ijk_to_ras)
    larger[:3, :3] *= 2.5
    resized = contrast_features(array, Geometry(array.shape, larger))
    np.testing.assert_allclose(scaled, plain, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(resized, plain, rtol=1e-3, atol=1e-3)


def test_shares_are_a_distribution_over_the_four_contrasts(sample):
    image = read_image(sample[Contrast.T2])
    opinion = look_at_contrast(image.array, image.geometry)
    assert opinion is not None and opinion.contrast is Contrast.T2
    assert sum(opinion.shares.values()) == pytest.approx(1.0) and set(opinion.shares) == set(Contrast)
