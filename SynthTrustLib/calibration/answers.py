"""The segmenters' answers on labelled patients, kept on disk: each network runs once per patient."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box, around, inside
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.segmenters.engines.engine import Engine
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import segmenter_identity
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.run import run_segmenters, why_not
from SynthTrustLib.vocabulary import Region
from SynthTrustLib.whole_file import whole_file

FAINT = 2.0**-10
"""Probabilities below this are kept as 0; the others as float16, with a relative rounding below 0.05 %."""


class Answers:
    """An engine's answers: those under `folder`, and new ones where there are none yet."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder, self.engine = folder, engine

    def stack(self, identity: str, case: PatientCase, packages: Sequence[SegmenterPackage]) -> ProbabilityStack:
        """The stack of all packages that can run on the case; `identity` is that of `case_identity`."""
        able = [package for package in packages if why_not(package.card, case) is None]
        for package in able:  # one by one, so that what was done stays done
            if not self._path(identity, package).exists():
                self._store(self._path(identity, package), run_segmenters(case, [package], engine=self.engine))
        regions = tuple(region for region in Region if all(region in package.card.regions for package in able))
        kept = [self._read(self._path(identity, package)) for package in able]
        support = around(box for box, _ in kept)
        k, j, i = (side.stop - side.start for side in support)
        probabilities = np.zeros((len(able), len(regions), k, j, i), np.float32)
        for target, (box, values) in zip(probabilities, kept, strict=True):
            target[(slice(None), *inside(box, support))] = values
        return ProbabilityStack(
            probabilities=probabilities,
            segmenters=tuple(package.card for package in able),
            regions=regions,
            geometry=case.geometry,
            support=support,
            engine=self.engine.name,
        )

    def _path(self, identity: str, package: SegmenterPackage) -> Path:
        return self.folder / identity / f"{digest([segmenter_identity(package.card), self.engine.name])}.npz"

    def _store(self, path: Path, stack: ProbabilityStack) -> None:
        (alone,) = stack.probabilities
        half = np.where(alone < FAINT, 0, alone).astype(np.float16)
        box = np.array([[side.start, side.stop] for side in stack.support])
        with whole_file(path) as part, part.open("wb") as stream:
            np.savez_compressed(stream, probabilities=half, box=box)

    def _read(self, path: Path) -> tuple[Box, npt.NDArray[np.float16]]:
        """The box of the stored probabilities, and these, (region, k, j, i)."""
        with np.load(path, allow_pickle=False) as stored:
            k, j, i = (slice(int(start), int(stop)) for start, stop in stored["box"])
            return (k, j, i), stored["probabilities"]
