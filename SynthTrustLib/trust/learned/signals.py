"""Signals: one number each per region and patient, known without a truth, from which trust is predicted.

`trust calibrate` computes them on labelled patients and the scorecard on a new one, by this one function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box, Part
from SynthTrustLib.maps.mix_fit import synthetic_fractions
from SynthTrustLib.maps.slab import binary_entropy
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.measures.overlap import mask_dice, variation
from SynthTrustLib.trust.measures.worst_patch import worst_patch

VERSION = 3
"""Raised whenever a signal, or what a calibration holds, is computed in another way: earlier files are then refused."""

SIGNAL_WORDS: Mapping[str, str] = {
    "pairwise_dice": "mean pairwise Dice of the segmenters",
    "lowest_pair": "lowest pairwise Dice of the segmenters",
    "between_mix_dice": "mean Dice of pairs with different training mixes",
    "pooled_dice": "mean Dice of the segmenters with the pooled outline",
    "expected_dice": "Dice that the pooled probabilities expect of their own outline",
    "entropy_foreground": "mean entropy inside the pooled outline",
    "entropy_union": "mean entropy around the outlines",
    "between_union": "mean mutual information around the outlines",
    "between_worst": "mutual information in the worst patch",
    "volume_cv": "variation of the volume",
    "size": "size of the pooled outline",
    "record_dice": "mean Dice of the segmenters with the outline of record",
    "record_pooled_dice": "Dice of the outline of record with the pooled outline",
    "record_expected_dice": "Dice that the record's own probabilities expect of its outline",
    "record_entropy_foreground": "mean entropy of the record inside its outline",
    "record_size": "size of the outline of record",
}
"""Name -> what it is, in words."""

RISING = frozenset(
    {
        *("pairwise_dice", "lowest_pair", "between_mix_dice", "pooled_dice", "expected_dice", "size"),
        *("record_dice", "record_pooled_dice", "record_expected_dice", "record_size"),
    }
)
"""The signals that are high where outlines can be trusted; the others are low there."""

OF_A_MASK = ("record_dice", "record_pooled_dice", "record_size")
"""Signals of an outline of record that has no probabilities."""

Signals = dict[str, float]


def region_signals(
    material: Material, outlines: RegionOutlines, pairs: npt.NDArray[np.float64], names: Iterable[str] = SIGNAL_WORDS
) -> Signals:
    """The signals of one region that these segmenters can give, of those in `names`.

    With one segmenter there are none that compare; those of the record are of one that is not pooled, and of its
    probabilities only if a network draws it. Where nobody outlines anything, pairs agree (1) and the entropies are
    those of nothing (0).

    `pairs`: shape (segmenter, segmenter); pairwise Dice.
    """
    maps = material.maps
    compute: dict[str, Callable[[], float]] = {
        "expected_dice": lambda: _expected_dice(maps.part(maps.pooled, outlines.index), outlines.box, outlines.pooled),
        "entropy_foreground": lambda: _mean(maps, maps["uncertainty"], outlines, outlines.pooled),
        "entropy_union": lambda: _mean(maps, maps["uncertainty"], outlines, outlines.dilated_union),
        "size": lambda: math.log10(1 + outlines.pooled_voxels),
    }
    members = len(outlines.members)
    if members > 1:
        upper = np.triu_indices(members, 1)
        compute |= {
            "pairwise_dice": lambda: float(pairs[upper].mean()),
            "lowest_pair": lambda: float(pairs[upper].min()),
            "pooled_dice": lambda: _mean_dice(outlines, outlines.pooled),
            "between_union": lambda: _mean(maps, maps.between, outlines, outlines.dilated_union),
            "between_worst": lambda: worst_patch(maps.part(maps.between, outlines.index), maps.geometry.shape),
            "volume_cv": lambda: variation(outlines.voxels) or 0.0,
        }
    if outlines.record_place is not None:
        compute |= {
            "record_dice": lambda: _mean_dice(outlines, outlines.record),
            "record_pooled_dice": lambda: mask_dice(outlines.record, outlines.pooled),
            "record_size": lambda: math.log10(1 + outlines.record_voxels),
        }
    if outlines.record_place is not None and material.record_card is not None and not material.record_card.is_outside:
        own = material.record_probability(outlines)
        compute |= {
            "record_expected_dice": lambda: _expected_dice(own, outlines.box, outlines.record),
            "record_entropy_foreground": lambda: _own_entropy(own.within(outlines.box), outlines.record),
        }
    between = _different_mixes(material.stack.segmenters)
    if between.any():
        compute["between_mix_dice"] = lambda: float(pairs[between].mean())
    return {name: compute[name]() for name in names if name in compute}


def confidence(name: str, value: float) -> float:
    """The signal turned so that higher is better."""
    return value if name in RISING else -value


def _expected_dice(probability: Part[np.float32], box: Box, outline: npt.NDArray[np.bool_]) -> float:
    """Expected overlap with a truth drawn from the probabilities: 2 sum(p inside) / (size + sum p)."""
    total = float(probability.values.sum(dtype=np.float64))
    size = int(np.count_nonzero(outline))
    if not size:
        return 1.0 if total < 1 else 0.0
    return 2 * float(probability.within(box)[outline].sum(dtype=np.float64)) / (size + total)


def _own_entropy(probability: npt.NDArray[np.float32], outline: npt.NDArray[np.bool_]) -> float:
    return float(binary_entropy(probability[outline]).mean(dtype=np.float64)) if outline.any() else 0.0


def _mean(
    maps: TrustMaps, values: npt.NDArray[np.float32], outlines: RegionOutlines, where: npt.NDArray[np.bool_]
) -> float:
    if not where.any():
        return 0.0
    return float(maps.part(values, outlines.index).within(outlines.box)[where].mean(dtype=np.float64))


def _mean_dice(outlines: RegionOutlines, one: npt.NDArray[np.bool_]) -> float:
    """Of `one` outline with each juror's."""
    return float(np.mean([mask_dice(member, one) for member in outlines.members]))


def _different_mixes(segmenters: Sequence[SegmenterCard]) -> npt.NDArray[np.bool_]:
    """Which pairs (upper triangle) were trained on different shares of synthetic data."""
    fractions = synthetic_fractions(segmenters)
    known = ~np.isnan(fractions)
    return np.asarray(np.triu((fractions[:, None] != fractions[None]) & known[:, None] & known[None], 1))
