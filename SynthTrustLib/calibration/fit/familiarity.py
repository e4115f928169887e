"""What the in-distribution rows need: groups of training patients, and how calibration patients compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from SynthTrustLib.calibration.fit.groups import left_out_distances
from SynthTrustLib.significant import significant
from SynthTrustLib.trust.learned.unfamiliarity import distances
from SynthTrustLib.trust.measures.appearance import Views
from SynthTrustLib.trust.measures.plain_checks import Plain

ALLOWED = 0.1
"""A patient may lie this share outside the range of the others before a plain fact is to be checked."""

Looks = Mapping[str, tuple[Views, Plain]]


def fit_familiarity(groups: Sequence[Mapping[str, Any]], training: Looks, calibration: Looks) -> dict[str, Any]:
    """The part ``in_distribution`` of a calibration file, without its mixes.

    A new patient is compared with the calibration patients and with each training patient as one that the groups do not
    know: he is left out of his own. That is more patients, so that a few odd ones do not decide what is unusual.
    """
    found = left_out_distances({case: views for case, (views, _) in training.items()}, groups)
    found |= {case: distances(groups, views) for case, (views, _) in calibration.items()}
    everyone = [plain for _, plain in (*training.values(), *calibration.values())]
    return {
        "groups": list(groups),
        "distances": {case: [_rounded(group) for group in one] for case, one in found.items() if any(one)},
        "plain_facts": {fact: _limit([plain[fact] for plain in everyone]) for fact in ("cut_off", "brain_ml")},
        "mixes": {},
    }


def _rounded(group: Mapping[str, float]) -> dict[str, float]:
    return {contrast: significant(value) for contrast, value in group.items()}


def _limit(values: Sequence[float | None]) -> dict[str, float] | None:
    """The range of a plain fact among the patients of whom it is known, and their number; None if of nobody."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {"patients": len(known), "low": (1 - ALLOWED) * min(known), "high": (1 + ALLOWED) * max(known)}
