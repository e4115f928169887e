"""What a shipped segmenter outlines of a case that is on the terms of all: a second opinion about its label."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt

from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.mixes.evaluate import answer
from SynthTrustLib.segmenters.engines.engine import Engine, choose_engine
from SynthTrustLib.segmenters.engines.kept import KeptNetworks
from SynthTrustLib.segmenters.outlines import outlined, threshold_of
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import weights_of
from SynthTrustLib.segmenters.package.registry import find_packages
from SynthTrustLib.vocabulary import Region

SEGMENTER = "flagship"
"""The best that ships."""


@dataclass(frozen=True)
class Draw:
    """A segmenter that draws the whole tumor."""

    package: SegmenterPackage
    engine: Engine
    _busy: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def identity(self) -> str:
        """The same for the same answers."""
        return f"{self.package.card.settings_hash} {weights_of(self.package.card)}"

    def whole_tumor(self, sample: Sample) -> npt.NDArray[np.bool_]:
        """Its outline, (k, j, i) of the sample; for one sample at a time, as the engine keeps all cores busy."""
        with self._busy:
            found = answer(self.package, sample, self.engine)
        return outlined(found[list(Region).index(Region.WT)], threshold_of(self.package.card, Region.WT))


def find_draw() -> Draw | None:
    """The segmenter that ships for this; None where it is not installed."""
    for package in find_packages(()):
        if package.card.id == SEGMENTER:
            return Draw(package, KeptNetworks(choose_engine("auto")))
    return None
