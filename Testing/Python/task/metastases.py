"""A task that nobody has written code for: one contrast, one region; an image of it, and two segmenters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from segmenters import onnx_models

from SynthTrustLib.task.task import Task, TaskContrast, TaskRegion

METASTASES = Task(
    id="metastases",
    contrasts=(TaskContrast("CT"),),
    regions=(TaskRegion("MET", "metastasis", 7, "#ff4fc0", "SCT^14799000^Neoplasm, Secondary"),),
    category="SCT^49755003^Morphologically Altered Structure",
    anatomy="SCT^12738006^Brain",
)
SHAPE, SPACING = (24, 48, 48), (3.0, 3.0, 3.0)
LESION = np.s_[10:15, 20:27, 26:33]


def head() -> npt.NDArray[np.float32]:
    """The image, shape (k, j, i): a head of 100 with a lesion of 160."""
    k, j, i = np.indices(SHAPE)
    inside = ((k - 12) / 11) ** 2 + ((j - 24) / 22) ** 2 + ((i - 24) / 22) ** 2 < 1
    image = np.where(inside, np.random.default_rng(1).normal(100, 5, SHAPE), 0).astype(np.float32)
    image[LESION] = 160
    return image


def write_segmenters(folder: Path) -> Path:
    """Two packages, met-0 and met-1, that outline what is bright. Returns `folder`."""
    for number, steepness in enumerate((8.0, 9.0)):
        model = onnx_models.pixelwise([[0, steepness, 0]], [-1.85 * steepness], np.float32)
        onnx_models.package(
            folder,
            f"met-{number}",
            model,
            task=METASTASES,
            family="mets",
            contrasts=("CT",),
            regions=("MET",),
            thresholds={"MET": 0.5},
            presets=(),
        )
    return folder
