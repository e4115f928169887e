"""Failure detection: how well a signal sorts patients by the quality of their outlines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def risk_curve(confidences: Array, risks: Array) -> Array:
    """Mean risk of the k most confident patients, k = 1, 2, ...: the risk-coverage curve (Geifman and El-Yaniv 2017).

    Patients with equal confidence share the mean risk of their tie. Arrays of shape (patient,).
    """
    _, tie = np.unique(-confidences, return_inverse=True)
    shared = np.bincount(tie, risks) / np.bincount(tie)
    return np.asarray(np.cumsum(shared[np.sort(tie)]) / np.arange(1, len(risks) + 1))


def aurc(confidences: Array, risks: Array) -> float:
    """Area under the risk-coverage curve: its mean over k. Arrays of shape (patient,)."""
    return float(np.mean(risk_curve(confidences, risks)))


def excess_aurc(confidences: Array, risks: Array) -> float:
    """AURC minus that of the oracle, which sorts by the risk itself."""
    return aurc(confidences, risks) - aurc(-risks, risks)


def auroc(unusual: Array, usual: Array) -> float:
    """Chance that a score from `unusual` lies above one from `usual` (ties count half)."""
    pairs = unusual[:, None] - usual[None]
    return float(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
