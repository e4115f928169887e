"""The QU-BraTS score of an uncertainty map (Mehta et al., MELBA 2022:026)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

THRESHOLDS = np.linspace(0.05, 1.0, 20)
"""Voxels with more uncertainty than the threshold are filtered out; the last keeps everything."""

Mask = npt.NDArray[np.bool_]


def qu_brats(drawn: Mask, truth: Mask, uncertainty: npt.NDArray[np.float32], brain: Mask) -> dict[str, float]:
    """Areas under Dice, filtered true positives and filtered true negatives over the threshold, and the score.

    ``dice`` should be high (what is kept is right), ``filtered_tp`` and ``filtered_tn`` low (what is right is kept);
    ``score`` = (dice + 1 - filtered_tp + 1 - filtered_tn) / 3. All 0..1. True negatives are those inside `brain`.
    """
    # Only three kinds of voxel count, so a histogram of each over the thresholds is enough.
    index = np.searchsorted(THRESHOLDS, np.minimum(uncertainty, 1.0) - 1e-6)
    kinds = {"tp": drawn & truth, "tn": ~drawn & ~truth & brain, "fp": drawn & ~truth, "fn": ~drawn & truth}
    kept = {name: np.cumsum(np.bincount(index[mask], minlength=THRESHOLDS.size)) for name, mask in kinds.items()}
    sizes = 2 * kept["tp"] + kept["fp"] + kept["fn"]
    dice = np.where(sizes > 0, 2 * kept["tp"] / np.maximum(sizes, 1), 1.0)
    areas = {
        "dice": float(_area(dice)),
        "filtered_tp": float(_area(1 - kept["tp"] / max(1, kept["tp"][-1]))) if kept["tp"][-1] else 0.0,
        "filtered_tn": float(_area(1 - kept["tn"] / max(1, kept["tn"][-1]))) if kept["tn"][-1] else 0.0,
    }
    return {**areas, "score": (areas["dice"] + 1 - areas["filtered_tp"] + 1 - areas["filtered_tn"]) / 3}


def _area(values: npt.NDArray[np.float64]) -> float:
    """Trapezoids over the thresholds, divided by their span."""
    return float(np.trapezoid(values, THRESHOLDS) / (THRESHOLDS[-1] - THRESHOLDS[0]))
