"""Memorization: are synthetic cases nearer to training patients than strangers are?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.intervals import resample_mean

SUBSETS = 200
RELABELLED, RELABELLED_SUBSETS = 999, 10
"""How often patients are dealt anew to find what chance makes, and subsets drawn of each deal."""


def memorization(
    to_training: npt.NDArray[np.float64],
    to_held_out: npt.NDArray[np.float64],
    held_out_to_training: npt.NDArray[np.float64],
    random: np.random.Generator,
    draws: int,
) -> dict[str, Any]:
    """Figures from distances in any space.

    `to_training` and `to_held_out`: shape (sample, patient); from every synthetic case to every training and every
    held-out patient. `held_out_to_training`: shape (held-out patient, training patient).

    Returns ``nearest_is_training``: chance that the nearest patient is a training patient when as many of either kind
    are offered (0.5 without memorization; without equal numbers the larger group would win by its size alone).
    ``nearer_than_held_out``: share of the samples nearer to a training patient than half of the held-out patients are
    (0.5 without). ``copies``: share nearer to a training patient than every held-out patient is. ``nearest_training``
    and ``nearest_held_out``: median distances.
    """
    nothing = {"value": None, "low": None, "high": None}
    nearest = to_training.min(axis=1)
    result: dict[str, Any] = {"nearest_training": float(np.median(nearest)) if nearest.size else None}
    if not to_held_out.size:
        names = ("nearest_is_training", "nearer_than_held_out", "copies")
        return {**result, "nearest_held_out": None, **dict.fromkeys(names, nothing)}
    stranger = held_out_to_training.min(axis=1)
    return {
        **result,
        "nearest_held_out": float(np.median(to_held_out.min(axis=1))),
        "nearest_is_training": resample_mean(
            _chance_of_training(to_training, to_held_out, random, SUBSETS), random, draws
        ),
        "nearer_than_held_out": resample_mean(nearest < np.median(stranger), random, draws),
        "copies": resample_mean(nearest < stranger.min(), random, draws),
    }


def by_relabelling(
    to_training: npt.NDArray[np.float64], to_held_out: npt.NDArray[np.float64], random: np.random.Generator
) -> float:
    """Chance that patients dealt at random to training and held out are as much nearer as the training patients are.

    Arrays as of `memorization`. All samples are compared with the same patients, so that one patient who is near to
    many is no evidence: samples are not so many coins.
    """
    everybody, size = np.concatenate([to_training, to_held_out], axis=1), to_training.shape[1]
    observed = _chance_of_training(to_training, to_held_out, random, SUBSETS).mean()
    as_near = 0
    for _ in range(RELABELLED):
        dealt = everybody[:, random.permutation(everybody.shape[1])]
        found = _chance_of_training(dealt[:, :size], dealt[:, size:], random, RELABELLED_SUBSETS).mean()
        as_near += bool(found >= observed)
    return (1 + as_near) / (RELABELLED + 1)


def nearness_to_source(
    to_training: npt.NDArray[np.float64],
    training_ids: Sequence[str],
    sources: Sequence[Sequence[str]],
    random: np.random.Generator,
    draws: int,
) -> Mapping[str, Any] | None:
    """How often a sample's nearest training patient is one that its label map came from; None without such sources.

    ``chance`` is what a sample with no trace of its sources would show.
    """
    rows = [n for n, names in enumerate(sources) if set(names) & set(training_ids)]
    if not rows:
        return None
    hits = [training_ids[int(np.argmin(to_training[n]))] in sources[n] for n in rows]
    chance = np.mean([len(set(sources[n]) & set(training_ids)) / len(training_ids) for n in rows])
    return {"nearest_is_source": resample_mean(hits, random, draws), "chance": float(chance), "samples": len(rows)}


def _chance_of_training(
    to_training: npt.NDArray[np.float64],
    to_held_out: npt.NDArray[np.float64],
    random: np.random.Generator,
    subsets: int,
) -> npt.NDArray[np.float64]:
    """Per sample, how often its nearest is a training patient among equally many of either kind, drawn repeatedly."""
    size = min(to_training.shape[1], to_held_out.shape[1])
    wins = np.zeros(len(to_training))
    for _ in range(subsets):
        first = to_training[:, random.permutation(to_training.shape[1])[:size]].min(axis=1)
        second = to_held_out[:, random.permutation(to_held_out.shape[1])[:size]].min(axis=1)
        wins += (first < second) + 0.5 * (first == second)
    return wins / subsets
