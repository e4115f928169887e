"""Which contrast an image shows, from the image alone: for files whose names and headers say nothing.

Features are ratios of intensities between parts of the head, so they need no scanner units, no voxel size and no skull
stripping. A logistic regression whose numbers lie in Resources turns them into shares; they were fitted on real
patients, and what that is worth is written beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import HeadLook, box_around, look_at_head
from SynthTrustLib.resources import resource_path
from SynthTrustLib.vocabulary import Contrast

MODEL_FILE = "Recognition/image_contrast.json"

SLICES = 24
"""Slices looked at, evenly spaced over the middle of the head."""

_QUANTILES = (1, 5, 10, 25, 75, 90, 95, 99, 99.8)
_RINGS = 12
_TINY = 1e-9
"""Of the head's middle value: keeps a flat part from a division by 0, at whatever scale the intensities are."""


@dataclass(frozen=True)
class ImageOpinion:
    """What an image looks like."""

    shares: Mapping[Contrast, float]
    """Contrast to probability, 0..1, together 1: of the four contrasts. It knows no others, so an image of another kind
    gets an answer too."""

    @property
    def contrast(self) -> Contrast:
        """The most probable contrast."""
        return max(self.shares, key=lambda contrast: self.shares[contrast])

    @property
    def confidence(self) -> float:
        """Its share, 0..1."""
        return self.shares[self.contrast]


def look_at_contrast(array: npt.NDArray[np.float32], geometry: Geometry) -> ImageOpinion | None:
    """What `array` (k, j, i) shows; None where no head can be told from its surroundings."""
    features = contrast_features(array, geometry)
    if features is None:
        return None
    model = _model()
    scores = ((features - model["mean"]) / model["scale"]) @ model["weights"].T + model["bias"]
    odds = np.exp(scores - scores.max())
    return ImageOpinion(dict(zip(Contrast, (odds / odds.sum()).tolist(), strict=True)))


def contrast_features(
    array: npt.NDArray[np.float32], geometry: Geometry, look: HeadLook | None = None
) -> npt.NDArray[np.float64] | None:
    """Ratios that tell contrasts apart, (feature,) in a fixed order, of an image (k, j, i); None without a head.

    `look` is `look_at_head` of the two, where it was taken before.
    Depth is the distance to the head's surface within a slice, divided by the root of the head's area in that slice.
    """
    look = look or look_at_head(array, geometry)
    if not look.separable or not look.mask.any():
        return None
    axial = geometry.axial_axis
    coarse = look.sampled(array)
    heads, signal = np.moveaxis(look.mask, axial, 0), np.moveaxis(coarse, axial, 0)
    size = [geometry.spacing[a] * look.steps[a] for a in range(3) if a != axial]
    filled = np.flatnonzero(heads.any(axis=(1, 2)))
    low, high = int(filled[0]), int(filled[-1])
    chosen = np.unique(np.linspace(low + 0.3 * (high - low), low + 0.85 * (high - low), SLICES).round().astype(int))
    values, depths, fine, broad = [], [], [], []
    for k in chosen:
        head = heads[k]
        if head.sum() < 200:
            continue
        area = float(head.sum()) * size[0] * size[1]
        sigma = [0.012 * np.sqrt(area) / mm for mm in size]
        # Beyond four of the broader filter's standard deviations nothing reaches the head.
        around = box_around(head, margin=[1 + int(16 * s) for s in sigma])
        head, picture = head[around], signal[k][around].astype(np.float32)
        depth = ndimage.distance_transform_edt(head, sampling=size) / np.sqrt(area)
        smooth = ndimage.gaussian_filter(picture, sigma)
        wide = ndimage.gaussian_filter(picture, [4 * s for s in sigma])
        inside = head & (depth > 0.10)
        if not inside.any():
            continue
        fine.append((picture - smooth)[inside])
        broad.append((smooth - wide)[inside])
        values.append(picture[head])
        depths.append(depth[head])
    if not values:
        return None
    every, depth = np.concatenate(values), np.concatenate(depths)
    core = every[depth > 0.10]
    floor = min(0.0, float(core.min()))
    middle = float(np.median(core)) - floor
    if middle <= 0:
        return None
    quantiles = (np.percentile(core, _QUANTILES) - floor) / middle
    rings = []
    for ring in range(_RINGS):
        there = (depth >= ring * 0.04) & (depth < (ring + 1) * 0.04)
        rings.append((float(np.median(every[there])) - floor) / middle if there.any() else 1.0)
    center = every[depth > 0.28]
    center = center if center.size else core
    deep = (np.percentile(center, (2, 10, 90, 98)) - floor) / middle
    texture = []
    for part in (np.concatenate(fine), np.concatenate(broad)):
        spread = float(part.std()) + _TINY * middle
        tails = np.percentile(part, (1, 5, 95, 99)) / spread
        texture += [spread / middle, float(np.clip(np.mean((part / spread) ** 3), -8, 8)), *tails]
    order = (core - core.mean()) / (core.std() + _TINY * middle)
    shape = [float(np.clip(np.mean(order**3), -5, 5)), float(core.std()) / middle]
    return np.clip(np.array([*quantiles, *rings, *deep, *texture, *shape]), -10, 10)


@lru_cache(maxsize=1)
def _model() -> dict[str, npt.NDArray[np.float64]]:
    record = json.loads(resource_path(MODEL_FILE).read_text(encoding="utf-8"))
    return {name: np.array(record[name], dtype=np.float64) for name in ("mean", "scale", "weights", "bias")}
