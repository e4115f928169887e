"""A synthetic set as a plan names it: which generator, at which quality, from how many source patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError

SIMULATOR, DIFFUSION = "simulator", "diffusion"
HELD_OUT_SEEDS = 500_000
"""Held-out synthetic patients have seeds this much higher than those of the training set."""


@dataclass(frozen=True)
class SetPlan:
    """One synthetic set.

    Attributes
    ----------
    generator : str
        "simulator" or "diffusion".
    quality : str or None
        "high" or "low", for a trained generator.
    sources : int or None
        Source patients a cohort; None for all training patients. Few sources make a set of low diversity.
    seed : int
        Of its first case.
    """

    name: str
    generator: str
    seed: int
    quality: str | None = None
    sources: int | None = None

    @property
    def diversity(self) -> str:
        """In words, for cards."""
        return "all source patients" if self.sources is None else f"{self.sources} source patients a cohort"


@dataclass(frozen=True)
class GeneratorPlan:
    """The trained generator of a plan: its folder, and its schedule as in `GeneratorSchedule`."""

    folder: Path
    schedule: Mapping[str, Any]


def read_sets(content: Mapping[str, Any], source: str) -> dict[str, SetPlan]:
    """The sets of a plan's ``sets`` section.

    Raises
    ------
    InputError
        If a set names an unknown generator or quality, or has no seed of its own.
    """
    sets: dict[str, SetPlan] = {}
    for name, entry in content.items():
        made = SetPlan(name=str(name), **entry)
        if made.generator not in (SIMULATOR, DIFFUSION):
            raise InputError(
                f"the set {name} names the generator {made.generator!r}",
                source=source,
                next_step=f"Use {SIMULATOR} or {DIFFUSION}.",
            )
        if (made.quality in ("high", "low")) != (made.generator == DIFFUSION):
            raise InputError(
                f"the set {name} has the quality {made.quality!r}",
                source=source,
                next_step="Give a diffusion set the quality high or low, and a simulator set none.",
            )
        sets[str(name)] = made
    return sets
