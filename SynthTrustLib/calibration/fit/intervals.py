"""Intervals of one set of contrasts: Dice, volume, border. The level follows the number of patients."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from SynthTrustLib.significant import number, significant
from SynthTrustLib.trust.learned.conformal import level_for, quantile_by_person
from SynthTrustLib.trust.learned.prediction import volume_scale


def interval(scores: Mapping[str, float], name: str, persons: Mapping[str, str]) -> dict[str, Any]:
    """The conformal bound of `scores` (case -> nonconformity) as ``name``, with its level and patients.

    ``level`` and the bound are None with too few patients, or where the bound would be infinite. `persons`: case -> the
    person, who counts once with however many scans.
    """
    by_person: dict[str, list[float]] = defaultdict(list)
    for case, score in scores.items():
        by_person[persons[case]].append(score)
    level = level_for(len(by_person))
    bound = quantile_by_person(by_person, level) if level is not None else math.inf
    finite = math.isfinite(bound)
    return {
        "patients": len(by_person),
        "level": level if finite else None,
        name: significant(bound) if finite else None,
        "scores": {case: number(score) for case, score in scores.items()},
    }


def volume_interval(
    rows: Mapping[str, Mapping[str, Any]], predicted: Mapping[str, float], persons: Mapping[str, str], *, skilled: bool
) -> dict[str, Any]:
    """Bound of |ln(true / outlined volume)| / scale over the cases where something is outlined.

    A ratio needs no voxel size. Where there is nothing in truth the score is infinite: no ratio reaches it.

    `rows`: case -> figures of `Measured`. `predicted`: case -> the Dice that is predicted without the person; it scales
    the score if it is worth anything (`skilled`). `persons`: as of `interval`.
    """
    scores = {}
    for case, figures in rows.items():
        if not figures["voxels"]:
            continue
        scale = volume_scale(predicted[case] if skilled else None)
        true = figures["true_voxels"]
        scores[case] = abs(math.log(true / figures["voxels"])) / scale if true else math.inf
    return interval(scores, "factor", persons)


def border_interval(rows: Mapping[str, Mapping[str, Any]], persons: Mapping[str, str]) -> dict[str, Any]:
    """Bound of the border distance in mm over the cases with a trusted spacing; a missed tumor is infinitely far."""
    scores = {
        case: math.inf if figures["border_mm"] is None else float(figures["border_mm"])
        for case, figures in rows.items()
        if figures["voxel_ml"] is not None and (figures["true_voxels"] or figures["voxels"])
    }
    return interval(scores, "margin_mm", persons)
