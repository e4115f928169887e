"""Look at everything that a plan needs before any training begins: one message, and it names the case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.labelled.split import PARTS, Split, part_cases
from SynthTrustLib.mixes.plan import Plan
from SynthTrustLib.mixes.set_plan import SIMULATOR
from SynthTrustLib.mixes.simulator.anatomy import find_label_maps
from SynthTrustLib.mixes.simulator.simulate import protocol_of
from SynthTrustLib.progress import Progress, silent

BRATS_VALUES = (0, 1, 2, 3, 4)


def check_plan(plan: Plan, split: Split, cases: Mapping[str, LabelledCase], progress: Progress = silent) -> None:
    """Check the split, the numbers that the plan asks for, and every label and image of the split.

    Raises InputError if a case of the split is missing, a patient stands in two parts, the plan asks for more cases
    than there are, leaves a mix without any, or a label holds a value without a meaning. GeometryError if a label is
    not on the grid of its images.
    """
    wanted = part_cases(split, cases, *PARTS)
    check_patients(split, cases)
    check_counts(plan, split)
    training = part_cases(split, cases, "train")
    check_sites(plan, training)
    check_mixes(plan, training)
    for done, case in enumerate(wanted):
        progress(f"looking at {case.id}", done / len(wanted))
        check_case(case)
    progress("looked at every case", 1.0)


def check_patients(split: Split, cases: Mapping[str, LabelledCase]) -> None:
    """No patient stands in two parts."""
    who = persons(cases.values())
    first: dict[str, str] = {}  # person -> his first case of the split
    place = {i: part for parts in split.values() for part, members in parts.items() for i in members}
    for identifier, part in place.items():
        twin = first.setdefault(who[identifier], identifier)
        if place[twin] != part:
            raise InputError(
                f"this patient is in two parts of the split: here in {part}, as {twin} in {place[twin]}",
                source=identifier,
                next_step="Make the split again with synthtrust mixes split, which keeps patients together.",
            )


def check_counts(plan: Plan, split: Split) -> None:
    """No cohort and no set asks for more than the training part has."""
    sizes = {cohort: len(parts["train"]) for cohort, parts in split.items()}
    for cohort, count in plan.cases.items():
        if cohort not in sizes:
            raise InputError(
                f"the plan asks for {count} cases of this cohort, which the split does not have",
                source=cohort,
                next_step=f"Use one of {', '.join(sizes)}.",
            )
        if count > sizes[cohort]:
            raise InputError(
                f"the plan asks for {count} training cases, but there are {sizes[cohort]}",
                source=cohort,
                next_step="Ask for fewer cases, or label more.",
            )
    for made in plan.sets.values():
        for cohort, size in sizes.items():
            if made.sources is not None and made.sources > size:
                raise InputError(
                    f"the set {made.name} asks for {made.sources} source patients of {cohort}, but there are {size}",
                    source=made.name,
                    next_step="Ask for fewer source patients.",
                )


def check_sites(plan: Plan, training: Iterable[LabelledCase]) -> None:
    """A site that a mix leaves out has training cases."""
    sites = sorted({f"{case.cohort}: {case.site}" for case in training})
    for mix in plan.segmenters:
        for site in mix.without_sites:
            if site not in sites:
                raise InputError(
                    f"{mix.id} leaves out the site {site!r}, which no training case comes from",
                    source=mix.id,
                    next_step=f"Use one of {', '.join(sites)}.",
                )


def check_mixes(plan: Plan, training: Sequence[LabelledCase]) -> None:
    """Every mix has something to train on."""
    chosen = plan.choose(training)
    sizes = Counter(case.cohort for case in chosen)
    for mix in plan.segmenters:
        if not mix.keep_real(chosen) and not any(mix.counts(sizes).values()):
            raise InputError(
                "the plan leaves this segmenter without any training case",
                source=mix.id,
                next_step="Ask for more cases, leave out fewer sites, or let it have synthetic cases.",
            )


def check_simulator(plan: Plan, training: Sequence[LabelledCase], data: Path) -> None:
    """Where the plan needs the simulator, it knows the cohorts and finds its label maps below `data`."""
    if any(mix.set is not None and plan.sets[mix.set].generator == SIMULATOR for mix in plan.segmenters):
        for cohort in sorted({case.cohort for case in plan.choose(training)}):
            protocol_of(cohort)
        find_label_maps(data)


def check_case(case: LabelledCase) -> None:
    """The label's values have a meaning, and it lies on the grid of every contrast."""
    label = read_image(case.label)
    meant = {0, *case.label_values} if case.label_values is not None else set(BRATS_VALUES)
    strange = sorted({float(value) for value in np.unique(label.array)} - {float(value) for value in meant})
    if strange:
        raise InputError(
            f"its label {case.label.name} holds the value {strange[0]:g}, which has no meaning",
            source=case.id,
            next_step="State what it means under label_values in a manifest, or correct the label.",
        )
    for contrast, path in case.contrasts.items():
        geometry = _grid(path, case.id)
        if not geometry.is_same(label.geometry):
            raise GeometryError(
                f"its label {label.geometry.describe()} is not on the grid of {contrast} {geometry.describe()}",
                source=case.id,
                next_step="Resample the label or the image, so that both have one grid.",
            )


def _grid(path: object, identifier: str) -> Geometry:
    """The grid of an image from its header alone."""
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise InputError(
            f"{path} cannot be read", source=identifier, next_step="Replace the file with a sound one."
        ) from error
    if reader.GetDimension() != 3:
        raise InputError(f"{path} is not a volume", source=identifier, next_step="Name a 3D image.")
    return Geometry.from_sitk(reader)
