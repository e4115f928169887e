"""A mix plan: which segmenters to train on which mixes, as one YAML file that a person can read."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypedDict

from SynthTrustLib.codec import Count, FieldError, Fraction, Range, Size, Text, Unique, decode
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.mixes.set_plan import DIFFUSION, GeneratorPlan, SetPlan, read_generator_plan
from SynthTrustLib.mixes.train import Schedule
from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK
from SynthTrustLib.segmenters.package.card import Identifier

Factor: TypeAlias = Literal[
    "proportion", "quality", "diversity", "generator", "addition", "patients", "site", "flagship"
]
"""What can set a mix apart from the others; the study compares by it."""

Texts: TypeAlias = Annotated[tuple[Text, ...], Unique()]


@dataclass(frozen=True)
class MixPlan:
    """One segmenter to be."""

    id: Identifier
    name: Text
    summary: Text
    synthetic_fraction: Fraction
    """Share of every cohort's training cases that is replaced by synthetic ones, 0..1."""
    presets: Annotated[tuple[Identifier, ...], Unique()] = ()
    schedule: Schedule = field(default_factory=Schedule)
    """The optimization budget, the same for all of a ladder."""
    factor: Factor = "proportion"
    """What sets it apart."""
    set: Text | None = None
    """The plan's synthetic set that its synthetic cases come from; None only for a mix without any."""
    added_fraction: Annotated[float, Range(0)] = 0.0
    """Synthetic cases in addition to all real ones, per real one."""
    kept_fraction: Fraction = 1.0
    """Share of every cohort's training cases that there are at all, sites balanced; 1 for a mix with synthetic ones."""
    without_sites: Texts = ()
    """Sites (``cohort: site``) whose real cases are left out."""
    start: Text | None = None
    """SHA-256 of the weights that training goes on from, as a cycle does from those of the one before (see
    `Schedule.cycles`); a package beside those to be written has them. None for fresh weights."""

    mirrored: bool = False
    """Whether it answers with the mean for a slice and for its mirror image. Decides no weight, and takes twice as
    long."""

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
            kept += by_turns(members)[: min(len(members) - replaced, round(len(members) * self.kept_fraction))]
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


class _Network(TypedDict, total=False):
    """What a plan may say otherwise of the family's network."""

    filters: list[Annotated[int, Range(1)]]
    smoothing: Literal["binomial"] | Annotated[int, Range(1)]


@dataclass(frozen=True)
class _File:
    """A plan as it is written; each section is read by itself, so that an error names whose field is wrong."""

    family: Text
    split: Path
    segmenters: Annotated[tuple[Mapping[str, Any], ...], Size(1)]
    schedule: Mapping[str, Any] = field(default_factory=dict)
    sets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    generator: Mapping[str, Any] | None = None
    cases: Mapping[str, Count] = field(default_factory=dict)
    network: _Network = field(default_factory=lambda: _Network())


def _plan(content: object, folder: Path) -> Plan:
    """The plan that a file in `folder` describes."""
    file = decode(_File, content)
    sets = {}
    for name, entry in file.sets.items():
        with _named(f"the set {name}"):
            sets[name] = decode(SetPlan, {**entry, "name": name})
    with _named("generator"):
        generator = read_generator_plan(file.generator, folder) if file.generator else None
    mixes = [mix for n, entry in enumerate(file.segmenters, 1) for mix in _mixes(n, entry, file.schedule)]
    network = {**FAMILY_NETWORK, **file.network}
    return Plan(file.family, folder / file.split, tuple(mixes), sets, generator, file.cases, network)


@contextmanager
def _named(whose: str) -> Iterator[None]:
    """Say of a field that is refused inside whose it is."""
    try:
        yield
    except FieldError as error:
        raise ValueError(f"{whose}: {error}") from error


def _mixes(place: int, entry: Mapping[str, Any], common: Mapping[str, Any]) -> list[MixPlan]:
    """The segmenters of one entry, the `place`-th: one, or one a seed where it lists ``seeds``."""
    with _named(str(entry.get("id", f"segmenter {place}"))):
        fields = dict(entry)
        listed = fields.pop("seeds", None)
        fields["schedule"] = {**common, **decode(dict[str, Any], fields.get("schedule", {}))}
        mix = decode(MixPlan, fields)
        if listed is None:
            return [mix]
        seeds = decode(_Seeds, {"seeds": listed}).seeds
        return [
            replace(
                mix,
                id=mix.id if n == 0 else decode(Identifier, f"{mix.id}-seed-{seed}"),
                name=mix.name if n == 0 else f"{mix.name} (seed {seed})",
                schedule=replace(mix.schedule, seed=seed),
            )
            for n, seed in enumerate(seeds)
        ]


@dataclass(frozen=True)
class _Seeds:
    seeds: Annotated[tuple[Count, ...], Size(1), Unique()]


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
        if mix.kept_fraction < 1 and mix.synthetic_fraction + mix.added_fraction > 0:
            raise InputError(
                f"{mix.id} keeps a part of the training cases, though its synthetic ones are made from all of them",
                source=source,
                next_step="Leave out kept_fraction, or the synthetic cases.",
            )
        if mix.factor == "patients" and mix.kept_fraction == 1:
            raise InputError(
                f"{mix.id} has the factor patients, and keeps all of them",
                source=source,
                next_step="State kept_fraction, or another factor.",
            )
        if mix.set is not None and mix.set not in plan.sets:
            raise InputError(
                f"{mix.id} takes its synthetic cases from the set {mix.set}, which the plan does not describe",
                source=source,
                next_step="Describe it under sets.",
            )
    _check_ladder([mix for mix in plan.segmenters if mix.factor == "proportion"], source)
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


def _check_ladder(mixes: Sequence[MixPlan], source: str) -> None:
    """Refuse a ladder whose mixes differ in more than the share: its slope would be that of something else."""
    kept = ("schedule", "kept_fraction", "without_sites", "added_fraction", "start")
    set_of = next((mix.set for mix in mixes if mix.synthetic_fraction), None)
    for mix in mixes[1:]:
        first = replace(mixes[0], schedule=replace(mixes[0].schedule, seed=mix.schedule.seed))
        other = next((name for name in kept if getattr(mix, name) != getattr(first, name)), None)
        if mix.synthetic_fraction and mix.set != set_of:
            other = "set"
        if other:
            raise InputError(
                f"{mix.id} and {first.id} differ in {other}, and not in the share of synthetic patients alone",
                source=source,
                next_step="Give one of them the factor that sets it apart.",
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
