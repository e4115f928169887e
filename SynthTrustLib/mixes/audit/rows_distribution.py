"""Congruence and coverage: do the synthetic cases as a whole look like the real ones, and are they as different?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.stats import wasserstein_distance

from SynthTrustLib.calibration.evaluate.intervals import Figure, subsample_two
from SynthTrustLib.mixes.audit.congruence import earth_mover
from SynthTrustLib.mixes.audit.feature_groups import GROUPS, group_of, grouped
from SynthTrustLib.mixes.audit.frechet import frechet_distance
from SynthTrustLib.mixes.audit.manifold import coverage, density, density_and_coverage
from SynthTrustLib.mixes.audit.permuted import chance, group_chances
from SynthTrustLib.mixes.audit.rows import ALARM, measured, unknown
from SynthTrustLib.mixes.audit.set_audit import AuditRow, FeatureRow, Section
from SynthTrustLib.mixes.audit.table import standardize
from SynthTrustLib.mixes.audit.told_apart import told_apart
from SynthTrustLib.mixes.audit.vendi import diversity_ratio, vendi_ratio
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.significant import number

FEWEST = 5
"""Patients on either side from which two sets can be compared at all."""

_MOST_FEATURES_NAMED = 3

_NOTHING_IN_COMMON = "the two sets have no feature of it in common"
Array = npt.NDArray[np.float64]


def distribution_rows(
    names: Sequence[str],
    real: Array,
    synthetic: Array,
    random: np.random.Generator,
    draws: int,
    progress: Progress = silent,
    why: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[AuditRow], list[FeatureRow]]:
    """The rows, and the features one by one; tables of (patient, feature), NaN where a value is missing.

    `why`: why the features of a group are not known, where one can say it.
    """
    real, synthetic = _as_good_as_each_other(real, synthetic)
    usable = [n for n in range(len(names)) if _is_usable(real[:, n]) and np.isfinite(synthetic[:, n]).sum() >= 2]
    names, real, synthetic = [names[n] for n in usable], real[:, usable], synthetic[:, usable]
    few = min(len(real), len(synthetic)) < FEWEST
    groups = grouped(names)
    together, single = group_chances(real, synthetic, groups, random, max(draws * 2, 999)) if not few else ({}, None)
    features = [_feature(names, n, real, synthetic, single) for n in range(len(names))]
    if few or not names:
        said = f"fewer than {FEWEST} patients on one side ({len(real)} real, {len(synthetic)} synthetic)"
        return [
            unknown(Section.CONGRUENCE, "sets", "the two sets compared as wholes", said if few else _NOTHING_IN_COMMON)
        ], features
    rows = _set_rows(real, synthetic, random, draws, progress)
    spread = np.nanstd(real, axis=0)
    for group, members in groups.items():
        one, other = (table[:, members] / spread[members] for table in (real, synthetic))
        median = subsample_two(_median_distance, one, other, random, max(40, draws // 5))
        rows.append(_group_row(group, median, together[group], [features[n] for n in members]))
    return [*rows, *_not_compared(groups, why)], features


def _set_rows(
    real: Array, synthetic: Array, random: np.random.Generator, draws: int, progress: Progress
) -> list[AuditRow]:
    rows = []
    # By the spread of both together: by that of the real ones alone, real ones would look tame and the others wild, and
    # no exchange of cases would give as much by chance.
    _, one, other = standardize(np.concatenate([real, synthetic]), real, synthetic)
    progress("comparing the sets: can they be told apart?", 0.1)
    told = told_apart(one, other, random, draws)
    rows.append(
        measured(
            Section.CONGRUENCE,
            "classifier_auc",
            "a classifier tells synthetic from real",
            "cross-validated area under the curve of a ridge classifier on the features; 0.5 is ideal, 1 is always",
            figure=told.figure,
            p=told.p,
            by_chance=told.by_chance,
        )
    )
    progress("comparing the sets: Fréchet distance", 0.4)

    def log_frechet(first: Array, second: Array) -> float:
        return float(np.log(max(frechet_distance(first, second), 1e-12)))

    p, *ends = chance(log_frechet, real, synthetic, random, draws)
    rows.append(
        measured(
            Section.CONGRUENCE,
            "frechet_distance",
            "Fréchet distance over radiomic features",
            "natural logarithm of the squared distance, as frd-score 1 computes it on this table of features",
            figure=subsample_two(log_frechet, real, synthetic, random, max(40, draws // 5)),
            p=p,
            by_chance=(ends[0], ends[1]),
        )
    )
    progress("comparing the sets: coverage and diversity", 0.7)
    both = density_and_coverage(one, other, random, draws)
    words = {
        "density": "how densely synthetic cases lie where real ones lie; 1 for the same patients",
        "coverage": "share of the real patients who have a synthetic case in their neighbourhood; near 1 is ideal",
    }
    for (name, text), statistic in zip(words.items(), (density, coverage), strict=True):
        p, *ends = chance(statistic, one, other, random, draws, high=False)
        figure = both[name]
        section = Section.COVERAGE
        rows.append(measured(section, name, name, text, figure=figure, p=p, by_chance=(ends[0], ends[1])))
    p, *ends = chance(lambda a, b: diversity_ratio(a, b, random), one, other, random, draws, high=False)
    rows.append(
        measured(
            Section.COVERAGE,
            "vendi_ratio",
            "diversity",
            "Vendi score of the synthetic cases over that of as many real ones; 1 is as diverse",
            figure=vendi_ratio(one, other, random, draws),
            p=p,
            by_chance=(ends[0], ends[1]),
        )
    )
    return rows


def _group_row(group: str, median: Figure, p: float, features: list[FeatureRow]) -> AuditRow:
    members = sorted(features, key=lambda one: (one.p or 0, -(one.distance or 0)))
    worst = [one for one in members if one.p is not None and one.p <= ALARM][:_MOST_FEATURES_NAMED]
    named = "; most: " + ", ".join(f"{_words(one.name)} ({one.distance:.2g} SD)" for one in worst) if worst else ""
    return measured(
        Section.CONGRUENCE,
        f"features_{group}",
        GROUPS[group],
        f"median distance of its {len(members)} features, in standard deviations of the real ones{named}",
        figure={**median, "low": None if median["low"] is None else max(0.0, median["low"])},  # it is a distance
        p=p,
    )


def _not_compared(groups: Collection[str], why: Mapping[str, str]) -> list[AuditRow]:
    """The groups of which no feature is known of both sets."""
    return [
        unknown(Section.CONGRUENCE, f"features_{group}", title, why.get(group, _NOTHING_IN_COMMON))
        for group, title in GROUPS.items()
        if group not in groups
    ]


def _median_distance(real: Array, synthetic: Array) -> float:
    """Of the features that both have; NaN where there is none."""
    pairs = [(one[np.isfinite(one)], other[np.isfinite(other)]) for one, other in zip(real.T, synthetic.T, strict=True)]
    distances = [wasserstein_distance(one, other) for one, other in pairs if one.size and other.size]
    return float(np.median(distances)) if distances else float("nan")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _feature(names: Sequence[str], n: int, real: Array, synthetic: Array, single: Array | None) -> FeatureRow:
    one, other = (table[np.isfinite(table[:, n]), n] for table in (real, synthetic))
    return FeatureRow(
        names[n],
        group_of(names[n]),
        number(float(one.mean())),
        number(float(one.std())),
        number(float(other.mean())),
        number(float(other.std())),
        number(earth_mover(one, other)),
        None if single is None else number(float(single[n])),
    )


def _is_usable(column: Array) -> bool:
    known = column[np.isfinite(column)]
    return known.size >= 2 and float(known.std()) > 1e-9 * max(1.0, float(np.abs(known).max()))


def _as_good_as_each_other(real: Array, synthetic: Array) -> tuple[Array, Array]:
    """Without features that over half of the cases of a set lack: what is missing is no difference of content."""
    known = np.minimum(np.isfinite(real).mean(axis=0), np.isfinite(synthetic).mean(axis=0)) >= 0.5
    return np.where(known, real, np.nan), np.where(known, synthetic, np.nan)
