"""Constraint: what every glioma patient fulfils, asked of one case. True, False, or None where it cannot be told."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.outline.place import LARGEST_SHARE_OF_HEAD
from SynthTrustLib.mixes.audit.features import dilated
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.vocabulary import Contrast, Region

RULES = {
    "tumor_in_brain": "95 % of the tumor lies inside the brain",
    "volume": "the tumor holds more than 0.1 mL and less than a third of the brain",
    "enhances": "the enhancing tumor is brighter on T1c than on T1, against the brain around",
    "edema_bright": "the tumor outside its core is brighter on FLAIR than the brain around",
}
"""Name of each rule, and what it asks."""

_FEWEST_VOXELS = 50


def plausible(sample: Sample) -> dict[str, bool | None]:
    """Whether the case fulfils each of the `RULES`.

    Whether regions nest is asked when the label's file is read, as they always do from then on; see `rows_cases`.
    """
    answers: dict[str, bool | None] = dict.fromkeys(RULES)
    whole, core, enhancing = ((sample.label >> bit & 1).astype(bool) for bit in range(len(Region)))
    if not sample.known[0] or not whole.any():
        return answers
    brain = _without_holes(np.any(sample.image > 0, axis=0))
    answers["tumor_in_brain"] = bool(np.mean(brain[whole]) >= 0.95)
    answers["volume"] = bool(100 < whole.sum() < LARGEST_SHARE_OF_HEAD * brain.sum())
    normal = brain & ~dilated(whole, None, 3)
    present = {tuple(Contrast)[n]: sample.image[n].astype(np.float32, copy=False) for n in sample.present}
    if sample.known[1]:
        edema = whole & ~core
        if Contrast.FLAIR in present and edema.sum() >= _FEWEST_VOXELS and normal.any():
            flair = present[Contrast.FLAIR]
            answers["edema_bright"] = bool(np.median(flair[edema]) > np.median(flair[normal]))
    if sample.known[2] and {Contrast.T1, Contrast.T1C} <= present.keys() and enhancing.sum() >= _FEWEST_VOXELS:
        gain = {
            c: np.median(present[c][enhancing]) - np.median(present[c][normal]) for c in (Contrast.T1, Contrast.T1C)
        }
        answers["enhances"] = bool(gain[Contrast.T1C] > gain[Contrast.T1])
    return answers


def _without_holes(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """`ndimage.binary_fill_holes`, by labels: what is outside hangs together with the volume's faces."""
    labels, count = ndimage.label(np.pad(~mask, 1, constant_values=True))
    return np.asarray(labels[1:-1, 1:-1, 1:-1] != labels[0, 0, 0]) if count > 1 else mask
