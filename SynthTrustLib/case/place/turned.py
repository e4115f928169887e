"""Whether an image fits another one as it lies, or only turned or mirrored; nothing is turned back here.

How much two images share depends on their contrasts, their noise and their slices. So what they share is compared with
what the same two share once one of them is turned round: that is how much chance gives them.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations, product

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.place.register import MIRROR, Prepared, Registration, fit_nearby, information, turned

CLEARLY = 1.25
"""As many times as much as turned round share two images that need no search (120 pairs of real contrasts that lie
right: 1.32 and more; half turned or flipped, 1.25 and less in 719 of 720; turned by a quarter, in 98.6 %)."""

SURELY = 1.6
"""From here on no turned placement is searched: a place found that fits this much better than chance is right."""

PLAUSIBLE = 1.1
"""A place found must fit better than the best that is found for the image turned, by this factor."""

FLOOR_NATS = 0.07
"""Two images of one head share more (seen: 0.13 and more, of skull, thick slices and tumors alike)."""

_ENDS = ("front and back", "top and bottom")
_AXES = ("left to right", "front to back", "head to foot")


def _signed_permutations() -> list[npt.NDArray[np.float64]]:
    """The 48 ways to lay a cube's axes onto themselves, (3, 3) each."""
    return [
        np.eye(3)[list(order)] * np.array(signs)[:, None]
        for order in permutations(range(3))
        for signs in product((1.0, -1.0), repeat=3)
    ]


UPRIGHT = (np.eye(3), MIRROR)
TURNS = [turn for turn in _signed_permutations() if not any(np.array_equal(turn, one) for one in UPRIGHT)]
"""All other ways to lay a head's axes onto themselves, (3, 3; LPS) each."""

_HALF_TURNS = [turn for turn in TURNS if np.array_equal(np.abs(turn), np.eye(3))]

_TRIED = 2
"""Turns that are searched, of those that fit best unsearched."""


def over_chance(moving: Prepared, reference: Prepared, reference_to_moving: npt.NDArray[np.float64]) -> float:
    """How many times as much the two share, so placed, as they share at most with one of them flipped or half turned.

    `reference_to_moving` is (4, 4), LPS mm. Left to right alone is not among the flips: a head is nearly symmetric.
    """
    there, still = moving.coarse, reference.coarse
    chance = max(information(there, still, about_middles(turn, moving, reference)) for turn in _HALF_TURNS)
    return information(there, still, reference_to_moving) / max(chance, 1e-6)


def fits_plausibly(moving: Prepared, reference: Prepared, found: Registration) -> bool:
    """Whether the place `found` can be right: it fits better than chance, and better than any turned placement."""
    ratio = over_chance(moving, reference, found.reference_to_moving_lps)
    if ratio >= SURELY:
        return True
    fit = max(found.before, found.after)
    return fit >= FLOOR_NATS and fit >= PLAUSIBLE * max(_searched_turns(moving, reference).values())


def suspected_turn(moving: Prepared, reference: Prepared) -> str:
    """How `moving` seems to lie against `reference`, in words; empty where no turn fits, either."""
    searched = _searched_turns(moving, reference)
    best = max(searched, key=lambda name: searched[name])
    upright = fit_nearby(turned(moving, np.eye(3), reference), reference)
    return best if searched[best] >= max(FLOOR_NATS, PLAUSIBLE * upright) else ""


def about_middles(turn: npt.NDArray[np.float64], moving: Prepared, reference: Prepared) -> npt.NDArray[np.float64]:
    """From the reference to the moving image, (4, 4) LPS mm: turned, the middles of the two heads on each other."""
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = moving.middle - turn @ reference.middle
    return matrix


@lru_cache(maxsize=1)  # whether an image fits, and how it lies where it does not, are asked of the same two in turn
def _searched_turns(moving: Prepared, reference: Prepared) -> dict[str, float]:
    """Words for the likeliest turns, and what the two share (nats) where they fit best so turned."""
    there, still = moving.coarse, reference.coarse
    ranked = sorted(
        TURNS, key=lambda turn: information(there, still, about_middles(turn, moving, reference)), reverse=True
    )
    searched: dict[str, float] = {}
    for turn in ranked[:_TRIED]:
        fit = fit_nearby(turned(moving, turn, reference), reference)
        searched[in_words(turn)] = max(fit, searched.get(in_words(turn), 0.0))
    return searched


def in_words(turn: npt.NDArray[np.float64]) -> str:
    """How an image lies that `turn` (3, 3; LPS) puts right.

    A turn and the same with left and right swapped get the same words: images of heads hardly tell the two apart.
    """
    size = np.abs(turn)
    if np.array_equal(size, np.eye(3)):
        swapped = [ends for ends, sign in zip(_ENDS, np.diag(turn)[1:], strict=True) if sign < 0]
        return f"half turned or mirrored, with {' as well as '.join(swapped)} swapped"
    fixed = [axis for axis in range(3) if size[axis, axis]]
    return f"turned by a quarter about the axis from {_AXES[fixed[0]]}" if fixed else "turned about two axes"
