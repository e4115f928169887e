"""SIZE: whether a region is there at all, volumes, lesions, side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from SynthTrustLib.segmenters.outlines import POOLED_THRESHOLD, threshold_of
from SynthTrustLib.trust.learned.presence import Presence
from SynthTrustLib.trust.measures.lesions import lesion_words, lesions, smallest_lesion
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.measures.side import head_middle, side_of
from SynthTrustLib.trust.rows.diameters import diameter_rows
from SynthTrustLib.trust.rows.row import NOUNS, known, over_segmenters, physical, unknown
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import REGION_NAMES


def size_rows(material: Material, present: Sequence[Presence]) -> Iterator[Row]:
    """Presence, volume pooled and per segmenter, lesion count and side per region; diameters."""
    for outlines, presence in zip(material.outlines, present, strict=True):
        yield _found(outlines, presence)
        yield from _volumes(material, outlines)
    yield from diameter_rows(material)
    fewest = smallest_lesion(material.voxel_ml if material.trusted else None)
    middle = head_middle(material.case)
    for outlines in material.outlines:
        yield from _lesions_and_side(material, outlines, fewest, middle)


def _found(outlines: RegionOutlines, presence: Presence) -> Row:
    region = outlines.region
    label = f"{NOUNS[region].capitalize()} found"
    return known(f"found.{region}", Section.SIZE, label, presence.found, f"{presence.statement}.", region=region)


def _volumes(material: Material, outlines: RegionOutlines) -> Iterator[Row]:
    region, name = outlines.region, REGION_NAMES[outlines.region]
    reason = f"Where the mean probability of the segmenters is at least {POOLED_THRESHOLD:g}."
    if not outlines.pooled_voxels:
        highest = float(material.maps.pooled[outlines.index].max())
        reason = f"No {NOUNS[region]} found: the mean probability of the segmenters is nowhere above {highest:.2f}."
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
            f"{reason[:-1]}, counted in voxels because the voxel size is not trusted.",
            region=region,
            **over_segmenters(outlines.voxels),
        )
    for card, voxels in zip(material.stack.segmenters, outlines.voxels, strict=True):
        yield physical(
            material.trusted,
            f"volume.{region}.{card.id}",
            Section.SIZE,
            f"Volume of the {name}, {card.name}",
            voxels * ml,
            "As it was drawn elsewhere."
            if card.is_outside
            else f"Where this segmenter gives a probability of at least {threshold_of(card, region):g}.",
            unit="mL",
            region=region,
            segmenter=card.id,
        )


def _lesions_and_side(
    material: Material, outlines: RegionOutlines, fewest: int, middle: tuple[float, float] | None
) -> Iterator[Row]:
    region, name = outlines.region, REGION_NAMES[outlines.region]
    labels, which = lesions(outlines.pooled, fewest)
    counts = [len(lesions(member, fewest)[1]) for member in outlines.members]
    smallest = lesion_words(material.trusted)
    yield known(
        f"lesions.{region}.pooled",
        Section.SIZE,
        f"Lesions, {name}",
        float(len(which)),
        f"Connected pieces of at least {smallest} in the pooled outline.",
        region=region,
        **over_segmenters(counts),
    )
    key, label = f"side.{region}.pooled", f"Side, {name}"
    if not which:
        reason = f"There is no {NOUNS[region]} of at least {smallest} in the pooled outline, so it has no side."
        yield unknown(key, Section.SIZE, label, reason, region=region)
    elif middle is None:
        reason = "The head could not be told from its surroundings, so its mid-plane is not known."
        yield unknown(key, Section.SIZE, label, reason, region=region)
    else:
        k, j, i = (axis.start for axis in outlines.box)
        side = side_of(labels, which, material.stack.geometry, (k, j, i), middle)
        reason = "Of the patient, by the lesions' centroids against the plane between the two halves of the head."
        yield known(key, Section.SIZE, label, side, reason, region=region)
