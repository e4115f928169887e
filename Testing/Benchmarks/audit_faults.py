"""Faults that are planted into sets, whose audit must find and name them; and how a rate of finding them is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import ndimage
from scipy.stats import beta

from SynthTrustLib.mixes.audit.audit_given import MeasuredSet, audit_given
from SynthTrustLib.mixes.audit.case_measures import CaseMeasures, measure_sample
from SynthTrustLib.mixes.audit.same_terms import SameTerms
from SynthTrustLib.mixes.audit.set_audit import GivenSet, SetAudit
from SynthTrustLib.mixes.dataset import Sample

STEP = 2
"""Voxels of 1 mm along each side of a voxel that is measured, so that one thread needs minutes and not hours."""

STRONG, MILD = "strong", "mild"

Sets = tuple[list[CaseMeasures], ...]
"""Synthetic cases, real ones, and those of training patients where a fault needs them."""


@dataclass(frozen=True)
class Fault:
    """A fault, how it is planted into half of the patients, and the rows that name it."""

    name: str
    rows: tuple[str, ...]
    make: Callable[[Any, str, np.random.Generator], Sets]
    """From patients (``ids``, and ``measured`` of one with a change), a level and chance."""

    is_of_the_whole: bool = False
    """No row counts the cases that have it: only comparing the sets as wholes can find it."""

    def plant(self, patients: Any, level: str, random: np.random.Generator, draws: int) -> SetAudit:
        made, real, *training = self.make(patients, level, random)
        return audit(made, real, training[0] if training else None, draws=draws)


def audit(
    made: list[CaseMeasures],
    real: list[CaseMeasures],
    training: list[CaseMeasures] | None = None,
    *,
    draws: int,
) -> SetAudit:
    def measured(cases: list[CaseMeasures]) -> MeasuredSet:
        return MeasuredSet(GivenSet("set", len(cases), len(cases), len(cases), {}, {}), tuple(cases))

    seen = measured(training) if training else None
    return audit_given(measured(made), measured(real), seen, {}, "benchmark", draws=draws)


def tell(what: str, hits: int, of: int) -> None:
    """A rate with its 95 % interval (Clopper and Pearson 1934)."""
    low = beta.ppf(0.025, hits, of - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, of - hits) if hits < of else 1.0
    print(f"{what}: {hits} of {of} ({hits / of:.0%}, 95 % interval {low:.0%} to {high:.0%})", flush=True)


def measured_in_mm(sample: Sample, key: str, terms: SameTerms | None = None) -> CaseMeasures:
    """What an audit measures of a reduced case; distances are in mm, as where voxels are of 1 mm."""
    made = measure_sample(sample, key, terms=terms)
    return replace(made, offset=made.offset * STEP)


def reduced(sample: Sample) -> Sample:
    """The patient in voxels of `STEP` mm."""
    return replace(sample, image=_reduced_images(sample.image), label=_reduced_labels(sample.label))


def _reduced_images(image: np.ndarray) -> np.ndarray:
    """Means of blocks; a block that is half air is air."""
    blocks = _blocks(image)
    there = (blocks > 0).mean(axis=(-1, -3, -5)) >= 0.5
    return (blocks.astype(np.float32).mean(axis=(-1, -3, -5)) * there).astype(np.float16)


def _reduced_labels(label: np.ndarray) -> np.ndarray:
    out = np.zeros([n // STEP for n in label.shape], np.uint8)
    for bit in range(3):
        out |= (_blocks(label >> bit & 1).mean(axis=(-1, -3, -5)) >= 0.5).astype(np.uint8) << bit
    return out


def _blocks(array: np.ndarray) -> np.ndarray:
    *before, k, j, i = array.shape
    cut = array[..., : k // STEP * STEP, : j // STEP * STEP, : i // STEP * STEP]
    return cut.reshape(*before, k // STEP, STEP, j // STEP, STEP, i // STEP, STEP)


# Changes: what a fault does to one patient.


def noisy(sample: Sample, seed: int, share: float, flip: bool, shift: int) -> Sample:
    """A copy in disguise: noise of `share` of the brain's deviation, mirrored, moved by `shift` voxels."""
    random = np.random.default_rng(seed)
    image = sample.image.astype(np.float32)
    brain = image > 0
    for channel in sample.present:
        spread = float(image[channel][brain[channel]].std())
        image[channel] += share * spread * random.standard_normal(image[channel].shape).astype(np.float32)
    image = np.where(brain, np.maximum(image, 0.01), 0)
    label = sample.label
    if flip:
        image, label = image[..., ::-1], label[..., ::-1]
    if shift:
        offset = (shift, -shift, shift)
        image = np.stack([moved(one, offset) for one in image])
        label = moved(label, offset)
    return replace(sample, image=np.ascontiguousarray(image).astype(np.float16), label=np.ascontiguousarray(label))


def moved(array: np.ndarray, offset: tuple[int, ...]) -> np.ndarray:
    """Moved by whole voxels; what leaves the volume is gone."""
    return ndimage.shift(array, offset, order=0)


def swapped(sample: Sample, *order: int) -> Sample:
    """The contrasts in another order, by default with T2 and FLAIR exchanged."""
    return replace(sample, image=sample.image[list(order or (0, 1, 3, 2))])


def resized(sample: Sample, factor: float) -> Sample:
    """A head so many times as long, wide and high."""
    image = ndimage.zoom(sample.image.astype(np.float32), (1, factor, factor, factor), order=1)
    return replace(sample, image=image.astype(np.float16), label=ndimage.zoom(sample.label, factor, order=0))
