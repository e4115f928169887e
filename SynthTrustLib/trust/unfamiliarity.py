"""How unlike the patients of a group a patient's scans are: a mean squared Mahalanobis distance, 1 if typical.

The groups (training patients with the same contrasts) are fitted by `trust calibrate`; here numbers are only read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.trust.appearance import Views

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


def unfamiliarity(groups: Sequence[Group], views: Views) -> float | None:
    """Logarithm of the mean distance over the views to the nearest group; None if no group has one of his contrasts.

    Groups that know all of the patient's contrasts are preferred over those that know some of them.
    """
    known = [(group, sorted(views.keys() & group["views"].keys())) for group in groups]
    most = max((len(shared) for _, shared in known), default=0)
    if not most:
        return None
    scores = []
    for group, shared in known:
        if len(shared) == most:
            scores.append(np.mean([distance(group["views"][name], views[name]) for name in shared]))
    return float(np.log10(min(scores) + 1e-9))
