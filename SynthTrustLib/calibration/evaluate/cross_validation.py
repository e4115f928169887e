"""How statements do on the patients that they are learned from, each person left out in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from SynthTrustLib.calibration.evaluate.regions import Tested, apply_to
from SynthTrustLib.calibration.fit.choose_map import Choice
from SynthTrustLib.calibration.fit.everything import fit_region
from SynthTrustLib.calibration.measured import Measured
from SynthTrustLib.trust.learned.conformal import level_for
from SynthTrustLib.vocabulary import Region


def cross_validate(rows: Sequence[Measured], region: Region, choice: Choice, out: Mapping[str, bool]) -> list[Tested]:
    """Every patient under a calibration that was chosen and fitted without the person, intervals and rules included.

    Only the temperature is not among it: `fit_temperature` leaves persons out by itself.

    `choice`: of all of them; it knows what would be chosen without each. `out`: case -> whether its scans are unlike
    those of the others.
    """
    tested: list[Tested] = []
    for person in sorted({row.patient for row in rows}):
        others = [row for row in rows if row.patient != person]
        theirs = [row for row in rows if row.patient == person]
        if level_for(len({row.patient for row in others})) is None or person not in choice.without:
            continue
        # What was chosen without the person stands in for what would be chosen without one more: that is close, and
        # to choose anew for every pair would take the square of the time.
        chosen = choice.without[person]
        left = Choice(chosen, dict.fromkeys((row.patient for row in others), chosen), [])
        tested += apply_to(fit_region(others, region, left, tempered=False), theirs, region, out)
    return tested
