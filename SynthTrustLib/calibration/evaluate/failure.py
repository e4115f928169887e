"""Failure detection: how well a signal sorts patients by the quality of their outlines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def aurc(confidences: Array, risks: Array) -> float:
    """Area under the risk-coverage curve (Geifman and El-Yaniv 2017): the mean over k of the mean risk of the k most
    confident patients. Patients with equal confidence share the mean risk of their tie. Arrays of shape (patient,).
    """
    _, tie = np.unique(-confidences, return_inverse=True)
    shared = np.bincount(tie, risks) / np.bincount(tie)
    sorted_risks = shared[np.sort(tie)]
    return float(np.mean(np.cumsum(sorted_risks) / np.arange(1, len(risks) + 1)))


def excess_aurc(confidences: Array, risks: Array) -> float:
    """AURC minus that of the oracle, which sorts by the risk itself."""
    return aurc(confidences, risks) - aurc(-risks, risks)


def auroc(unusual: Array, usual: Array) -> float:
    """Chance that a score from `unusual` lies above one from `usual` (ties count half)."""
    pairs = unusual[:, None] - usual[None]
    return float(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
