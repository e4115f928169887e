"""Synthetic patients are anatomically possible, are what was asked for, and can be made again."""

from __future__ import annotations

import numpy as np
import pytest
from builders import ball

from SynthTrustLib.mixes.simulator.acquisition import add_noise, thick_slices
from SynthTrustLib.mixes.simulator.anatomy import Anatomy, Tissue, deform, smooth_noise
from SynthTrustLib.mixes.simulator.appearance import Appearance, measure_look
from SynthTrustLib.mixes.simulator.fit import read_appearance, write_appearance
from SynthTrustLib.mixes.simulator.growth import CORE, ENHANCING, TumorPlan, grow, push
from SynthTrustLib.mixes.simulator.simulate import PROTOCOLS, Protocol, simulate
from SynthTrustLib.vocabulary import Contrast, Region

TISSUES = {"white": (0.9, 0.05), "gray": (0.7, 0.05), "fluid": (0.2, 0.05)}
TUMOR = {"edema": (1.3, 0.1), "core": (0.5, 0.1), "enhancing": (1.5, 0.1)}
APPEARANCE = Appearance([dict.fromkeys(Contrast, TISSUES | TUMOR)])
SMALL = Protocol("small", tuple(Contrast), False, (1, 1), 1.0, tuple(Region))


@pytest.fixture(scope="module")
def head() -> Anatomy:
    """Shells: skin, bone, fluid, gray and white matter, and a ventricle in the middle."""
    shape = (64, 76, 66)
    tissue = np.zeros(shape, np.uint8)
    for radius, kind in (
        (31, Tissue.SKIN),
        (29, Tissue.BONE),
        (27, Tissue.FLUID),
        (26, Tissue.GRAY),
        (22, Tissue.WHITE),
        (6, Tissue.VENTRICLE),
    ):
        tissue[ball(shape, radius=radius)] = kind
    return Anatomy(tissue, "shells")


@pytest.mark.parametrize("seed", range(4))
def test_a_tumor_grows_only_where_tumors_can(head, seed):
    tumor = grow(head, TumorPlan(8, 0.5, 0.4), np.random.default_rng(seed))
    where = head.tissue[tumor.label > 0]
    assert where.size
    assert not np.isin(where, (Tissue.AIR, Tissue.SKIN, Tissue.BONE, Tissue.VENTRICLE)).any()
    assert head.brain[tumor.label > 0].all()


def test_the_volumes_are_those_that_were_asked_for(head):
    tumor = grow(head, TumorPlan(8, 0.5, 0.4), np.random.default_rng(0))
    whole = (tumor.label > 0).sum()
    core = np.isin(tumor.label, (CORE, ENHANCING)).sum()
    assert whole == pytest.approx(8000, rel=0.02)
    assert core == pytest.approx(4000, rel=0.02)
    assert (tumor.label == CORE).sum() == pytest.approx(1600, rel=0.05)


def test_the_front_leads_inside_the_tumor_and_trails_outside(head):
    tumor = grow(head, TumorPlan(8, 0.5, 0.4), np.random.default_rng(1))
    assert (tumor.margin[tumor.label > 0] > 0).all()
    assert (tumor.margin[tumor.label == 0] < 0).all()


def test_mass_effect_pushes_tissue_away_and_no_push_changes_nothing(head):
    tumor = grow(head, TumorPlan(8, 0.5, 0.4), np.random.default_rng(2))
    np.testing.assert_array_equal(push(head, tumor, 0.0).tissue, head.tissue)
    pushed = push(head, tumor, 0.3).tissue
    center = np.array(np.nonzero(tumor.label)).mean(axis=1)
    ventricle = np.array(np.nonzero(head.tissue == Tissue.VENTRICLE)).mean(axis=1)
    moved = np.array(np.nonzero(pushed == Tissue.VENTRICLE)).mean(axis=1)
    assert np.linalg.norm(moved - center) > np.linalg.norm(ventricle - center)


def test_the_same_seed_makes_the_same_patient_and_another_seed_another(head):
    first, again, other = (simulate([head], APPEARANCE, SMALL, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.label, again.label)
    for contrast, volume in first.case.volumes.items():
        np.testing.assert_array_equal(volume.array, again.case.volumes[contrast].array)
    assert first.label.shape != other.label.shape or (first.label != other.label).any()


def test_regions_are_nested_and_the_patient_says_that_it_is_synthetic(head):
    patient = simulate([head], APPEARANCE, SMALL, 5)
    masks = patient.masks()
    assert (masks[Region.ET] <= masks[Region.TC]).all()
    assert (masks[Region.TC] <= masks[Region.WT]).all()
    assert patient.case.is_synthetic
    assert patient.record["seed"] == 5


def test_without_a_skull_everything_outside_the_brain_is_exactly_zero(head):
    patient = simulate([head], APPEARANCE, SMALL, 6)
    for volume in patient.case.volumes.values():
        assert not volume.array[~patient.brain].any()
        assert (volume.array[patient.brain] >= 1).all()


def test_clinical_protocols_have_thick_slices_and_lack_what_the_real_ones_lack(head):
    patient = simulate([head], APPEARANCE, PROTOCOLS["tcga-lgg"], 7)
    assert 4 <= patient.case.geometry.spacing[0] <= 7
    assert Contrast.T2 not in patient.case.volumes
    assert patient.label.shape == patient.case.geometry.shape


def test_the_tumor_is_as_bright_as_its_look_says(head):
    patient = simulate([head], APPEARANCE, SMALL, 8)
    image = patient.case.volumes[Contrast.FLAIR].array
    enhancing, white = image[patient.label == ENHANCING], image[(patient.label == 0) & patient.brain]
    assert np.median(enhancing) > 1.3 * np.median(white)


def test_deformed_heads_keep_their_tissues(head):
    bent = deform(head, np.random.default_rng(0))
    assert set(np.unique(bent.tissue)) == set(np.unique(head.tissue))
    assert bent.tissue.shape != head.tissue.shape or (bent.tissue != head.tissue).any()


def test_noise_fields_have_unit_spread_and_the_asked_shape():
    field = smooth_noise((30, 40, 50), 8.0, np.random.default_rng(0))
    assert field.shape == (30, 40, 50)
    assert 0.5 < field.std() < 1.5


def test_thick_slices_are_the_mean_of_what_they_cover():
    image = np.arange(12, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32)
    np.testing.assert_allclose(thick_slices(image, 4, 4)[:, 0, 0], [1.5, 5.5, 9.5])


def test_rician_noise_lifts_the_background_by_its_known_mean():
    noisy = add_noise(np.zeros((40, 40, 40), np.float32), 0.1, np.random.default_rng(0))
    assert noisy.min() >= 0
    assert noisy.mean() == pytest.approx(0.1 * np.sqrt(np.pi / 2), rel=0.02)


def test_looks_are_measured_and_stored(tmp_path):
    image = np.full((10, 10, 10), 0.5, np.float32)
    image[:5] = 1.0
    look = measure_look(image, {"white": image > 0.7, "gray": image < 0.7, "core": np.zeros(image.shape, bool)})
    assert look == {"white": (1.0, 0.0), "gray": (0.5, 0.0)}
    write_appearance(tmp_path / "a.json", Appearance([{"T1": look}]))
    assert read_appearance(tmp_path / "a.json").looks == [{"T1": look}]


def test_a_drawn_look_lies_between_its_two_patients_but_for_chance():
    low = {"T1": {"white": (0.4, 0.1)}}
    high = {"T1": {"white": (0.8, 0.1)}}
    random = np.random.default_rng(0)
    means = [Appearance([low, high]).draw(random, spread=0.0)["T1"]["white"][0] for _ in range(50)]
    assert 0.4 <= min(means) < max(means) <= 0.8
