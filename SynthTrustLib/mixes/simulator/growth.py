"""Tumors that grow where tumors can: fast marching through the tissues.

A glioma that proliferates at rate rho and migrates with diffusivity D spreads as a front of speed 2 sqrt(rho D)
(Fisher's wave); its arrival times solve the eikonal equation. Fronts run faster along white matter than through gray
matter and stop at the ventricles and at the brain's surface, so the tumor never enters the one or leaves the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.mixes.simulator.anatomy import Anatomy, Tissue, smooth_noise

SPEED = {Tissue.WHITE: 1.0, Tissue.GRAY: 0.35, Tissue.DEEP_GRAY: 0.6}
_FOLD_SPEED = 0.25  # fluid in the folds of the brain: experts outline across it, and so does a front
_BARRIER = 1e-3

CORE, EDEMA, ENHANCING = 1, 2, 3
"""Tumor labels, in the numbers of BraTS 2023: necrotic or non-enhancing core, edema or infiltration, enhancing."""


@dataclass(frozen=True)
class TumorPlan:
    """What to grow."""

    volume_ml: float  # whole tumor
    core_share: float  # core volume / whole volume; the core contains the enhancing part
    necrosis_share: float  # part of the core that does not enhance


@dataclass(frozen=True, eq=False)
class Tumor:
    """A grown tumor: `label` (k, j, i) with 0 none, 1 core, 2 edema, 3 enhancing; `margin` (k, j, i), the front's lead
    in mm at each voxel, positive inside the whole tumor, about 0 at its border."""

    label: npt.NDArray[np.uint8]
    margin: npt.NDArray[np.float32]


def draw_plan(random: np.random.Generator, *, high_grade: bool) -> TumorPlan:
    """A plausible tumor: volumes are log-normal about 75 mL (high grade) or 60 mL (low grade)."""
    volume = float(np.clip(random.lognormal(np.log(75 if high_grade else 60), 0.7), 6, 220))
    if high_grade:
        return TumorPlan(volume, float(random.uniform(0.15, 0.75)), float(random.uniform(0.1, 0.75)))
    return TumorPlan(volume, float(random.uniform(0.1, 0.9)), float(random.uniform(0.85, 1.0)))


def grow(anatomy: Anatomy, plan: TumorPlan, random: np.random.Generator) -> Tumor:
    """Grow a tumor from a seed in the white matter of the cerebrum."""
    tissue = anatomy.tissue
    center = _seed(tissue, random)
    half = int(np.ceil(1.9 * (3 * plan.volume_ml * 1000 / (4 * np.pi)) ** (1 / 3))) + 12
    box = tuple(slice(max(0, c - half), min(n, c + half)) for c, n in zip(center, tissue.shape, strict=True))
    local = tissue[box]
    seed = tuple(c - b.start for c, b in zip(center, box, strict=True))
    speed = np.full(local.shape, _BARRIER, np.float32)
    for kind, value in SPEED.items():
        speed[local == kind] = value
    speed[(local == Tissue.FLUID) & anatomy.brain[box]] = _FOLD_SPEED
    brain = speed > _BARRIER

    arrival = _front(speed * np.exp(0.6 * smooth_noise(local.shape, 14, random)), [seed])
    arrival[~brain] = np.inf
    whole, border = _largest(arrival, plan.volume_ml)
    extra = [seed]
    inside = np.argwhere(arrival < 0.5 * border)
    if len(inside) and random.random() < 0.4:  # a second nodule
        extra.append(tuple(int(n) for n in inside[random.integers(len(inside))]))
    core_speed = np.where(whole, 1.0, _BARRIER).astype(np.float32) * np.exp(0.5 * smooth_noise(local.shape, 9, random))
    core_arrival = _front(core_speed, extra)
    core_arrival[~whole] = np.inf
    core, _ = _largest(core_arrival, plan.volume_ml * plan.core_share)
    depth = ndimage.distance_transform_edt(core) + 1.5 * smooth_noise(local.shape, 8, random)
    depth[~core] = -np.inf
    necrosis, _ = _largest(-depth, plan.volume_ml * plan.core_share * plan.necrosis_share)
    necrosis &= core

    label = np.zeros(tissue.shape, np.uint8)
    label[box][whole] = EDEMA
    label[box][core] = ENHANCING
    label[box][necrosis] = CORE
    margin = np.full(tissue.shape, -20, np.float32)
    signed = ndimage.distance_transform_edt(whole) - ndimage.distance_transform_edt(~whole)
    margin[box] = signed
    return Tumor(label, margin)


def push(anatomy: Anatomy, tumor: Tumor, amount: float) -> Anatomy:
    """Mass effect: the tissue around the tumor is pushed away from its centre by up to `amount` of its radius."""
    center = np.array(ndimage.center_of_mass(tumor.label > 0), np.float32)
    radius = (3 * float((tumor.label > 0).sum()) / (4 * np.pi)) ** (1 / 3)
    axes = np.ogrid[tuple(slice(0, n) for n in anatomy.tissue.shape)]
    offsets = [(axis - c).astype(np.float32) for axis, c in zip(axes, center, strict=True)]
    squared = sum(offset**2 for offset in offsets) / radius**2
    shrink = (1 - amount * np.exp(-squared / 2.0)).astype(np.float32)
    coordinates = [c + offset * shrink for c, offset in zip(center, offsets, strict=True)]
    pushed = ndimage.map_coordinates(anatomy.tissue, coordinates, order=0, mode="nearest")
    return Anatomy(np.asarray(pushed, np.uint8), anatomy.name)


def _seed(tissue: npt.NDArray[np.uint8], random: np.random.Generator) -> tuple[int, ...]:
    """A white-matter voxel of the cerebrum: in the upper two thirds of the brain."""
    white = np.argwhere(tissue == Tissue.WHITE)
    low, high = np.percentile(white[:, 0], (38, 99))
    white = white[(white[:, 0] >= low) & (white[:, 0] <= high)]
    return tuple(int(n) for n in white[random.integers(len(white))])


def _front(speed: npt.NDArray[np.float32], seeds: list[tuple[int, ...]]) -> npt.NDArray[np.float32]:
    """Arrival time of a front that starts at the seeds (k, j, i)."""
    import SimpleITK as sitk

    march = sitk.FastMarchingImageFilter()
    march.SetTrialPoints([tuple(int(n) for n in seed[::-1]) for seed in seeds])
    march.SetStoppingValue(1e4)
    times = sitk.GetArrayFromImage(march.Execute(sitk.GetImageFromArray(np.asarray(speed, np.float32))))
    return np.asarray(np.minimum(times, 1e6), np.float32)  # never reached: a huge number that overflows float32


def _largest(times: npt.NDArray[np.floating], volume_ml: float) -> tuple[npt.NDArray[np.bool_], float]:
    """The voxels that are reached first, as many as make `volume_ml` at 1 mm; and the time of the last."""
    reached = times[np.isfinite(times)]
    count = min(int(volume_ml * 1000), reached.size)
    if count < 1:
        return np.zeros(times.shape, bool), 0.0
    border = float(np.partition(reached, count - 1)[count - 1])
    return np.asarray(times <= border), border
