"""Contrasts that moved between series are brought back, those in place are left alone, and each says so."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest
from case_heads import HEAD_SHAPE, HEAD_SPACING
from scipy import ndimage

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.case.place.align import Alignment, _check, align, moved_geometry
from SynthTrustLib.case.place.register import Registration, prepare, register, seems_misaligned
from SynthTrustLib.case.place.turned import over_chance
from SynthTrustLib.vocabulary import Contrast

GRID = builders.grid(HEAD_SHAPE, HEAD_SPACING, origin=(80.0, 90.0, -70.0))


def brain(of: str) -> np.ndarray:
    """Two contrasts of one lopsided brain: tissue classes in different order of brightness, little noise."""
    random = np.random.default_rng(5)
    index = np.indices(HEAD_SHAPE, dtype=np.float64)
    center = (np.array(HEAD_SHAPE) - 1) / 2
    radius = np.sqrt(sum(((a - c) / (0.4 * n)) ** 2 for a, c, n in zip(index, center, HEAD_SHAPE, strict=True)))
    texture = ndimage.gaussian_filter(random.standard_normal(HEAD_SHAPE), 2.5)
    tissue = 1 + (texture > 0.01).astype(int)
    tissue[sum((a - c) ** 2 for a, c in zip(index, (32, 30, 20), strict=True)) < 64] = 3  # a lesion on one side
    tissue[radius > 1] = 0
    levels = {"T1": (0, 700, 400, 300), "T2": (0, 300, 800, 500), "FLAIR": (0, 350, 450, 900)}[of]
    noise = np.random.default_rng(len(of) + levels[1]).normal(0, 12, HEAD_SHAPE)
    return np.where(tissue > 0, np.array(levels)[tissue] + noise, 0).astype(np.float32)


def turned(geometry: Geometry, degrees: float, mm: tuple[float, float, float]) -> tuple[Geometry, np.ndarray]:
    """The grid turned about an oblique axis through its middle and pushed, and the RAS matrix that did it."""
    axis = np.array([1.0, 2.0, -1.5]) / np.linalg.norm([1.0, 2.0, -1.5])
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    angle = np.radians(degrees)
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    middle = geometry.ras((np.array(geometry.shape) - 1) / 2)
    move = np.eye(4)
    move[:3, :3] = turn
    move[:3, 3] = middle - turn @ middle + mm
    return Geometry(geometry.shape, move @ geometry.ijk_to_ras), move


def patient(*more: str, **changes: Geometry) -> dict[Contrast, ReadImage]:
    return {
        Contrast(name): ReadImage(brain(name), changes.get(name, GRID), name, f"{name}.nii.gz")
        for name in ("T1", *more, "FLAIR")
    }


@pytest.fixture(scope="module")
def recovered():
    """Registration of a T1 that lies 5 mm and 5 degrees off, with the truth."""
    off, move = turned(GRID, 5.0, (3.0, -3.2, 2.4))
    still, there = prepare(brain("FLAIR"), GRID), prepare(brain("T1"), off)
    assert still is not None and there is not None
    return register(there, still), move, off


def test_five_millimetres_and_five_degrees_are_found_again(recovered):
    found, move, _ = recovered
    corners = GRID.corners_ras()
    expected = corners @ move[:3, :3].T + move[:3, 3]
    got = corners @ found.reference_to_moving[:3, :3].T + found.reference_to_moving[:3, 3]
    assert np.linalg.norm(got - expected, axis=1).max() < 1.0
    assert found.moved_degrees == pytest.approx(5.0, abs=0.5)
    assert found.worth_applying and not found.flipped
    assert found.after > found.before


def test_the_moved_grid_lies_where_the_image_belongs(recovered):
    found, _, off = recovered
    corners = moved_geometry(off, found).corners_ras()
    assert np.linalg.norm(corners - GRID.corners_ras(), axis=1).max() < 1.0


def test_the_quick_look_sees_a_misplacement_and_lets_aligned_contrasts_pass():
    still = prepare(brain("FLAIR"), GRID)
    assert seems_misaligned(prepare(brain("T1"), turned(GRID, 5.0, (3.0, -3.2, 2.4))[0]), still)
    assert not seems_misaligned(prepare(brain("T1"), GRID), still)


@pytest.mark.parametrize(("finely", "expected"), [(-0.05, False), (0.03, True)])
def test_what_only_the_coarse_cubes_find_better_is_no_misplacement(monkeypatch, finely, expected):
    still, there = prepare(brain("FLAIR"), GRID), prepare(brain("T1"), GRID)

    def information(moving, reference, matrix):
        gain = 0.03 if reference is still.coarse else finely
        return 0.3 + gain * (not np.allclose(matrix, np.eye(4)))

    monkeypatch.setattr("SynthTrustLib.case.place.register.information", information)
    assert seems_misaligned(there, still) is expected


def test_aligned_contrasts_on_one_grid_are_not_searched():
    assert align(patient(), Contrast.FLAIR) == Alignment(Contrast.FLAIR, {})


def test_a_moved_contrast_is_resampled_once_into_its_place_and_a_row_says_by_how_much():
    off, _ = turned(GRID, 5.0, (3.0, -3.2, 2.4))
    case = assemble_case(patient(T1=off))
    volume = case.volumes[Contrast.T1]
    assert case.geometry.is_same(GRID) and volume.resampled
    assert volume.native.is_same(off) and volume.moved is not None
    truth = brain("T1")
    deep = ndimage.binary_erosion(truth > 0, iterations=3)
    # Linear interpolation softens the noise; the anatomy is back in its place.
    assert np.corrcoef(volume.array[deep], truth[deep])[0, 1] > 0.9
    row = next(check for check in case.checks if check.name == "registration")
    assert row.subject == "T1" and row.verdict is Verdict.CHANGED
    assert "mm and 5.0 degrees" in row.text or "mm and 4.9 degrees" in row.text or "mm and 5.1 degrees" in row.text


def test_a_contrast_with_swapped_sides_is_left_out_with_a_concern_and_nothing_is_mirrored_back():
    images = patient()
    mirrored = replace(images[Contrast.T1], array=images[Contrast.T1].array[:, :, ::-1].copy())
    found = align({**images, Contrast.T1: mirrored}, Contrast.FLAIR)
    assert found.left_out == {Contrast.T1} and not found.moves
    assert found.checks[0].key == "registration:T1" and found.checks[0].verdict is Verdict.CONCERN
    assert "left and right seem to be swapped" in found.checks[0].text


def test_a_contrast_without_a_head_on_another_grid_is_left_with_a_warning():
    images = patient()
    noise = np.random.default_rng(0).uniform(100, 110, HEAD_SHAPE).astype(np.float32)
    shifted = Geometry(GRID.shape, GRID.ijk_to_ras + np.array([[0, 0, 0, 5.0], [0] * 4, [0] * 4, [0] * 4]))
    found = align({**images, Contrast.T1: replace(images[Contrast.T1], array=noise, geometry=shifted)}, Contrast.FLAIR)
    assert not found.moves and found.checks[0].verdict is Verdict.WARNING
    assert "could not be checked" in found.checks[0].text


TOP_AND_BOTTOM = "top and bottom swapped"
TURNS = {
    "front and back swapped": lambda array: array[:, ::-1, ::-1],
    TOP_AND_BOTTOM: lambda array: array[::-1],
    "front and back as well as top and bottom swapped": lambda array: array[::-1, ::-1],
    "a quarter about the axis from front to back": lambda array: np.rot90(array, 1, (0, 2)),
}


def changed(images: dict[Contrast, ReadImage], contrast: Contrast, array: np.ndarray) -> dict[Contrast, ReadImage]:
    return {**images, contrast: replace(images[contrast], array=np.ascontiguousarray(array, np.float32))}


@pytest.mark.parametrize("words", [words for words in TURNS if words != TOP_AND_BOTTOM])
def test_a_turned_contrast_is_left_out_and_what_is_suspected_is_named(words):
    images = changed(patient(), Contrast.T1, TURNS[words](brain("T1")))
    found = align(images, Contrast.FLAIR)
    assert found.left_out == {Contrast.T1} and not found.moves and found.reference == Contrast.FLAIR
    (row,) = found.checks
    suspected(row, words)


def suspected(row: Check, words: str) -> None:
    assert row.key == "registration:T1" and row.verdict is Verdict.CONCERN
    assert words in row.text and "a brain is nearly symmetric" in row.text


def test_a_turned_contrast_is_not_in_the_case_and_its_row_says_left_out():
    case = assemble_case(changed(patient(), Contrast.T1, TURNS[TOP_AND_BOTTOM](brain("T1"))))
    assert case.contrasts == (Contrast.FLAIR,)
    row = next(check for check in case.checks if check.key == "contrast:T1")
    assert row.verdict is Verdict.MISSING and "T1.nii.gz was left out" in row.text
    (row,) = (check for check in case.concerns if check.name == "registration")
    suspected(row, TOP_AND_BOTTOM)


def test_a_turned_contrast_on_a_grid_of_its_own_is_left_out():
    off, _ = turned(GRID, 5.0, (3.0, -3.2, 2.4))
    images = changed(patient(T1=off), Contrast.T1, TURNS["front and back swapped"](brain("T1")))
    assert align(images, Contrast.FLAIR).left_out == {Contrast.T1}


def test_a_turned_contrast_is_found_where_voxel_sizes_are_placeholders():
    flat = builders.grid((20, *HEAD_SHAPE[1:]), (1.0, 1.0, 1.0))
    images = {c: replace(i, array=i.array[::3].copy(), geometry=flat) for c, i in patient().items()}
    assert align(images, Contrast.FLAIR, in_mm=False) == Alignment(Contrast.FLAIR, {})
    images = changed(images, Contrast.T1, images[Contrast.T1].array[:, ::-1, ::-1])
    assert align(images, Contrast.FLAIR, in_mm=False).left_out == {Contrast.T1}


def test_a_reference_that_fits_none_of_the_others_is_the_one_that_is_left_out():
    images = changed(patient("T2"), Contrast.FLAIR, TURNS["front and back swapped"](brain("FLAIR")))
    case = assemble_case(images)
    assert case.reference in (Contrast.T1, Contrast.T2) and set(case.contrasts) == {Contrast.T1, Contrast.T2}
    (row,) = (check for check in case.checks if check.name == "registration")
    assert row.key == "registration:FLAIR" and "fit each other and not it" in row.text


def test_an_image_of_something_else_fits_nowhere_and_is_left_out():
    random = np.random.default_rng(3)
    texture = ndimage.gaussian_filter(random.standard_normal(HEAD_SHAPE), 2.5)
    other = np.where(brain("T1") > 0, 400 + 4000 * texture, 0)
    found = align(changed(patient(), Contrast.T1, other), Contrast.FLAIR)
    assert found.left_out == {Contrast.T1} and "neither as it lies nor nearby nor turned" in found.checks[0].text


def test_a_contrast_that_lies_further_away_than_a_patient_moves_is_asked_about():
    pushed = GRID.ijk_to_ras.copy()
    pushed[:3, 3] += (0, 0, 90)
    images = {
        Contrast.T2: ReadImage(brain("T2"), Geometry(GRID.shape, pushed), "0", "t2.nii.gz"),
        Contrast.FLAIR: ReadImage(brain("FLAIR"), GRID, "1", "flair.nii.gz"),
    }
    (row,) = align(images, Contrast.FLAIR).checks
    assert row.verdict is Verdict.CONCERN and "further than a patient moves" in row.text


def test_a_contrast_that_another_in_place_surely_fits_is_not_left_out(monkeypatch):
    images = {Contrast(name): ReadImage(brain(name), GRID, name, f"{name}.nii.gz") for name in ("T1", "T2", "FLAIR")}
    doubted = []

    def fits(there, still, found):
        doubted.append(there)
        return False

    real = over_chance
    first = iter([1.0])  # T1 is doubted against FLAIR, as images that share little are
    monkeypatch.setattr("SynthTrustLib.case.place.align.fits_plausibly", fits)
    monkeypatch.setattr("SynthTrustLib.case.place.align.over_chance", lambda *pair: next(first, None) or real(*pair))
    found = align(images, Contrast.FLAIR)
    assert len(doubted) == 1 and not found.left_out
    assert [check.verdict for check in found.checks if check.subject == Contrast.T1] == [Verdict.READY]


@pytest.mark.parametrize(
    ("after", "moved_mm", "own_grid", "verdict"),
    [
        (0.14, 12.0, False, Verdict.CONCERN),
        (0.14, 12.0, True, Verdict.CHANGED),
        (0.09, 7.0, True, Verdict.CONCERN),
        (0.14, 3.0, False, Verdict.CHANGED),
        (0.2, 12.0, False, Verdict.CHANGED),
    ],
)
def test_what_has_to_be_moved_far_and_fits_little_even_then_may_be_of_another_patient(
    after, moved_mm, own_grid, verdict
):
    found = Registration(np.eye(4), moved_mm, 2.0, 0.06, after, 0.0)
    row = _check(Contrast.T1, Contrast.FLAIR, found, own_grid=own_grid)
    assert row.verdict is verdict and ("another patient" in row.text) is (verdict is Verdict.CONCERN)
