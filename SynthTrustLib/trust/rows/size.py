"""SIZE: whether a region is there at all, volumes, lesions, side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from SynthTrustLib.segmenters.outlines import POOLED_THRESHOLD, threshold_of
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.trust.learned.prediction import invisible
from SynthTrustLib.trust.learned.presence import Presence
from SynthTrustLib.trust.measures.lesions import count_lesions, lesion_words, lesions, smallest_lesion
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.measures.side import head_middle, side_of
from SynthTrustLib.trust.rows.diameters import diameter_rows
from SynthTrustLib.trust.rows.row import known, over_segmenters, physical, unknown
from SynthTrustLib.trust.scorecard import Row, Section


def size_rows(material: Material, present: Sequence[Presence]) -> Iterator[Row]:
    """Presence, volumes, lesion count and side per region; diameters. The outline of record comes first."""
    for outlines, presence in zip(material.outlines, present, strict=True):
        yield _found(material, outlines, presence)
        yield from _volumes(material, outlines)
    yield from diameter_rows(material)
    fewest = smallest_lesion(material.voxel_ml if material.trusted else None)
    middle = head_middle(material.case)
    for outlines in material.outlines:
        yield from _lesions_and_side(material, outlines, fewest, middle)


def _found(material: Material, outlines: RegionOutlines, presence: Presence) -> Row:
    region = outlines.region
    label = f"{outlines.noun.capitalize()} found"
    if missing := outlines.what.missing(material.case.contrasts):
        return unknown(f"found.{region}", Section.SIZE, label, invisible(outlines.what, missing), region=region)
    return known(f"found.{region}", Section.SIZE, label, presence.found, f"{presence.statement}.", region=region)


def _volumes(material: Material, outlines: RegionOutlines) -> Iterator[Row]:
    region, name = outlines.region, outlines.name
    cards = sorted(enumerate(material.everyone.segmenters), key=lambda entry: entry[1] is not material.record_card)
    members = [_volume_of(material, outlines, place, card) for place, card in cards]
    counted = "counted in voxels because the voxel size is not trusted."
    if material.record_card is not None:
        yield members.pop(0)
        if not material.trusted:
            yield known(
                f"voxels.{region}.{material.roles.record}",
                Section.SIZE,
                f"Voxels of the {name}, {material.record_card.name}",
                outlines.record_voxels,
                f"In the outline of record, {counted}",
                region=region,
                segmenter=material.roles.record,
                **over_segmenters(outlines.voxels),
            )
    reason = f"Where the mean probability of the segmenters is at least {POOLED_THRESHOLD:g}."
    if not outlines.pooled_voxels:
        highest = float(material.maps.pooled[outlines.index].max())
        reason = f"No {outlines.noun} found: the mean probability of the segmenters is nowhere above {highest:.2f}."
    ml = material.voxel_ml
    yield physical(
        material.trusted,
        f"volume.{region}.pooled",
        Section.SIZE,
        f"Volume of the {name}, pooled",
        outlines.pooled_voxels * ml,
        reason,
        unit="mL",
        region=region,
        **over_segmenters([voxels * ml for voxels in outlines.voxels]),
    )
    if not material.trusted:
        yield known(
            f"voxels.{region}.pooled",
            Section.SIZE,
            f"Voxels of the {name}, pooled",
            outlines.pooled_voxels,
            f"{reason[:-1]}, {counted}",
            region=region,
            **over_segmenters(outlines.voxels),
        )
    yield from members


def _volume_of(material: Material, outlines: RegionOutlines, place: int, card: SegmenterCard) -> Row:
    """What one of those that ran outlines; the record beside the lowest and the highest of the jury."""
    region, ml = outlines.region, material.voxel_ml
    is_record = card is material.record_card
    drawn = (
        "As it was drawn elsewhere"
        if card.is_outside
        else f"Where this segmenter gives a probability of at least {threshold_of(card, region):g}"
    )
    return physical(
        material.trusted,
        f"volume.{region}.{card.id}",
        Section.SIZE,
        f"Volume of the {outlines.name}, {card.name}",
        int(np.count_nonzero(outlines.everyone[place])) * ml,
        f"{drawn}; this is the outline of record." if is_record else f"{drawn}.",
        unit="mL",
        region=region,
        segmenter=card.id,
        **(over_segmenters([voxels * ml for voxels in outlines.voxels]) if is_record else {}),
    )


def _lesions_and_side(
    material: Material, outlines: RegionOutlines, fewest: int, middle: tuple[float, float] | None
) -> Iterator[Row]:
    region, name = outlines.region, outlines.name
    labels, which = lesions(outlines.record, fewest)
    counts = count_lesions(outlines.members, fewest)
    smallest = lesion_words(material.trusted)
    yield known(
        f"lesions.{region}.{material.roles.record}",
        Section.SIZE,
        f"Lesions, {name}",
        float(len(which)),
        f"Connected pieces of at least {smallest} in {material.record_words}.",
        region=region,
        segmenter=None if material.record_card is None else material.roles.record,
        **over_segmenters(counts),
    )
    key, label = f"side.{region}.{material.roles.record}", f"Side, {name}"
    if not which:
        reason = f"There is no {outlines.noun} of at least {smallest} in {material.record_words}, so it has no side."
        yield unknown(key, Section.SIZE, label, reason, region=region)
    elif middle is None:
        reason = "The head could not be told from its surroundings, so its mid-plane is not known."
        yield unknown(key, Section.SIZE, label, reason, region=region)
    else:
        k, j, i = (axis.start for axis in outlines.box)
        side = side_of(labels, which, material.stack.geometry, (k, j, i), middle)
        reason = "Of the patient, by the lesions' centroids against the plane between the two halves of the head."
        yield known(key, Section.SIZE, label, side, reason, region=region)
