"""Training samples: prepared once, kept in memory, drawn slice by slice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing, prepare, project
from SynthTrustLib.vocabulary import Contrast, Region

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Sample:
    """One case as the networks see it, with its truth."""

    id: str
    cohort: str
    synthetic: bool
    image: npt.NDArray[np.floating]
    """Shape (contrast, K, H, W), as `PreparedCase.image`; float16 where it is kept, float32 where it is measured."""
    label: npt.NDArray[np.uint8]
    """Shape (K, H, W). Bit 0 whole tumor, bit 1 tumor core, bit 2 enhancing tumor."""
    known: tuple[bool, bool, bool]
    """Which regions the label tells."""
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


def first_samples(samples: Iterable[Sample]) -> list[Sample]:
    """The first sample of every case: the patient as he is, skull and all."""
    first: dict[str, Sample] = {}
    for sample in samples:
        first.setdefault(sample.id, sample)
    return list(first.values())


def neighbours(k: int, step: int, slices: int) -> list[int]:
    """The slice before `k`, `k` and the one behind it, `step` apart; the ends stand in for what lies beyond them."""
    return [max(0, k - step), k, min(slices - 1, k + step)]


def slab(image: npt.NDArray[np.floating], k: int, step: int) -> npt.NDArray[np.float32]:
    """The three slices about `k` of all contrasts, shape (12, H, W), as `PreparedCase.batch` gives them."""
    return image[:, neighbours(k, step, image.shape[1])].reshape(-1, *image.shape[2:]).astype(np.float32, copy=False)


class SliceSampler:
    """Draws batches of whole slices, as the networks see them later: air, skull and all.

    Crops would show a network less air and less of the head than a patient does, and instance normalization would
    answer differently. A batch therefore holds slices of one size, and fewer of them where they are larger: the first
    case decides the size, and the others are drawn among the cases of that size.

    Parameters
    ----------
    pixels : int
        How many pixels a batch holds at most (but always one slice).
    tumor_share : float
        Share of the slices that are drawn among those with tumor.
    dropped_share : float
        Share of the slices of which some contrasts are left out.
    device : str or torch.device
        Where the samples are kept and the batches are put together.
    """

    def __init__(
        self,
        samples: list[Sample],
        seed: int,
        *,
        pixels: int = 250_000,
        tumor_share: float = 0.5,
        dropped_share: float = 0.5,
        device: str | torch.device = "cpu",
    ) -> None:
        import torch

        self.samples = samples
        self.random = np.random.default_rng(seed)
        self.pixels, self.tumor_share, self.dropped_share = pixels, tumor_share, dropped_share
        self._weights = cohort_weights([sample.cohort for sample in samples])
        self._sizes = [sample.label.shape[1:] for sample in samples]
        self._tumor = [np.flatnonzero(sample.label.any(axis=(1, 2))) for sample in samples]

        self._images = [torch.from_numpy(sample.image).to(device) for sample in samples]
        self._labels = [torch.from_numpy(sample.label).to(device) for sample in samples]

    def draw(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Images (slice, 12, H, W), truth (slice, 3, H, W), known regions (slice, 3); all float32."""
        import torch

        height, width = self._sizes[int(self.random.choice(len(self.samples), p=self._weights))]
        chances = self._weights * [size == (height, width) for size in self._sizes]
        count = max(1, self.pixels // (height * width))
        pictures, labels, shown, known = [], [], [], []
        for index in self.random.choice(len(self.samples), size=count, p=chances / chances.sum()):
            sample, tumor = self.samples[index], self._tumor[index]
            if len(tumor) and self.random.random() < self.tumor_share:
                k = int(tumor[self.random.integers(len(tumor))])
            else:
                k = int(self.random.integers(sample.label.shape[0]))
            step = max(1, sample.step + int(self.random.integers(-1, 2))) if sample.step > 1 else 1
            pictures += [self._images[index][:, n] for n in neighbours(k, step, sample.label.shape[0])]
            labels.append(self._labels[index][k])
            shown.append(self._shown(sample))
            known.append(sample.known)
        # Nothing before this line computes, and nothing behind it waits for a GPU.
        images = torch.stack(pictures).unflatten(0, (count, -1)).transpose(1, 2).float()
        told, regions = (
            torch.tensor(rows, dtype=torch.float32).to(images.device, non_blocking=True) for rows in (shown, known)
        )
        images *= told[:, :, None, None, None]
        label = torch.stack(labels)
        return images.flatten(1, 2), torch.stack([label >> bit & 1 for bit in range(3)], dim=1).float(), regions

    def _shown(self, sample: Sample) -> list[bool]:
        """Which contrasts are not left out by chance: one at least, so that the network learns to live without any."""
        present = sample.present
        if len(present) < 2 or self.random.random() >= self.dropped_share:
            return [True] * len(Contrast)
        keep = int(self.random.integers(1, len(present)))
        kept = set(self.random.permutation(present)[:keep].tolist())
        if self.random.random() < 0.5:
            kept.add(tuple(Contrast).index(Contrast.FLAIR))  # most patients have one; tumors show best there
        return [channel in kept for channel in range(len(Contrast))]


def cohort_weights(cohorts: Sequence[str]) -> npt.NDArray[np.float64]:
    """How often each sample is drawn: a cohort in proportion to the root of its size, so that small ones are heard."""
    sizes = Counter(cohorts)
    weights = np.array([sizes[cohort] ** -0.5 for cohort in cohorts])
    return np.asarray(weights / weights.sum())
