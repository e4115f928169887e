"""Why a place is worth a look, in short sentences: which segmenters see tumor there, and what they were trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.maps.mix_fit import synthetic_fractions
from SynthTrustLib.segmenters.package.card import SegmenterCard

MOST = 0.5
"""A segmenter sees the region in a place if it outlines more than this part of it."""

MOST_NAMED = 2
"""The smaller of the two groups is told; where only names tell it apart, it is counted if it has more members."""


def spot_reason(
    noun: str,
    segmenters: Sequence[SegmenterCard],
    outlined: npt.NDArray[np.float64],
    means: npt.NDArray[np.float32],
    included: float,
) -> str:
    """The sentences for a place; `outlined` and `means` are each juror's outlined share and mean probability there.

    `noun` is what is seen there or not; `included` is the share that the outline of record includes.
    """
    return f"{_sides(noun, segmenters, outlined, means)} {_record(included)}"


def _record(included: float) -> str:
    """What the outline of record does with what is disputed."""
    percent = round(100 * included)
    if percent in (0, 100):
        return f"The outline of record {'includes it' if percent else 'leaves it out'}."
    return f"The outline of record includes {percent} % of what is disputed."


def _sides(
    noun: str,
    segmenters: Sequence[SegmenterCard],
    outlined: npt.NDArray[np.float64],
    means: npt.NDArray[np.float32],
) -> str:
    fractions = synthetic_fractions(segmenters)
    yes = outlined > MOST
    if yes.all() or not yes.any():
        low, high = int(np.argmin(means)), int(np.argmax(means))
        return (
            f"The segmenters contradict each other voxel by voxel here. Their mean probability of {noun} "
            f"ranges from {100 * means[low]:.0f} % ({segmenters[low].name}) to {100 * means[high]:.0f} % "
            f"({segmenters[high].name})."
        )
    unknown = bool(np.isnan(fractions).any())
    names = unknown or bool(set(fractions[yes]) & set(fractions[~yes]))
    fewer, more = (yes, ~yes) if 2 * yes.sum() <= yes.size else (~yes, yes)
    counted = names and fewer.sum() > MOST_NAMED
    if fewer is yes:
        group = f"{yes.sum()} of {yes.size} segmenters" if counted else _group(segmenters, fractions, yes, names)
        others = "the other one" if more.sum() == 1 else f"the other {more.sum()}"
        sentence = f"{group} {'sees' if yes.sum() == 1 else 'see'} {noun} here, {others} {_do(more)} not."
    else:
        group = f"the other {fewer.sum()}" if counted else _group(segmenters, fractions, fewer, names)
        sentence = f"{more.sum()} of {yes.size} segmenters see {noun} here, {group} {_do(fewer)} not."
    return f"{sentence[0].upper()}{sentence[1:]}"


def _do(members: npt.NDArray[np.bool_]) -> str:
    return "does" if members.sum() == 1 else "do"


def _group(
    segmenters: Sequence[SegmenterCard],
    fractions: npt.NDArray[np.float64],
    members: npt.NDArray[np.bool_],
    names: bool,
) -> str:
    """Those segmenters in words: by their training mix, and by name where the mix alone does not tell them apart."""
    count = int(members.sum())
    noun = "the segmenter" if count == 1 else f"the {count} segmenters"
    if names:
        listed = sorted(card.name for card, member in zip(segmenters, members, strict=True) if member)
        return f"{noun} {_listed(listed)}"
    return f"{noun} trained on {_mixes(fractions[members], fractions[~members])}"


def _mixes(fractions: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> str:
    """The training mixes in words; a range where three or more stand side by side with none of the others between."""
    distinct = np.unique(fractions)
    low, high = distinct[0], distinct[-1]
    if high == 0:
        return "real patients only"
    if distinct.size >= 3 and not np.any((others > low) & (others < high)):
        return f"{100 * low:.0f} % to {100 * high:.0f} % synthetic patients"
    return f"{_listed([f'{100 * fraction:.0f} %' for fraction in distinct])} synthetic patients"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
