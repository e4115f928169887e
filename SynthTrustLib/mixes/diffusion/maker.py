"""The diffusion generator as a maker of synthetic sets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase, Skull
from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.diffusion.generator_files import GeneratorFiles
from SynthTrustLib.mixes.diffusion.new_map import NewMap, draw_map
from SynthTrustLib.mixes.diffusion.sampling import load_network, paint_volume
from SynthTrustLib.mixes.diffusion.source import Part, SourcePatient
from SynthTrustLib.mixes.simulator.growth import CORE, EDEMA, ENHANCING
from SynthTrustLib.mixes.simulator.simulate import SyntheticPatient
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.vocabulary import Region

VERSION = "1"
_LABELS = {Part.CORE: CORE, Part.EDEMA: EDEMA, Part.ENHANCING: ENHANCING}


class DiffusionMaker:
    """New maps from the maps of source patients, painted by the trained network.

    `sources`: cohort -> the training patients whose maps may be used.
    """

    def __init__(self, files: GeneratorFiles, sources: Mapping[str, Sequence[SourcePatient]]) -> None:
        self.files, self.sources = files, sources

    @property
    def name(self) -> str:
        return f"diffusion {VERSION}"

    @property
    def identity(self) -> Mapping[str, Any]:
        return {
            "generator": self.name,
            "weights": self.files.record["levels"][self.files.level]["sha256"],
            "sampling_steps": self.files.sampling_steps,
            "sources": {cohort: [source.id for source in members] for cohort, members in self.sources.items()},
        }

    @property
    def documentation(self) -> Mapping[str, str]:
        return {
            "method": "Diffusion model conditioned on a map of tissues and tumor and on class means; maps are those of "
            "training patients with another patient's tumor, mirrored, scaled and bent.",
            "version": VERSION,
            "source_data": "Images and labels of the training patients alone; each record names those of its map.",
            "preprocessing": "The preprocessing of the segmenters: head median 0.75, robust deviation 0.25.",
            "intended_use": "Training and testing segmenters of a mix study.",
            "not_intended_for": "Stating how common a finding is, or any use as a real patient's record.",
            "privacy_method": "None in training; memorization is measured by the audit.",
            "code": "SynthTrustLib.mixes.diffusion",
        }

    def regions(self, cohort: str) -> tuple[Region, ...]:
        return self._members(cohort)[0].regions

    def make(self, cohort: str, seed: int) -> SyntheticPatient:
        random = np.random.default_rng([seed, 7])
        drawn = draw_map(self._members(cohort), random)
        image = paint_volume(
            self._network,
            drawn.parts,
            drawn.look,
            drawn.anatomy.step,
            drawn.anatomy.slice_mm if drawn.anatomy.spacing_trusted else 4.0,
            self.files.sampling_steps,
            random,
        )
        return self._patient(drawn, image, cohort, seed)

    def _patient(self, drawn: NewMap, image: npt.NDArray[np.float32], cohort: str, seed: int) -> SyntheticPatient:
        anatomy = drawn.anatomy
        head = drawn.parts != Part.AIR
        geometry = Geometry(drawn.parts.shape, np.diag([-1.0, -1.0, anatomy.slice_mm, 1.0]))
        volumes = {}
        for channel, contrast in enumerate(GLIOMA.contrast_ids):
            if channel in anatomy.present:
                array = np.where(head, np.maximum(np.rint(image[channel] * 400), 1), 0).astype(np.float32)
                digest = hashlib.sha256(array.tobytes()).hexdigest()
                source = f"diffusion-{seed}-{contrast.lower()}"
                volumes[contrast] = ContrastVolume(contrast, array, source, digest, geometry)
        label = np.zeros(drawn.parts.shape, np.uint8)
        for part, value in _LABELS.items():
            label[drawn.parts == part] = value
        case = PatientCase(
            geometry=geometry,
            volumes=volumes,
            reference=tuple(volumes)[-1],
            spacing_trusted=anatomy.spacing_trusted,
            skull=Skull.ON if anatomy.skull else Skull.OFF,
            is_synthetic=True,
        )
        record = {
            "generator": self.name,
            "quality": self.files.level,
            "sampling_steps": self.files.sampling_steps,
            "seed": seed,
            "cohort": cohort,
            "anatomy": anatomy.id,
            "tumor": drawn.donor.id,
            "source_patients": drawn.source_patients,
        }
        return SyntheticPatient(case, label, drawn.parts >= Part.FLUID, record)

    def _members(self, cohort: str) -> Sequence[SourcePatient]:
        if cohort not in self.sources:
            raise InputError(
                "there are no source patients of this cohort",
                source=cohort,
                next_step=f"Use one of {', '.join(self.sources)}.",
            )
        return self.sources[cohort]

    @cached_property
    def _network(self) -> Any:
        return load_network(self.files.record["network"], self.files.weights)
