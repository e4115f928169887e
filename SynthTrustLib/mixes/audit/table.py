"""Cases by features, and how to compare them on one scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.mixes.audit.features import FEATURE_NAMES, measure
from SynthTrustLib.mixes.audit.thumbnail import thumbnail
from SynthTrustLib.mixes.dataset import Sample


@dataclass(frozen=True, eq=False)
class CaseTable:
    """Features and thumbnails of several cases."""

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    """`ids` and `groups`: case ids, and what each case belongs to (its site, or its source)."""
    values: npt.NDArray[np.float64]
    """Shape (case, feature). In the order of `names`; NaN where a case has no such contrast or label."""
    thumbnails: npt.NDArray[np.float32]
    """Shape (case, pixel). See `audit.thumbnail`."""
    names: tuple[str, ...] = FEATURE_NAMES

    def __len__(self) -> int:
        return len(self.ids)


def build_table(samples: Iterable[tuple[Sample, str]]) -> CaseTable:
    """The table of (sample, group) pairs. Where a case has several samples, the last counts: the brain alone."""
    ids: dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float32], str]] = {}
    latest: dict[str, tuple[Sample, str]] = {sample.id: (sample, group) for sample, group in samples}
    for identifier, (sample, group) in latest.items():
        ids[identifier] = (measure(sample), thumbnail(sample), group)
    return CaseTable(
        tuple(ids),
        tuple(group for _, _, group in ids.values()),
        np.array([values for values, _, _ in ids.values()]),
        np.array([picture for _, picture, _ in ids.values()]),
    )


def shared_features(*tables: CaseTable) -> list[int]:
    """Indices of the features that at least two cases of every table have and that vary among the first's cases."""
    chosen = []
    for n in range(len(tables[0].names)):
        columns = [table.values[:, n] for table in tables]
        counts = [int(np.isfinite(column).sum()) for column in columns]
        if min(counts) >= 2 and float(np.nanstd(columns[0])) > 0:
            chosen.append(n)
    return chosen


def standardize(
    reference: npt.NDArray[np.float64], *others: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], ...]:
    """All tables in units of the reference's spread (case, feature); a missing value becomes the reference's median.

    Median and the 16th to 84th percentile, so that one odd patient does not set the scale. Clipped to +-6.
    """
    median = np.nanmedian(reference, axis=0)
    low, high = np.nanpercentile(reference, (16, 84), axis=0)
    spread = np.where(high > low, (high - low) / 2, np.nanstd(reference, axis=0))
    spread = np.where(spread > 0, spread, 1.0)
    return tuple(
        np.clip((np.where(np.isfinite(table), table, median) - median) / spread, -6, 6)
        for table in (reference, *others)
    )
