"""A piece of the head that one contrast shows nothing of is a concern; a field of view that ends is none."""

from __future__ import annotations

import numpy as np
import pytest
from case_heads import HEAD_SHAPE, make_head

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.vocabulary import Contrast

MIDDLE = tuple(slice(n // 2 - 6, n // 2 + 6) for n in HEAD_SHAPE)


def holes_of(arrays: dict[Contrast, np.ndarray], grid: Geometry) -> list[Check]:
    case = assemble_case(
        {c: ReadImage(a.astype(np.float32), grid, str(n), f"{n}.nii.gz") for n, (c, a) in enumerate(arrays.items())}
    )
    return [check for check in case.checks if check.name == "hole"]


@pytest.fixture
def heads() -> dict[Contrast, np.ndarray]:
    return {contrast: make_head(skull=False, seed=n) for n, contrast in enumerate(Contrast)}


def test_a_tumor_cut_out_of_one_contrast_is_a_concern(heads, head_grid):
    heads[Contrast.FLAIR][MIDDLE] = 0
    (check,) = holes_of(heads, head_grid)
    assert check.key == "hole:FLAIR" and check.verdict is Verdict.CONCERN
    assert "cut out or masked" in check.text


def test_one_that_reaches_the_surface_is_found_too(heads, head_grid):
    heads[Contrast.T2][MIDDLE[0], MIDDLE[1], : HEAD_SHAPE[2] // 2 - 8] = 0
    assert [check.key for check in holes_of(heads, head_grid)] == ["hole:T2"]


def test_a_field_of_view_that_ends_in_the_head_is_no_hole(heads, head_grid):
    heads[Contrast.T2][: HEAD_SHAPE[0] // 2 - 4] = 0
    heads[Contrast.T1][:, : HEAD_SHAPE[1] // 2 - 10] = 0
    assert holes_of(heads, head_grid) == []


def test_what_all_contrasts_lack_is_no_hole(heads, head_grid):
    for head in heads.values():
        head[MIDDLE] = 0
    assert holes_of(heads, head_grid) == []
    assert holes_of({Contrast.FLAIR: heads[Contrast.FLAIR]}, head_grid) == []
