"""What one case looks like in numbers: its tumor's shape and its contrasts, in units that need no voxel size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.part import NOWHERE, bounding_box
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.vocabulary import Contrast, Region

SMALLEST_COMPONENT = 10
"""Components with fewer voxels than this are strays, not parts of a tumor."""

FEATURE_NAMES: tuple[str, ...] = (
    *(f"{region.lower()}_kilovoxels" for region in Region),
    "wt_share_of_brain",
    "tc_to_wt",
    "et_to_tc",
    *(f"{region.lower()}_components" for region in Region),
    *(f"{region.lower()}_sphericity" for region in Region),
    "wt_height",
    "wt_depth",
    "wt_laterality",
    *(
        f"{contrast.lower()}_{what}"
        for contrast in Contrast
        for what in ("tumor_mean", "tumor_sd", "brain_mean", "brain_sd", "contrast_to_brain", "grain")
    ),
)
"""Names in the order of `measure`. Many data sets state no true voxel size, so volumes are in thousands of voxels of
the grid that the networks see (1 voxel = 1 microlitre where that grid is 1 mm)."""


def measure(sample: Sample) -> npt.NDArray[np.float64]:
    """The features of a case in the order of `FEATURE_NAMES`; NaN where a contrast or a region's label is missing."""
    brain = np.any(sample.image > 0, axis=0)
    masks = {region: (sample.label >> bit & 1).astype(bool) for bit, region in enumerate(Region)}
    known = dict(zip(Region, sample.known, strict=True))
    return np.array([*_shape(masks, known, brain), *_intensities(sample, masks[Region.WT], brain)], np.float64)


def _shape(
    masks: dict[Region, npt.NDArray[np.bool_]], known: dict[Region, bool], brain: npt.NDArray[np.bool_]
) -> list[float]:
    volumes = {region: float(mask.sum()) if known[region] else np.nan for region, mask in masks.items()}
    components = [float(_components(masks[region])) if known[region] else np.nan for region in Region]
    sphericities = [sphericity(masks[region]) if known[region] else np.nan for region in Region]
    return [
        *(volumes[region] / 1000 for region in Region),
        _ratio(volumes[Region.WT], float(brain.sum())),
        _ratio(volumes[Region.TC], volumes[Region.WT]),
        _ratio(volumes[Region.ET], volumes[Region.TC]),
        *components,
        *sphericities,
        *_place(masks[Region.WT], brain),
    ]


def _intensities(sample: Sample, tumor: npt.NDArray[np.bool_], brain: npt.NDArray[np.bool_]) -> list[float]:
    normal = brain & ~dilated(tumor, np.ones((1, 3, 3), bool), 3)
    values: list[float] = []
    for channel in range(len(Contrast)):
        image = sample.image[channel].astype(np.float32, copy=False)
        if channel not in sample.present or not tumor.any() or not normal.any():
            values += [np.nan] * 6
            continue
        inside, outside = image[tumor], image[normal]
        deviation = max(float(outside.std()), 1e-6)
        pairs = normal[:, :, 1:] & normal[:, :, :-1]
        grain = float(np.abs(np.diff(image, axis=2))[pairs].mean()) if pairs.any() else np.nan
        values += [
            float(inside.mean()),
            float(inside.std()),
            float(outside.mean()),
            deviation,
            (float(inside.mean()) - float(outside.mean())) / deviation,
            grain,
        ]
    return values


def sphericity(mask: npt.NDArray[np.bool_]) -> float:
    """Surface of the ball of the same volume, divided by the mask's surface, in voxel units; about 1 for a ball.

    The surface is 2/3 of the voxel faces between inside and outside: exact for a ball, whose faces show half as much
    area again as its skin. NaN for an empty mask.
    """
    volume, box = int(mask.sum()), bounding_box(mask)
    if box is None:
        return float("nan")
    padded = np.pad(mask[box], 1)
    faces = sum(int((np.diff(padded.astype(np.int8), axis=axis) != 0).sum()) for axis in range(3))
    return float(np.pi ** (1 / 3) * (6 * volume) ** (2 / 3) / (faces * 2 / 3))


def dilated(mask: npt.NDArray[np.bool_], element: npt.NDArray[np.bool_] | None, times: int) -> npt.NDArray[np.bool_]:
    """`ndimage.binary_dilation`, of the part of the volume that it can reach; `element` reaches one voxel."""
    out = np.zeros_like(mask)
    box = bounding_box(mask, margin=times)
    if box is not None:
        out[box] = ndimage.binary_dilation(mask[box], element, iterations=times)
    return out


def _components(mask: npt.NDArray[np.bool_]) -> int:
    labels, _ = ndimage.label(mask[bounding_box(mask) or NOWHERE], np.ones((3, 3, 3), bool))
    return int((np.bincount(labels.ravel())[1:] >= SMALLEST_COMPONENT).sum())


def _place(tumor: npt.NDArray[np.bool_], brain: npt.NDArray[np.bool_]) -> list[float]:
    """Centroid in the brain's box: height 0..1 from below, depth 0..1 from the front, side 0 (middle) to 1 (edge)."""
    if not tumor.any() or not brain.any():
        return [np.nan] * 3
    box = ndimage.find_objects(brain.astype(np.uint8))[0]
    center = ndimage.center_of_mass(tumor)
    k, j, i = ((c - s.start) / max(1, s.stop - 1 - s.start) for c, s in zip(center, box, strict=True))
    return [float(k), float(j), float(abs(2 * i - 1))]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
