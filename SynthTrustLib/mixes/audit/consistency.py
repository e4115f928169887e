"""Consistency: do synthetic cases differ from real ones by more than the sites of real ones differ from each other?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.significant import number

SMALLEST_GROUP = 2


def consistency(
    real: npt.NDArray[np.float64], groups: Sequence[str], synthetic: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """Group means of one feature, and one-way analyses of variance; finite values, shape (case,).

    Returns ``means`` by group (sites with at least two patients, and ``synthetic``), ``sites`` and ``synthetic``: F and
    p of the real sites among each other, and of the synthetic against all real cases. None with too few groups.
    """
    by_site = {
        site: real[[group == site for group in groups]]
        for site in sorted(set(groups))
        if list(groups).count(site) >= SMALLEST_GROUP
    }
    means = {site: number(float(values.mean())) for site, values in by_site.items()}
    means["synthetic"] = number(float(synthetic.mean()))
    return {
        "means": means,
        "sites": _anova(list(by_site.values())),
        "synthetic": _anova([real, synthetic]),
    }


def _anova(groups: Sequence[npt.NDArray[np.float64]]) -> dict[str, float | None]:
    from scipy.stats import f_oneway

    groups = [group for group in groups if len(group) >= SMALLEST_GROUP]
    if len(groups) < 2 or all(float(np.ptp(group)) == 0 for group in groups):
        return {"f": None, "p": None}
    result = f_oneway(*groups)
    return {"f": number(float(result.statistic)), "p": number(float(result.pvalue))}
