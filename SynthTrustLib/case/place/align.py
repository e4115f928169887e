"""Whether the contrasts lie over the reference as their headers say, and where they belong if they do not."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import head_size
from SynthTrustLib.case.place.register import (
    WORTH_MOVING_MM,
    Prepared,
    Registration,
    prepare,
    register,
    seems_misaligned,
)
from SynthTrustLib.case.place.turned import CLEARLY, SURELY, fits_plausibly, over_chance, suspected_turn
from SynthTrustLib.case.place.upright import check_upright

SIDE_BY_SIDE = 2
"""Contrasts that are compared with the reference at a time: a search alone keeps two cores only partly busy."""

_HEAD_MM = 170.0
"""A head's size along every axis, nearly enough to compare two images on one grid whose voxel size is unknown."""


FAR_MM = 4.0
"""A contrast that has to be moved further, and shares little with the reference even then, may be of another patient:
in 5 patients of BraTS all 15 pairs of two did (4 to 16 mm, 0.06 to 0.14 nats), none of 15 of one (1.2 mm at most, 0.18
and more)."""

LITTLE_NATS, VERY_LITTLE_NATS = 0.15, 0.1
"""What is little on a common grid, where somebody has aligned the two already, and on any other."""


@dataclass(frozen=True)
class Alignment:
    """How the contrasts lie."""

    reference: str  # whose grid the case takes: the one asked for, unless the others fit each other and not it
    moves: Mapping[str, Registration]  # of the contrasts that are to be moved
    left_out: frozenset[str] = frozenset()  # those that fit nowhere as they lie: nothing can be said of a voxel in them
    checks: tuple[Check, ...] = ()  # a row for each contrast that was searched, and a concern for each that is left out


def align(images: Mapping[str, ReadImage], reference: str, *, in_mm: bool = True) -> Alignment:
    """Compare every contrast's position with that of `reference`.

    A contrast on the reference's own grid was aligned by someone already: it gets a quick look, and a search only where
    that look finds a better place or doubts the fit. One on a grid of its own is always searched. Where the millimetres
    of the headers are placeholders (not `in_mm`), a rigid move means nothing: only the fit of those on the reference's
    own grid is looked at, and nothing is moved.
    """
    still = images[reference]
    if len(images) == 1:
        alone = prepare(still.array, still.geometry, still.look) if in_mm else None
        return Alignment(reference, {}, checks=tuple(check_upright({reference: alone})))
    if not in_mm:
        images = {c: image for c, image in images.items() if image.geometry.is_same(still.geometry)}
    sized = None if in_mm else _head_sized(still)
    with ThreadPoolExecutor(len(images)) as pool:
        prepared = pool.map(lambda image: prepare(image.array, sized or image.geometry, image.look), images.values())
        ready = dict(zip(images, prepared, strict=True))
    found = _align_or_leave(images, ready, reference, in_mm)
    if in_mm:
        lies = check_upright({c: one for c, one in ready.items() if c not in found.left_out})
        found = replace(found, checks=(*found.checks, *lies))
    return found


def _align_or_leave(
    images: Mapping[str, ReadImage], ready: Mapping[str, Prepared | None], reference: str, in_mm: bool
) -> Alignment:
    """How the images lie over `reference`, or over another of them if they fit each other and not it."""
    found = _align(images, ready, reference, in_mm)
    others = [contrast for contrast in images if contrast != reference]
    if len(others) < 2 or set(others) - found.left_out:
        return found
    # Nothing fits the reference: perhaps it is the one that is wrong.
    rest = {contrast: images[contrast] for contrast in others}
    for chosen in others:
        among = _align(rest, ready, chosen, in_mm)
        if len(among.left_out) < len(others) - 1:
            turn = _turn(ready[reference], ready[chosen])
            text = f"the other contrasts fit each other and not it{turn}. It was left out, and {chosen} gives the grid"
            concern = Check("registration", reference, Verdict.CONCERN, f"{text}.{_NEARLY_SYMMETRIC if turn else ''}")
            return Alignment(chosen, among.moves, among.left_out | {reference}, (concern, *among.checks))
    return found


def _align(
    images: Mapping[str, ReadImage],
    ready: Mapping[str, Prepared | None],
    reference: str,
    in_mm: bool,
) -> Alignment:
    still = ready[reference]
    moves: dict[str, Registration] = {}
    left_out: set[str] = set()
    doubted: dict[str, Registration] = {}
    checks: list[Check] = []
    own_grids = {c for c, image in images.items() if not image.geometry.is_same(images[reference].geometry)}

    def search(contrast: str) -> Registration | None:
        there = ready[contrast]
        if still is None or there is None:
            return None
        doubtful = contrast in own_grids or over_chance(there, still, np.eye(4)) < CLEARLY
        return register(there, still) if doubtful or (in_mm and seems_misaligned(there, still)) else None

    others = [contrast for contrast in images if contrast != reference]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        searched = dict(zip(others, pool.map(search, others), strict=True))
    for contrast, found in searched.items():
        there = ready[contrast]
        if still is None or there is None:
            if contrast in own_grids:
                text = f"its position against {reference} could not be checked: no head was found in one of the two"
                checks.append(Check("registration", contrast, Verdict.WARNING, text))
            continue
        if found is None:
            continue
        if found.flipped or not fits_plausibly(there, still, found):
            doubted[contrast] = found
            continue
        if not in_mm:
            continue
        if found.worth_applying:
            moves[contrast] = found
        checks.append(_check(contrast, reference, found, own_grid=contrast in own_grids))
    for contrast, found in doubted.items():
        there = ready[contrast]
        in_place = [
            other
            for other in images
            if other not in (reference, *moves, *doubted) and images[other].geometry.is_same(images[contrast].geometry)
        ]
        likes = next((o for o in in_place if there and (on := ready[o]) and _surely_fits(there, on)), None)
        if likes and not found.flipped:
            text = f"shares too little with {reference} to be compared, but surely lies over {likes}"
            checks.append(Check("registration", contrast, Verdict.READY, text))
        elif there is not None and still is not None:
            left_out.add(contrast)
            checks.append(_left_out(contrast, reference, there, still, found))
    return Alignment(reference, moves, frozenset(left_out), tuple(checks))


def _surely_fits(there: Prepared, still: Prepared) -> bool:
    return over_chance(there, still, np.eye(4)) >= SURELY


def moved_geometry(geometry: Geometry, found: Registration) -> Geometry:
    """Where a native grid lies once its image is moved over the reference."""
    return Geometry(geometry.shape, np.linalg.inv(found.reference_to_moving) @ geometry.ijk_to_ras)


def moved(image: ReadImage, found: Registration) -> ReadImage:
    """The image in its new place: only its geometry changes, so that it is still resampled once."""
    return replace(image, geometry=moved_geometry(image.geometry, found))


def _head_sized(image: ReadImage) -> Geometry:
    """The image's grid with voxels of such sizes that its head is as large as a head, whatever the header says."""
    look, grid = image.look, image.geometry
    if not look.separable:
        return grid
    extents = head_size(look.mask, look.steps, grid).mm
    k, j, i = (mm * _HEAD_MM / max(extent, mm) for mm, extent in zip(grid.spacing, extents, strict=True))
    return Geometry(grid.shape, grid.ijk_to_ras @ np.diag([*(np.array([i, j, k]) / grid.spacing[::-1]), 1.0]))


_NEARLY_SYMMETRIC = " Left and right cannot be told from the image alone: a brain is nearly symmetric"


def _turn(moving: Prepared | None, reference: Prepared | None) -> str:
    if moving is None or reference is None:
        return ""
    name = suspected_turn(moving, reference)
    return f"; it seems to be {name}" if name else ""


def _left_out(contrast: str, reference: str, there: Prepared, still: Prepared, found: Registration) -> Check:
    if found.flipped:
        text = (
            f"left and right seem to be swapped against {reference}: mirrored, it fits clearly better. It was left "
            "out. Which of the two is right cannot be told from the images: a brain is nearly symmetric"
        )
        return Check("registration", contrast, Verdict.CONCERN, text)
    turn = _turn(there, still)
    if turn:
        text = f"it does not fit {reference}{turn}. It was left out and not turned back.{_NEARLY_SYMMETRIC}"
    else:
        text = f"it does not fit {reference}, neither as it lies nor nearby nor turned. It was left out"
    return Check("registration", contrast, Verdict.CONCERN, text)


def _check(contrast: str, reference: str, found: Registration, *, own_grid: bool) -> Check:
    size = f"{found.moved_mm:.1f} mm and {found.moved_degrees:.1f} degrees"
    if found.worth_applying:
        fit = f"mutual information {found.before:.2f} before, {found.after:.2f} after"
        if found.moved_mm >= FAR_MM and found.after < (VERY_LITTLE_NATS if own_grid else LITTLE_NATS):
            text = f"moved onto {reference} by {size}, and still fits it little ({fit}): it may be of another patient"
            return Check("registration", contrast, Verdict.CONCERN, text)
        return Check("registration", contrast, Verdict.CHANGED, f"moved onto {reference} by {size} ({fit})")
    if found.fits_better:
        text = f"it fits {reference} better {size} away, further than a patient moves; it was left as it is"
        return Check("registration", contrast, Verdict.CONCERN, text)
    if found.moved_mm >= WORTH_MOVING_MM:
        text = f"lies over {reference} as its header says: no place nearby fits better"
        return Check("registration", contrast, Verdict.READY, text)
    return Check("registration", contrast, Verdict.READY, f"lies over {reference} to within {found.moved_mm:.1f} mm")
