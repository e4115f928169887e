"""How often an outline of record was wrong where jurors dispute it: counted on labelled patients, kept as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from SynthTrustLib.codec import Count, FieldError, Fraction, Size, Text, decode, parse
from SynthTrustLib.errors import InputError
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.package.card import MODEL_FILE, SegmenterCard
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.task.task import Id

SHIPPED = "Calibration/synthtrust-reference.spots.json"

AGAINST = tuple(n / 20 for n in range(1, 20, 2))
"""Where the share of the jury against the record is cut into classes: around every tenth."""

SURE = (0.05, 0.15, 0.25, 0.35, 0.45)
"""Where the distance of the record's own probability from 0.5 is cut into classes."""

Table = Annotated[tuple[tuple[Fraction, ...], ...], Size(1)]


@dataclass(frozen=True)
class RegionErrors:
    """The share of disputed voxels where the record was wrong, of one region.

    `left_out` and `included` are for voxels outside and inside the record: a line for each class of `AGAINST`, in it a
    share for each class of `SURE`.
    """

    patients: Count
    left_out: Table
    included: Table

    def check_fields(self) -> None:
        for name in ("left_out", "included"):
            table = getattr(self, name)
            if len(table) != len(AGAINST) + 1 or any(len(line) != len(SURE) + 1 for line in table):
                raise FieldError(f"is not a table of {len(AGAINST) + 1} by {len(SURE) + 1}", name)


@dataclass(frozen=True)
class ErrorRates:
    """What was counted with one outline of record and one jury, and the command that did it."""

    FORMAT: ClassVar = 1

    command: Text
    record: Annotated[str, "Weights of the segmenter that drew the record, as a hash."]
    jury: Annotated[tuple[str, ...], Size(1), "Those of the jurors."]
    regions: Mapping[Id, RegionErrors]

    def of(
        self,
        region: str,
        record: npt.NDArray[np.bool_],
        against: npt.NDArray[np.floating],
        probability: npt.NDArray[np.floating],
    ) -> npt.NDArray[np.float32] | None:
        """The probability that each voxel of the record is wrong, if it is disputed; None for an unknown region.

        `against`: share of the jury that draws the voxel otherwise. `probability`: of whoever draws the record. All of
        one shape, which the answer has.
        """
        known = self.regions.get(region)
        if known is None:
            return None
        tables = np.array([known.left_out, known.included], np.float32)
        return np.asarray(tables[(record.astype(np.intp), *classes(against, probability))])


def classes(
    against: npt.NDArray[np.floating], probability: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The classes of each voxel: of the share of the jury against the record, and of how sure the record is."""
    return np.digitize(against, AGAINST), np.digitize(np.abs(probability - 0.5), SURE)


def error_rates(segmenters: Sequence[SegmenterCard], roles: Roles) -> ErrorRates | None:
    """What was counted with just this record and this jury, and ships; None where that was not."""
    weights = {card.id: card.hashes.get(MODEL_FILE, "") for card in segmenters}
    shipped = _shipped()
    if shipped is None or weights.get(roles.record) != shipped.record:
        return None
    return shipped if sorted(weights[name] for name in roles.jury) == sorted(shipped.jury) else None


@cache
def _shipped() -> ErrorRates | None:
    try:
        path = resource_path(SHIPPED)
    except InputError:  # not shipped: the share of the jury stands for it
        return None
    try:
        return decode(ErrorRates, parse(read_regular(path)))
    except (OSError, FieldError) as error:
        raise InputError(
            f"it cannot be read ({error})", source=path.name, next_step="Install SynthTrust again."
        ) from error
