"""How often the outline of record is wrong where jurors dispute it, counted on labelled patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.maps.spots.error_rates import AGAINST, SURE, RegionErrors, classes
from SynthTrustLib.significant import FEW_DIGITS, significant

PRIOR = 0.01
"""A class of which labelled patients have little is drawn to the mean of all: by so much of one patient's voxels."""

SHAPE = (2, len(AGAINST) + 1, len(SURE) + 1)

Counts = npt.NDArray[np.float64]
"""Of one patient, shape (2, outside and inside the record, class of the jury, class of the record): disputed voxels,
and those where the record is wrong, as shares of all that is disputed."""


def count_errors(
    record: npt.NDArray[np.bool_],
    jurors: npt.NDArray[np.bool_],
    probability: npt.NDArray[np.floating],
    truth: npt.NDArray[np.bool_],
) -> Counts:
    """The counts of one patient and region.

    Parameters
    ----------
    record, truth : ndarray of bool, shape (k, j, i)
    jurors : ndarray of bool, shape (juror, k, j, i)
    probability : ndarray, shape (k, j, i), range 0..1
        Of whoever draws the record.
    """
    differs = jurors != record
    disputed = differs.any(axis=0)
    found = np.zeros((2, *SHAPE))
    if not disputed.any():
        return found
    against = differs.mean(axis=0, dtype=np.float32)[disputed]
    where = (record[disputed].astype(np.intp), *classes(against, probability[disputed]))
    np.add.at(found[0], where, 1.0)
    np.add.at(found[1], where, (record != truth)[disputed].astype(float))
    return found / np.count_nonzero(disputed)


def region_errors(patients: Sequence[Counts]) -> RegionErrors:
    """The tables of a region from the counts of its patients, who all weigh the same."""
    with_doubt = [counts for counts in patients if counts[0].any()]
    there, wrong = np.sum(with_doubt, axis=0)
    mean = wrong.sum() / there.sum()
    left_out, included = (
        tuple(tuple(significant(value, FEW_DIGITS) for value in line) for line in table)
        for table in (wrong + PRIOR * mean) / (there + PRIOR)
    )
    return RegionErrors(len(with_doubt), left_out, included)
