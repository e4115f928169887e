"""The words of the product: one spelling for contrasts, regions, evidence levels and statuses everywhere."""

from enum import StrEnum


class Contrast(StrEnum):
    """One MRI series of the patient. The order is the order of the segmenters' input channels."""

    T1 = "T1"
    T1C = "T1c"
    T2 = "T2"
    FLAIR = "FLAIR"


class Region(StrEnum):
    """What is segmented. The regions overlap: ET lies in TC, TC lies in WT."""

    WT = "WT"
    TC = "TC"
    ET = "ET"


class Evidence(StrEnum):
    """How a value on the scorecard came to be known."""

    MEASURED = "measured"  # computed on this patient, or on named held-out patients
    DECLARED = "declared"  # stated by a package or by the user; not checked by SynthTrust
    UNKNOWN = "unknown"  # cannot be had; the reason says why. Shown grey, never green


class Status(StrEnum):
    """What a reader should do about a row. There is no overall status, by design."""

    INFORMATION = "information"  # a value without a judgement
    AGREE = "agree"
    CHECK = "check"
    DO_NOT_RELY = "do not rely"
    UNKNOWN = "unknown"
