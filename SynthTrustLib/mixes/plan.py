"""A mix plan: which segmenters to train on which mixes, as one YAML file that a person can read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.fields import (
    different,
    entries,
    number,
    one_of,
    section,
    text,
    texts,
    whole,
    wholes,
    within,
)
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.mixes.identifier import identifier
from SynthTrustLib.mixes.set_plan import DIFFUSION, GeneratorPlan, SetPlan, read_generator_plan, read_sets
from SynthTrustLib.mixes.train import Schedule
from SynthTrustLib.segmenters.networks.family import BINOMIAL, FAMILY_NETWORK

FACTORS = ("proportion", "quality", "diversity", "generator", "addition", "site", "flagship")
"""What can set a mix apart from the others; the study compares by it."""


@dataclass(frozen=True)
class MixPlan:
    """One segmenter to be."""

    id: str
    name: str
    summary: str
    synthetic_fraction: float
    """Share of every cohort's training cases that is replaced by synthetic ones, 0..1."""
    presets: tuple[str, ...]
    schedule: Schedule
    """The optimization budget, the same for all of a ladder."""
    factor: str = FACTORS[0]
    """What sets it apart, one of `FACTORS`."""
    set: str | None = None
    """The plan's synthetic set that its synthetic cases come from; None only for a mix without any."""
    added_fraction: float = 0.0
    """Synthetic cases in addition to all real ones, per real one."""
    without_sites: tuple[str, ...] = ()
    """Sites (``cohort: site``) whose real cases are left out."""
    start: str | None = None
    """SHA-256 of the weights that training goes on from, as a cycle does from those of the one before (see
    `Schedule.cycles`); a package beside those to be written has them. None for fresh weights."""

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

    `cases` is the number of training cases a cohort that every mix has; cohorts that it leaves out use all. `network`
    is what `build_network` makes: the family's, but for what the plan says otherwise.
    """

    family: str
    split: Path
    segmenters: tuple[MixPlan, ...]
    sets: Mapping[str, SetPlan] = field(default_factory=dict)
    generator: GeneratorPlan | None = None
    cases: Mapping[str, int] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=lambda: FAMILY_NETWORK)

    def choose(self, training: Sequence[LabelledCase]) -> list[LabelledCase]:
        """The real training cases that the mixes are made from: all, or as many a cohort as `cases` says."""
        cohorts = dict.fromkeys(case.cohort for case in training)
        members = {name: by_turns([case for case in training if case.cohort == name]) for name in cohorts}
        return [case for name in cohorts for case in members[name][: self.cases.get(name)]]

    def set_counts(self, name: str, cohorts: Mapping[str, int]) -> dict[str, int]:
        """Cohort -> how many cases of a set the mixes need at most; `cohorts` are the sizes of the training part."""
        needed = [mix.counts(cohorts) for mix in self.segmenters if mix.set == name]
        return {cohort: max((counts[cohort] for counts in needed), default=0) for cohort in cohorts}


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises InputError if the file is not there, is not YAML, leaves out or misspells a field, or has a value that cannot
    be followed; the message names it.
    """
    import yaml

    try:
        plan = _plan(yaml.safe_load(path.read_text(encoding="utf-8")), path.parent)
    except FileNotFoundError:
        raise InputError("the plan does not exist", source=str(path), next_step="Name a plan file.") from None
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise InputError(
            f"the plan cannot be understood: {error}",
            source=path.name,
            next_step="Compare it with Resources/Study/plan.yaml.",
        ) from error
    _check(plan, path.name)
    return plan


def _plan(content: object, folder: Path) -> Plan:
    """The plan that a file in `folder` describes."""
    fields = section(
        "it",
        content,
        known=Plan.__dataclass_fields__.keys() | {"schedule"},
        required=("family", "split", "segmenters"),
    )
    common = section("schedule", fields.get("schedule", {}))
    described = entries("segmenters", fields["segmenters"])
    if not described:
        raise ValueError("it has no segmenters")
    return Plan(
        family=text("family", fields["family"]),
        split=folder / text("split", fields["split"]),
        segmenters=tuple(mix for n, entry in enumerate(described, 1) for mix in _mixes(n, entry, common)),
        sets=read_sets(fields.get("sets", {})),
        generator=read_generator_plan(fields["generator"], folder) if fields.get("generator") else None,
        cases={
            str(cohort): whole(f"the number of cases of {cohort}", count)
            for cohort, count in section("cases", fields.get("cases", {})).items()
        },
        network=_network(section("network", fields.get("network", {}), known=("filters", "smoothing"))),
    )


def _network(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The family's network with these settings instead of its own."""
    network = {**FAMILY_NETWORK, **settings}
    network["filters"] = list(wholes("filters", network["filters"], least=1))
    if network["smoothing"] != BINOMIAL:
        network["smoothing"] = whole("smoothing", network["smoothing"], least=1)
    return network


def _mixes(place: int, entry: object, common: Mapping[str, Any]) -> list[MixPlan]:
    """The segmenters of one entry, the `place`-th: one, or one a seed where it lists ``seeds``."""
    with within(str(entry["id"]) if isinstance(entry, Mapping) and "id" in entry else f"segmenter {place}"):
        fields = section(
            "it",
            entry,
            known=MixPlan.__dataclass_fields__.keys() | {"seeds"},
            required=("id", "name", "summary", "synthetic_fraction"),
        )
        schedule = {**common, **section("schedule", fields.get("schedule", {}))}
        mix = MixPlan(
            id=identifier("id", fields["id"]),
            name=text("name", fields["name"]),
            summary=text("summary", fields["summary"]),
            synthetic_fraction=number("synthetic_fraction", fields["synthetic_fraction"], high=1),
            presets=tuple(identifier("a preset", preset) for preset in texts("presets", fields.get("presets", ()))),
            schedule=Schedule(**section("schedule", schedule, known=Schedule.__dataclass_fields__)),
            factor=one_of("factor", fields.get("factor", FACTORS[0]), FACTORS),
            set=None if fields.get("set") is None else text("set", fields["set"]),
            added_fraction=number("added_fraction", fields.get("added_fraction", 0)),
            without_sites=texts("without_sites", fields.get("without_sites", ())),
            start=None if fields.get("start") is None else text("start", fields["start"]),
        )
        if fields.get("seeds") is None:
            return [mix]
        seeds = different("seeds", wholes("seeds", fields["seeds"]))
        if not seeds:
            raise ValueError("seeds names none")
        return [
            replace(
                mix,
                id=mix.id if n == 0 else identifier("id", f"{mix.id}-seed-{seed}"),
                name=mix.name if n == 0 else f"{mix.name} (seed {seed})",
                schedule=replace(mix.schedule, seed=seed),
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
        if made.quality == "low" and plan.generator is not None and not plan.generator.schedule.snapshots:
            raise InputError(
                f"the set {name} is of low quality, but the generator keeps no snapshot",
                source=source,
                next_step="Name an early step under snapshots in the generator's schedule.",
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
