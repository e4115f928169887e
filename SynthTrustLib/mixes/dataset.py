"""Training samples: prepared once, kept in memory, drawn slice by slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.segmenters.preprocess import Preprocessing, prepare, project
from SynthTrustLib.vocabulary import Contrast, Region


@dataclass(frozen=True, eq=False)
class Sample:
    """One case as the networks see it, with its truth.

    Attributes
    ----------
    image : float16, shape (contrast, K, H, W), as `PreparedCase.image`
    label : uint8, shape (K, H, W)
        Bit 0 whole tumor, bit 1 tumor core, bit 2 enhancing tumor.
    known : tuple of bool
        Which regions the label tells.
    """

    id: str
    cohort: str
    synthetic: bool
    image: npt.NDArray[np.float16]
    label: npt.NDArray[np.uint8]
    known: tuple[bool, bool, bool]
    step: int

    @cached_property
    def present(self) -> list[int]:
        """Channels of the contrasts that are there."""
        return [n for n in range(len(Contrast)) if self.image[n].any()]


def make_sample(
    identifier: str,
    cohort: str,
    case: PatientCase,
    masks: Mapping[Region, npt.NDArray[np.bool_]],
    regions: tuple[Region, ...],
    settings: Preprocessing,
    *,
    synthetic: bool,
) -> Sample:
    """Prepare a case and its truth for training; `regions` are those whose labels may be learned from."""
    prepared = prepare(case, settings)
    label = np.zeros(prepared.image.shape[1:], np.uint8)
    for bit, region in enumerate(Region):
        if region in regions:
            label |= (project(masks[region].astype(np.float32), prepared) >= 0.5).astype(np.uint8) << bit
    known = (Region.WT in regions, Region.TC in regions, Region.ET in regions)
    image = prepared.image.astype(np.float16)
    return Sample(identifier, cohort, synthetic, image, label, known, prepared.step)


def slab(image: npt.NDArray[np.float16], k: int, step: int) -> npt.NDArray[np.float32]:
    """The three slices about `k` of all contrasts, shape (12, H, W), as `PreparedCase.batch` gives them."""
    last = image.shape[1] - 1
    triple = np.clip([k - step, k, k + step], 0, last)
    return image[:, triple].reshape(-1, *image.shape[2:]).astype(np.float32)


class SliceSampler:
    """Draws batches: first a cohort (each equally often), then one of its cases, then a slice, with or without tumor.

    Parameters
    ----------
    tumor_share : float
        Share of the slices that are drawn among those with tumor.
    crop : tuple of int
        Rows and columns of the crops.
    """

    def __init__(
        self,
        samples: list[Sample],
        seed: int,
        *,
        batch: int = 8,
        crop: tuple[int, int] = (192, 160),
        tumor_share: float = 0.6,
    ) -> None:
        self.samples = samples
        self.random = np.random.default_rng(seed)
        self.batch, self.crop, self.tumor_share = batch, crop, tumor_share
        cohorts = sorted({sample.cohort for sample in samples})
        self._cohorts = [[n for n, sample in enumerate(samples) if sample.cohort == cohort] for cohort in cohorts]
        self._tumor = [np.flatnonzero(sample.label.any(axis=(1, 2))) for sample in samples]

    def draw(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Images (batch, 12, *crop), truth (batch, 3, *crop), known regions (batch, 3)."""
        images = np.zeros((self.batch, 12, *self.crop), np.float32)
        truth = np.zeros((self.batch, 3, *self.crop), np.float32)
        known = np.zeros((self.batch, 3), np.float32)
        for n in range(self.batch):
            members = self._cohorts[int(self.random.integers(len(self._cohorts)))]
            index = members[int(self.random.integers(len(members)))]
            sample, tumor = self.samples[index], self._tumor[index]
            if len(tumor) and self.random.random() < self.tumor_share:
                k = int(tumor[self.random.integers(len(tumor))])
            else:
                k = int(self.random.integers(sample.label.shape[0]))
            step = max(1, sample.step + int(self.random.integers(-1, 2))) if sample.step > 1 else 1
            rows, columns = self._window(sample)
            image = sample.image[:, :, rows, columns]
            picture = slab(image, k, step)
            label = sample.label[k, rows, columns]
            height, width = label.shape
            images[n, :, :height, :width] = self._drop(picture, sample)
            for bit in range(3):
                truth[n, bit, :height, :width] = (label >> bit) & 1
            known[n] = sample.known
        return images, truth, known

    def _window(self, sample: Sample) -> tuple[slice, slice]:
        sizes = zip(sample.label.shape[1:], self.crop, strict=True)
        rows, columns = (int(self.random.integers(0, max(1, size - crop + 1))) for size, crop in sizes)
        return slice(rows, rows + self.crop[0]), slice(columns, columns + self.crop[1])

    def _drop(self, picture: npt.NDArray[np.float32], sample: Sample) -> npt.NDArray[np.float32]:
        """Leave out contrasts by chance, never all of them, so that the network learns to live without any."""
        present = sample.present
        if len(present) > 1 and self.random.random() < 0.5:
            keep = int(self.random.integers(1, len(present)))
            kept = set(self.random.permutation(present)[:keep].tolist())
            if self.random.random() < 0.5:
                kept.add(tuple(Contrast).index(Contrast.FLAIR))  # most patients have one; tumors show best there
            for channel in present:
                if channel not in kept:
                    picture[3 * channel : 3 * channel + 3] = 0
        return picture
