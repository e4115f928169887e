"""Fit what training patients look like: principal components and a Ledoit-Wolf covariance per view and group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.significant import significant
from SynthTrustLib.trust.learned.unfamiliarity import distance, distances, nearest, project
from SynthTrustLib.trust.measures.appearance import Views

FEWEST = 8
"""Patients of a group: fewer do not tell a covariance."""

EXPLAINED = 0.95
MOST_COMPONENTS = 6
_DIGITS = 5


def fit_groups(patients: Mapping[str, Views]) -> list[dict[str, Any]]:
    """One group for every set of contrasts of at least `FEWEST` patients; `patients`: case id -> features."""
    groups = []
    for contrasts, members in _by_contrasts(patients).items():
        views = {name: _with_scale(table) for name, table in _tables(patients, members).items()}
        groups.append({"contrasts": list(contrasts), "patients": members, "views": views})
    return groups


def left_out_scores(patients: Mapping[str, Views], groups: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Unfamiliarity of each patient with `groups` (of `fit_groups`), his own group fitted again without him."""
    found = left_out_distances(patients, groups).items()
    scores = {case: nearest(one, patients[case]) for case, one in found}
    return {case: _rounded(score) for case, score in scores.items() if score is not None}


def left_out_distances(
    patients: Mapping[str, Views], groups: Sequence[Mapping[str, Any]]
) -> dict[str, list[dict[str, float]]]:
    """`distances` of each patient to `groups` (of `fit_groups`), his own group fitted again without him."""
    return {
        case: distances([_without(group, patients, case) for group in groups], views)
        for case, views in patients.items()
    }


def _by_contrasts(patients: Mapping[str, Views]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for identifier in sorted(patients):
        found[tuple(patients[identifier])].append(identifier)
    return {contrasts: members for contrasts, members in sorted(found.items()) if len(members) >= FEWEST}


def _tables(patients: Mapping[str, Views], members: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
    """View -> (patient, feature)."""
    return {name: np.stack([patients[identifier][name] for identifier in members]) for name in patients[members[0]]}


def _without(group: Mapping[str, Any], patients: Mapping[str, Views], identifier: str) -> Mapping[str, Any]:
    if identifier not in group["patients"]:
        return group
    others = [member for member in group["patients"] if member != identifier]
    tables = _tables(patients, others)
    views = {name: {**_fit(tables[name]), "typical": view["typical"]} for name, view in group["views"].items()}
    return {**group, "views": views}


def _with_scale(table: npt.NDArray[np.float64]) -> dict[str, Any]:
    """A view whose distance is 1 for a typical member that is left out of the fit."""
    left_out = [distance(_fit(np.delete(table, n, axis=0)), table[n]) for n in range(len(table))]
    return {**_fit(table), "typical": _rounded(np.median(left_out))}


def _fit(table: npt.NDArray[np.float64]) -> dict[str, Any]:
    """A view with scale 1; `table` is (patient, feature)."""
    from sklearn.covariance import LedoitWolf
    from sklearn.decomposition import PCA

    mean, scale = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-3)
    z = (table - mean) / scale
    pca = PCA(min(MOST_COMPONENTS, z.shape[1], len(z) - 2), svd_solver="full").fit(z)
    count = 1 + int(np.searchsorted(np.cumsum(pca.explained_variance_ratio_), EXPLAINED))
    view = {
        "mean": _rounded(mean),
        "scale": _rounded(scale),
        "components": _rounded(pca.components_[: min(count, len(pca.components_))]),
        "typical": 1.0,
    }
    scores = np.stack([project(view, features) for features in table])
    fitted = LedoitWolf().fit(scores)
    # A direction in which the group does not vary at all must not make everybody infinitely strange.
    floor = np.diag(np.full(scores.shape[1], 1e-6))
    return {
        **view,
        "centre": _rounded(fitted.location_),
        "precision": _rounded(np.linalg.inv(fitted.covariance_ + floor)),
    }


def _rounded(values: Any) -> Any:
    return np.vectorize(lambda value: significant(value, _DIGITS))(values).tolist()
