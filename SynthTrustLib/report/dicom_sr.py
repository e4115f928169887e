"""The scorecard's figures for the archive: a DICOM measurement report (SR, TID 1500) about the outline of record.

It carries the patient's name and id, copied from the source series, and no other text of it. What a row withdraws or
does not know is said in words and never as a number. Nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

import SynthTrustLib
from SynthTrustLib.report import dicom_codes as codes
from SynthTrustLib.report.dicom_object import (
    CODING_SCHEME,
    MANUFACTURER,
    MODEL,
    Algorithm,
    algorithm_of,
    code_of,
    equipment,
    highdicom_or_error,
    making_dicom,
    part_code,
    save_dicom,
    why_guess,
)
from SynthTrustLib.report.wording import INTENDED_USE
from SynthTrustLib.trust.scorecard import Row, Scorecard, Section
from SynthTrustLib.trust.verdict import Verdict
from SynthTrustLib.vocabulary import Status

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

REPORT_NAME = "measurements"
SERIES_NUMBER = 9099
"""Just before the outlines and maps that it is about."""

_PLACE = ("PixelSpacing", "SliceThickness", "ImagePositionPatient", "ImageOrientationPatient")
"""What the image library says of a slice, and needs for that."""

_UNITS = {
    "mL": "UCUM^mL^milliliter",
    "mm": "UCUM^mm^millimeter",
    "mm²": "UCUM^mm2^square millimeter",
    "": "UCUM^1^no units",
}
_LOWEST_AND_HIGHEST = {
    codes.VOLUME: (codes.LOWEST_VOLUME, codes.HIGHEST_VOLUME),
    codes.SUM_OF_PRODUCTS: (codes.LOWEST_SUM, codes.HIGHEST_SUM),
}
_EDITED = "Not stated: the outline was edited after the run, and this figure is of the outline before."


@dataclass(frozen=True)
class Review:
    """What became of a result after the run."""

    verdicts: Sequence[Verdict] = ()
    """Of the reviewer, one for a region at most."""
    volumes_now: Mapping[str, float | None] | None = None
    """Where the outline of record was edited: what its regions measure now, in mL. The run's figures of its size and
    quality are left out then."""


NOT_REVIEWED = Review()


@dataclass(frozen=True)
class _Number:
    """One figure: a code, its value and unit, how far the truth may lie above and below, and what it is of."""

    code: str
    value: float
    unit: str
    up: float | None = None
    down: float | None = None
    of: str = ""


@dataclass
class _Found:
    """What is said of a region: numbers, and sentences under a code."""

    numbers: list[_Number] = field(default_factory=list)
    sentences: list[tuple[str, str]] = field(default_factory=list)


def write_measurement_report(
    folder: Path,
    images: Sequence[Dataset],
    scorecard: Scorecard,
    review: Review = NOT_REVIEWED,
    *,
    others: Sequence[Dataset] = (),
) -> list[str]:
    """Write the measurement report beside the SEG objects, to which it refers where that of the record is there.

    `folder`: where `write_dicom` has written: ``seg_<record>.dcm`` is referred to. An outline made elsewhere has none.
    `images`: the headers of the series that the outlines lie on (`source_images`). `others`: those of the other
    contrasts that were used (`other_sources`).

    Returns the name of the file; none where no region was judged, as there is nothing to report. Raises OutputError if
    highdicom is missing.
    """
    hd = highdicom_or_error()
    regions = [row.region for row in scorecard.section(Section.STATUS) if row.region]
    if not regions:
        return []
    segmentation = _segmentation_in(folder, scorecard.record)
    card = next((card for card in scorecard.segmenters if card.id == scorecard.record), None)
    outside = card is not None and card.is_outside
    algorithm = None if outside else algorithm_of(scorecard.record, card, scorecard)
    with making_dicom():
        groups = [_group(hd, region, scorecard, review, algorithm, segmentation, images) for region in regions]
        content = hd.sr.MeasurementReport(
            observation_context=hd.sr.ObservationContext(
                observer_device_context=hd.sr.ObserverContext(
                    code_of("DCM^121007^Device"),
                    hd.sr.DeviceObserverIdentifyingAttributes(
                        uid=hd.UID.from_uuid(str(uuid5(NAMESPACE_OID, f"{MODEL} {SynthTrustLib.__version__}"))),
                        name=MODEL,
                        manufacturer_name=MANUFACTURER,
                        model_name=MODEL,
                        serial_number=SynthTrustLib.__version__,
                    ),
                )
            ),
            procedure_reported=code_of("SCT^113091000^Magnetic resonance imaging"),
            imaging_measurements=groups,
            title=code_of("DCM^126000^Imaging Measurement Report"),
            referenced_images=[_library_entry(image) for image in (*images, *others)],
        )
        content[0].ContentSequence.append(_of_the_whole(hd, scorecard))
        report = hd.sr.Comprehensive3DSR(
            evidence=[*images, *others, *([segmentation] if segmentation is not None else [])],
            content=content,
            is_complete=True,
            is_final=False,
            series_description="SynthTrust measurements",
            **equipment(hd, SERIES_NUMBER),
        )
        report.CodingSchemeIdentificationSequence = [_our_scheme()]
        return [save_dicom(report, folder, REPORT_NAME)]


def _library_entry(image: Dataset) -> Dataset:
    """What the image library says of an image: without its place where it has none of its own, such as a multi-frame
    one. highdicom would ask for it by the modality."""
    if all(image.get(name) not in (None, "") for name in _PLACE):
        return image
    import pydicom

    entry = pydicom.Dataset()
    for name in ("SOPClassUID", "SOPInstanceUID", "FrameOfReferenceUID", "Rows", "Columns"):
        if name in image:
            setattr(entry, name, image.get(name))
    entry.Modality = "OT"
    return entry


def _segmentation_in(folder: Path, record: str) -> Dataset | None:
    import pydicom

    path = folder / f"seg_{record}.dcm"
    return pydicom.dcmread(path, stop_before_pixels=True) if path.is_file() else None


def _our_scheme() -> Dataset:
    import pydicom

    scheme = pydicom.Dataset()
    scheme.CodingSchemeDesignator = CODING_SCHEME
    scheme.CodingSchemeName = "SynthTrust's private codes (Docs/dicom.md)"
    scheme.CodingSchemeResponsibleOrganization = MANUFACTURER
    return scheme


def _of_the_whole(hd: Any, scorecard: Scorecard) -> Any:
    """What holds for all regions: the use, whose outline it is, and whose agreement was judged."""
    names = {card.id: card.name for card in scorecard.segmenters}
    container = hd.sr.ContainerContentItem(
        name=code_of(codes.EVALUATIONS), relationship_type=hd.sr.RelationshipTypeValues.CONTAINS
    )
    jury = ", ".join(names.get(identifier, identifier) for identifier in scorecard.jury)
    said = [(codes.USE, INTENDED_USE), (codes.RECORD, scorecard.record_name), (codes.JURY, jury)]
    container.ContentSequence = hd.sr.ContentSequence(_texts(hd, said))
    return container


def _group(
    hd: Any,
    region: str,
    scorecard: Scorecard,
    review: Review,
    algorithm: Algorithm | None,
    segmentation: Dataset | None,
    images: Sequence[Dataset],
) -> Any:
    """One region as TID 1411 with its segment; as TID 1501 where there is none to refer to."""
    task, rows = scorecard.task, {row.key: row for row in scorecard.rows}
    found = _Found()
    _add_size(found, region, scorecard, rows, review)
    _add_predictions(found, region, rows, review)
    segment = _segment_of(segmentation, region)
    tracking_id = f"{scorecard.record} {region}" if segment is None else segment.TrackingID
    status = rows[f"status.{region}"]
    found.sentences.insert(0, (codes.REASON, status.reason))
    judged = _status(status)
    if review.volumes_now is not None:
        found.sentences[0] = (codes.NOT_STATED, f"Status: {_EDITED}")
        judged = Status.UNKNOWN
    elif status.track_record:
        found.sentences.append((codes.TRACK_RECORD, f"Status: {status.track_record}"))
    verdict = next((verdict for verdict in review.verdicts if verdict.region == region), None)
    if verdict is not None:
        told = ((codes.COMMENT, verdict.comment), (codes.REVIEWER, verdict.reviewer), (codes.REVIEWED, verdict.time))
        found.sentences += [pair for pair in told if pair[1]]
    given: dict[str, Any] = {
        "tracking_identifier": hd.sr.TrackingIdentifier(
            uid=None if segment is None else segment.TrackingUID, identifier=tracking_id
        ),
        "finding_type": code_of(task.region(region).type),
        "finding_category": code_of(task.category),
        "finding_sites": [hd.sr.FindingSite(code_of(task.anatomy))],
        "measurements": [_measurement(hd, number) for number in found.numbers],
        "qualitative_evaluations": [
            hd.sr.QualitativeEvaluation(code_of(codes.PART), code_of(part_code(task, region))),
            hd.sr.QualitativeEvaluation(code_of(codes.STATUS), code_of(codes.STATUSES[judged])),
            hd.sr.QualitativeEvaluation(
                code_of(codes.VERDICT), code_of(codes.VERDICTS[verdict.decision] if verdict else codes.NO_VERDICT)
            ),
        ],
    }
    if algorithm is not None:
        given["algorithm_id"] = hd.sr.AlgorithmIdentification(
            name=algorithm.name,
            version=algorithm.version,
            parameters=[f"{name}: {value}" for name, value in algorithm.parameters.items()],
            family=code_of("DCM^123110^Artificial Intelligence"),
            manufacturer=MANUFACTURER,
        )
    if segmentation is None or segment is None:
        group = hd.sr.MeasurementsAndQualitativeEvaluations(**given)
    else:
        referenced = hd.sr.ReferencedSegment(
            sop_class_uid=segmentation.SOPClassUID,
            sop_instance_uid=segmentation.SOPInstanceUID,
            segment_number=int(segment.SegmentNumber),
            source_series=hd.sr.SourceSeriesForSegmentation(images[0].SeriesInstanceUID),
        )
        group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(referenced_segment=referenced, **given)
    for item in _texts(hd, found.sentences):
        group[0].ContentSequence.append(item)
    return group


def _status(row: Row) -> Status:
    return row.status if row.status in codes.STATUSES else Status.UNKNOWN


def _segment_of(segmentation: Dataset | None, region: str) -> Any | None:
    segments = [] if segmentation is None else segmentation.SegmentSequence
    return next((segment for segment in segments if str(segment.SegmentLabel).split()[0] == region), None)


def _texts(hd: Any, said: Iterable[tuple[str, str]]) -> Iterator[Any]:
    for code, text in said:
        if text:  # a text item may not be empty
            yield hd.sr.TextContentItem(
                name=code_of(code), value=text, relationship_type=hd.sr.RelationshipTypeValues.CONTAINS
            )


def _measurement(hd: Any, number: _Number) -> Any:
    """TID 300; the uncertainties have the value's unit, which highdicom would leave out."""
    unit = code_of(_UNITS[number.unit])
    measurement = hd.sr.Measurement(
        name=code_of(number.code),
        value=float(number.value),
        unit=unit,
        tracking_identifier=hd.sr.TrackingIdentifier(identifier=number.of) if number.of else None,
    )
    sides = ((codes.UPPER_UNCERTAINTY, number.up), (codes.LOWER_UNCERTAINTY, number.down))
    properties = [
        hd.sr.NumContentItem(
            name=code_of(code),
            value=float(distance),
            unit=unit,
            relationship_type=hd.sr.RelationshipTypeValues.HAS_PROPERTIES,
        )
        for code, distance in sides
        if distance is not None
    ]
    if properties:
        item = measurement[0]
        item.ContentSequence = hd.sr.ContentSequence([*item.get("ContentSequence", ()), *properties])
    return measurement


def _add_size(found: _Found, region: str, scorecard: Scorecard, rows: Mapping[str, Row], review: Review) -> None:
    """Volume of the outline of record with its interval, its range among the segmenters, and the diameters."""
    volume = rows.get(f"volume.{region}.{scorecard.record}")
    if guess := why_guess(scorecard, region):
        found.sentences.append((codes.NOT_STATED, f"Sizes: {guess}"))
        return
    if review.volumes_now is not None:
        now = review.volumes_now.get(region)
        if now is not None:
            found.numbers.append(_Number(codes.VOLUME, now, "mL"))
        found.sentences.append((codes.EDITED, "The volume is that of the outline as it is now."))
    elif volume is not None:
        stated = rows.get(f"predicted_volume.{region}")
        _add(found, codes.VOLUME, volume, stated=stated)
        if stated is not None and (why := _why_not(stated)):
            found.sentences.append((codes.NOT_STATED, f"{stated.label}: {why}"))
    for row in scorecard.rows:
        if row.region != region or not row.key.startswith(f"diameters.{region}."):
            continue
        if review.volumes_now is not None:
            found.sentences.append((codes.NOT_STATED, f"Diameters: {_EDITED}"))
            return
        *_, which, what = row.key.split(".")
        lesion = f"{scorecard.record} {region} lesion {which}"
        if what == "longest":
            _add(found, codes.LONG_AXIS, row, of=lesion)
        elif what == "perpendicular":
            _add(found, codes.SHORT_AXIS, row, of=lesion)
        else:
            _add(found, codes.LESIONS if what == "count" else codes.SUM_OF_PRODUCTS, row)


def _add_predictions(found: _Found, region: str, rows: Mapping[str, Row], review: Review) -> None:
    for key, code in (("predicted_dice", codes.PREDICTED_DICE), ("border_margin", codes.BORDER_MARGIN)):
        row = rows.get(f"{key}.{region}")
        if row is None:
            continue
        if review.volumes_now is not None:
            found.sentences.append((codes.NOT_STATED, f"{row.label}: {_EDITED}"))
        else:
            _add(found, code, row, stated=row)


def _why_not(row: Row) -> str:
    """Why a row's figure must not be stated; empty where it may be."""
    return row.withdrawn or (row.reason if row.value is None else "")


def _add(found: _Found, code: str, row: Row, *, stated: Row | None = None, of: str = "") -> None:
    """A row as a number, with the interval of the row `stated`; or why there is none."""
    if why := _why_not(row):
        found.sentences.append((codes.NOT_STATED, f"{row.label}: {why}"))
        return
    value = float(row.value)  # type: ignore[arg-type]  # sizes and predictions are numbers
    up = down = None
    if stated is not None and not _why_not(stated) and stated.interval is not None:
        low, high = stated.interval
        if low <= value <= high:
            down, up = value - low, high - value
            found.sentences.append((codes.INTERVAL, f"{row.label}: {stated.interval_meaning}."))
        else:  # what an outline tends to miss may put all of the interval above it: no uncertainty of it has a sign
            ends = f"{low:.4g} to {high:.4g} {row.unit}".strip()
            found.sentences.append((codes.INTERVAL, f"{row.label}: {ends}, {stated.interval_meaning}."))
    if stated is not None and not _why_not(stated) and stated.track_record:
        found.sentences.append((codes.TRACK_RECORD, f"{row.label}: {stated.track_record}"))
    found.numbers.append(_Number(code, value, row.unit, up, down, of))
    if row.interval is not None and code in _LOWEST_AND_HIGHEST:
        for name, bound in zip(_LOWEST_AND_HIGHEST[code], row.interval, strict=True):
            found.numbers.append(_Number(name, bound, row.unit))
