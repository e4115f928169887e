"""Labelled patients on disk: who they are, where their files lie, which regions their labels can tell.

A folder holds one sub-folder a case with ``<contrast>.nii.gz`` and ``seg.nii.gz`` (BraTS labels) or ``wt.nii.gz`` (a
whole-tumor mask), and optionally ``meta.json`` (``site``, ``same_patient_as``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.load import load_case, load_reference
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Contrast, Region

LABEL_FILES = ("seg.nii.gz", "wt.nii.gz")

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
    contrasts: dict[Contrast, Path]
    label: Path
    label_values: Mapping[int, str] | None = None

    def load(self) -> PatientCase:
        return load_case(self.contrasts)

    def masks(self, case: PatientCase) -> dict:
        """Region -> boolean array (k, j, i) on the case's grid, for the regions that the label tells."""
        if self.label_values is None:
            return load_reference(self.label, case)
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


def find_cases(folder: Path) -> Iterator[LabelledCase]:
    """Every labelled case under ``folder/<cohort>/<case>``, in order of cohort and id; or those of a manifest file."""
    if folder.is_file():
        from SynthTrustLib.labelled.manifest import read_manifest

        yield from read_manifest(folder)
        return
    if not folder.is_dir():
        raise InputError(
            "this folder of labelled cases does not exist",
            source=str(folder),
            next_step="Name a folder with one sub-folder a cohort.",
        )
    for case_folder in sorted(path for path in folder.glob("*/*") if path.is_dir()):
        label = next((case_folder / name for name in LABEL_FILES if (case_folder / name).exists()), None)
        contrasts = {
            contrast: path for contrast in Contrast if (path := case_folder / f"{contrast.lower()}.nii.gz").exists()
        }
        if label is None or not contrasts:
            continue
        meta_file = case_folder / "meta.json"
        meta = json.loads(meta_file.read_text()) if meta_file.exists() else {}
        same = meta.get("same_patient_as")
        yield LabelledCase(
            id=case_folder.name,
            cohort=case_folder.parent.name,
            site=str(meta.get("site", "unknown")),
            same_patient_as=str(same) if same else None,
            contrasts=contrasts,
            label=label,
        )
