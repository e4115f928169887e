"""One labelled patient: who it is, where its files lie, which regions its label can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.outline.reference import read_reference
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.vocabulary import Region

LABEL_MEANINGS: Mapping[str, tuple[Region, ...]] = {
    "core": (Region.WT, Region.TC),
    "edema": (Region.WT,),
    "enhancing": tuple(Region),
    "tumor": (Region.WT,),
}
"""What a number in a label can stand for, and the regions that it belongs to."""


@dataclass(frozen=True)
class LabelledCase:
    """One case on disk.

    `same_patient_as` is what the data say of it; who is one person, `persons` tells. `label_values` says what the
    label's numbers mean (see `LABEL_MEANINGS`); None for those of BraTS or a plain mask.
    """

    id: str
    cohort: str
    site: str
    same_patient_as: str | None
    contrasts: dict[str, Path]
    label: Path
    label_values: Mapping[int, str] | None = None

    def load(self) -> PatientCase:
        return load_case(self.contrasts)

    def masks(self, case: PatientCase) -> dict:
        """Region -> boolean array (k, j, i) on the case's grid, for the regions that the label tells."""
        if self.label_values is None:
            return read_reference(self.label, case).masks
        image = read_image(self.label)
        image.geometry.require_same(case.geometry, self.label.name, "the contrasts")
        return {
            region: np.isin(
                image.array, [value for value, word in self.label_values.items() if region in LABEL_MEANINGS[word]]
            )
            for region in self.regions
        }

    @property
    def regions(self) -> tuple[Region, ...]:
        if self.label_values is not None:
            return (Region.WT,) if "tumor" in self.label_values.values() else tuple(Region)
        return (Region.WT,) if self.label.name.startswith("wt") else tuple(Region)
