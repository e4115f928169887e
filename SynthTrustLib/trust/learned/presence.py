"""Whether anything of a region is found at all, and what is left in doubt where it is not.

A region is found if something of its outline of record is a lesion. Where the jury draws that outline together, what at
least half of the segmenters outline counts as well. What cannot be measured after RANO's rule is not found either if
the segmenters agree less on the region than on any labelled patient who has it: segmenters that are sure of nothing
rarely draw nothing at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Part
from SynthTrustLib.trust.learned.prediction import Prediction
from SynthTrustLib.trust.measures.diameters import MEASURABLE_MM, measure_diameters
from SynthTrustLib.trust.measures.lesions import lesion_words, lesions, smallest_lesion
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.rows.agreement import Matrix, off_diagonal
from SynthTrustLib.trust.rows.row import volume_words


@dataclass(frozen=True)
class Presence:
    """Whether a region is found; `statement` says so with what is left in doubt, a sentence without its full stop.

    `headline` says it in a few words.
    """

    found: bool
    statement: str
    headline: str


def presences(material: Material, matrices: Sequence[Matrix], prediction: Prediction) -> tuple[Presence, ...]:
    """One for each region; `matrices` are the pairwise Dice of each.

    How much the segmenters agree on labelled patients comes from the calibration file (``presence``); without it, and
    where the voxel size is not trusted, every shared lesion counts as found.
    """
    return tuple(
        _presence(material, outlines, matrix, region.part.get("presence") if region.part else None)
        for outlines, matrix, region in zip(material.outlines, matrices, prediction.regions, strict=True)
    )


def _presence(material: Material, outlines: RegionOutlines, matrix: Matrix, rule: Mapping[str, Any] | None) -> Presence:
    noun, smallest = outlines.noun, lesion_words(material.trusted)
    shared = outlines.record
    if material.record_card is None:
        shared = shared | (2 * outlines.votes >= len(outlines.members))
    labels, which = lesions(shared, smallest_lesion(material.voxel_ml if material.trusted else None))
    headline = f"No {noun} was found"
    finders = sum(voxels > 0 for voxels in outlines.voxels)
    if material.record_card is not None and finders:
        headline = f"{material.record_card.name} finds no {noun}, but {finders} of {len(outlines.voxels)} segmenters do"
    if not which:
        why = _why_nothing(material, outlines, smallest)
        if shared.any() and not (material.record_card is not None and finders):  # it is in the pictures
            headline = f"No {noun} of {smallest} or more was found"
    elif rule is not None and _contested(matrix, rule) and not _measurable(material, outlines, labels, which):
        why = (
            f"nothing in {material.record_words} measures {MEASURABLE_MM:g} mm by {MEASURABLE_MM:g} mm, and "
            f"the segmenters agree less (mean Dice {off_diagonal(matrix).mean():.2f}) than on any of the "
            f"{rule['patients']} labelled patients who have one ({rule['pairwise_dice']:.2f} or more)"
        )
        headline = f"No {noun} that the segmenters agree on was found"
    else:
        who = "The segmenter outlines" if len(outlines.everyone) == 1 else "The segmenters together outline"
        if material.record_card is not None:
            who = f"{material.record_card.name} outlines"
        return Presence(True, f"{who} {noun} of at least {smallest}", f"{noun.capitalize()} was found")
    return Presence(False, f"No {noun} found: {why}; {_doubt(material, outlines)}", headline)


def _contested(matrix: Matrix, rule: Mapping[str, Any]) -> bool:
    pairs = off_diagonal(matrix)
    return bool(pairs.size) and float(pairs.mean()) < rule["pairwise_dice"]


def _measurable(material: Material, outlines: RegionOutlines, labels: npt.NDArray, which: Sequence[int]) -> bool:
    """Whether a lesion is large enough to measure; always where the voxel size is not trusted, as nobody can tell."""
    if not material.trusted:
        return True
    k, j, i = (axis.start for axis in outlines.box)
    found = (measure_diameters(labels == label, material.stack.geometry, (k, j, i)) for label in which)
    return any(one is not None and one.measurable for one in found)


def _why_nothing(material: Material, outlines: RegionOutlines, smallest: str) -> str:
    members = len(outlines.members)
    if material.record_card is not None:
        drawn = f"no piece of at least {smallest}" if outlines.record_voxels else "none"
        return f"{material.record_card.name} outlines {drawn}"
    if members == 1:
        return f"the segmenter outlines {'none' if outlines.nobody else f'no piece of at least {smallest}'}"
    if outlines.nobody:
        return f"none of the {members} segmenters outlines any"
    return f"nowhere do half of the {members} segmenters, or their mean probability, outline {smallest} of it"


def _doubt(material: Material, outlines: RegionOutlines) -> str:
    """The most that any segmenter outlines, and the highest mean probability with its place."""
    pooled = material.maps.part(material.maps.pooled, outlines.index)
    highest = f"the mean probability of the segmenters is nowhere above {float(pooled.values.max()):.2f}"
    if outlines.nobody:
        return highest
    voxels, name = max(zip(outlines.voxels, (card.name for card in material.stack.segmenters), strict=True))
    volume = volume_words(voxels * material.voxel_ml) if material.trusted else f"{voxels} voxels"
    most = f"{name} outlines the most, {volume}" if len(outlines.members) > 1 else f"{volume} are outlined"
    return f"{highest} (there at {_place(material, pooled)}), and {most}"


def _place(material: Material, volume: Part[np.float32]) -> str:
    """Where `volume` is highest; of several such places the first in space, which no flip changes."""
    index = np.argwhere(volume.values == volume.values.max()) + [side.start for side in volume.box]
    ras = material.stack.geometry.ras(index)
    first = np.lexsort(np.round(ras, 3).T)[0]
    if not material.trusted:
        k, j, i = (int(n) for n in index[first])
        return f"voxel i, j, k = {i}, {j}, {k}"
    # With the file's own signs: it need not be centred on the head, and a letter would be read as a side.
    return f"R, A, S = {', '.join(f'{round(mm)}' for mm in ras[first])} mm".replace("-", "\u2212")
