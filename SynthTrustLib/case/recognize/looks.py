"""Contrasts of images that nothing names, told from what the images look like; never without saying so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from SynthTrustLib.case.dicom.folder import DicomSeries, read_series
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.recognize.image_contrast import ImageOpinion, look_at_contrast
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
class Unclear:
    """An image of which its name or its header does not say which contrast it is."""

    path: Path  # the file, or the first file of the series
    said: str = ""  # what is said, in words for the user; empty where nothing is
    possible: tuple[Contrast, ...] = ()  # what that leaves open; empty for all
    series: DicomSeries | None = None  # the series where it is DICOM

    @property
    def why(self) -> str:
        """Why it is looked at, in words."""
        return self.said or "its name says no contrast"

    def read(self) -> ReadImage:
        """Its voxels."""
        return read_series(self.series) if self.series else read_image(self.path)


@dataclass(frozen=True)
class Look:
    """One image that was taken for `contrast` by its looks, or for none: then what it is, and what it `resembles`.

    `is_blind` where nothing could be seen in it.
    """

    path: Path
    contrast: Contrast | None
    confidence: float
    reason: str
    kind: UnusedKind = UnusedKind.UNTOLD
    resembles: frozenset[Contrast] = frozenset()
    is_blind: bool = False


def recognize_by_looks(images: Sequence[Unclear], wanted: Collection[Contrast]) -> list[Look]:
    """Give each image at most one of the `wanted` contrasts that are possible for it, and each contrast at most one.

    The images are judged together: of two that look alike, the one that looks more like T1c is T1c.
    """
    if not wanted or not images or len(images) > MOST_IMAGES:
        return []
    opinions: dict[Path, ImageOpinion] = {}
    looks: list[Look] = []
    for image in images:
        seen = _look_at(image)
        if isinstance(seen, Look):
            looks.append(seen)
        else:
            opinions[image.path] = seen
    seen_images = [image for image in images if image.path in opinions]
    given = _share_out(seen_images, opinions, [contrast for contrast in Contrast if contrast in wanted])
    for image in seen_images:
        opinion, contrast = opinions[image.path], given.get(image.path)
        if contrast is None or opinion.shares[contrast] < LEAST_SHARE:
            reason = f"{image.why}; it looks most like {opinion.contrast} ({opinion.confidence:.0%})"
            looks.append(Look(image.path, None, 0.0, reason, resembles=frozenset({opinion.contrast})))
        else:
            share = min(MOST_CONFIDENCE, opinion.shares[contrast])
            why = f"{image.said}; it looks like" if image.said else "its name says nothing, but it looks like"
            looks.append(Look(image.path, contrast, share, f"{why} {contrast}"))
    return looks


def _look_at(image: Unclear) -> ImageOpinion | Look:
    try:
        voxels = image.read()
    except SynthTrustError as error:
        reason = f"{image.why}, and {error.what}"
        return Look(image.path, None, 0.0, reason, UnusedKind.DAMAGED, frozenset(Contrast), is_blind=True)
    if np.unique(voxels.array[::2, ::2, ::2]).size <= FEW_VALUES:
        return Look(image.path, None, 0.0, f"{image.why}, and it looks like a mask", UnusedKind.MASK)
    opinion = look_at_contrast(voxels.array, voxels.geometry)
    if opinion is None:
        reason = f"{image.why}, and no head can be seen in it"
        return Look(image.path, None, 0.0, reason, resembles=frozenset(Contrast), is_blind=True)
    return opinion


def _share_out(
    images: Sequence[Unclear], opinions: Mapping[Path, ImageOpinion], wanted: Sequence[Contrast]
) -> dict[Path, Contrast]:
    from scipy.optimize import linear_sum_assignment

    def share(image: Unclear, contrast: Contrast) -> float:
        return opinions[image.path].shares[contrast] if contrast in (image.possible or Contrast) else 0.0

    if not images:
        return {}
    shares = np.array([[share(image, contrast) for contrast in wanted] for image in images])
    rows, columns = linear_sum_assignment(-np.log(shares + 1e-6))
    return {images[row].path: wanted[column] for row, column in zip(rows, columns, strict=True) if shares[row, column]}
