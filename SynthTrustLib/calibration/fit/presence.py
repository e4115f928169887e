"""How little segmenters agreed on labelled patients who have a region: less than that tells of one who has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.trust.learned.conformal import fewest
from SynthTrustLib.vocabulary import Region

FEWEST = fewest(0.95)
"""A further patient who has the region agrees less than the lowest of n with a probability of 1 / (n + 1), here 5 %."""

_SIGNAL = "pairwise_dice"


def fit_presence(rows: Sequence[Measured], region: Region) -> dict[str, Any] | None:
    """The lowest agreement on a patient whose truth has the region, and their number; None with less than `FEWEST`."""
    there = [row for row in rows if row.regions[region]["true_voxels"] and _SIGNAL in row.regions[region]["signals"]]
    persons = len({row.patient for row in there})
    if persons < FEWEST:
        return None
    lowest = min(row.regions[region]["signals"][_SIGNAL] for row in there)
    return {"patients": persons, _SIGNAL: float(f"{lowest:.4g}")}
