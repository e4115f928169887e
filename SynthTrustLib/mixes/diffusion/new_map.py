"""A new map of tissues and tumor from those of training patients: another's tumor, moved and bent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.mixes.diffusion.source import Look, Part, SourcePatient, class_means
from SynthTrustLib.mixes.simulator.anatomy import smooth_noise

BEND_MM = 5.0
"""About how far the smooth deformation moves a point."""

_TUMOR = (Part.EDEMA, Part.CORE, Part.ENHANCING)


@dataclass(frozen=True, eq=False)
class NewMap:
    """What a synthetic patient is painted from: `parts` (K, H, W), class means, the patients behind it.

    `anatomy` is the patient whose head it is (its grid, contrasts and skull); `donor` the one whose tumor it is.
    """

    parts: npt.NDArray[np.uint8]
    look: Look
    anatomy: SourcePatient
    donor: SourcePatient

    @property
    def source_patients(self) -> list[str]:
        return sorted({self.anatomy.id, self.donor.id})


def draw_map(sources: Sequence[SourcePatient], random: np.random.Generator) -> NewMap:
    """A head from one patient, a tumor from another (one time in three its own), both bent; a blend of two looks."""
    anatomy = sources[int(random.integers(len(sources)))]
    others = [source for source in sources if source is not anatomy]
    own = not others or random.random() < 1 / 3
    donor = anatomy if own else others[int(random.integers(len(others)))]
    parts = anatomy.parts
    if donor is not anatomy:
        parts = transplant(heal(parts), donor.parts, mirror=bool(random.random() < 0.5))
    return NewMap(bend(parts, anatomy.slice_mm, random), blend_looks(sources, anatomy, random), anatomy, donor)


def heal(parts: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The head without its tumor: filled from the other side of the brain, with white matter where that fails."""
    tumor = np.isin(parts, _TUMOR)
    brain = parts >= Part.FLUID
    columns = np.flatnonzero(brain.any(axis=(0, 1)))
    if not tumor.any() or columns.size == 0:
        return parts.copy()
    index = columns[0] + columns[-1] - np.arange(parts.shape[2])
    other = parts[:, :, np.clip(index, 0, parts.shape[2] - 1)]
    usable = (other >= Part.FLUID) & ~np.isin(other, _TUMOR)
    return np.where(tumor, np.where(usable, other, Part.WHITE), parts).astype(np.uint8)


def transplant(parts: npt.NDArray[np.uint8], donor: npt.NDArray[np.uint8], *, mirror: bool) -> npt.NDArray[np.uint8]:
    """The donor's tumor at the same place of another brain's box; never outside that brain or in its ventricles."""
    box, donor_box = (ndimage.find_objects((volume >= Part.FLUID).astype(np.uint8))[0] for volume in (parts, donor))
    tumor = donor[donor_box] * np.isin(donor[donor_box], _TUMOR)
    if mirror:
        tumor = tumor[:, :, ::-1]
    target = parts[box]
    axes = [
        np.clip(np.rint((np.arange(new) + 0.5) * old / new - 0.5).astype(int), 0, old - 1)
        for new, old in zip(target.shape, tumor.shape, strict=True)
    ]
    tumor = tumor[np.ix_(*axes)]
    allowed = (target >= Part.FLUID) & ~ventricles(parts)[box]
    result = parts.copy()
    result[box] = np.where((tumor > 0) & allowed, tumor, target)
    return result


def ventricles(parts: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Fluid that is deep and wide: what survives an opening, away from the brain's surface."""
    plane = np.ones((1, 3, 3), bool)
    brain = ndimage.binary_fill_holes(parts >= Part.FLUID)
    deep = ndimage.binary_erosion(brain, plane, iterations=max(1, min(parts.shape[1:]) // 12))
    wide = ndimage.binary_opening(parts == Part.FLUID, plane)
    return np.asarray(deep & wide)


def bend(parts: npt.NDArray[np.uint8], slice_mm: float, random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """The map mirrored by chance, scaled by up to 8 % an axis about its middle and bent smoothly; same shape."""
    parts = parts[:, :, ::-1] if random.random() < 0.5 else parts
    strength = (BEND_MM / max(slice_mm, 1.0) / 2, BEND_MM, BEND_MM)
    coordinates = []
    for axis, size in enumerate(parts.shape):
        middle = (size - 1) / 2
        ramp = (np.arange(size, dtype=np.float32) - middle) * np.float32(random.uniform(0.93, 1.08)) + middle
        noise = smooth_noise(parts.shape, 36.0, random) * np.float32(strength[axis])
        coordinates.append(noise + ramp.reshape([-1 if n == axis else 1 for n in range(3)]))
    return np.asarray(ndimage.map_coordinates(parts, coordinates, order=0, mode="constant", cval=Part.AIR), np.uint8)


def blend_looks(
    sources: Sequence[SourcePatient], anatomy: SourcePatient, random: np.random.Generator, spread: float = 0.05
) -> Look:
    """Class means between those of two patients, each moved by chance; 0 for contrasts that `anatomy` lacks."""
    looks = np.stack([class_means(source) for source in sources])
    usual = np.nanmean(np.where(np.isfinite(looks).any(axis=0), looks, 0), axis=0)
    first, second = (np.where(np.isfinite(looks[n]), looks[n], usual) for n in random.integers(len(sources), size=2))
    weight = random.uniform(0, 1)
    look = weight * first + (1 - weight) * second + spread * random.standard_normal(first.shape)
    look[:, Part.AIR] = 0
    missing = [n for n in range(len(look)) if n not in anatomy.present]
    look[missing] = 0
    return np.clip(look, 0, 2).astype(np.float32)
