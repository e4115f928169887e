"""REFERENCE: the outlines against a reference mask that was given with the patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import NOWHERE, Part, around, bounding_box
from SynthTrustLib.errors import GeometryError
from SynthTrustLib.trust.measures.hausdorff import Surface, hausdorff95
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.measures.overlap import dice
from SynthTrustLib.trust.rows.row import SPACING_UNTRUSTED, known, physical, unknown
from SynthTrustLib.trust.scorecard import Row, Section

Mask = npt.NDArray[np.bool_]


def reference_rows(material: Material, reference: Mapping[str, npt.NDArray]) -> Iterator[Row]:
    """Dice, 95 % Hausdorff distance and volume error, pooled and per segmenter, for every region that can be told.

    Raises GeometryError if a mask is not on the case's grid.
    """
    for outlines in material.outlines:
        region = outlines.region
        if region not in reference:
            label = f"Dice with the reference, {outlines.name}, pooled"
            reason = f"The reference mask does not tell the {outlines.name}."
            yield unknown(f"reference_dice.{region}.pooled", Section.REFERENCE, label, reason, region=region)
            continue
        truth = np.asarray(reference[region], np.bool_)
        if truth.shape != material.stack.geometry.shape:
            raise GeometryError(
                f"its shape {truth.shape} is not that of the patient's grid {material.stack.geometry.shape}",
                source=f"reference mask of {region}",
                next_step="Load the reference with read_reference, which brings it onto the patient's grid.",
            )
        yield from _against(material, outlines, truth)


def _against(material: Material, outlines: RegionOutlines, truth: Mask) -> Iterator[Row]:
    box = around([bounding_box(truth, margin=1) or NOWHERE, outlines.box])  # one voxel wider where the grid goes on
    cut = truth[box]
    surface = Surface(cut, material.stack.geometry.spacing) if material.trusted else None
    named: list[tuple[str, str | None, str, Mask]] = [("pooled", None, "pooled", outlines.pooled)]
    for card, member in zip(material.everyone.segmenters, outlines.everyone, strict=True):
        named.append((card.id, card.id, card.name, member))
    for who, segmenter, name, outline in named:
        drawn = Part(outlines.box, outline).within(box)
        yield from _rows_of(material, outlines, who, segmenter, name, drawn, cut, surface)


def _rows_of(
    material: Material,
    outlines: RegionOutlines,
    who: str,
    segmenter: str | None,
    name: str,
    drawn: Mask,
    truth: Mask,
    surface: Surface | None,
) -> Iterator[Row]:
    region, ending = outlines.region, f"{outlines.name}, {name}"
    mine, true = int(np.count_nonzero(drawn)), int(np.count_nonzero(truth))
    overlap = dice(int(np.count_nonzero(drawn & truth)), mine, true)
    reason = "Overlap with the reference mask; 1 is identical, 0 is apart."
    if not true:
        reason = "The reference mask has none: 1 if nothing is outlined either, else 0."
    yield known(
        f"reference_dice.{region}.{who}",
        Section.REFERENCE,
        f"Dice with the reference, {ending}",
        overlap,
        reason,
        region=region,
        segmenter=segmenter,
    )
    key, label = f"reference_hd95.{region}.{who}", f"95 % Hausdorff distance, {ending}"
    distance = hausdorff95(Surface(drawn, material.stack.geometry.spacing), surface) if surface is not None else None
    if distance is not None:
        reason = "95 % of each outline's surface lies no further than this from the other's."
        yield known(key, Section.REFERENCE, label, distance, reason, unit="mm", region=region, segmenter=segmenter)
    else:
        empty = "The outline is" if true else "The reference is" if mine else "Both are"
        reason = f"{empty} empty, so there is no distance between them." if material.trusted else SPACING_UNTRUSTED
        yield unknown(key, Section.REFERENCE, label, reason, unit="mm", region=region, segmenter=segmenter)
    yield physical(
        material.trusted,
        f"reference_volume_error.{region}.{who}",
        Section.REFERENCE,
        f"Volume error, {ending}",
        (mine - true) * material.voxel_ml,
        f"Outlined minus reference volume, which is {true * material.voxel_ml:.2f} mL.",
        unit="mL",
        region=region,
        segmenter=segmenter,
    )
