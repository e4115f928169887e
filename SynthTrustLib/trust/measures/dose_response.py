"""The dose-response of this patient: volume against the synthetic fraction of the training mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.maps.mix_fit import fit_mixes, synthetic_fractions
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.significant import significant
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.scorecard import DosePoint, DoseResponse


@dataclass(frozen=True)
class Line:
    """Least-squares line y = intercept + slope * synthetic fraction, with the slope's standard error."""

    slope: float
    standard_error: float | None
    intercept: float


def fit_line(segmenters: tuple[SegmenterCard, ...], values: npt.ArrayLike) -> Line | None:
    """The line through one value per segmenter of known mix; None with fewer than three distinct fractions.

    Segmenters of another training budget do not count, and those of another quality, diversity or generator of the
    synthetic data have an effect of their own: see `maps.mix_fit`.
    """
    mixes = fit_mixes(segmenters)
    if mixes is None:
        return None
    return Line(mixes.effect(values), mixes.standard_error(values), mixes.at_no_synthetic_data(values))


def dose_response(material: Material, outlines: RegionOutlines) -> DoseResponse:
    """Points and line of one region, of the segmenters whose mix is known; volumes are None where the voxel size is not
    trusted."""
    cards, ml = material.stack.segmenters, material.voxel_ml
    line = fit_line(cards, np.array(outlines.voxels) * ml) if material.trusted else None
    return DoseResponse(
        region=outlines.region,
        points=tuple(
            DosePoint(
                card.id, significant(fraction), significant(voxels * ml) if material.trusted else None, int(voxels)
            )
            for card, fraction, voxels in zip(cards, synthetic_fractions(cards), outlines.voxels, strict=True)
            if card.training_mix.known
        ),
        slope=None if line is None else significant(line.slope),
        slope_standard_error=None if line is None or line.standard_error is None else significant(line.standard_error),
        intercept=None if line is None else significant(line.intercept),
    )
