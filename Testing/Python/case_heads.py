"""Heads of known anatomy for tests: stripped, or with bone, scalp and noise."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

HEAD_SHAPE = (60, 72, 60)
HEAD_SPACING = (2.5, 2.5, 2.5)


def make_head(shape=HEAD_SHAPE, *, skull: bool, seed: int = 0, level: float = 400.0) -> np.ndarray:
    """An ellipsoid head filling most of `shape`: stripped (exact 0 around it), or with bone, scalp and noise.

    The anatomy is always the same, as that of one patient's contrasts is; `seed` draws the noise.
    """
    random = np.random.default_rng(seed)
    center = (np.array(shape) - 1) / 2
    index = np.indices(shape, dtype=np.float64)
    radius = np.sqrt(sum(((axis - c) / (0.42 * n)) ** 2 for axis, c, n in zip(index, center, shape, strict=True)))
    anatomy = ndimage.gaussian_filter(np.random.default_rng(99).standard_normal(HEAD_SHAPE), 2)
    anatomy = ndimage.zoom(anatomy, [n / m for n, m in zip(shape, HEAD_SHAPE, strict=True)], order=1)
    texture = level * (1 + 0.2 * anatomy / 0.1)
    texture = np.clip(texture, 0.5 * level, 1.5 * level) + random.normal(0, 0.02 * level, shape)
    if not skull:
        return np.where(radius <= 1, texture, 0).astype(np.float32)
    volume = np.abs(random.normal(0, 0.04 * level, shape))
    volume[radius <= 1.0] = 2.0 * level  # scalp
    volume[radius <= 0.90] = 0.1 * level  # bone
    volume = np.where(radius <= 0.78, texture, volume)
    return volume.astype(np.float32)
