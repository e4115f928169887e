"""Whether probabilities mean what they say: histograms over the logit, temperature, expected calibration error.

A histogram is all that temperature and calibration error need, so a patient is kept as two rows of counts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LOGIT_LIMIT = 7.0
LOGIT_BINS = 70
"""Bins of 0.2 over the logit from -7 to 7; what lies beyond counts in the outermost bins."""

ECE_BINS = 10

Histogram = npt.NDArray[np.float64]
"""Shape (2, LOGIT_BINS): voxels, and those of them that are in the truth."""


def logit_centres() -> npt.NDArray[np.float64]:
    """The logit in the middle of each bin."""
    edges = np.linspace(-LOGIT_LIMIT, LOGIT_LIMIT, LOGIT_BINS + 1)
    return np.asarray((edges[:-1] + edges[1:]) / 2)


def histogram(probability: npt.NDArray[np.floating], truth: npt.NDArray[np.bool_]) -> Histogram:
    """Counts of voxels (any shape) by the logit of their probability."""
    p = np.clip(np.asarray(probability, np.float64).ravel(), 1e-6, 1 - 1e-6)
    logit = np.log(p / (1 - p))
    index = np.clip(((logit + LOGIT_LIMIT) * LOGIT_BINS / (2 * LOGIT_LIMIT)).astype(int), 0, LOGIT_BINS - 1)
    truth = np.asarray(truth, bool).ravel()
    return np.stack([np.bincount(index, minlength=LOGIT_BINS), np.bincount(index[truth], minlength=LOGIT_BINS)]).astype(
        np.float64
    )


def tempered(temperature: float) -> npt.NDArray[np.float64]:
    """Probability of each bin after dividing its logit by `temperature`."""
    return np.asarray(1 / (1 + np.exp(-logit_centres() / temperature)))


def negative_log_likelihood(histograms: npt.NDArray[np.float64], temperature: float) -> float:
    """Mean over patients (patient, 2, bin) of the mean over voxels: a large tumor counts no more than a small one."""
    p = tempered(temperature)
    voxels, hits = histograms[:, 0], histograms[:, 1]
    loss = -(hits @ np.log(p) + (voxels - hits) @ np.log1p(-p))
    counts = voxels.sum(axis=1)
    return float(np.mean(loss[counts > 0] / counts[counts > 0]))


def reliability(histograms: npt.NDArray[np.float64], temperature: float = 1.0) -> list[tuple[float, float, float]]:
    """(mean probability, share that is in the truth, share of voxels) in ten bins of probability; empty bins left out.

    Every patient weighs the same.
    """
    counts = histograms[:, 0].sum(axis=1)
    shares = histograms[counts > 0] / counts[counts > 0, None, None]
    if not len(shares):
        return []
    voxels, hits = shares.mean(axis=0)
    return in_bins(tempered(temperature), voxels, hits)


def in_bins(
    probability: npt.NDArray[np.float64], voxels: npt.NDArray[np.float64], hits: npt.NDArray[np.float64]
) -> list[tuple[float, float, float]]:
    """As `reliability`, of voxels that share a probability: how many there are, and how many are in the truth; (n,)."""
    index = np.minimum((probability * ECE_BINS).astype(int), ECE_BINS - 1)
    weight, sums, true = (np.bincount(index, what, minlength=ECE_BINS) for what in (voxels, voxels * probability, hits))
    return [(float(p / n), float(hit / n), float(n)) for n, p, hit in zip(weight, sums, true, strict=True) if n > 0]


def calibration_error(histograms: npt.NDArray[np.float64], temperature: float = 1.0) -> float | None:
    """Expected calibration error over ten bins, 0..1; None without a voxel."""
    return expected_error(reliability(histograms, temperature))


def expected_error(rows: list[tuple[float, float, float]]) -> float | None:
    """Expected calibration error of the rows of `reliability`; None without any."""
    total = sum(weight for _, _, weight in rows)
    return sum(weight * abs(p - hit) for p, hit, weight in rows) / total if rows else None
