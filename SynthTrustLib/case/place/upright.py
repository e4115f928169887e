"""Whether a head lies in its volume as the header says: compared with an upright one, as it lies and turned.

Where all images of a patient are turned alike, as by a program that has lost or exchanged their axes, they fit each
other, and nothing else would tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.place.register import Prepared, information
from SynthTrustLib.case.place.turned import TURNS, UPRIGHT, about_middles, in_words
from SynthTrustLib.resources import resource_path

UPRIGHT_HEADS = {"T1": "t1", "T1c": "t1", "T2": "flair", "FLAIR": "flair"}
"""Contrast -> which upright head it is compared with: the one that it is more like."""

TURNED = 1.25
"""Turned, a head must share so many times as much with the upright one as it does upright."""

_ALONG_BODY_MM = (0.0, 12.0, -12.0, 24.0, -24.0, 36.0, -36.0)
"""Upright, heads are tried in these places: with much of the neck, or with little of the head, middles differ."""

_ROUGHLY, _LIKELY = 8, 4
"""All turns are compared by one in so many of the head's cubes first, and by all of them so many of the best."""

_LEAST_INSIDE = 1
_HIGHEST = 255


def check_upright(images: Mapping[str, Prepared | None]) -> Iterator[Check]:
    """A concern if the heads in `images`, by contrast, would fit an upright one clearly better if they were turned.

    All lie on one another. Left and right are not told apart: a head is nearly symmetric.
    """
    ratio, how = turned_over_upright(images)
    if ratio >= TURNED:
        text = (
            f"the head does not lie as the header says: it seems to be {how}. The axes of the images may have been "
            "lost or exchanged, so that segmenters see other slices than they learned from"
        )
        yield Check("turned", "case", Verdict.CONCERN, text)


def turned_over_upright(images: Mapping[str, Prepared | None]) -> tuple[float, str]:
    """How many times as much as upright the heads share with the upright ones when turned, and how they lie then.

    One is looked at for each upright head; 0 where there is none.
    """
    seen: dict[str, Prepared] = {}
    for contrast, image in images.items():
        if image is not None and contrast in UPRIGHT_HEADS:
            seen.setdefault(UPRIGHT_HEADS[contrast], image)
    if not seen:
        return 0.0, ""
    likely = sorted(TURNS, key=lambda turn: _shared(turn, seen, every=_ROUGHLY), reverse=True)[:_LIKELY]
    turned = [_shared(turn, seen) for turn in likely]
    upright = max(_shared(turn, seen, along) for turn in UPRIGHT for along in _ALONG_BODY_MM)
    return max(turned) / max(upright, 1e-6), in_words(likely[int(np.argmax(turned))])


def _shared(turn: npt.NDArray[np.float64], seen: Mapping[str, Prepared], along: float = 0.0, every: int = 1) -> float:
    """What the heads, by the upright head that they are compared with, share with it after a turn (nats).

    Middles lie on each other, but for so many mm `along` the body. Of the cubes one in `every` is looked at.
    """
    found = 0.0
    for name, image in seen.items():
        matrix = about_middles(turn, image, upright_head(name))
        matrix[2, 3] += along
        found += information(image.coarse, upright_head(name), matrix, every)
    return found


@lru_cache(maxsize=2)
def upright_head(name: str) -> Prepared:
    """The upright head as it looks on ``"t1"`` or ``"flair"``, in cubes of 4 mm."""
    import SimpleITK as sitk

    stored = read_image(resource_path(f"Recognition/head_{name}.nii.gz"))
    inside = stored.array >= _LEAST_INSIDE
    ranks = (stored.array - _LEAST_INSIDE).clip(0) / (_HIGHEST - _LEAST_INSIDE)
    image = stored.geometry.to_sitk(ranks.astype(np.float32))
    mask = stored.geometry.to_sitk(inside.astype(np.uint8))
    where = np.argwhere(inside)[:, ::-1]
    points = np.array(image.GetOrigin()) + where * np.array(image.GetSpacing())
    return Prepared(image, sitk.Cast(mask, sitk.sitkUInt8), points)


def stored_head(image: Prepared) -> tuple[npt.NDArray[np.uint8], tuple[float, float, float]]:
    """What `upright_head` is read from: a coarse head as 1 to 255, 0 around it, and where its first cube lies (LPS)."""
    import SimpleITK as sitk

    ranks = sitk.GetArrayFromImage(image.image).clip(0, 1)
    inside = sitk.GetArrayFromImage(image.mask) > 0
    levels = np.round(_LEAST_INSIDE + ranks * (_HIGHEST - _LEAST_INSIDE))
    return np.where(inside, levels, 0).astype(np.uint8), tuple(image.image.GetOrigin())
