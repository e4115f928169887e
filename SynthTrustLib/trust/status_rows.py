"""STATUS: per region, whether to rely on the outline. Unknown until thresholds are calibrated; the facts are told."""

from __future__ import annotations

from collections.abc import Iterator

from SynthTrustLib.trust.agreement_rows import Matrix, off_diagonal
from SynthTrustLib.trust.material import Material, RegionOutlines
from SynthTrustLib.trust.rows import NOUNS, unknown
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import REGION_NAMES

WHY_UNKNOWN = "whether that can be relied on is unknown, as no thresholds were calibrated on labelled patients yet."


def status_rows(material: Material, matrices: tuple[Matrix, ...]) -> Iterator[Row]:
    """One row per region; its reason holds what was measured."""
    for outlines, matrix in zip(material.outlines, matrices, strict=True):
        region = outlines.region
        reason = f"{_facts(material, outlines, matrix)}; {WHY_UNKNOWN}"
        label = REGION_NAMES[region].capitalize()
        yield unknown(f"status.{region}", Section.STATUS, label, reason, region=region)


def _facts(material: Material, outlines: RegionOutlines, matrix: Matrix) -> str:
    members, name = len(outlines.members), NOUNS[outlines.region]
    if outlines.nobody:
        who = "The segmenter finds" if members == 1 else f"All {members} segmenters find"
        return f"{who} no {name}"
    if members == 1:
        return "Only one segmenter ran, so there is no other to agree with"
    finders = sum(voxels > 0 for voxels in outlines.voxels)
    if finders < members:
        return f"{finders} of {members} segmenters {'finds' if finders == 1 else 'find'} {name}, the others find none"
    low, high = min(outlines.voxels), max(outlines.voxels)
    sizes = (
        f"volumes run from {low * material.voxel_ml:.1f} to {high * material.voxel_ml:.1f} mL"
        if material.trusted
        else f"the largest is {high / low:.2f} times the smallest"
    )
    return (
        f"The outlines of {members} segmenters overlap with a mean Dice of {off_diagonal(matrix).mean():.2f}, {sizes}"
    )
