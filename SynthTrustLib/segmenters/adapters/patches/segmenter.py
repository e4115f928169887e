"""From a prepared volume, through a network that sees patches, to probabilities on the case's grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.progress import Progress
from SynthTrustLib.segmenters.adapters.adapter import answers
from SynthTrustLib.segmenters.adapters.patches.prepare import Placement, prepare
from SynthTrustLib.segmenters.adapters.patches.regions import activated, regions_of
from SynthTrustLib.segmenters.adapters.patches.settings import ImageSettings, PatchSettings
from SynthTrustLib.segmenters.adapters.patches.windows import WindowedVolume
from SynthTrustLib.segmenters.engines.engine import Engine
from SynthTrustLib.segmenters.nested_regions import nested
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.task.task import Task

Volume = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Patches:
    """The adapter of networks that see patches. Equal ones see the same image."""

    image: ImageSettings
    contrasts: tuple[str, ...]

    def prepare(self, case: PatientCase, progress: Progress) -> PreparedPatches:
        """See `Adapter.prepare`."""
        return PreparedPatches(*prepare(case, self.contrasts, self.image, progress), case.task)


@dataclass(frozen=True, eq=False)
class PreparedPatches:
    """A case as networks of one framework see it: (contrast, a, b, c), and how that lies on the case's grid."""

    image: Volume
    placement: Placement
    task: Task

    @property
    def support(self) -> Box:
        """See `Prepared`."""
        return self.placement.support

    def predict(
        self,
        package: SegmenterPackage,
        engine: Engine,
        regions: tuple[str, ...],
        target: Volume,
        progress: Progress,
    ) -> None:
        """See `Prepared.predict`."""
        card, settings = package.card, package.card.adapter
        assert isinstance(settings, PatchSettings)
        stage = f"running {card.name}"
        progress(stage, 0.0)
        volume = WindowedVolume(self.image, settings.windows, settings.image.convention, engine.batch)
        network = engine.compile(package, volume.shape)
        channels = len(settings.answer.channels)
        shape = (volume.shape[0], channels, *settings.windows.size)
        with closing(answers(network, volume.inputs(), card)) as stream:
            checked = _checked(stream, shape, card)
            output = volume.assemble(_told(checked, progress, stage, volume.steps), channels)
        found = self._on_the_case(output, settings)
        order = tuple(found)
        together = nested(np.stack([found[region] for region in order])[None], order, self.task)[0]
        for region, values in zip(regions, target, strict=True):
            self.placement.write(together[order.index(region)], values)
        progress(stage, 1.0)

    def _on_the_case(self, output: Volume, settings: PatchSettings) -> dict[str, Volume]:
        """Probabilities of the regions where `Placement.write` wants them, from the assembled output channels."""
        answer = settings.answer
        if answer.activated == "before":
            output = activated(output, answer.activation)
        restored = np.stack([self.placement.restore(channel) for channel in output])
        if answer.activated == "after":
            restored = activated(restored, answer.activation)
        return dict(regions_of(restored, answer))


def _checked(stream: Iterable[Volume], shape: tuple[int, ...], card: SegmenterCard) -> Iterator[Volume]:
    for answer in stream:
        if answer.shape != shape or not np.isfinite(answer).all():
            raise SegmenterError(
                f"its network does not give finite numbers of shape {shape}",
                source=card.id,
                next_step="Choose another engine, install the package again, or leave this segmenter out.",
            )
        yield answer


def _told(stream: Iterable[Volume], progress: Progress, stage: str, steps: int) -> Iterator[Volume]:
    for done, answer in enumerate(stream, start=1):
        yield answer
        progress(stage, 0.95 * done / steps)
