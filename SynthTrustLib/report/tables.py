"""The scorecard and the review spots as CSV (RFC 4180: commas, CRLF, UTF-8) with columns that stay."""

from __future__ import annotations

from SynthTrustLib.maps.spots.spot import ALL
from SynthTrustLib.plain_text import csv_text
from SynthTrustLib.trust.scorecard import Scorecard

REVIEW_SPOT_COLUMNS = (
    "rank",
    "region",
    "r_mm",
    "a_mm",
    "s_mm",
    "i",
    "j",
    "k",
    "peak_disagreement",
    "mean_disagreement",
    "voxels",
    "volume_ml",
    "reason",
    "expected_gain",
    "calibrated",
    "seen_by",
    "choices",
)
SCORECARD_COLUMNS = (
    "key",
    "section",
    "label",
    "value",
    "unit",
    "interval_low",
    "interval_high",
    "interval_meaning",
    "promised",
    "evidence",
    "status",
    "region",
    "segmenter",
    "reason",
    "track_record",
    "withdrawn",
)


def review_spots_csv(scorecard: Scorecard) -> str:
    """The review spots, a line each. Positions in RAS mm and as voxel indices; an unknown volume is an empty cell.

    `choices` are what can be chosen at a spot, with the voxels that come to the region and that go from it.
    """
    return csv_text(
        REVIEW_SPOT_COLUMNS,
        (
            (
                spot.rank,
                spot.region,
                *(f"{coordinate:.2f}" for coordinate in spot.ras),
                *reversed(spot.kji),
                f"{spot.peak_value:.4f}",
                f"{spot.mean_value:.4f}",
                spot.voxels,
                "" if spot.volume_ml is None else f"{spot.volume_ml:.4f}",
                spot.reason,
                "" if spot.expected_gain is None else f"{spot.expected_gain:.4f}",
                spot.calibrated,
                " ".join(spot.seen_by),
                "; ".join(f"{one.choice} +{one.added} -{one.removed}" for one in spot.choices if one.taken == ALL),
            )
            for spot in scorecard.review_spots
        ),
    )


def scorecard_csv(scorecard: Scorecard) -> str:
    """Every row of the scorecard, a line each. An unknown value is an empty cell, never zero."""
    lines = []
    for row in scorecard.rows:
        low, high = row.interval or (None, None)
        fields = {**vars(row), "interval_low": low, "interval_high": high}
        lines.append([fields[column] for column in SCORECARD_COLUMNS])
    return csv_text(SCORECARD_COLUMNS, lines)
