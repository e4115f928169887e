"""A small patient on disk, and segmenters that find its tumor by brightness."""

from __future__ import annotations

from pathlib import Path

import builders
import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from segmenters import onnx_models

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.vocabulary import Contrast

SHAPE = (20, 48, 40)
CENTER = (10, 24, 16)

FLAIR_CHANNEL, T1C_CHANNEL = 10, 4
"""This slice of FLAIR and of T1c among the twelve input channels."""


def geometry() -> Geometry:
    """Thick slices, not at the origin: what goes wrong with a geometry shows."""
    return builders.grid(SHAPE, spacing=(7.0, 4.0, 4.0), origin=(75.0, 95.0, -60.0))


def tumor() -> dict[str, np.ndarray]:
    """The truth: three nested balls."""
    radii = {"WT": 7.0, "TC": 4.5, "ET": 2.5}
    return {region: builders.ball(SHAPE, CENTER, radius) for region, radius in radii.items()}


def arrays() -> dict[Contrast, np.ndarray]:
    """A head of one anatomy with noise of every contrast's own; FLAIR bright in WT, T1c bright in ET."""
    draw = np.random.default_rng(0)
    k, j, i = np.indices(SHAPE)
    head = ((k - 9.5) / 9) ** 2 + ((j - 23.5) / 20) ** 2 + ((i - 19.5) / 17) ** 2 <= 1
    truth = tumor()
    anatomy = ndimage.gaussian_filter(draw.standard_normal(SHAPE), 1.5)
    anatomy *= 28 / anatomy.std()
    bright = {Contrast.FLAIR: truth["WT"], Contrast.T1C: truth["ET"]}
    return {
        contrast: np.where(
            head, 400 + anatomy + 8 * draw.standard_normal(SHAPE) + 600 * bright.get(contrast, 0), 0
        ).astype("f4")
        for contrast in Contrast
    }


def write_patient(folder: Path) -> dict[Contrast, Path]:
    """Four contrasts and ``seg.nii.gz`` (BraTS labels) in `folder`; returns the contrasts' paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for contrast, array in arrays().items():
        paths[contrast] = folder / f"{contrast.lower()}.nii.gz"
        sitk.WriteImage(geometry().to_sitk(array), str(paths[contrast]))
    truth = tumor()
    labels = np.where(truth["ET"], 3, np.where(truth["TC"], 1, np.where(truth["WT"], 2, 0))).astype(np.uint8)
    sitk.WriteImage(geometry().to_sitk(labels), str(folder / "seg.nii.gz"))
    return paths


def write_segmenters(folder: Path, synthetic=(0, 50, 100)) -> Path:
    """Packages ``mix-0``, ``mix-50``, ...: the more synthetic cases, the more they draw. Returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in synthetic:
        weight = np.zeros((3, 12))
        weight[0, FLAIR_CHANNEL] = weight[1, FLAIR_CHANNEL] = weight[2, T1C_CHANNEL] = 8.0
        bias = np.array([-11.0, -13.0, -12.0]) + number / 50
        mix = builders.card(synthetic=number, real=100 - number).training_mix
        onnx_models.package(folder, f"mix-{number}", onnx_models.pixelwise(weight, bias), training_mix=mix)
    return folder
