"""Fit the simulator's appearance to training patients, and to nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.mixes.simulator.appearance import Appearance, Look, measure_look
from SynthTrustLib.segmenters.adapters.slices.preprocess import bounding_box, foreground, normalize
from SynthTrustLib.vocabulary import Contrast, Region
from SynthTrustLib.whole_file import write_text

_FLUID_SHARE, _GRAY_SHARE = 0.12, 0.55


def measure_case(
    case: PatientCase,
    masks: Mapping[Region, npt.NDArray[np.bool_]],
    brain: npt.NDArray[np.bool_],
) -> Look:
    """The look of one patient: tissues by rank of brightness on T1 (or on FLAIR), tumor parts by the expert's label.

    Within a healthy brain, the darkest eighth on T1 is fluid, the brightest third white matter, the rest gray matter.
    On FLAIR white matter is darker than gray, so the two change places. `brain` is boolean, (k, j, i).
    """
    images = {}
    for contrast in case.contrasts:
        array = case.volumes[contrast].array
        images[contrast] = _on_its_scale(array)
    guide = Contrast.T1 if Contrast.T1 in images else Contrast.FLAIR
    healthy = ndimage.binary_erosion(brain, iterations=2) & ~ndimage.binary_dilation(masks[Region.WT], iterations=3)
    smooth = ndimage.gaussian_filter(images[guide], (0, 1, 1))
    fluid_top, gray_top = np.quantile(smooth[healthy], (_FLUID_SHARE, _FLUID_SHARE + _GRAY_SHARE))
    middle, bright = (smooth > fluid_top) & (smooth <= gray_top) & healthy, (smooth > gray_top) & healthy
    white, gray = (bright, middle) if guide == Contrast.T1 else (middle, bright)
    classes = {"fluid": (smooth <= fluid_top) & healthy, "gray": gray, "white": white}
    if Region.TC in masks:
        classes["edema"] = masks[Region.WT] & ~masks[Region.TC]
        classes["core"] = masks[Region.TC] & ~masks[Region.ET]
        classes["enhancing"] = masks[Region.ET]
    else:
        classes["edema"] = masks[Region.WT]
    return {str(contrast): measure_look(image, classes) for contrast, image in images.items()}


def _on_its_scale(array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A whole contrast (k, j, i) on the scale that the networks see."""
    mask = foreground(array)
    box = bounding_box(mask)
    out = np.zeros(array.shape, np.float32)
    out[box] = normalize(array[box], mask[box])
    return out


def write_appearance(path: Path, appearance: Appearance) -> None:
    """Store the looks as JSON: means and standard deviations only, no voxel of anyone."""
    write_text(path, json.dumps(list(appearance.looks)))


def read_appearance(path: Path) -> Appearance:
    """Looks stored by `write_appearance`."""
    looks = json.loads(path.read_text())
    return Appearance(
        [{c: {k: (v[0], v[1]) for k, v in classes.items()} for c, classes in look.items()} for look in looks]
    )
