"""A few slices of all segmenters' probabilities, and what several maps are made of, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from SynthTrustLib.maps.mix_fit import MixFit

NEGLIGIBLE = 2.0**-20
"""Where no segmenter gives a voxel a higher probability than this (about 1e-6), `uncertainty` and `between` may be
given as 0. They are off by at most the entropy of this probability, 2.1e-5. The rest is exact everywhere."""

_TINY = np.float32(np.finfo(np.float32).tiny)
"""In the place of 0 inside a logarithm: 0 * log(tiny) is 0."""

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Slab:
    """Probabilities `members` (segmenter, k, j, i) of one region, or (segmenter, region, k, j, i) of all.

    What is computed has the shape of one member. `mixes` is the fit to the training mixes; None where there is none.
    """

    members: Array
    mixes: MixFit | None

    @cached_property
    def low(self) -> Array:
        return np.asarray(self.members.min(axis=0))

    @cached_property
    def high(self) -> Array:
        return np.asarray(self.members.max(axis=0))

    @cached_property
    def pooled(self) -> Array:
        """The mean probability."""
        pooled = self.members[0].copy()
        for member in self.members[1:]:
            pooled += member
        pooled *= np.float32(1 / len(self.members))
        # Rounding must not carry a mean outside of what it is the mean of.
        return np.asarray(np.clip(pooled, self.low, self.high, out=pooled))

    @property
    def uncertainty(self) -> Array:
        """Entropy of the mean probability, in bits."""
        return self._entropies[0]

    @property
    def between(self) -> Array:
        """Its part that lies between the segmenters (mutual information), in bits: exactly 0 where they agree."""
        return self._entropies[1]

    @cached_property
    def _entropies(self) -> tuple[Array, Array]:
        total, between = np.zeros_like(self.pooled), np.zeros_like(self.pooled)
        likely = self.high >= NEGLIGIBLE
        flat = np.asarray(likely.reshape(-1, *likely.shape[-2:]).any(axis=0))
        rows, columns = (np.flatnonzero(flat.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return total, between
        part = (..., slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        uncertainty = binary_entropy(self.pooled[part])
        total[part] = uncertainty
        if len(self.members) > 1:
            within = np.zeros_like(uncertainty)
            for member in self.members:
                within += binary_entropy(member[part])
            within *= np.float32(1 / len(self.members))
            uncertainty -= within
            np.maximum(uncertainty, 0, out=uncertainty)  # mutual information is never negative; rounding is
            uncertainty *= self.high[part] > self.low[part]
            between[part] = uncertainty
        return total, between


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
