"""One synthetic patient from an anatomy, an appearance and a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase, Skull
from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.simulator import acquisition
from SynthTrustLib.mixes.simulator.anatomy import Anatomy, deform
from SynthTrustLib.mixes.simulator.appearance import Appearance, paint
from SynthTrustLib.mixes.simulator.growth import CORE, ENHANCING, Tumor, draw_plan, grow, push
from SynthTrustLib.vocabulary import Contrast, Region

VERSION = "1"


@dataclass(frozen=True)
class Protocol:
    """What kind of examination to imitate."""

    name: str
    contrasts: tuple[Contrast, ...]
    skull: bool
    thickness_mm: tuple[int, int]  # slice thickness and distance are drawn between these
    high_grade_share: float  # share of tumors with an enhancing core
    regions: tuple[Region, ...]  # regions that the imitated cohort's labels tell


PROTOCOLS = {
    "brats": Protocol("brats", tuple(Contrast), False, (1, 1), 0.8, tuple(Region)),
    "tcga-lgg": Protocol("tcga-lgg", (Contrast.T1, Contrast.T1C, Contrast.FLAIR), True, (4, 7), 0.0, (Region.WT,)),
}


def protocol_of(cohort: str) -> Protocol:
    """How the patients of a cohort are scanned; InputError for a cohort that the simulator does not know."""
    if cohort not in PROTOCOLS:
        raise InputError(
            f"the simulator knows only the cohorts {' and '.join(PROTOCOLS)}",
            source=cohort,
            next_step="Use a generator that synthtrust mixes generator has trained on this cohort.",
        )
    return PROTOCOLS[cohort]


@dataclass(frozen=True, eq=False)
class SyntheticPatient:
    """A synthetic patient: `case` as any other, `label` (k, j, i) with 1 core, 2 edema, 3 enhancing, and the brain."""

    case: PatientCase
    label: npt.NDArray[np.uint8]
    brain: npt.NDArray[np.bool_]
    record: Mapping[str, Any] = field(default_factory=dict)

    def masks(self) -> dict[Region, npt.NDArray[np.bool_]]:
        """Region -> boolean array (k, j, i)."""
        return {
            Region.WT: self.label > 0,
            Region.TC: np.isin(self.label, (CORE, ENHANCING)),
            Region.ET: self.label == ENHANCING,
        }


def simulate(anatomies: list[Anatomy], appearance: Appearance, protocol: Protocol, seed: int) -> SyntheticPatient:
    """Make one synthetic patient; the same arguments give the same voxels."""
    random = np.random.default_rng(seed)
    source = anatomies[int(random.integers(len(anatomies)))]
    head = deform(source, random)
    high_grade = bool(random.random() < protocol.high_grade_share)
    plan = draw_plan(random, high_grade=high_grade)
    tumor = grow(head, plan, random)
    head = push(head, tumor, float(random.uniform(0.0, 0.3)))
    brain = head.brain | (tumor.label > 0)
    look = appearance.draw(random)
    thickness = int(random.integers(protocol.thickness_mm[0], protocol.thickness_mm[1] + 1))
    sigma = float(random.uniform(0.01, 0.05))
    images = {}
    for contrast in (c for c in protocol.contrasts if c in look):
        image = paint(head.tissue, tumor, contrast, look[contrast], random)
        image = acquisition.shade(np.maximum(image, 0), random)
        if thickness > 1:
            image = acquisition.thick_slices(image, thickness, thickness)
        images[contrast] = acquisition.add_noise(image, sigma, random)
    label, inside = tumor.label, brain
    if thickness > 1:  # a thick slice belongs to what fills most of it
        label = _majority(tumor, thickness)
        inside = acquisition.thick_slices(brain.astype(np.float32), thickness, thickness) >= 0.5
    matrix = np.diag([-1.0, -1.0, float(thickness), 1.0])
    geometry = Geometry(label.shape, matrix)
    volumes: dict[str, ContrastVolume] = {}
    for contrast, image in images.items():
        array = np.rint(image * 400).astype(np.float32)
        if not protocol.skull:
            array = np.where(inside, np.maximum(array, 1), 0).astype(np.float32)
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        volumes[contrast] = ContrastVolume(contrast, array, f"synthetic-{seed}-{contrast.lower()}", digest, geometry)
    case = PatientCase(
        geometry=geometry,
        volumes=volumes,
        reference=Contrast.FLAIR,
        spacing_trusted=True,
        skull=Skull.ON if protocol.skull else Skull.OFF,
        is_synthetic=True,
    )
    record = {
        "generator": f"simulator {VERSION}",
        "seed": seed,
        "protocol": protocol.name,
        "anatomy": source.name,
        "high_grade": high_grade,
        "volume_ml": plan.volume_ml,
        "slice_mm": thickness,
    }
    return SyntheticPatient(case, label, inside, record)


def _majority(tumor: Tumor, thickness: int) -> npt.NDArray[np.uint8]:
    """The tumor label that fills most of each thick slice's voxel; none where less than half is tumor."""
    shares = np.stack(
        [
            acquisition.thick_slices((tumor.label == value).astype(np.float32), thickness, thickness)
            for value in range(4)
        ]
    )
    label = 1 + np.argmax(shares[1:], axis=0)
    return np.where(shares[0] < 0.5, label, 0).astype(np.uint8)
