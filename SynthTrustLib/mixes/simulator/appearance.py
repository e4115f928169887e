"""How tissues and tumor look in each contrast: measured on training patients, resampled for synthetic ones.

The unit is that of ``slices.preprocess.normalize``: brain median 0.75, robust standard deviation 0.25, air 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.mixes.simulator.anatomy import Tissue, smooth_noise
from SynthTrustLib.mixes.simulator.growth import CORE, EDEMA, ENHANCING, Tumor
from SynthTrustLib.vocabulary import Contrast

Look = dict[str, dict[str, tuple[float, float]]]
"""contrast -> class ("white", "gray", "fluid", "edema", "core", "enhancing") -> (mean, standard deviation)"""

_OUTSIDE: Mapping[Tissue, Sequence[tuple[float, float]]] = {
    # T1, T1c, T2, FLAIR
    Tissue.SOFT: ((0.6, 2.4), (0.6, 2.4), (0.3, 1.1), (0.3, 1.8)),
    Tissue.SKIN: ((0.8, 2.6), (0.8, 2.6), (0.4, 1.2), (0.4, 2.2)),
    Tissue.BONE: ((0.0, 0.2), (0.0, 0.2), (0.0, 0.2), (0.0, 0.2)),
    Tissue.MARROW: ((0.3, 1.4), (0.3, 1.4), (0.1, 0.7), (0.1, 0.8)),
    Tissue.EYE: ((0.1, 0.5), (0.1, 0.5), (1.2, 1.9), (0.1, 0.5)),
    Tissue.VESSEL: ((0.1, 1.0), (1.2, 1.9), (0.0, 0.4), (0.1, 0.8)),
}
"""Means outside the brain are drawn per patient between these bounds, in the order of `Contrast`: no measured ones
exist by class."""


@dataclass(frozen=True)
class Appearance:
    """Looks of several real patients, from which new ones are drawn."""

    looks: Sequence[Look]

    def draw(self, random: np.random.Generator, spread: float = 0.08) -> Look:
        """A new look: two patients blended, every mean moved by chance with standard deviation `spread`."""
        first, second = (self.looks[int(n)] for n in random.integers(len(self.looks), size=2))
        weight = random.uniform(0, 1)
        look: Look = {}
        for contrast in first.keys() & second.keys():
            look[contrast] = {}
            for name in sorted(first[contrast].keys() & second[contrast].keys()):
                (m1, s1), (m2, s2) = first[contrast][name], second[contrast][name]
                mean = weight * m1 + (1 - weight) * m2 + random.normal(0, spread)
                look[contrast][name] = (float(mean), float(weight * s1 + (1 - weight) * s2))
        return look


def paint(
    tissue: npt.NDArray[np.uint8],
    tumor: Tumor,
    contrast: Contrast,
    look: Mapping[str, tuple[float, float]],
    random: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """One contrast of a synthetic head (k, j, i), in normalized units, before the acquisition."""
    mean = np.zeros(len(Tissue), np.float32)
    deviation = np.full(len(Tissue), 0.05, np.float32)
    for kind, bounds in _OUTSIDE.items():
        low, high = bounds[list(Contrast).index(contrast)]
        mean[kind] = random.uniform(low, high)
        deviation[kind] = 0.12 * mean[kind]
    inside = {
        Tissue.WHITE: look["white"],
        Tissue.GRAY: look["gray"],
        Tissue.DEEP_GRAY: tuple(0.6 * g + 0.4 * w for g, w in zip(look["gray"], look["white"], strict=True)),
        Tissue.VENTRICLE: look["fluid"],
        Tissue.FLUID: look["fluid"],
    }
    for kind, (m, s) in inside.items():
        mean[kind], deviation[kind] = m, s
    image, noise = mean[tissue], deviation[tissue]

    # Infiltration fades: the edema's share of a voxel falls over a few mm around the border, more outside than inside.
    fade = np.float32(random.uniform(0.4, 1.6))
    share = 1 / (1 + np.exp(-np.clip(tumor.margin / fade, -30, 30)))
    share *= np.isin(tissue, (Tissue.WHITE, Tissue.GRAY, Tissue.DEEP_GRAY)) | (tumor.label > 0)
    patchy = 1 + 0.15 * smooth_noise(tissue.shape, 12, random)
    m, s = look["edema"]
    image = image + share * (np.float32(m) * patchy - image)
    noise = noise + share * (np.float32(s) - noise)
    for label, name in ((CORE, "core"), (ENHANCING, "enhancing")):
        region = tumor.label == label
        if name in look and region.any():
            m, s = look[name]
            image[region] = m * patchy[region]
            noise[region] = s
    assert EDEMA not in (CORE, ENHANCING)
    texture = 0.7 * smooth_noise(tissue.shape, 4, random) + 0.5 * smooth_noise(tissue.shape, 10, random)
    image = image + noise * texture
    return np.asarray(ndimage.gaussian_filter(image, random.uniform(0.4, 0.8)), np.float32)


def measure_look(
    image: npt.NDArray[np.float32], classes: Mapping[str, npt.NDArray[np.bool_]]
) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of a normalized contrast (k, j, i) in every class that holds 50 voxels or more."""
    look = {}
    for name, mask in classes.items():
        values = image[mask]
        if values.size >= 50:
            low, high = np.percentile(values, (5, 95))
            middle = values[(values >= low) & (values <= high)]
            look[name] = (float(middle.mean()), float(middle.std()))
    return look
