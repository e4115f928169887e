"""A small picture of a whole head, on one grid for all: for finding copies, which summary figures would miss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.vocabulary import Contrast

SHAPE = (10, 24, 20)
"""Slices, rows and columns of the grid that every brain's box is reduced to."""


def thumbnail(sample: Sample) -> npt.NDArray[np.float32]:
    """All contrasts of a case, reduced to `SHAPE` and standardized, as one vector; a missing contrast is zero."""
    brain = np.any(sample.image > 0, axis=0)
    box = ndimage.find_objects(brain.astype(np.uint8))[0]
    pictures = np.zeros((len(Contrast), *SHAPE), np.float32)
    for channel in sample.present:
        pictures[channel] = reduce(sample.image[channel][box].astype(np.float32))
        values = pictures[channel]
        pictures[channel] = (values - values.mean()) / max(float(values.std()), 1e-6)
    return pictures.ravel()


def mirrored(pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The thumbnails (case, pixel) with left and right exchanged."""
    return pictures.reshape(len(pictures), len(Contrast), *SHAPE)[..., ::-1].reshape(len(pictures), -1)


def picture_distances(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """1 - correlation over the contrasts that both have, of the nearer of plain and mirrored: (first, second)."""
    return np.minimum(_distances(first, second), _distances(first, mirrored(second)))


def _distances(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    size = int(np.prod(SHAPE))
    a = first.reshape(len(first), len(Contrast), size)
    b = second.reshape(len(second), len(Contrast), size)
    correlation = np.einsum("acp,bcp->abc", a, b, dtype=np.float64) / size
    there, other = (np.asarray(table.any(axis=2), float) for table in (a, b))
    both = there[:, None] * other[None]
    shared = both.sum(axis=2)
    return np.where(shared > 0, 1 - (correlation * both).sum(axis=2) / np.maximum(shared, 1), np.inf)


def reduce(volume: npt.NDArray[np.float32], shape: tuple[int, int, int] = SHAPE) -> npt.NDArray[np.float32]:
    """Mean of the volume over each cell of the grid (linear where the volume is the coarser of the two)."""
    sigma = [max(0.0, 0.4 * (n / m - 1)) for n, m in zip(volume.shape, shape, strict=True)]
    smooth = ndimage.gaussian_filter(volume, sigma)
    factors = [m / n for n, m in zip(volume.shape, shape, strict=True)]
    return np.asarray(ndimage.zoom(smooth, factors, order=1, mode="nearest", grid_mode=True), np.float32)
