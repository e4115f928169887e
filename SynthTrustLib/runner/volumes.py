"""The volumes of a result folder: outlines, maps and probabilities, compressed side by side in threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.maps.outlines import POOLED_THRESHOLD, threshold_of
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.runner.labels import label_map
from SynthTrustLib.runner.nifti import nifti_header, write_nifti
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack

WRITERS = 2
"""Threads. Compression runs outside Python's lock; more than two only wait for the disk."""

_COMPRESSED_SHARE = 0.4
"""Of the bytes of maps and probabilities, at most, after compression; they are noise inside the head and 0 outside."""


def bytes_needed(geometry: Geometry, segmenters: int, regions: int, *, probabilities: bool, scene: bool) -> int:
    """A generous estimate of the size of a result folder."""
    voxels = int(np.prod(geometry.shape))
    floats = 3 * regions * (2 if scene else 1) + ((segmenters + 1) * regions if probabilities else 0)
    return int(voxels * (floats * 4 * _COMPRESSED_SHARE + (segmenters + 1) * 0.1)) + 20_000_000


@contextmanager
def writing_volumes(
    folder: Path, stack: ProbabilityStack, maps: TrustMaps, *, keep_probabilities: bool
) -> Iterator[list[Future[int]]]:
    """Write all volumes into `folder` in the background, while the block does other work.

    Yields the writers, one future per file, so that the block can follow them. At its end all files are there; errors
    of the writers are raised. When the block fails, writers that have not started never do.
    """
    headers = {dtype: nifti_header(stack.geometry, dtype, folder / f".{dtype}.nii") for dtype in ("uint8", "float32")}
    pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="write")
    try:
        writers = [
            pool.submit(_write, folder / name, source, headers)
            for name, source in _files(stack, maps, keep_probabilities)
        ]
        yield writers
        for writer in writers:
            writer.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _write(path: Path, source: Any, headers: dict[str, bytes]) -> int:
    array = source()
    return write_nifti(path, array, headers[str(array.dtype)])


def _files(stack: ProbabilityStack, maps: TrustMaps, keep_probabilities: bool) -> Iterator[tuple[str, Any]]:
    """Names within the result folder, each with a function that gives its array (made only when its turn comes)."""
    named_maps = {"disagreement": maps.disagreement, "uncertainty": maps.uncertainty}
    if maps.mix_influence is not None:
        named_maps["mix_influence"] = maps.mix_influence
    for name, volumes in named_maps.items():
        for region, volume in zip(maps.regions, volumes, strict=True):
            yield f"maps/{name}_{region}.nii.gz", _given(volume)
    for card, volumes in zip(stack.segmenters, stack.probabilities, strict=True):
        thresholds = [threshold_of(card, region) for region in stack.regions]
        yield f"segmentations/{card.id}.nii.gz", _outlines(stack.regions, volumes, thresholds)
    yield "segmentations/pooled.nii.gz", _outlines(maps.regions, maps.pooled, [POOLED_THRESHOLD] * len(maps.regions))
    if keep_probabilities:
        for name, members in [*zip((c.id for c in stack.segmenters), stack.probabilities, strict=True)]:
            for region, volume in zip(stack.regions, members, strict=True):
                yield f"probabilities/{name}_{region}.nii.gz", _given(volume)
        for region, volume in zip(maps.regions, maps.pooled, strict=True):
            yield f"probabilities/pooled_{region}.nii.gz", _given(volume)


def _given(volume: npt.NDArray[np.float32]) -> Any:
    return lambda: volume


def _outlines(regions: Any, volumes: npt.NDArray[np.float32], thresholds: list[float]) -> Any:
    return lambda: label_map(
        {region: volume >= threshold for region, volume, threshold in zip(regions, volumes, thresholds, strict=True)}
    )
