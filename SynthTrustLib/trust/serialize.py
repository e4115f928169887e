"""The scorecard as JSON and back. The JSON form is described by ``Resources/Schemas/scorecard.schema.json``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from SynthTrustLib.errors import InputError, SegmenterError
from SynthTrustLib.maps.trust_maps import ReviewSpot
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.card_json import card_from_dict, card_to_dict
from SynthTrustLib.trust.scorecard import DoseResponse, Row, Scorecard, Section
from SynthTrustLib.vocabulary import Evidence, Region, Status

FORMAT = 1
"""Version of the JSON form of a scorecard."""


def to_dict(scorecard: Scorecard) -> dict[str, Any]:
    """The scorecard as plain JSON values; `from_dict` gives an equal one back."""
    return {
        "format": FORMAT,
        "case_label": scorecard.case_label,
        "is_synthetic_patient": scorecard.is_synthetic_patient,
        "rows": [_row_to_dict(row) for row in scorecard.rows],
        "segmenters": [card_to_dict(card) for card in scorecard.segmenters],
        "skipped": dict(scorecard.skipped),
        "pairwise_dice": {
            str(region): [list(row) for row in matrix] for region, matrix in scorecard.pairwise_dice.items()
        },
        "dose_response": [_response_to_dict(response) for response in scorecard.dose_response],
        "review_spots": [_spot_to_dict(spot) for spot in scorecard.review_spots],
        "record": scorecard.record,
        "jury": list(scorecard.jury),
        "provenance": dict(scorecard.provenance),
    }


def from_dict(data: Mapping[str, Any]) -> Scorecard:
    """The scorecard that `data` (parsed JSON) holds. Works without jsonschema.

    Raises
    ------
    InputError
        If something is missing or of the wrong kind, or the format is another.
    """
    try:
        if data["format"] != FORMAT:
            raise InputError(
                f"it is of format {data['format']}, this SynthTrust reads format {FORMAT}",
                source="scorecard",
                next_step="Open it with the version of SynthTrust that wrote it, or assess the patient again.",
            )
        return Scorecard(
            rows=tuple(_row_from_dict(row) for row in data["rows"]),
            segmenters=tuple(card_from_dict(card, source="scorecard") for card in data["segmenters"]),
            skipped=dict(data["skipped"]),
            pairwise_dice={
                Region(region): tuple(tuple(row) for row in matrix) for region, matrix in data["pairwise_dice"].items()
            },
            dose_response=tuple(_response_from_dict(response) for response in data["dose_response"]),
            review_spots=tuple(_spot_from_dict(spot) for spot in data["review_spots"]),
            record=data.get("record", POOLED),
            jury=tuple(data.get("jury", ())),
            provenance=dict(data["provenance"]),
            case_label=data["case_label"],
            is_synthetic_patient=data["is_synthetic_patient"],
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, SegmenterError) as error:
        raise _wrong(str(error) or type(error).__name__) from error


def validate(data: Mapping[str, Any]) -> None:
    """Check `data` against the schema, and what a schema cannot say: unique keys, matrices of the right size.

    Raises
    ------
    InputError
        With the place of the first thing that is wrong.
    """
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schemas = [
        json.loads(resource_path(f"Schemas/{name}.schema.json").read_text("utf-8"))
        for name in ("scorecard", "segmenter")
    ]
    registry: Registry = Registry().with_resources(
        [(schema["$id"], Resource.from_contents(schema)) for schema in schemas]
    )
    errors = sorted(
        Draft202012Validator(schemas[0], registry=registry).iter_errors(data), key=lambda error: str(error.json_path)
    )
    if errors:
        raise _wrong(f"{errors[0].json_path}: {errors[0].message[:300]}")
    repeated = [key for key, count in Counter(row["key"] for row in data["rows"]).items() if count > 1]
    if repeated:
        raise _wrong(f"the row {repeated[0]} is there twice")
    members = len(data["segmenters"])
    for region, matrix in data["pairwise_dice"].items():
        if len(matrix) != members or any(len(row) != members for row in matrix):
            raise _wrong(f"pairwise_dice.{region} is not a matrix of {members} by {members}")
    ids = [
        card["id"]
        for card in data["segmenters"]
        if card["training_mix"]["synthetic_fraction"] is not None and card["id"] in data["jury"]
    ]
    for response in data["dose_response"]:
        if [point["segmenter"] for point in response["points"]] != ids:
            raise _wrong(
                f"dose_response of {response['region']} does not have one point per juror of known mix, in order"
            )
    if [spot["rank"] for spot in data["review_spots"]] != list(range(1, len(data["review_spots"]) + 1)):
        raise _wrong("the ranks of review_spots are not 1, 2, 3, ...")


def _wrong(problem: str) -> InputError:
    return InputError(
        f"it is not a scorecard ({problem})",
        source="scorecard",
        next_step="Assess the patient again; if that does not help, report it to the makers of SynthTrust.",
    )


def _row_to_dict(row: Row) -> dict[str, Any]:
    return {
        "key": row.key,
        "section": str(row.section),
        "label": row.label,
        "value": row.value,
        "unit": row.unit,
        "evidence": str(row.evidence),
        "status": str(row.status),
        "reason": row.reason,
        "region": None if row.region is None else str(row.region),
        "segmenter": row.segmenter,
        "interval": None if row.interval is None else list(row.interval),
        "interval_meaning": row.interval_meaning,
        "track_record": row.track_record,
        "withdrawn": row.withdrawn,
    }


def _row_from_dict(data: Mapping[str, Any]) -> Row:
    fields = dict(data)
    fields["section"] = Section(fields["section"])
    fields["evidence"] = Evidence(fields["evidence"])
    fields["status"] = Status(fields["status"])
    fields["region"] = None if fields["region"] is None else Region(fields["region"])
    if fields["interval"] is not None:
        low, high = fields["interval"]
        fields["interval"] = (low, high)
    return Row(**fields)


def _response_to_dict(response: DoseResponse) -> dict[str, Any]:
    return {
        "region": str(response.region),
        "points": [
            {"segmenter": segmenter, "synthetic_fraction": fraction, "volume_ml": volume, "voxels": voxels}
            for (segmenter, fraction, volume), voxels in zip(response.points, response.voxels, strict=True)
        ],
        "slope": response.slope,
        "slope_standard_error": response.slope_standard_error,
        "intercept": response.intercept,
    }


def _response_from_dict(data: Mapping[str, Any]) -> DoseResponse:
    return DoseResponse(
        region=Region(data["region"]),
        points=tuple((p["segmenter"], p["synthetic_fraction"], p["volume_ml"]) for p in data["points"]),
        voxels=tuple(p["voxels"] for p in data["points"]),
        slope=data["slope"],
        slope_standard_error=data["slope_standard_error"],
        intercept=data["intercept"],
    )


def _spot_to_dict(spot: ReviewSpot) -> dict[str, Any]:
    return {
        "rank": spot.rank,
        "region": str(spot.region),
        "ras": list(spot.ras),
        "kji": list(spot.kji),
        "peak_value": spot.peak_value,
        "mean_value": spot.mean_value,
        "voxels": spot.voxels,
        "volume_ml": spot.volume_ml,
        "reason": spot.reason,
    }


def _spot_from_dict(data: Mapping[str, Any]) -> ReviewSpot:
    fields = dict(data)
    r, a, s = fields["ras"]
    k, j, i = fields["kji"]
    return ReviewSpot(**(fields | {"region": Region(fields["region"]), "ras": (r, a, s), "kji": (k, j, i)}))
