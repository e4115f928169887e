"""Rigid registration of one contrast onto another: Mattes mutual information, coarse to fine, and a check afterwards.

Patients move between series, and headers of converted files lie. The answer is one matrix; nothing is resampled here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import LPS, Geometry
from SynthTrustLib.case.head.look import HeadLook, look_at_head

if TYPE_CHECKING:
    import SimpleITK as sitk

WORKING_MM = 2.0
"""Images are brought to cubes of this size first: finer ones gain nothing that matters below half a millimetre."""

BINS = 40
"""Of the joint histogram, per axis."""

WORTH_MOVING_MM = 1.0
"""A mean displacement of the head smaller than this is below what registration can tell; the image stays put."""

GAIN = 0.005
"""Mutual information (nats) must rise by at least this for a move to be believed."""

FARTHEST_MM, FARTHEST_DEGREES = 60.0, 30.0
"""A larger move is a failure of the search, not of the patient."""

MIRROR_GAIN = 0.02
"""A mirror image that fits better by this much (nats) means that left and right were swapped in one of the two."""


@dataclass(frozen=True, eq=False)
class Registration:
    """What the search found."""

    reference_to_moving: npt.NDArray[np.float64]
    """Shape (4, 4). Rigid; maps RAS positions (mm) of the reference to RAS positions of the moving image."""
    moved_mm: float
    """Mean displacement of the points of the head."""
    moved_degrees: float
    """Angle of the rotation."""
    before: float
    after: float
    """`before` and `after`: mutual information (nats) of the two, with the headers' placement and with the one
    found."""
    mirrored: float
    """The same, best of the placements found for the moving image mirrored at its own middle, left to right."""

    @property
    def reference_to_moving_lps(self) -> npt.NDArray[np.float64]:
        """`reference_to_moving` in LPS, as the images of `Prepared` have it."""
        return LPS @ self.reference_to_moving @ LPS

    @property
    def fits_better(self) -> bool:
        """Whether the two fit better in the place found than where the headers put them, by more than chance."""
        return self.moved_mm >= WORTH_MOVING_MM and self.after >= self.before + GAIN

    @property
    def worth_applying(self) -> bool:
        """Whether the image should be moved: the move is better than none, and one that a patient can make."""
        return self.fits_better and self.moved_mm <= FARTHEST_MM and self.moved_degrees <= FARTHEST_DEGREES

    @property
    def flipped(self) -> bool:
        """Whether one of the two shows left and right swapped."""
        return self.mirrored > max(self.before, self.after) + MIRROR_GAIN


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image made ready for comparing: cubes of WORKING_MM, intensities as ranks 0..1 within the head."""

    image: sitk.Image
    mask: sitk.Image
    points: npt.NDArray[np.float64]  # some points of the head, LPS mm, shape (n, 3)

    @cached_property
    def middle(self) -> npt.NDArray[np.float64]:
        """The middle of the head, LPS mm: turns by the dozen are about it."""
        return np.median(self.points, axis=0)

    @cached_property
    def head(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """Every cube of the head: positions, LPS mm, shape (n, 3), and ranks, shape (n,)."""
        import SimpleITK as sitk

        inside = sitk.GetArrayViewFromImage(self.mask) > 0
        where = np.array(self.image.GetOrigin()) + np.argwhere(inside)[:, ::-1] * np.array(self.image.GetSpacing())
        return where, sitk.GetArrayViewFromImage(self.image)[inside]

    @cached_property
    def coarse(self) -> Prepared:
        """The same in cubes twice as large."""
        import SimpleITK as sitk

        values = sitk.GetArrayViewFromImage(self.image)
        for axis in range(3):
            values = _halved(values, axis)
        image = sitk.GetImageFromArray(values)
        mask = sitk.GetImageFromArray(np.ascontiguousarray(sitk.GetArrayViewFromImage(self.mask)[1::2, 1::2, 1::2]))
        for one in (image, mask):
            one.SetSpacing([2 * mm for mm in self.image.GetSpacing()])
            one.SetOrigin(
                [start + mm for start, mm in zip(self.image.GetOrigin(), self.image.GetSpacing(), strict=True)]
            )
        return Prepared(image, mask, self.points)


def _halved(values: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    """Every second value along `axis`, from the second on, smoothed by a Gaussian of one voxel (binomial)."""
    middles = np.arange(1, values.shape[axis], 2)

    def beside(by: int) -> npt.NDArray[np.float32]:
        return np.take(values, np.clip(middles + by, 0, values.shape[axis] - 1), axis=axis)

    total = np.float32(6 / 16) * beside(0)
    for by, weight in ((1, 4 / 16), (2, 1 / 16)):
        total += np.float32(weight) * (beside(-by) + beside(by))
    return total


def prepare(array: npt.NDArray[np.float32], geometry: Geometry, look: HeadLook | None = None) -> Prepared | None:
    """`array` (k, j, i) on `geometry`, ready to be registered; None where no head can be told from its surroundings.

    `look` is `look_at_head` of the two, where it was taken before.
    """
    import SimpleITK as sitk

    look = look or look_at_head(array, geometry)
    if not look.separable or not look.mask.any():
        return None
    coarse = look.sampled(array)
    inside = coarse[look.mask]
    low, high = np.percentile(inside, (0.5, 99.5))
    if high <= low:
        return None
    factors = [max(1, round(WORKING_MM / mm)) for mm in geometry.spacing]
    scaled, grid = _averaged(np.clip(array, np.float32(low), np.float32(high)), geometry, factors)
    scaled -= np.float32(low)
    scaled /= np.float32(high - low)
    mask = _averaged_mask(look, array.shape, factors)
    corners = geometry.corners_ras() @ LPS[:3, :3]
    low_corner, high_corner = corners.min(axis=0), corners.max(axis=0)
    size = np.maximum(8, np.ceil((high_corner - low_corner) / WORKING_MM)).astype(int)
    like = sitk.Image([int(n) for n in size], sitk.sitkUInt8)
    like.SetSpacing([WORKING_MM] * 3)
    like.SetOrigin(low_corner.tolist())
    image = sitk.Resample(grid.to_sitk(scaled), like, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32)
    inside_share = sitk.Resample(grid.to_sitk(mask), like, sitk.Transform(), sitk.sitkLinear, 0.0)
    placed = inside_share > 0.5
    index = np.argwhere(sitk.GetArrayViewFromImage(placed) > 0)
    if len(index) < 500:
        return None
    some = index[:: max(1, len(index) // 2000)]
    points = low_corner + some[:, ::-1] * WORKING_MM
    return Prepared(image, placed, points)


def _averaged(
    array: npt.NDArray[np.float32], geometry: Geometry, factors: list[int]
) -> tuple[npt.NDArray[np.float32], Geometry]:
    """Means over blocks of `factors` voxels along (k, j, i), and their grid; a rest at the far ends is cut off."""
    means = array
    # Axis by axis, the outermost first, is several times faster than a mean over blocks.
    for axis, factor in enumerate(factors):
        along = np.moveaxis(means, axis, 0)[: means.shape[axis] // factor * factor]
        total = along[::factor].copy()
        for start in range(1, factor):
            total += along[start::factor]
        means = np.moveaxis(total / np.float32(factor), 0, axis)
    matrix = np.array(geometry.ijk_to_ras)
    matrix[:3, 3] = geometry.ras([(factor - 1) / 2 for factor in factors])
    matrix[:3, :3] *= factors[::-1]
    k, j, i = means.shape
    return np.ascontiguousarray(means), Geometry((k, j, i), matrix)


def _averaged_mask(look: HeadLook, shape: Sequence[int], factors: list[int]) -> npt.NDArray[np.float32]:
    """The share of the head in the same blocks of voxels of an image of this `shape`, (k', j', i')."""
    means = look.mask.astype(np.float32)
    for axis, (step, factor) in enumerate(zip(look.steps, factors, strict=True)):
        sampled = np.arange(shape[axis] // factor * factor) // step  # the sampled voxel that each voxel belongs to
        total = means.take(sampled[::factor], axis=axis)
        for start in range(1, factor):
            total += means.take(sampled[start::factor], axis=axis)
        means = total / np.float32(factor)
    return np.ascontiguousarray(means)


def register(moving: Prepared, reference: Prepared) -> Registration:
    """Find the rigid move that brings `moving` over `reference`."""
    center = reference.points.mean(axis=0)
    start = _euler(center, np.zeros(6))
    before = information(moving, reference, np.eye(4))
    apart = moving.points.mean(axis=0) - center
    candidates = [start]
    if np.linalg.norm(apart) > 5.0:
        candidates.append(_euler(center, np.array([0, 0, 0, *apart])))
    begun = max(candidates, key=lambda transform: information(moving, reference, _matrix(transform)))
    found = _search(moving, reference, begun)
    matrix = _matrix(found)
    displaced = reference.points @ (matrix[:3, :3] - np.eye(3)).T + matrix[:3, 3]
    angle = float(np.degrees(np.arccos(np.clip((np.trace(matrix[:3, :3]) - 1) / 2, -1, 1))))
    return Registration(
        reference_to_moving=LPS @ matrix @ LPS,
        moved_mm=float(np.linalg.norm(displaced, axis=1).mean()),
        moved_degrees=angle,
        before=before,
        after=information(moving, reference, matrix),
        mirrored=fit_nearby(mirrored(moving), reference, found),
    )


PROBE_MM, PROBE_DEGREES = 3.0, 3.0
"""How far the reference is pushed each way to see whether it would fit better elsewhere."""

_PUSHES = [
    sign * np.eye(6)[axis] * ([np.radians(PROBE_DEGREES)] * 3 + [PROBE_MM] * 3)
    for axis in range(6)
    for sign in (-1.0, 1.0)
]
"""About and along every axis, as parameters of a rigid move."""


def seems_misaligned(moving: Prepared, reference: Prepared) -> bool:
    """Whether a small push or turn, or a mirror, makes the two fit better: a look that takes a fraction of a search.

    Of two aligned images every push lowers the mutual information. Cubes of twice the size are compared first, which is
    quick but blind to a millimetre or two: halfway to what fits better in them the fine ones must fit better, too.
    """
    still, there = reference.coarse, moving.coarse
    center = reference.points.mean(axis=0)
    fits = information(there, still, np.eye(4)) + GAIN
    if information(mirrored(there), still, np.eye(4)) > fits:
        return True
    better = [push for push in _PUSHES if information(there, still, _matrix(_euler(center, push))) > fits]
    if not better:
        return False
    finely = information(moving, reference, np.eye(4)) + GAIN
    return any(information(moving, reference, _matrix(_euler(center, push / 2))) > finely for push in better)


def _euler(center: npt.NDArray[np.float64], parameters: npt.NDArray[np.float64]) -> sitk.Transform:
    import SimpleITK as sitk

    transform = sitk.Euler3DTransform()
    transform.SetCenter(center.tolist())
    transform.SetParameters([float(p) for p in parameters])
    return transform


def _matrix(transform: sitk.Transform) -> npt.NDArray[np.float64]:
    matrix = np.eye(4)
    zero = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    for axis in range(3):
        matrix[:3, axis] = np.array(transform.TransformPoint(tuple(np.eye(3)[axis].tolist()))) - zero
    matrix[:3, 3] = zero
    return matrix


def _search(moving: Prepared, reference: Prepared, begun: sitk.Transform, *, coarse: bool = False) -> sitk.Transform:
    """From `begun` to the best place nearby; `coarse` stops at cubes of 4 mm, enough to compare two placements."""
    import SimpleITK as sitk

    levels = 2 if coarse else 3

    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricFixedMask(sitk.BinaryDilate(reference.mask, [4, 4, 4]))
    # A smoothed gradient of the whole image takes a third of a search and finds no better place.
    method.MetricUseMovingImageGradientFilterOff()
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentagePerLevel([1.0, 0.5, 0.15][:levels], 1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetShrinkFactorsPerLevel([4, 2, 1][:levels])
    method.SetSmoothingSigmasPerLevel([4.0, 2.0, 0.0][:levels])
    method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(True)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0, minStep=0.01, numberOfIterations=80, relaxationFactor=0.6, gradientMagnitudeTolerance=1e-6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    transform = sitk.Euler3DTransform(begun)
    method.SetInitialTransform(transform, inPlace=True)
    method.SetNumberOfThreads(2)
    try:
        method.Execute(reference.image, moving.image)
    except RuntimeError:  # the images hardly overlap: the search has nothing to hold on to
        return begun
    return transform


def information(moving: Prepared, reference: Prepared, matrix: npt.NDArray[np.float64], every: int = 1) -> float:
    """Mutual information (nats) over the reference's head, of plain joint histograms: the judge is not the searcher.

    `matrix` (4, 4) maps positions of the reference to those of the moving image, LPS mm. Of the head's cubes one in
    `every` is looked at.
    """
    import SimpleITK as sitk

    points, one = (part[::every] for part in reference.head)
    # Not by @: threads of a matrix product wait longer for each other than three columns take.
    there = np.einsum("ij,nj->in", matrix[2::-1, :3], points)
    there += (matrix[:3, 3] - np.array(moving.image.GetOrigin()))[::-1, None]
    there /= np.array(moving.image.GetSpacing())[::-1, None]
    other = ndimage.map_coordinates(sitk.GetArrayViewFromImage(moving.image), there, order=1)
    bins = 32
    cells = (one * (bins - 1) + 0.5).astype(np.intp) * bins + (other * (bins - 1) + 0.5).astype(np.intp)
    share = np.bincount(cells, minlength=bins * bins).reshape(bins, bins) / cells.size
    apart = share.sum(axis=1, keepdims=True) @ share.sum(axis=0, keepdims=True)
    filled = share > 0
    return float(np.sum(share[filled] * np.log(share[filled] / apart[filled])))


def turned(moving: Prepared, turn: npt.NDArray[np.float64], onto: Prepared) -> Prepared:
    """`moving` turned by `turn` (3, 3; LPS) about the middle of its head, which comes to lie on that of `onto`."""
    import SimpleITK as sitk

    middle, center = moving.middle, onto.middle
    move = sitk.AffineTransform(3)
    move.SetMatrix(turn.ravel().tolist())
    move.SetCenter(center.tolist())
    move.SetTranslation((middle - center).tolist())
    image = sitk.Resample(moving.image, onto.image, move, sitk.sitkLinear, 0.0)
    mask = sitk.Resample(moving.mask, onto.image, move, sitk.sitkNearestNeighbor, 0)
    return Prepared(image, mask, (moving.points - middle) @ turn + center)


MIRROR = np.diag([-1.0, 1.0, 1.0])
"""Left to right."""


def mirrored(moving: Prepared) -> Prepared:
    """Left to right, in the plane that halves the head."""
    return turned(moving, MIRROR, moving)


def fit_nearby(moving: Prepared, reference: Prepared, begun: sitk.Transform | None = None) -> float:
    """Mutual information (nats) of the two where they fit best near `begun`, after a coarse search."""
    begun = begun or _euler(reference.points.mean(axis=0), np.zeros(6))
    return information(moving, reference, _matrix(_search(moving, reference, begun, coarse=True)))
