"""Maps and scorecard of five segmenters and three regions on 240x240x155 voxels.

The maps are compared, in one run, with the plain version that passes over whole volumes; the ratio holds on any
machine, the seconds do not. Run: ``python Testing/Benchmarks/benchmark_maps.py``
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "Testing" / "Python")]

import builders

from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots.find import find_review_spots
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.trust.assess import build_scorecard

SHAPE = (155, 240, 240)
SEGMENTERS, REGIONS = 5, 3
REPEATS = 3


def made_up_stack() -> ProbabilityStack:
    """Five segmenters that see a tumor of about 100 mL, with noisy borders and a faint floor inside the head."""
    random = np.random.default_rng(1)
    k, j, i = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    head = ((k - 77) / 70) ** 2 + ((j - 120) / 85) ** 2 + ((i - 120) / 70) ** 2 <= 1
    probabilities = np.zeros((SEGMENTERS, REGIONS, *SHAPE), np.float32)
    wobble = random.standard_normal((SHAPE[0] // 5, SHAPE[1] // 8, SHAPE[2] // 8)).astype(np.float32)
    wobble = wobble.repeat(5, 0).repeat(8, 1).repeat(8, 2)
    for member in range(SEGMENTERS):
        for region, radius in enumerate((29, 20, 14)):
            distance = np.sqrt((k - 85.0) ** 2 + (j - 100.0) ** 2 + (i - 150.0 - member) ** 2).astype(np.float32)
            inside = radius + 2 * member * wobble - distance
            probabilities[member, region] = head / (1 + np.exp(-np.clip(inside, -16, 16), dtype=np.float32))
    support = (slice(7, 148), slice(35, 206), slice(50, 191))
    stack = builders.stack(probabilities)
    inside = stack.probabilities[(slice(None), slice(None), *support)]
    return ProbabilityStack(inside, stack.segmenters, stack.regions, stack.geometry, support)


def plain_maps(stack: ProbabilityStack) -> list[np.ndarray]:
    """The formulas as they are written down, whole volumes at a time."""

    def entropy(p: np.ndarray) -> np.ndarray:
        q = 1 - p
        with np.errstate(divide="ignore", invalid="ignore"):
            return -(np.where(p > 0, p * np.log2(p), 0) + np.where(q > 0, q * np.log2(q), 0))

    p = stack.probabilities
    pooled = p.mean(axis=0)
    uncertainty = entropy(pooled)
    between = np.clip(uncertainty - entropy(p).mean(axis=0), 0, 1)
    fractions = np.array([card.training_mix.synthetic_fraction for card in stack.segmenters], np.float32)
    centred = fractions - fractions.mean()
    influence = np.clip(np.tensordot(centred / np.sum(centred**2), p, axes=1), -1, 1)
    return [pooled, p.max(axis=0) - p.min(axis=0), uncertainty, between, influence]


def fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> None:
    stack = made_up_stack()
    case = builders.case(geometry=stack.geometry)
    maps = compute_maps(stack)
    for name, ours, plain in zip(
        ("pooled", "disagreement", "uncertainty", "between", "mix_influence"),
        (maps.pooled, maps["disagreement"], maps["uncertainty"], maps.between, maps["mix_influence"]),
        plain_maps(stack),
        strict=True,
    ):
        print(f"{name}: differs from the plain version by at most {np.abs(ours - plain).max():.1e}")
    fused, plain = fastest(lambda: compute_maps(stack)), fastest(lambda: plain_maps(stack))
    print(f"maps: {fused:.2f} s, plain {plain:.2f} s, ratio {fused / plain:.3f}")
    spots = find_review_spots(stack, maps, spacing_trusted=True)
    seconds = fastest(lambda: find_review_spots(stack, maps, spacing_trusted=True))
    print(f"review spots: {seconds:.2f} s ({len(spots)} spots), {seconds / plain:.3f} of the plain maps")
    seconds = fastest(lambda: build_scorecard(case, stack, maps, spots))
    print(f"scorecard: {seconds:.2f} s, {seconds / plain:.3f} of the plain maps")


if __name__ == "__main__":
    main()
