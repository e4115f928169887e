"""Contrasts of images that nothing names, told from what the images look like; never without saying so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from SynthTrustLib.case.image_contrast import ImageOpinion, look_at_contrast
from SynthTrustLib.case.read import read_image
from SynthTrustLib.case.unused import UnusedKind
from SynthTrustLib.errors import SynthTrustError
from SynthTrustLib.vocabulary import Contrast

MOST_IMAGES = 8
"""More unnamed images than this are not looked at: they are no set of one examination's contrasts."""

LEAST_SHARE = 0.4
"""An image that is less likely than this to be a contrast is not taken for it, not even with a warning."""

FEW_VALUES = 8
"""An image with no more different values than this is a label mask."""

MOST_CONFIDENCE = 0.95
"""Looks alone never make it surer: the regression knows no other kinds of images than the four contrasts."""


@dataclass(frozen=True)
class Look:
    """One image that was taken for `contrast` by its looks, or for none: then what it is, and what it `resembles`."""

    path: Path
    contrast: Contrast | None
    confidence: float
    reason: str
    kind: UnusedKind = UnusedKind.UNTOLD
    resembles: frozenset[Contrast] = frozenset()


def recognize_by_looks(paths: Sequence[Path], wanted: Collection[Contrast]) -> list[Look]:
    """Give each image at most one of the `wanted` contrasts, and each contrast at most one image.

    The images are judged together: of two that look alike, the one that looks more like T1c is T1c.
    """
    from scipy.optimize import linear_sum_assignment

    if not wanted or not paths or len(paths) > MOST_IMAGES:
        return []
    opinions: dict[Path, ImageOpinion] = {}
    looks: list[Look] = []
    for path in paths:
        try:
            image = read_image(path)
        except SynthTrustError as error:
            reason = f"its name says no contrast, and {error.what}"
            looks.append(Look(path, None, 0.0, reason, UnusedKind.DAMAGED, frozenset(Contrast)))
            continue
        if np.unique(image.array[::2, ::2, ::2]).size <= FEW_VALUES:
            reason = "its name says no contrast, and it looks like a mask"
            looks.append(Look(path, None, 0.0, reason, UnusedKind.MASK))
            continue
        opinion = look_at_contrast(image.array, image.geometry)
        if opinion is None:
            reason = "its name says no contrast, and no head can be seen in it"
            looks.append(Look(path, None, 0.0, reason, resembles=frozenset(Contrast)))
        else:
            opinions[path] = opinion
    names, files = [contrast for contrast in Contrast if contrast in wanted], list(opinions)
    shares = np.array([[opinions[path].shares[contrast] for contrast in names] for path in files]).reshape(
        -1, len(names)
    )
    rows, columns = linear_sum_assignment(-np.log(shares + 1e-6)) if files else ((), ())
    given = {files[row]: names[column] for row, column in zip(rows, columns, strict=True)}
    for path, opinion in opinions.items():
        contrast = given.get(path)
        if contrast is None or opinion.shares[contrast] < LEAST_SHARE:
            reason = f"its name says no contrast; it looks most like {opinion.contrast} ({opinion.confidence:.0%})"
            looks.append(Look(path, None, 0.0, reason, resembles=frozenset({opinion.contrast})))
        else:
            share = min(MOST_CONFIDENCE, opinion.shares[contrast])
            looks.append(Look(path, contrast, share, f"its name says nothing, but it looks like {contrast}"))
    return looks
