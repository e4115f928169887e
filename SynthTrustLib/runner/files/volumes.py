"""The volumes of a result folder: outlines, maps and probabilities, compressed side by side in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Part
from SynthTrustLib.machine import cores
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.runner.files.nifti import nifti_header, write_nifti
from SynthTrustLib.segmenters.label_map import are_nested, label_map
from SynthTrustLib.segmenters.outlines import Outlines
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

Volume: TypeAlias = Callable[[], npt.NDArray[Any]]
"""Gives an array (k, j, i) of uint8 or float32; called when its turn comes, so that not all are in memory at once."""

WRITERS = 1 if cores() <= 2 else 2
"""Threads. Compression runs outside Python's lock; on two cores a second one would only slow the drawing down."""

FILE_STEP = 2.0**-16
"""Maps and probabilities are cut towards zero to a multiple of this (1.5e-5) on their way to disk. Finer digits are
noise of the networks' arithmetic and would double the files. A threshold of 0.5 cuts the same outline from the file."""

_COMPRESSED_SHARE = 0.25
"""Of the bytes of maps and probabilities, at most, after compression; they are noise inside the head and 0 outside."""


def bytes_needed(geometry: Geometry, segmenters: int, regions: int, *, probabilities: bool, scene: bool) -> int:
    """A generous estimate of the size of a result folder."""
    voxels = int(np.prod(geometry.shape))
    floats = len(MAPS) * regions * (2 if scene else 1) + ((segmenters + 1) * regions if probabilities else 0)
    return int(voxels * (floats * 4 * _COMPRESSED_SHARE + (segmenters + 1) * 0.1)) + 20_000_000


@contextmanager
def writing_volumes(
    folder: Path, outcome: Outcome, probabilities: Mapping[str, Sequence[Part[np.float32]]] = MappingProxyType({})
) -> Iterator[list[Future[int]]]:
    """Write all volumes into `folder` in the background, while the block does other work.

    Yields the writers, one future per file, so that the block can follow them. At its end all files are there; errors
    of the writers are raised. When the block fails, writers that have not started never do.

    `probabilities`: by the id of a member or ``"pooled"``, one for each region; they are written, too.
    """
    headers = {dtype: nifti_header(outcome.geometry, dtype) for dtype in ("uint8", "float32")}
    pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="write")
    try:
        writers = [
            pool.submit(_write, folder / name, volume, headers) for name, volume in _files(outcome, probabilities)
        ]
        yield writers
        for writer in writers:
            writer.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _write(path: Path, volume: Volume, headers: dict[str, bytes]) -> int:
    array = volume()
    return write_nifti(path, array, headers[str(array.dtype)])


def _files(outcome: Outcome, probabilities: Mapping[str, Sequence[Part[np.float32]]]) -> Iterator[tuple[str, Volume]]:
    """Names within the result folder, each with its volume. The slow ones come first."""
    shape = outcome.geometry.shape
    for name, by_region in outcome.maps.items():
        for region, layer in by_region.items():
            yield f"maps/{MAPS[name].key(region)}.nii.gz", partial(_map, layer, shape)
    for name, volumes in probabilities.items():
        for region, volume in zip(outcome.regions, volumes, strict=True):
            yield f"probabilities/{name}_{region}.nii.gz", partial(_map, volume, shape)
    for name, outlines in outcome.outlines.items():
        for ending, labels in outline_volumes(outlines, shape, outcome.task):
            yield f"segmentations/{name}{ending}.nii.gz", labels


def outline_volumes(
    outlines: Outlines, shape: Sequence[int], task: Task = GLIOMA
) -> Iterator[tuple[str, Callable[[], npt.NDArray[np.uint8]]]]:
    """The label map of an outline; where its regions are not nested, a mask of 0 and 1 for each.

    Yields the end of a file's name, and what gives the volume (k, j, i).
    """
    if are_nested(outlines, task):
        yield "", partial(label_map, outlines, shape, task)
        return
    for region, mask in outlines.items():
        yield f"_{region}", partial(_mask, mask, shape)


def _mask(mask: Part[np.bool_], shape: Sequence[int]) -> npt.NDArray[np.uint8]:
    return mask.whole(shape).astype(np.uint8)


def _map(layer: Part[np.float32], shape: Sequence[int]) -> npt.NDArray[np.float32]:
    return Part(layer.box, _in_steps(layer.values)).whole(shape)


def _in_steps(volume: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    out = volume * np.float32(1 / FILE_STEP)
    np.trunc(out, out=out)
    out *= np.float32(FILE_STEP)
    out += np.float32(0.0)  # -0 becomes 0
    return out
