"""A mix plan: which segmenters to train on which mixes, as one YAML file that a person can read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.labelled import LabelledCase
from SynthTrustLib.mixes.set_plan import DIFFUSION, GeneratorPlan, SetPlan, read_sets
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
    factor : str
        What sets it apart: "proportion", "quality", "diversity", "generator", "addition", "site" or "flagship".
    set : str or None
        The plan's synthetic set that its synthetic cases come from; None only for a mix without any.
    added_fraction : float
        Synthetic cases in addition to all real ones, per real one.
    without_sites : tuple of str
        Sites (``cohort: site``) whose real cases are left out.
    """

    id: str
    name: str
    summary: str
    synthetic_fraction: float
    presets: tuple[str, ...]
    schedule: Schedule
    factor: str = "proportion"
    set: str | None = None
    added_fraction: float = 0.0
    without_sites: tuple[str, ...] = ()

    def counts(self, cohorts: Mapping[str, int]) -> dict[str, int]:
        """Cohort -> number of synthetic cases, of as many training cases as `cohorts` says."""
        share = self.synthetic_fraction + self.added_fraction
        return {cohort: round(size * share) for cohort, size in cohorts.items()}

    def keep_real(self, cases: Sequence[LabelledCase]) -> list[LabelledCase]:
        """The real training cases that stay, sites balanced. A smaller share's cases are among a larger share's."""
        kept = []
        for cohort in sorted({case.cohort for case in cases}):
            members = [case for case in cases if case.cohort == cohort]
            replaced = round(len(members) * self.synthetic_fraction)
            kept += by_turns(members)[: len(members) - replaced]
        return [case for case in kept if f"{case.cohort}: {case.site}" not in self.without_sites]


@dataclass(frozen=True)
class Plan:
    """Everything that a plan file says. Paths are relative to the file's folder.

    `cases` is the number of training cases a cohort that every mix has; cohorts that it leaves out use all.
    """

    family: str
    split: Path
    segmenters: tuple[MixPlan, ...]
    sets: Mapping[str, SetPlan] = field(default_factory=dict)
    generator: GeneratorPlan | None = None
    cases: Mapping[str, int] = field(default_factory=dict)

    def set_counts(self, name: str, cohorts: Mapping[str, int]) -> dict[str, int]:
        """Cohort -> how many cases of a set the mixes need at most; `cohorts` are the sizes of the training part."""
        needed = [mix.counts(cohorts) for mix in self.segmenters if mix.set == name]
        return {cohort: max((counts[cohort] for counts in needed), default=0) for cohort in cohorts}


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises
    ------
    InputError
        If the file is not there, is not YAML, leaves out or misspells a field, or contradicts itself; the message names
        what is wrong.
    """
    import yaml

    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        common = content.get("schedule", {})
        segmenters = tuple(mix for entry in content["segmenters"] for mix in _mixes(entry, common))
        generator = content.get("generator")
        plan = Plan(
            family=content["family"],
            split=path.parent / content["split"],
            segmenters=segmenters,
            sets=read_sets(content.get("sets", {}), path.name),
            generator=GeneratorPlan(path.parent / generator["folder"], generator.get("schedule", {}))
            if generator
            else None,
            cases={str(cohort): int(count) for cohort, count in content.get("cases", {}).items()},
        )
    except FileNotFoundError:
        raise InputError("the plan does not exist", source=str(path), next_step="Name a plan file.") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            f"the plan cannot be understood ({type(error).__name__}: {error})",
            source=path.name,
            next_step="Compare it with Resources/Study/plan.yaml.",
        ) from error
    _check(plan, path.name)
    return plan


def _mixes(entry: dict[str, Any], common: dict[str, Any]) -> list[MixPlan]:
    """The segmenters of one entry: one, or one a seed where it lists ``seeds``."""
    seeds = entry.get("seeds")
    mix = MixPlan(
        id=entry["id"],
        name=entry["name"],
        summary=entry["summary"],
        synthetic_fraction=float(entry["synthetic_fraction"]),
        presets=tuple(entry.get("presets", ())),
        schedule=Schedule(**{**common, **entry.get("schedule", {})}),
        factor=entry.get("factor", "proportion"),
        set=entry.get("set"),
        added_fraction=float(entry.get("added_fraction", 0)),
        without_sites=tuple(entry.get("without_sites", ())),
    )
    unknown = set(entry) - set(MixPlan.__dataclass_fields__) - {"seeds"}
    if unknown:
        raise ValueError(f"{mix.id} has the unknown field {sorted(unknown)[0]!r}")
    if seeds is None:
        return [mix]
    return [
        replace(
            mix,
            id=mix.id if n == 0 else f"{mix.id}-seed-{seed}",
            name=mix.name if n == 0 else f"{mix.name} (seed {seed})",
            schedule=replace(mix.schedule, seed=int(seed)),
        )
        for n, seed in enumerate(seeds)
    ]


def _check(plan: Plan, source: str) -> None:
    """Refuse a plan that contradicts itself."""
    seen: set[str] = set()
    for mix in plan.segmenters:
        if mix.id in seen:
            raise InputError(f"two segmenters are called {mix.id}", source=source, next_step="Rename one of them.")
        seen.add(mix.id)
        if not 0 <= mix.synthetic_fraction <= 1:
            raise InputError(
                f"the synthetic fraction of {mix.id} is {mix.synthetic_fraction}",
                source=source,
                next_step="Use a number from 0 to 1.",
            )
        if mix.set is None and mix.synthetic_fraction + mix.added_fraction > 0:
            raise InputError(
                f"{mix.id} has synthetic cases, but names no set that they come from",
                source=source,
                next_step="Name one of the plan's sets under set.",
            )
        if mix.set is not None and mix.set not in plan.sets:
            raise InputError(
                f"{mix.id} takes its synthetic cases from the set {mix.set}, which the plan does not describe",
                source=source,
                next_step="Describe it under sets.",
            )
    for name, made in plan.sets.items():
        if made.generator == DIFFUSION and plan.generator is None:
            raise InputError(
                f"the set {name} needs a trained generator, which the plan does not describe",
                source=source,
                next_step="Name its folder under generator.",
            )


def by_turns(cases: Sequence[LabelledCase]) -> list[LabelledCase]:
    """Cases in an order of which every beginning holds the sites in about their shares."""
    shuffled = sorted(cases, key=lambda case: case.id)
    random.Random(0).shuffle(shuffled)
    sites = {site: [case for case in shuffled if case.site == site] for site in sorted({c.site for c in cases})}
    placed = [
        ((n + 0.5) / len(members), site, case) for site, members in sites.items() for n, case in enumerate(members)
    ]
    return [case for _, _, case in sorted(placed, key=lambda entry: entry[:2])]
