"""From a prepared case's slices, through a 2.5D network, to probabilities on the case's grid."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.progress import Progress
from SynthTrustLib.segmenters.adapters.adapter import answers
from SynthTrustLib.segmenters.adapters.slices.mirrored import as_card_asks
from SynthTrustLib.segmenters.adapters.slices.preprocess import (
    SLICES_PER_CONTRAST,
    PreparedCase,
    Preprocessing,
    prepare_shared,
    restore,
    support_box,
    window,
)
from SynthTrustLib.segmenters.adapters.slices.smooth_slices import smooth_slices, smoothing_of
from SynthTrustLib.segmenters.engines.engine import Engine, batch_starts
from SynthTrustLib.segmenters.nested_regions import nested
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.task.task import Task

ROUNDING = 1e-4
"""A sigmoid may leave 0..1 by this much in an engine's arithmetic; it is clipped."""


@dataclass(frozen=True)
class Slices:
    """The adapter of the networks that ship: `prepare` once, then slice after slice."""

    settings: Preprocessing

    def prepare(self, case: PatientCase, progress: Progress) -> PreparedSlices:
        """See `Adapter.prepare`."""
        return PreparedSlices(prepare_shared(case, self.settings, progress), case.task)


@dataclass(frozen=True, eq=False)
class PreparedSlices:
    """A case as 2.5D networks see it."""

    prepared: PreparedCase
    task: Task

    @property
    def support(self) -> Box:
        """See `Prepared`."""
        return support_box(self.prepared)

    def predict(
        self,
        package: SegmenterPackage,
        engine: Engine,
        regions: tuple[str, ...],
        target: npt.NDArray[np.float32],
        progress: Progress,
    ) -> None:
        """See `Prepared.predict`."""
        card, prepared = package.card, self.prepared
        stage = f"running {card.name}"
        progress(stage, 0.0)
        _, count, height, width = prepared.image.shape
        direct = window(target, prepared)
        volume = np.empty((len(regions), count, height, width), np.float32) if direct is None else direct
        rows, columns = volume.shape[2:]
        channels = _channels(card, self.task.contrast_ids)
        size = min(engine.batch, count)
        shape = (size, SLICES_PER_CONTRAST * len(card.contrasts), height, width)
        network = as_card_asks(engine.compile(package, shape), card)
        starts = batch_starts(count, size)
        batches = (prepared.batch(start, start + size)[:, channels] for start in starts)
        with closing(answers(network, batches, card)) as found:
            for done, (start, answer) in enumerate(zip(starts, found, strict=True)):
                _require_probabilities(answer, (size, len(card.regions), height, width), card)
                inside = nested(answer[..., :rows, :columns], card.regions, self.task)
                for region, name in enumerate(regions):
                    np.clip(inside[:, card.regions.index(name)], 0.0, 1.0, out=volume[region, start : start + size])
                progress(stage, (done + 1) / len(starts))
        smooth_slices(volume, smoothing_of(card))
        if direct is None:
            target[...] = restore(volume, prepared)[(slice(None), *self.support)]


def _channels(card: SegmenterCard, contrasts: tuple[str, ...]) -> slice | list[int]:
    """Which of a prepared case's channels the segmenter takes: nearly always all, as a view."""
    if card.contrasts == contrasts:
        return slice(None)
    firsts = [SLICES_PER_CONTRAST * contrasts.index(contrast) for contrast in card.contrasts]
    return [first + n for first in firsts for n in range(SLICES_PER_CONTRAST)]


def _require_probabilities(answer: npt.NDArray[np.float32], shape: tuple[int, ...], card: SegmenterCard) -> None:
    # A NaN fails both comparisons.
    if answer.shape != shape or not (answer.min() >= -ROUNDING and answer.max() <= 1.0 + ROUNDING):
        raise SegmenterError(
            f"its network does not give probabilities of shape {shape}",
            source=card.id,
            next_step="Install the package again, or leave this segmenter out.",
        )
