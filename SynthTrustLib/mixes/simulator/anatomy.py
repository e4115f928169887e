"""Heads without a tumor: tissue classes on a 1 mm grid from published label maps, deformed so that no two are alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.errors import InputError

LABEL_MAPS = Path("anatomy", "whole-head-label-maps")
"""Where they lie, below the folder of labelled cases."""

LABEL_MAPS_SOURCE = "https://github.com/BBillot/SynthSeg (data/training_label_maps, *.nii.gz)"


class Tissue(IntEnum):
    """Classes that differ in MRI intensity. Values are what the tissue maps hold."""

    AIR = 0
    WHITE = 1
    GRAY = 2
    DEEP_GRAY = 3
    VENTRICLE = 4
    FLUID = 5  # cerebrospinal fluid around the brain
    SOFT = 6  # muscle, fat and everything else outside the brain
    SKIN = 7
    BONE = 8
    MARROW = 9
    EYE = 10
    VESSEL = 11


BRAIN = (Tissue.WHITE, Tissue.GRAY, Tissue.DEEP_GRAY, Tissue.VENTRICLE)

# FreeSurfer's numbers for the brain, CHARM's (SimNIBS) from 500 for the rest.
_FREESURFER = {
    Tissue.WHITE: (2, 41, 7, 46, 16, 28, 60, 77, 85, 192, 251, 252, 253, 254, 255),
    Tissue.GRAY: (3, 42, 8, 47, 17, 53, 18, 54),
    Tissue.DEEP_GRAY: (10, 49, 11, 50, 12, 51, 13, 52, 26, 58),
    Tissue.VENTRICLE: (4, 43, 5, 44, 14, 15, 31, 63, 72),
    Tissue.FLUID: (24, 520),
    Tissue.SOFT: (507, 508, 509, 512),
    Tissue.SKIN: (511,),
    Tissue.BONE: (515,),
    Tissue.MARROW: (516,),
    Tissue.EYE: (506, 530),
    Tissue.VESSEL: (502, 514, 30, 62),
}


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A head on a 1 mm grid."""

    tissue: npt.NDArray[np.uint8]
    """Shape (k, j, i). `Tissue` values; axes run from inferior to superior, anterior to posterior, right to left
    (LPS)."""
    name: str
    """Which published map it comes from."""

    @property
    def brain(self) -> npt.NDArray[np.bool_]:
        """Brain with ventricles and the fluid in its folds, as brain extraction leaves it."""
        solid = np.isin(self.tissue, BRAIN)
        near = ndimage.binary_closing(solid, iterations=4) | ndimage.binary_dilation(solid, iterations=1)
        return np.asarray(near & (solid | (self.tissue == Tissue.FLUID)))


def find_label_maps(data: Path) -> list[Path]:
    """The whole-head label maps of a folder of labelled cases (or beside a table of them), in order.

    Raises InputError if there are none.
    """
    folder = (data.parent if data.is_file() else data) / LABEL_MAPS
    maps = sorted(folder.glob("*.nii.gz"))
    if not maps:
        raise InputError(
            "the simulator finds no whole-head label maps here",
            source=str(folder),
            next_step=f"Put those of {LABEL_MAPS_SOURCE} there, or use a trained generator.",
        )
    return maps


def read_label_map(path: Path) -> Anatomy:
    """A whole-head map with FreeSurfer-style labels, cropped to the head above the chin."""
    image = read_image(path)
    labels = image.geometry.orientation.view(image.array).astype(np.int32)
    table = np.zeros(max(1000, int(labels.max()) + 1), np.uint8)
    table[1:] = Tissue.SOFT
    for tissue, numbers in _FREESURFER.items():
        table[list(numbers)] = tissue
    table[100:200] = Tissue.GRAY  # cerebellar lobules and other small parts in these maps
    table[[163, 164]] = Tissue.SOFT
    tissue_map = table[labels]
    brain = np.isin(tissue_map, BRAIN)
    low = int(np.flatnonzero(brain.any(axis=(1, 2)))[0])
    tissue_map = tissue_map[max(0, low - 5) :]
    head = ndimage.find_objects((tissue_map > 0).astype(np.uint8))[0]
    return Anatomy(np.ascontiguousarray(tissue_map[head]), path.name.split(".")[0])


def deform(anatomy: Anatomy, random: np.random.Generator, strength_mm: float = 4.0) -> Anatomy:
    """The head mirrored by chance, scaled by up to 6 % an axis and bent smoothly by about `strength_mm`."""
    tissue = anatomy.tissue[:, :, ::-1] if random.random() < 0.5 else anatomy.tissue
    scale = random.uniform(0.94, 1.06, 3)
    shape = tuple(round(n * s) for n, s in zip(tissue.shape, scale, strict=True))
    coordinates = []
    for axis, (new, old) in enumerate(zip(shape, tissue.shape, strict=True)):
        ramp = np.linspace(0, old - 1, new, dtype=np.float32).reshape([-1 if n == axis else 1 for n in range(3)])
        coordinates.append(smooth_noise(shape, 40.0, random) * np.float32(strength_mm) + ramp)
    bent = ndimage.map_coordinates(tissue, coordinates, order=0, mode="constant", cval=0)
    return Anatomy(np.asarray(bent, np.uint8), anatomy.name)


def smooth_noise(shape: tuple[int, ...], scale: float, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Gaussian noise with structures of about `scale` voxels, standard deviation about 1. Shape as asked."""
    step = max(1.0, scale / 2)
    coarse = random.standard_normal([int(np.ceil(n / step)) + 3 for n in shape]).astype(np.float32)
    coarse = ndimage.gaussian_filter(coarse, 1.0)
    coarse /= max(float(coarse.std()), 1e-6)
    factors = [n / (c - 2) for n, c in zip(shape, coarse.shape, strict=True)]
    fine = ndimage.zoom(coarse[tuple(slice(1, -1) for _ in shape)], factors, order=1, mode="nearest")
    return np.asarray(fine[tuple(slice(0, n) for n in shape)], np.float32)
