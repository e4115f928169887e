"""Images that were worked out from others and not measured: copies, differences and maps of labels.

Told from the voxels alone, without fitted numbers, so that it holds for a head of any size. "Most seen" is of the 386
images of 115 real patients.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.head.look import HeadLook

COPY = 0.98
"""Two images whose voxels come in this rank correlation, either way up, are one picture (most seen of two: 0.89)."""

DIFFERENCE = 0.98
"""An image of whose variance two others explain this share is made of them (most seen: 0.88)."""

FLAT = 0.6
"""With more of the head's voxels like their neighbour, an image is a map of labels (most seen: 0.37)."""

BOTH_SIGNS = 0.3
"""With this share of either sign in the noise around the head, an image is no magnitude (most seen: 0.00)."""

_MOST_VOXELS = 10_000
_LEAST_VOXELS = 500

Values = npt.NDArray[np.float32]


def common_voxels(images: list[tuple[Values, HeadLook]]) -> npt.NDArray[np.float32] | None:
    """Values of the images in the head that all of them show, (image, voxel), evenly chosen; None where there are few.

    All are (k, j, i) on one grid.
    """
    head = np.logical_and.reduce([look.mask for _, look in images])
    where = np.flatnonzero(head)
    if len(where) < _LEAST_VOXELS:
        return None
    some = np.unravel_index(where[:: max(1, len(where) // _MOST_VOXELS)], head.shape)
    return np.stack([look.sampled(array)[some] for array, look in images])


def is_copy(one: Values, one_look: HeadLook, other: Values, other_look: HeadLook) -> bool:
    """Whether two images (k, j, i) on one grid are one picture but for brightness and contrast, inverted or not."""
    values = common_voxels([(one, one_look), (other, other_look)])
    if values is None or not values.std(axis=1).all():
        return False
    one_rank, other_rank = map(_ranks, values)
    return bool(abs(np.corrcoef(one_rank, other_rank)[0, 1]) >= COPY)


def _ranks(values: Values) -> npt.NDArray[np.float64]:
    """The rank of each value (n,), equal ones at their mean rank; importing scipy.stats takes longer than a case."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])


def is_difference(image: tuple[Values, HeadLook], one: tuple[Values, HeadLook], other: tuple[Values, HeadLook]) -> bool:
    """Whether `image` is one image minus (a multiple of) another, all on one grid.

    The same equation makes each of the three out of the other two; the difference is the one whose middle is nearest 0.
    """
    values = common_voxels([image, one, other])
    if values is None or not values.std(axis=1).all():
        return False
    middles = np.abs(np.median(values, axis=1)) / values.std(axis=1)
    if int(np.argmin(middles)) != 0:
        return False
    target, *sources = (row - row.mean() for row in values.astype(np.float64))
    design = np.stack(sources, axis=1)
    weights = np.linalg.lstsq(design, target, rcond=None)[0]
    rest = target - design @ weights
    return bool(weights[0] * weights[1] < 0 and 1 - rest.var() / target.var() >= DIFFERENCE)


def is_label_map(array: Values, look: HeadLook) -> bool:
    """Whether most voxels of the head are exactly like their neighbour along i."""
    coarse = look.sampled(array)
    inside = look.mask[..., 1:] & look.mask[..., :-1]
    return bool(inside.any() and np.mean((coarse[..., 1:] == coarse[..., :-1])[inside]) > FLAT)


def has_both_signs(array: Values, look: HeadLook) -> bool:
    """Whether noise of both signs surrounds the head: a scanner's magnitude has none, a difference of two has."""
    outside = look.sampled(array)[~ndimage.binary_dilation(look.mask, iterations=2)]
    if outside.size < _LEAST_VOXELS:
        return False
    return bool(min(np.mean(outside < 0), np.mean(outside > 0)) >= BOTH_SIGNS)
