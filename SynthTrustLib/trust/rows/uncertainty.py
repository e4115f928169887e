"""UNCERTAINTY: between the segmenters (mutual information) and within them (mean of their own entropies).

Which of the two is due to the data and which to the segmenters cannot be told reliably on real patients, so they are
named after what they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Part
from SynthTrustLib.trust.measures.material import DILATION, Material, RegionOutlines
from SynthTrustLib.trust.measures.worst_patch import PATCH_VOXELS, worst_patch
from SynthTrustLib.trust.rows.row import ONE_SEGMENTER, known, unknown
from SynthTrustLib.trust.scorecard import Row, Section

THICK = 1.6
"""Slices this many times thicker than the smallest voxel size are thick, and the block is no cube then."""

THREADS = 2

_KINDS = {"between": "Between-segmenter uncertainty", "within": "Within-segmenter uncertainty"}


def uncertainty_rows(material: Material) -> Iterator[Row]:
    """Both kinds, in the worst block and on average inside the dilated union, per region; 0..1."""
    jobs = [(outlines, kind) for outlines in material.outlines for kind in _KINDS]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="trust") as pool:
        patches = list(pool.map(lambda job: _worst(material, *job), jobs))
    for (outlines, kind), patch in zip(jobs, patches, strict=True):
        yield _patch_row(material, outlines, kind, patch)
        yield _union_row(material, outlines, kind)


def _worst(material: Material, outlines: RegionOutlines, kind: str) -> float:
    maps, index = material.maps, outlines.index
    volume = maps.between[index]
    if kind == "within":
        volume = _within(maps["uncertainty"][index], volume)
    return worst_patch(Part(maps.support, volume), maps.geometry.shape)


def _within(uncertainty: npt.NDArray[np.float32], between: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(np.maximum(uncertainty - between, 0))


def _patch_row(material: Material, outlines: RegionOutlines, kind: str, value: float) -> Row:
    region = outlines.region
    key, label = f"{kind}.{region}.worst_patch", f"{_KINDS[kind]} in the worst patch, {outlines.name}"
    if kind == "between" and len(outlines.members) < 2:
        return unknown(key, Section.UNCERTAINTY, label, ONE_SEGMENTER, region=region)
    reason = f"Highest mean in any block of {PATCH_VOXELS} x {PATCH_VOXELS} x {PATCH_VOXELS} voxels; 0 is certain"
    return known(key, Section.UNCERTAINTY, label, value, reason + _thick(material) + ".", region=region)


def _union_row(material: Material, outlines: RegionOutlines, kind: str) -> Row:
    region = outlines.region
    key, label = f"{kind}.{region}.union", f"{_KINDS[kind]} around the outlines, {outlines.name}"
    if kind == "between" and len(outlines.members) < 2:
        return unknown(key, Section.UNCERTAINTY, label, ONE_SEGMENTER, region=region)
    if outlines.nobody:
        reason = f"No segmenter outlines any {outlines.noun}, so there is nothing to average over."
        return unknown(key, Section.UNCERTAINTY, label, reason, region=region)
    maps = material.maps
    between, uncertainty = (
        maps.part(values, outlines.index).within(outlines.box) for values in (maps.between, maps["uncertainty"])
    )
    volume = between if kind == "between" else _within(uncertainty, between)
    reason = f"Mean over everything that any segmenter outlines and {DILATION} voxels around it; 0 is certain."
    value = float(volume[outlines.dilated_union].mean(dtype=np.float64))
    return known(key, Section.UNCERTAINTY, label, value, reason, region=region)


def _thick(material: Material) -> str:
    if not material.trusted:
        return ", and the size of the block in mm is not known"
    spacing = material.stack.geometry.spacing
    if max(spacing) <= THICK * min(spacing):
        return ""
    lengths = " x ".join(f"{PATCH_VOXELS * size:.0f}" for size in reversed(spacing))
    return f", and the slices are thick: the block is {lengths} mm"
