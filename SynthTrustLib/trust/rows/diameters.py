"""SIZE: the two largest perpendicular diameters of each lesion, as RANO measures them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.trust.measures.diameters import MEASURABLE_MM, Diameters, measure_diameters
from SynthTrustLib.trust.measures.lesions import lesions, smallest_lesion
from SynthTrustLib.trust.measures.material import Material, RegionOutlines
from SynthTrustLib.trust.rows.row import SPACING_UNTRUSTED, known, over_segmenters, unknown
from SynthTrustLib.trust.scorecard import Row, Section

MOST_LESIONS = 5
"""RANO follows at most this many target lesions."""


def diameter_rows(material: Material) -> Iterator[Row]:
    """Both diameters of up to five measurable lesions, their number, and the sum of their products.

    On the enhancing tumor; where there is none, on the whole tumor (as for non-enhancing gliomas).
    """
    outlines = _measured_on(material)
    region, name = outlines.region, outlines.name
    count_key, count_label = f"diameters.{region}.count", f"Measurable lesions, {name}"
    sum_key, sum_label = f"diameters.{region}.sum_of_products", f"Sum of the products of diameters, {name}"
    if not material.trusted:
        yield unknown(count_key, Section.SIZE, count_label, SPACING_UNTRUSTED, region=region)
        yield unknown(sum_key, Section.SIZE, sum_label, SPACING_UNTRUSTED, unit="mm²", region=region)
        return
    found = _diameters(material, outlines, outlines.record)
    measurable = [one for one in found if one.measurable][:MOST_LESIONS]
    first = next(_to_measure(material)).name
    on = f"the {name}" if name == first else f"the {name}, as there is no {first}"
    limits = f"{MEASURABLE_MM:g} mm by {MEASURABLE_MM:g} mm"
    too_small = sum(not one.measurable for one in found)
    left_out = (
        f"; {too_small} more below {limits} {'is' if too_small == 1 else 'are'} not measurable" if too_small else ""
    )
    yield known(
        count_key,
        Section.SIZE,
        count_label,
        float(sum(one.measurable for one in found)),
        f"Measured on {on}{left_out}." if found else f"No {outlines.noun} found, so there is nothing to measure.",
        region=region,
    )
    axial = material.stack.geometry.axial_axis
    for number, one in enumerate(measurable, start=1):
        height = _height(material, axial, one.slice_index)
        for which, value in (("longest", one.longest), ("perpendicular", one.perpendicular)):
            words = "Longest diameter" if which == "longest" else "Diameter perpendicular to it"
            yield known(
                f"diameters.{region}.{number}.{which}",
                Section.SIZE,
                f"{words}, lesion {number}, {name}",
                value,
                f"In the axial slice at {height}, where the product of both diameters is largest, as RANO measures.",
                unit="mm",
                region=region,
            )
    sums = [_sum(_diameters(material, outlines, member)) for member in outlines.members]
    yield known(
        sum_key,
        Section.SIZE,
        sum_label,
        _sum(found),
        f"Over at most {MOST_LESIONS} lesions of at least {limits}, the largest first.",
        unit="mm²",
        region=region,
        **over_segmenters(sums),
    )


def _measured_on(material: Material) -> RegionOutlines:
    """The outlines that RANO measures: enhancing tumor if there is a lesion of it, else whole tumor."""
    fewest = smallest_lesion(material.voxel_ml if material.trusted else None)
    *preferred, last = _to_measure(material)
    return next((outlines for outlines in preferred if lesions(outlines.record, fewest)[1]), last)


def _to_measure(material: Material) -> Iterator[RegionOutlines]:
    """The enhancing part of a tumor, then the whole; the outermost region of a task that has neither."""
    task = material.case.task
    by_region = {outlines.region: outlines for outlines in material.outlines}
    parts = (by_region.get(name) for name in (task.part("enhancing"), task.part("whole")))
    seen = material.case.contrasts  # what they cannot show is drawn by guess
    there = [one for one in parts if one is not None and not task.region(one.region).missing(seen)]
    yield from there or material.outlines[:1]


def _diameters(material: Material, outlines: RegionOutlines, outline: npt.NDArray[np.bool_]) -> list[Diameters]:
    """Diameters of every lesion of one outline, largest product first."""
    labels, which = lesions(outline, smallest_lesion(material.voxel_ml))
    boxes = ndimage.find_objects(labels) if which else []  # scipy knows no objects of an empty array
    measured = []
    for label in which:
        here = boxes[label - 1]
        k, j, i = (axis.start + inner.start for axis, inner in zip(outlines.box, here, strict=True))
        measured.append(measure_diameters(labels[here] == label, material.stack.geometry, (k, j, i)))
    return sorted((one for one in measured if one is not None), key=lambda one: -one.product)


def _sum(found: list[Diameters]) -> float:
    return sum(one.product for one in [one for one in found if one.measurable][:MOST_LESIONS])


def _height(material: Material, axial: int, index: int) -> str:
    """Where the middle of an axial slice is along the body, in words."""
    center = [(n - 1) / 2 for n in material.stack.geometry.shape]
    center[axial] = float(index)
    height = float(material.stack.geometry.ras(center)[2])
    return f"{'S' if height >= 0 else 'I'} {abs(height):.1f} mm"
