"""Results for the archive that the patient came from: outlines as SEG, maps as Parametric Maps, figures as SR.

These objects carry the patient's name and id, copied from the source series: an archive files them by that. They are
written only when the user asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.dicom.file import read_elements
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import InputError
from SynthTrustLib.maps.kind import MapKind
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.plain_text import plain_text
from SynthTrustLib.progress import Progress, Steps, finish, in_background, part
from SynthTrustLib.report.dicom_object import (
    CODING_SCHEME,
    MANUFACTURER,
    algorithm_of,
    code_of,
    dicom_text,
    equipment,
    highdicom_or_error,
    making_dicom,
    part_code,
    refer_also,
    save_dicom,
    why_guess,
)
from SynthTrustLib.report.dicom_source import (
    IDENTIFIERS,
    is_multi_frame,
    left_empty,
    on_grid,
    other_sources,
    source_images,
    why_no_reference,
)
from SynthTrustLib.report.dicom_sr import write_measurement_report
from SynthTrustLib.segmenters.label_map import are_nested, label_map
from SynthTrustLib.segmenters.outlines import Outlines
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.scorecard import Scorecard

if TYPE_CHECKING:
    import highdicom
    from pydicom.dataset import Dataset

FIRST_SERIES_NUMBER = 9100
"""Of the results, far from those of a scanner."""

_SHARED = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
"""What all images of a series must have in common for an object to refer to them."""


def can_write_dicom(case: PatientCase) -> str:
    """Empty where the case's reference series came from DICOM, else why its results cannot go back there."""
    files = case.volumes[case.reference].files
    if not files:
        return f"the reference series ({case.reference}) did not come from DICOM"
    if not any(files):
        return f"no slice of the reference series ({case.reference}) is as it was stored"
    used = list(dict.fromkeys(path for path in files if path is not None))
    heads = [read_elements(path, [*_SHARED, *IDENTIFIERS]) for path in used]
    shared = {tuple(str(head.get(name, "")) for name in _SHARED) for head in heads}
    own = {str(head.get("SOPInstanceUID", "")) for head in heads}
    if len(shared) > 1 or len(own) < len(used):
        return f"the identifiers in the reference series ({case.reference}) are not those of one series of images"
    why = next(filter(None, map(why_no_reference, heads)), "")
    if why:
        return f"no object can refer to the images of the reference series ({case.reference}): {why}"
    if len(used) > 1 and any(map(is_multi_frame, heads)):
        return f"the reference series ({case.reference}) lies in {len(used)} multi-frame files, and not in one"
    return ""


def not_taken_over(case: PatientCase) -> str:
    """Names of what the reference series states in no way that DICOM allows; objects leave it empty."""
    files = [path for path in case.volumes[case.reference].files or () if path is not None]
    return ", ".join(left_empty(files))


def write_dicom(folder: Path, case: PatientCase, outcome: Outcome) -> list[str]:
    """Write one SEG per segmenter of ours, one for the pooled outline, and one Parametric Map per map and region.

    All lie on the grid of the reference series, refer to its images and those of the other contrasts, and hold one
    segment per region. The outline of record is there as a label map too, and a measurement report says what the
    scorecard says of it.

    Returns the names of the files, in `folder`, which is made. Raises InputError if the case did not come from DICOM.
    Raises OutputError if highdicom is missing, or can make no object of what the headers say.
    """
    highdicom = highdicom_or_error()
    why = can_write_dicom(case)
    if why:
        raise InputError(why, source=str(case.reference), next_step="Leave the DICOM results out.")
    source = source_images(path for path in case.volumes[case.reference].files if path is not None)
    contrasts = [name for name in case.contrasts if name != case.reference]
    others = other_sources((path for name in contrasts for path in case.volumes[name].files if path), source)
    outlines = outcome.outlines.items()
    names = finish(writing_segmentations(folder, source, case.geometry, outlines, outcome.scorecard, others=others))
    number = FIRST_SERIES_NUMBER + len(names)
    placed = on_grid(source, case.geometry)
    for kind, by_region in outcome.maps.items():
        for region, layer in by_region.items():
            values = layer.whole(case.geometry.shape)
            with making_dicom():
                parametric = _parametric_map(
                    highdicom, placed, case.geometry, MAPS[kind], region, values, number, case.task
                )
                refer_also(parametric, others)
                names.append(save_dicom(parametric, folder, f"map_{MAPS[kind].key(region)}"))
            number += 1
    return [*names, *write_measurement_report(folder, source, outcome.scorecard, others=others)]


def writing_segmentations(
    folder: Path,
    images: Sequence[Dataset],
    geometry: Geometry,
    outlines: Iterable[tuple[str, Outlines]],
    scorecard: Scorecard,
    *,
    others: Sequence[Dataset] = (),
    edited: Collection[str] = (),
) -> Steps[list[str]]:
    """Write one SEG per outline, one after the other; one that was made elsewhere is not ours to sign.

    `images`: the headers of the series that the outlines lie on (`source_images`). `geometry`: the grid of the
    outlines. `outlines`: ids of members, or `POOLED`, with what they outline. `scorecard`: with the members' cards, and
    whose answers the pooled outline is made of. `others`: the headers of the other contrasts that were used
    (`other_sources`): they are referred to as well. `edited`: names of outlines that somebody has changed since they
    were drawn: those are marked as semi-automatic.

    Returns the names of the files, in `folder`, which is made. Raises OutputError if highdicom is missing.
    """
    highdicom = highdicom_or_error()
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    cards = {card.id: card for card in scorecard.segmenters}
    placed = on_grid(images, geometry)
    for name, outline in outlines:
        card = cards.get(name)
        if card is not None and card.is_outside:
            continue
        how = "SEMIAUTOMATIC" if name in edited else "AUTOMATIC"
        of_record = name == scorecard.record and are_nested(outline, scorecard.task)
        for kind, labels in (("seg", False), *([("labelmap", True)] if of_record else [])):
            number, done = FIRST_SERIES_NUMBER + len(names), len(names) / (len(cards) + 2)
            given = (highdicom, placed, geometry, name, card, scorecard, outline, number, how)
            make = partial(_segmentation, *given, labels=labels)
            saved = partial(_save_made, make, others, folder, f"{kind}_{name}")
            names.append((yield from part(in_background(saved), done, done)))
    return names


def _save_made(make: Callable[[], Dataset], others: Sequence[Dataset], folder: Path, name: str, _: Progress) -> str:
    with making_dicom():
        made = make()
        refer_also(made, others)
        return save_dicom(made, folder, name)


def _volume(hd: Any, array: npt.NDArray, geometry: Geometry, source: Sequence[Dataset]) -> highdicom.Volume:
    """highdicom's volume: axes (k, j, i), affine from (k, j, i) to LPS mm."""
    reference = str(source[0].get("FrameOfReferenceUID", "")) or None
    return hd.Volume(array, geometry.kji_to_lps, coordinate_system="PATIENT", frame_of_reference_uid=reference)


def _segmentation(
    hd: Any,
    source: Sequence[Dataset],
    geometry: Geometry,
    name: str,
    card: SegmenterCard | None,
    scorecard: Scorecard,
    outline: Outlines,
    number: int,
    how: str,
    *,
    labels: bool = False,
) -> Dataset:
    """A binary SEG with a segment for each region, or a label map whose labels are the task's."""
    from pydicom.sr.codedict import codes

    task = scorecard.task
    made_by = algorithm_of(name, card, scorecard)
    algorithm = hd.AlgorithmIdentificationSequence(
        name=made_by.name,
        version=made_by.version,
        family=codes.cid7162.ArtificialIntelligence,
        parameters=made_by.parameters,
    )
    kind = hd.seg.SegmentationTypeValues.LABELMAP if labels else hd.seg.SegmentationTypeValues.BINARY
    numbers = [task.region(region).label if labels else n for n, region in enumerate(outline, start=1)]
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=n,
            segment_label=_label_words(region, outline, task)
            if labels
            else dicom_text(f"{region} {task.name(region)}"),
            segmented_property_category=code_of(task.category),
            segmented_property_type=code_of(task.region(region).type),
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues(how),
            algorithm_identification=algorithm,
            anatomic_regions=[code_of(task.anatomy)],
            tracking_uid=hd.UID(),
            tracking_id=dicom_text(f"{name} {region}"),
            display_color=_colour(hd, task.region(region).colour),
        )
        for n, region in sorted(zip(numbers, outline, strict=True))
    ]
    for segment, (_, region) in zip(descriptions, sorted(zip(numbers, outline, strict=True)), strict=True):
        # All regions may be of one type: its modifier tells them apart. What is left of a region has no code.
        if not labels or not any(inner in outline for inner in task.within(region)):
            modifier = hd.sr.CodedConcept.from_code(code_of(part_code(task, region)))
            segment.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
        if guess := why_guess(scorecard, region):
            segment.SegmentDescription = plain_text(guess)
    return hd.seg.Segmentation(
        source_images=source,
        # The regions overlap, so in a binary one each has its own channel rather than a label.
        pixel_array=_volume(hd, label_map(outline, geometry.shape, task), geometry, source)
        if labels
        else _volume_of_masks(hd, outline, geometry, source),
        segmentation_type=kind,
        segment_descriptions=descriptions,
        # An outline may be empty (no tumor found): then every frame is kept, since an object without any is not valid.
        omit_empty_frames=any(mask.count for mask in outline.values()),
        content_label="SYNTHTRUST",
        content_description=dicom_text(f"Tumor outline, {name}"),
        content_creator_name=f"{MANUFACTURER}^",
        series_description=dicom_text(f"SynthTrust {name}{', label map' if labels else ''}"),
        **equipment(hd, number),
    )


def _colour(hd: Any, colour: str) -> Any:
    """A task's ``#rrggbb`` as a viewer is asked to show the segment."""
    return hd.color.CIELabColor.from_rgb(*(int(colour[n : n + 2], 16) for n in (1, 3, 5)))


def _label_words(region: str, outline: Outlines, task: Task) -> str:
    """What one label of a label map is: the region without those inside it."""
    inner = [name for name in task.within(region) if name in outline]
    return dicom_text(f"{region} without {', '.join(inner)}" if inner else f"{region} {task.name(region)}")


def _volume_of_masks(hd: Any, outline: Outlines, geometry: Geometry, source: Sequence[Dataset]) -> highdicom.Volume:
    stacked = np.stack([mask.whole(geometry.shape) for mask in outline.values()], axis=-1).astype(np.uint8)
    plain = _volume(hd, np.zeros((1, 1, 1), np.uint8), geometry, source)
    return hd.Volume(
        stacked,
        plain.affine,
        coordinate_system="PATIENT",
        frame_of_reference_uid=plain.frame_of_reference_uid,
        channels={"SegmentNumber": list(range(1, len(outline) + 1))},
    )


def _parametric_map(
    hd: Any,
    source: Sequence[Dataset],
    geometry: Geometry,
    kind: MapKind,
    region: str | None,
    values: npt.NDArray[np.float32],
    number: int,
    task: Task,
) -> Dataset:
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    low, high = kind.window
    meaning = kind.quantity if region is None else f"{kind.quantity}, {region}"
    mapping = hd.pm.RealWorldValueMapping(
        lut_label=kind.id[:16],
        lut_explanation=dicom_text(kind.quantity),
        unit=codes.UCUM.NoUnits,
        value_range=(low, high),
        slope=1.0,
        intercept=0.0,
        quantity_definition=Code(kind.key(region)[:16], CODING_SCHEME, dicom_text(meaning)),
    )
    parametric = hd.pm.ParametricMap(
        source_images=source,
        pixel_array=_volume(hd, np.ascontiguousarray(values, np.float32), geometry, source),
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[hd.VOILUTTransformation(window_center=(low + high) / 2, window_width=high - low)],
        content_label=kind.id.upper()[:16],
        content_description=dicom_text(meaning),
        content_creator_name=f"{MANUFACTURER}^",
        series_description=dicom_text(f"SynthTrust {kind.id} {region or ''}"),
        **equipment(hd, number),
    )
    return _for_slicers_reader(hd, parametric, task)


def _for_slicers_reader(hd: Any, parametric: Dataset, task: Task) -> Dataset:
    """What the standard leaves to the writer, as dcmqi needs it, through which Slicer reads Parametric Maps.

    It ends without an anatomy, and takes the frames to rise along the cross product of the rows and columns whatever
    their positions say; highdicom writes them falling.
    """
    import pydicom

    anatomy = pydicom.Dataset()
    anatomy.AnatomicRegionSequence = [hd.sr.CodedConcept.from_code(code_of(task.anatomy))]
    anatomy.FrameLaterality = "U"
    shared = parametric.SharedFunctionalGroupsSequence[0]
    shared.FrameAnatomySequence = [anatomy]
    axes = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, np.float64).reshape(2, 3)
    frames = list(parametric.PerFrameFunctionalGroupsSequence)
    first, last = (
        np.array(frame.PlanePositionSequence[0].ImagePositionPatient, np.float64) for frame in (frames[0], frames[-1])
    )
    if (last - first) @ np.cross(*axes) < 0:
        parametric.PerFrameFunctionalGroupsSequence = frames[::-1]
        pixels = np.frombuffer(parametric.FloatPixelData, "<f4").reshape(len(frames), -1)
        parametric.FloatPixelData = np.ascontiguousarray(pixels[::-1]).tobytes()
    return parametric
