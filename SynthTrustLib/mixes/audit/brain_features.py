"""What a brain looks like in numbers that need no label: its size, its tissues, its detail, how contrasts agree."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.vocabulary import Contrast

_PER_CONTRAST = ("dark", "bright", "skewness", "kurtosis", "entropy", "detail", "coarse", "slice_jump")
_PAIRS = tuple(combinations(range(len(Contrast)), 2))
_BINS = 32

BRAIN_FEATURES: tuple[str, ...] = (
    "brain_kilovoxels",
    "brain_slices",
    "brain_rows",
    "brain_columns",
    *(f"{contrast.lower()}_{what}" for contrast in Contrast for what in _PER_CONTRAST),
    *(
        f"{tuple(Contrast)[a].lower()}_{tuple(Contrast)[b].lower()}_{what}"
        for a, b in _PAIRS
        for what in ("correlation", "edges_agree")
    ),
)
"""Names in the order of `measure_brain`. ``slice_jump`` is the change from slice to slice over that within a slice:
high where slices were made one by one. ``edges_agree`` is the correlation of two contrasts' edges."""


def measure_brain(sample: Sample) -> npt.NDArray[np.float64]:
    """The features of a case in the order of `BRAIN_FEATURES`; NaN where a contrast is missing.

    Tissue and detail are those of the middle third of the slices, where a head is brain from side to side.
    """
    brain = np.any(sample.image > 0, axis=0)
    box = ndimage.find_objects(brain.astype(np.uint8))[0]
    size = [float(side.stop - side.start) for side in box]
    depth = box[0].stop - box[0].start
    start = box[0].start + depth // 3
    middle = (slice(start, max(start + 2, start + depth // 3)), *box[1:])
    inside = ndimage.binary_erosion(brain[middle], np.ones((1, 3, 3), bool), iterations=2)
    images = {n: sample.image[(n, *middle)].astype(np.float32, copy=False) for n in sample.present}
    edges = {n: ndimage.gaussian_gradient_magnitude(image, 1.0) for n, image in images.items()}
    values = [float(brain.sum()) / 1000, *size]
    for n in range(len(Contrast)):
        values += _tissue(images[n], inside) if n in images and inside.any() else [np.nan] * len(_PER_CONTRAST)
    for a, b in _PAIRS:
        both = a in images and b in images
        values += [_correlation(of[a][inside], of[b][inside]) if both else np.nan for of in (images, edges)]
    return np.array(values, np.float64)


def _tissue(image: npt.NDArray[np.float32], inside: npt.NDArray[np.bool_]) -> list[float]:
    values = image[inside]
    low, high = np.percentile(values, (2, 98))
    centered = values - values.mean()
    squared = centered * centered
    deviation = max(float(np.sqrt(squared.mean())), 1e-6)
    share = np.histogram(values, _BINS, (0, 2))[0] / values.size
    share = share[share > 0]
    fine, wide = (ndimage.gaussian_filter(image, (0, sigma, sigma)) for sigma in (1.0, 4.0))
    across = float(np.abs(np.diff(image, axis=0))[inside[1:] & inside[:-1]].mean())
    within = float(np.abs(np.diff(image, axis=2))[inside[..., 1:] & inside[..., :-1]].mean())
    return [
        float(low),
        float(high),
        float((squared * centered).mean()) / deviation**3,
        float((squared * squared).mean()) / deviation**4,
        float(-(share * np.log2(share)).sum()),
        float(np.abs(image - fine)[inside].mean()),
        float((fine - wide)[inside].std()),
        across / within if within > 0 else float("nan"),
    ]


def _correlation(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    if first.size < 2 or float(first.std()) == 0 or float(second.std()) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
