"""MIX: what the synthetic training data do to the answer for this patient, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from SynthTrustLib.maps.mix_fit import DIVERSITY, PROPORTION, QUALITY, MixFit, fit_factors, fit_mixes, why_no_slope
from SynthTrustLib.maps.mix_groups import mixes_with_seeds
from SynthTrustLib.significant import significant
from SynthTrustLib.trust.measures.material import DILATION, Material, RegionOutlines
from SynthTrustLib.trust.measures.mix_share import NOT_ENOUGH_SEEDS, explained_share
from SynthTrustLib.trust.rows.row import SPACING_UNTRUSTED, known, percent, unknown
from SynthTrustLib.trust.scorecard import Row, Section

NEARLY_NONE = 0.005
"""A change of the mean probability, or of a volume in mL, below this is called none."""

STEP = 0.25
"""Of the synthetic fraction: what a sentence about the dose-response speaks of."""

ONE_ERROR = "one standard error either way"


def mix_rows(material: Material) -> Iterator[Row]:
    """Dose-response of the volume, mix influence, and share of the disagreement that the mix explains, per region;
    then what lower quality and diversity of the synthetic data do."""
    mixes = fit_mixes(material.stack.segmenters)
    for outlines in material.outlines:
        yield _slope(material, outlines, mixes)
        yield _relative_slope(material, outlines, mixes)
        yield _influence(material, outlines, mixes)
        yield _share(material, outlines)
    factors = fit_factors(material.stack.segmenters)
    for factor in (QUALITY, DIVERSITY):
        yield from _other_factor(material, factors, factor)


def chance_words(mixes: MixFit, values: list[float], factor: str = PROPORTION, *, scale: float = 1.0, unit: str) -> str:
    """How an effect compares with chance, as the end of a sentence; `scale` is that of the effect which is quoted."""
    error = mixes.seed_error(values, factor)
    if error is None:
        return "whether that is more than chance is unknown, as no mix was trained with several seeds"
    spread = f"the spread between seeds alone makes that {_size(scale * error)}{unit} (one standard deviation)"
    return spread if mixes.told_from_chance(values, factor) else f"{spread}, so it cannot be told from chance"


def _size(change: float) -> str:
    """A change, or its error, without its sign: a rounding error is not shown as if it had been measured."""
    return f"less than {NEARLY_NONE:g}" if abs(change) < NEARLY_NONE else f"{abs(change):.2g}"


def _nobody(outlines: RegionOutlines, what: str) -> str:
    return f"No segmenter outlines any {outlines.noun}, so there is no {what}."


def _slope(material: Material, outlines: RegionOutlines, mixes: MixFit | None) -> Row:
    region, name = outlines.region, outlines.name
    key, label = f"dose_response.{region}.slope", f"Volume change from real-only to synthetic-only training, {name}"
    if not material.trusted:
        return unknown(key, Section.MIX, label, SPACING_UNTRUSTED, unit="mL", region=region)
    if mixes is None:
        return unknown(key, Section.MIX, label, why_no_slope(material.stack.segmenters), unit="mL", region=region)
    if outlines.nobody:
        return unknown(key, Section.MIX, label, _nobody(outlines, "volume to change"), unit="mL", region=region)
    volumes = [voxels * material.voxel_ml for voxels in outlines.voxels]
    slope, error = mixes.effect(volumes), mixes.standard_error(volumes)
    change = STEP * slope
    verb = (
        "hardly changes"
        if abs(change) < NEARLY_NONE
        else f"{'grows' if change > 0 else 'shrinks'} by {_size(change)} mL"
    )
    return known(
        key,
        Section.MIX,
        label,
        slope,
        f"With every further {percent(STEP)} of synthetic training data this patient's {name} {verb} "
        f"({'' if error is None else f'standard error {_size(STEP * error)} mL, '}{len(mixes.used)} segmenters); "
        f"{chance_words(mixes, volumes, scale=STEP, unit=' mL')}.",
        unit="mL",
        region=region,
        **_within(slope, error),
    )


def _relative_slope(material: Material, outlines: RegionOutlines, mixes: MixFit | None) -> Row:
    region, name = outlines.region, outlines.name
    key, label = f"dose_response.{region}.relative", f"The same as a share of the mean volume, {name}"
    if mixes is None:
        return unknown(key, Section.MIX, label, why_no_slope(material.stack.segmenters), region=region)
    if outlines.nobody:
        return unknown(key, Section.MIX, label, _nobody(outlines, "volume to compare with"), region=region)
    value = mixes.effect(outlines.voxels) / float(np.mean(outlines.voxels))
    reason = "Counted in voxels, so it needs no voxel size; 0.5 means half the mean volume more, -0.5 half of it less."
    return known(key, Section.MIX, label, value, reason, region=region)


def _means(material: Material, outlines: RegionOutlines) -> list[float]:
    """Each segmenter's mean probability within `DILATION` voxels of any outline."""
    members = material.stack.at(outlines.dilated_union, outlines.box, outlines.index)
    return [float(member.mean(dtype=np.float64)) for member in members]


def _influence(material: Material, outlines: RegionOutlines, mixes: MixFit | None) -> Row:
    region, name = outlines.region, outlines.name
    key, label = f"mix_influence.{region}", f"Mix influence, {name}"
    influence = material.maps.layers.get("mix_influence")
    if influence is None or mixes is None:
        return unknown(key, Section.MIX, label, material.maps.missing["mix_influence"], region=region)
    if outlines.nobody:
        return unknown(key, Section.MIX, label, _nobody(outlines, "outline to average around"), region=region)
    means = _means(material, outlines)
    value = significant(mixes.effect(means))
    change = (
        "hardly changes on average"
        if abs(value) < NEARLY_NONE
        else f"{'rises' if value > 0 else 'falls'} by {abs(value):.2f} on average"
    )
    there = material.maps.part(influence, outlines.index).within(outlines.box)
    shown = float(np.mean(there[outlines.dilated_union] != 0))
    hidden = f", and the map hides the {percent(1 - shown)} of voxels where it may be chance" if mixes.groups else ""
    error = mixes.standard_error(means)
    reason = (
        f"From real-only to synthetic-only training the probability of {outlines.noun} {change} "
        f"within {DILATION} voxels of any outline; {chance_words(mixes, means, unit='')}{hidden}."
    )
    return known(
        key,
        Section.MIX,
        label,
        value,
        reason,
        region=region,
        **_within(value, error),
    )


def _share(material: Material, outlines: RegionOutlines) -> Row:
    region, name = outlines.region, outlines.name
    key, label = f"mix_share.{region}", f"Share of the disagreement that the mix explains, {name}"
    groups = mixes_with_seeds(material.stack.segmenters)
    if len(groups) < 2:
        return unknown(key, Section.MIX, label, NOT_ENOUGH_SEEDS, region=region)
    if outlines.nobody:
        return unknown(key, Section.MIX, label, _nobody(outlines, "disagreement to explain"), region=region)
    share = explained_share(material.stack.at(outlines.dilated_union, outlines.box, outlines.index), groups)
    if share is None:
        reason = "All segmenters give the same probabilities, so there is no disagreement to explain."
        return unknown(key, Section.MIX, label, reason, region=region)
    reason = (
        f"{percent(share)} of the variance of the probabilities lies between {len(groups)} training mixes, the rest "
        "between random seeds of one mix."
    )
    return known(key, Section.MIX, label, share, reason, region=region)


def _other_factor(material: Material, mixes: MixFit | None, factor: str) -> Iterator[Row]:
    if mixes is None or factor not in mixes.weights:
        label = f"Effect of lower {factor} of the synthetic data"
        reason = f"No segmenters ran that differ in the {factor} of their synthetic data and in nothing else."
        yield unknown(f"mix_{factor}", Section.MIX, label, reason)
        return
    for outlines in material.outlines:
        for what in ("volume", "probability"):
            yield _factor_row(material, outlines, mixes, factor, what)


def _factor_row(material: Material, outlines: RegionOutlines, mixes: MixFit, factor: str, what: str) -> Row:
    """The effect on `what`: the volume, or the probability around the outlines."""
    region, of_volume = outlines.region, what == "volume"
    key, unit = f"mix_{factor}.{region}.{what}", "mL" if of_volume else ""
    label = f"{what.capitalize()} change with another {factor} of the synthetic data, {outlines.name}"
    if of_volume and not material.trusted:
        return unknown(key, Section.MIX, label, SPACING_UNTRUSTED, unit=unit, region=region)
    if outlines.nobody:
        why = _nobody(outlines, "volume to change" if of_volume else "outline to average around")
        return unknown(key, Section.MIX, label, why, unit=unit, region=region)
    values = [v * material.voxel_ml for v in outlines.voxels] if of_volume else _means(material, outlines)
    effect, error = mixes.effect(values, factor), mixes.standard_error(values, factor)
    words = chance_words(mixes, values, factor, unit=f" {unit}" if unit else "")
    if error is None:
        words += "; so few segmenters leave nothing over to tell its error"
    return known(
        key,
        Section.MIX,
        label,
        effect,
        f"Against segmenters whose synthetic data have the usual {factor}, at the same synthetic fraction; {words}.",
        unit=unit,
        region=region,
        **_within(effect, error),
    )


def _within(value: float, error: float | None) -> dict[str, Any]:
    """A row's interval of one standard error to either side; none where the error is not known."""
    return {} if error is None else {"interval": (value - error, value + error), "interval_meaning": ONE_ERROR}
