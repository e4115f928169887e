"""Values of images in whatever unit they are: what float32 cannot hold, or square, is brought nearer to 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict

MIDDLING = (1e-15, 1e15)
"""Between these, squares and sums of an image's highest value are numbers in float32."""


def in_any_unit(
    stored: npt.NDArray[np.generic], slope: float = 1.0, intercept: float = 0.0, *, as_they_are: bool = False
) -> tuple[npt.NDArray[np.float32], tuple[Check, ...]]:
    """``slope * stored + intercept`` of any real type and shape in float32, and the row that says if it was scaled.

    Where the highest absolute value is not between `MIDDLING`, all are multiplied by one power of two, which changes no
    ratio of two; never where values are to be taken `as_they_are`.
    """
    if as_they_are or not stored.size:
        return _linear(stored, slope, intercept), ()
    if slope == 1.0 and intercept == 0.0 and stored.dtype.kind in "iu":
        return stored.astype(np.float32), ()
    with np.errstate(all="ignore"):
        ends = np.array([stored.min(), stored.max()], np.float64)
        if not np.isfinite(ends).all():  # of an image with NaN around the head, say
            finite = stored[np.isfinite(stored)]
            ends = np.array([finite.min(), finite.max()] if finite.size else [1.0, 1.0], np.float64)
        highest = float(np.abs(ends * slope + intercept).max())
    if highest == 0.0 or MIDDLING[0] <= highest <= MIDDLING[1] or not np.isfinite(highest):
        return _linear(stored, slope, intercept), ()
    factor = 2.0 ** -np.floor(np.log2(highest))
    array = _linear(stored.astype(np.float64), slope * factor, intercept * factor)
    text = f"its values reach {highest:.2g}; they were multiplied by {factor:.2g}, as their unit does not matter"
    return array, (Check("scaled", "", Verdict.CHANGED, text),)


def _linear(stored: npt.NDArray[np.generic], slope: float, intercept: float) -> npt.NDArray[np.float32]:
    """Of float64 in float64, which holds what would be too large or too small on the way; of all else in float32."""
    if stored.dtype == np.float64 and (slope, intercept) != (1.0, 0.0):
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(stored.astype(np.float64) * slope + intercept, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        array = stored.astype(np.float32)
        if (slope, intercept) != (1.0, 0.0):
            array *= np.float32(slope)
            array += np.float32(intercept)
    return array
