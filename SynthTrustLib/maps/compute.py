"""The maps of a ProbabilityStack, in one fused pass."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import GeometryError
from SynthTrustLib.maps.mix_fit import PROPORTION, MixFit, fit_mixes, why_no_slope
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack

NEGLIGIBLE = 2.0**-20
"""Where no segmenter gives a voxel a higher probability than this (about 1e-6), `uncertainty` and `between` may be
written as 0. They are off by at most the entropy of this probability, 2.1e-5. The other maps are exact everywhere."""

THREADS = 2
"""numpy works outside Python's lock; more threads wait for the memory."""

SLAB_VOXELS = 2**16
"""A pass over this many voxels of all segmenters stays in the processor's cache."""

_TINY = np.float32(np.finfo(np.float32).tiny)
"""In the place of 0 inside a logarithm: 0 * log(tiny) is 0."""

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Slab:
    """Views of the five maps for one region and a few slices (k, j, i); `influence` is None where it is unknown."""

    pooled: Array
    disagreement: Array
    uncertainty: Array
    between: Array
    influence: Array | None


def compute_maps(stack: ProbabilityStack) -> TrustMaps:
    """Pooled probability, disagreement, uncertainty, between-segmenter part and mix influence.

    All are 0 outside the stack's support. With one segmenter `disagreement` and `between` are 0. Ranges hold exactly:
    nothing is NaN, and rounding is clipped. Where all segmenters give the same probability, `disagreement`, `between`
    and `mix_influence` are exactly 0.

    Formulas: uncertainty = h(mean p) / ln 2; between = (h(mean p) - mean h(p)) / ln 2, h the binary entropy in nats
    (mutual information as in ValUES, ICLR 2024); mix influence = least-squares slope of p against the synthetic
    fraction, 0 where it cannot be told from the spread between seeds (if any mix has several).

    Raises
    ------
    GeometryError
        If the probabilities do not fit the stack's grid.
    """
    members, regions = stack.probabilities.shape[:2]
    if stack.probabilities.shape != (len(stack.segmenters), len(stack.regions), *stack.geometry.shape) or not members:
        raise GeometryError(
            f"an array of shape {stack.probabilities.shape} does not hold {len(stack.segmenters)} segmenters with "
            f"{len(stack.regions)} regions on the grid {stack.geometry.describe()}",
            source="probabilities",
            next_step="Pass probabilities in (segmenter, region, k, j, i) order.",
        )
    mixes = fit_mixes(stack.segmenters)
    shape = (regions, *stack.geometry.shape)
    # np.zeros takes its memory when it is first written to, so the air outside the support costs nothing.
    pooled, disagreement, uncertainty, between = (np.zeros(shape, np.float32) for _ in range(4))
    influence = None if mixes is None else np.zeros(shape, np.float32)

    def fill(where: tuple[int, slice, slice, slice]) -> None:
        slab = _Slab(
            pooled[where],
            disagreement[where],
            uncertainty[where],
            between[where],
            None if influence is None else influence[where],
        )
        _fill(slab, stack.probabilities[(slice(None), *where)], mixes)

    k, j, i = stack.support
    thickness = max(1, SLAB_VOXELS // max(1, (j.stop - j.start) * (i.stop - i.start)))
    slabs = [
        (region, slice(start, min(start + thickness, k.stop)), j, i)
        for region in range(regions)
        for start in range(k.start, k.stop, thickness)
    ]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="maps") as pool:
        for _ in pool.map(fill, slabs):
            pass
    return TrustMaps(
        geometry=stack.geometry,
        regions=stack.regions,
        support=stack.support,
        pooled=pooled,
        disagreement=disagreement,
        uncertainty=uncertainty,
        between=between,
        mix_influence=influence,
        mix_influence_reason=why_no_slope(stack.segmenters),
    )


def binary_entropy(probability: Array) -> Array:
    """Entropy of a yes or no with this probability, in bits: 0..1, float32, 0 at 0 and 1."""
    other = 1 - probability
    entropy = np.log2(np.maximum(probability, _TINY))
    entropy *= probability
    log_other = np.log2(np.maximum(other, _TINY))
    log_other *= other
    entropy += log_other
    np.negative(entropy, out=entropy)
    return np.asarray(np.clip(entropy, 0, 1, out=entropy))


def _fill(slab: _Slab, members: Array, mixes: MixFit | None) -> None:
    """Fill the maps of one slab from `members` (segmenter, k, j, i)."""
    low, high, pooled = members[0].copy(), members[0].copy(), members[0].copy()
    for member in members[1:]:
        np.minimum(low, member, out=low)
        np.maximum(high, member, out=high)
        pooled += member
    if not high.any():
        return
    pooled *= np.float32(1 / len(members))
    np.clip(pooled, low, high, out=pooled)  # rounding must not carry a mean outside of what it is the mean of
    slab.pooled[...] = pooled
    np.subtract(high, low, out=slab.disagreement)
    if slab.influence is not None and mixes is not None:
        # The weights sum to 0, so the mean may be taken off, and members that agree then give exactly 0.
        slope, difference = np.zeros_like(pooled), np.empty_like(pooled)
        for weight, member in zip(mixes.weights[PROPORTION].astype(np.float32), members, strict=True):
            np.subtract(member, pooled, out=difference)
            difference *= weight
            slope += difference
        _hide_chance(slope, members, mixes)
        np.clip(slope, -1, 1, out=slab.influence)
    _fill_entropies(slab, members, high)


def _hide_chance(slope: Array, members: Array, mixes: MixFit) -> None:
    """Set `slope` (k, j, i) to 0 where seeds of one mix differ so much that it may be chance."""
    variance = mixes.seed_variance(members.reshape(len(members), -1))
    if variance is not None:
        limit = mixes.chance_factor * np.sqrt(variance) * np.linalg.norm(mixes.weights[PROPORTION])
        slope[np.abs(slope) <= limit.reshape(slope.shape)] = 0


def _fill_entropies(slab: _Slab, members: Array, high: Array) -> None:
    """Fill `uncertainty` and `between` in the part of the slab where there is more than a negligible probability."""
    likely = high >= NEGLIGIBLE
    rows, columns = (np.flatnonzero(likely.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    if not rows.size:
        return
    part = (slice(None), slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    uncertainty = binary_entropy(slab.pooled[part])
    slab.uncertainty[part] = uncertainty
    if len(members) == 1:
        return
    within = np.zeros_like(uncertainty)
    for member in members:
        within += binary_entropy(member[part])
    within *= np.float32(1 / len(members))
    uncertainty -= within
    np.maximum(uncertainty, 0, out=uncertainty)  # mutual information is never negative; rounding is
    uncertainty *= slab.disagreement[part] > 0
    slab.between[part] = uncertainty
