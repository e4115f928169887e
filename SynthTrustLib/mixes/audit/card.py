"""The mix card: one synthetic set against real patients, cohort by cohort, as plain data for JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.audit.comprehension import comprehension
from SynthTrustLib.mixes.audit.congruence import congruence
from SynthTrustLib.mixes.audit.consistency import consistency
from SynthTrustLib.mixes.audit.discriminate import discriminate
from SynthTrustLib.mixes.audit.manifold import density_and_coverage
from SynthTrustLib.mixes.audit.memorization import memorization, nearness_to_source
from SynthTrustLib.mixes.audit.mmd import discrepancy
from SynthTrustLib.mixes.audit.ranges import missing_share, outside_share
from SynthTrustLib.mixes.audit.spread import feature_spread, joint_spread
from SynthTrustLib.mixes.audit.table import CaseTable, shared_features, standardize
from SynthTrustLib.mixes.audit.thumbnail import picture_distances
from SynthTrustLib.mixes.audit.vendi import vendi_ratio
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.resources import resource_path
from SynthTrustLib.significant import number

FORMAT = 1
FEWEST = 4
"""Fewer synthetic or training cases than this tell nothing about a set."""


def audit_cohort(
    cohort: str,
    training: CaseTable,
    held_out: CaseTable,
    synthetic: CaseTable,
    sources: Sequence[Sequence[str]],
    *,
    seed: int = 0,
    draws: int = 1000,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Measure the synthetic cases of a `cohort` against its training patients, with held-out patients for comparison.

    `sources`: per synthetic case, the training patients whose label map it was made from (empty where there are none).
    `draws`: resamplings behind each interval. Raises InputError if there are too few cases of either kind.
    """
    for table, what, more in (
        (training, "training", "Label more patients, or make the set without this cohort."),
        (synthetic, "synthetic", "Make a set with more cases of this cohort, or without it."),
    ):
        if len(table) < FEWEST:
            raise InputError(
                f"an audit needs at least {FEWEST} {what} cases, there are {len(table)}",
                source=cohort,
                next_step=more,
            )
    random = np.random.default_rng(seed)
    features: dict[str, Any] = {}
    chosen = shared_features(training, synthetic)
    for done, n in enumerate(chosen):
        progress(f"comparing {training.names[n]}", done / len(chosen))
        features[training.names[n]] = _feature(training, held_out, synthetic, n, random, draws)
    real, drawn, strangers = standardize(*(table.values[:, chosen] for table in (training, synthetic, held_out)))
    card: dict[str, Any] = {
        "cases": {"training": len(training), "held_out": len(held_out), "synthetic": len(synthetic)},
        "features": features,
        "congruence": _medians(features, "congruence"),
        "coverage_of_features": {**_medians(features, "coverage"), **joint_spread(real, drawn, random, draws)},
        "completeness": {
            "missing_training": number(missing_share(training.values)),
            "missing_synthetic": number(missing_share(synthetic.values)),
        },
        "constraint": {
            "outside_real_range": outside_share(training.values[:, chosen], synthetic.values[:, chosen], random, draws),
            "held_out_outside": outside_share(training.values[:, chosen], held_out.values[:, chosen], random, draws)
            if len(held_out)
            else None,
        },
        "consistency": _consistency_share(features),
        "classifier_auc": discriminate(real, drawn, random, draws),
        **density_and_coverage(real, drawn, random, draws),
        "vendi_ratio": vendi_ratio(real, drawn, random, draws),
        "mmd": discrepancy(real, drawn, random, draws),
        "held_out_reference": _reference(real, strangers, random, draws) if len(held_out) >= FEWEST else None,
        "memorization": _memorization(training, held_out, synthetic, (real, drawn, strangers), sources, random, draws),
    }
    progress("audited", 1.0)
    return card


def mix_card(record: Mapping[str, Any], cohorts: Mapping[str, Any], command: str) -> dict[str, Any]:
    """The whole card of a set from its record (``set.json``) and its cohorts' audits, checked against the schema."""
    card = {
        "format": FORMAT,
        "set": {name: record.get(name) for name in ("name", "generator", "quality", "diversity", "seed", "settings")},
        "command": command,
        "comprehension": comprehension(record),
        "compliance": {"evidence": "unknown", "reason": "Compliance with rules and law is not computed."},
        "cohorts": dict(cohorts),
    }
    validate(card)
    return card


def validate(card: Mapping[str, Any]) -> None:
    """Raise InputError unless the card fits ``Resources/Schemas/mix_card.schema.json``."""
    import jsonschema

    schema = json.loads(resource_path("Schemas/mix_card.schema.json").read_text("utf-8"))
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(card))
    if error is not None:
        where = "/".join(str(part) for part in error.absolute_path) or "the top level"
        raise InputError(
            f"it does not fit its schema: {where}: {error.message[:200]}",
            source="mix card",
            next_step="Make the mix card again with this version of SynthTrust.",
        )


def _feature(
    training: CaseTable,
    held_out: CaseTable,
    synthetic: CaseTable,
    n: int,
    random: np.random.Generator,
    draws: int,
) -> dict[str, Any]:
    there = np.isfinite(training.values[:, n])
    real = training.values[there, n]
    drawn, strangers = (table.values[np.isfinite(table.values[:, n]), n] for table in (synthetic, held_out))
    groups = [group for group, known in zip(training.groups, there, strict=True) if known]
    few = max(50, draws // 5)  # forty features times three figures: fewer draws each
    return {
        "real_mean": number(float(real.mean())),
        "real_sd": number(float(real.std())),
        "synthetic_mean": number(float(drawn.mean())),
        "synthetic_sd": number(float(drawn.std())),
        "congruence": congruence(real, drawn, random, few),
        "congruence_held_out": congruence(real, strangers, random, few) if len(strangers) >= FEWEST else None,
        "coverage": feature_spread(real, drawn, random, few),
        "missing_synthetic": number(missing_share(synthetic.values[:, n])),
        "consistency": consistency(real, groups, drawn),
    }


def _medians(features: Mapping[str, Any], section: str) -> dict[str, float | None]:
    """Median over the features of every figure of one section."""
    names = next(iter(features.values()))[section] if features else {}
    values = {
        name: [
            entry[section][name]["value"] for entry in features.values() if entry[section][name]["value"] is not None
        ]
        for name in names
    }
    return {f"median_{name}": number(float(np.median(found))) if found else None for name, found in values.items()}


def _consistency_share(features: Mapping[str, Any]) -> dict[str, float | int]:
    """How many features tell synthetic from real, and real sites from each other, at p < 0.05 (5 % by chance alone)."""

    def share(what: str) -> float:
        values = [entry["consistency"][what]["p"] for entry in features.values()]
        known = [p for p in values if p is not None]
        return float(np.mean([p < 0.05 for p in known])) if known else 0.0

    return {"features": len(features), "differ_synthetic": share("synthetic"), "differ_sites": share("sites")}


def _reference(
    real: npt.NDArray[np.float64], strangers: npt.NDArray[np.float64], random: np.random.Generator, draws: int
) -> dict[str, Any]:
    """The same figures for held-out real patients: what a perfect generator would score at this size."""
    return {
        "classifier_auc": discriminate(real, strangers, random, draws),
        **density_and_coverage(real, strangers, random, draws),
        "vendi_ratio": vendi_ratio(real, strangers, random, draws),
        "mmd": discrepancy(real, strangers, random, draws),
    }


def _memorization(
    training: CaseTable,
    held_out: CaseTable,
    synthetic: CaseTable,
    standardized: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]],
    sources: Sequence[Sequence[str]],
    random: np.random.Generator,
    draws: int,
) -> dict[str, Any]:
    real, drawn, strangers = standardized
    spaces = {
        "features": (cdist(drawn, real), cdist(drawn, strangers), cdist(strangers, real)),
        "pictures": (
            picture_distances(synthetic.thumbnails, training.thumbnails),
            picture_distances(synthetic.thumbnails, held_out.thumbnails) if len(held_out) else np.zeros((0, 0)),
            picture_distances(held_out.thumbnails, training.thumbnails) if len(held_out) else np.zeros((0, 0)),
        ),
    }
    return {
        space: {
            **memorization(*distances, random, draws),
            "source": nearness_to_source(distances[0], training.ids, sources, random, draws),
        }
        for space, distances in spaces.items()
    }
