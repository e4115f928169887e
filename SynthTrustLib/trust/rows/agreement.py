"""AGREEMENT: do the segmenters draw the same outline?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from SynthTrustLib.trust.measures.material import DILATION, Material, RegionOutlines
from SynthTrustLib.trust.measures.overlap import fleiss_kappa, variation
from SynthTrustLib.trust.rows.row import ONE_SEGMENTER, known, unknown
from SynthTrustLib.trust.scorecard import Row, Section

Matrix = npt.NDArray[np.float64]


def off_diagonal(matrix: Matrix) -> Matrix:
    """Dice of every pair once, shape (pair,)."""
    return np.asarray(matrix[np.triu_indices(len(matrix), 1)])


def agreement_rows(material: Material, matrices: tuple[Matrix, ...]) -> Iterator[Row]:
    """Mean pairwise Dice, votes, kappa and volume spread per region; `matrices` are the pairwise Dice of each."""
    for outlines, matrix in zip(material.outlines, matrices, strict=True):
        yield _dice(outlines, matrix)
        yield from _votes(outlines)
        yield _kappa(outlines)
        yield _variation(outlines)


def _dice(outlines: RegionOutlines, matrix: Matrix) -> Row:
    region = outlines.region
    key, label = f"pairwise_dice.{region}.mean", f"Mean pairwise Dice, {outlines.name}"
    if len(matrix) < 2:
        return unknown(key, Section.AGREEMENT, label, ONE_SEGMENTER, region=region)
    one, other = np.triu_indices(len(matrix), 1)
    drawn = np.array(outlines.voxels, bool)
    either = drawn[one] | drawn[other]
    if not either.any():
        reason = f"No segmenter outlines any {outlines.noun}, so there is nothing that could overlap."
        return unknown(key, Section.AGREEMENT, label, reason, region=region)
    pairs = matrix[one, other][either]
    reason = "How much the outlines of two segmenters overlap, averaged over all pairs; 1 is identical, 0 is apart."
    if not either.all():
        reason += f" Left out: {np.count_nonzero(~either)} of {either.size} pairs, of which neither outlines any."
    return known(
        key,
        Section.AGREEMENT,
        label,
        float(pairs.mean()),
        reason,
        region=region,
        interval=(float(pairs.min()), float(pairs.max())),
        interval_meaning="lowest and highest pair",
    )


def _votes(outlines: RegionOutlines) -> Iterator[Row]:
    region, raters = outlines.region, len(outlines.members)
    questions = {
        "unanimous": (raters, f"Outlined by all segmenters, {outlines.name}", "all of them outline"),
        "single": (1, f"Outlined by one segmenter only, {outlines.name}", "only one of them outlines"),
    }
    tally = np.bincount(outlines.votes.ravel(), minlength=raters + 1)
    union = int(tally[1:].sum())
    for name, (count, label, words) in questions.items():
        key = f"votes.{region}.{name}"
        if raters < 2:
            yield unknown(key, Section.AGREEMENT, label, ONE_SEGMENTER, region=region)
        elif not union:
            reason = f"No segmenter outlines any {outlines.noun}, so there are no votes to count."
            yield unknown(key, Section.AGREEMENT, label, reason, region=region)
        else:
            reason = f"Share of everything that any of the {raters} segmenters outlines which {words}."
            yield known(key, Section.AGREEMENT, label, tally[count] / union, reason, region=region)


def _kappa(outlines: RegionOutlines) -> Row:
    region, raters = outlines.region, len(outlines.members)
    key, label = f"kappa.{region}", f"Fleiss' kappa, {outlines.name}"
    kappa = fleiss_kappa(outlines.votes[outlines.dilated_union], raters)
    if kappa is None:
        reason = ONE_SEGMENTER if raters < 2 else "All answers are the same, so agreement cannot be told from chance."
        return unknown(key, Section.AGREEMENT, label, reason, region=region)
    reason = (
        f"Agreement beyond chance about the voxels within {DILATION} voxels of any outline; "
        "1 is perfect, 0 is what chance would give."
    )
    return known(key, Section.AGREEMENT, label, kappa, reason, region=region)


def _variation(outlines: RegionOutlines) -> Row:
    region = outlines.region
    key, label = f"volume_cv.{region}", f"Variation of the volume, {outlines.name}"
    value = variation(outlines.voxels)
    if value is None:
        nobody = f"No segmenter outlines any {outlines.noun}, so there is no volume to vary."
        reason = ONE_SEGMENTER if len(outlines.members) < 2 else nobody
        return unknown(key, Section.AGREEMENT, label, reason, region=region)
    reason = "Standard deviation of the segmenters' volumes over their mean; 0 means that all are the same size."
    return known(key, Section.AGREEMENT, label, value, reason, region=region)
