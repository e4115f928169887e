"""Which side of the head a tumor is on: its lesions' centroids against the plane between the hemispheres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.in_case import look_in
from SynthTrustLib.case.patient_case import PatientCase

MIDLINE = 0.04
"""A centroid within this share of the head's width from the mid-plane is on the midline (about 6 mm in an adult). A
share and not a length, so that the side is known without trust in the voxel size."""

MINOR = 0.1
"""Lesions with less than this share of the tumor's voxels do not decide on the side."""


def middle_and_width(head: npt.NDArray[np.bool_], ras_r: npt.NDArray[np.float64]) -> tuple[float, float] | None:
    """The R coordinate of the head's mid-plane and the head's width, in mm; None for an empty head.

    The mid-plane is the median of the middles of all lines that reach at least half of the widest one's width: lines
    through the crown or the neck are short and may be cut off on one side.

    `head`: shape (lines, n); the head, each line running from side to side. `ras_r`: shape (lines, n); R coordinates of
    its voxels.
    """
    filled = head.any(axis=1)
    if not filled.any():
        return None
    lines, positions = head[filled], ras_r[filled]
    rows = np.arange(len(lines))
    first = positions[rows, lines.argmax(axis=1)]
    last = positions[rows, lines.shape[1] - 1 - lines[:, ::-1].argmax(axis=1)]
    widths = np.abs(last - first)
    wide = widths >= 0.5 * widths.max()
    width = float(widths.max())
    return (float(np.median((first + last)[wide] / 2)), width) if width > 0 else None


def head_middle(case: PatientCase) -> tuple[float, float] | None:
    """The R coordinate of the head's mid-plane and the head's width (mm as the header has them); None if unknown.

    Seen in the reference contrast, or in the first other one in which the head stands out from its surroundings.
    """
    order = sorted(case.volumes, key=lambda contrast: contrast != case.reference)
    looks = (look_in(case, contrast) for contrast in order)
    look = next((look for look in looks if look.separable), None)
    if look is None:
        return None
    head = look.mask
    k, j, i = (np.arange(n) * step for n, step in zip(head.shape, look.steps, strict=True))
    # R alone: all coordinates of all voxels would be 100 MB where the memory of a run is at its peak.
    by_i, by_j, by_k, origin = case.geometry.ijk_to_ras[0]
    ras_r = by_k * k[:, None, None] + by_j * j[:, None] + by_i * i + origin
    sideways = case.geometry.sideways_axis
    lines = (-1, head.shape[sideways])
    return middle_and_width(
        np.moveaxis(head, sideways, -1).reshape(lines), np.moveaxis(ras_r, sideways, -1).reshape(lines)
    )


def side_of(
    labels: npt.NDArray[np.int32],
    which: tuple[int, ...],
    geometry: Geometry,
    offset: tuple[int, int, int],
    middle: tuple[float, float],
) -> str:
    """``"left"``, ``"right"``, ``"midline"``, ``"both"``, or a side ``"and midline"``: of the patient, not the screen.

    `labels` (k, j, i) starts at voxel `offset`; `which` are its lesions (at least one), see `lesions`.
    """
    sizes = np.bincount(labels.ravel())
    total = sum(int(sizes[label]) for label in which)
    sides = set()
    for label in which:
        if sizes[label] < MINOR * total:
            continue
        centroid = np.argwhere(labels == label).mean(axis=0) + offset
        distance = float(geometry.ras(centroid)[0]) - middle[0]
        sides.add("midline" if abs(distance) <= MIDLINE * middle[1] else "right" if distance > 0 else "left")
    if {"left", "right"} <= sides:
        return "both"
    return " and ".join(side for side in ("left", "right", "midline") if side in sides)
