"""The volumes of a result folder: outlines, maps and probabilities, compressed side by side in threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.maps.outlines import outlined, segmenter_outline
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.runner.files.labels import label_map
from SynthTrustLib.runner.files.nifti import nifti_header, write_nifti
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.vocabulary import Region

Volume: TypeAlias = Callable[[], npt.NDArray[Any]]
"""Gives an array (k, j, i) of uint8 or float32; called when its turn comes, so that not all are in memory at once."""

WRITERS = 1 if (os.cpu_count() or 1) <= 2 else 2
"""Threads. Compression runs outside Python's lock; on two cores a second one would only slow the drawing down."""

FILE_STEP = 2.0**-16
"""Maps and probabilities are cut towards zero to a multiple of this (1.5e-5) on their way to disk. Finer digits are
noise of the networks' arithmetic and would double the files. A threshold of 0.5 cuts the same outline from the file."""

_COMPRESSED_SHARE = 0.25
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
    headers = {dtype: nifti_header(stack.geometry, dtype) for dtype in ("uint8", "float32")}
    pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="write")
    try:
        writers = [
            pool.submit(_write, folder / name, volume, headers)
            for name, volume in _files(stack, maps, keep_probabilities)
        ]
        yield writers
        for writer in writers:
            writer.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _write(path: Path, volume: Volume, headers: dict[str, bytes]) -> int:
    array = volume()
    return write_nifti(path, array, headers[str(array.dtype)])


def _files(stack: ProbabilityStack, maps: TrustMaps, keep_probabilities: bool) -> Iterator[tuple[str, Volume]]:
    """Names within the result folder, each with its volume. The slow ones come first."""
    named_maps = {"disagreement": maps.disagreement, "uncertainty": maps.uncertainty}
    if maps.mix_influence is not None:
        named_maps["mix_influence"] = maps.mix_influence
    for name, volumes in named_maps.items():
        yield from _by_region(f"maps/{name}", maps.regions, volumes)
    if keep_probabilities:
        for card, volumes in zip(stack.segmenters, stack.probabilities, strict=True):
            yield from _by_region(f"probabilities/{card.id}", stack.regions, volumes)
        yield from _by_region("probabilities/pooled", maps.regions, maps.pooled)
    for card, volumes in zip(stack.segmenters, stack.probabilities, strict=True):
        yield f"segmentations/{card.id}.nii.gz", partial(_outlines, card, stack.regions, volumes)
    yield "segmentations/pooled.nii.gz", partial(_pooled_outlines, maps)


def _by_region(name: str, regions: Sequence[Region], volumes: npt.NDArray[np.float32]) -> Iterator[tuple[str, Volume]]:
    for region, volume in zip(regions, volumes, strict=True):
        yield f"{name}_{region}.nii.gz", partial(_in_steps, volume)


def _in_steps(volume: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    out = volume * np.float32(1 / FILE_STEP)
    np.trunc(out, out=out)
    out *= np.float32(FILE_STEP)
    out += np.float32(0.0)  # -0 becomes 0
    return out


def _outlines(
    card: SegmenterCard, regions: Sequence[Region], volumes: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    return label_map({region: segmenter_outline(card, volumes, regions, region) for region in regions})


def _pooled_outlines(maps: TrustMaps) -> npt.NDArray[np.uint8]:
    return label_map({region: outlined(volume) for region, volume in zip(maps.regions, maps.pooled, strict=True)})
