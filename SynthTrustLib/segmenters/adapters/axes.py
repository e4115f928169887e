"""How an array on a case's grid is turned until its axes run where a network wants them."""

from __future__ import annotations

from SynthTrustLib.case.geometry import Geometry, Turn

STORED = "kji"
"""The axes of an array as it lies in the file, slowest first: the order of numpy and SimpleITK."""


def are_axes(text: str) -> bool:
    """Whether `text` names three axes: an order of ``kji``, or a letter of R/L, of A/P and of S/I, in any order."""
    if sorted(text) == sorted(STORED):
        return True
    kinds = [next((n for n, pair in enumerate(("RL", "AP", "SI")) if letter in pair), -1) for letter in text]
    return sorted(kinds) == [0, 1, 2]


def turn_to(axes: str, geometry: Geometry) -> Turn:
    """How an array (k, j, i) on `geometry` is turned so that its axes run as `axes` says.

    `axes`: ``"SPL"``: the first axis runs nearest to superior, the second to posterior, the third to left. An order of
    ``kji`` takes the axes as they lie in the file.
    """
    if sorted(axes) == sorted(STORED):
        k, j, i = (STORED.index(letter) for letter in axes)
        return Turn((k, j, i), (False, False, False))
    return geometry.turn_to(axes)
