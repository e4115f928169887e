"""A synthetic set as a plan names it: which generator, at which quality, from how many source patients."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.fields import one_of, section, text, whole, wholes, within
from SynthTrustLib.mixes.diffusion.network import NETWORK
from SynthTrustLib.mixes.diffusion.training import GeneratorSchedule
from SynthTrustLib.mixes.identifier import identifier

SIMULATOR, DIFFUSION = "simulator", "diffusion"
HELD_OUT_SEEDS = 500_000
"""Held-out synthetic patients have seeds this much higher than those of the training set."""


@dataclass(frozen=True)
class SetPlan:
    """One synthetic set."""

    name: str
    generator: str
    """``"simulator"`` or ``"diffusion"``."""
    seed: int
    """Of its first case."""
    quality: str | None = None
    """``"high"`` or ``"low"``, for a trained generator."""
    sources: int | None = None
    """Source patients a cohort; None for all training patients. Few sources make a set of low diversity."""

    @property
    def diversity(self) -> str:
        """In words, for cards."""
        return "all source patients" if self.sources is None else f"{self.sources} source patients a cohort"


@dataclass(frozen=True)
class GeneratorPlan:
    """The trained generator of a plan: its folder, and how it is trained.

    One that is `frozen` is taken from its folder as it is, though more patients are for training now than it has seen.
    """

    folder: Path
    schedule: GeneratorSchedule
    frozen: bool = False


def read_sets(content: object) -> dict[str, SetPlan]:
    """The sets of a plan's ``sets`` section. Raises ValueError if a set cannot be made so; the message names it."""
    return {str(name): _set(name, entry) for name, entry in section("sets", content).items()}


def read_generator_plan(content: object, folder: Path) -> GeneratorPlan:
    """A plan's ``generator`` section; its folder is relative to `folder`. What its schedule leaves out has its default.

    Raises ValueError if the generator cannot be trained so; the message names the setting.
    """
    with within("generator"):
        fields = section("it", content, known=("folder", "schedule", "frozen"), required=("folder",))
        record = dict(section("schedule", fields.get("schedule", {}), known=GeneratorSchedule.__dataclass_fields__))
        for name in {"snapshots", "crop"} & record.keys():
            record[name] = wholes(name, record[name])
        record["network"] = {**NETWORK, **section("network", record.get("network", {}))}
        frozen = fields.get("frozen", False)
        if not isinstance(frozen, bool):
            raise ValueError(f"frozen is {frozen!r}, but must be true or false")
        return GeneratorPlan(folder / text("folder", fields["folder"]), GeneratorSchedule(**record), frozen)


def _set(name: object, content: object) -> SetPlan:
    with within(f"the set {name}"):
        known = SetPlan.__dataclass_fields__.keys() - {"name"}
        fields = section("it", content, known=known, required=("generator", "seed"))
        whole("seed", fields["seed"])
        if fields.get("sources") is not None:
            whole("sources", fields["sources"], least=1)
        made = SetPlan(name=identifier("its name", name), **fields)
        one_of("generator", made.generator, (SIMULATOR, DIFFUSION))
        if (made.quality in ("high", "low")) != (made.generator == DIFFUSION):
            raise ValueError(
                f"it has the quality {made.quality!r}, but a diffusion set must have high or low, a simulator set none"
            )
        return made
