"""From a PatientCase to what the networks see, and back: one preprocessing for a family of segmenters.

The networks are 2.5D: they see axial slices in LPS order, each with a neighbour on either side. Thick and thin
acquisitions look alike to them because the neighbour is taken at a fixed distance in mm, not at the next index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Orientation
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import InputError
from SynthTrustLib.progress import Progress, silent

SLICES_PER_CONTRAST = 3
"""The previous, this and the next axial slice."""

_LEAST_DEVIATION = 1e-6
"""Of the largest value: a smaller deviation is rounding, at whatever scale the intensities are."""

_SHARING = Lock()


@dataclass(frozen=True)
class Preprocessing:
    """How a family of segmenters wants its input; recorded in every package's card."""

    in_plane_mm: float = 1.0
    """Pixel size that the networks were trained at. Slices are resampled to it when theirs is outside
    `in_plane_keep_mm` and the spacing is trusted."""
    in_plane_keep_mm: tuple[float, float] = (0.8, 1.25)
    """Pixel sizes that are near enough to be left alone."""
    finest_slice_mm: float = 0.8
    """Slices closer than this are resampled to it; thicker ones are left as acquired."""
    neighbour_mm: float = 4.0
    """Distance of the neighbouring slices that the networks see beside each slice."""
    multiple: int = 32
    """Rows and columns are padded to a multiple of this."""
    solid_head: bool = False
    """Crop to the largest solid piece of what is not background, rather than to all of it: ghosts and noise in the air
    would else make a head's box as large as its field of view."""

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "in_plane_keep_mm": list(self.in_plane_keep_mm)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Preprocessing:
        """The settings of a card; what a card leaves out keeps its default."""
        known = {name: record[name] for name in cls.__dataclass_fields__ if name in record}
        if "in_plane_keep_mm" in known:
            low, high = known["in_plane_keep_mm"]
            known["in_plane_keep_mm"] = (float(low), float(high))
        return cls(**known)


@dataclass(frozen=True, eq=False)
class PreparedCase:
    """A case as the networks see it, with what is needed to go back."""

    image: npt.NDArray[np.float32]
    """Shape (contrast, K, H, W). All contrasts of the case's task in its order; a missing one is all zeros. Values
    0..2, background 0. Axes run from inferior to superior, anterior to posterior, right to left (LPS)."""
    step: int
    """Index distance of the neighbouring slices."""
    orientation: Orientation
    """What took (k, j, i) to (s, p, l), before resampling."""
    working_shape: tuple[int, int, int]
    """Shape after resampling, before cropping."""
    box: tuple[slice, slice, slice]
    """The head's box in the working array; `image` holds it at the corner, padded at the far sides."""

    @property
    def slices(self) -> int:
        """Number of axial slices that contain head."""
        return int(self.image.shape[1])

    def batch(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Network input of slices start..stop, (slice, 12, H, W); channel = 3 * contrast + (previous, this, next)."""
        last = self.slices - 1
        index = np.arange(start, stop)
        triples = np.stack([np.clip(index + offset, 0, last) for offset in (-self.step, 0, self.step)], axis=1)
        contrasts, _, height, width = self.image.shape
        out = np.empty((len(index), contrasts, SLICES_PER_CONTRAST, height, width), np.float32)
        for n, triple in enumerate(triples):
            for place, one in enumerate(triple):
                out[n, :, place] = self.image[:, one]
        return out.reshape(len(index), contrasts * SLICES_PER_CONTRAST, height, width)


def foreground(volume: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Voxels that are head rather than air: above 8 % of the 99th percentile over the background. Any shape."""
    sample = _sample(volume)
    floor = float(sample.min())
    above = sample[sample > floor]
    if above.size == 0:
        return np.zeros(volume.shape, bool)
    return np.asarray(volume > floor + 0.08 * (float(np.percentile(above, 99)) - floor))


def normalize(volume: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Intensities on a common scale: median of the brain 0.75, robust standard deviation 0.25, clipped to 0..2, air 0.

    `volume` and `mask` (of the head) are (K, rows, columns) in LPS order, cropped to the head. Median and deviation are
    those of the middle of the head, which is brain whether the skull is on or off.
    """
    middle = _middle(mask.shape)
    values = _sample(volume[middle])[_sample(mask[middle])]
    if values.size < 100:
        values = _sample(volume)[_sample(mask)]
    if values.size == 0:
        return np.zeros(volume.shape, np.float32)
    low, median, high = np.percentile(values, (10, 50, 90))
    deviation = float(high - low) / 2.563  # 10th to 90th percentile of a normal distribution is 2.563 SD
    deviation = max(deviation, _LEAST_DEVIATION * float(np.abs(values).max())) or 1.0
    out = (volume - np.float32(median)) * np.float32(0.25 / deviation)
    out += np.float32(0.75)
    np.clip(out, 0, 2, out=out)
    out *= mask
    return np.asarray(out, np.float32)


def prepare(case: PatientCase, settings: Preprocessing, progress: Progress = silent) -> PreparedCase:
    """Orient, resample where needed, normalize and crop a case to its head.

    Raises InputError if no contrast holds anything but background.
    """
    orientation = case.geometry.orientation
    spacing = orientation.spacing
    zoom = _zoom(spacing, settings) if case.spacing_trusted else (1.0, 1.0, 1.0)
    working_shape = tuple(max(1, round(n * z)) for n, z in zip(orientation.shape, zoom, strict=True))

    channels: dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]] = {}
    head = np.zeros(working_shape, bool)
    for done, contrast in enumerate(case.contrasts):
        progress("preparing the images", done / len(case.contrasts))
        array = orientation.view(case.volumes[contrast].array)
        array = _resize(array, working_shape)
        mask = foreground(array)
        head |= mask
        channels[contrast] = (array, mask)
    if not head.any():
        raise InputError(
            "no contrast shows anything but background",
            source=", ".join(volume.source for volume in case.volumes.values()),
            next_step="Check that these are MRI series of the head.",
        )
    box = bounding_box(solid(head) if settings.solid_head else head)
    depth, rows, columns = (s.stop - s.start for s in box)
    height, width = (-(-n // settings.multiple) * settings.multiple for n in (rows, columns))
    image = np.zeros((len(case.task.contrasts), depth, height, width), np.float32)
    for contrast, (array, mask) in channels.items():
        image[case.task.contrast_ids.index(contrast), :, :rows, :columns] = normalize(array[box], mask[box])
    slice_mm = spacing[0] / zoom[0]
    step = max(1, round(settings.neighbour_mm / slice_mm)) if case.spacing_trusted else 1
    progress("preparing the images", 1.0)
    return PreparedCase(image, step, orientation, working_shape, box)  # type: ignore[arg-type]


_IN_USE: WeakValueDictionary[tuple[PatientCase, Preprocessing], PreparedCase] = WeakValueDictionary()


def prepare_shared(case: PatientCase, settings: Preprocessing, progress: Progress = silent) -> PreparedCase:
    """As `prepare`; what somebody still uses is given again, also to another thread, and not made twice."""
    with _SHARING:
        prepared = _IN_USE.get((case, settings))
        if prepared is None:
            prepared = _IN_USE[case, settings] = prepare(case, settings, progress)
        return prepared


def window(out: npt.NDArray[np.float32], prepared: PreparedCase) -> npt.NDArray[np.float32] | None:
    """The view of `out` (region, k, j, i), which fills the `support_box`, that a prepared case fills voxel by voxel.

    Its shape is (region, K, rows, columns), without the padding. None where the case was resampled, so that there is no
    such view.
    """
    if prepared.working_shape != prepared.orientation.shape:
        return None
    return prepared.orientation.view(out)


def restore(volume: npt.NDArray[np.float32], prepared: PreparedCase) -> npt.NDArray[np.float32]:
    """Probabilities (region, K, H, W) of a prepared case, on the case's own grid: (region, k, j, i).

    Exactly 0 outside the head's box. Where the case was resampled, probabilities are interpolated linearly.
    """
    rows, columns = (s.stop - s.start for s in prepared.box[1:])
    out = np.zeros((len(volume), *prepared.orientation.original(prepared.orientation.shape)), np.float32)
    direct = window(out[(slice(None), *support_box(prepared))], prepared)
    if direct is not None:
        direct[...] = volume[:, :, :rows, :columns]
        return out
    for region, source in enumerate(volume):
        target = prepared.orientation.view(out[region])
        working = np.zeros(prepared.working_shape, np.float32)
        working[prepared.box] = source[:, :rows, :columns]
        target[...] = _resize(working, prepared.orientation.shape)
    return out


def project(volume: npt.NDArray[np.float32], prepared: PreparedCase) -> npt.NDArray[np.float32]:
    """A volume on the case's grid (k, j, i) as the networks would see it, (K, H, W): `restore` the other way round."""
    working = _resize(prepared.orientation.view(volume), prepared.working_shape)[prepared.box]
    out = np.zeros(prepared.image.shape[1:], np.float32)
    out[:, : working.shape[1], : working.shape[2]] = working
    return out


def support_box(prepared: PreparedCase) -> tuple[slice, slice, slice]:
    """The box (k, j, i) on the case's grid outside which `restore` leaves exactly 0."""
    orientation, sides = prepared.orientation, []
    for side, n, working in zip(prepared.box, orientation.shape, prepared.working_shape, strict=True):
        margin = 0 if n == working else 1
        start, stop = int(np.floor(side.start * n / working)), int(np.ceil(side.stop * n / working))
        sides.append(slice(max(0, start - margin), min(n, stop + margin)))
    return orientation.box_of((sides[0], sides[1], sides[2]), orientation.original(orientation.shape))


def _sample(volume: npt.NDArray[Any], limit: int = 400_000) -> npt.NDArray[Any]:
    """An evenly spaced part of the voxels: enough for percentiles, and the same every time."""
    flat = volume.ravel()
    stride = max(1, flat.size // limit) | 1  # odd, so that it does not fall into step with the rows
    return np.asarray(flat[::stride])


def _middle(shape: tuple[int, ...]) -> tuple[slice, slice, slice]:
    """The middle of a head's box (K, rows, columns): above the eyes, below the vertex, away from the scalp."""
    depth, rows, columns = shape
    return (
        slice(int(0.35 * depth), max(int(0.85 * depth), int(0.35 * depth) + 1)),
        slice(int(0.22 * rows), int(0.78 * rows) + 1),
        slice(int(0.22 * columns), int(0.78 * columns) + 1),
    )


def _zoom(spacing: tuple[float, ...], settings: Preprocessing) -> tuple[float, float, float]:
    low, high = settings.in_plane_keep_mm
    slices = spacing[0] / settings.in_plane_mm if spacing[0] < settings.finest_slice_mm else 1.0
    rows, columns = (1.0 if low <= mm <= high else mm / settings.in_plane_mm for mm in spacing[1:])
    return slices, rows, columns


def _resize(array: npt.NDArray[np.float32], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Linear interpolation onto `shape` over the same field of view, smoothed first where voxels get larger."""
    if array.shape == tuple(shape):
        return np.ascontiguousarray(array, np.float32)
    factors = [new / old for new, old in zip(shape, array.shape, strict=True)]
    sigma = [max(0.0, 0.5 * (1 / factor - 1)) for factor in factors]
    if any(sigma):
        array = ndimage.gaussian_filter(array, sigma)
    return np.asarray(ndimage.zoom(array, factors, order=1, mode="nearest", grid_mode=True), np.float32)


def solid(head: npt.NDArray[np.bool_], stride: int = 2) -> npt.NDArray[np.bool_]:
    """The largest piece of a mask (K, rows, columns) that is left when what is thin in its plane is taken away.

    Only every `stride`-th row and column is looked at; the answer is as large as the mask, and coarse.
    """
    coarse = ndimage.binary_opening(head[:, ::stride, ::stride], np.ones((1, 3, 3), bool))
    pieces, count = ndimage.label(coarse)
    if count == 0:
        return head
    largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    full = largest.repeat(stride, axis=1).repeat(stride, axis=2)
    return np.asarray(full[:, : head.shape[1], : head.shape[2]])


def bounding_box(mask: npt.NDArray[np.bool_], margin: int = 2) -> tuple[slice, slice, slice]:
    """Box of the mask with a margin; planes that hold next to nothing, such as ghosts in the air, do not count."""
    box = []
    for axis in range(3):
        share = mask.mean(axis=tuple(n for n in range(3) if n != axis))
        inside = np.flatnonzero(share > 0.05 * np.quantile(share, 0.9))
        box.append(slice(max(0, int(inside[0]) - margin), min(mask.shape[axis], int(inside[-1]) + 1 + margin)))
    return box[0], box[1], box[2]
