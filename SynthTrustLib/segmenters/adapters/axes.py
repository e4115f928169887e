"""How an array on a case's grid is turned until its axes run where a network wants them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry

STORED = "kji"
"""The axes of an array as it lies in the file, slowest first: the order of numpy and SimpleITK."""

_TOWARDS = {
    "R": (1, 0, 0),
    "L": (-1, 0, 0),
    "A": (0, 1, 0),
    "P": (0, -1, 0),
    "S": (0, 0, 1),
    "I": (0, 0, -1),
}
"""Letter -> direction in RAS that an axis runs towards."""


def are_axes(text: str) -> bool:
    """Whether `text` names three axes: an order of ``kji``, or a letter of R/L, of A/P and of S/I, in any order."""
    if sorted(text) == sorted(STORED):
        return True
    kinds = [next((n for n, pair in enumerate(("RL", "AP", "SI")) if letter in pair), -1) for letter in text]
    return sorted(kinds) == [0, 1, 2]


@dataclass(frozen=True)
class Turn:
    """Transposition and flips (of the transposed array's axes)."""

    order: tuple[int, int, int]
    flips: tuple[bool, bool, bool]

    def apply(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A view of an array (k, j, i), turned."""
        return array.transpose(self.order)[self._slices]

    def target(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The same of an array with leading axes (..., k, j, i): writing into it fills `array`."""
        leading = array.ndim - 3
        return array.transpose(*range(leading), *(leading + axis for axis in self.order))[
            (slice(None),) * leading + self._slices
        ]

    def along(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """What belongs to the axes k, j and i, in the order of the turned array."""
        return tuple(values[axis] for axis in self.order)

    def box_of(self, box: tuple[slice, slice, slice], shape: tuple[int, int, int]) -> tuple[slice, slice, slice]:
        """The box on the case's grid, whose shape is given, that is `box` when it is turned."""
        found = [slice(0)] * 3
        for axis, flip, side in zip(self.order, self.flips, box, strict=True):
            n = shape[axis]
            found[axis] = slice(n - side.stop, n - side.start) if flip else side
        return found[0], found[1], found[2]

    @property
    def _slices(self) -> tuple[slice, ...]:
        return tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)


def turn_to(axes: str, geometry: Geometry) -> Turn:
    """How an array (k, j, i) on `geometry` is turned so that its axes run as `axes` says.

    Parameters
    ----------
    axes : str
        ``"SPL"``: the first axis runs nearest to superior, the second to posterior, the third to left. An order of
        ``kji`` takes the axes as they lie in the file.
    """
    if sorted(axes) == sorted(STORED):
        order = tuple(STORED.index(letter) for letter in axes)
        return Turn(order, (False, False, False))  # type: ignore[arg-type]
    towards = np.array([_TOWARDS[letter] for letter in axes], float)
    cosines = towards @ geometry.direction_ras[:, ::-1]  # rows: wanted; columns: array axes k, j, i
    order = max(permutations(range(3)), key=lambda axes: sum(abs(cosines[target, axes[target]]) for target in range(3)))
    flips = tuple(bool(cosines[target, order[target]] < 0) for target in range(3))
    return Turn(order, flips)  # type: ignore[arg-type]
