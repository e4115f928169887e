"""A folder of labelled patients on disk: small generated brains with tumors, for tests from generator to report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from builders import ball, grid
from scipy import ndimage

SHAPE, SPACING = (8, 64, 64), (4.0, 1.0, 1.0)

ADULT = (4.0, 2.5, 2.5)
"""Spacing with which the brains are as large as people's, so that millimetres are trusted."""


def write_patient(
    folder: Path, seed: int, *, site="x", same=None, label_value=None, label_shape=SHAPE, spacing=SPACING
) -> None:
    """A brain of two tissues with a bright tumor of three shells: four contrasts, ``seg.nii.gz``, ``meta.json``."""
    import SimpleITK as sitk

    random = np.random.default_rng(seed)
    index = np.arange(SHAPE[1])
    plane = (index[:, None] - 32) ** 2 + (index[None] - 32) ** 2
    brain = np.broadcast_to(plane <= 26**2, SHAPE)
    inner = np.broadcast_to(plane <= 19**2, SHAPE)
    center = (4, 32 + random.uniform(-8, 8), 32 + random.choice([-1, 1]) * random.uniform(6, 10))
    size = random.uniform(0.8, 1.2)
    distance = np.sqrt(
        sum(((axis - c) * s) ** 2 for axis, c, s in zip(np.indices(SHAPE), center, (3, 1, 1), strict=True))
    )
    label = np.select([distance < 4 * size, distance < 6 * size, distance < 9 * size], [4, 1, 2], 0).astype(np.uint8)
    label[~brain] = 0
    # One anatomy in all contrasts, the same from no other side: else registration would search for a better fit.
    anatomy = ndimage.gaussian_filter(np.random.default_rng(99).standard_normal(SHAPE), (1.5, 4, 4))
    anatomy *= 60 / anatomy.std()
    geometry = grid(SHAPE, spacing)
    folder.mkdir(parents=True)
    for name, (gray, white, *tumor) in {
        "t1": (500, 700, 300, 400, 450),
        "t1c": (500, 700, 300, 420, 1200),
        "t2": (600, 450, 900, 1000, 800),
        "flair": (550, 450, 700, 1000, 900),
    }.items():
        image = (
            np.where(inner, white, gray) + anatomy * (1 if white > gray else -1) + 40 * random.standard_normal(SHAPE)
        )
        for value, intensity in zip((1, 2, 4), tumor, strict=True):
            image[label == value] = intensity + 40 * random.standard_normal(int((label == value).sum()))
        image = np.where(brain, np.maximum(image, 1), 0).astype(np.int16)
        sitk.WriteImage(geometry.to_sitk(image), str(folder / f"{name}.nii.gz"))
    if label_value is not None:
        label[ball(SHAPE, (1, 32, 32), 2)] = label_value
    if label_shape != SHAPE:
        label, geometry = np.resize(label, label_shape), grid(label_shape, spacing)
    sitk.WriteImage(geometry.to_sitk(label), str(folder / "seg.nii.gz"))
    (folder / "meta.json").write_text(json.dumps({"site": site, "same_patient_as": same}))


def write_cohort(folder: Path, sizes=(4, 2, 3), cohort="a", spacing=SPACING) -> Path:
    """Patients p0, p1, ... of two sites under ``folder/cohort``, and their split; returns the split's path."""
    names = [f"p{n}" for n in range(sum(sizes))]
    for n, name in enumerate(names):
        write_patient(folder / cohort / name, n, site="xy"[n % 2], spacing=spacing)
    ends = np.cumsum(sizes)
    parts = {
        part: names[end - size : end]
        for part, size, end in zip(("train", "calibration", "test"), sizes, ends, strict=True)
    }
    split = folder.parent / "split.json"
    split.write_text(json.dumps({"command": "test", "cohorts": {cohort: parts}}))
    return split
