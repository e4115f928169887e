"""The MRI behind every picture: which contrast, which grey window, which part of the grid holds the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.head.in_case import look_in
from SynthTrustLib.case.head.look import HeadLook
from SynthTrustLib.case.part import Part
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.report.planes import Anatomy, Plane

WINDOW_PERCENTILES = (1.0, 99.0)
"""Of the intensities inside the head: black and white of the grey window. Vessels after contrast may saturate."""

PLAUSIBLE_HEIGHT = 0.8
"""Height of a head over its length, used to show slices whose thickness nobody knows."""

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
Crop = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Backdrop:
    """Everything about a case that its pictures share."""

    case: PatientCase
    anatomy: Anatomy
    step: tuple[float, float, float]
    """Distance between voxels along (s, p, l) as shown: mm where the spacing is trusted, otherwise relative units in
    which the head has a plausible height."""
    head: Box
    """(first, last). Box of the head along (s, p, l), ends included."""
    look: HeadLook
    windows: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, case: PatientCase) -> Backdrop:
        anatomy = Anatomy.of(case.geometry)
        look = look_in(case, case.reference)
        head = _head_box(look, anatomy)
        step = anatomy.spacing if case.spacing_trusted else _plausible_step(anatomy.spacing, head)
        return cls(case, anatomy, step, head, look, {})

    def contrast_for(self, region: str) -> str:
        """The contrast on which readers look for `region`, or the next best that is there."""
        return self.case.task.best_contrast(region, self.case.contrasts) or self.case.reference

    def window(self, contrast: str) -> tuple[float, float]:
        """Intensities shown black and white."""
        if contrast not in self.windows:
            self.windows[contrast] = _grey_window(self.case.volumes[contrast].array, self.look)
        return self.windows[contrast]

    def head_centre(self) -> tuple[int, int, int]:
        """The middle of the head box, (s, p, l)."""
        s, p, left = ((low + high) // 2 for low, high in self.head)
        return s, p, left

    def pixel_size(self, plane: Plane) -> tuple[float, float]:
        """Size of a shown pixel (across, down), in the units of `step`."""
        s, p, left = self.step
        return {Plane.AXIAL: (left, p), Plane.CORONAL: (left, s), Plane.SAGITTAL: (p, s)}[plane]

    def whole(self, plane: Plane, margin: int = 3) -> Crop:
        """The crop (column from, to, row from, to; pixel edges) that shows the whole head."""
        (s0, s1), (p0, p1), (l0, l1) = self.head
        top = self.anatomy.shape[0] - 1
        columns = (p0, p1) if plane is Plane.SAGITTAL else (l0, l1)
        rows = (p0, p1) if plane is Plane.AXIAL else (top - s1, top - s0)
        margin_rows = margin if plane is Plane.AXIAL or self.step[0] < 2 * self.step[1] else 1
        return (
            columns[0] - margin - 0.5,
            columns[1] + margin + 0.5,
            rows[0] - margin_rows - 0.5,
            rows[1] + margin_rows + 0.5,
        )

    def around(self, plane: Plane, column: float, row: float, side: float) -> Crop:
        """A square crop with this side length (units of `step`) around a pixel."""
        across, down = self.pixel_size(plane)
        half_columns, half_rows = side / across / 2, side / down / 2
        return column - half_columns, column + half_columns, row - half_rows, row + half_rows

    def size(self, plane: Plane, crop: Crop) -> tuple[float, float]:
        """Width and height of a crop in the units of `step`."""
        across, down = self.pixel_size(plane)
        return (crop[1] - crop[0]) * across, (crop[3] - crop[2]) * down

    def cut(self, part: Part, plane: Plane, spl: tuple[int, int, int]) -> npt.NDArray[np.float32]:
        """A slice of a part of the case's grid, as `Anatomy.cut` shows it; False and True are 0 and 1."""
        return np.asarray(self.anatomy.cut_part(part, plane, spl), np.float32)

    def head_length(self) -> float:
        """The larger side of the head box in the axial plane, in the units of `step`."""
        return max((high - low + 1) * step for (low, high), step in zip(self.head[1:], self.step[1:], strict=True))


def _plausible_step(spacing: tuple[float, float, float], head: Box) -> tuple[float, float, float]:
    """`spacing` with the thinnest-looking axis stretched to a plausible head, where it is implausibly flat."""
    extent = [(high - low + 1) * step for (low, high), step in zip(head, spacing, strict=True)]
    flat, longest = int(np.argmin(extent)), max(extent)
    stretch = max(1.0, PLAUSIBLE_HEIGHT * longest / extent[flat])
    s, p, left = (step * stretch if axis == flat else step for axis, step in enumerate(spacing))
    return s, p, left


def _head_box(look: HeadLook, anatomy: Anatomy) -> Box:
    """Box of the head along (s, p, l); the whole grid if the head cannot be told from its surroundings."""
    mask = anatomy.view(look.mask)
    if not look.separable or not mask.any():
        s, p, left = anatomy.shape
        return (0, s - 1), (0, p - 1), (0, left - 1)
    box = []
    for axis, size in enumerate(anatomy.shape):
        inside = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        step = look.steps[anatomy.axes[axis]]
        first, last = int(inside[0]) * step, int(inside[-1]) * step
        if anatomy.flipped[axis]:  # the samples start at the far end
            offset = (size - 1) % step
            first, last = first + offset, last + offset
        box.append((max(first - step + 1, 0), min(last + step - 1, size - 1)))
    return box[0], box[1], box[2]


def _grey_window(array: npt.NDArray[np.float32], look: HeadLook) -> tuple[float, float]:
    sample = array[:: look.steps[0], :: look.steps[1], :: look.steps[2]]
    inside = sample[look.mask] if look.mask.any() else sample.ravel()
    low, high = (float(value) for value in np.percentile(inside, WINDOW_PERCENTILES))
    return (low, high) if high > low else (low, low + 1.0)
