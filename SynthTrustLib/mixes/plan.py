"""A mix plan: which segmenters to train on which mixes, as one YAML file that a person can read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.labelled import LabelledCase
from SynthTrustLib.mixes.train import Schedule


@dataclass(frozen=True)
class MixPlan:
    """One segmenter to be.

    Attributes
    ----------
    synthetic_fraction : float
        Share of every cohort's training cases that is replaced by synthetic ones, 0..1.
    schedule : Schedule
        The optimization budget, the same for all of a ladder.
    """

    id: str
    name: str
    summary: str
    synthetic_fraction: float
    presets: tuple[str, ...]
    schedule: Schedule

    def counts(self, cohorts: Mapping[str, int]) -> dict[str, int]:
        """Cohort -> number of synthetic cases, of as many training cases as `cohorts` says."""
        return {cohort: round(size * self.synthetic_fraction) for cohort, size in cohorts.items()}

    def keep_real(self, cases: Sequence[LabelledCase]) -> list[LabelledCase]:
        """The real training cases that stay, sites balanced. A smaller share's cases are among a larger share's."""
        kept = []
        for cohort in sorted({case.cohort for case in cases}):
            members = [case for case in cases if case.cohort == cohort]
            synthetic = self.counts({cohort: len(members)})[cohort]
            kept += by_turns(members)[: len(members) - synthetic]
        return kept


@dataclass(frozen=True)
class Plan:
    """Everything that a plan file says. Paths are relative to the file's folder."""

    family: str
    split: Path
    synthetic_seed: int
    segmenters: tuple[MixPlan, ...]


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises
    ------
    InputError
        If the file is not there, is not YAML, or leaves out or misspells a field; the message names it.
    """
    import yaml

    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        common = content.get("schedule", {})
        segmenters = tuple(
            MixPlan(
                id=entry["id"],
                name=entry["name"],
                summary=entry["summary"],
                synthetic_fraction=float(entry["synthetic_fraction"]),
                presets=tuple(entry.get("presets", ())),
                schedule=_schedule({**common, **entry.get("schedule", {})}),
            )
            for entry in content["segmenters"]
        )
        plan = Plan(content["family"], path.parent / content["split"], int(content["synthetic_seed"]), segmenters)
    except FileNotFoundError:
        raise InputError("the plan does not exist", source=str(path), next_step="Name a plan file.") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            f"the plan cannot be understood ({type(error).__name__}: {error})",
            source=path.name,
            next_step="Compare it with Resources/Study/plan.yaml.",
        ) from error
    for entry in segmenters:
        if not 0 <= entry.synthetic_fraction <= 1:
            raise InputError(
                f"the synthetic fraction of {entry.id} is {entry.synthetic_fraction}",
                source=path.name,
                next_step="Use a number from 0 to 1.",
            )
    return plan


def _schedule(record: dict[str, Any]) -> Schedule:
    rows, columns = record.get("crop", Schedule.crop)
    return Schedule(**{**record, "crop": (int(rows), int(columns))})


def by_turns(cases: Sequence[LabelledCase]) -> list[LabelledCase]:
    """Cases in an order of which every beginning holds the sites in about their shares."""
    shuffled = sorted(cases, key=lambda case: case.id)
    random.Random(0).shuffle(shuffled)
    sites = {site: [case for case in shuffled if case.site == site] for site in sorted({c.site for c in cases})}
    placed = [
        ((n + 0.5) / len(members), site, case) for site, members in sites.items() for n, case in enumerate(members)
    ]
    return [case for _, _, case in sorted(placed, key=lambda entry: entry[:2])]
