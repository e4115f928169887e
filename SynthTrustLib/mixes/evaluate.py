"""Dice of a segmenter on held-out patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.intervals import FEWEST_CASES, mean_interval
from SynthTrustLib.mixes.dataset import Sample, slab
from SynthTrustLib.segmenters.adapters.slices.mirrored import as_card_asks
from SynthTrustLib.segmenters.adapters.slices.preprocess import SLICES_PER_CONTRAST
from SynthTrustLib.segmenters.adapters.slices.smooth_slices import smooth_slices, smoothing_of
from SynthTrustLib.segmenters.engines.engine import Engine, Network, batch_starts
from SynthTrustLib.segmenters.nested_regions import nested
from SynthTrustLib.segmenters.package.card import HeldOutResult
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.trust.measures.overlap import mask_dice
from SynthTrustLib.vocabulary import Region


def answer(package: SegmenterPackage, sample: Sample, engine: Engine) -> npt.NDArray[np.float32]:
    """A segmenter's probabilities for a sample, (region, K, H, W), by the engine that runs it on patients, too."""
    count, height, width = sample.label.shape
    size = min(engine.batch, count)
    network = engine.compile(package, (size, sample.image.shape[0] * SLICES_PER_CONTRAST, height, width))
    return run_network(as_card_asks(network, package.card), sample, size, smoothing_of(package.card))


def run_network(network: Network, sample: Sample, size: int, smoothing: float) -> npt.NDArray[np.float32]:
    """A network's probabilities for a sample, (region, K, H, W), as of `run_segmenters`; `size` slices a batch."""
    starts = batch_starts(len(sample.label), size)
    image = sample.image.astype(np.float32)  # once: a slice stands in three slabs
    batches = (np.stack([slab(image, k, sample.step) for k in range(n, n + size)]) for n in starts)
    found = np.empty((len(Region), *sample.label.shape), np.float32)
    for start, probabilities in zip(starts, network.run(batches), strict=True):
        found[:, start : start + size] = nested(probabilities, tuple(Region), GLIOMA).transpose(1, 0, 2, 3)
    smooth_slices(found, smoothing)
    return found


def evaluate(found: Mapping[str, npt.NDArray[np.bool_]], sample: Sample) -> dict[str, float]:
    """Dice of what is outlined (K, H, W) with every region that the sample's label tells."""
    return {
        region: mask_dice(found[region], (sample.label >> bit & 1).astype(bool))
        for bit, region in enumerate(Region)
        if sample.known[bit]
    }


def held_out_dice(region: str, cohort: str, values: Sequence[float]) -> HeldOutResult | None:
    """Mean Dice on held-out patients as a card states it; `cohort` names them, `values` are one a patient.

    A card states no Dice without an interval: None for too few patients.
    """
    if len(values) < FEWEST_CASES:
        return None
    return HeldOutResult("dice", region, cohort, float(np.mean(values)), *mean_interval(values), len(values))
