"""MIX: what the share of synthetic training data does to the answer for this patient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from SynthTrustLib.maps.mix_fit import why_no_slope
from SynthTrustLib.trust.dose_response import fit_line
from SynthTrustLib.trust.material import DILATION, Material, RegionOutlines
from SynthTrustLib.trust.mix_share import NOT_ENOUGH_SEEDS, explained_share, mixes_with_seeds
from SynthTrustLib.trust.rows import NOUNS, SPACING_UNTRUSTED, known, percent, significant, unknown
from SynthTrustLib.trust.scorecard import DoseResponse, Row, Section
from SynthTrustLib.vocabulary import REGION_NAMES

NEARLY_NONE = 0.005
"""A mean change of probability below this is called none."""


def mix_rows(material: Material, responses: tuple[DoseResponse, ...]) -> Iterator[Row]:
    """Dose-response of the volume, mix influence, and share of the disagreement that the mix explains, per region."""
    for outlines, response in zip(material.outlines, responses, strict=True):
        yield _slope(material, outlines, response)
        yield _relative_slope(material, outlines)
        yield _influence(material, outlines)
        yield _share(material, outlines)


def _nobody(outlines: RegionOutlines, what: str) -> str:
    return f"No segmenter outlines any {NOUNS[outlines.region]}, so there is no {what}."


def _slope(material: Material, outlines: RegionOutlines, response: DoseResponse) -> Row:
    region, name = outlines.region, REGION_NAMES[outlines.region]
    key, label = f"dose_response.{region}.slope", f"Volume change from real-only to synthetic-only training, {name}"
    if not material.trusted:
        return unknown(key, Section.MIX, label, SPACING_UNTRUSTED, unit="mL", region=region)
    if response.slope is None or response.slope_standard_error is None:
        return unknown(key, Section.MIX, label, why_no_slope(material.stack.segmenters), unit="mL", region=region)
    slope, error = response.slope, response.slope_standard_error
    return known(
        key,
        Section.MIX,
        label,
        slope,
        f"Slope of the least-squares line of volume against synthetic fraction, with a standard error of {error:.2g} mL"
        f" over {len(response.points)} segmenters.",
        unit="mL",
        region=region,
        interval=(slope - error, slope + error),
        interval_meaning="one standard error either way",
    )


def _relative_slope(material: Material, outlines: RegionOutlines) -> Row:
    region, name = outlines.region, REGION_NAMES[outlines.region]
    key, label = f"dose_response.{region}.relative", f"The same as a share of the mean volume, {name}"
    line = fit_line(material.stack.segmenters, outlines.voxels)
    if line is None:
        return unknown(key, Section.MIX, label, why_no_slope(material.stack.segmenters), region=region)
    if outlines.nobody:
        return unknown(key, Section.MIX, label, _nobody(outlines, "volume to compare with"), region=region)
    value = line.slope / float(np.mean(outlines.voxels))
    reason = "Counted in voxels, so it needs no voxel size; 0.5 means half the mean volume more, -0.5 half of it less."
    return known(key, Section.MIX, label, value, reason, region=region)


def _influence(material: Material, outlines: RegionOutlines) -> Row:
    region, name = outlines.region, REGION_NAMES[outlines.region]
    key, label = f"mix_influence.{region}", f"Mix influence, {name}"
    influence = material.maps.mix_influence
    if influence is None:
        return unknown(key, Section.MIX, label, material.maps.mix_influence_reason, region=region)
    if outlines.nobody:
        return unknown(key, Section.MIX, label, _nobody(outlines, "outline to average around"), region=region)
    value = significant(influence[(outlines.index, *outlines.box)][outlines.dilated_union].mean(dtype=np.float64))
    change = (
        "hardly changes on average"
        if abs(value) < NEARLY_NONE
        else f"{'rises' if value > 0 else 'falls'} by {abs(value):.2f} on average"
    )
    reason = (
        f"From real-only to synthetic-only training the probability of {NOUNS[region]} {change} "
        f"within {DILATION} voxels of any outline."
    )
    return known(key, Section.MIX, label, value, reason, region=region)


def _share(material: Material, outlines: RegionOutlines) -> Row:
    region, name = outlines.region, REGION_NAMES[outlines.region]
    key, label = f"mix_share.{region}", f"Share of the disagreement that the mix explains, {name}"
    groups = mixes_with_seeds(material.stack.segmenters)
    if len(groups) < 2:
        return unknown(key, Section.MIX, label, NOT_ENOUGH_SEEDS, region=region)
    if outlines.nobody:
        return unknown(key, Section.MIX, label, _nobody(outlines, "disagreement to explain"), region=region)
    probabilities = material.stack.probabilities[(slice(None), outlines.index, *outlines.box)]
    share = explained_share(probabilities[:, outlines.dilated_union], groups)
    if share is None:
        reason = "All segmenters give the same probabilities, so there is no disagreement to explain."
        return unknown(key, Section.MIX, label, reason, region=region)
    reason = (
        f"{percent(share)} of the variance of the probabilities lies between {len(groups)} training mixes, the rest "
        "between random seeds of one mix."
    )
    return known(key, Section.MIX, label, share, reason, region=region)
