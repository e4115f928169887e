"""The synthetic sets of a plan: made when they are asked for, from training patients, or held out for measuring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.mixes.diffusion.command import is_trained, make_generator
from SynthTrustLib.mixes.maker import Maker
from SynthTrustLib.mixes.makers import build_diffusion, build_simulator
from SynthTrustLib.mixes.plan import Plan
from SynthTrustLib.mixes.set_plan import DIFFUSION, HELD_OUT_SEEDS
from SynthTrustLib.mixes.simulator.anatomy import find_label_maps
from SynthTrustLib.mixes.synthetic_set import SyntheticSet, write_set
from SynthTrustLib.progress import Progress, silent


def planned_set(
    plan: Plan,
    name: str,
    training: Sequence[LabelledCase],
    data: Path,
    work: Path,
    progress: Progress = silent,
    *,
    held_out: Sequence[LabelledCase] | None = None,
) -> SyntheticSet:
    """The set `name` of the plan with as many cases as its mixes need at most.

    With `held_out`, patients for measuring instead: as many as there are held-out real ones, none with a source that
    trained. A trained generator paints maps made from the held-out patients' own labels; the simulator uses other
    seeds.
    """
    made = plan.sets[name]
    maker = _maker(plan, name, training, held_out, data, work, progress)
    sizes = Counter(sorted(case.cohort for case in (training if held_out is None else held_out)))
    counts = plan.set_counts(name, sizes) if held_out is None else sizes
    called, first = (name, made.seed) if held_out is None else (f"{name}-held-out", made.seed + HELD_OUT_SEEDS)
    return write_set(
        work / "sets" / called,
        maker,
        {cohort: count for cohort, count in counts.items() if count},
        first,
        name=called,
        quality=made.quality,
        diversity=made.diversity,
        progress=progress,
    )


def has_generator(plan: Plan, name: str, training: Sequence[LabelledCase], data: Path) -> bool:
    """Whether the set `name` can be made without training: its generator, or the simulator's label maps, are there."""
    if plan.sets[name].generator == DIFFUSION:
        assert plan.generator is not None  # `read_plan` refuses a diffusion set without one
        return plan.generator.frozen or is_trained(training, plan.generator.schedule, plan.generator.folder)
    try:
        return bool(find_label_maps(data))
    except InputError:
        return False


def _maker(
    plan: Plan,
    name: str,
    training: Sequence[LabelledCase],
    maps_of: Sequence[LabelledCase] | None,
    data: Path,
    work: Path,
    progress: Progress,
) -> Maker:
    made = plan.sets[name]
    if made.generator != DIFFUSION:
        return build_simulator(training, data, work, made.sources)
    assert plan.generator is not None  # `read_plan` refuses a diffusion set without one
    if not plan.generator.frozen:
        make_generator(training, plan.generator.schedule, work, plan.generator.folder, progress)
    sources = None if maps_of is not None else made.sources
    return build_diffusion(training, plan.generator.folder, str(made.quality), work, sources, maps_of=maps_of)
