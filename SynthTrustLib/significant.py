"""Numbers as they are stored: rounded, so that files are small and do not pretend to be more exact than they are."""

from __future__ import annotations

import math
from typing import SupportsFloat

DIGITS = 6
"""Of every number in the data; what is shown is rounded further where it is shown."""


FEW_DIGITS = 4
"""Of what rests on a few dozen patients."""


def significant(value: SupportsFloat, digits: int = DIGITS) -> float:
    """`value` rounded to so many significant digits, a plain float; -0 becomes 0."""
    return float(f"{float(value):.{digits}g}") + 0.0


def number(value: SupportsFloat) -> float | None:
    """`value` as JSON can hold it: rounded, and None where it is not finite."""
    return significant(value) if math.isfinite(float(value)) else None
