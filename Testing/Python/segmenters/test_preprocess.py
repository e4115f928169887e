"""What the networks see is the patient, and what they say lands where they saw it."""

from __future__ import annotations

import gc
import weakref

import builders
import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase, Skull
from SynthTrustLib.errors import InputError
from SynthTrustLib.segmenters.adapters.slices.preprocess import (
    Preprocessing,
    prepare,
    prepare_shared,
    project,
    restore,
    support_box,
)
from SynthTrustLib.vocabulary import Contrast

SETTINGS = Preprocessing()


def case_of(array: np.ndarray, geometry: Geometry, **changes) -> PatientCase:
    """A case whose four contrasts all show `array`."""
    volumes = {c: ContrastVolume(c, array.astype(np.float32), "test", "0" * 64, geometry) for c in Contrast}
    fields = {"reference": Contrast.FLAIR, "spacing_trusted": True, "skull": Skull.OFF}
    return PatientCase(geometry=geometry, volumes=volumes, **(fields | changes))


def turned(case: PatientCase, axes: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> PatientCase:
    """The same patient, stored with its array axes in another order and direction."""
    steps = tuple(slice(None, None, -1 if flip else 1) for flip in flips)
    volumes = list(case.volumes.values())
    arrays = [volume.array.transpose(axes)[steps] for volume in volumes]
    old = case.geometry.ijk_to_ras
    matrix = np.eye(4)
    columns = [old[:3, 2 - axis] for axis in axes]  # direction of array axes k, j, i
    origin = old[:3, 3].copy()
    for axis, flip in enumerate(flips):
        if flip:
            origin += columns[axis] * (arrays[0].shape[axis] - 1)
            columns[axis] = -columns[axis]
    matrix[:3, :3] = np.stack(columns[::-1], axis=1)
    matrix[:3, 3] = origin
    geometry = Geometry(arrays[0].shape, matrix)
    moved = {
        volume.contrast: ContrastVolume(volume.contrast, array, "test", "0" * 64, geometry)
        for volume, array in zip(volumes, arrays, strict=True)
    }
    return PatientCase(
        geometry=geometry, volumes=moved, reference=Contrast.FLAIR, spacing_trusted=True, skull=Skull.OFF
    )


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)])
@pytest.mark.parametrize("flips", [(False, False, False), (True, False, True), (False, True, False)])
def test_the_networks_see_the_same_however_the_volume_is_stored(axes, flips):
    case = builders.case((14, 40, 36))
    straight = prepare(case, SETTINGS)
    other = prepare(turned(case, axes, flips), SETTINGS)
    # Percentiles are read from a sample of voxels, whose choice follows the storage order.
    np.testing.assert_allclose(other.image, straight.image, atol=0.06)
    assert (other.image > 0).tolist() == (straight.image > 0).tolist()


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("flips", [(False, False, False), (True, True, False)])
def test_an_answer_lands_on_the_voxel_that_it_was_given_for(axes, flips):
    case = turned(builders.case((14, 40, 36)), axes, flips)
    prepared = prepare(case, SETTINGS)
    truth = (case.volumes[Contrast.T1].array > 500).astype(np.float32)
    back = restore(project(truth, prepared)[None], prepared)
    np.testing.assert_array_equal(back[0], truth)


def test_everything_outside_the_support_box_is_exactly_zero():
    case = builders.case((14, 60, 50))
    prepared = prepare(case, SETTINGS)
    full = restore(np.ones((1, *prepared.image.shape[1:]), np.float32), prepared)
    outside = np.ones(case.geometry.shape, bool)
    outside[support_box(prepared)] = False
    assert outside.any()
    assert not full[0][outside].any()
    assert full[0][support_box(prepared)].all()


def test_fine_pixels_are_brought_to_those_of_training_and_the_answer_back():
    geometry = builders.grid((12, 80, 80), spacing=(5.0, 0.5, 0.5))
    case = builders.case(geometry=geometry)
    prepared = prepare(case, SETTINGS)
    assert prepared.working_shape == (12, 40, 40)
    ball = builders.ball(geometry.shape, radius=5).astype(np.float32)
    back = restore(project(ball, prepared)[None], prepared)[0] > 0.5
    overlap = 2 * np.sum(back & (ball > 0)) / (back.sum() + ball.sum())
    assert back.shape == geometry.shape
    assert overlap > 0.75
    center = np.array(np.nonzero(back)).mean(axis=1)
    np.testing.assert_allclose(center, np.array(np.nonzero(ball)).mean(axis=1), atol=0.3)


def test_placeholder_spacing_is_not_acted_on():
    geometry = builders.grid((12, 80, 80), spacing=(5.0, 0.5, 0.5))
    prepared = prepare(builders.case(geometry=geometry, spacing_trusted=False), SETTINGS)
    assert prepared.working_shape == geometry.shape
    assert prepared.step == 1


@pytest.mark.parametrize(("slice_mm", "step"), [(1.0, 4), (2.0, 2), (4.0, 1), (7.0, 1)])
def test_the_neighbouring_slices_lie_at_the_same_distance_in_mm(slice_mm, step):
    case = builders.case(geometry=builders.grid((20, 40, 40), spacing=(slice_mm, 1.0, 1.0)))
    assert prepare(case, SETTINGS).step == step


def test_a_batch_holds_previous_this_and_next_slice_of_every_contrast():
    prepared = prepare(builders.case((20, 40, 40)), Preprocessing(neighbour_mm=2.0))
    batch = prepared.batch(5, 7)
    assert batch.shape == (2, 12, *prepared.image.shape[2:])
    for contrast in range(4):
        for position, k in enumerate((3, 5, 7)):
            np.testing.assert_array_equal(batch[0, 3 * contrast + position], prepared.image[contrast, k])
    np.testing.assert_array_equal(prepared.batch(0, 1)[0, 0], prepared.image[0, 0])  # the first slice stands in


def test_a_missing_contrast_is_all_zeros_and_changes_nothing_else():
    full = prepare(builders.case((14, 40, 36)), SETTINGS)
    some = prepare(builders.case((14, 40, 36), contrasts=[Contrast.T1]), SETTINGS)
    assert not some.image[1:].any()
    assert some.image[0].any()
    assert full.image[1:].any(axis=(1, 2, 3)).all()


def test_the_scale_of_the_scanner_does_not_matter():
    case = builders.case((14, 40, 36))
    scaled = case_of(case.volumes[Contrast.T1].array * 37.0, case.geometry)
    plain = case_of(case.volumes[Contrast.T1].array, case.geometry)
    np.testing.assert_allclose(prepare(scaled, SETTINGS).image, prepare(plain, SETTINGS).image, atol=1e-4)


def test_rows_and_columns_are_multiples_of_32():
    prepared = prepare(builders.case((14, 50, 70)), SETTINGS)
    assert all(n % 32 == 0 for n in prepared.image.shape[2:])


def test_a_case_without_any_head_is_refused():
    geometry = builders.grid((10, 20, 20))
    with pytest.raises(InputError, match="anything but background"):
        prepare(case_of(np.zeros(geometry.shape), geometry), SETTINGS)


def test_settings_survive_their_record():
    settings = Preprocessing(in_plane_mm=0.9, neighbour_mm=5.0)
    assert Preprocessing.from_dict(settings.to_dict() | {"network": {"name": "x"}}) == settings


def test_ghosts_in_the_air_do_not_enlarge_a_solid_heads_box():
    array = np.zeros((10, 96, 96))
    array[:, 30:70, 24:60] = 100
    array[:, 2:8, 4:92] = 60  # a ghost along the edge of the field of view
    array[:, 90:94, 4:92] = 60
    case = case_of(array, Geometry(array.shape, np.diag([-1.0, -1.0, 4.0, 1.0])))
    loose, solid = prepare(case, SETTINGS), prepare(case, Preprocessing(solid_head=True))
    assert loose.image.shape == (4, 10, 96, 96)
    assert solid.image.shape == (4, 10, 64, 64)
    assert (solid.box[1].start, solid.box[2].stop) == (28, 62), "two pixels of margin"
    probability = np.ones((1, *solid.image.shape[1:]), np.float32)
    assert restore(probability, solid)[0][array == 100].all(), "the whole head can be outlined"


def test_what_is_nowhere_solid_is_kept_whole():
    array = np.zeros((4, 40, 40))
    array[:, ::3, ::3] = 100  # nothing survives an opening
    case = case_of(array, Geometry(array.shape, np.diag([-1.0, -1.0, 4.0, 1.0])))
    assert prepare(case, Preprocessing(solid_head=True)).box == prepare(case, SETTINGS).box


def test_who_looks_at_a_case_that_is_prepared_makes_no_images_of_his_own():
    case = builders.case()
    in_use = prepare_shared(case, SETTINGS)
    assert prepare_shared(case, SETTINGS) is in_use
    assert prepare_shared(case, Preprocessing(multiple=64)) is not in_use
    assert prepare_shared(builders.case(), SETTINGS) is not in_use
    gone = weakref.ref(in_use)
    del in_use
    gc.collect()
    assert gone() is None, "nobody uses it any more"
