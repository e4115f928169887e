"""What every generator of synthetic patients can do, so that sets, audits and mixes do not care which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from SynthTrustLib.mixes.simulator.simulate import SyntheticPatient
from SynthTrustLib.vocabulary import Region


class Maker(Protocol):
    """Makes synthetic patients that imitate a cohort of real ones."""

    @property
    def name(self) -> str:
        """Generator and version, e.g. ``"simulator 1"``."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Everything besides cohort and seed that decides the voxels, as JSON values: settings and hashes."""

    @property
    def documentation(self) -> Mapping[str, str]:
        """What `audit.comprehension` asks for: method, source data, preprocessing, intended use, privacy, ..."""

    def regions(self, cohort: str) -> tuple[Region, ...]:
        """The regions that the labels of this cohort's patients tell."""

    def make(self, cohort: str, seed: int) -> SyntheticPatient:
        """One patient; the same arguments give the same voxels. Its record names its source patients."""
