"""A space with fluid that only one side has is noticed; the brain's own spaces are not taken for one."""

from __future__ import annotations

import builders
import numpy as np
import pytest

from SynthTrustLib.case.head.cavity import can_look_for_cavity, cavity_ml
from SynthTrustLib.case.head.look import look_at_head
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.trust.rows.patient import patient_rows
from SynthTrustLib.vocabulary import Contrast, Evidence

SHAPE, SPACING = (60, 80, 70), (2.0, 2.0, 2.0)
GRID = builders.grid(SHAPE, spacing=SPACING)
CENTER = (29.5, 39.5, 34.5)


def ellipsoid(center, radii) -> np.ndarray:
    index = np.indices(SHAPE, dtype=np.float64)
    return sum(((axis - c) / r) ** 2 for axis, c, r in zip(index, center, radii, strict=True)) <= 1


BRAIN = ellipsoid(CENTER, (26, 36, 30))


def found(fluid: np.ndarray, *, bright=250.0, dark=20.0) -> float:
    noise = np.random.default_rng(0).normal(0, 3, SHAPE)
    arrays = {
        contrast: np.where(BRAIN, np.where(fluid, level, 100.0) + noise, 0).astype(np.float32)
        for contrast, level in ((Contrast.T2, bright), (Contrast.FLAIR, dark))
    }
    return cavity_ml(arrays, look_at_head(arrays[Contrast.T2], GRID), GRID, Skull.OFF)


def test_a_space_at_the_surface_of_one_side_is_noticed_with_its_size():
    hole = ellipsoid((35, 35, 56), (9, 9, 9)) & BRAIN
    assert found(hole) == pytest.approx(hole.sum() * 0.008, rel=0.1)


@pytest.mark.parametrize(
    "own",
    {
        "nothing": np.zeros(SHAPE, bool),
        "both sides": ellipsoid((35, 35, 56), (9, 9, 9)) | ellipsoid((35, 35, 13), (9, 9, 9)),
        "deep inside": ellipsoid((30, 40, 42), (7, 7, 7)),
        "a sulcus": ellipsoid((35, 35, 60), (12, 2, 12)),
        "a small cyst": ellipsoid((35, 35, 60), (4, 4, 4)),
    }.items(),
    ids=lambda item: item[0],
)
def test_spaces_of_the_brain_itself_are_not(own):
    assert found(own[1]) == 0.0


def test_a_tumor_is_bright_in_flair_and_no_cavity():
    assert found(ellipsoid((35, 35, 56), (9, 9, 9)), dark=180.0) == 0.0


@pytest.mark.parametrize(
    ("contrasts", "skull", "trusted", "why"),
    [
        ((Contrast.T1, Contrast.FLAIR), Skull.OFF, True, "T2"),
        (tuple(Contrast), Skull.UNKNOWN, True, "skull"),
        (tuple(Contrast), Skull.OFF, False, "voxel size"),
        (tuple(Contrast), Skull.ON, True, ""),
    ],
)
def test_where_it_cannot_be_looked_for_the_scorecard_says_so(contrasts, skull, trusted, why):
    case = builders.case(contrasts=contrasts, skull=skull, spacing_trusted=trusted)
    assert why in can_look_for_cavity(case.volumes, skull, spacing_trusted=trusted)
    row = next(row for row in patient_rows(case) if row.key == "patient.cavity")
    assert row.evidence is Evidence.UNKNOWN and why in row.reason
