"""A second look at every contrast: what was worked out from others, and what looks like another one."""

from __future__ import annotations

import builders
import numpy as np
import pytest
from case_heads import HEAD_SHAPE, make_head
from scipy import ndimage

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.case.recognize.derived_image import _ranks
from SynthTrustLib.case.recognize.second_look import KINDS, ORDERS, Judge, load_judge
from SynthTrustLib.trust.rows.patient import patient_rows
from SynthTrustLib.vocabulary import Contrast, Evidence, Status

FLAIR, T1, T1C, T2 = Contrast.FLAIR, Contrast.T1, Contrast.T1C, Contrast.T2


def test_equal_values_share_their_mean_rank():
    assert _ranks(np.float32([5, 1, 5, 3])).tolist() == [3.5, 1.0, 3.5, 2.0]


@pytest.fixture(scope="module")
def heads() -> dict[Contrast, np.ndarray]:
    """Four contrasts of one head that differ as contrasts do: each has tissue of its own."""
    found = {}
    for number, contrast in enumerate(Contrast):
        own = ndimage.gaussian_filter(np.random.default_rng(number).standard_normal(HEAD_SHAPE), 1.5)
        head = make_head(skull=False, seed=number)
        found[contrast] = np.where(head > 0, head + 40 * own / own.std(), 0).astype(np.float32)
    return found


def concerns_of(arrays: dict[Contrast, np.ndarray], grid: Geometry) -> dict[str, str]:
    """Key to text of the second look's concerns."""
    return {check.key: check.text for check in looks(case_of(arrays, grid).checks)}


def case_of(arrays: dict[Contrast, np.ndarray], grid: Geometry) -> PatientCase:
    return assemble_case(
        {c: ReadImage(a.astype(np.float32), grid, str(n), f"{n}.nii.gz") for n, (c, a) in enumerate(arrays.items())}
    )


def looks(checks: tuple[Check, ...]) -> list[Check]:
    return [check for check in checks if check.name == "looks" and check.verdict is Verdict.CONCERN]


def test_contrasts_of_one_head_raise_no_concern(heads, head_grid):
    assert concerns_of(heads, head_grid) == {}


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(lambda a: 1.7 * a, id="scaled"),
        pytest.param(lambda a: np.where(a > 0, 3 * a + 250, 0), id="scaled and shifted"),
        pytest.param(lambda a: np.round(a / 8), id="rounded"),
        pytest.param(lambda a: a.max() * (a / a.max()) ** 3, id="bent"),
        pytest.param(lambda a: np.where(a > 0, np.log1p(a), 0), id="logarithm"),
        pytest.param(lambda a: np.where(a > 0, 1.1 * a.max() - a, 0), id="inverted"),
        pytest.param(lambda a: np.minimum(a, np.percentile(a[a > 0], 95)), id="clipped"),
    ],
)
@pytest.mark.parametrize(("one", "other"), [(T1, T1C), (FLAIR, T2), (T1C, FLAIR)])
def test_a_copy_given_as_another_contrast_is_a_concern(heads, head_grid, copy, one, other):
    found = concerns_of({**heads, other: copy(heads[one])}, head_grid)
    assert len(found) == 1
    ((key, text),) = found.items()
    assert key in (f"looks:{one}", f"looks:{other}")
    assert "is the same picture as" in text and "was given as" in text


@pytest.mark.parametrize(("factor", "given"), [(1.0, FLAIR), (0.7, T2)])
def test_a_subtraction_beside_its_sources_is_named_with_them(heads, head_grid, factor, given):
    found = concerns_of({**heads, given: heads[T1C] - np.float32(factor) * heads[T1]}, head_grid)
    assert found == {f"looks:{given}": f"is a difference of T1 and T1c, was given as {given}"}


def test_noise_of_both_signs_around_the_head_is_a_difference_whatever_it_was_made_of(heads, head_grid):
    noise = np.random.default_rng(5).normal(0, 10, HEAD_SHAPE)
    around = np.where(heads[FLAIR] > 0, heads[FLAIR], noise)
    assert concerns_of({**heads, FLAIR: around}, head_grid) == {
        "looks:FLAIR": "looks like a difference of two images, was given as FLAIR"
    }


def test_noise_of_one_sign_is_not(heads, head_grid):
    noise = np.abs(np.random.default_rng(5).normal(0, 10, HEAD_SHAPE))
    assert concerns_of({**heads, FLAIR: np.where(heads[FLAIR] > 0, heads[FLAIR], noise)}, head_grid) == {}


def test_a_map_of_labels_is_a_concern(heads, head_grid):
    regions = ndimage.gaussian_filter(np.random.default_rng(8).standard_normal(HEAD_SHAPE), 8)
    level = np.searchsorted(np.quantile(regions, np.linspace(0, 1, 21)[1:-1]), regions)
    labels = np.where(heads[T2] > 0, 1 + np.random.default_rng(9).permutation(20)[level], 0)
    found = concerns_of({**heads, T2: labels}, head_grid)
    assert found == {"looks:T2": "looks like a map of labels, was given as T2"}


def test_a_coarse_head_is_not_judged_by_numbers_that_never_saw_one(heads, head_grid, monkeypatch):
    def never(*_: object) -> None:
        raise AssertionError("judged")

    monkeypatch.setattr(Judge, "likeliest", never)
    case = case_of(heads, head_grid)
    rows = [check for check in case.checks if check.name == "looks"]
    assert [(row.subject, row.verdict) for row in rows] == [(c, Verdict.UNKNOWN) for c in Contrast]
    assert all("its head is only" in row.text and "voxels across" in row.text for row in rows)
    row = next(row for row in patient_rows(case) if row.key == "patient.looks.T1c")
    assert row.value is None and row.status is Status.UNKNOWN and row.evidence is Evidence.UNKNOWN
    fine = builders.grid(tuple(2 * n for n in HEAD_SHAPE), (1.25, 1.25, 1.25), origin=(80.0, 90.0, -70.0))
    with pytest.raises(AssertionError, match="judged"):
        concerns_of({FLAIR: ndimage.zoom(heads[FLAIR], 2, order=1)}, fine)


# --- what the fitted numbers say --------------------------------------------------------------------------------------


def judge_of(shares: dict[float, int], doubts: list[tuple[float, float]]) -> Judge:
    """A judge of one feature: for each of its values, the place in KINDS of what it shows."""
    values = np.array(list(shares))
    outer = np.zeros((len(values), len(KINDS)))
    outer[np.arange(len(values)), list(shares.values())] = 3.0
    step = 60.0
    network = {
        "mean": np.zeros(1),
        "scale": np.ones(1),
        "inner": np.full((1, len(values)), step),
        "inner_bias": -step * (values - 0.5),
        "outer": np.vstack([outer[:1], np.diff(outer, axis=0)]),
        "outer_bias": np.zeros(len(KINDS)),
    }
    orders = {"mean": np.zeros(1), "scale": np.ones(1), "weights": np.zeros((len(ORDERS), 1)), "bias": np.zeros(12)}
    return Judge([network], orders, doubts)


def test_swapped_images_are_both_named_and_what_each_looks_like():
    judge = judge_of(dict(enumerate(range(len(KINDS)))), [(1.0, 1.0)] * 4)
    rows = {contrast: np.array([float(place)]) for place, contrast in enumerate(Contrast)}
    assert judge.suspects(rows, {}) == {}
    assert judge.suspects({**rows, T1: rows[FLAIR], FLAIR: rows[T1]}, {}) == {T1: FLAIR, FLAIR: T1}


def test_an_image_of_no_contrast_is_named_alone_and_a_high_doubt_keeps_silent():
    rows = {contrast: np.array([float(place)]) for place, contrast in enumerate(Contrast)}
    rows[T2] = np.array([float(KINDS.index(None))])
    numbers = dict(enumerate(range(len(KINDS))))
    assert judge_of(numbers, [(1.0, 1.0)] * 4).suspects(rows, {}) == {T2: None}
    assert judge_of(numbers, [(1.0, 99.0)] * 4).suspects(rows, {}) == {}


def test_the_fitted_numbers_have_a_doubt_for_every_number_of_images():
    judge = load_judge()
    assert len(judge.doubts) == len(Contrast)
    assert all(doubt > 0 for pair in judge.doubts for doubt in pair)
