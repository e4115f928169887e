"""Finding copies: small pictures of head and tumor that survive flips, small shifts, noise and other intensities."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.stats import rankdata

from SynthTrustLib.mixes.audit import thumbnail
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.vocabulary import Contrast

TUMOR_SHAPE = (12, 12, 12)
"""The grid that the box about every tumor is reduced to."""

SUSPECT = 0.5
"""A case is a suspected copy at most where its nearest patient is nearer than this share of the least distance between
two different patients; see LEAST and `suspect_below`."""

LEAST = {"head": 0.65, "tumor": 0.2}
"""The least distances that count, as `Testing/Benchmarks/benchmark_audit.py --part A` shows them: between two heads,
and for tumors well below it (0.35), as there are pairs of patients who are nearer. Few patients may all be farther
apart by chance, which makes nobody a copy. Copies that were flipped, noisy, or moved so that the end of the volume cut
them were nearer than half of these."""

_BY_CHANCE = 0.01
"""Pairs of a synthetic case and a patient that may be as near by chance, in all of a set."""

_TAIL = 0.25
"""Share of the pairs of patients, the nearest ones, by which one tells how fast nearer ones become rare."""

_FEWEST_OF_TAIL = 5

_REACH = 2.1
"""Standard deviations of the brain's voxels from its centre to the grid's end; an ellipsoid ends at 2.24."""

_MARGIN = 6
_FLIPS = tuple(product((1, -1), repeat=3))


def head_picture(sample: Sample) -> npt.NDArray[np.float32]:
    """The head of a case on one grid for all, (contrast, k, j, i), as ranks; zeros for a missing contrast.

    The grid is laid by the brain's centre and spread along each axis rather than by its ends: these move by all that is
    cut off where a head was moved beyond the end of its volume, and by a single stray voxel.
    """
    pictures = np.zeros((len(Contrast), *thumbnail.SHAPE), np.float32)
    sides = [_middle_and_spread(side) for side in _profiles(np.any(sample.image > 0, axis=0))]
    cells = [2 * _REACH * spread / count for (_, spread), count in zip(sides, thumbnail.SHAPE, strict=True)]
    first = [middle - _REACH * spread + cell / 2 for (middle, spread), cell in zip(sides, cells, strict=True)]
    weights = [
        _smooth_samples(length, start + cell * np.arange(count, dtype=float), max(0.0, 0.4 * (cell - 1)))
        for length, start, cell, count in zip(sample.image.shape[1:], first, cells, thumbnail.SHAPE, strict=True)
    ]
    for channel in sample.present:
        picture = sample.image[channel].astype(np.float32, copy=False)
        for along in weights:  # each product takes the first axis away and adds its own at the end
            picture = np.tensordot(picture, along, axes=(0, 1))
        pictures[channel] = picture
    return _ranks(pictures)


def _smooth_samples(length: int, places: npt.NDArray[np.float64], sigma: float) -> npt.NDArray[np.float32]:
    """What takes `length` values to linear samples, at `places`, of the same smoothed by a Gaussian: (place, length).

    Only a few places of each line are asked for: much less work than to smooth all of it. 0 beyond the line's ends.
    """
    smooth = ndimage.gaussian_filter1d(np.eye(length), sigma, axis=0) if sigma else np.eye(length)
    below = np.clip(np.floor(places).astype(int), 0, max(0, length - 2))
    above = np.minimum(below + 1, length - 1)
    part = (places - below)[:, None]
    inside = ((places >= 0) & (places <= length - 1))[:, None]
    return np.asarray(inside * ((1 - part) * smooth[below] + part * smooth[above]), np.float32)


def _profiles(brain: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.int64]]:
    """How many voxels of it lie in each plane, along k, j and i."""
    return [brain.sum(axis=tuple(other for other in range(3) if other != axis)) for axis in range(3)]


def _middle_and_spread(weights: npt.NDArray[np.int64]) -> tuple[float, float]:
    places = np.arange(len(weights))
    middle = float(np.average(places, weights=weights))
    return middle, max(float(np.sqrt(np.average((places - middle) ** 2, weights=weights))), 0.5)


def tumor_picture(sample: Sample) -> npt.NDArray[np.float32]:
    """The box about the whole tumor, (contrast, k, j, i), as ranks; all zeros without a label."""
    pictures = np.zeros((len(Contrast), *TUMOR_SHAPE), np.float32)
    whole = (sample.label & 1).astype(np.uint8)
    if not sample.known[0] or not whole.any():
        return pictures
    sides = ndimage.find_objects(whole)[0]
    box = tuple(slice(max(0, side.start - _MARGIN), side.stop + _MARGIN) for side in sides)
    # Air beyond the volume's end, so that the picture does not depend on how closely a volume was cropped.
    beyond = [
        (max(0, _MARGIN - side.start), max(0, side.stop + _MARGIN - length))
        for side, length in zip(sides, whole.shape, strict=True)
    ]
    for channel in sample.present:
        cut = np.pad(sample.image[channel][box].astype(np.float32, copy=False), beyond)
        pictures[channel] = thumbnail.reduce(cut, TUMOR_SHAPE)
    return _ranks(pictures)


@dataclass(frozen=True, eq=False)
class LookAlikes:
    """Distances, 0 (a copy) to about 1 (two patients) or more, infinite where two cases share no contrast.

    Pictures have the mean picture of a set taken away, so that what everybody's anatomy shares does not count; a
    distance is 1 - the correlation of what is left, of the best of the eight ways to flip.
    """

    mean: npt.NDArray[np.float32]
    spread: float  # mean square of what is left of the set's own pictures; 0 where they are all one

    def distances(self, first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Of every first case (case, contrast, k, j, i) to every second: (first, second)."""
        if not len(first) or not len(second):
            return np.full((len(first), len(second)), np.inf)
        one = self._residuals(first)
        return np.min([1 - _correlations(one, self._residuals(_flipped(second, flip))) for flip in _FLIPS], axis=0)

    def _residuals(self, pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        there = np.asarray(pictures.any(axis=(2, 3, 4)))
        left = (pictures - self.mean).reshape(*there.shape, -1)
        left = left - left.mean(axis=2, keepdims=True)
        left /= np.maximum(np.linalg.norm(left, axis=2, keepdims=True), 1e-6)
        return np.asarray(left * there[..., None], np.float32)


def look_alikes(pictures: npt.NDArray[np.float32]) -> LookAlikes:
    """With the mean of a set's `pictures` (case, contrast, k, j, i)."""
    count = np.maximum(pictures.any(axis=(2, 3, 4)).sum(axis=0), 1)
    mean = np.asarray(pictures.sum(axis=0) / count.reshape(-1, 1, 1, 1), np.float32)
    left = np.square(pictures).mean(axis=(2, 3, 4)).sum(axis=0) / count - np.square(mean).mean(axis=(1, 2, 3))
    spread = left * count / np.maximum(count - 1, 1)  # a mean of few holds a good part of each
    return LookAlikes(mean, float(np.average(spread, weights=count)))


def suspect_below(strangers: npt.NDArray[np.float64], asked: int, by: str) -> float:
    """The distance from which on a case is a suspected copy.

    Tumors, and heads made by a program, may be much alike: how near two patients come says how near chance brings a
    case to one. Near 0 the share of pairs nearer than d grows as d to a power, which the nearest pairs tell (the
    estimate of Hill 1975).

    `strangers`: shape (pair,); distances between different patients, each pair once. `asked`: pairs of a case and a
    patient that are compared. `by`: "head" or "tumor", see `LEAST`.
    """
    if not strangers.size:
        return SUSPECT * LEAST[by]
    nearest = np.maximum(np.sort(strangers), 1e-6)
    limit = SUSPECT * min(LEAST[by], float(nearest[0]))
    count = max(_FEWEST_OF_TAIL, round(_TAIL * len(nearest)))
    if count >= len(nearest):
        return min(limit, 0.1 * float(nearest[0]))
    # Half of its standard error more: from few pairs it may come out too small.
    inverse_power = float(np.log(nearest[count] / nearest[:count]).mean()) * (1 + 0.5 / np.sqrt(count))
    rare = min(1.0, _BY_CHANCE * len(nearest) / (asked * count))
    return min(limit, float(nearest[count]) * rare**inverse_power)


def _flipped(pictures: npt.NDArray[np.float32], flip: tuple[int, ...]) -> npt.NDArray[np.float32]:
    return pictures[:, :, :: flip[0], :: flip[1], :: flip[2]]


def _correlations(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    both = np.einsum("ac,bc->ab", first.any(axis=2).astype(float), second.any(axis=2).astype(float))
    total = (first.reshape(len(first), -1) @ second.reshape(len(second), -1).T).astype(np.float64)
    return np.where(both > 0, total / np.maximum(both, 1), -np.inf)


def _ranks(pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Every contrast's values as ranks of mean 0 and deviation 1: the same for any rising intensity scale."""
    out = np.zeros_like(pictures)
    for channel, picture in enumerate(pictures):
        if picture.any():
            ranks = rankdata(picture.ravel()).reshape(picture.shape)
            out[channel] = (ranks - ranks.mean()) / max(float(ranks.std()), 1e-6)
    return out
