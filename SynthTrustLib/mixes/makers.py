"""The makers of synthetic sets, by name: the simulator, or a trained diffusion generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.mixes.diffusion.generator_files import read_generator
from SynthTrustLib.mixes.diffusion.maker import DiffusionMaker
from SynthTrustLib.mixes.diffusion.source import read_source
from SynthTrustLib.mixes.maker import Maker
from SynthTrustLib.mixes.plan import by_turns
from SynthTrustLib.mixes.samples import fit_appearances
from SynthTrustLib.mixes.simulator.anatomy import find_label_maps
from SynthTrustLib.mixes.simulator.maker import SimulatorMaker


def choose_sources(training: Sequence[LabelledCase], count: int | None) -> dict[str, list[LabelledCase]]:
    """Cohort -> the training patients that a set may be made from: all, or `count` a cohort with sites in turn.

    Raises InputError if a cohort has fewer.
    """
    chosen = {}
    for cohort in sorted({case.cohort for case in training}):
        members = by_turns([case for case in training if case.cohort == cohort])
        if count is not None and not 0 < count <= len(members):
            raise InputError(
                f"{count} source patients were asked for, but there are {len(members)} training patients",
                source=cohort,
                next_step="Ask for one to as many source patients as there are.",
            )
        chosen[cohort] = members[:count]
    return chosen


def build_simulator(training: Sequence[LabelledCase], data: Path, work: Path, sources: int | None = None) -> Maker:
    """The simulator with the looks of all training patients, or of `sources` a cohort.

    Raises InputError if `data` has no label maps, or a cohort has fewer patients.
    """
    maps = find_label_maps(data)
    chosen = choose_sources(training, sources)
    cases = [case for members in chosen.values() for case in members]
    ids: Mapping[str, list[str]] = {cohort: [case.id for case in members] for cohort, members in chosen.items()}
    return SimulatorMaker(maps, fit_appearances(cases, work), ids)


def build_diffusion(
    training: Sequence[LabelledCase],
    generator: Path,
    level: str,
    work: Path,
    sources: int | None = None,
    *,
    maps_of: Sequence[LabelledCase] | None = None,
) -> Maker:
    """A trained generator with the maps of all training patients, or of `sources` a cohort; or those of `maps_of`.

    Raises InputError if the generator learned from a patient who is not among the training patients.
    """
    files = read_generator(generator, level)
    strangers = sorted(set(files.record["training_patients"]) - {case.id for case in training})
    if strangers:
        raise InputError(
            f"it was trained on {strangers[0]}, who is not a training patient of this split",
            source=generator.name,
            next_step="Train a generator on this split's training patients.",
        )
    chosen = choose_sources(training if maps_of is None else maps_of, sources)
    maps = {cohort: [read_source(case, work) for case in members] for cohort, members in chosen.items()}
    return DiffusionMaker(files, maps)
