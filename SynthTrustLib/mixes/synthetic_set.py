"""A synthetic set on disk: samples for training and audit, images and labels for anybody, and how each was made.

::

    SET/set.json                          generator, settings, seed, counts, documentation
    SET/samples/<id>.npz, <id>.json       what the networks and the audit read; the sample's record
    SET/images/<cohort>/<id>/*.nii.gz     contrasts and label, as a folder of labelled cases (on request)
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import SynthTrustLib
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.errors import InputError
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.mixes.dataset import Sample, make_sample
from SynthTrustLib.mixes.maker import Maker
from SynthTrustLib.mixes.samples import SETTINGS, cached, without_skull
from SynthTrustLib.mixes.simulator.simulate import SyntheticPatient
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.vocabulary import Region
from SynthTrustLib.whole_file import write_text


@dataclass(frozen=True, eq=False)
class SyntheticSet:
    """A set that is complete: its record, its samples, and per case the training patients behind its label map."""

    record: Mapping[str, Any]
    samples: list[Sample]
    sources: Mapping[str, tuple[str, ...]]


def write_set(
    folder: Path,
    maker: Maker,
    counts: Mapping[str, int],
    seed: int,
    *,
    name: str,
    quality: str | None = None,
    diversity: str | None = None,
    images: bool = False,
    progress: Progress = silent,
) -> SyntheticSet:
    """Make what is not there yet of `counts` cases a cohort; the n-th has seed `seed` + n.

    A sample stands if its record names the same generator, settings and preprocessing; otherwise it is made again.
    """
    identity = fingerprint([maker.identity, SETTINGS.to_dict()])
    wanted = [(cohort, seed + n) for cohort, count in counts.items() for n in range(count)]
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    began, made = time.monotonic(), 0
    for done, (cohort, number) in enumerate(wanted):
        left = (time.monotonic() - began) / made * (len(wanted) - done) if made else float("nan")
        progress(
            f"{name}: {done} of {len(wanted)} cases" + (f", {left / 60:.0f} min left" if made else ""),
            done / len(wanted),
        )
        identifier = case_id(name, cohort, number)
        target = folder / "samples" / f"{identifier}.npz"
        picture_folder = folder / "images" / cohort / identifier
        if _stands(target, identity) and (not images or (picture_folder / "meta.json").exists()):
            continue
        patient = maker.make(cohort, number)
        regions = maker.regions(cohort)
        target.unlink(missing_ok=True)
        cached(target, lambda p=patient, i=identifier, c=cohort, r=regions: to_samples(p, i, c, r))  # type: ignore[misc]
        if images:
            write_images(picture_folder, patient, regions)
        facts = {"identity": identity, "cohort": cohort, **patient.record}
        _write_json(target.with_suffix(".json"), facts)
        made += 1
    record = {
        "format": 1,
        "name": name,
        "generator": maker.name,
        "quality": quality,
        "diversity": diversity,
        "seed": seed,
        "counts": dict(counts),
        "settings": dict(maker.identity),
        "version": SynthTrustLib.__version__,
        "documentation": {**maker.documentation, "seed": f"{seed} and up, one a case"},
    }
    _write_json(folder / "set.json", record)
    progress(f"{name}: {len(wanted)} cases", 1.0)
    return read_set(folder)


def read_set(folder: Path) -> SyntheticSet:
    """A set made by `write_set`; only the cases that its record counts.

    Raises InputError if it has no record, or a case is missing.
    """
    if not (folder / "set.json").exists():
        raise InputError(
            "this is not a synthetic set: it has no set.json",
            source=str(folder),
            next_step="Make one with synthtrust mixes synthesize.",
        )
    record = json.loads((folder / "set.json").read_text("utf-8"))
    samples: list[Sample] = []
    sources: dict[str, tuple[str, ...]] = {}
    for cohort, count in record["counts"].items():
        for n in range(count):
            identifier = case_id(record["name"], cohort, record["seed"] + n)
            path = folder / "samples" / f"{identifier}.npz"
            if not path.exists():
                raise InputError(
                    "a case of the synthetic set is missing",
                    source=identifier,
                    next_step="Run synthtrust mixes synthesize again; it makes what is not there.",
                )
            samples += cached(path, list)
            facts = json.loads(path.with_suffix(".json").read_text("utf-8"))
            sources[identifier] = tuple(facts.get("source_patients", ()))
    return SyntheticSet(record, samples, sources)


def to_samples(patient: SyntheticPatient, identifier: str, cohort: str, regions: tuple[Region, ...]) -> list[Sample]:
    """The patient as the networks see it; and, where the skull is on, once more with the brain alone."""
    cases = [patient.case]
    if patient.case.skull is not Skull.OFF:
        cases.append(without_skull(patient.case, patient.brain))
    masks = patient.masks()
    return [make_sample(identifier, cohort, case, masks, regions, SETTINGS, synthetic=True) for case in cases]


def write_images(folder: Path, patient: SyntheticPatient, regions: tuple[Region, ...]) -> None:
    """Contrasts and label as NIfTI, with ``meta.json``: a labelled case like any other."""
    import SimpleITK as sitk

    folder.mkdir(parents=True, exist_ok=True)
    geometry = patient.case.geometry
    for contrast, volume in patient.case.volumes.items():
        image = geometry.to_sitk(np.clip(np.rint(volume.array), 0, 32767).astype(np.int16))
        sitk.WriteImage(image, str(folder / f"{contrast.lower()}.nii.gz"), useCompression=True)
    whole = regions == (Region.WT,)
    label = (patient.label > 0).astype(np.uint8) if whole else patient.label
    sitk.WriteImage(
        geometry.to_sitk(label), str(folder / ("wt.nii.gz" if whole else "seg.nii.gz")), useCompression=True
    )
    _write_json(folder / "meta.json", {"site": "synthetic", "synthetic": True, "record": dict(patient.record)})


def case_id(name: str, cohort: str, seed: int) -> str:
    """The id of a set's case."""
    return f"{name}-{cohort}-{seed}"


def _stands(sample: Path, identity: str) -> bool:
    record = sample.with_suffix(".json")
    return sample.exists() and record.exists() and json.loads(record.read_text("utf-8")).get("identity") == identity


def _write_json(path: Path, content: Any) -> None:
    write_text(path, json.dumps(content, indent=1) + "\n")
