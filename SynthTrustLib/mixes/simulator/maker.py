"""The simulator as a maker of synthetic sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.mixes.simulator.anatomy import Anatomy, read_label_map
from SynthTrustLib.mixes.simulator.appearance import Appearance
from SynthTrustLib.mixes.simulator.simulate import VERSION, SyntheticPatient, protocol_of, simulate
from SynthTrustLib.vocabulary import Region


class SimulatorMaker:
    """Published anatomies, grown tumors, intensities as measured on training patients.

    `maps`: whole-head label maps (see `find_label_maps`). `appearances`: cohort -> how its training patients look.
    `sources`: cohort -> ids of those patients.
    """

    def __init__(
        self, maps: Sequence[Path], appearances: Mapping[str, Appearance], sources: Mapping[str, Sequence[str]]
    ) -> None:
        self.maps, self.appearances, self.sources = maps, appearances, sources

    @property
    def name(self) -> str:
        return f"simulator {VERSION}"

    @property
    def identity(self) -> Mapping[str, Any]:
        looks = {cohort: list(appearance.looks) for cohort, appearance in sorted(self.appearances.items())}
        return {
            "generator": self.name,
            "anatomies": [path.name for path in self.maps],
            "appearance": fingerprint(looks),
        }

    @property
    def documentation(self) -> Mapping[str, str]:
        return {
            "method": "Tissue label maps of published heads, deformed; tumors grown by fast marching; intensities "
            "drawn from the class means of training patients; bias field, slice thickness and noise.",
            "version": VERSION,
            "source_data": "Whole-head label maps (SynthSeg); class means of the training patients alone.",
            "preprocessing": "None: patients are made at 1 mm and then cut into slices.",
            "intended_use": "Training and testing segmenters of a mix study.",
            "not_intended_for": "Stating how common a finding is, or any use as a real patient's record.",
            "privacy_method": "No voxel and no label map of a patient enters; memorization is measured by the audit.",
            "code": "SynthTrustLib.mixes.simulator",
        }

    def regions(self, cohort: str) -> tuple[Region, ...]:
        return protocol_of(cohort).regions

    def make(self, cohort: str, seed: int) -> SyntheticPatient:
        protocol = protocol_of(cohort)
        patient = simulate(self._anatomies, self.appearances[cohort], protocol, seed)
        # Real cases of such a cohort carry placeholder voxel sizes; the networks must see synthetic ones the same way.
        case = replace(patient.case, spacing_trusted=not protocol.skull)
        return replace(patient, case=case, record={**patient.record, "source_patients": []})

    @cached_property
    def _anatomies(self) -> list[Anatomy]:
        return [read_label_map(path) for path in self.maps]
