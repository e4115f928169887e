"""How unlike the patients of a group a patient's scans are: a mean squared Mahalanobis distance, 1 if typical.

The groups (training patients with the same contrasts) are fitted by `trust calibrate`; here numbers are only read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.trust.measures.appearance import Views

Group = Mapping[str, Any]
"""``views``: name -> ``mean``, ``scale``, ``components``, ``centre``, ``precision``, ``typical``; as in the schema."""


def project(view: Mapping[str, Any], features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Principal components of the features and, last, the length of what they leave out."""
    z = (features - np.asarray(view["mean"])) / np.asarray(view["scale"])
    components = np.asarray(view["components"])
    scores = components @ z
    return np.append(scores, np.linalg.norm(z - components.T @ scores))


def distance(view: Mapping[str, Any], features: npt.NDArray[np.float64]) -> float:
    """Squared Mahalanobis distance over that of a typical member of the group (left out of the fit)."""
    away = project(view, features) - np.asarray(view["centre"])
    return float(away @ np.asarray(view["precision"]) @ away) / float(view["typical"])


def distances(groups: Sequence[Group], views: Views) -> list[dict[str, float]]:
    """For each group, contrast -> distance, of those contrasts that both the group and the patient have."""
    return [
        {name: distance(group["views"][name], views[name]) for name in sorted(views.keys() & group["views"].keys())}
        for group in groups
    ]


def contrasts_of(found: Sequence[Mapping[str, float]]) -> set[str]:
    """The contrasts that a patient of these `distances` can be compared in."""
    return {name for group in found for name in group}


def nearest(found: Sequence[Mapping[str, float]], contrasts: Collection[str]) -> float | None:
    """Logarithm of the mean of a patient's `distances` over `contrasts` to the nearest group; None without any.

    Groups that know all of the contrasts are preferred over those that know some of them.
    """
    shared = [[group[name] for name in sorted(contrasts) if name in group] for group in found]
    most = max(map(len, shared), default=0)
    if not most:
        return None
    return float(np.log10(min(np.mean(known) for known in shared if len(known) == most) + 1e-9))


def unfamiliarity(groups: Sequence[Group], views: Views) -> float | None:
    """`nearest` over all of the patient's contrasts; None if no group has one of them."""
    return nearest(distances(groups, views), views)
