"""Does a label lie where its image shows the tumor? The shift at which it would fit best, and how well it fits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.trust.measures.overlap import mask_dice
from SynthTrustLib.vocabulary import Contrast

FARTHEST = 12
"""Shifts are tried up to this many voxels along each axis."""

_SHELL = 4
_ORDER = (Contrast.FLAIR, Contrast.T2)
"""Edema is bright on these; the first that is there is looked at."""


def label_fit(sample: Sample) -> tuple[float, float]:
    """The distance in voxels to the best place of the whole tumor's label, and the contrast over its border there is.

    The label is moved over the image, and every place is rated by how much brighter the image is inside than in a shell
    around it, in standard deviations of the brain. (NaN, NaN) where there is no label or neither FLAIR nor T2.
    """
    whole = (sample.label & 1).astype(bool)
    channel = next((n for c in _ORDER if (n := tuple(Contrast).index(c)) in sample.present), None)
    if channel is None or not sample.known[0] or not whole.any():
        return float("nan"), float("nan")
    box = _around(whole)
    mask = whole[box]
    image = sample.image[channel][box].astype(np.float32)
    brain = np.any(sample.image[(slice(None), *box)] > 0, axis=0)
    if not brain.any():
        return float("nan"), float("nan")
    # Outside the brain every place looks dark; with its median there it neither attracts nor repels.
    image = np.where(brain, image, np.median(image[brain]))
    deviation = max(float(image[brain].std()), 1e-6)
    offset, contrast = _best_place(image, mask)
    return offset, contrast / deviation


def drawn_fit(label: npt.NDArray[np.bool_], drawn: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Dice of a label with what a segmenter draws, both (k, j, i), and the distance in voxels to its best place on it.

    (NaN, NaN) without a label; no distance where nothing is drawn.
    """
    if not label.any():
        return float("nan"), float("nan")
    if not drawn.any():
        return 0.0, float("nan")
    box = _around(label)
    return mask_dice(label, drawn), _best_place(drawn[box].astype(np.float32), label[box])[0]


def _around(mask: npt.NDArray[np.bool_]) -> tuple[slice, ...]:
    """The box of a mask with room for every shift."""
    margin = FARTHEST + _SHELL + 1
    return tuple(
        slice(max(0, side.start - margin), min(length, side.stop + margin))
        for side, length in zip(ndimage.find_objects(mask.astype(np.uint8))[0], mask.shape, strict=True)
    )


def _best_place(image: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Distance to where an image is brightest inside the mask against its surroundings, and how bright it is here."""
    shell = ndimage.binary_dilation(mask, iterations=_SHELL) & ~mask
    weights = mask / mask.sum() - shell / max(1, int(shell.sum()))
    scores = _scores(image, weights.astype(np.float32))
    reach = np.indices(scores.shape) - np.array(scores.shape).reshape(3, 1, 1, 1) // 2
    best = np.unravel_index(int(np.argmax(scores)), scores.shape)
    offset = float(np.linalg.norm(reach[(slice(None), *best)]))
    return offset, float(scores[tuple(n // 2 for n in scores.shape)])


def _scores(image: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Sum of image times shifted weights, for shifts of -FARTHEST..FARTHEST along each axis; no shift in the middle."""
    shape = [fft.next_fast_len(n + FARTHEST, real=True) for n in image.shape]
    padded = [(0, n - m) for n, m in zip(shape, image.shape, strict=True)]
    filled = np.pad(image - image.mean(), padded)
    product = fft.rfftn(filled) * np.conj(fft.rfftn(np.pad(weights, padded)))
    full = fft.fftshift(fft.irfftn(product, shape))
    middle = tuple(n // 2 for n in shape)
    reach = tuple(slice(max(0, m - FARTHEST), m + FARTHEST + 1) for m in middle)
    return np.asarray(full[reach], np.float32)
