"""The maps of a ProbabilityStack, in one fused pass."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np

from SynthTrustLib.errors import GeometryError
from SynthTrustLib.maps.mix_fit import fit_mixes
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.maps.slab import Slab
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack

THREADS = 2
"""numpy works outside Python's lock; more threads wait for the memory."""

SLAB_VOXELS = 2**16
"""A pass over this many voxels of all segmenters stays in the processor's cache."""


def compute_maps(stack: ProbabilityStack) -> TrustMaps:
    """Pooled probability, between-segmenter part, and every map of the registry.

    All fill the stack's support. With one segmenter disagreement and `between` are 0. Ranges hold exactly:
    nothing is NaN, and rounding is clipped. Where all segmenters give the same probability, disagreement, `between`
    and mix influence are exactly 0.

    Formulas: uncertainty = h(mean p) / ln 2; between = (h(mean p) - mean h(p)) / ln 2, h the binary entropy in nats
    (mutual information as in ValUES, ICLR 2024); mix influence = least-squares slope of p against the synthetic
    fraction, 0 where it cannot be told from the spread between seeds (if any mix has several). Raises GeometryError if
    the probabilities do not fit the stack's grid.
    """
    fills = tuple(side.stop - side.start for side in stack.support)
    if stack.probabilities.shape != (len(stack.segmenters), len(stack.regions), *fills) or not stack.segmenters:
        raise GeometryError(
            f"an array of shape {stack.probabilities.shape} does not hold {len(stack.segmenters)} segmenters with "
            f"{len(stack.regions)} regions in a box of {fills} voxels of the grid {stack.geometry.describe()}",
            source="probabilities",
            next_step="Pass probabilities in (segmenter, region, k, j, i) order.",
        )
    mixes = fit_mixes(stack.segmenters)
    missing = {kind.id: why for kind in MAPS.values() if (why := kind.why_not(stack.segmenters))}
    kinds = [kind for kind in MAPS.values() if kind.id not in missing]
    regions, depth, rows, columns = shape = stack.probabilities.shape[1:]
    pooled, between = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    layers = {kind.id: np.zeros(shape if kind.per_region else shape[1:], np.float32) for kind in kinds}

    def fill(region: int | None, k: slice) -> None:
        slab = Slab(stack.probabilities[:, slice(None) if region is None else region][..., k, :, :], mixes)
        if not slab.high.any():
            return
        where = k if region is None else (region, k)
        if region is not None:
            pooled[where], between[where] = slab.pooled, slab.between
        for kind in kinds:
            if kind.per_region == (region is not None):
                np.clip(kind.compute(slab), *kind.window, out=layers[kind.id][where])

    thickness = max(1, SLAB_VOXELS // max(1, rows * columns))
    slabs = [slice(start, start + thickness) for start in range(0, depth, thickness)]
    scopes = [*range(regions), *([] if all(kind.per_region for kind in kinds) else [None])]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="maps") as pool:
        for done in [pool.submit(fill, *part) for part in product(scopes, slabs)]:
            done.result()
    return TrustMaps(stack.geometry, stack.regions, stack.support, pooled, between, layers, missing)
