"""Whether the contrasts lie over the reference as their headers say, and where they belong if they do not."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import Check, Verdict
from SynthTrustLib.case.read import ReadImage
from SynthTrustLib.case.register import WORTH_MOVING_MM, Registration, prepare, register, seems_misaligned
from SynthTrustLib.vocabulary import Contrast


def align(
    images: Mapping[Contrast, ReadImage], reference: Contrast
) -> tuple[dict[Contrast, Registration], list[Check]]:
    """Compare every contrast's position with that of `reference`.

    A contrast on the reference's own grid was aligned by someone already: it gets a quick look, and a search only where
    that look finds a better place. One on a grid of its own is always searched.

    Returns
    -------
    moves : dict
        Of the contrasts that are to be moved.
    checks : list of Check
        One for each contrast that was searched.
    """
    with ThreadPoolExecutor(len(images)) as pool:
        ready = dict(
            zip(
                images,
                pool.map(lambda image: prepare(image.array, image.geometry, image.look), images.values()),
                strict=True,
            )
        )
    still = ready.pop(reference)
    moves: dict[Contrast, Registration] = {}
    checks: list[Check] = []
    for contrast, there in ready.items():
        image = images[contrast]
        own_grid = not image.geometry.is_same(images[reference].geometry)
        if still is None or there is None:
            if own_grid:
                text = f"its position against {reference} could not be checked: no head was found in one of the two"
                checks.append(Check("registration", contrast, Verdict.WARNING, text))
            continue
        if not own_grid and not seems_misaligned(there, still):
            continue
        found = register(there, still)
        if found.worth_applying:
            moves[contrast] = found
        checks.append(_check(contrast, reference, found))
    return moves, checks


def moved_geometry(geometry: Geometry, found: Registration) -> Geometry:
    """Where a native grid lies once its image is moved over the reference."""
    return Geometry(geometry.shape, np.linalg.inv(found.reference_to_moving) @ geometry.ijk_to_ras)


def moved(image: ReadImage, found: Registration) -> ReadImage:
    """The image in its new place: only its geometry changes, so that it is still resampled once."""
    return replace(image, geometry=moved_geometry(image.geometry, found))


def _check(contrast: Contrast, reference: Contrast, found: Registration) -> Check:
    size = f"{found.moved_mm:.1f} mm and {found.moved_degrees:.1f} degrees"
    if found.flipped:
        text = f"left and right seem to be swapped against {reference}: mirrored, it fits clearly better"
        return Check("registration", contrast, Verdict.WARNING, text)
    if found.worth_applying:
        fit = f"mutual information {found.before:.2f} before, {found.after:.2f} after"
        return Check("registration", contrast, Verdict.CHANGED, f"moved onto {reference} by {size} ({fit})")
    if found.fits_better:
        text = f"it fits {reference} better {size} away, further than a patient moves; it was left as it is"
        return Check("registration", contrast, Verdict.WARNING, text)
    if found.moved_mm >= WORTH_MOVING_MM:
        text = f"lies over {reference} as its header says: no place nearby fits better"
        return Check("registration", contrast, Verdict.READY, text)
    return Check("registration", contrast, Verdict.READY, f"lies over {reference} to within {found.moved_mm:.1f} mm")
