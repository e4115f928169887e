"""Features of a case have the values that geometry and arithmetic give them."""

from __future__ import annotations

import numpy as np
import pytest
from builders import ball
from mixes.samples_for_tests import sample

from SynthTrustLib.mixes.audit.features import FEATURE_NAMES, measure, sphericity
from SynthTrustLib.mixes.audit.thumbnail import picture_distances, thumbnail


def features(entry) -> dict[str, float]:
    return dict(zip(FEATURE_NAMES, measure(entry), strict=True))


def test_a_ball_is_a_sphere_and_a_rod_is_not():
    rod = np.zeros((40, 6, 6), bool)
    rod[:, 2:4, 2:4] = True
    assert sphericity(ball((40, 40, 40), radius=15)) == pytest.approx(1, abs=0.05)
    assert sphericity(rod) < 0.75
    assert np.isnan(sphericity(np.zeros((3, 3, 3), bool)))


def test_volumes_ratios_and_components_count_voxels():
    entry = sample(radius=5)
    found = features(entry)
    whole, core = (entry.label & 1).sum(), (entry.label >> 1 & 1).sum()
    assert found["wt_kilovoxels"] == pytest.approx(whole / 1000)
    assert found["tc_to_wt"] == pytest.approx(core / whole)
    assert found["wt_components"] == 1


def test_a_second_lesion_is_a_second_component_and_a_stray_voxel_is_not():
    entry = sample(radius=3, center=(6, 10, 10))
    entry.label[ball(entry.label.shape, (6, 22, 22), 3)] |= 1
    entry.label[0, 16, 16] |= 1
    assert features(entry)["wt_components"] == 2


def test_contrast_to_brain_is_the_difference_in_deviations_of_normal_brain():
    found = features(sample(tumor=1.25, noise=0.1))
    assert found["flair_brain_sd"] == pytest.approx(0.1, rel=0.1)
    assert found["flair_contrast_to_brain"] == pytest.approx(5, rel=0.15)


def test_a_missing_contrast_and_an_unknown_region_are_missing_not_zero():
    found = features(sample(contrasts=(0, 1, 3), known=(True, False, False)))
    assert np.isnan(found["t2_tumor_mean"]) and np.isnan(found["tc_kilovoxels"]) and np.isnan(found["et_to_tc"])
    assert np.isfinite(found["flair_tumor_mean"]) and np.isfinite(found["wt_kilovoxels"])


def test_a_smooth_image_has_less_grain():
    assert features(sample(noise=0.02))["t1_grain"] < 0.5 * features(sample(noise=0.1))["t1_grain"]


def test_a_copy_and_its_mirror_image_have_no_distance_and_another_patient_has():
    first, other = thumbnail(sample(seed=1)), thumbnail(sample(seed=2, center=(6, 20, 10), radius=3))
    entry = sample(seed=1)
    mirrored = type(entry)(
        "m", "a", False, entry.image[..., ::-1].copy(), entry.label[..., ::-1].copy(), entry.known, 1
    )
    distances = picture_distances(first[None], np.stack([first, thumbnail(mirrored), other]))[0]
    assert distances[:2] == pytest.approx([0, 0], abs=2e-2)
    assert distances[2] > 0.05
