"""From a case to the volume that a network's windows are cut from, and back to the case's grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Turn
from SynthTrustLib.case.part import Box, bounding_box
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import InputError
from SynthTrustLib.progress import Progress
from SynthTrustLib.segmenters.adapters.axes import turn_to
from SynthTrustLib.segmenters.adapters.patches.resample import Resampling, plan
from SynthTrustLib.segmenters.adapters.patches.settings import NNUNET, ImageSettings, Normalization

Volume = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Placement:
    """How a prepared volume lies on the case's grid: turned; then cropped and resampled, or the other way round."""

    shape: tuple[int, int, int]  # of the case's grid, (k, j, i)
    turn: Turn
    crops_first: bool
    box: Box  # what was cropped to: on the turned grid where it `crops_first`, else on the resampled one
    resampling: Resampling

    @property
    def support(self) -> Box:
        """The box on the case's grid outside which `restore` leaves 0."""
        return self.turn.box_of(self._turned_support, self.shape)

    @property
    def _turned_support(self) -> Box:
        if self.crops_first:
            return self.box
        sides = []
        for side, n, new in zip(self.box, self.resampling.shape, self.resampling.new_shape, strict=True):
            scale = n / new
            margin = 0 if n == new else 1 + int(np.ceil(scale))
            sides.append(
                slice(max(0, int(side.start * scale) - margin), min(n, int(np.ceil(side.stop * scale)) + margin))
            )
        return sides[0], sides[1], sides[2]

    def restore(self, volume: Volume) -> Volume:
        """An answer on the prepared grid, as a part of the turned case's grid: that of `write`."""
        if self.crops_first:
            return self.resampling.back(volume)
        whole = np.zeros(self.resampling.new_shape, np.float32)
        whole[self.box] = volume
        return self.resampling.back(whole)

    def write(self, values: Volume, target: Volume) -> None:
        """Put what `restore` made into `target`, which fills `support`."""
        self.turn.view(target)[...] = values if self.crops_first else values[self._turned_support]


def prepare(
    case: PatientCase, contrasts: Sequence[str], settings: ImageSettings, progress: Progress
) -> tuple[Volume, Placement]:
    """The network's channels (contrast, ...) and where they lie. A contrast that the case lacks is all zeros.

    Raises InputError if there is nothing to crop to.
    """
    turn = turn_to(settings.axes, case.geometry)
    there = [contrast for contrast in contrasts if contrast in case.volumes]
    volumes = [np.ascontiguousarray(turn.view(case.volumes[contrast].array), np.float32) for contrast in there]
    wanted = settings.spacing_mm if case.spacing_trusted else None
    spacing = turn.along(case.geometry.spacing)

    def resampled(volumes: list[Volume], resampling: Resampling) -> list[Volume]:
        done = []
        for n, volume in enumerate(volumes):
            progress("preparing the images", n / len(volumes))
            done.append(resampling.there(volume))
        return done

    def planned(volumes: list[Volume]) -> Resampling:
        return plan(settings.convention, volumes[0].shape, spacing, wanted)

    if settings.convention == NNUNET:
        box = _box(volumes, settings.crop, case)
        volumes = _normalized([volume[box] for volume in volumes], settings.normalization)
        resampling = planned(volumes)
        volumes = resampled(volumes, resampling)
    else:
        resampling = planned(volumes)
        volumes = resampled(volumes, resampling)
        box = _box(volumes, settings.crop, case)
        volumes = _normalized([volume[box] for volume in volumes], settings.normalization)
    image = np.zeros((len(contrasts), *volumes[0].shape), np.float32)
    for contrast, volume in zip(there, volumes, strict=True):
        image[list(contrasts).index(contrast)] = volume
    progress("preparing the images", 1.0)
    return image, Placement(case.geometry.shape, turn, settings.convention == NNUNET, box, resampling)


def _box(volumes: list[Volume], crop: str, case: PatientCase) -> Box:
    chosen: dict[str, Callable[[Volume], npt.NDArray[np.bool_]]] = {
        "none": lambda volume: np.ones(volume.shape, bool),
        "nonzero": lambda volume: volume != 0,
        "positive": lambda volume: volume > 0,
    }
    mask = np.logical_or.reduce([chosen[crop](volume) for volume in volumes])
    box = bounding_box(mask)
    if box is None:
        raise InputError(
            "no contrast shows anything but background",
            source=", ".join(volume.source for volume in case.volumes.values()),
            next_step="Check that these are MRI series of the head.",
        )
    return box


def _normalized(volumes: list[Volume], settings: Normalization) -> list[Volume]:
    head = None
    if settings.voxels == "head":
        head = ndimage.binary_fill_holes(np.logical_or.reduce([volume != 0 for volume in volumes]))
    return [_normalize(volume, settings, volume != 0 if settings.voxels == "nonzero" else head) for volume in volumes]


def _normalize(volume: Volume, settings: Normalization, mask: npt.NDArray[np.bool_] | None) -> Volume:
    if settings.kind == "none":
        return volume
    values = (volume if mask is None else volume[mask]).astype(np.float64).ravel()
    if values.size == 0:
        return volume
    if settings.kind == "z-score":
        shift, scale, start = values.mean(), 1 / (values.std() or 1.0), 0.0
    else:
        low, high = np.percentile(values, (settings.low, settings.high))
        start = settings.onto[0]
        shift, scale = low, (settings.onto[1] - start) / ((high - low) or 1.0)
    scaled = ((values - shift) * scale + start).astype(np.float32)
    if settings.kind == "percentile" and settings.clip:
        np.clip(scaled, *sorted(settings.onto), out=scaled)
    if mask is None:
        return scaled.reshape(volume.shape)
    out = np.zeros(volume.shape, np.float32)
    out[mask] = scaled
    return out
