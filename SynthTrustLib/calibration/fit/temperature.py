"""One temperature per region: by likelihood on labelled patients, and checked on those left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.significant import FEW_DIGITS, significant
from SynthTrustLib.trust.measures.reliability import calibration_error, negative_log_likelihood, reliability

FEWEST = 4
LOWEST, HIGHEST = 0.2, 8.0


def best_temperature(histograms: npt.NDArray[np.float64]) -> float:
    """The temperature with the lowest negative log-likelihood; `histograms` is (patient, 2, bin)."""
    from scipy.optimize import minimize_scalar

    result = minimize_scalar(
        lambda log: negative_log_likelihood(histograms, float(np.exp(log))),
        bounds=(np.log(LOWEST), np.log(HIGHEST)),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(f"{np.exp(result.x):.4g}")


def fit_temperature(histograms: npt.NDArray[np.float64], groups: Sequence[str]) -> dict[str, Any]:
    """Temperature of all patients; reliability before, and after with each person's temperature from the others."""
    told = [n for n, counts in enumerate(histograms) if counts[0].any()]
    histograms, groups = histograms[told], [groups[n] for n in told]
    patients = len(histograms)
    if patients < FEWEST:
        return {"patients": patients, "value": None}
    moved = np.stack([_moved(histograms, groups, n) for n in range(patients)])
    rows = reliability(moved)
    return {
        "patients": patients,
        "value": best_temperature(histograms),
        "error_before": significant(calibration_error(histograms) or 0.0, FEW_DIGITS),
        "error_after": significant(sum(weight * abs(p - hit) for p, hit, weight in rows), FEW_DIGITS),
        "reliability_before": _table(reliability(histograms)),
        "reliability_after": _table(rows),
    }


def _moved(histograms: npt.NDArray[np.float64], groups: Sequence[str], n: int) -> npt.NDArray[np.float64]:
    """Patient n's counts, moved to the bins of the probabilities that the others' temperature gives them."""
    from SynthTrustLib.trust.measures.reliability import LOGIT_BINS, LOGIT_LIMIT, logit_centres

    others = np.array([m for m in range(len(histograms)) if groups[m] != groups[n]])
    temperature = best_temperature(histograms[others]) if len(others) else 1.0
    logits = logit_centres() / temperature
    index = np.clip(((logits + LOGIT_LIMIT) * LOGIT_BINS / (2 * LOGIT_LIMIT)).astype(int), 0, LOGIT_BINS - 1)
    return np.stack([np.bincount(index, row, LOGIT_BINS) for row in histograms[n]])


def _table(rows: Sequence[tuple[float, float, float]]) -> list[list[float]]:
    return [[significant(value, FEW_DIGITS) for value in row] for row in rows]
