"""Does each contrast of a case look like the same contrast of real cases, rather than like another?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.mixes.audit.case_measures import CaseMeasures

Order = tuple[tuple[int, int], ...]
"""Which contrast stands for which other."""

CLEARLY = 0.01
"""How much better, in summed correlation, another order of the contrasts must fit at least."""

FAR_OUT = 4.0
"""And it must fit better by so many standard deviations than it does for the real cases. T1 and T1c differ little: of
30 patients some fit a little better with these exchanged, and where real cases cannot tell two contrasts apart, nobody
can. Of random halves without a fault 8 % had a case beyond `CLEARLY` alone, and none beyond both; with T2 and FLAIR
exchanged nine of ten cases were."""


def wrong_contrasts(synthetic: Sequence[CaseMeasures], real: Sequence[CaseMeasures]) -> dict[int, bool]:
    """id() of every case of both -> whether its contrasts would fit better in another order, as no real case's do.

    Fit is the correlation of the ranks of a head's small picture with the mean of the real ones, of which a real case
    itself is left out.
    """
    heads = np.array([case.head for case in real])
    there = heads.any(axis=(2, 3, 4)).astype(float)
    total, count = heads.sum(axis=0), there.sum(axis=0)
    own = [_gains(head, total - head, count - has) for head, has in zip(heads, there, strict=True)]
    usual = {}
    for order in {order for gains in own for order in gains}:
        known = np.array([gains[order] for gains in own if order in gains])
        usual[order] = float(np.median(known) + FAR_OUT * known.std(ddof=1)) if len(known) > 2 else np.inf
    answers = {id(case): _is_wrong(_gains(case.head, total, count), usual) for case in synthetic}
    return answers | {id(case): _is_wrong(gains, usual) for case, gains in zip(real, own, strict=True)}


def _is_wrong(gains: Mapping[Order, float], usual: Mapping[Order, float]) -> bool:
    return any(gain > max(CLEARLY, usual.get(order, np.inf)) for order, gain in gains.items())


def _gains(
    head: npt.NDArray[np.float32], total: npt.NDArray[np.float32], count: npt.NDArray[np.float64]
) -> dict[Order, float]:
    """How much better the contrasts of a head fit in every other order of those that are there: pairs (own, other)."""
    usable = np.flatnonzero(head.any(axis=(1, 2, 3)) & (count > 0))
    if len(usable) < 2:
        return {}
    own = head[usable].reshape(len(usable), -1)
    means = (total[usable] / count[usable].reshape(-1, 1, 1, 1)).reshape(len(usable), -1)
    fit = np.corrcoef(own, means)[: len(usable), len(usable) :]
    places = range(len(usable))
    return {
        tuple((int(usable[n]), int(usable[m])) for n, m in zip(places, order, strict=True) if n != m): float(
            sum(fit[n, m] - fit[n, n] for n, m in zip(places, order, strict=True))
        )
        for order in permutations(places)
        if order != tuple(places)
    }
