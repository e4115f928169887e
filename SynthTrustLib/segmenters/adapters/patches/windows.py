"""A volume seen through windows: where they lie, what each counts, and the answers put together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, product
from typing import Literal

import numpy as np
import numpy.typing as npt

from SynthTrustLib.segmenters.adapters.patches.settings import MONAI, NNUNET, Windows

Volume = npt.NDArray[np.float32]

_SIGMA = 1 / 8
"""Standard deviation of the weights, in windows; nnU-Net's and MONAI's."""

_LEAST_WEIGHT = {NNUNET: 1e-8, MONAI: 1e-3}
"""Of the middle's."""


class WindowedVolume:
    """Windows over a volume that is padded with zeros where it is smaller than one.

    Parameters
    ----------
    image : ndarray of float32, shape (channel, a, b, c)
    windows : Windows
    convention : str
        Whose way of spreading the windows it is.
    batch : int
        Windows that the network sees at a time; 1 where they are 3D.

    Attributes
    ----------
    shape : tuple of int
        Of the network's input.
    steps : int
        How many times the network is asked.
    """

    def __init__(
        self, image: Volume, windows: Windows, convention: Literal["nnU-Net", "MONAI"], batch: int = 1
    ) -> None:
        self._windows, self._convention = windows, convention
        self._planes = len(windows.size) == 2
        least = (1, *windows.size) if self._planes else windows.size
        before = [max(0, size - n) // 2 for size, n in zip(least, image.shape[1:], strict=True)]
        after = [max(0, size - n) - half for size, n, half in zip(least, image.shape[1:], before, strict=True)]
        self._inside = tuple(slice(half, half + n) for half, n in zip(before, image.shape[1:], strict=True))
        pads = [(0, 0), *zip(before, after, strict=True)]
        self._image = np.pad(image, pads) if any(map(any, pads)) else image
        extent = self._image.shape[1:]
        seen = zip(extent[-len(windows.size) :], windows.size, strict=True)
        starts = [_starts(n, size, windows.overlap, convention) for n, size in seen]
        if self._planes:
            starts = [list(range(extent[0])), *starts]
        corners = list(product(*starts))
        size = min(batch, len(corners)) if self._planes else 1
        self._groups = [corners[n : n + size] for n in range(0, len(corners), size)]
        self.shape = (size, len(image), *windows.size)
        axes = windows.mirrored_axes
        self._flips = list(chain.from_iterable(combinations(axes, n) for n in range(len(axes) + 1)))
        self.steps = len(self._groups) * len(self._flips)

    def inputs(self) -> Iterator[Volume]:
        """What the network is shown, in turn: every group of windows in each of its mirrored forms."""
        for group in self._groups:
            seen = np.zeros(self.shape, np.float32)  # the last group may be smaller, the input is not
            for n, corner in enumerate(group):
                seen[n] = self._image[(slice(None), *self._where(corner))]
            for flips in self._flips:
                yield np.ascontiguousarray(_flipped(seen, flips))

    def assemble(self, answers: Iterable[Volume], channels: int) -> Volume:
        """The weighted mean of the answers to `inputs`, (channel, a, b, c) of the volume without its padding."""
        weights = _weights(self._windows, self._convention)
        total = np.zeros((channels, *self._image.shape[1:]), np.float32)
        counted = np.zeros(self._image.shape[1:], np.float32)
        stream = iter(answers)
        for group in self._groups:
            mean = np.zeros((len(group), channels, *self._windows.size), np.float32)
            for flips in self._flips:
                mean += _flipped(next(stream)[: len(group)], flips)
            mean *= weights / len(self._flips)
            for corner, window in zip(group, mean, strict=True):
                where = self._where(corner)
                total[(slice(None), *where)] += window
                counted[where] += weights
        for _ in stream:  # so that a progress that hangs on the stream ends
            pass
        total /= counted
        return total[(slice(None), *self._inside)]

    def _where(self, corner: Sequence[int]) -> tuple[int | slice, ...]:
        if self._planes:
            plane, *rest = corner
            return (plane, *(slice(a, a + n) for a, n in zip(rest, self._windows.size, strict=True)))
        return tuple(slice(a, a + n) for a, n in zip(corner, self._windows.size, strict=True))


def _starts(extent: int, size: int, overlap: float, convention: str) -> list[int]:
    """First voxels of the windows along an axis; the last window ends with the axis."""
    last = extent - size
    if convention == NNUNET:
        count = math.ceil(last / (size * (1 - overlap))) + 1
        return [round(last * n / (count - 1)) for n in range(count)] if count > 1 else [0]
    step = size if last == 0 else max(1, int(size * (1 - overlap)))
    return [min(start, last) for start in range(0, last + step, step)] if last else [0]


def _flipped(array: Volume, axes: Sequence[int]) -> Volume:
    return np.flip(array, tuple(2 + axis for axis in axes)) if axes else array


def _weights(windows: Windows, convention: Literal["nnU-Net", "MONAI"]) -> Volume:
    if windows.weights == "constant":
        return np.ones(windows.size, np.float32)
    weights = np.ones((), np.float64)
    for size in windows.size:
        middle = size // 2 if convention == NNUNET else (size - 1) / 2
        weights = weights[..., None] * np.exp(-0.5 * ((np.arange(size) - middle) / (_SIGMA * size)) ** 2)
    return np.maximum(weights, max(float(weights.min()), _LEAST_WEIGHT[convention])).astype(np.float32)
