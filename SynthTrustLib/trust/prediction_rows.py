"""PREDICTION: calibrated statements. Without a calibration they are unknown and never guessed."""

from __future__ import annotations

from collections.abc import Iterator

from SynthTrustLib.trust.rows import SPACING_UNTRUSTED, unknown
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import REGION_NAMES, Region

NOT_CALIBRATED = "Not calibrated yet for this set of segmenters on labelled patients, so it is not guessed."


def prediction_rows(regions: tuple[Region, ...], trusted: bool) -> Iterator[Row]:
    """Predicted Dice and volume per region, and whether the patient is like those that were learned from."""
    for region in regions:
        label = f"Predicted Dice, {REGION_NAMES[region]}"
        yield unknown(f"predicted_dice.{region}", Section.PREDICTION, label, NOT_CALIBRATED, region=region)
    for region in regions:
        yield unknown(
            f"predicted_volume.{region}",
            Section.PREDICTION,
            f"Volume interval with stated coverage, {REGION_NAMES[region]}",
            NOT_CALIBRATED if trusted else SPACING_UNTRUSTED,
            unit="mL",
            region=region,
        )
    yield unknown(
        "in_distribution", Section.PREDICTION, "In-distribution p-value of the patient's scans", NOT_CALIBRATED
    )
