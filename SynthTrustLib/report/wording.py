"""The words and numbers of the report that do not depend on the patient."""

from __future__ import annotations

from dataclasses import replace

from SynthTrustLib.maps.kind import Caption
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Status

MINUS = "\u2212"
COUNTS = ("lesions.", "voxels.")
COUNT = ".count"
"""Keys of rows that count begin with one of those, or end so."""

STATUS_SYMBOLS = {
    Status.AGREE: "=",
    Status.CHECK: "!",
    Status.DO_NOT_RELY: "\u00d7",
    Status.UNKNOWN: "?",
    Status.INFORMATION: "i",
}

STATUS_MEANINGS = {
    Status.AGREE: "most labelled patients who are marked so have a good outline; this one can still be wrong",
    Status.CHECK: "neither can be said: look at the named places before using the outline",
    Status.DO_NOT_RELY: "most labelled patients who are marked so have a poor outline, or most segmenters find none",
    Status.UNKNOWN: "cannot be told for this patient; the reason is given",
}

SECTION_TITLES = {
    Section.STATUS: "What to do, region by region",
    Section.PATIENT: "Input: what was loaded, checked and changed",
    Section.SIZE: "Size",
    Section.AGREEMENT: "Agreement between segmenters",
    Section.UNCERTAINTY: "Uncertainty",
    Section.MIX: "Influence of synthetic training data",
    Section.PREDICTION: "Predictions with a track record",
    Section.REFERENCE: "Against the reference mask",
    Section.SEGMENTERS: "Segmenters",
}

INTENDED_USE = (
    "For research. SynthTrust shows a specialist where segmenters that were trained on different mixes of real and "
    "synthetic scans agree and differ on this patient's MRI, so that the outline can be reviewed. It is not a medical "
    "device and must not be used for diagnosis or for planning or following treatment."
)

OVERRIDE = "You decide: you can disregard or override anything on these pages, the outlines included."

HOW_TO_READ = (
    "Read each region by itself. There is no overall score, on purpose.",
    "“measured” was computed on this patient or on named held-out patients; “declared” was stated by a package or the "
    "user and not checked; “unknown” cannot be had, and the reason says why.",
    "Blue always means real training data, orange synthetic, violet a mix of both.",
    "The range beside a value says in words what it spans; with nothing said, the spread of the segmenters.",
)

CANNOT_TELL = (
    "Whether the outline is right: segmenters that agree may share one error, above all on scans unlike those "
    "that they were trained on.",
    "What kind of lesion it is, its grade, or whether something else is wrong with this brain.",
    "How synthetic training data act in general: the influence shown is that of these segmenters on this patient.",
    "Anything about tumor outside the images, or about a contrast that was not given.",
)


_OTHERS = {
    "overview": Caption(
        "Outlines at the place most worth a look",
        "Axial, coronal and sagittal MRI slices through the place most worth a look, with the outline of "
        "record in white and, in yellow, what some of the jury outline and others do not.",
        "White is the outline of record. Yellow is in doubt: some of the jury outline it, others do not.",
    ),
    "regions": Caption(
        "Outlines close up, region by region",
        "Close-up axial MRI slices for each region, with every segmenter's outline.",
        "Each region on the slice with most disagreement. Colours tell the share of synthetic training data.",
    ),
    "members": Caption(
        "Each segmenter's own answer",
        "The same axial MRI slice once per segmenter, with the regions that it outlines filled in the "
        "colours of the legend. The title gives its share of synthetic training data.",
        "All on the axial slice of the first picture, each at the segmenter's own threshold.",
    ),
    "border_margin": Caption(
        "Margin around the border of record",
        "Axial MRI slices with a band around the outline of record of each region whose margin was calibrated.",
        "95 % of the true border lies inside the band in the stated share of patients; the table says in how many.",
        "No margin was calibrated for these segmenters, contrasts and voxel size, or it does not hold here.",
    ),
    "dose_response": Caption(
        "Dose-response: this patient's volume against the synthetic share",
        "Per region, the volume that each segmenter outlines against its share of synthetic training cases, with the "
        "least-squares line. The figures are in the table of influences and in scorecard.json.",
        "Line: least squares; band: its slope one standard error up and down. A few points fix no law.",
        "It needs segmenters of at least two different synthetic fractions.",
    ),
    "spots": Caption(
        "Review spots close up",
        "Close-up axial MRI slices around the first review spots with the outline of record and the doubt of the jury.",
        "The numbers are those of the table; the cross marks the place.",
    ),
}


_ALONE = {
    "overview": Caption(
        "The outline",
        "Axial, coronal and sagittal MRI slices through the outlined tumor, with the outline of the one segmenter.",
        "One segmenter ran, so there is no other outline to compare it with.",
    ),
    "regions": Caption(
        "The outline close up, region by region",
        "Close-up axial MRI slices for each region, with the segmenter's outline.",
        "Each region on the slice with most of it, on the contrast that shows it best.",
    ),
}
"""Of pictures that compare, for a segmenter that has no other beside it."""


def captions(segmenters: int) -> dict[str, Caption]:
    """Name of a picture -> its words, for a report on so many segmenters."""
    maps = {kind.id: kind.caption for kind in MAPS.values()}
    if segmenters != 1:
        return {**_OTHERS, **maps}
    alone = {kind.id: replace(kind.caption, missing=kind.alone) for kind in MAPS.values() if kind.alone}
    return {**_OTHERS, **maps, **_ALONE, **alone}


def format_number(value: float, unit: str = "") -> str:
    """A number as a reader wants it: with a unit to 0.1, without one to 0.01, counts as they are."""
    if isinstance(value, int) or (unit == "" and float(value).is_integer() and abs(value) >= 2):
        text = f"{int(value)}"
    elif unit:
        text = f"{value:.1f}" if abs(value) < 1000 else f"{value:.0f}"
    elif value != 0 and abs(value) < 0.005:
        text = f"{value:.1g}"
    else:
        text = f"{value:.2f}"
    return text.replace("-", MINUS)


def format_value(row: Row) -> str:
    """The row's value with its unit, in words where it is not a number."""
    if row.value is None:
        return "unknown"
    if isinstance(row.value, bool):
        return "yes" if row.value else "no"
    text = row.value if isinstance(row.value, str) else format_number(_counted(row, row.value), row.unit)
    return f"{text}\u00a0{row.unit}" if row.unit else text


def format_range(row: Row) -> str:
    """The row's interval with its unit; empty without one."""
    if row.interval is None:
        return ""
    low, high = (format_number(_counted(row, end), row.unit) for end in row.interval)
    return f"{low} to {high}\u00a0{row.unit}" if row.unit else f"{low} to {high}"


def format_interval(row: Row) -> str:
    """The row's interval with its unit and its meaning; empty without one."""
    meaning = f" ({row.interval_meaning})" if row.interval_meaning else ""
    return f"{format_range(row)}{meaning}" if row.interval else ""


def time_in_words(time: str) -> str:
    """A moment in UTC (ISO 8601) as readers write it: ``2026-11-30 09:21:00 UTC``."""
    return time.replace("T", " ").replace("+00:00", " UTC")


def _counted(row: Row, value: float) -> float:
    """`value` as a whole number where the row counts things: the data hold every number as a float."""
    counts = row.key.startswith(COUNTS) or row.key.endswith(COUNT)
    return int(value) if counts and float(value).is_integer() else value
