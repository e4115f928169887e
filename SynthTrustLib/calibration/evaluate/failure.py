"""Failure detection: how well a signal sorts patients by the quality of their outlines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def risk_curve(confidences: Array, risks: Array) -> Array:
    """Mean risk of the k most confident patients, k = 1, 2, ...: the risk-coverage curve (Geifman and El-Yaniv 2017).

    Patients with equal confidence share the mean risk of their tie. Arrays of shape (patient,), or (draw, patient) for
    a curve of every draw.
    """
    order = np.argsort(-confidences, axis=-1, kind="stable")
    lined_up = np.take_along_axis(confidences, order, axis=-1)
    first = np.ones(lined_up.shape, bool)  # of its tie
    first[..., 1:] = lined_up[..., 1:] != lined_up[..., :-1]
    tie = np.cumsum(first.ravel()) - 1
    shared = np.bincount(tie, np.take_along_axis(risks, order, axis=-1).ravel()) / np.bincount(tie)
    sums = np.cumsum(shared[tie].reshape(lined_up.shape), axis=-1)
    return np.asarray(sums / np.arange(1, sums.shape[-1] + 1))


def aurc(confidences: Array, risks: Array) -> float:
    """Area under the risk-coverage curve: its mean over k. Arrays of shape (patient,)."""
    return float(np.mean(risk_curve(confidences, risks)))


def excess_aurc(confidences: Array, risks: Array) -> float:
    """AURC minus that of the oracle, which sorts by the risk itself. Arrays of shape (patient,)."""
    return float(excess_aurcs(confidences[None], risks[None])[0])


def excess_aurcs(confidences: Array, risks: Array) -> Array:
    """The excess AURC of every draw, shape (draw,), of arrays of shape (draw, patient)."""
    return np.asarray(risk_curve(confidences, risks).mean(axis=1) - risk_curve(-risks, risks).mean(axis=1))


def auroc(unusual: Array, usual: Array) -> float:
    """Chance that a score from `unusual` lies above one from `usual` (ties count half)."""
    one, other = unusual[:, None], usual[None]  # compared, not subtracted: two infinite scores are a tie
    return float(np.mean((one > other) + 0.5 * (one == other)))
