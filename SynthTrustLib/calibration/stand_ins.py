"""Outlines that stand in for those made elsewhere, of all qualities, on a labelled patient.

What a clinic brings (a resident's outline, a vendor's, another network's) is not there to learn from. So other networks
of the family, and altered copies of the best network's and the expert's outlines, stand in for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.part import bounding_box

Mask = npt.NDArray[np.bool_]
Masks = Mapping[str, Mask]

NETWORK = "another network"


@dataclass(frozen=True, eq=False)
class StandIn:
    """An outline, region by region, on the grid of the patient; `kind` is what it is an example of."""

    kind: str
    masks: Masks


def stand_ins(
    networks: Mapping[str, Masks], best: Masks, expert: Masks, spacing: tuple[float, float, float], sideways: int
) -> Iterator[StandIn]:
    """All of one patient, the same at every call.

    `networks`: id of a network that is no juror -> what it outlines. `best` and `expert`: region -> mask (k, j, i),
    that of the best network and the label: these are altered. `spacing`: of the axes (k, j, i), in mm. `sideways`: the
    axis that runs from one side of the head to the other; the middle of the array is that of the head.
    """
    for masks in networks.values():
        yield StandIn(NETWORK, masks)
    for kind, alter in _alterations(spacing, sideways).items():
        for strength in (1, 2):
            for masks in (best, expert):
                yield StandIn(kind, {region: alter(mask, strength) for region, mask in masks.items()})


def _alterations(spacing: tuple[float, float, float], sideways: int) -> dict[str, Callable[[Mask, int], Mask]]:
    return {
        "too small": partial(_grown, spacing=spacing, step=-2.0),
        "too large": partial(_grown, spacing=spacing, step=2.0),
        "smoothed": partial(_smoothed, spacing=spacing),
        "moved": partial(_moved, spacing=spacing, axis=sideways),
        "cut off": partial(_cut, axis=max(range(3), key=lambda a: (a != sideways, -spacing[a]))),
        "with a false piece": partial(_mirrored, axis=sideways),
    }


def _grown(mask: Mask, strength: int, *, spacing: tuple[float, float, float], step: float) -> Mask:
    """Grown by `step` mm times the strength; shrunk if that is negative."""
    reach = abs(step) * strength

    def alter(near: Mask) -> Mask:
        if step > 0:
            return np.asarray(ndimage.distance_transform_edt(~near, spacing) <= reach)
        return np.asarray(ndimage.distance_transform_edt(near, spacing) > reach)

    return _near(mask, reach, spacing, alter)


def _smoothed(mask: Mask, strength: int, *, spacing: tuple[float, float, float]) -> Mask:
    """Without detail below some 3 mm times the strength."""
    width = 3.0 * strength

    def alter(near: Mask) -> Mask:
        blurred = ndimage.gaussian_filter(near.astype(np.float32), [width / side for side in spacing])
        return np.asarray(blurred >= 0.5)

    return _near(mask, 2 * width, spacing, alter)


def _near(mask: Mask, reach: float, spacing: tuple[float, float, float], alter: Callable[[Mask], Mask]) -> Mask:
    """Alter the part of the grid within `reach` mm of the mask."""
    box = bounding_box(mask, math.ceil(reach / min(spacing)) + 1)
    if box is None:
        return mask
    altered = np.zeros_like(mask)
    altered[box] = alter(mask[box])
    return altered


def _moved(mask: Mask, strength: int, *, spacing: tuple[float, float, float], axis: int) -> Mask:
    """By 4 mm times the strength."""
    shift = round(4.0 * strength / spacing[axis])
    moved = np.roll(mask, shift, axis)
    moved[tuple(slice(shift) if a == axis else slice(None) for a in range(3))] = False
    return moved


def _cut(mask: Mask, strength: int, *, axis: int) -> Mask:
    """Without the last quarter of its voxels along an axis, times the strength."""
    inside = np.cumsum(mask.sum(axis=tuple(a for a in range(3) if a != axis)))
    if not inside[-1]:
        return mask
    stop = int(np.searchsorted(inside, (1 - 0.25 * strength) * inside[-1])) + 1
    kept = mask.copy()
    kept[tuple(slice(stop, None) if a == axis else slice(None) for a in range(3))] = False
    return kept


def _mirrored(mask: Mask, strength: int, *, axis: int) -> Mask:
    """With a copy on the other side of the head, cut to a half of its voxels, or whole."""
    other = np.flip(mask, axis)
    return np.asarray(mask | (other if strength == 2 else _cut(other, 2, axis=(axis + 1) % 3)))
