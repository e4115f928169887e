"""Congruence: are synthetic values distributed as real ones are, feature by feature?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.intervals import Figure, resample_two

BINS = 8
"""Bins of the histograms: few, because the sets are small."""


def congruence(
    real: npt.NDArray[np.float64], synthetic: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> dict[str, Figure]:
    """Distances between the distributions of one feature.

    `real` and `synthetic`: shape (case,); finite values.

    Returns ``jsd`` (Jensen-Shannon divergence, base 2, 0..1), ``emd`` (earth mover's distance in standard deviations of
    the real values) and ``cosine`` (similarity of the histograms, 0..1). Small sets differ by chance alone: compare
    with the same figures of held-out real patients.
    """
    measures = {"jsd": jensen_shannon, "emd": earth_mover, "cosine": cosine}
    return {name: resample_two(measure, real, synthetic, random, draws) for name, measure in measures.items()}


def jensen_shannon(real: npt.NDArray[Any], synthetic: npt.NDArray[Any]) -> float:
    """Jensen-Shannon divergence of the histograms, base 2."""
    from scipy.spatial.distance import jensenshannon

    p, q = _histograms(real, synthetic)
    return float(jensenshannon(p, q, base=2) ** 2) if not np.array_equal(p, q) else 0.0


def earth_mover(real: npt.NDArray[Any], synthetic: npt.NDArray[Any]) -> float:
    """Wasserstein distance in standard deviations of the real values."""
    from scipy.stats import wasserstein_distance

    return float(wasserstein_distance(real, synthetic) / max(float(np.std(real)), 1e-9))


def cosine(real: npt.NDArray[Any], synthetic: npt.NDArray[Any]) -> float:
    """Cosine similarity of the histograms."""
    p, q = _histograms(real, synthetic)
    return float(p @ q / np.sqrt((p @ p) * (q @ q)))


def _histograms(
    real: npt.NDArray[Any], synthetic: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    low = min(real.min(), synthetic.min())
    high = max(real.max(), synthetic.max())
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    p, q = np.histogram(real, edges)[0].astype(float), np.histogram(synthetic, edges)[0].astype(float)
    return p / p.sum(), q / q.sum()
