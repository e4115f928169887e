"""What networks that were trained without some of the training patients say of these: signals and Dice, kept as a file.

A preset's segmenters know their training patients, so that nothing can be learned from these. A fold is the same
segmenters trained once more without some of them. How its agreement goes with its Dice there is added to what the
calibration patients teach. Intervals stay with the calibration patients, whom the preset's own segmenters answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from SynthTrustLib.calibration.measured import CalibratedSet, Measured
from SynthTrustLib.calibration.output_files import file_head
from SynthTrustLib.codec import Count, FieldError, Fraction, Sha256, Text, decode, parse
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import weights_of
from SynthTrustLib.significant import significant
from SynthTrustLib.trust.learned import signals
from SynthTrustLib.vocabulary import Contrast, Region

if TYPE_CHECKING:
    from SynthTrustLib.calibration.calibrate import Bench

FORMAT = 1

PREFIX = "fold-"
"""A fold's segmenter has the id of the one that it stands for, with this before it."""


class FoldRegion(TypedDict):
    """Of one region: the signals, the Dice of the outline of record, and its voxels."""

    signals: Mapping[str, float]
    dice: Fraction
    voxels: Count


class FoldPatient(TypedDict):
    """A patient whom the fold does not know."""

    case: Text
    patient: Text
    cohort: Text
    site: str
    contrasts: list[Contrast]
    regions: Mapping[Region, FoldRegion]


class FoldFile(TypedDict):
    """What a fold says, by the name of the preset that its segmenters stand for."""

    format: Literal[1]
    family: str
    synthtrust: str
    date: str
    command: str
    engine: str
    signals: Count
    segmenters: Mapping[str, Sha256]
    presets: Mapping[str, list[FoldPatient]]


def folded(packages: Sequence[SegmenterPackage]) -> list[SegmenterPackage]:
    """Those that are of a fold.

    Raises InputError if there is none.
    """
    found = [package for package in packages if package.card.id.startswith(PREFIX)]
    if not found:
        raise InputError(
            f"no segmenter's id begins with {PREFIX}, so none is of a fold",
            source="fold",
            next_step="Name the folder of the fold's packages with --segmenter-folder.",
        )
    return found


def measure_fold(
    bench: Bench, entries: Sequence[LabelledCase], command: str, progress: Progress = silent
) -> dict[str, Any]:
    """The content of a `FoldFile`: every preset whose segmenters all have a twin in the fold, on the `entries`."""
    fold = folded(bench.packages)
    without = replace(
        bench,
        packages=[package for package in bench.packages if package not in fold],
        installed=[package for package in bench.installed if not package.card.id.startswith(PREFIX)],
    )
    twins = {package.card.id.removeprefix(PREFIX): package for package in fold}
    sets = {
        name: CalibratedSet(
            tuple(twins[package.card.id] for package in one.jury),
            twins[one.record.card.id] if one.record is not None else None,
        )
        for name, one in without.sets().items()
        if all(package.card.id in twins for package in one.members)
    }
    measured = bench.measure(entries, sets, progress)
    return {
        **file_head(FORMAT, fold[0].card.family, bench.engine.name, command),
        "signals": signals.VERSION,
        "segmenters": {package.card.id: weights_of(package.card) for package in fold},
        "presets": {name: [_kept(row) for row in rows] for name, rows in measured.items()},
    }


def read_folds(path: Path) -> dict[str, list[Measured]]:
    """Preset -> its fold's patients.

    Raises InputError if the file cannot be read, or its signals were computed in another way.
    """
    try:
        file: Any = decode(FoldFile, parse(read_regular(path)))
    except (OSError, FieldError) as error:
        raise InputError(
            f"what a fold says cannot be read ({error})",
            source=path.name,
            next_step="Name a file that synthtrust trust fold has written.",
        ) from error
    if file["signals"] != signals.VERSION:
        raise InputError(
            "it was made by another version of SynthTrust, which computed its signals in another way",
            source=path.name,
            next_step="Measure the fold again with synthtrust trust fold.",
        )
    return {name: [_measured(patient) for patient in patients] for name, patients in file["presets"].items()}


def _kept(row: Measured) -> dict[str, Any]:
    return {
        "case": row.case,
        "patient": row.patient,
        "cohort": row.cohort,
        "site": row.site,
        "contrasts": [str(contrast) for contrast in row.contrasts],
        "regions": {
            str(region): {
                "signals": {name: significant(value) for name, value in figures["signals"].items()},
                "dice": significant(figures["dice"]),
                "voxels": figures["voxels"],
            }
            for region, figures in row.regions.items()
        },
    }


def _measured(patient: Mapping[str, Any]) -> Measured:
    who = {name: patient[name] for name in ("case", "patient", "cohort", "site")}
    # Nothing in mm or mL is kept, nor who answered.
    return replace(Measured.of({**patient, "spacing_trusted": False, "members": []}, **who), fold=True)
