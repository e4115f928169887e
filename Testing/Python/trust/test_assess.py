"""The whole scorecard, on patients whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.errors import GeometryError
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots.find import find_review_spots
from SynthTrustLib.segmenters.package.card import HeldOutResult
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.scorecard import DosePoint, Section
from SynthTrustLib.vocabulary import Contrast, Evidence, Region, Status

SHAPE = (24, 40, 36)
CENTER = (12, 20, 26)


def nested(*radii, level=0.9):
    """One segmenter per radius; WT, TC and ET are balls of this radius, 2 and 4 less."""
    return np.stack(
        [np.stack([level * builders.ball(SHAPE, CENTER, radius - less) for less in (0, 2, 4)]) for radius in radii]
    ).astype(np.float32)


def assess(p, *, synthetic=None, geometry=None, reference=None, segmenters=None, **case_changes):
    stack = builders.stack(p, synthetic=synthetic, geometry=geometry)
    if segmenters is not None:
        stack = replace(stack, segmenters=segmenters)
    case = builders.case(geometry=stack.geometry, **case_changes)
    maps = compute_maps(stack)
    spots = find_review_spots(stack, maps, spacing_trusted=case.spacing_trusted)
    return build_scorecard(case, stack, maps, spots, reference=reference, provenance={"engine": "test"})


@pytest.fixture(scope="module")
def ladder():
    return assess(nested(7, 8, 9), synthetic=[0, 50, 100])


@pytest.fixture(scope="module")
def nobody():
    return assess(np.full((3, 3, *SHAPE), 0.1), synthetic=[0, 50, 100])


@pytest.fixture(scope="module")
def alone():
    return assess(nested(8), synthetic=[50])


def test_every_part_is_there_in_reading_order_and_every_key_once(ladder):
    sections = list(dict.fromkeys(row.section for row in ladder.rows))
    assert sections == [section for section in Section if section is not Section.REFERENCE]
    keys = [row.key for row in ladder.rows]
    assert len(set(keys)) == len(keys)


def test_every_reason_is_one_sentence(ladder, nobody, alone):
    for row in (*ladder.rows, *nobody.rows, *alone.rows):
        assert row.reason.endswith("."), row.key
        assert row.reason[0].isupper(), row.key
        assert ". " not in row.reason, row.key


def test_volumes_are_counted_voxels_with_the_range_over_the_segmenters(ladder):
    voxels = [int(builders.ball(SHAPE, CENTER, radius).sum()) for radius in (7, 8, 9)]
    row = ladder.row("volume.WT.pooled")
    assert (row.value, row.unit, row.evidence) == (voxels[1] / 1000, "mL", Evidence.MEASURED)
    assert row.interval == (voxels[0] / 1000, voxels[2] / 1000)
    assert ladder.row("volume.WT.mix-100-2").value == voxels[2] / 1000
    assert ladder.row("volume.WT.mix-100-2").segmenter == "mix-100-2"


def test_a_segmenter_outlines_at_its_own_threshold():
    p = nested(8, 8, level=0.6)
    cards = (builders.card("low"), builders.card("high", thresholds=dict.fromkeys(Region, 0.7)))
    scorecard = assess(p, segmenters=cards)
    assert scorecard.row("volume.WT.low").value > 0
    assert scorecard.row("volume.WT.high").value == 0
    assert scorecard.row("pairwise_dice.WT.mean").value == 0


def test_two_outlines_of_nothing_do_not_agree_on_a_region():
    p = nested(8, 8, 8, 8)
    p[2:, 2] = 0.0  # two of four outline no enhancing tumor
    row = assess(p, synthetic=[0, 50, 50, 100]).row("pairwise_dice.ET.mean")
    assert row.value == pytest.approx(1 / 5) and row.interval == (0, 1)
    assert row.reason.endswith("Left out: 1 of 6 pairs, of which neither outlines any.")


def test_identical_segmenters_agree_completely():
    scorecard = assess(nested(8, 8, 8), synthetic=[0, 50, 100])
    for region in Region:
        assert scorecard.row(f"pairwise_dice.{region}.mean").value == 1
        assert scorecard.row(f"kappa.{region}").value == 1
        assert scorecard.row(f"volume_cv.{region}").value == 0
        assert scorecard.row(f"votes.{region}.unanimous").value == 1
        assert scorecard.row(f"votes.{region}.single").value == 0
        assert scorecard.row(f"between.{region}.worst_patch").value == 0
        assert scorecard.row(f"between.{region}.union").value == 0
        assert scorecard.row(f"within.{region}.union").value > 0
        assert scorecard.row(f"mix_influence.{region}").value == 0
        assert scorecard.row(f"dose_response.{region}.slope").value == 0
        assert scorecard.pairwise_dice[region] == ((1, 1, 1),) * 3
    assert scorecard.review_spots == ()


def test_opposite_segmenters_do_not_agree_at_all():
    p = np.zeros((2, 1, *SHAPE), np.float32)
    p[0, 0], p[1, 0] = builders.ball(SHAPE, (12, 10, 10), 5), builders.ball(SHAPE, (12, 30, 26), 5)
    scorecard = assess(p, synthetic=[0, 100])
    assert scorecard.pairwise_dice == {Region.WT: ((1, 0), (0, 1))}
    assert scorecard.row("votes.WT.single").value == 1
    assert scorecard.row("kappa.WT").value < 0
    assert scorecard.row("within.WT.union").value == 0
    assert len(scorecard.review_spots) == 1, "both balls lie in one neighbourhood"


def test_the_dose_response_is_the_line_through_the_volumes():
    p = np.zeros((3, 1, *SHAPE), np.float32)
    for member in range(3):
        p[member, 0, 2:12, 5:15, 4 : 14 + 2 * member] = 1
    scorecard = assess(p, synthetic=[0, 50, 100])
    (response,) = scorecard.dose_response
    assert response.points == (
        DosePoint("mix-0-0", 0, 1.0, 1000),
        DosePoint("mix-50-1", 0.5, 1.2, 1200),
        DosePoint("mix-100-2", 1, 1.4, 1400),
    )
    assert (response.slope, response.intercept) == (0.4, 1.0)
    assert response.slope_standard_error == pytest.approx(0, abs=1e-9)
    assert scorecard.row("dose_response.WT.slope").value == 0.4
    assert scorecard.row("dose_response.WT.relative").value == pytest.approx(0.4 / 1.2, rel=1e-5)
    assert "rises" in scorecard.row("mix_influence.WT").reason


@pytest.mark.parametrize(
    ("voxels", "words"),
    [
        ((40, 44, 40), "tumor hardly changes (standard error "),
        ((40, 44, 46), "tumor hardly changes (standard error less than 0.005 mL, 3 segmenters)"),
        ((40, 80, 120), "tumor grows by 0.02 mL (standard error less than 0.005 mL, 3 segmenters)"),
        ((120, 80, 40), "tumor shrinks by 0.02 mL (standard error "),
    ],
)
def test_a_change_of_a_few_voxels_is_told_as_finely_as_it_can_be_seen(voxels, words):
    p = np.zeros((3, 1, *SHAPE), np.float32)
    for member, count in zip(p, voxels, strict=True):
        member.reshape(-1)[:count] = 1
    assert words in assess(p, synthetic=[0, 50, 100]).row("dose_response.WT.slope").reason


def test_a_segmenter_of_another_budget_is_not_counted_among_those_of_the_line():
    cards = [builders.card(f"s{n}", synthetic=n, real=100 - n) for n in (0, 50, 100)]
    other = builders.card("other", training={"plan": {"schedule": {"steps": 900}}})
    scorecard = assess(nested(6, 7, 8, 9), segmenters=(*cards, other))
    assert ", 3 segmenters)" in scorecard.row("dose_response.WT.slope").reason
    assert len(scorecard.dose_response[0].points) == 4


def test_a_volume_that_would_be_rounded_to_nothing_is_told_from_nothing():
    p = np.zeros((2, 1, *SHAPE), np.float32)
    p[0, 0, 5, 5, 5:9] = 1
    assert "outlines the most, less than 0.05 mL" in assess(p, synthetic=[0, 100]).row("found.WT").reason


def test_two_fractions_leave_the_dose_response_unknown():
    scorecard = assess(nested(7, 8), synthetic=[0, 100])
    for key in ("dose_response.WT.slope", "dose_response.WT.relative", "mix_influence.WT"):
        assert scorecard.row(key).evidence is Evidence.UNKNOWN
        assert "two ran (0 % and 100 %)" in scorecard.row(key).reason
    assert scorecard.dose_response[0].slope is None
    assert len(scorecard.dose_response[0].points) == 2


def test_the_share_of_the_mix_needs_several_seeds_and_is_computed_when_they_are_there(ladder):
    assert ladder.row("mix_share.WT").evidence is Evidence.UNKNOWN
    p = nested(7, 7, 9, 9)
    cards = tuple(builders.card(f"s{n}-{seed}", synthetic=n, real=100 - n) for n in (0, 100) for seed in (1, 2))
    cards = tuple(replace(card, training_mix=replace(card.training_mix, seed=int(card.id[-1]))) for card in cards)
    scorecard = assess(p, segmenters=cards)
    assert scorecard.row("mix_share.WT").value == 1
    assert scorecard.row("mix_share.WT").evidence is Evidence.MEASURED


def test_what_the_contrasts_cannot_show_is_not_measured():
    seen = assess(nested(9, 9, 9), contrasts=(Contrast.T1, Contrast.FLAIR))
    assert seen.row("found.ET").evidence is Evidence.UNKNOWN
    assert seen.row("diameters.WT.count").value == 1 and not any(
        row.key.startswith("diameters.ET") for row in seen.rows
    )


def test_diameters_are_those_of_the_enhancing_tumor(ladder):
    # The pooled ET is a ball of radius 4: 9 voxels wide, so not measurable.
    assert ladder.row("diameters.ET.count").value == 0
    assert ladder.row("diameters.ET.sum_of_products").value == 0
    larger = assess(nested(11, 11), synthetic=[0, 100])
    assert larger.row("diameters.ET.count").value == 1
    assert larger.row("diameters.ET.1.longest").value == pytest.approx(14.5, abs=1)
    product = larger.row("diameters.ET.1.longest").value * larger.row("diameters.ET.1.perpendicular").value
    assert larger.row("diameters.ET.sum_of_products").value == pytest.approx(product, rel=1e-5)


def test_without_enhancing_tumor_the_whole_tumor_is_measured():
    p = nested(9, 9)
    p[:, 2] = 0
    scorecard = assess(p, synthetic=[0, 100])
    assert scorecard.row("diameters.WT.count").value == 1
    assert "no enhancing tumor" in scorecard.row("diameters.WT.count").reason
    assert scorecard.row("diameters.WT.1.longest").value == pytest.approx(18.5, abs=1)


def test_the_side_and_the_lesions_are_told(ladder):
    # i runs to the left on this grid, and the tumor lies at high i.
    assert ladder.row("side.WT.pooled").value == "left"
    assert ladder.row("lesions.WT.pooled").value == 1


def test_no_tumor_is_a_result_with_its_uncertainty(nobody):
    assert nobody.row("volume.WT.pooled").value == 0
    assert nobody.row("volume.WT.pooled").reason.startswith("No tumor found: ")
    assert nobody.row("volume.ET.pooled").reason.startswith("No enhancing tumor found: ")
    assert nobody.row("lesions.WT.pooled").value == 0
    assert nobody.row("diameters.WT.count").value == 0
    assert nobody.row("within.WT.worst_patch").value == pytest.approx(0.468996, abs=1e-5)  # entropy of 0.1 in bits
    for key in (
        "pairwise_dice.WT.mean",
        "side.WT.pooled",
        "kappa.WT",
        "volume_cv.WT",
        "within.WT.union",
        "mix_influence.WT",
        "votes.WT.single",
    ):
        assert nobody.row(key).evidence is Evidence.UNKNOWN, key
    for key in ("dose_response.WT.slope", "dose_response.WT.relative"):
        assert nobody.row(key).reason.startswith("No segmenter outlines any tumor, so there is no volume")
        assert nobody.row(key).evidence is Evidence.UNKNOWN, key
    assert nobody.row("found.WT").value is False
    assert nobody.row("found.WT").reason.startswith("No tumor found: none of the 3 segmenters outlines any; ")


def test_one_segmenter_alone_can_be_assessed(alone):
    for key in ("pairwise_dice.WT.mean", "kappa.WT", "volume_cv.WT", "between.WT.union", "votes.WT.unanimous"):
        assert alone.row(key).evidence is Evidence.UNKNOWN, key
        assert "Only one segmenter ran" in alone.row(key).reason
    assert alone.row("within.WT.union").evidence is Evidence.MEASURED
    assert alone.row("volume.WT.pooled").value > 0
    assert alone.row("volume.WT.pooled").interval is None, "one segmenter has no lowest and highest"
    assert alone.pairwise_dice[Region.WT] == ((1.0,),)


def test_nothing_is_predicted_without_calibration(ladder):
    rows = ladder.section(Section.PREDICTION)
    assert len(rows) == 4 * len(Region) + 1
    assert all(row.evidence is Evidence.UNKNOWN and row.status is Status.UNKNOWN for row in rows)


def test_the_status_is_unknown_without_calibration(ladder):
    rows = ladder.section(Section.STATUS)
    assert [row.region for row in rows] == list(Region)
    assert all(row.evidence is Evidence.UNKNOWN and row.status is Status.UNKNOWN for row in rows)
    assert "no thresholds were calibrated" in rows[0].reason


def test_nothing_is_said_of_a_region_that_the_contrasts_cannot_show():
    card = assess(nested(7, 8, 9), synthetic=[0, 50, 100], contrasts=(Contrast.T1, Contrast.FLAIR))
    for region, name in ((Region.TC, "Tumor core"), (Region.ET, "Enhancing tumor")):
        for kind in ("status", "found", "predicted_dice", "predicted_volume", "border_margin"):
            row = card.row(f"{kind}.{region}")
            assert (row.evidence, row.value) == (Evidence.UNKNOWN, None), row.key
            assert row.reason == f"{name} cannot be seen without T1c, so its outline is a guess.", row.key
    assert card.row("found.WT").value is True


def test_where_the_voxel_size_is_not_trusted_nothing_is_in_mm_or_ml():
    reference = {Region.WT: builders.ball(SHAPE, CENTER, 8)}
    scorecard = assess(nested(7, 8, 9), synthetic=[0, 50, 100], spacing_trusted=False, reference=reference)
    physical = [row for row in scorecard.rows if row.unit]
    assert {"mL", "mm", "mm²"} <= {row.unit for row in physical}
    assert all(row.evidence is Evidence.UNKNOWN and row.interval is None for row in physical)
    assert "state the true voxel size" in scorecard.row("volume.WT.pooled").reason
    assert scorecard.row("voxels.WT.pooled").value == reference[Region.WT].sum()
    assert scorecard.row("reference_dice.WT.pooled").value == 1
    assert scorecard.row("diameters.ET.count").evidence is Evidence.UNKNOWN
    assert scorecard.row("dose_response.WT.relative").evidence is Evidence.MEASURED
    response = scorecard.dose_response[0]
    assert response.slope is None
    assert {point.volume_ml for point in response.points} == {None}
    assert response.points[1].voxels == reference[Region.WT].sum()
    assert all(spot.volume_ml is None for spot in scorecard.review_spots)
    for row in scorecard.section(Section.STATUS):
        assert "mL" not in row.reason


def test_a_reference_is_compared_with_every_outline():
    truth = builders.ball(SHAPE, CENTER, 8)
    scorecard = assess(nested(7, 8), synthetic=[0, 100], reference={Region.WT: truth})
    small = builders.ball(SHAPE, CENTER, 7)
    assert scorecard.row("reference_dice.WT.mix-100-1").value == 1
    assert scorecard.row("reference_hd95.WT.mix-100-1").value == 0
    assert scorecard.row("reference_volume_error.WT.mix-100-1").value == 0
    expected = 2 * small.sum() / (small.sum() + truth.sum())
    assert scorecard.row("reference_dice.WT.mix-0-0").value == pytest.approx(expected, rel=1e-5)
    assert 1 <= scorecard.row("reference_hd95.WT.mix-0-0").value <= 1.5
    assert scorecard.row("reference_volume_error.WT.mix-0-0").value == (small.sum() - truth.sum()) / 1000
    assert scorecard.row("reference_dice.ET.pooled").evidence is Evidence.UNKNOWN


@pytest.mark.parametrize(("outlined", "there", "dice"), [(True, False, 0), (False, True, 0), (False, False, 1)])
def test_an_empty_reference_or_outline_has_a_dice_but_no_distance(outlined, there, dice):
    p = nested(8, 8) * outlined
    scorecard = assess(p, synthetic=[0, 100], reference={Region.WT: builders.ball(SHAPE, CENTER, 8) & there})
    assert scorecard.row("reference_dice.WT.pooled").value == dice
    assert scorecard.row("reference_hd95.WT.pooled").evidence is Evidence.UNKNOWN
    assert "empty" in scorecard.row("reference_hd95.WT.pooled").reason


def test_a_reference_or_stack_on_another_grid_is_refused():
    with pytest.raises(GeometryError, match="read_reference"):
        assess(nested(8), synthetic=[50], reference={Region.WT: np.zeros((2, 3, 4), bool)})
    stack = builders.stack(nested(8), synthetic=[50])
    with pytest.raises(GeometryError, match="Resample"):
        build_scorecard(builders.case((12, 20, 16)), stack, compute_maps(stack))


def test_the_patient_rows_tell_what_was_used_missing_and_changed():
    case = builders.case(SHAPE, contrasts=(Contrast.T1C, Contrast.FLAIR), skull=Skull.UNKNOWN, is_synthetic=True)
    volumes = dict(case.volumes)
    volumes[Contrast.T1C] = replace(
        volumes[Contrast.T1C], resampled=True, native=builders.grid((5, 6, 7)), source="Jane_Doe_T1c.nii.gz"
    )
    checks = (
        Check("contrast", "T1c", Verdict.READY, "Jane_Doe_T1c.nii.gz (7x6x5)"),
        Check("intensity", "T1c", Verdict.WARNING, "Jane_Doe_T1c.nii.gz is clipped"),
        Check("slices", "case", Verdict.WARNING, "thick coronal slices"),
    )
    case = replace(case, volumes=volumes, checks=checks)
    stack = builders.stack(nested(8), synthetic=[50])
    scorecard = build_scorecard(case, stack, compute_maps(stack))
    assert scorecard.row("patient.contrast.T1").value == "missing"
    assert scorecard.row("patient.contrast.T1").status is Status.CHECK
    assert scorecard.row("patient.contrast.T1c").value == "resampled"
    assert scorecard.row("patient.contrast.FLAIR").value == "used"
    assert scorecard.row("patient.skull").evidence is Evidence.UNKNOWN
    assert scorecard.row("patient.slices").status is Status.CHECK
    assert scorecard.row("patient.intensity.T1c").reason == "T1c is clipped."
    assert scorecard.row("patient.synthetic").evidence is Evidence.DECLARED
    assert scorecard.is_synthetic_patient
    assert not any("Jane" in row.reason or "Jane" in str(row.value) for row in scorecard.rows)


def test_what_a_file_says_about_itself_stays_out_of_the_scorecard():
    check = Check("recognition", "T1c", Verdict.WARNING, "taken for T1c: 'JANE DOE AX T1 GD'")
    row = assess(nested(8), synthetic=[50], checks=(check,)).row("patient.recognition.T1c")
    assert row.status is Status.CHECK
    assert row.reason.endswith("check that it is this contrast.")
    assert "JANE" not in row.reason


def test_a_moved_contrast_is_told_from_a_resampled_one():
    case = builders.case(SHAPE)
    volumes = dict(case.volumes)
    volumes[Contrast.T1] = replace(volumes[Contrast.T1], resampled=True, moved=np.eye(4))
    stack = builders.stack(nested(8), synthetic=[50])
    scorecard = build_scorecard(replace(case, volumes=volumes), stack, compute_maps(stack))
    assert scorecard.row("patient.contrast.T1").value == "moved"


def test_the_text_of_a_check_becomes_one_sentence():
    check = Check("spacing", "case", Verdict.WARNING, "1 mm is a placeholder. Values in mm are unknown")
    row = assess(nested(8), synthetic=[50], spacing_trusted=False, checks=(check,)).row("patient.spacing")
    assert row.reason == "1 mm is a placeholder; Values in mm are unknown."


def test_a_stated_voxel_size_is_declared_and_not_measured():
    check = Check("spacing", "case", Verdict.CHANGED, "declared by the user")
    row = assess(nested(8), synthetic=[50], checks=(check,)).row("patient.spacing")
    assert (row.evidence, row.value) == (Evidence.DECLARED, "1 x 1 x 1")


def test_the_segmenters_rows_repeat_their_cards():
    result = HeldOutResult("dice", Region.WT, "BraTS test", 0.8, 0.7, 0.9, 5)
    cards = (builders.card("real", held_out=(result,)), builders.card("half", synthetic=10))
    scorecard = assess(nested(8, 8), segmenters=cards)
    row = scorecard.row("held_out_dice.WT.real.brats_test")
    assert (row.value, row.interval, row.evidence) == (0.8, (0.7, 0.9), Evidence.MEASURED)
    assert scorecard.row("training_mix.half").value == "50 % synthetic"
    assert scorecard.row("training_mix.half").evidence is Evidence.DECLARED
    assert scorecard.row("held_out.half").evidence is Evidence.UNKNOWN


def test_thick_slices_are_named_where_a_block_is_no_cube():
    geometry = builders.grid(SHAPE, spacing=(6.0, 1.0, 1.0))
    scorecard = assess(nested(8, 9), synthetic=[0, 100], geometry=geometry)
    assert "10 x 10 x 60 mm" in scorecard.row("between.WT.worst_patch").reason


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flipped_grid_gives_the_same_scorecard(axis):
    p, geometry = nested(9, 10, 11), builders.grid(SHAPE, spacing=(1.5, 1.0, 1.0))
    p[1, 0] = np.maximum(p[1, 0], 0.9 * builders.ball(SHAPE, (5, 8, 28), 3))
    matrix = np.array(geometry.ijk_to_ras)
    matrix[:3, 3] += matrix[:3, 2 - axis] * (SHAPE[axis] - 1)
    matrix[:3, 2 - axis] *= -1
    one = assess(p, synthetic=[0, 50, 100], geometry=geometry)
    other = assess(np.flip(p, axis + 2).copy(), synthetic=[0, 50, 100], geometry=Geometry(SHAPE, matrix))
    for a, b in zip(one.rows, other.rows, strict=True):
        assert a.key == b.key
        assert b.value == (pytest.approx(a.value, rel=1e-4, abs=1e-6) if isinstance(a.value, float) else a.value)
        assert (b.status, b.evidence) == (a.status, a.evidence)
    assert one.pairwise_dice == other.pairwise_dice
    assert one.dose_response == other.dose_response


def test_the_order_of_the_segmenters_changes_no_row_about_all_of_them():
    p, order, fractions = nested(7, 8, 9), [2, 0, 1], np.array([0, 50, 100])
    one, other = assess(p, synthetic=fractions), assess(p[order], synthetic=fractions[order])
    for row in one.rows:
        if row.segmenter is None and isinstance(row.value, float):
            assert other.row(row.key).value == pytest.approx(row.value, rel=1e-4, abs=1e-6), row.key
    matrix = np.array(one.pairwise_dice[Region.WT])
    np.testing.assert_array_equal(np.array(other.pairwise_dice[Region.WT]), matrix[np.ix_(order, order)])
