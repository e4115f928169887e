"""What the study must know of every case besides its voxels: patient, site, voxel size, and a hash of its making."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.fingerprint import digest, fingerprint
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.mixes.samples import SETTINGS
from SynthTrustLib.mixes.synthetic_set import SyntheticSet
from SynthTrustLib.vocabulary import Region
from SynthTrustLib.whole_file import write_text

Facts = dict[str, dict[str, Any]]


def real_facts(cases: Sequence[LabelledCase], cache: Path) -> Facts:
    """Facts of labelled patients; cases of one person share their ``patient``."""
    facts: Facts = {}
    who = persons(cases)
    for case in cases:
        identity = case_identity(case)
        path = cache / f"spacing-{digest([identity, SETTINGS.to_dict()])}.json"
        if not path.exists():
            write_text(path, json.dumps(grid_spacing(case.load())))
        facts[case.id] = {
            "identity": identity,
            "spacing": json.loads(path.read_text("utf-8")),
            "site": case.site,
            "patient": who[case.id],
        }
    return facts


def synthetic_facts(made: SyntheticSet) -> Facts:
    """Facts of a set's cases; each is a patient of its own."""
    settings = fingerprint(made.record["settings"])
    return {
        identifier: {
            "identity": fingerprint([settings, identifier]),
            "spacing": None,
            "site": "synthetic",
            "patient": identifier,
        }
        for identifier in made.sources
    }


def grid_spacing(case: PatientCase) -> tuple[float, float, float] | None:
    """Voxel size (k, j, i) in mm of the grid that the networks see, or None where the case's is not trusted.

    Axes are those of the prepared image: slices first. A size that preparation resamples is that of the resampled grid.
    """
    if not case.spacing_trusted:
        return None
    slice_axis = case.geometry.axial_axis
    spacing = case.geometry.spacing
    low, high = SETTINGS.in_plane_keep_mm
    planes = [mm if low <= mm <= high else SETTINGS.in_plane_mm for n, mm in enumerate(spacing) if n != slice_axis]
    thickness = spacing[slice_axis]
    return (thickness if thickness >= SETTINGS.finest_slice_mm else SETTINGS.in_plane_mm, planes[0], planes[1])


def true_sizes(samples: Iterable[Sample]) -> Mapping[tuple[str, str], list[float]]:
    """(cohort, region) -> true sizes in thousands of voxels, for cutting tertiles."""
    sizes: dict[tuple[str, str], list[float]] = {}
    for sample in samples:
        for bit, region in enumerate(Region):
            if sample.known[bit]:
                sizes.setdefault((sample.cohort, str(region)), []).append(float((sample.label >> bit & 1).sum()) / 1000)
    return sizes
