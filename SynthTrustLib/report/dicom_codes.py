"""What the measurement report calls things: standard codes where there are some, else ours, which Docs/dicom.md lists.

Codes are written ``scheme^value^meaning``; the value has at most 16 characters, the meaning at most 64.
"""

from __future__ import annotations

from SynthTrustLib.report.dicom_object import CODING_SCHEME
from SynthTrustLib.trust.verdict import Decision
from SynthTrustLib.vocabulary import Status

OURS: list[str] = []
"""All private codes."""


def _ours(value: str, meaning: str) -> str:
    OURS.append(f"{CODING_SCHEME}^{value}^{meaning}")
    return OURS[-1]


VOLUME = "SCT^118565006^Volume"
LONG_AXIS = "SCT^103339001^Long Axis"
SHORT_AXIS = "SCT^103340004^Short Axis"
UPPER_UNCERTAINTY = "SCT^371886008^+, range of upper measurement uncertainty"
LOWER_UNCERTAINTY = "SCT^371885007^-, range of lower measurement uncertainty"
EVALUATIONS = "UMLS^C0034375^Qualitative Evaluations"

LOWEST_VOLUME = _ours("ST-VOLUME-LOW", "Lowest volume among the segmenters")
HIGHEST_VOLUME = _ours("ST-VOLUME-HIGH", "Highest volume among the segmenters")
LESIONS = _ours("ST-LESIONS", "Number of measurable lesions")
SUM_OF_PRODUCTS = _ours("ST-PRODUCTS", "Sum of the products of diameters")
LOWEST_SUM = _ours("ST-PRODUCTS-LOW", "Lowest sum of the products among the segmenters")
HIGHEST_SUM = _ours("ST-PRODUCTS-HIGH", "Highest sum of the products among the segmenters")
PREDICTED_DICE = _ours("ST-DICE", "Predicted Dice with the true outline")
BORDER_MARGIN = _ours("ST-BORDER", "Margin around the border")

PART = _ours("ST-PART", "Part of the finding that was outlined")
STATUS = _ours("ST-STATUS", "Status of the outline")
STATUSES = {
    Status.AGREE: _ours("ST-AGREE", "Agree: as on labelled patients whose outline was good"),
    Status.CHECK: _ours("ST-CHECK", "Check before relying on it"),
    Status.DO_NOT_RELY: _ours("ST-NOT-RELY", "Do not rely on it"),
    Status.UNKNOWN: _ours("ST-UNKNOWN", "Unknown"),
}
VERDICT = _ours("ST-VERDICT", "Verdict of the reviewer")
VERDICTS = {
    Decision.ACCEPT: _ours("ST-ACCEPT", "Accepted"),
    Decision.ACCEPT_WITH_EDITS: _ours("ST-ACCEPT-EDITS", "Accepted with edits"),
    Decision.REJECT: _ours("ST-REJECT", "Rejected"),
}
NO_VERDICT = _ours("ST-NO-VERDICT", "Nobody has reviewed it")

REASON = _ours("ST-REASON", "Reason of the status")
INTERVAL = _ours("ST-INTERVAL", "What an interval states")
TRACK_RECORD = _ours("ST-TRACK", "How such statements did on labelled patients")
NOT_STATED = _ours("ST-NOT-STATED", "What is not stated, and why")
EDITED = _ours("ST-EDITED", "Edited after the run")
COMMENT = _ours("ST-COMMENT", "Comment of the reviewer")
REVIEWER = _ours("ST-REVIEWER", "Reviewer")
REVIEWED = _ours("ST-REVIEWED", "Time of the verdict")
RECORD = _ours("ST-RECORD", "Outline of record")
JURY = _ours("ST-JURY", "Segmenters whose agreement was judged")
USE = _ours("ST-USE", "Intended use")
