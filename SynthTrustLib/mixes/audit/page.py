"""The card of a set as one HTML file with its pictures inside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.calibration.evaluate.page import TEMPLATES
from SynthTrustLib.mixes.audit.case_measures import CaseMeasures
from SynthTrustLib.mixes.audit.set_audit import Neighbour, SetAudit
from SynthTrustLib.mixes.audit.words import alarm_words, few_digits, figure_words
from SynthTrustLib.plain_text import page_templates
from SynthTrustLib.vocabulary import Contrast

SHOWN = 6
"""So many cases of either kind, and pairs of neighbours, are shown."""

MOST_FEATURES = 15
"""So many features are shown at once; the others unfold."""

_BRIGHTEST = 1.6
_LINE, _DRAWN = (255, 196, 0), (64, 224, 255)


def render_page(
    audit: SetAudit,
    synthetic: Sequence[CaseMeasures],
    real: Sequence[CaseMeasures],
    training: Sequence[CaseMeasures] = (),
) -> str:
    """A complete HTML document; every word is escaped."""
    environment = page_templates(Path(__file__).resolve().parent, *TEMPLATES)
    environment.filters.update(alarm=alarm_words, figure=figure_words, few=few_digits)
    made = {case.id: case for case in synthetic}
    # A real and a training case may share a name.
    known = {(of, case.id): case for of, cases in (("real", real), ("training", training)) for case in cases}
    pairs = closest_pairs(audit.neighbours)[:SHOWN]
    told = sorted((case for case in synthetic if np.isfinite(case.drawn_dice)), key=lambda case: case.drawn_dice)
    features = sorted(audit.features, key=lambda one: -(one.distance or 0))
    return environment.get_template("audit.html.j2").render(
        audit=audit,
        sections=[(section, list(rows)) for section, rows in groupby(audit.rows, key=lambda row: row.section)],
        contrasts=list(Contrast),
        real=[(case.id, strip(case)) for case in real[:SHOWN]],
        synthetic=[(case.id, strip(case)) for case in synthetic[:SHOWN]],
        pairs=[(found, strip(made[found[0].case]), strip(known[found[0].of, found[0].nearest])) for found in pairs],
        doubted=[(case.id, case.drawn_dice, strip(case, drawn=True)) for case in told[:SHOWN]],
        features=features,
        most=MOST_FEATURES,
    )


def closest_pairs(neighbours: Sequence[Neighbour]) -> list[list[Neighbour]]:
    """Every pair of a case and its nearest patient once, with what tells that they are near; nearest pairs first."""
    pairs: dict[tuple[str, str, str], list[Neighbour]] = {}
    for one in sorted(neighbours, key=lambda one: one.distance):
        pairs.setdefault((one.case, one.of, one.nearest), []).append(one)
    return list(pairs.values())


def strip(case: CaseMeasures, *, drawn: bool = False) -> str:
    """All contrasts of a case side by side with the outline of its label, as a PNG in base64; black where missing.

    With `drawn`, the line of the segmenter lies below that of the label.
    """
    from matplotlib.image import imsave

    rows, columns = _extent(case.slice_)
    nothing = np.zeros_like(case.outline[rows, columns])
    label, line = case.outline[rows, columns], case.drawn[rows, columns] if drawn else nothing
    panels = [
        _panel(image[rows, columns], *((label, line) if n in case.present else (nothing, nothing)))
        for n, image in enumerate(case.slice_)
    ]
    buffer = BytesIO()
    imsave(buffer, np.concatenate(panels, axis=1), format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def _panel(
    image: npt.NDArray[np.float16], label: npt.NDArray[np.uint8], drawn: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    grey = (np.clip(image.astype(np.float32) / _BRIGHTEST, 0, 1) * 255).astype(np.uint8)
    panel = np.repeat(grey[..., None], 3, axis=2)
    for mask, colour in ((drawn, _DRAWN), (label & 1, _LINE)):
        whole = mask.astype(bool)
        panel[whole & ~ndimage.binary_erosion(whole)] = colour
    return panel


def _extent(images: npt.NDArray[np.float16]) -> tuple[slice, slice]:
    """The box of the head in a slice, or all of it where it is empty."""
    found = ndimage.find_objects(images.any(axis=0).astype(np.uint8))
    return (found[0][0], found[0][1]) if found else (slice(None), slice(None))
