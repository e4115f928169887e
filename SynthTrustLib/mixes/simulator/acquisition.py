"""What a scanner does to a head: coil shading, thick slices, noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.mixes.simulator.anatomy import smooth_noise


def shade(image: npt.NDArray[np.float32], random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Multiply by a smooth field that varies by about 10 % (receive coil)."""
    field = smooth_noise(image.shape, max(image.shape) / 2, random)
    return np.asarray(image * np.exp(np.float32(random.uniform(0.02, 0.12)) * field), np.float32)


def thick_slices(image: npt.NDArray[np.float32], thickness: int, step: int) -> npt.NDArray[np.float32]:
    """Average `thickness` mm every `step` mm along k: (k, j, i) at 1 mm -> (K, j, i)."""
    starts = range(0, image.shape[0] - thickness + 1, step)
    return np.stack([image[start : start + thickness].mean(axis=0) for start in starts]).astype(np.float32)


def add_noise(image: npt.NDArray[np.float32], sigma: float, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Rician noise: the magnitude of a complex signal with Gaussian noise of standard deviation `sigma`."""
    real = image + sigma * random.standard_normal(image.shape, np.float32)
    imaginary = sigma * random.standard_normal(image.shape, np.float32)
    return np.asarray(np.hypot(real, imaginary), np.float32)
