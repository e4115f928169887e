"""Small stripped heads with ventricles, tissues and a glioma, each patient another; as samples and as files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from builders import ball, grid
from scipy import ndimage

from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.vocabulary import Contrast

SHAPE = (18, 40, 36)

# White matter, grey matter, fluid, edema, core, enhancing rim, per contrast.
TISSUES = {
    Contrast.T1: (1.1, 0.8, 0.3, 0.7, 0.6, 0.75),
    Contrast.T1C: (1.1, 0.85, 0.3, 0.7, 0.5, 1.7),
    Contrast.T2: (0.6, 0.8, 1.7, 1.3, 1.4, 1.1),
    Contrast.FLAIR: (0.7, 0.85, 0.2, 1.6, 1.2, 1.3),
}


def head(identifier: str, seed: int) -> Sample:
    """One patient."""
    random = np.random.default_rng(seed)
    middle = (np.array(SHAPE) - 1) / 2
    index = (np.indices(SHAPE) - middle.reshape(3, 1, 1, 1)) / (middle * random.uniform(0.82, 0.9, 3)).reshape(
        3, 1, 1, 1
    )
    brain = (index**2).sum(axis=0) <= 1
    folds = ndimage.gaussian_filter(random.standard_normal(SHAPE), (1.5, 2.5, 2.5))
    tissue = np.where(folds > np.median(folds), 0, 1)
    tissue[(index**2).sum(axis=0) > 0.6] = 1  # cortex
    tissue[(index**2).sum(axis=0) > 0.85] = 2  # and the fluid around it
    tissue[ball(SHAPE, middle + random.uniform(-1, 1, 3), random.uniform(3, 5))] = 2
    center = middle + random.choice((-1, 1), 3) * random.uniform((1, 5, 5), (3, 8, 8))
    radius = random.uniform(4.5, 6.5)
    label = np.zeros(SHAPE, np.uint8)
    lobes = ndimage.gaussian_filter(random.standard_normal(SHAPE), 1.5)
    far = np.sqrt(((np.indices(SHAPE) - center.reshape(3, 1, 1, 1)) ** 2).sum(axis=0)) + 2.5 * lobes / lobes.std()
    for bit, share in enumerate((1, random.uniform(0.6, 0.8), random.uniform(0.3, 0.55))):
        region = (far <= radius * share) & brain
        label |= region.astype(np.uint8) << bit
        tissue[region] = 3 + bit
    image = np.stack([np.asarray(TISSUES[contrast])[tissue] for contrast in Contrast])
    image = ndimage.gaussian_filter(image, (0, 0.5, 0.5, 0.5)) + 0.05 * random.standard_normal(image.shape)
    image = np.clip(image, 0.02, 2) * brain
    return Sample(identifier, "", False, image.astype(np.float16), label, (True, True, True), 1)


def heads(count: int, seed: int, prefix: str) -> list[Sample]:
    """Different patients."""
    return [head(f"{prefix}{n}", 1000 * seed + n) for n in range(count)]


def changed(entry: Sample, image: np.ndarray, label: np.ndarray | None = None) -> Sample:
    """The patient with other images, and another label if given."""
    label = entry.label if label is None else label
    return replace(entry, image=np.ascontiguousarray(image).astype(np.float16), label=np.ascontiguousarray(label))


def write(entry: Sample, folder: Path, *, scale: float = 1000.0, offset: float = 0.0, labelled: bool = True) -> Path:
    """The patient as files of one case."""
    folder.mkdir(parents=True)
    geometry = grid(SHAPE)
    for n, contrast in enumerate(Contrast):
        array = entry.image[n].astype(np.float32) * scale + offset
        sitk.WriteImage(geometry.to_sitk(array), str(folder / f"{entry.id}_{contrast.lower()}.nii.gz"))
    if labelled:
        numbers = np.array([0, 2, 0, 1, 0, 0, 0, 3], np.uint8)[entry.label]  # BraTS 2023
        sitk.WriteImage(geometry.to_sitk(numbers), str(folder / f"{entry.id}_seg.nii.gz"))
    return folder
