"""Labelled patients on disk, found in folders by cohort and case, or in a manifest.

A folder holds one sub-folder a case with ``<contrast>.nii.gz`` and ``seg.nii.gz`` (BraTS labels) or ``wt.nii.gz`` (a
whole-tumor mask), and optionally ``meta.json`` (``site``, ``same_patient_as``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.manifest import read_manifest
from SynthTrustLib.task.glioma import GLIOMA

LABEL_FILES = ("seg.nii.gz", "wt.nii.gz")


def find_cases(folder: Path) -> Iterator[LabelledCase]:
    """Every labelled case under ``folder/<cohort>/<case>``, in order of cohort and id; or those of a manifest file."""
    if folder.is_file():
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
            name: path for name in GLIOMA.contrast_ids if (path := case_folder / f"{name.lower()}.nii.gz").exists()
        }
        if label is None or not contrasts:
            continue
        meta = read_facts(case_folder)
        same = meta.get("same_patient_as")
        yield LabelledCase(
            id=case_folder.name,
            cohort=case_folder.parent.name,
            site=str(meta.get("site", "unknown")),
            same_patient_as=str(same) if same else None,
            contrasts=contrasts,
            label=label,
        )


def read_facts(case_folder: Path) -> Mapping[str, Any]:
    """What ``meta.json`` says of the case in this folder; empty where there is none.

    Raises InputError if it is no JSON object: who a patient is must not be lost.
    """
    path = case_folder / "meta.json"
    if not path.exists():
        return {}
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        raise InputError(
            "its meta.json is no JSON object", source=case_folder.name, next_step="Correct that file, or remove it."
        )
    return facts
