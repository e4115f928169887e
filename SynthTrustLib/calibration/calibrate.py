"""``synthtrust trust calibrate``: from labelled patients to a calibration file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from SynthTrustLib.calibration.answers import Answers
from SynthTrustLib.calibration.fit.everything import fit_elsewhere_presets, fit_presets
from SynthTrustLib.calibration.fit.familiarity import fit_familiarity
from SynthTrustLib.calibration.fit.groups import fit_groups
from SynthTrustLib.calibration.looks import looks_of_cases
from SynthTrustLib.calibration.measured import CalibratedSet, Measured, measure
from SynthTrustLib.calibration.measured_elsewhere import ElsewhereSet, measure_elsewhere
from SynthTrustLib.calibration.needs import require
from SynthTrustLib.calibration.output_files import file_head, write_result
from SynthTrustLib.codec import decode, to_text
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing
from SynthTrustLib.segmenters.engines.engine import Engine
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.registry import presets
from SynthTrustLib.segmenters.roles import FLAGSHIP
from SynthTrustLib.trust.learned import signals
from SynthTrustLib.trust.learned.calibration import FORMAT, Calibration
from SynthTrustLib.trust.measures import appearance

FEWEST_NETWORKS = 3
"""Beside a jury and its record: fewer would be a poor picture of other networks."""


class FitMixes(Protocol):
    """What the laboratory does for a calibration: it alone knows the training sets of the mixes."""

    def __call__(
        self,
        packages: Sequence[SegmenterPackage],
        cache: Path,
        progress: Progress = silent,
        *,
        earlier: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Weights of a segmenter -> what its training set looks like, as ``in_distribution.mixes`` of the file."""
        ...


@dataclass(frozen=True, eq=False)
class Bench:
    """What fitting and evaluating share: the segmenters, their sets, and what is kept between calls under `work`."""

    packages: Sequence[SegmenterPackage]
    engine: Engine
    work: Path
    installed: Sequence[SegmenterPackage]

    @property
    def family(self) -> str:
        """The family that all segmenters belong to."""
        families = sorted({package.card.family for package in self.packages})
        if len(families) != 1:
            raise InputError(
                f"the segmenters belong to {len(families)} families ({', '.join(families)})",
                source="segmenters",
                next_step="Calibrate one family at a time: name its segmenters with --segmenters.",
            )
        return families[0]

    @property
    def settings(self) -> Preprocessing:
        """How the family's input is prepared."""
        return Preprocessing.from_dict(self.packages[0].card.preprocessing)

    def sets(self) -> dict[str, CalibratedSet]:
        """The presets whose members are all here, as juries with the flagship's outline of record or the pooled one.

        Of sets with the same members only the first. Without any whole preset, those that are here are the jury.
        """
        here = {package.card.id for package in self.packages}
        flagship = next((package for package in self.packages if FLAGSHIP in package.card.presets), None)
        found: dict[str, CalibratedSet] = {}
        whole = {
            name: members
            for name, members in presets(self.installed).items()
            if {package.card.id for package in members} <= here
        }
        for name, members in (whole or {"chosen": tuple(self.packages)}).items():
            jury = tuple(package for package in members if package is not flagship)
            offered = {name: CalibratedSet(tuple(members))}
            if flagship is not None and jury:
                offered = {name: CalibratedSet(jury, flagship), f"{name}-{POOLED}": offered[name]}
            found |= {key: one for key, one in offered.items() if one not in found.values()}
        return found

    def elsewhere(self) -> dict[str, ElsewhereSet]:
        """The juries of `sets` beside which there are networks enough to stand in for outlines made elsewhere."""
        found = {}
        for name, one in self.sets().items():
            others = tuple(package for package in self.packages if package not in one.members)
            if one.record is not None and len(others) >= FEWEST_NETWORKS:
                found[f"{name}-elsewhere"] = ElsewhereSet(one.jury, (one.record, *others))
        return found

    def measure_elsewhere(
        self, entries: Sequence[LabelledCase], sets: Mapping[str, ElsewhereSet], progress: Progress
    ) -> dict[str, list[Measured]]:
        """Every outline that stands in for others, of every case under every set."""
        answers = Answers(self.work / "answers", self.engine)
        measured = self.work / "measured"
        return {name: measure_elsewhere(entries, one, answers, measured, progress) for name, one in sets.items()}

    def measure(
        self, entries: Sequence[LabelledCase], sets: Mapping[str, CalibratedSet], progress: Progress
    ) -> dict[str, list[Measured]]:
        """Every case under every set."""
        answers = Answers(self.work / "answers", self.engine)
        return measure(entries, sets, answers, self.work / "measured", progress)


def calibrate(
    bench: Bench,
    entries: Sequence[LabelledCase],
    training: Sequence[LabelledCase],
    command: str,
    *,
    base: Calibration | None = None,
    folds: Mapping[str, Sequence[Measured]] | None = None,
    fit_mixes: FitMixes | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Fit everything on the calibration patients `entries`; the file's content as JSON values.

    `training`: what familiar scans look like; none to take that from `base`. `base`: also has the training sets of
    mixes that were fitted before. `folds`: preset -> patients of its fold (see `folds`), who teach the map and the
    status as well. `fit_mixes`: looks at the training sets of the mixes. Raises InputError if there is
    no calibration patient. Without training patients and `base`, how familiar a scan is stays unknown. Raises
    SynthTrustError if scikit-learn, which fits the training patients' looks, is not installed.
    """
    if not entries:
        raise InputError(
            "there is no labelled patient to calibrate on",
            source="calibrate",
            next_step="Name a folder FOLDER/COHORT/CASE with contrasts and seg.nii.gz or wt.nii.gz.",
        )
    if training:
        require("sklearn")
    sets = bench.sets()
    measured = {
        name: [*rows, *(folds or {}).get(name, ())] for name, rows in bench.measure(entries, sets, progress).items()
    }
    elsewhere = bench.elsewhere()
    stand_ins = bench.measure_elsewhere(entries, elsewhere, progress)
    looks = looks_of_cases(entries, bench.settings, bench.work / "looks", progress)
    if training:
        trained = looks_of_cases(training, bench.settings, bench.work / "looks", progress)
        groups = fit_groups({case: views for case, (views, _) in trained.items()})
    elif base is not None:
        trained, groups = {}, base.record["in_distribution"]["groups"]
    else:
        trained, groups = {}, []
    familiar = fit_familiarity(groups, trained, looks)
    if fit_mixes is not None:
        earlier = None if base is None else base.record["in_distribution"]["mixes"]
        familiar["mixes"] = fit_mixes(bench.packages, bench.work / "looks", progress, earlier=earlier)
    elif base is not None:
        familiar["mixes"] = base.record["in_distribution"]["mixes"]
    return {
        **file_head(FORMAT, bench.family, bench.engine.name, command),
        "versions": {"signals": signals.VERSION, "appearance": appearance.VERSION},
        "libraries": {name: version(name) for name in ("numpy", "scipy", *(["scikit-learn"] if training else []))},
        "patients": [
            {
                "case": entry.id,
                "cohort": entry.cohort,
                "site": entry.site,
                "contrasts": [str(contrast) for contrast in entry.contrasts],
            }
            for entry in entries
        ],
        "in_distribution": familiar,
        "presets": [*fit_presets(sets, measured), *fit_elsewhere_presets(elsewhere, stand_ins)],
    }


def write_record(path: Path, record: Mapping[str, Any], kind: type) -> None:
    """Check against the kind of file that it is to become and write, whole or not at all."""
    decode(kind, record)
    write_result(path, to_text(record, indent=1) + "\n")
