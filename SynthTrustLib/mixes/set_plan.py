"""A synthetic set as a plan names it: which generator, at which quality, from how many source patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from SynthTrustLib.codec import Count, FieldError, Range, decode
from SynthTrustLib.mixes.diffusion.network import NETWORK
from SynthTrustLib.mixes.diffusion.training import GeneratorSchedule
from SynthTrustLib.segmenters.package.card import Identifier

_Fields: TypeAlias = dict[str, Any]

SIMULATOR, DIFFUSION = "simulator", "diffusion"
HELD_OUT_SEEDS = 500_000
"""Held-out synthetic patients have seeds this much higher than those of the training set."""


@dataclass(frozen=True)
class SetPlan:
    """One synthetic set."""

    name: Identifier
    generator: Literal["simulator", "diffusion"]
    seed: Count
    """Of its first case."""
    quality: Literal["high", "low"] | None = None
    """Of a trained generator."""
    sources: Annotated[int, Range(1)] | None = None
    """Source patients a cohort; None for all training patients. Few sources make a set of low diversity."""

    @property
    def diversity(self) -> str:
        """In words, for cards."""
        return "all source patients" if self.sources is None else f"{self.sources} source patients a cohort"

    def check_fields(self) -> None:
        if (self.quality is None) == (self.generator == DIFFUSION):
            raise FieldError("must be high or low of a diffusion set, and of a simulator set there is none", "quality")


@dataclass(frozen=True)
class GeneratorPlan:
    """The trained generator of a plan: its folder, and how it is trained.

    One that is `frozen` is taken from its folder as it is, though more patients are for training now than it has seen.
    """

    folder: Path
    schedule: GeneratorSchedule
    frozen: bool = False


def read_generator_plan(content: Mapping[str, Any], folder: Path) -> GeneratorPlan:
    """A plan's ``generator`` section; its folder is relative to `folder`. What its schedule leaves out has its default.

    Raises FieldError if the generator cannot be trained so.
    """
    schedule = decode(_Fields, content.get("schedule", {}))
    network = {**NETWORK, **decode(_Fields, schedule.get("network", {}))}
    plan = decode(GeneratorPlan, {**content, "schedule": {**schedule, "network": network}})
    return replace(plan, folder=folder / plan.folder)
