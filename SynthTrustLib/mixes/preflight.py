"""Look at everything that a plan needs before any training begins: one message, and it names the case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.read import read_image
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.mixes.labelled import LabelledCase
from SynthTrustLib.mixes.persons import persons
from SynthTrustLib.mixes.plan import Plan
from SynthTrustLib.mixes.split import Split
from SynthTrustLib.progress import Progress, silent

BRATS_VALUES = (0, 1, 2, 3, 4)


def check_plan(plan: Plan, split: Split, cases: Mapping[str, LabelledCase], progress: Progress = silent) -> None:
    """Check the split, the numbers that the plan asks for, and every label and image of the split.

    Raises
    ------
    InputError
        If a case of the split is missing, a patient stands in two parts, the plan asks for more cases than there are,
        or a label holds a value without a meaning. GeometryError if a label is not on the grid of its images.
    """
    check_patients(split, cases)
    check_counts(plan, split)
    wanted = [cases[identifier] for parts in split.values() for part in parts.values() for identifier in part]
    check_sites(plan, wanted)
    for done, case in enumerate(wanted):
        progress(f"looking at {case.id}", done / len(wanted))
        check_case(case)
    progress("looked at every case", 1.0)


def check_patients(split: Split, cases: Mapping[str, LabelledCase]) -> None:
    """Every case of the split is there, and no patient stands in two parts."""
    who = persons(cases.values())
    first: dict[str, str] = {}  # person -> his first case of the split
    place = {i: part for parts in split.values() for part, members in parts.items() for i in members}
    for identifier, part in place.items():
        if identifier not in cases:
            raise InputError(
                "this case of the split is not among the labelled cases",
                source=identifier,
                next_step="Name the folder or manifest that holds all cases of the split.",
            )
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
        if count > sizes.get(cohort, 0):
            raise InputError(
                f"the plan asks for {count} training cases, but there are {sizes.get(cohort, 0)}",
                source=cohort,
                next_step="Ask for fewer cases, or label more.",
            )
    for made in plan.sets.values():
        for cohort, size in sizes.items():
            if made.sources is not None and not 0 < made.sources <= size:
                raise InputError(
                    f"the set {made.name} asks for {made.sources} source patients of {cohort}, but there are {size}",
                    source=made.name,
                    next_step="Ask for fewer source patients.",
                )


def check_sites(plan: Plan, cases: Iterable[LabelledCase]) -> None:
    """A site that a mix leaves out exists."""
    sites = sorted({f"{case.cohort}: {case.site}" for case in cases})
    for mix in plan.segmenters:
        for site in mix.without_sites:
            if site not in sites:
                raise InputError(
                    f"{mix.id} leaves out the site {site!r}, which no case comes from",
                    source=mix.id,
                    next_step=f"Use one of {', '.join(sites)}.",
                )


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
    size, spacing, direction = reader.GetSize(), reader.GetSpacing(), np.array(reader.GetDirection())
    if len(size) != 3:
        raise InputError(f"{path} is not a volume", source=identifier, next_step="Name a 3D image.")
    lps = np.eye(4)
    lps[:3, :3] = direction.reshape(3, 3) * np.array(spacing)
    lps[:3, 3] = reader.GetOrigin()
    return Geometry((size[2], size[1], size[0]), np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps)
